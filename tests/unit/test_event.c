#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/analyze.h"
#include "base/scope.h"

/* A record, its filters, its pattern and its JSON, without a store. */

struct fixture {
    struct field_table *table;
    struct analyzer *analyzer;
    struct source_state source;
    struct arena arena;
};

static int set_up(void **state)
{
    struct err err = {0};
    struct fixture *fixture = mem_alloc(sizeof *fixture);
    fixture->table = field_table_new(STR_ABSENT, NULL, &err);
    assert_non_null(fixture->table);
    fixture->analyzer = analyzer_new(fixture->table);
    fixture->source = (struct source_state){.id = 3, .name = STR("/var/log/app.log")};
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    analyzer_free(fixture->analyzer);
    field_table_free(fixture->table);
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

/* As it comes back from a store. */
static struct event event_of(struct fixture *fixture, struct str raw)
{
    struct record rec = {.raw = raw, .time_us = TIME_NONE, .defaults = &fixture->source.defaults};
    analyzer_record(fixture->analyzer, &rec, 0, &fixture->arena);
    struct event event = {.number = 1, .analyzer = fixture->analyzer, .arena = &fixture->arena};
    event_set_source(&event, &fixture->source);
    event.record = (struct record){.raw = raw,
                                   .offset = 40,
                                   .time_us = rec.time_us,
                                   .flags = rec.flags,
                                   .level = rec.level,
                                   .kinds = rec.kinds,
                                   .format = rec.format};
    return event;
}

static bool holds(struct fixture *fixture, const char *word, const char *raw)
{
    struct err err = {0};
    struct filter filter;
    if (!filter_init(&filter, str_of(word), 0, &err))
        fail_msg("%s", err.text);
    struct event event = event_of(fixture, str_of(raw));
    bool held = filters_hold(&filter, 1, &event);
    filter_release(&filter);
    return held;
}

static void the_source_may_tell_the_service(void **state)
{
    struct fixture *fixture = *state;
    static const char silent[] = "{\"msg\":\"ready\"}", telling[] = "{\"msg\":\"ready\",\"service\":\"search\"}";
    assert_false(holds(fixture, "service=orders", silent));
    fixture->source.defaults.service = STR("orders");
    assert_true(holds(fixture, "service=orders", silent));
    assert_false(holds(fixture, "service=orders", telling));
    assert_true(holds(fixture, "service=search", telling));
    assert_true(holds(fixture, "service!=search", silent));
    assert_false(holds(fixture, "user=orders", silent));
    assert_true(holds(fixture, "source~app", silent));
}

/* ---- Patterns ---------------------------------------------------------------------------------------------------- */

static const char *const texts[] = {"user <*> logged in", "disk <*> is full"};

static struct pattern_set *set_of(size_t count)
{
    struct str templates[] = {str_of(texts[0]), str_of(texts[1]), str_of(texts[0])};
    return pattern_set_new(templates, count);
}

static void a_set_takes_up_templates(void **state)
{
    (void)state;
    char id[PATTERN_ID_SIZE];
    struct str later = str_of(texts[1]);
    struct str later_id = str_of(pattern_id(later, id));
    SCOPED_FREE(pattern_set) *set = set_of(1);
    uint32_t generation = set->generation;
    assert_int_equal(set->count, 3);
    assert_false(pattern_set_has(set, later));
    assert_int_equal(pattern_set_of(set, later), set->other);
    assert_int_equal(pattern_set_find(set, later_id), set->count);
    assert_int_equal(pattern_set_of(set, STR_ABSENT), set->none);
    struct str known = str_of(texts[0]);
    pattern_set_add(set, &known, 1);
    assert_int_equal(set->generation, generation);
    pattern_set_add(set, &later, 1);
    assert_true(set->generation > generation);
    assert_int_equal(set->count, 4);
    assert_true(pattern_set_has(set, later) && pattern_set_has(set, known));
    assert_int_equal(pattern_set_find(set, later_id), pattern_set_of(set, later));
    assert_true(str_equal(pattern_set_text(set, pattern_set_of(set, later)), later));
    assert_int_equal(pattern_set_find(set, STR("none")), set->none);
    SCOPED_FREE(pattern_set) *all = set_of(3);
    assert_int_equal(all->count, 4);
}

struct growing {
    struct pattern_set *set;
    unsigned calls;
};

static void grow(void *context)
{
    struct growing *growing = context;
    struct str later = str_of(texts[1]);
    growing->calls++;
    pattern_set_add(growing->set, &later, 1);
}

static struct str pattern_of(struct fixture *fixture, struct pattern_memo *memo, const char *raw)
{
    struct event event = event_of(fixture, str_of(raw));
    event_analyze(&event);
    return pattern_set_text(memo->set, pattern_memo_of(memo, &event.record, event.arena));
}

static void a_memo_lets_its_set_grow(void **state)
{
    struct fixture *fixture = *state;
    SCOPED_FREE(pattern_set) *set = set_of(1);
    SCOPED(pattern_memo) memo = {.set = set};
    struct growing growing = {.set = set};
    assert_true(str_equal(pattern_of(fixture, &memo, "{\"msg\":\"disk 7 is full\"}"), STR("other")));
    pattern_memo_release(&memo); /* it remembers what it told */
    memo.set = set;
    set->grow = grow;
    set->context = &growing;
    assert_true(str_equal(pattern_of(fixture, &memo, "{\"msg\":\"user 12 logged in\"}"), str_of(texts[0])));
    assert_int_equal(growing.calls, 0);
    assert_true(str_equal(pattern_of(fixture, &memo, "{\"msg\":\"disk 7 is full\"}"), str_of(texts[1])));
    assert_int_equal(growing.calls, 1);
}

static void a_pattern_can_be_asked_for(void **state)
{
    struct fixture *fixture = *state;
    char id[PATTERN_ID_SIZE], word[64];
    struct err err = {0};
    SCOPED_FREE(pattern_set) *set = set_of(2);
    SCOPED(pattern_memo) memo = {.set = set};
    snprintf(word, sizeof word, "pattern=%s", pattern_id(str_of(texts[1]), id));
    static const char *const words[] = {NULL, "pattern~^p", "pattern=p0000000000000000"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct filter filter;
        assert_true(filter_init(&filter, str_of(words[i] ? words[i] : word), 0, &err));
        filter_use_patterns(&filter, &memo, pattern_set_find(set, filter.asked));
        struct event one = event_of(fixture, STR("{\"msg\":\"disk 7 is full\"}"));
        struct event two = event_of(fixture, STR("{\"msg\":\"user 7 logged in\"}"));
        assert_int_equal(filters_hold(&filter, 1, &one), i < 2);
        assert_int_equal(filters_hold(&filter, 1, &two), i == 1);
        filter_release(&filter);
    }
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void expect_part(struct fixture *fixture, struct str raw, struct str piece, const char *expected)
{
    SCOPED(buf) line = BUF(1 << 16);
    struct event event = event_of(fixture, raw);
    event_json_part(&line, &event, NULL, piece, "2/3");
    if (!str_equal(buf_str(&line), str_of(expected)))
        fail_msg("%.*s instead of %s", STR_ARG(buf_str(&line)), expected);
}

static void a_part_has_its_piece_of_the_line(void **state)
{
    struct fixture *fixture = *state;
    struct str raw = STR(
        "{\"ts\":\"2026-11-20T10:00:00Z\",\"level\":\"error\",\"service\":\"api\",\"msg\":\"no\",\"user\":\"zoë\",\"a\":1}");
    expect_part(
        fixture, raw, STR("no\",\"user\":\"zoë"),
        "{\"time\":\"2026-11-20T10:00:00Z\",\"time_us\":1795168800000000,\"source\":\"/var/log/app.log\",\"offset\":40,"
        "\"format\":\"json\",\"level\":\"error\",\"service\":\"api\",\"kind\":[\"error\"],"
        "\"raw\":\"no\\\",\\\"user\\\":\\\"zoë\",\"part\":\"2/3\"}");
    expect_part(
        fixture, STR("\xff\xfe"), STR("\xfe"),
        "{\"source\":\"/var/log/app.log\",\"offset\":40,\"raw_base64\":\"/g==\",\"unparsed\":true,\"part\":\"2/3\"}");
}

static void json_is_one_line_without_a_newline(void **state)
{
    struct fixture *fixture = *state;
    SCOPED(buf) line = BUF(1 << 16);
    SCOPED_FREE(pattern_set) *set = set_of(2);
    SCOPED(pattern_memo) memo = {.set = set};
    struct event event = event_of(fixture, STR("{\"msg\":\"disk 7 is full\",\"volume\":{\"id\":7}}"));
    event_json(&line, &event, &memo);
    char id[PATTERN_ID_SIZE], expected[512];
    snprintf(
        expected, sizeof expected,
        "{\"source\":\"/var/log/app.log\",\"offset\":40,\"format\":\"json\",\"message\":\"disk 7 is full\",\"pattern\":\"%s\","
        "\"fields\":{\"volume\":{\"id\":7}},\"raw\":\"{\\\"msg\\\":\\\"disk 7 is full\\\",\\\"volume\\\":{\\\"id\\\":7}}\"}",
        pattern_id(str_of(texts[1]), id));
    if (!str_equal(buf_str(&line), str_of(expected)))
        fail_msg("%.*s instead of %s", STR_ARG(buf_str(&line)), expected);
}

/* What it makes of a member that is not canonical. */
static void halves_of_pairs_are_no_characters(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *value, *told;
    } cases[] = {
        {"\\ud83d\\ude00", "\\ud83d\\ude00"},
        {"\\uD83D\\uDE00x", "\\uD83D\\uDE00x"},
        {"\\ud83d", "\\ufffd"},
        {"\\uDE00", "\\ufffd"},
        {"\\ude00\\ud83d", "\\ufffd\\ufffd"},
        {"\\ud83d\\ud83d\\ude00", "\\ufffd\\ud83d\\ude00"},
        {"\\ud83dude00", "\\ufffdude00"},
        {"\\\\ud83d", "\\\\ud83d"},
        {"\\u0d83 \\ud7ff \\ue000 d8", "\\u0d83 \\ud7ff \\ue000 d8"},
        {"\\n\\\"\\ud83d\\\\", "\\n\\\"\\ufffd\\\\"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) line = BUF(1 << 16), raw = BUF(1 << 16), expected = BUF(1 << 16);
        buf_printf(&raw, "{\"odd\":\"%s\"}", cases[i].value);
        buf_printf(&expected, "\"fields\":{\"odd\":\"%s\"},", cases[i].told);
        struct event event = event_of(fixture, buf_str(&raw));
        event_json(&line, &event, NULL);
        if (str_find(buf_str(&line), buf_str(&expected)) == STR_NONE)
            fail_msg("%s: %.*s", cases[i].value, STR_ARG(buf_str(&line)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_source_may_tell_the_service, set_up, tear_down),
        cmocka_unit_test(a_set_takes_up_templates),
        cmocka_unit_test_setup_teardown(a_memo_lets_its_set_grow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pattern_can_be_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_part_has_its_piece_of_the_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_is_one_line_without_a_newline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(halves_of_pairs_are_no_characters, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
