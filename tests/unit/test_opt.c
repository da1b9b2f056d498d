#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/opt.h"
#include "base/scope.h"

struct choose {
    const char *since;
    int64_t lines;
    bool reverse;
    bool follow;
    struct opt_list services;
};

struct values {
    int before; /* so that offsets are not all zero */
    struct choose choose;
    const char *output;
    int64_t size;
    int64_t keep;
    const char *histogram;
};

static const char *const outputs[] = {"table", "short", "json", NULL};

static const struct opt choose_rows[] = {
    {.long_name = "since",
     .short_name = 'S',
     .alias = "from",
     .type = OPT_TEXT,
     .argument = "TIME",
     .offset = offsetof(struct choose, since),
     .help = "only records at or after TIME"},
    {.long_name = "lines",
     .short_name = 'n',
     .type = OPT_INT,
     .argument = "N",
     .fallback = "10",
     .min = 1,
     .max = 100,
     .offset = offsetof(struct choose, lines),
     .help = "at most N records"},
    {.long_name = "reverse",
     .short_name = 'r',
     .type = OPT_FLAG,
     .offset = offsetof(struct choose, reverse),
     .help = "newest first"},
    {.long_name = "follow",
     .short_name = 'f',
     .type = OPT_FLAG,
     .offset = offsetof(struct choose, follow),
     .help = "wait for more"},
    {.long_name = "service",
     .short_name = 'u',
     .type = OPT_LIST,
     .argument = "NAME",
     .offset = offsetof(struct choose, services),
     .help = "only this service; may be given again"},
    {0},
};

static const struct opt output_rows[] = {
    {.long_name = "output",
     .short_name = 'o',
     .type = OPT_CHOICE,
     .argument = "FORM",
     .fallback = "table",
     .choices = outputs,
     .offset = offsetof(struct values, output),
     .help = "how to print"},
    {.long_name = "size",
     .type = OPT_SIZE,
     .argument = "BYTES",
     .min = 4096,
     .max = INT64_MAX,
     .offset = offsetof(struct values, size),
     .help = "a size"},
    {.long_name = "keep",
     .type = OPT_DURATION,
     .argument = "TIME",
     .fallback = "2h",
     .offset = offsetof(struct values, keep),
     .help = "how long"},
    {.long_name = "histogram",
     .short_name = 'H',
     .type = OPT_TEXT,
     .argument = "STEP",
     .optional = true,
     .fallback_bare = "auto",
     .offset = offsetof(struct values, histogram),
     .help = "counts over time"},
    {0},
};

static const struct opt_group groups[] = {
    {.title = "Choosing lines", .rows = choose_rows, .offset = offsetof(struct values, choose)},
    {.title = "Output", .rows = output_rows, .offset = 0},
    {0},
};

enum { WORDS_MAX = 8 };

struct parsed {
    bool good;
    struct values values;
    char *operands[WORDS_MAX + 1];
    int operand_count;
    struct err err;
};

/* Parses the words up to the first NULL. What it gives points into memory, which stays until the next call. */
static void parse(struct parsed *ret, const char *const words[WORDS_MAX])
{
    static char memory[WORDS_MAX + 1][64];
    char *argv[WORDS_MAX + 2] = {memory[0], NULL};
    int argc = 1;
    for (size_t i = 0; i < WORDS_MAX && words[i] != NULL; i++) {
        (void)snprintf(memory[argc], sizeof memory[argc], "%s", words[i]);
        argv[argc] = memory[argc];
        argc++;
    }
    *ret = (struct parsed){0};
    ret->good = opt_parse(groups, &ret->values, argc, argv, ret->operands, &ret->operand_count, &ret->err);
    if (!ret->good)
        assert_int_equal(ret->err.kind, ERR_USAGE);
}

static void defaults(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, (const char *const[WORDS_MAX]){NULL});
    assert_true(p.good);
    assert_null(p.values.choose.since);
    assert_true(p.values.choose.lines == 10);
    assert_false(p.values.choose.reverse);
    assert_ptr_equal(p.values.output, outputs[0]);
    assert_true(p.values.keep == 2 * TIME_HOUR);
    assert_null(p.values.histogram);
    assert_int_equal(p.operand_count, 0);
}

/* Equal, or both absent. */
static void check_text(const char *got, const char *expected)
{
    assert_int_equal(got == NULL, expected == NULL);
    if (got != NULL)
        assert_string_equal(got, expected);
}

static void every_way_to_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        int64_t lines;
        const char *since, *output, *histogram;
        bool reverse, follow;
        const char *operands; /* joined by spaces */
    } cases[] = {
        {{"-n", "5"}, 5, NULL, "table", NULL, false, false, ""},
        {{"-n5"}, 5, NULL, "table", NULL, false, false, ""},
        {{"--lines=5"}, 5, NULL, "table", NULL, false, false, ""},
        {{"--lines", "5"}, 5, NULL, "table", NULL, false, false, ""},
        {{"--li", "5"}, 5, NULL, "table", NULL, false, false, ""},
        {{"--li=5"}, 5, NULL, "table", NULL, false, false, ""},
        {{"-rn5"}, 5, NULL, "table", NULL, true, false, ""},
        {{"-rfn", "5"}, 5, NULL, "table", NULL, true, true, ""},
        {{"-n5", "-n", "6"}, 6, NULL, "table", NULL, false, false, ""},
        {{"-S", "-3h"}, 10, "-3h", "table", NULL, false, false, ""},
        {{"-S-3h"}, 10, "-3h", "table", NULL, false, false, ""},
        {{"--since", "-3h"}, 10, "-3h", "table", NULL, false, false, ""},
        {{"--since=-3h", "-r"}, 10, "-3h", "table", NULL, true, false, ""},
        {{"--from", "now"}, 10, "now", "table", NULL, false, false, ""},
        {{"--fr=now"}, 10, "now", "table", NULL, false, false, ""},
        {{"--since="}, 10, "", "table", NULL, false, false, ""},
        {{"--since=a=b"}, 10, "a=b", "table", NULL, false, false, ""},
        {{"-3h"}, 10, NULL, "table", NULL, false, false, "-3h"},
        {{"-"}, 10, NULL, "table", NULL, false, false, "-"},
        {{"a", "-r", "b", "-o", "json", "c"}, 10, NULL, "json", NULL, true, false, "a b c"},
        {{"a", "--", "-r", "--", "--x"}, 10, NULL, "table", NULL, false, false, "a -r -- --x"},
        {{"--histogram", "a"}, 10, NULL, "table", "auto", false, false, "a"},
        {{"--histogram=5m", "a"}, 10, NULL, "table", "5m", false, false, "a"},
        {{"-H", "a"}, 10, NULL, "table", "auto", false, false, "a"},
        {{"-H5m"}, 10, NULL, "table", "5m", false, false, ""},
        {{"user=bob", ""}, 10, NULL, "table", NULL, false, false, "user=bob "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p;
        parse(&p, cases[i].words);
        if (!p.good)
            fail_msg("case %zu (%s): %s", i, cases[i].words[0], p.err.text);
        SCOPED(buf) operands = BUF(1000);
        for (int o = 0; o < p.operand_count; o++)
            buf_printf(&operands, "%s%s", o ? " " : "", p.operands[o]);
        assert_true(p.values.choose.lines == cases[i].lines);
        check_text(p.values.choose.since, cases[i].since);
        check_text(p.values.output, cases[i].output);
        check_text(p.values.histogram, cases[i].histogram);
        assert_int_equal(p.values.choose.reverse, cases[i].reverse);
        assert_int_equal(p.values.choose.follow, cases[i].follow);
        check_text(buf_str(&operands).data, cases[i].operands);
    }
}

static void lists(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, (const char *const[WORDS_MAX]){"-u", "a", "--service=b", "-uc", NULL});
    assert_true(p.good);
    assert_int_equal(p.values.choose.services.count, 3);
    assert_string_equal(p.values.choose.services.items[0], "a");
    assert_string_equal(p.values.choose.services.items[1], "b");
    assert_string_equal(p.values.choose.services.items[2], "c");

    static char word[] = "-ux";
    char *argv[OPT_LIST_MAX + 2], *operands[OPT_LIST_MAX + 2];
    for (size_t i = 0; i < OPT_LIST_MAX + 2; i++)
        argv[i] = word;
    int count;
    p.values = (struct values){0};
    assert_true(opt_parse(groups, &p.values, OPT_LIST_MAX + 1, argv, operands, &count, &p.err));
    assert_int_equal(p.values.choose.services.count, OPT_LIST_MAX);
    p.values = (struct values){0};
    assert_false(opt_parse(groups, &p.values, OPT_LIST_MAX + 2, argv, operands, &count, &p.err));
    assert_string_equal(p.err.text, "option '--service' is given more than 256 times");
}

static void numbers(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, (const char *const[WORDS_MAX]){"--size", "64K", "--keep", "3h", NULL});
    assert_true(p.good);
    assert_true(p.values.size == 65536);
    assert_true(p.values.keep == 3 * TIME_HOUR);
}

static void errors(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        const char *text;
    } cases[] = {
        {{"--sicne", "now"}, "unknown option '--sicne' (did you mean '--since'?)"},
        {{"--sicne=now"}, "unknown option '--sicne' (did you mean '--since'?)"},
        {{"--xyzzy"}, "unknown option '--xyzzy'"},
        {{"--linesx"}, "unknown option '--linesx' (did you mean '--lines'?)"},
        {{"--=5"}, "unknown option '--'"},
        {{"--s", "1"}, "ambiguous option '--s' ('--since' or '--service'?)"},
        {{"-x"}, "unknown option '-x'"},
        {{"-rx"}, "unknown option '-x'"},
        {{"-xyz"}, "unknown option '-x'"},
        {{"-since"}, "unknown option '-since' (did you mean '--since'?)"},
        {{"-n"}, "option '--lines' needs a value (N)"},
        {{"--lines"}, "option '--lines' needs a value (N)"},
        {{"--reverse=1"}, "option '--reverse' takes no value"},
        {{"-n", "x"}, "option '--lines' needs a whole number, not 'x'"},
        {{"-n", "500"}, "option '--lines': 500 is out of range (1..100)"},
        {{"-n", "0"}, "option '--lines': 0 is out of range (1..100)"},
        {{"-n", "-5"}, "option '--lines': -5 is out of range (1..100)"},
        {{"--size", "12"}, "option '--size': 12 is out of range (at least 4K)"},
        {{"--size", "big"}, "option '--size' needs a size such as 64K or 1.5G, not 'big'"},
        {{"--keep", "long"}, "option '--keep' needs a duration such as 90s or 2h30m, not 'long'"},
        {{"-o", "jsn"}, "option '--output': 'jsn' is none of table, short, json (did you mean 'json'?)"},
        {{"-o", "xml-tree"}, "option '--output': 'xml-tree' is none of table, short, json"},
        {{"-o", "JSON"}, "option '--output': 'JSON' is none of table, short, json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p;
        parse(&p, cases[i].words);
        assert_false(p.good);
        assert_string_equal(p.err.text, cases[i].text);
    }
}

static void sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t bytes; /* -1: not a size */
    } cases[] = {
        {"0", 0},
        {"4096", 4096},
        {"64K", 65536},
        {"64k", 65536},
        {"1.5M", 1572864},
        {"50G", INT64_C(50) << 30},
        {"50GB", INT64_C(50) << 30},
        {"50GiB", INT64_C(50) << 30},
        {"50 GiB", INT64_C(50) << 30},
        {"2T", INT64_C(2) << 40},
        {"7E", INT64_C(7) << 60},
        {"12B", 12},
        {"0.3333333333K", 341},
        {"9223372036854775807", INT64_MAX},
        {"9223372036854775808", -1},
        {"8E", -1},
        {"99999999999999999999K", -1},
        {"1.5", -1},
        {"1.", -1},
        {"1.K", -1},
        {".5K", -1},
        {"1.5.5K", -1},
        {"-1K", -1},
        {"K", -1},
        {"1X", -1},
        {"1KX", -1},
        {"1iB", -1},
        {"", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t bytes = -1;
        bool good = opt_parse_size(str_of(cases[i].text), &bytes);
        if (good != (cases[i].bytes >= 0) || bytes != cases[i].bytes)
            fail_msg("'%s' gave %lld", cases[i].text, (long long)bytes);
    }
}

static void nearest(void **state)
{
    (void)state;
    static const char *const candidates[] = {"since", "search", "status", "trace", "a"};
    static const struct {
        const char *word, *expected;
    } cases[] = {
        {"sicne", "since"}, {"serach", "search"}, {"search", "search"}, {"statsu", "status"},
        {"trac", "trace"},  {"tracee", "trace"},  {"Search", "search"}, {"sinceee", "since"},
        {"b", "a"},         {"zzzzzz", NULL},     {"stxxx", NULL},      {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_text(opt_nearest(cases[i].word, candidates, 5), cases[i].expected);
    static char endless[1000];
    memset(endless, 'a', sizeof endless - 1);
    assert_null(opt_nearest(endless, candidates, 5));
}

static void help(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct out out;
    out_init(&out, ends[1]);
    opt_help(groups, &out, 60);
    assert_true(out_flush(&out, NULL));
    out_release(&out);
    close(ends[1]);
    char text[4096] = "";
    assert_true(io_read(ends[0], text, sizeof text - 1) > 0);
    close(ends[0]);
    assert_string_equal(text, "Choosing lines:\n"
                              "  -S, --since=TIME        only records at or after TIME\n"
                              "                          (also --from)\n"
                              "  -n, --lines=N           at most N records (default: 10)\n"
                              "  -r, --reverse           newest first\n"
                              "  -f, --follow            wait for more\n"
                              "  -u, --service=NAME      only this service; may be given\n"
                              "                          again\n"
                              "\n"
                              "Output:\n"
                              "  -o, --output=FORM       how to print (one of: table,\n"
                              "                          short, json; default: table)\n"
                              "      --size=BYTES        a size\n"
                              "      --keep=TIME         how long (default: 2h)\n"
                              "  -H, --histogram[=STEP]  counts over time\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults), cmocka_unit_test(every_way_to_write_them),
        cmocka_unit_test(lists),    cmocka_unit_test(numbers),
        cmocka_unit_test(errors),   cmocka_unit_test(sizes),
        cmocka_unit_test(nearest),  cmocka_unit_test(help),
    };
    return cmocka_run_group_tests_name("opt", tests, NULL, NULL);
}
