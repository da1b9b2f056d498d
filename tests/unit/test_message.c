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
    struct message_header headers[MESSAGE_HEADERS], turned[MESSAGE_HEADERS];
    struct message_head read;
    message_head_print(head, message_agent_print(head, &arena), &arena, headers);
    assert_int_equal(message_head_read(headers, MESSAGE_HEADERS, &arena, &read, NULL), MESSAGE_AGENTS);
    check_same(head, &read);
    for (size_t i = 0; i < MESSAGE_HEADERS; i++)
        turned[i] = headers[MESSAGE_HEADERS - 1 - i];
    assert_int_equal(message_head_read(turned, MESSAGE_HEADERS, &arena, &read, NULL), MESSAGE_AGENTS);
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
    full.host = STR("a host=%\x01\xff");
    full.defaults.service = STR(" \"x\" & y");
    check_round_trip(&full);
    char text[MESSAGE_TEXT_MAX];
    memset(text, ' ', sizeof text);
    full.defaults.timezone = str_from(text, sizeof text);
    check_round_trip(&full);
    for (unsigned flags = 0; flags < 32; flags++) {
        full.flags = (uint8_t)(flags & ~(unsigned)RECORD_UNPARSED);
        check_round_trip(&full);
    }
}

/* One header of a whole head takes another value. */
static const struct {
    const char *name;
    struct str value;
    enum message_kind kind;
} cases[] = {
    {"winnow-agent", STR_ABSENT, MESSAGE_DAMAGED},
    {"winnow-agent", STR(""), MESSAGE_DAMAGED},
    {"winnow-agent", STR(AGENT), MESSAGE_DAMAGED},
    {"winnow-agent", STR("0123456789abcdef0123456789abcdef/ file=3"), MESSAGE_DAMAGED},
    {"winnow-agent", STR("0123456789abcdeg0123456789abcdef/a file=3"), MESSAGE_DAMAGED},
    {"winnow-agent", STR("0123456789abcdef0123456789abcdef/\xff file=3"), MESSAGE_DAMAGED},
    {"winnow-agent", STR(" " AGENT " file=3"), MESSAGE_DAMAGED},
    {"winnow-agent", STR("file=3 " AGENT), MESSAGE_DAMAGED},
    {"winnow-source", STR(""), MESSAGE_DAMAGED},
    {"winnow-source", STR("a\0b"), MESSAGE_DAMAGED},
    {"winnow-source", STR("\xff"), MESSAGE_AGENTS},
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
    {"winnow-kind", STR("of tomorrow,denial"), MESSAGE_AGENTS},
    {"winnow-tomorrow", STR("\xff"), MESSAGE_AGENTS},
    {"traceparent", STR("\xff"), MESSAGE_AGENTS},
};

/* What follows the agent in winnow-agent. */
static const struct {
    struct str words;
    const char *wrong; /* NULL: nothing */
} word_cases[] = {
    {STR(" file=3"), NULL},
    {STR(""), "winnow-agent file"},
    {STR(" "), "winnow-agent"},
    {STR(" file=3 "), "winnow-agent"},
    {STR("  file=3"), "winnow-agent"},
    {STR(" file"), "winnow-agent"},
    {STR(" =3"), "winnow-agent"},
    {STR(" file=-1"), "winnow-agent file"},
    {STR(" file=3x"), "winnow-agent file"},
    {STR(" file="), "winnow-agent file"},
    {STR(" file=3 file=3"), "winnow-agent file"},
    {STR(" host=a"), "winnow-agent file"},
    {STR(" time=1 file=3"), NULL},
    {STR(" file=3 time=-9223372036854775808"), "winnow-agent time"},
    {STR(" file=3 time=253402300800000000"), "winnow-agent time"},
    {STR(" file=3 time=253402300799999999"), NULL},
    {STR(" file=3 flags="), "winnow-agent flags"},
    {STR(" file=3 flags=pending,"), "winnow-agent flags"},
    {STR(" file=3 flags=unparsed"), "winnow-agent flags"},
    {STR(" file=3 flags=piece,no-newline"), NULL},
    {STR(" file=3 value=raw"), "winnow-agent value"},
    {STR(" file=3 format=of-tomorrow"), "winnow-agent format"},
    {STR(" file=3 part=0/2"), "winnow-agent part"},
    {STR(" file=3 part=3/2"), "winnow-agent part"},
    {STR(" file=3 part=1"), "winnow-agent part"},
    {STR(" file=3 part=1/"), "winnow-agent part"},
    {STR(" file=3 part=1/4294967297"), "winnow-agent part"},
    {STR(" file=3 host="), "winnow-agent host"},
    {STR(" file=3 host=%"), "winnow-agent host"},
    {STR(" file=3 host=%4"), "winnow-agent host"},
    {STR(" file=3 host=%4g"), "winnow-agent host"},
    {STR(" file=3 host=%2f"), "winnow-agent host"},
    {STR(" file=3 host=a%00"), "winnow-agent host"},
    {STR(" file=3 host=a\tb"), "winnow-agent host"},
    {STR(" file=3 host=%41%20"), NULL},
    {STR(" file=3 service=\xff"), "winnow-agent service"},
    {STR(" file=3 tomorrow=\xff"), NULL},
};

/* The head's headers, one of which takes another value or is added. */
static enum message_kind read_with(struct str name, struct str value, const char **ret_why)
{
    struct arena arena = {0};
    struct message_header headers[MESSAGE_HEADERS + 1];
    struct message_head read;
    size_t at = 0;
    message_head_print(&plain, message_agent_print(&plain, &arena), &arena, headers);
    while (at < MESSAGE_HEADERS && !str_equal(headers[at].name, name))
        at++;
    headers[at] = (struct message_header){name, value};
    enum message_kind kind =
        message_head_read(headers, at < MESSAGE_HEADERS ? MESSAGE_HEADERS : at + 1, &arena, &read, ret_why);
    arena_release(&arena);
    return kind;
}

static void hostile_is_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *why;
        enum message_kind kind = read_with(str_of(cases[i].name), cases[i].value, &why);
        if (kind != cases[i].kind)
            fail_msg("%s '%.*s': %d", cases[i].name, STR_ARG(cases[i].value), (int)kind);
        if (kind == MESSAGE_DAMAGED && strncmp(why, cases[i].name, strlen(cases[i].name)) != 0)
            fail_msg("%s is wrong, not %s", cases[i].name, why);
    }
}

static void hostile_words_are_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof word_cases / sizeof *word_cases; i++) {
        char text[256];
        const char *why;
        struct str words = word_cases[i].words;
        int size = snprintf(text, sizeof text, "%s%.*s", AGENT, STR_ARG(words));
        enum message_kind kind = read_with(STR("winnow-agent"), str_from(text, (size_t)size), &why);
        if (kind != (word_cases[i].wrong != NULL ? MESSAGE_DAMAGED : MESSAGE_AGENTS))
            fail_msg("'%s': %d", text, (int)kind);
        if (kind == MESSAGE_DAMAGED)
            assert_string_equal(why, word_cases[i].wrong);
    }
    struct message_head read;
    struct arena arena = {0};
    char text[4 * MESSAGE_TEXT_MAX];
    memset(text, 'x', sizeof text);
    memcpy(text, AGENT " file=3 host=", sizeof AGENT " file=3 host=" - 1);
    struct message_header headers[MESSAGE_HEADERS];
    message_head_print(&plain, str_from(text, sizeof AGENT " file=3 host=" - 1 + MESSAGE_TEXT_MAX), &arena, headers);
    assert_int_equal(message_head_read(headers, MESSAGE_HEADERS, &arena, &read, NULL), MESSAGE_AGENTS);
    assert_int_equal(read.host.size, MESSAGE_TEXT_MAX);
    message_head_print(&plain, str_from(text, sizeof AGENT " file=3 host=" + MESSAGE_TEXT_MAX), &arena, headers);
    assert_int_equal(message_head_read(headers, MESSAGE_HEADERS, &arena, &read, NULL), MESSAGE_DAMAGED);
    arena_release(&arena);
}

static void missing_or_doubled_is_damaged(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct message_header headers[MESSAGE_HEADERS];
    const size_t count = MESSAGE_HEADERS;
    message_head_print(&plain, message_agent_print(&plain, &arena), &arena, headers);
    for (size_t i = 0; i < count; i++) {
        struct message_header less[MESSAGE_HEADERS], more[MESSAGE_HEADERS + 1];
        struct message_head read;
        memcpy(less, headers, i * sizeof *headers);
        memcpy(less + i, headers + i + 1, (count - i - 1) * sizeof *headers);
        memcpy(more, headers, count * sizeof *headers);
        more[count] = headers[i];
        enum message_kind kind = str_equal(headers[i].name, STR("winnow-agent"))  ? MESSAGE_FOREIGN
                                 : str_equal(headers[i].name, STR("winnow-kind")) ? MESSAGE_AGENTS
                                                                                  : MESSAGE_DAMAGED;
        assert_int_equal(message_head_read(less, count - 1, &arena, &read, NULL), kind);
        assert_int_equal(message_head_read(more, count + 1, &arena, &read, NULL), MESSAGE_DAMAGED);
    }
    struct message_head read;
    assert_int_equal(message_head_read(NULL, 0, &arena, &read, NULL), MESSAGE_FOREIGN);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_is_read),
        cmocka_unit_test(hostile_is_damaged),
        cmocka_unit_test(hostile_words_are_damaged),
        cmocka_unit_test(missing_or_doubled_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
