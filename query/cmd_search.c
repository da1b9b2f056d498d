#include "query/query.h"

#include "query/cell.h"
#include "query/search.h"

#define AT(member) offsetof(struct search_options, member)

static const struct opt rows[] = {
    {.long_name = "count", .type = OPT_FLAG, .offset = AT(count), .help = "print only how many records match"},
    {.long_name = "by",
     .type = OPT_TEXT,
     .offset = AT(by),
     .argument = "FIELD[,FIELD]",
     .help = "count the values of a field: most frequent first, with the first and the last time"},
    {.long_name = "histogram",
     .type = OPT_TEXT,
     .offset = AT(histogram),
     .argument = "STEP",
     .optional = true,
     .fallback_bare = "auto",
     .help = "count per step of time: --histogram=15m; without STEP one that fits"},
    {.long_name = "after-context",
     .short_name = 'A',
     .type = OPT_INT,
     .offset = AT(after),
     .argument = "N",
     .min = 0,
     .max = SEARCH_CONTEXT_MAX,
     .help = "also N records after each match, in its source"},
    {.long_name = "before-context",
     .short_name = 'B',
     .type = OPT_INT,
     .offset = AT(before),
     .argument = "N",
     .min = 0,
     .max = SEARCH_CONTEXT_MAX,
     .help = "also N records before each match"},
    {.long_name = "context",
     .short_name = 'C',
     .type = OPT_INT,
     .offset = AT(around),
     .argument = "N",
     .min = 0,
     .max = SEARCH_CONTEXT_MAX,
     .help = "also N records on both sides"},
    {0},
};

static const struct opt_group groups[] = {
    {"Searching", rows, 0},
    {"Choosing lines", select_rows, AT(select)},
    {"Output", output_rows, AT(output)},
    {NULL, output_look_rows, AT(output)},
    {0},
};

static int run(struct cmd_call *call)
{
    return search_run(call->cmd, call->values, call->operands, call->operand_count);
}

const struct cmd cmd_search = {
    .name = "search",
    .summary = "records that match a regex, fields, or both",
    .usage = "[REGEX] [FIELD=VALUE...]",
    .examples = "winnow search 'connection (refused|reset)'\n"
                "    every line that matches, by time; all lower case ignores case\n"
                "winnow search service=api 'status>=500' -S today\n"
                "    by fields: = != ~REGEX !~REGEX > >= < <=; same field: either; different fields: both\n"
                "winnow search error_type=TimeoutError 'context.retries>3'\n"
                "    any key path works as a field; quote words with < or > for the shell\n"
                "winnow search --by user level=error\n"
                "    the users with the most errors\n"
                "winnow search --histogram=1h denied\n"
                "    how many per hour\n"
                "winnow search -C 3 -g 'status=500'\n"
                "    -g takes any regex, also one that reads like a filter; with three lines around\n"
                "winnow search -f -p warning --service api\n"
                "    the last ten warnings of api, then each one that comes\n"
                "winnow search --source app.log -o raw > copy.log\n"
                "    the file as it was, byte for byte\n",
    .groups = groups,
    .values_size = sizeof(struct search_options),
    .run = run,
};
