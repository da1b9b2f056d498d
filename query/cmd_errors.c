#include "query/query.h"

#include "query/cell.h"
#include "query/facts.h"

struct errors_options {
    struct select_options select;
    struct output_options output;
    const char *by;
};

#define AT(member) offsetof(struct errors_options, member)

static const struct opt rows[] = {
    {.long_name = "by",
     .type = OPT_TEXT,
     .offset = AT(by),
     .argument = "FIELD[,FIELD]",
     .help = "count them by pattern (the message without what varies), service or logger"},
    {0},
};

static const struct opt_group groups[] = {
    {"Errors", rows, 0},
    {"Choosing lines", select_rows, AT(select)},
    {"Output", output_rows, AT(output)},
    {NULL, output_look_rows, AT(output)},
    {0},
};

static const struct column columns[] = {
    {NULL, "time", CELL_TIME, 0},
    {NULL, "level", CELL_TEXT, 0},
    {NULL, "service", CELL_TEXT, 0},
    {NULL, "message", CELL_TEXT, COLUMN_FLEX | COLUMN_MARK},
};

static void fill(void *context, struct event *event, struct cell *cells)
{
    (void)context;
    cells[0] = cell_time(event);
    cells[1] = cell_level(event);
    cells[2] = cell_origin(event);
    cells[3] = cell_text(event);
}

static int run(struct cmd_call *call)
{
    static const char *const by_all[] = {"pattern", "service", "logger", NULL};
    static const struct layout layout = {columns, sizeof columns / sizeof *columns, false, fill, NULL};
    const struct errors_options *options = call->values;
    struct facts_ask ask = {
        .kinds = KIND_ERROR, .by = options->by, .by_all = by_all, .noun = "error", .layout = &layout};
    return facts_run(call->cmd, &ask, &options->select, &options->output, call->operands, call->operand_count);
}

const struct cmd cmd_errors = {
    .name = "errors",
    .summary = "what went wrong: error records, newest last",
    .usage = "[FIELD=VALUE...]",
    .examples = "winnow errors -n 50\n"
                "    the newest 50 errors\n"
                "winnow errors --by pattern\n"
                "    the kinds of errors: how often, since when, until when\n"
                "winnow errors --since yesterday --until today --by service\n"
                "    yesterday's errors counted by service\n"
                "winnow errors pattern=p0123456789abcdef\n"
                "    the errors of one pattern, as --by pattern names it\n"
                "winnow errors --service api -g timeout -o raw\n"
                "    the original lines of api's errors that mention a timeout\n",
    .groups = groups,
    .values_size = sizeof(struct errors_options),
    .run = run,
};
