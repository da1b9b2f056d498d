#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "query/render.h"

/* What a render writes is collected in the out's buffer, which is never flushed. */
static void begin(struct out *out, bool terminal)
{
    out_init(out, -1);
    out->terminal = terminal;
}

static void written(const struct out *out, const char *expected)
{
    if (!str_equal(buf_str(&out->buf), str_of(expected)))
        fail_msg("wrote\n%.*s\ninstead of\n%s", STR_ARG(buf_str(&out->buf)), expected);
}

static const struct column columns[] = {
    {"user", "user", CELL_TEXT, 0},
    {"count", "count", CELL_COUNT, COLUMN_RIGHT},
    {"first", "first", CELL_TIME, 0},
    {"ratio", NULL, CELL_NUMBER, 0},
    {"services", "services", CELL_LIST, COLUMN_OPTIONAL},
    {NULL, "text", CELL_TEXT, COLUMN_FLEX | COLUMN_MARK},
};
enum { COLUMN_COUNT = sizeof columns / sizeof *columns };

static void rows(struct render *render, bool with_services)
{
    static const struct str services[] = {STR("api"), STR("d\"b")};
    const struct cell first[COLUMN_COUNT] = {{.text = STR("root")},
                                             {.count = 12},
                                             {.time_us = 1795140900000000},
                                             {.text = STR("0.5")},
                                             {.list = services, .count = with_services ? 2 : 0},
                                             {.text = STR("a rather long text\x1b")}};
    const struct cell second[COLUMN_COUNT] = {{.text = STR_ABSENT}, {.count = 3}, {.time_us = TIME_NONE},
                                              {.text = STR_ABSENT}, {0},          {.text = STR("x")}};
    render_row(render, first);
    render_row(render, second);
    render_end(render);
}

static void rows_in_every_form(void **state)
{
    (void)state;
    assert_true(clock_set_zone("UTC"));
    static const struct {
        enum render_format format;
        bool with_services;
        unsigned width;
        const char *text;
    } cases[] = {
        {RENDER_TABLE, true, 0,
         "user  count  first                    services  text\n"
         "root     12  2026-11-20 02:15:00.000  api, d\"b  a rather long text\\x1b\n"
         "-         3  -                        -         x\n"},
        {RENDER_TABLE, false, 58,
         "user  count  first                text\n"
         "root     12  2026-11-20 02:15:0…  a rather long text\\x1b\n"
         "-         3  -                    x\n"},
        {RENDER_JSON, true, 0,
         "{\"user\":\"root\",\"count\":12,\"first\":\"2026-11-20T02:15:00Z\",\"ratio\":0.5,\"services\":[\"api\",\"d\\\"b\"]}\n"
         "{\"count\":3,\"services\":[]}\n"},
        {RENDER_CSV, true, 0,
         "user,count,first,ratio,services\n"
         "root,12,2026-11-20T02:15:00Z,0.5,\"api d\"\"b\"\n"
         ",3,,,\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(out) out;
        begin(&out, cases[i].width > 0);
        const struct render_ask ask = {.format = cases[i].format,
                                       .out = &out,
                                       .width = cases[i].width,
                                       .columns = columns,
                                       .column_count = COLUMN_COUNT};
        SCOPED_FREE(render) *render = render_new(&ask);
        rows(render, cases[i].with_services);
        written(&out, cases[i].text);
    }
}

static void cut_to_the_terminal(void **state)
{
    (void)state;
    static const struct column two[] = {{NULL, "a", CELL_TEXT, 0}, {NULL, "b", CELL_TEXT, COLUMN_FLEX}};
    SCOPED(out) out;
    begin(&out, true);
    const struct render_ask ask = {.out = &out, .width = 30, .headless = true, .columns = two, .column_count = 2};
    SCOPED_FREE(render) *render = render_new(&ask);
    const struct cell cells[] = {{.text = STR("key")}, {.text = STR("日本語 is wide, and this is cut")}};
    render_row(render, cells);
    render_break(render);
    render_row(render, cells);
    render_end(render);
    written(&out, "key  日本語 is wide, and this…\n--\nkey  日本語 is wide, and this…\n");
}

static void marks_what_matched(void **state)
{
    (void)state;
    struct err err = {0};
    static const struct column one[] = {{NULL, "a", CELL_TEXT, COLUMN_FLEX | COLUMN_MARK}};
    SCOPED_FREE(re) *re = re_new(STR("fail"), true, &err);
    assert_non_null(re);
    struct re *marks[] = {re};
    SCOPED(out) out;
    begin(&out, true);
    const struct render_ask ask = {.out = &out,
                                   .color = true,
                                   .headless = true,
                                   .columns = one,
                                   .column_count = 1,
                                   .marks = marks,
                                   .mark_count = 1};
    SCOPED_FREE(render) *render = render_new(&ask);
    const struct cell cell = {.text = STR("Fail, \x1b"
                                          "fail")};
    render_row(render, &cell);
    render_end(render);
    written(&out, "\033[1;31mFail\033[0m, \\x1b\033[1;31mfail\033[0m\n");
}

static void an_empty_csv_has_its_heading(void **state)
{
    (void)state;
    SCOPED(out) out;
    begin(&out, false);
    const struct render_ask ask = {.format = RENDER_CSV, .out = &out, .columns = columns, .column_count = COLUMN_COUNT};
    SCOPED_FREE(render) *render = render_new(&ask);
    render_end(render);
    written(&out, "user,count,first,ratio,services\n");
}

/* ---- Records ------------------------------------------------------------------------------------------------------- */

static void render_one(enum render_format format, bool terminal, struct str raw, uint8_t flags, const char *expected)
{
    struct err err = {0};
    struct arena arena = {0};
    SCOPED_FREE(field_table) *table = field_table_new(STR_ABSENT, NULL, &err);
    assert_non_null(table);
    SCOPED_FREE(analyzer) *analyzer = analyzer_new(table);
    struct event event = {
        .number = 9, .source_id = 1, .source = STR("/var/log/a.log"), .analyzer = analyzer, .arena = &arena};
    event.record = (struct record){.raw = raw, .offset = 7, .time_us = TIME_NONE};
    analyzer_record(analyzer, &event.record, 0, &arena);
    event.record.flags |= flags;
    event.record.shape = NULL;
    SCOPED(out) out;
    begin(&out, terminal);
    const struct render_ask ask = {.format = format, .out = &out};
    SCOPED_FREE(render) *render = render_new(&ask);
    render_event(render, &event);
    render_end(render);
    written(&out, expected);
    arena_release(&arena);
}

static void json_has_the_contracts_keys(void **state)
{
    (void)state;
    struct str raw = STR("{\"ts\":\"2026-11-20T02:15:00.5Z\",\"level\":\"ERROR\",\"status\":503,\"duration_ms\":1.5,"
                         "\"n\":12345678901234567890,\"user\":\"zo\\u00eb\"}");
    render_one(
        RENDER_JSON, false, raw, 0,
        "{\"time\":\"2026-11-20T02:15:00.500000Z\",\"time_us\":1795140900500000,\"source\":\"/var/log/a.log\","
        "\"offset\":7,\"format\":\"json\",\"level\":\"error\",\"user\":\"zoë\",\"status\":503,\"duration_ms\":1.5,"
        "\"kind\":[\"error\"],\"fields\":{\"n\":12345678901234567890},"
        "\"raw\":\"{\\\"ts\\\":\\\"2026-11-20T02:15:00.5Z\\\",\\\"level\\\":\\\"ERROR\\\",\\\"status\\\":503,"
        "\\\"duration_ms\\\":1.5,\\\"n\\\":12345678901234567890,\\\"user\\\":\\\"zo\\\\u00eb\\\"}\"}\n");
}

static void raw_is_exact_but_on_a_terminal(void **state)
{
    (void)state;
    render_one(RENDER_RAW, false, STR("a\x1b\xff\r"), 0, "a\x1b\xff\r\n");
    render_one(RENDER_RAW, false, STR("the end"), RECORD_NO_NEWLINE, "the end");
    render_one(RENDER_RAW, true, STR("a\x1b\xff\tb"), 0, "a\\x1b\\xff\tb\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_in_every_form),          cmocka_unit_test(cut_to_the_terminal),
        cmocka_unit_test(marks_what_matched),          cmocka_unit_test(an_empty_csv_has_its_heading),
        cmocka_unit_test(json_has_the_contracts_keys), cmocka_unit_test(raw_is_exact_but_on_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
