#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/batch.h"

static void levels(void **state)
{
    (void)state;
    static const struct {
        enum level level;
        const char *spellings; /* separated by spaces */
    } cases[] = {
        {LEVEL_TRACE, "trace finest finer verbose 10 TRACE Trace"},
        {LEVEL_DEBUG, "debug debug1 debug2 debug3 debug4 debug5 fine dbg d 7 20 DEBUG D"},
        {LEVEL_INFO, "info information informational inf i log config 6 30 INFO I LOG STATEMENT DETAIL HINT CONTEXT"},
        {LEVEL_NOTICE, "notice 5 NOTICE"},
        {LEVEL_WARNING, "warning warn wrn w 4 40 WARNING WARN: [warn] [W]"},
        {LEVEL_ERROR, "error err eror e severe 3 50 ERROR ERR E ERROR: [error]: SEVERE"},
        {LEVEL_CRITICAL, "critical crit fatal panic alert emerg emergency f c 0 1 2 60 FATAL: PANIC [emerg]"},
        {LEVEL_UNKNOWN,
         "x warnings erro debug6 debug0 8 9 15 00 70 100 -1 [] : [warn warn] a aaaaaaaaaaaaaaaaaaaaaaaaa"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str rest = str_of(cases[i].spellings);
        while (rest.data != NULL) {
            struct str word = str_cut(&rest, ' ');
            if (level_parse(word) != cases[i].level)
                fail_msg("'%.*s' is level %d, not %d", STR_ARG(word), (int)level_parse(word), (int)cases[i].level);
        }
    }
    assert_int_equal(level_parse(STR(" warn ")), LEVEL_WARNING);
    assert_int_equal(level_parse(STR("warn\0")), LEVEL_UNKNOWN);
    assert_int_equal(level_parse(STR("")), LEVEL_UNKNOWN);
    assert_int_equal(level_parse(STR_ABSENT), LEVEL_UNKNOWN);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(level_name(LEVEL_UNKNOWN), "");
    for (int level = LEVEL_TRACE; level <= LEVEL_CRITICAL; level++)
        assert_int_equal(level_parse(str_of(level_name((enum level)level))), level);
    static const char *const kinds[] = {"auth_failure", "auth_success", "rate_limit", "denial", "error"};
    for (unsigned i = 0; i < KIND_COUNT; i++)
        assert_string_equal(kind_name(i), kinds[i]);
    for (int format = 0; format < FORMAT_COUNT; format++)
        assert_int_equal(format_name((enum format)format)[0] == '\0', format == FORMAT_NONE);
    assert_string_equal(format_name(FORMAT_RFC5424), "rfc5424");

    static const char *const fields[] = {
        "time",   "level",      "service",  "host",        "unit",    "logger",     "message",
        "event",  "request_id", "query_id", "trace_id",    "session", "user",       "client_ip",
        "method", "path",       "status",   "duration_ms", "outcome", "error_code", "reason",
    };
    assert_int_equal(sizeof fields / sizeof *fields, FIELD_COUNT);
    for (int field = 0; field < FIELD_COUNT; field++) {
        assert_string_equal(field_name((enum field)field), fields[field]);
        assert_int_equal(field_by_name(str_of(fields[field])), field);
    }
    assert_int_equal(field_by_name(STR("users")), FIELD_COUNT);
    assert_int_equal(field_by_name(STR_ABSENT), FIELD_COUNT);
}

static void records_get_their_offsets(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    batch_run_begin(batch, 7, 1000, 55);
    batch_add(batch, STR("hello"), 0);
    batch_add(batch, STR(""), 0);
    batch_add(batch, STR("piece"), RECORD_PIECE | RECORD_NO_NEWLINE);
    batch_add(batch, STR("end"), RECORD_TAIL | RECORD_NO_NEWLINE);
    batch_run_begin(batch, 8, 0, 56);
    batch_add(batch, STR("other"), RECORD_NO_NEWLINE);

    static const struct {
        uint64_t offset;
        uint32_t run;
        uint8_t flags;
    } expected[] = {
        {1000, 0, 0},
        {1006, 0, 0},
        {1007, 0, RECORD_PIECE | RECORD_NO_NEWLINE},
        {1012, 0, RECORD_TAIL | RECORD_NO_NEWLINE},
        {0, 1, RECORD_NO_NEWLINE},
    };
    assert_int_equal(batch->record_count, 5);
    for (size_t i = 0; i < 5; i++) {
        const struct record *rec = &batch->records[i];
        assert_true(rec->offset == expected[i].offset);
        assert_int_equal(rec->run, expected[i].run);
        assert_int_equal(rec->flags, expected[i].flags);
        assert_true(rec->time_us == TIME_NONE);
        assert_null(rec->shape);
    }
    assert_int_equal(batch->run_count, 2);
    assert_true(batch->runs[0].source == 7 && batch->runs[0].first == 0 && batch->runs[0].count == 4);
    assert_true(batch->runs[0].offset == 1000 && batch->runs[0].end == 1015 && batch->runs[0].reference_us == 55);
    assert_true(batch->runs[1].source == 8 && batch->runs[1].first == 4 && batch->runs[1].count == 1);
    assert_true(batch->runs[1].offset == 0 && batch->runs[1].end == 5);
    batch_free(batch);
}

static void is_full_at_its_limit(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    for (uint32_t i = 0; i < BATCH_RECORDS_MAX; i++) {
        assert_false(batch_full(batch));
        if (i % 3 == 0)
            batch_run_begin(batch, 1 + i, 0, 0);
        batch_add(batch, STR("x"), 0);
    }
    assert_true(batch_full(batch));
    assert_int_equal(batch->run_count, (BATCH_RECORDS_MAX + 2) / 3);
    batch_free(batch);
}

/* 500 sources in a mixed order, twice: the second state of each replaces the first. */
static void one_state_per_source(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    for (uint64_t round = 1; round <= 2; round++) {
        for (int i = 0; i < 500; i++) {
            char name[32];
            int size = snprintf(name, sizeof name, "/var/log/%d", i * 37 % 500);
            struct source_state source = {
                .id = 1 + i * 37 % 500,
                .name = str_from(name, (size_t)size),
                .kind = SOURCE_FILE,
                .position = round * 1000,
            };
            batch_set_source(batch, &source);
        }
        assert_int_equal(batch->source_count, 500);
        for (uint32_t i = 0; i < 500; i++) {
            char name[32];
            (void)snprintf(name, sizeof name, "/var/log/%u", i);
            assert_true(batch->sources[i].id == 1 + (int64_t)i);
            assert_true(str_equal(batch->sources[i].name, str_of(name)));
            assert_true(batch->sources[i].position == round * 1000);
        }
    }
    batch_set_source(batch, &(struct source_state){.id = 1, .name = STR("renamed")});
    assert_true(str_equal(batch->sources[0].name, STR("renamed")));
    batch_free(batch);
}

static void reset_empties(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    for (int round = 0; round < 2; round++) {
        assert_int_equal(batch->record_count + batch->run_count + batch->source_count + batch->fact_count, 0);
        assert_int_equal(batch->raw.size + batch->image.body.size, 0);
        assert_true(batch->image.time_min == TIME_NONE && batch->image.time_max == TIME_NONE);
        assert_int_equal(batch->image.records, 0);
        batch->sequence = 9;
        assert_non_null(buf_reserve(&batch->raw, RECORD_BYTES_MAX + BATCH_BYTES_TARGET));
        assert_true(buf_add_text(&batch->raw, "x"));
        assert_true(buf_add_text(&batch->image.body, "x"));
        batch->image.time_min = 1;
        batch->image.records = 1;
        batch_run_begin(batch, 1, 0, 0);
        batch_add(batch, STR("x"), 0);
        batch_set_source(batch, &(struct source_state){.id = 1, .name = STR("a")});
        for (int i = 0; i < 200; i++) {
            struct fact *fact = batch_add_fact(batch);
            assert_int_equal(fact->kinds + fact->status, 0);
            assert_null(fact->user.data);
            memset(fact, 0xff, sizeof *fact);
        }
        batch_reset(batch);
    }
    batch_free(batch);
    batch_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels),
        cmocka_unit_test(names),
        cmocka_unit_test(records_get_their_offsets),
        cmocka_unit_test(is_full_at_its_limit),
        cmocka_unit_test(one_state_per_source),
        cmocka_unit_test(reset_empties),
    };
    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
