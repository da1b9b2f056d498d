/* winnow: one table of commands, nothing else. */
#include "base/cmd.h"
#include "ingest/ingest.h"
#include "query/query.h"

static const struct cmd *const commands[] = {
    &cmd_ingest, &cmd_trace,  &cmd_search, &cmd_logins, &cmd_limits, &cmd_errors, &cmd_patterns, &cmd_report,
    &cmd_status, &cmd_verify, &cmd_prune,  &cmd_backup, &cmd_run,    &cmd_config, NULL,
};

int main(int argc, char **argv)
{
    return cmd_main(commands, argc, argv);
}
