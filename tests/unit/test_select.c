#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "query/mention.h"
#include "query/select.h"

/* ---- Words ------------------------------------------------------------------------------------------------------- */

static void which_words_are_filters(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        bool is;
    } cases[] = {
        {"user=alice", true},   {"status>=500", true}, {"a.b-c.0!~x", true}, {"@timestamp<2026", true},
        {"t.$date~2023", true}, {"user=", true},       {"x!=", true},        {"_a=1", true},
        {"user", false},        {"", false},           {"=x", false},        {"9a=1", false},
        {"a b=c", false},       {"foo.*=bar", false},  {"a->b", false},      {"x-=1", false},
        {"(a=b)", false},       {"a!b", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (filter_is(str_of(cases[i].word)) != cases[i].is)
            fail_msg("%s", cases[i].word);
}

static void bad_values_are_told(void **state)
{
    (void)state;
    static const char *const words[] = {"level=loud",       "kind=mistake",  "status>many",
                                        "duration_ms<soon", "time>whenever", "kind>error",
                                        "source>=x",        "user~(",        "level>=loud"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct filter filter;
        struct err err = {0};
        bool fine = filter_init(&filter, str_of(words[i]), 0, &err);
        if (fine || err.kind != ERR_USAGE || !strstr(err.text, words[i]))
            fail_msg("%s: %s", words[i], err.text);
    }
}

static void lower_case_ignores_case(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *subject;
        bool matches;
    } cases[] = {
        {"error", "ERROR", true},    {"Error", "ERROR", false}, {"Error", "an Error", true},
        {"err\\S+", "ERRORS", true}, {"\\p{L}rr", "XRR", true}, {"\\x4Frr", "orr", true},
        {"\\D\\W", "A!", true},      {"a\\\\B", "A\\B", false}, {"[A]b", "ab", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        SCOPED_FREE(re) *re = filter_re_new(str_of(cases[i].pattern), &err);
        assert_non_null(re);
        if (re_match(re, str_of(cases[i].subject), NULL) != cases[i].matches)
            fail_msg("%s in %s", cases[i].pattern, cases[i].subject);
    }
}

static void numbers_keep_their_digits(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        {"1", "2", -1},
        {"10", "9", 1},
        {"007", "7", 0},
        {"-1", "1", -1},
        {"-10", "-9", -1},
        {"-0", "0", 0},
        {"9007199254740993", "9007199254740992", 1},
        {"12345678901234567890", "12345678901234567891", -1},
        {"1.50", "1.5", 0},
        {"2e3", "2000", 0},
        {"1.5", "2", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(number_compare(str_of(cases[i].a), str_of(cases[i].b)), cases[i].order);
    assert_false(number_is(STR("")));
    assert_false(number_is(STR("12x")));
    SCOPED(buf) out = BUF(64);
    number_add(&out, 0.1);
    buf_add_char(&out, ' ');
    number_add(&out, 1500); /* not 1.5e+03 */
    buf_add_char(&out, ' ');
    number_add(&out, 120.5);
    assert_string_equal(out.data, "0.1 1500 120.5");
}

/* Short numbers take a short way; it must lead to where the C library's does. */
static void numbers_are_read_and_printed_as_the_library_does(void **state)
{
    (void)state;
    uint64_t chance = 1;
    for (int i = 0; i < 200000; i++) {
        char text[64], ours[NUMBER_TEXT_MAX], theirs[NUMBER_TEXT_MAX];
        double value = 0, expected;
        chance = chance * 6364136223846793005u + 1442695040888963407u;
        snprintf(text, sizeof text, "%s%llu.%0*llu", chance >> 63 ? "-" : "",
                 (unsigned long long)(chance >> 40 >> (i % 24)), 1 + i % 9, (unsigned long long)(chance >> 33 & 0xff));
        expected = strtod(text, NULL);
        assert_true(str_to_double(str_of(text), &value));
        assert_memory_equal(&value, &expected, sizeof value);
        value = i % 3 ? value : value * 1e3;
        snprintf(theirs, sizeof theirs, "%.15g", value);
        assert_int_equal(number_print(value, ours), strlen(theirs));
        assert_string_equal(ours, theirs);
    }
}

/* ---- Records ----------------------------------------------------------------------------------------------------- */

static const char line[] =
    "{\"ts\":\"2026-11-20T10:00:00Z\",\"level\":\"warning\",\"user\":\"zo\\u00eb\",\"client_ip\":\"10.1.2.3\","
    "\"status\":503,\"duration_ms\":2500,\"error_type\":\"TimeoutError\",\"tags\":[\"red\",\"blue\"],"
    "\"big\":9007199254740993,\"request_id\":\"r-77\",\"msg\":\"Slow\"}";

struct fixture {
    struct field_table *table;
    struct analyzer *analyzer;
    struct arena arena;
    struct store_source source;
};

static int set_up(void **state)
{
    struct err err = {0};
    struct fixture *fixture = mem_alloc(sizeof *fixture);
    fixture->table = field_table_new(STR_ABSENT, NULL, &err);
    assert_non_null(fixture->table);
    fixture->analyzer = analyzer_new(fixture->table);
    fixture->source.state = (struct source_state){.id = 1, .name = STR("/var/log/app/api.log")};
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

static struct event event_of(struct fixture *fixture, struct str raw)
{
    struct record rec = {.raw = raw, .time_us = TIME_NONE};
    analyzer_record(fixture->analyzer, &rec, 0, &fixture->arena);
    struct event event = {.number = 1, .analyzer = fixture->analyzer, .arena = &fixture->arena};
    event_set_source(&event, &fixture->source.state);
    event.record = (struct record){.raw = raw,
                                   .time_us = rec.time_us,
                                   .flags = rec.flags,
                                   .level = rec.level,
                                   .kinds = rec.kinds,
                                   .format = rec.format};
    return event;
}

/* Words separated by spaces, all given together. */
static bool holds(struct fixture *fixture, const char *words, const char *raw)
{
    struct err err = {0};
    SCOPED(select) select = {0};
    struct str rest = str_of(words);
    while (rest.data) {
        struct str word = str_cut(&rest, ' ');
        if (!select_add_filter(&select, word, 0, &err))
            fail_msg("%s", err.text);
    }
    struct event event = event_of(fixture, str_of(raw));
    return select_holds(&select, &event);
}

static void words_hold_or_not(void **state)
{
    static const struct {
        const char *words;
        bool holds;
    } cases[] = {
        {"user=zoë", true},
        {"user=zoe", false},
        {"user!=zoe", true},
        {"user~^ZO", false},
        {"user~^zo", true},
        {"user=alice user=zoë", true},
        {"user=alice status=503", false},
        {"user!=alice user!=zoë", false},
        {"ip=10.1.2.3", true},
        {"client_ip=10.1.2.4", false},
        {"level=warn", true},
        {"level>=warning", true},
        {"level>=error", false},
        {"level<error", true},
        {"level!=error", true},
        {"status=503", true},
        {"status=503.0", true},
        {"status>=500 status<600", true},
        {"status>503", false},
        {"duration_ms>1000", true},
        {"duration_ms>3s", false},
        {"duration_ms<=2500", true},
        {"duration_ms=2.5s", true},
        {"error_type=TimeoutError", true},
        {"error_type=Timeout", false},
        {"error_type~timeout", true},
        {"tags=blue", true},
        {"tags.0=red", true},
        {"tags.0=blue", false},
        {"tags!=blue", false},
        {"tags!=green", true},
        {"big=9007199254740993", true},
        {"big=9007199254740992", false},
        {"big>9007199254740992", true},
        {"request_id=r-77", true},
        {"request_id=r-7", false},
        {"message=Slow", true},
        {"nosuch=1", false},
        {"nosuch!=1", true},
        {"nosuch=", true},
        {"nosuch!=", false},
        {"user=", false},
        {"user!=", true},
        {"time>2026-11-20", true},
        {"time<2026-11-20", false},
        {"format=json", true},
        {"unparsed=false", true},
        {"source~api", true},
        {"source=/var/log/app/api.log", true},
        {"kind=error", true},
        {"kind=denial", false},
        {"kind!=denial", true},
        {"kind=denial kind=error", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (holds(*state, cases[i].words, line) != cases[i].holds)
            fail_msg("%s", cases[i].words);
    assert_true(holds(*state, "unparsed=true", "no format at all \x01"));
    assert_false(holds(*state, "level<error", "no format at all \x01"));
    assert_true(holds(*state, "ref=a/b", "{\"ref\":\"a\\/b\"}"));
    assert_true(holds(*state, "ref=abc", "{\"ref\":\"\\u0061bc\"}"));
}

static void a_fact_tells_what_it_knows(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *word;
        bool holds, known;
    } cases[] = {
        {"user=root", true, true},   {"user=alice", false, true}, {"status=429", true, true},
        {"level=error", true, true}, {"service=", true, true},    {"ip~^10[.]", true, true},
        {"message~x", true, false},  {"host=a", true, false},     {"kind=denial", true, false},
        {"source~api", true, true},
    };
    const struct fact_row fact = {.record = 1,
                                  .time_us = 5,
                                  .source = 1,
                                  .kinds = KIND_ERROR,
                                  .level = LEVEL_ERROR,
                                  .status = 429,
                                  .user = STR("root"),
                                  .client_ip = STR("10.0.0.9")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        bool known;
        SCOPED(select) select = {0};
        assert_true(select_add_filter(&select, str_of(cases[i].word), 0, &err));
        bool held = select_holds_fact(&select, &fact, &fixture->source, &fixture->arena, &known);
        if (held != cases[i].holds || known != cases[i].known)
            fail_msg("%s", cases[i].word);
    }
}

/* ---- Options ----------------------------------------------------------------------------------------------------- */

static void addresses_and_networks(void **state)
{
    (void)state;
    static const struct {
        const char *net, *text;
        bool in;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"10.0.0.1", "10.0.0.1:5123", true},
        {"10.0.0.1", "::ffff:10.0.0.1", true},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "::1", false},
        {"192.168.1.128/25", "192.168.1.127", false},
        {"192.168.1.128/25", "192.168.1.200", true},
        {"2001:db8::/32", "2001:db8:1::5", true},
        {"2001:db8::/32", "2001:db9::1", false},
        {"::1", "[::1]:443", true},
        {"fe80::/10", "fe80::1%eth0", true},
        {"10.0.0.0/8", "203.0.113.9, 10.2.3.4", true},
        {"10.0.0.0/8", "host.example", false},
        {"10.0.0.0/8", "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address_net net;
        assert_true(address_net_parse(str_of(cases[i].net), &net));
        if (address_text_in_net(str_of(cases[i].text), &net) != cases[i].in)
            fail_msg("%s in %s", cases[i].text, cases[i].net);
    }
    static const char *const bad[] = {"", "10.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "host"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct address_net net;
        assert_false(address_net_parse(str_of(bad[i]), &net));
    }
}

static void source_names(void **state)
{
    (void)state;
    static const struct {
        const char *operand;
        bool is;
    } cases[] = {
        {"/var/log/app/api.log", true},
        {"api.log", true},
        {"app/api.log", true},
        {"*.log", true},
        {"/var/*", true},
        {"ap?.log", true},
        {"pi.log", false},
        {"api", false},
        {"/app/api.log", false},
        {"*.gz", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (select_source_is(cases[i].operand, STR("/var/log/app/api.log")) != cases[i].is)
            fail_msg("%s", cases[i].operand);
}

static void options_are_checked(void **state)
{
    (void)state;
    static const struct select_options cases[] = {
        {.lines = "many"},
        {.lines = "-1"},
        {.level = "loud"},
        {.since = "never ever"},
        {.since = "2026-11-21", .until = "2026-11-20"},
        {.addresses = {1, {"10.0.0.0/99"}}},
        {.greps = {1, {"("}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        SCOPED(select) select = {0};
        assert_false(select_init(&select, &cases[i], 0, &err));
        assert_int_equal(err.kind, ERR_USAGE);
    }
    struct err err = {0};
    SCOPED(select) select = {0};
    const struct select_options fine = {.lines = "5", .level = "warn", .units = {1, {"sshd"}}};
    assert_true(select_init(&select, &fine, 0, &err));
    assert_int_equal(select.lines_max, 5);
    assert_int_equal(select.level, LEVEL_WARNING);
    assert_true(select.filter_count > 1); /* sshd and sshd.service */
}

static void ids_as_whole_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *id;
        bool is;
    } cases[] = {
        {"id=abc done", "abc", true}, {"abc", "abc", true},   {"xabc", "abc", false},    {"abc1", "abc", false},
        {"abc_", "abc", false},       {"abc-1", "abc", true}, {"xabc abc", "abc", true}, {"[abc]", "abc", true},
        {"abcabc", "abc", false},     {"x-a", "-a", true},    {"id:=a", "=a", true},     {"", "abc", false},
        {"aab", "ab", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (mention_is(str_of(cases[i].raw), str_of(cases[i].id)) != cases[i].is)
            fail_msg("%s in %s", cases[i].id, cases[i].raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_words_are_filters),
        cmocka_unit_test(bad_values_are_told),
        cmocka_unit_test(lower_case_ignores_case),
        cmocka_unit_test(numbers_keep_their_digits),
        cmocka_unit_test(numbers_are_read_and_printed_as_the_library_does),
        cmocka_unit_test_setup_teardown(words_hold_or_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fact_tells_what_it_knows, set_up, tear_down),
        cmocka_unit_test(addresses_and_networks),
        cmocka_unit_test(source_names),
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(ids_as_whole_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
