#include "query/query.h"

#include "query/cell.h"
#include "query/facts.h"

struct logins_options {
    struct select_options select;
    struct output_options output;
    bool success, all;
    const char *by;
};

#define AT(member) offsetof(struct logins_options, member)

static const struct opt rows[] = {
    {.long_name = "success",
     .type = OPT_FLAG,
     .offset = AT(success),
     .help = "successful logins instead of failed ones"},
    {.long_name = "all", .type = OPT_FLAG, .offset = AT(all), .help = "both, failed and successful"},
    {.long_name = "by",
     .type = OPT_TEXT,
     .offset = AT(by),
     .argument = "FIELD[,FIELD]",
     .help = "count them by user, ip or service, with the first and the last time"},
    {0},
};

static const struct opt_group groups[] = {
    {"Logins", rows, 0},
    {"Choosing lines", select_rows, AT(select)},
    {"Output", output_rows, AT(output)},
    {NULL, output_look_rows, AT(output)},
    {0},
};

static const struct column columns[] = {
    {NULL, "time", CELL_TIME, 0},    {NULL, "outcome", CELL_TEXT, 0},
    {NULL, "user", CELL_TEXT, 0},    {NULL, "ip", CELL_TEXT, 0},
    {NULL, "service", CELL_TEXT, 0}, {NULL, "reason", CELL_TEXT, COLUMN_FLEX | COLUMN_MARK},
};

static void fill(void *context, struct event *event, struct cell *cells)
{
    (void)context;
    bool failed = event->record.kinds & KIND_AUTH_FAILURE;
    cells[0] = cell_time(event);
    cells[1] = (struct cell){.text = failed ? STR("failed") : STR("ok"), .tint = failed ? TINT_RED : TINT_GREEN};
    cells[2] = cell_field(event, FIELD_USER);
    cells[3] = cell_field(event, FIELD_CLIENT_IP);
    cells[4] = cell_origin(event);
    cells[5] = cell_field(event, FIELD_REASON);
    if (cells[5].text.size == 0)
        cells[5] = cell_text(event);
}

static int run(struct cmd_call *call)
{
    static const char *const by_all[] = {"user", "ip", "service", NULL};
    static const struct layout layout = {columns, sizeof columns / sizeof *columns, false, fill, NULL};
    const struct logins_options *options = call->values;
    struct facts_ask ask = {
        .kinds = KIND_AUTH_FAILURE, .by = options->by, .by_all = by_all, .noun = "failed login", .layout = &layout};
    if (options->all) {
        ask.kinds = KIND_AUTH_FAILURE | KIND_AUTH_SUCCESS;
        ask.noun = "login";
    } else if (options->success) {
        ask.kinds = KIND_AUTH_SUCCESS;
        ask.noun = "successful login";
    }
    return facts_run(call->cmd, &ask, &options->select, &options->output, call->operands, call->operand_count);
}

const struct cmd cmd_logins = {
    .name = "logins",
    .summary = "who failed to log in, or did",
    .usage = "[FIELD=VALUE...]",
    .examples = "winnow logins\n"
                "    every failed login, oldest first\n"
                "winnow logins --since today --by ip\n"
                "    the addresses with the most failures today, with first and last time\n"
                "winnow logins --all --user root\n"
                "    failed and successful logins of root\n"
                "winnow logins --success --ip 10.0.0.0/8 -n 20\n"
                "    the newest 20 successful logins from the inner network\n"
                "winnow logins --by user,ip -o json\n"
                "    one JSON object per user and address\n",
    .groups = groups,
    .values_size = sizeof(struct logins_options),
    .run = run,
};
