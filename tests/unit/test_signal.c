/* The phrases of schemas/signals.yml: all are found, as whole words only, however they are spelled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/signal.h"
#include "analyze/table.h"
#include "analyze/yaml.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/processor.h"
#include "base/scope.h"

static const struct signal_table *table = &table_signals;

static unsigned kinds_in(struct str text)
{
    bool silent;
    return signal_in_text(table, text, &silent);
}

static void every_phrase(void **state)
{
    (void)state;
    SCOPED(arena) arena = {0};
    struct err err = {0};
    SCOPED(buf) file = BUF(1 << 20);
    assert_true(io_read_file("schemas/signals.yml", &file, &err));
    const struct yaml_node *root = yaml_load(buf_str(&file), "signals.yml", &arena, &err);
    assert_non_null(root);
    unsigned phrases = 0;
    for (unsigned bit = 0; bit < KIND_COUNT; bit++) {
        const struct yaml_node *kind = yaml_get(root, kind_name(bit));
        const struct yaml_node *text = yaml_get(kind, "text"), *code = yaml_get(kind, "code");
        for (const struct yaml_node *item = text ? text->first : NULL; item; item = item->next, phrases++) {
            SCOPED(buf) in_line = BUF(1024);
            buf_printf(&in_line, "x (%.*s), y", STR_ARG(item->text));
            if (!(kinds_in(buf_str(&in_line)) & 1u << bit) || !(kinds_in(item->text) & 1u << bit))
                fail_msg("text: %.*s", STR_ARG(item->text));
        }
        for (const struct yaml_node *item = code ? code->first : NULL; item; item = item->next, phrases++)
            if (!(signal_of_code(table, item->text).kinds & 1u << bit))
                fail_msg("code: %.*s", STR_ARG(item->text));
        const struct yaml_node *values = yaml_get(kind, "value");
        for (const struct yaml_node *item = values ? values->first : NULL; item; item = item->next, phrases++) {
            assert_true(signal_path_known(table, item->key->text));
            assert_true(signal_of_value(table, item->key->text, item->text) & 1u << bit);
        }
    }
    assert_true(phrases > 100);
}

static void spellings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned kinds;
    } cases[] = {
        {"rate limit exceeded", KIND_RATE_LIMIT},
        {"RATE_LIMIT-EXCEEDED", KIND_RATE_LIMIT},
        {"rate.limit/exceeded", KIND_RATE_LIMIT},
        {"a:rate limit exceeded:b", KIND_RATE_LIMIT},
        {"rate  limit exceeded", 0},
        {"rate\tlimit exceeded", 0},
        {"rate limit exceeded1", 0},
        {"xrate limit exceeded", 0},
        {"rate limit exceed", 0},
        {"rate limit rate limit exceeded", KIND_RATE_LIMIT}, /* the search falls back, it does not start over */
        {"user searched for 'authentication failed'", 0},
        {"user searched for \"login failed\" and login failed", KIND_AUTH_FAILURE},
        {"login error: 'invalid credentials'", KIND_AUTH_FAILURE},
        {"msg=\"login failed\" x", KIND_AUTH_FAILURE},
        {"request ended with 'rate limit exceeded'", KIND_RATE_LIMIT},
        {"bob's login failed, alice's too", KIND_AUTH_FAILURE},
        {"searched for 'login failed", KIND_AUTH_FAILURE}, /* an open quote is none */
        {"rate_limit_exceeded=false", 0},
        {"rate_limit_exceeded: false, x", 0},
        {"{\"rate_limit_exceeded\": 0}", 0},
        {"login_failed=no", 0},
        {"rate_limit_exceeded=true", KIND_RATE_LIMIT},
        {"login_failed=05", KIND_AUTH_FAILURE},
        {"login failed: nobody", KIND_AUTH_FAILURE},
        {"login login failed", KIND_AUTH_FAILURE},
        {"login failed, rate limit exceeded", KIND_AUTH_FAILURE | KIND_RATE_LIMIT},
        {"\xc3\xa9login failed\xc3\xa9", KIND_AUTH_FAILURE},           /* what is not ASCII ends a word */
        {"access denied for user x", KIND_AUTH_FAILURE | KIND_DENIAL}, /* one phrase inside another: both */
        {"", 0},
        {" ", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (kinds_in(str_of(cases[i].text)) != cases[i].kinds)
            fail_msg("%s: %x", cases[i].text, kinds_in(str_of(cases[i].text)));
    assert_int_equal(kinds_in(STR("login\0failed")), 0);
    assert_int_equal(kinds_in(STR("\0login failed\0")), KIND_AUTH_FAILURE);
}

static uint64_t random_next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *seed >> 33;
}

/* What is remembered of messages met before changes nothing, whatever numbers stand in them. */
static void remembered(void **state)
{
    (void)state;
    static const char *const parts[] = {"login",      "failed",   "login failed",
                                        "rate_limit", "exceeded", "access denied",
                                        "for",        "user",     "7",
                                        "12",         "x9",       "deadbeef",
                                        "v1",         "'",        "\"",
                                        "=",          ":",        "0",
                                        "\\042",      " ",        " ",
                                        "_",          "/",        "no"};
    struct signal_memo *memo = mem_alloc(sizeof *memo);
    uint64_t seed = 7;
    unsigned silent = 0, telling = 0;
    for (unsigned i = 0; i < 200000; i++) {
        SCOPED(buf) text = BUF(4096);
        for (uint64_t left = random_next(&seed) % 8; left > 0; left--)
            buf_add_text(&text, parts[random_next(&seed) % (sizeof parts / sizeof *parts)]);
        struct str message = buf_str(&text);
        uint64_t sketch = template_sketch(message);
        silent += sketch != 0 && memo->silent[sketch % SIGNAL_MEMO_SETS][0] == sketch;
        unsigned kinds = signal_in_message(table, memo, message, sketch);
        telling += kinds != 0;
        if (kinds != kinds_in(message))
            fail_msg("%.*s: %x", STR_ARG(message), kinds);
    }
    free(memo);
    assert_true(silent > 10000 && telling > 1000);
}

static void codes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned kinds;
        bool login_event, failure, success;
    } cases[] = {
        {"rate_limit", KIND_RATE_LIMIT, false, false, false},
        {"my_rate_limit", 0, false, false, false}, /* a code counts as a whole */
        {"Client.UnauthorizedOperation", KIND_DENIAL, false, false, false},
        {"user.login", 0, true, false, false},
        {"LOGIN", 0, true, false, false},
        {"catalogin", 0, false, false, false},
        {"failed", 0, false, true, false},
        {"FAILURE", 0, false, true, false},
        {"ok", 0, false, false, true},
        {"true", 0, false, false, true},
        {"no failure", 0, false, false, false},
        {"", 0, false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct signal_code code = signal_of_code(table, str_of(cases[i].text));
        if (code.kinds != cases[i].kinds || code.login_event != cases[i].login_event ||
            code.failure != cases[i].failure || code.success != cases[i].success)
            fail_msg("%s: %x %d %d %d", cases[i].text, code.kinds, code.login_event, code.failure, code.success);
    }
}

static void values(void **state)
{
    (void)state;
    assert_int_equal(signal_of_value(table, STR("EventID"), STR("4625")), KIND_AUTH_FAILURE);
    assert_int_equal(signal_of_value(table, STR("EventID"), STR("4626")), 0);
    assert_int_equal(signal_of_value(table, STR("EventID"), STR("")), 0);
    assert_int_equal(signal_of_value(table, STR("eventid"), STR("4625")), 0);
    assert_false(signal_path_known(table, STR("EventID2")));
    assert_false(signal_path_known(table, STR("")));
    SCOPED(buf) huge = BUF(1 << 20);
    for (int i = 0; i < 100000; i++)
        buf_add_char(&huge, 'x');
    assert_int_equal(signal_of_value(table, STR("EventID"), buf_str(&huge)), 0);
}

#ifdef PROCESSOR_WIDE
static int be_narrow(void **state)
{
    (void)state;
    processor_is_narrow = true;
    return 0;
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_phrase), cmocka_unit_test(spellings), cmocka_unit_test(remembered),
        cmocka_unit_test(codes),        cmocka_unit_test(values),
    };
    int failed = cmocka_run_group_tests_name("signal", tests, NULL, NULL);
#ifdef PROCESSOR_WIDE
    failed += cmocka_run_group_tests_name("signal, on a narrow machine", tests, be_narrow, NULL);
#endif
    return failed;
}
