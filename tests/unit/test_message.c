/* message: what is printed is read back; whatever else the headers are, the message is foreign or damaged, with the header named. */
#include "ingest/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define AGENT "0123456789abcdef0123456789abcdef/fleet"

static const struct message_head plain = {
    .agent = STR(AGENT),
    .source = STR("/var/log/app.log"),
    .file = 3,
    .offset = 4096,
    .sequence = 17,
    .time_us = TIME_NONE,
};

static void check_same(const struct message_head *a, const struct message_head *b)
{
    assert_true(str_equal(a->agent, b->agent) && str_equal(a->source, b->source) && str_equal(a->host, b->host));
    assert_true(a->file == b->file && a->offset == b->offset && a->sequence == b->sequence);
    assert_true(a->time_us == b->time_us && a->flags == b->flags && a->kinds == b->kinds && a->json == b->json);
    assert_true(a->part == b->part && a->parts == b->parts);
    assert_true(str_equal(a->defaults.service, b->defaults.service));
    assert_true(str_equal(a->defaults.timezone, b->defaults.timezone));
    assert_int_equal(a->defaults.format, b->defaults.format);
}

static void check_round_trip(const struct message_head *head)
{
    struct arena arena = {0};
    struct message_header headers[MESSAGE_HEADERS_MAX], turned[MESSAGE_HEADERS_MAX];
    struct message_head read;
    size_t count = message_head_print(head, &arena, headers);
    assert_int_equal(message_head_read(headers, count, &read, NULL), MESSAGE_AGENTS);
    check_same(head, &read);
    for (size_t i = 0; i < count; i++)
        turned[i] = headers[count - 1 - i];
    assert_int_equal(message_head_read(turned, count, &read, NULL), MESSAGE_AGENTS);
    check_same(head, &read);
    arena_release(&arena);
}

static void printed_is_read(void **state)
{
    (void)state;
    check_round_trip(&plain);
    struct message_head full = plain;
    full.host = STR("web-1");
    full.time_us = -1;
    full.flags = RECORD_NO_NEWLINE | RECORD_PIECE | RECORD_TAIL | RECORD_TIME_BORROWED;
    full.kinds = KIND_AUTH_FAILURE | KIND_ERROR;
    full.json = true;
    full.part = 2;
    full.parts = 3;
    full.offset = full.sequence = full.file = MESSAGE_NUMBER_MAX;
    full.source = STR("/var/log/\xff\xfe name");
    full.defaults = (struct source_defaults){STR("api"), STR("Europe/Berlin"), FORMAT_CRI};
    check_round_trip(&full);
    for (unsigned flags = 0; flags < 32; flags++) {
        full.flags = (uint8_t)(flags & ~(unsigned)RECORD_UNPARSED);
        check_round_trip(&full);
    }
}

/* One header of a whole head takes another value, or is left out. */
static const struct {
    const char *name;
    struct str value;
    enum message_kind kind;
} cases[] = {
    {"winnow-agent", STR_ABSENT, MESSAGE_DAMAGED},
    {"winnow-agent", STR(""), MESSAGE_DAMAGED},
    {"winnow-agent", STR("0123456789abcdef0123456789abcdef/"), MESSAGE_DAMAGED},
    {"winnow-agent", STR("0123456789abcdef0123456789abcdef/a b"), MESSAGE_DAMAGED},
    {"winnow-agent", STR("0123456789abcdeg0123456789abcdef/a"), MESSAGE_DAMAGED},
    {"winnow-agent", STR("0123456789abcdef0123456789abcdef/\xff"), MESSAGE_DAMAGED},
    {"winnow-source", STR(""), MESSAGE_DAMAGED},
    {"winnow-source", STR("a\0b"), MESSAGE_DAMAGED},
    {"winnow-source", STR("\xff"), MESSAGE_AGENTS},
    {"winnow-file", STR("-1"), MESSAGE_DAMAGED},
    {"winnow-file", STR("3x"), MESSAGE_DAMAGED},
    {"winnow-offset", STR("-1"), MESSAGE_DAMAGED},
    {"winnow-offset", STR("0"), MESSAGE_AGENTS},
    {"winnow-offset", STR("4611686018427387903"), MESSAGE_AGENTS},
    {"winnow-offset", STR("4611686018427387904"), MESSAGE_DAMAGED},
    {"winnow-offset", STR("18446744073709551615"), MESSAGE_DAMAGED},
    {"winnow-offset", STR("99999999999999999999999"), MESSAGE_DAMAGED},
    {"winnow-offset", STR("1e3"), MESSAGE_DAMAGED},
    {"winnow-offset", STR(" 1"), MESSAGE_DAMAGED},
    {"winnow-sequence", STR("0"), MESSAGE_DAMAGED},
    {"winnow-sequence", STR(""), MESSAGE_DAMAGED},
    {"winnow-time", STR("-9223372036854775808"), MESSAGE_DAMAGED},
    {"winnow-time", STR("253402300800000000"), MESSAGE_DAMAGED},
    {"winnow-time", STR("253402300799999999"), MESSAGE_AGENTS},
    {"winnow-flags", STR(""), MESSAGE_DAMAGED},
    {"winnow-flags", STR("pending,"), MESSAGE_DAMAGED},
    {"winnow-flags", STR("unparsed"), MESSAGE_DAMAGED},
    {"winnow-flags", STR("piece,no-newline"), MESSAGE_AGENTS},
    {"winnow-kind", STR("of tomorrow,denial"), MESSAGE_AGENTS},
    {"winnow-value", STR("raw"), MESSAGE_DAMAGED},
    {"winnow-format", STR("of tomorrow"), MESSAGE_DAMAGED},
    {"winnow-part", STR("0/2"), MESSAGE_DAMAGED},
    {"winnow-part", STR("3/2"), MESSAGE_DAMAGED},
    {"winnow-part", STR("1"), MESSAGE_DAMAGED},
    {"winnow-part", STR("1/"), MESSAGE_DAMAGED},
    {"winnow-part", STR("1/4294967297"), MESSAGE_DAMAGED},
    {"winnow-host", STR(""), MESSAGE_DAMAGED},
    {"winnow-tomorrow", STR("\xff"), MESSAGE_AGENTS},
    {"traceparent", STR("\xff"), MESSAGE_AGENTS},
};

static void hostile_is_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena = {0};
        struct message_header headers[MESSAGE_HEADERS_MAX];
        struct message_head read;
        const char *why;
        size_t count = message_head_print(&plain, &arena, headers), at = 0;
        while (at < count && !str_equal(headers[at].name, str_of(cases[i].name)))
            at++;
        headers[at] = (struct message_header){str_of(cases[i].name), cases[i].value};
        count += at == count;
        enum message_kind kind = message_head_read(headers, count, &read, &why);
        if (kind != cases[i].kind)
            fail_msg("%s '%.*s': %d", cases[i].name, STR_ARG(cases[i].value), (int)kind);
        if (kind == MESSAGE_DAMAGED)
            assert_string_equal(why, cases[i].name);
        arena_release(&arena);
    }
}

static void missing_or_doubled_is_damaged(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct message_header headers[MESSAGE_HEADERS_MAX];
    size_t count = message_head_print(&plain, &arena, headers);
    for (size_t i = 0; i < count; i++) {
        struct message_header less[MESSAGE_HEADERS_MAX], more[MESSAGE_HEADERS_MAX + 1];
        struct message_head read;
        memcpy(less, headers, i * sizeof *headers);
        memcpy(less + i, headers + i + 1, (count - i - 1) * sizeof *headers);
        memcpy(more, headers, count * sizeof *headers);
        more[count] = headers[i];
        enum message_kind kind = str_equal(headers[i].name, STR("winnow-agent"))  ? MESSAGE_FOREIGN
                                 : str_equal(headers[i].name, STR("winnow-kind")) ? MESSAGE_AGENTS
                                                                                  : MESSAGE_DAMAGED;
        assert_int_equal(message_head_read(less, count - 1, &read, NULL), kind);
        assert_int_equal(message_head_read(more, count + 1, &read, NULL), MESSAGE_DAMAGED);
    }
    struct message_head read;
    assert_int_equal(message_head_read(NULL, 0, &read, NULL), MESSAGE_FOREIGN);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_is_read),
        cmocka_unit_test(hostile_is_damaged),
        cmocka_unit_test(missing_or_doubled_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
