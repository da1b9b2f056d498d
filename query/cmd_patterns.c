#include "query/query.h"

#include "query/patterns.h"

#define AT(member) offsetof(struct patterns_options, member)

static const struct opt rows[] = {
    {.long_name = "all-levels",
     .type = OPT_FLAG,
     .offset = AT(all_levels),
     .help = "patterns of all records, not only of errors"},
    {.long_name = "compare",
     .type = OPT_TEXT,
     .offset = AT(compare),
     .argument = "DAY",
     .help = "with the same hours of that day (yesterday: the day before): how many then, the change, and a flag. new: "
             "never seen before. surge: at least 10, at least double both that day and the average of the same weekday "
             "in up to 4 weeks before, and more than 3 roots above. drop: the mirror. gone: none, after at least 10. "
             "Without --since today is compared, without --until one day"},
    {.long_name = "new",
     .type = OPT_FLAG,
     .offset = AT(only_new),
     .help = "only patterns never seen before --since (without it: before today)"},
    {.long_name = "like",
     .type = OPT_TEXT,
     .offset = AT(like),
     .argument = "TEXT",
     .help = "only patterns a message of this text has or could have, or whose text has it; else the nearest"},
    {.long_name = "explain",
     .type = OPT_TEXT,
     .offset = AT(explain),
     .argument = "ID",
     .help = "one pattern: the values its variables take, its templates, first and latest example"},
    {.long_name = "lines",
     .type = OPT_TEXT,
     .offset = AT(lines),
     .argument = "N|all",
     .optional = true,
     .fallback_bare = "all",
     .help = "a row for each record: source, offset, pattern, template; --lines=N or -n N: of the newest N"},
    {0},
};

static const struct opt_group groups[] = {
    {"Patterns", rows, 0},
    {"Choosing lines", select_rows, AT(select)},
    {"Output", output_rows, AT(output)},
    {NULL, output_look_rows, AT(output)},
    {0},
};

static int run(struct cmd_call *call)
{
    return patterns_run(call->cmd, call->values, call->operands, call->operand_count);
}

const struct cmd cmd_patterns = {
    .name = "patterns",
    .summary = "the kinds of errors, counted: since when, how often, what is new",
    .usage = "[FIELD=VALUE...]",
    .examples = "winnow patterns\n"
                "    what goes wrong, by service: messages that differ only in what varies are one pattern\n"
                "winnow patterns --compare yesterday\n"
                "    today beside the same hours of yesterday: what is new, surged, dropped, gone\n"
                "winnow patterns -S 2026-11-20 -U 2026-11-21 --compare 2026-11-13 -o md\n"
                "    one day beside another, as a table to paste\n"
                "winnow patterns --new --since -1h\n"
                "    what was never seen before the last hour\n"
                "winnow patterns --like 'connection to db-7 timed out after 31 ms'\n"
                "    the pattern of a message, or those nearest to it\n"
                "winnow patterns --explain p0123456789abcdef\n"
                "    one pattern: which values stand for each <*>, how often\n"
                "winnow search --pattern p0123456789abcdef\n"
                "    its records\n"
                "winnow patterns --all-levels --lines -o json\n"
                "    source, offset and pattern of every record\n",
    .groups = groups,
    .values_size = sizeof(struct patterns_options),
    .run = run,
};
