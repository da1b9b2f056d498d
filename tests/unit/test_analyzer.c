/* A whole batch through the analyzer: flags, times by run, facts, and shapes that stay valid while the batch lives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/scope.h"
#include "tests/unit/analyzed.h"

#define DAY_2026_11_20 INT64_C(1795132800000000)

struct batch_line {
    const char *line;
    uint8_t flags; /* as the frame gives them */
    /* expected: */
    enum format format;
    uint8_t kinds;
    int64_t time_s; /* 0: none */
};

/* A run per table; the lines' bytes are the batch's own. */
static void add_run(struct batch *batch, int64_t source, uint64_t offset, int64_t reference_us,
                    const struct batch_line *lines, size_t count)
{
    batch_run_begin(batch, source, offset, reference_us);
    for (size_t i = 0; i < count; i++)
        batch_add(batch, arena_str(&batch->arena, str_of(lines[i].line)), lines[i].flags);
}

static void check_records(const struct batch *batch, uint32_t first, const struct batch_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct record *rec = &batch->records[first + i];
        const struct batch_line *line = &lines[i];
        assert_true(str_equal(rec->raw, str_of(line->line)));
        uint8_t flags = (uint8_t)(line->flags | (line->format == FORMAT_NONE ? RECORD_UNPARSED : 0));
        if (rec->flags != flags)
            fail_msg("%s: flags %u instead of %u", line->line, rec->flags, flags);
        if (rec->format != line->format)
            fail_msg("%s: format '%s'", line->line, format_name((enum format)rec->format));
        if (rec->kinds != line->kinds)
            fail_msg("%s: kinds %u", line->line, rec->kinds);
        int64_t time_s = rec->time_us == TIME_NONE ? 0 : rec->time_us / TIME_SECOND;
        if (time_s != line->time_s)
            fail_msg("%s: time %lld", line->line, (long long)time_s);
        assert_int_equal(rec->shape == NULL, line->format == FORMAT_NONE);
    }
}

static const struct batch_line app[] = {
    {"{\"timestamp\":\"2026-11-20T10:00:00Z\",\"level\":\"info\",\"message\":\"a\"}", 0, FORMAT_JSON, 0, 1795168800},
    {"{\"timestamp\":\"2026-11-20T10:00:01Z\",\"level\":\"error\",\"message\":\"took 5 ms\",\"user\":\"bob\"}", 0,
     FORMAT_JSON, KIND_ERROR, 1795168801},
    {"Traceback of nothing", 0, FORMAT_NONE, 0, 0},
    {"", 0, FORMAT_NONE, 0, 0},
    {"{\"timestamp\":\"2026-11-20T10:00:02Z\",\"status\":401}\r", 0, FORMAT_JSON, KIND_AUTH_FAILURE, 1795168802},
    {"{\"status\":429,\"level\":\"error\"}", 0, FORMAT_JSON, KIND_RATE_LIMIT | KIND_ERROR, 0},
    {"{\"status\":200", RECORD_NO_NEWLINE | RECORD_TAIL, FORMAT_NONE, 0, 0},
};
/* The same stamp without a year, in runs with different references. */
static const struct batch_line auth_now[] = {
    {"Nov 20 10:00:00 h sshd[1]: Failed password for root from 192.0.2.1 port 22 ssh2", 0, FORMAT_SYSLOG,
     KIND_AUTH_FAILURE, 1795168800},
    {"Nov 20 10:00:00 h sshd[1]: Accepted password for bob from 192.0.2.1 port 22 ssh2", RECORD_NO_NEWLINE,
     FORMAT_SYSLOG, KIND_AUTH_SUCCESS, 1795168800},
};
static const struct batch_line auth_before[] = {
    {"Nov 20 10:00:00 h sshd[1]: Server listening on :: port 22.", 0, FORMAT_SYSLOG, 0, 1763632800},
    {"login failed half of a lo", RECORD_PIECE, FORMAT_NONE, KIND_AUTH_FAILURE, 0},
    {"ng line", RECORD_NO_NEWLINE, FORMAT_NONE, 0, 0},
};
#define COUNT(array) (sizeof array / sizeof *array)

static void several_runs(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    for (unsigned round = 0; round < 3; round++) {
        add_run(batch, 1, 100, DAY_2026_11_20 + TIME_DAY, app, COUNT(app));
        add_run(batch, 2, 0, DAY_2026_11_20 + TIME_DAY, auth_now, COUNT(auth_now));
        add_run(batch, 3, 7, DAY_2026_11_20 - 30 * TIME_DAY, auth_before, COUNT(auth_before));
        analyzer_batch(analyzed_by, batch);
        assert_int_equal(batch->record_count, COUNT(app) + COUNT(auth_now) + COUNT(auth_before));
        check_records(batch, 0, app, COUNT(app));
        check_records(batch, COUNT(app), auth_now, COUNT(auth_now));
        check_records(batch, COUNT(app) + COUNT(auth_now), auth_before, COUNT(auth_before));

        static const uint32_t with_kinds[] = {1, 4, 5, 7, 8, 10};
        assert_int_equal(batch->fact_count, COUNT(with_kinds));
        for (uint32_t i = 0; i < batch->fact_count; i++) {
            const struct fact *fact = &batch->facts[i];
            assert_int_equal(fact->record, with_kinds[i]);
            assert_int_equal(fact->kinds, batch->records[fact->record].kinds);
            assert_int_equal(fact->level, batch->records[fact->record].level);
        }
        assert_true(str_equal(batch->facts[0].user, STR("bob")));
        assert_true(str_equal(batch->facts[0].template, STR("took <*> ms")));
        assert_int_equal(batch->facts[1].status, 401);
        assert_null(batch->facts[1].template.data); /* it has no message */
        assert_true(str_equal(batch->facts[3].user, STR("root")));
        assert_true(str_equal(batch->facts[3].client_ip, STR("192.0.2.1")));
        assert_true(str_equal(batch->facts[3].service, STR("sshd")));
        assert_true(str_starts(batch->facts[3].template, STR("Failed password for root from <*>")));
        batch_reset(batch);
        assert_int_equal(batch->fact_count, 0);
    }
    batch_free(batch);
}

/* A time told beside a line: exactly that, or where the line has none. It says when requests and facts were, too. */
static void told_times(void **state)
{
    (void)state;
    static const struct {
        struct str line;
        enum told told;
        int64_t told_us, time_us;
    } lines[] = {
        {STR("{\"time\":\"2026-11-20T10:00:00Z\"}"), TOLD_NONE, 7, DAY_2026_11_20 + 10 * TIME_HOUR},
        {STR("{\"time\":\"2026-11-20T10:00:00Z\"}"), TOLD_IF_NONE, 7, DAY_2026_11_20 + 10 * TIME_HOUR},
        {STR("{\"time\":\"2026-11-20T10:00:00Z\"}"), TOLD_EXACT, 7, 7},
        {STR("{\"time\":\"2026-11-20T10:00:00Z\"}"), TOLD_EXACT, TIME_NONE, TIME_NONE},
        {STR("neither fish nor fowl"), TOLD_NONE, 7, TIME_NONE},
        {STR("neither fish nor fowl"), TOLD_IF_NONE, 7, 7},
        {STR("neither fish nor fowl"), TOLD_EXACT, 7, 7},
    };
    struct batch *batch = batch_new();
    batch_run_begin(batch, 1, 0, ANALYZED_REFERENCE);
    for (size_t i = 0; i < COUNT(lines); i++) {
        batch_add(batch, lines[i].line, 0);
        batch->records[i].told = (uint8_t)lines[i].told;
        batch->records[i].told_us = lines[i].told_us;
    }
    analyzer_batch(analyzed_by, batch);
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_int_equal(batch->records[i].time_us, lines[i].time_us);
    batch_free(batch);
}

/* What a source is said to be serves where its lines say nothing, and only there. */
static void defaults_of_sources(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    struct source_state named = {
        .id = 1, .name = STR("a"), .defaults = {.service = STR("shop"), .timezone = STR("Europe/Berlin")}};
    struct source_state json = {.id = 2, .name = STR("b"), .defaults = {.format = FORMAT_JSON}};
    assert_non_null(clock_zone_load("Europe/Berlin"));
    assert_true(clock_set_zone("UTC"));
    struct str plain = STR("2026-07-15 12:00:00 ERROR no");
    batch_run_begin(batch, 1, 0, ANALYZED_REFERENCE);
    batch_add(batch, plain, 0);
    batch_add(batch, STR("{\"time\":\"2026-07-15T12:00:00Z\",\"service\":\"own\",\"level\":\"error\"}"), 0);
    batch_set_source(batch, &named);
    batch_run_begin(batch, 2, 0, ANALYZED_REFERENCE);
    batch_add(batch, plain, 0);
    batch_add(batch, STR("{\"time\":\"2026-07-15T12:00:00\"}"), 0);
    batch_set_source(batch, &json);
    batch_run_begin(batch, 3, 0, ANALYZED_REFERENCE); /* a source nothing is said of */
    batch_add(batch, plain, 0);
    analyzer_batch(analyzed_by, batch);

    static const struct {
        const char *service; /* NULL: none */
        const char *time;    /* NULL: none */
        enum format format;
    } expected[] = {{"shop", "2026-07-15T10:00:00Z", FORMAT_TEXT},
                    {"own", "2026-07-15T12:00:00Z", FORMAT_JSON},
                    {NULL, NULL, FORMAT_NONE},
                    {NULL, "2026-07-15T12:00:00Z", FORMAT_JSON},
                    {NULL, "2026-07-15T12:00:00Z", FORMAT_TEXT}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct record *rec = &batch->records[i];
        char text[CLOCK_TEXT_MAX];
        assert_true(str_equal(record_field(rec, FIELD_SERVICE, &analyzed_arena), str_of(expected[i].service)));
        assert_int_equal(rec->format, expected[i].format);
        assert_int_equal(!!(rec->flags & RECORD_UNPARSED), expected[i].format == FORMAT_NONE);
        assert_int_equal(rec->time_us == TIME_NONE, expected[i].time == NULL);
        if (expected[i].time != NULL)
            assert_string_equal(clock_print_utc(rec->time_us, text), expected[i].time);
    }
    assert_int_equal(batch->fact_count, 3);
    assert_true(str_equal(batch->facts[0].service, STR("shop")));
    assert_true(str_equal(batch->facts[1].service, STR("own")));
    assert_null(batch->facts[2].service.data);
    batch_free(batch);
}

static void empty_batch(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    analyzer_batch(analyzed_by, batch);
    assert_int_equal(batch->fact_count, 0);
    batch_run_begin(batch, 1, 0, 0);
    analyzer_batch(analyzed_by, batch);
    assert_int_equal(batch->fact_count, 0);
    batch_free(batch);
}

/* Analyzed again (a record may come from the store with other flags and leftovers of before), nothing of before stays. */
static void analyzed_again(void **state)
{
    (void)state;
    struct record rec = {.raw = STR("free text, login failed"), .time_us = TIME_NONE};
    analyzer_record(analyzed_by, &rec, ANALYZED_REFERENCE, &analyzed_arena);
    assert_int_equal(rec.flags, RECORD_UNPARSED);
    assert_int_equal(rec.kinds, KIND_AUTH_FAILURE);
    rec.raw = STR("{\"level\":\"info\"}");
    analyzer_record(analyzed_by, &rec, ANALYZED_REFERENCE, &analyzed_arena);
    assert_int_equal(rec.flags, 0);
    assert_int_equal(rec.kinds, 0);
    assert_int_equal(rec.level, LEVEL_INFO);
    rec.raw = STR("{\"log\":\"{\\\"level\\\":\\\"error\\\"}\",\"stream\":\"x\"}");
    analyzer_record(analyzed_by, &rec, ANALYZED_REFERENCE, &analyzed_arena);
    assert_non_null(rec.inner);
    assert_int_equal(rec.level, LEVEL_ERROR);
    rec.raw = STR("x");
    rec.flags = RECORD_TAIL;
    analyzer_record(analyzed_by, &rec, ANALYZED_REFERENCE, &analyzed_arena);
    assert_int_equal(rec.flags, RECORD_TAIL | RECORD_UNPARSED);
    assert_int_equal(rec.level, LEVEL_UNKNOWN);
    assert_null(rec.shape);
    assert_null(rec.inner);
    assert_null(rec.derived);
}

/* Bytes of all kinds are kept as they are. */
static void raw_is_evidence(void **state)
{
    (void)state;
    static const struct str lines[] = {{"{\"a\":\"\\u0000\"}\r", 15},
                                       {"\0\0\0", 3},
                                       {"{\"a\":\"\xff\"}", 9},
                                       {"\xef\xbb\xbf{}", 5},
                                       {"\x1b[31mERROR\x1b[0m x", 16}};
    for (size_t i = 0; i < COUNT(lines); i++) {
        char *copy = mem_alloc(lines[i].size);
        memcpy(copy, lines[i].data, lines[i].size);
        struct record rec = {.raw = str_from(copy, lines[i].size), .time_us = TIME_NONE};
        analyzer_record(analyzed_by, &rec, ANALYZED_REFERENCE, &analyzed_arena);
        assert_ptr_equal(rec.raw.data, copy);
        assert_memory_equal(copy, lines[i].data, lines[i].size);
        assert_int_equal(rec.raw.size, lines[i].size);
        free(copy);
    }
}

/* Skeletons past the limit of the set: every record of the batch still has its own right shape. */
static void more_shapes_than_are_kept(void **state)
{
    (void)state;
    SCOPED_FREE(analyzer) *analyzer = analyzer_new(analyzed_table);
    struct batch *batch = batch_new();
    for (unsigned round = 0; round < 3; round++) {
        SCOPED(buf) line = BUF(1 << 20);
        batch_run_begin(batch, 1, 0, ANALYZED_REFERENCE);
        for (unsigned i = 0; i < 150; i++) {
            buf_reset(&line);
            buf_printf(&line, "{\"k%u\":%*u,\"user\":\"u%u\",\"status\":401}", i + 150 * round, 200000, i, i);
            batch_add(batch, arena_str(&batch->arena, buf_str(&line)), 0);
        }
        analyzer_batch(analyzer, batch);
        assert_int_equal(batch->fact_count, 150);
        for (unsigned i = 0; i < 150; i++) {
            char user[16];
            snprintf(user, sizeof user, "u%u", i);
            struct str found = record_field(&batch->records[i], FIELD_USER, &batch->arena);
            assert_true(str_equal(found, str_of(user)));
            assert_int_equal(batch->records[i].format, FORMAT_JSON);
        }
        batch_reset(batch);
    }
    batch_free(batch);
}

static int forget(void **state)
{
    (void)state;
    analyzed_forget();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_runs),
        cmocka_unit_test(told_times),
        cmocka_unit_test(defaults_of_sources),
        cmocka_unit_test(empty_batch),
        cmocka_unit_test_teardown(analyzed_again, forget),
        cmocka_unit_test_teardown(raw_is_evidence, forget),
        cmocka_unit_test(more_shapes_than_are_kept),
    };
    return cmocka_run_group_tests_name("analyzer", tests, analyzed_open, analyzed_close);
}
