#include "query/query.h"

#include "query/cell.h"
#include "query/facts.h"

struct limits_options {
    struct select_options select;
    struct output_options output;
    const char *by;
};

#define AT(member) offsetof(struct limits_options, member)

static const struct opt rows[] = {
    {.long_name = "by",
     .type = OPT_TEXT,
     .offset = AT(by),
     .argument = "FIELD[,FIELD]",
     .help = "count them by user, ip, path or service, with the first and the last time"},
    {0},
};

static const struct opt_group groups[] = {
    {"Rate limits", rows, 0},
    {"Choosing lines", select_rows, AT(select)},
    {"Output", output_rows, AT(output)},
    {NULL, output_look_rows, AT(output)},
    {0},
};

static const struct column columns[] = {
    {NULL, "time", CELL_TIME, 0},
    {NULL, "user", CELL_TEXT, COLUMN_OPTIONAL},
    {NULL, "ip", CELL_TEXT, COLUMN_OPTIONAL},
    {NULL, "request", CELL_TEXT, COLUMN_OPTIONAL},
    {NULL, "service", CELL_TEXT, 0},
    {NULL, "message", CELL_TEXT, COLUMN_FLEX | COLUMN_MARK},
};

/* "GET /v1/query"; absent when neither is known. */
static struct str request_of(struct event *event)
{
    struct str method = event_field(event, FIELD_METHOD), path = event_field(event, FIELD_PATH);
    if (method.size == 0 || path.size == 0)
        return path.size ? path : method;
    return arena_printf(event->arena, "%.*s %.*s", STR_ARG(method), STR_ARG(path));
}

static void fill(void *context, struct event *event, struct cell *cells)
{
    (void)context;
    cells[0] = cell_time(event);
    cells[1] = cell_field(event, FIELD_USER);
    cells[2] = cell_field(event, FIELD_CLIENT_IP);
    cells[3].text = request_of(event);
    cells[4] = cell_origin(event);
    cells[5] = cell_text(event);
}

static int run(struct cmd_call *call)
{
    static const char *const by_all[] = {"user", "ip", "path", "service", NULL};
    static const struct layout layout = {columns, sizeof columns / sizeof *columns, false, fill, NULL};
    const struct limits_options *options = call->values;
    struct facts_ask ask = {
        .kinds = KIND_RATE_LIMIT, .by = options->by, .by_all = by_all, .noun = "rate-limit hit", .layout = &layout};
    return facts_run(call->cmd, &ask, &options->select, &options->output, call->operands, call->operand_count);
}

const struct cmd cmd_limits = {
    .name = "limits",
    .summary = "who was rate-limited, where and when",
    .usage = "[FIELD=VALUE...]",
    .examples = "winnow limits\n"
                "    every rate-limit hit (429, throttling, quota), oldest first\n"
                "winnow limits --by user\n"
                "    the users that hit a limit most, with first and last time\n"
                "winnow limits -S -1h --by service,path\n"
                "    where it happened in the last hour\n"
                "winnow limits --user alice -o csv\n"
                "    alice's hits for a spreadsheet\n",
    .groups = groups,
    .values_size = sizeof(struct limits_options),
    .run = run,
};
