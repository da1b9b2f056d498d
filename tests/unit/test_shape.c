/* A line that matches a known skeleton is JSON and has the slots json_cut would give it; what the set costs is bounded. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "analyze/shape.h"
#include "analyze/table.h"
#include "base/buf.h"
#include "base/processor.h"
#include "base/scope.h"
#include "tests/unit/slow_build.h"

static struct field_table *table;
static const struct signal_table *signals = &table_signals;
static struct json_cut cut; /* too large for the stack */

static int set_up(void **state)
{
    (void)state;
    struct err err = {0};
    table = field_table_new(STR_ABSENT, NULL, &err);
    return table ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    field_table_free(table);
    return 0;
}

SCOPE_FREE(shape_set)

/* ---- Random lines ------------------------------------------------------------------------------------------------------ */

static uint64_t random_state;

static uint32_t random_below(uint32_t count) /* splitmix64 */
{
    uint64_t z = (random_state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ z >> 31) >> 32) % count;
}

#define PICK(words) words[random_below(sizeof words / sizeof *words)]

static void add_space(struct buf *out)
{
    static const char *const spaces[] = {"", "", "", "", "", " ", "  ", "\t", "\r\n"};
    buf_add_text(out, PICK(spaces));
}

static void add_value(struct buf *out, unsigned depth)
{
    static const char *const scalars[] = {"0",
                                          "-1",
                                          "1.5e-3",
                                          "12345678901234567890",
                                          "true",
                                          "false",
                                          "null",
                                          "\"\"",
                                          "\"a\"",
                                          "\"a b c d e f g h i\"",
                                          "\"q\\\"\\\\\"",
                                          "\"\\u00e9\\ud800\"",
                                          "\"\xe2\x82\xac\xf0\x9f\x98\x80\"",
                                          "\"}\"",
                                          "\",\\\"a\\\":\"",
                                          "[]",
                                          "{}",
                                          "\"1\""};
    static const char *const keys[] = {"a", "b", "ab", "", "message", "level", "k\\n", "\xc3\xa9", "a.b"};
    uint32_t kind = depth >= 4 ? 0 : random_below(6);
    if (kind < 3) {
        buf_add_text(out, PICK(scalars));
        return;
    }
    bool array = kind == 3;
    uint32_t count = 1 + random_below(random_below(50) ? 4 : 40);
    buf_add_char(out, array ? '[' : '{');
    for (uint32_t i = 0; i < count; i++) {
        buf_add_text(out, i ? "," : "");
        add_space(out);
        if (!array) {
            buf_printf(out, "\"%s\"", PICK(keys));
            add_space(out);
            buf_add_char(out, ':');
            add_space(out);
        }
        add_value(out, depth + 1);
        add_space(out);
    }
    buf_add_char(out, array ? ']' : '}');
}

static void mutate(struct buf *line)
{
    static const char bytes[] = "\"\\{}[]:,0129-+.eEtfnull \t\r\n\f\v/'a\x01\x7f\x80\xc3\xa9\xff";
    if (line->size == 0)
        return;
    size_t at = random_below((uint32_t)line->size);
    char byte = random_below(8) ? bytes[random_below(sizeof bytes)] : (char)random_below(256); /* the NUL too */
    switch (random_below(3)) {
    case 0:
        line->data[at] = byte;
        break;
    case 1:
        buf_add_char(line, 0);
        memmove(line->data + at + 1, line->data + at, line->size - at - 1);
        line->data[at] = byte;
        break;
    default:
        memmove(line->data + at, line->data + at + 1, line->size - at - 1);
        buf_cut(line, line->size - 1);
    }
}

/* ---- The property --------------------------------------------------------------------------------------------------------- */

static void check_rebuilds(struct str line, const struct shape *shape, const struct str *slots)
{
    SCOPED(buf) again = BUF(64 << 20);
    for (uint32_t i = 0; i < shape->slot_count; i++) {
        buf_add_str(&again, shape->literals[i]);
        assert_true(slots[i].data >= line.data && slots[i].data + slots[i].size <= line.data + line.size);
        assert_int_equal(slots[i].data - line.data, again.size);
        buf_add_str(&again, slots[i]);
    }
    buf_add_str(&again, shape->literals[shape->slot_count]);
    assert_true(str_equal(buf_str(&again), line));
}

/* Matches the line; what comes back is what json_cut says. Learns it when it is JSON. True when it was known. */
static bool match_and_learn(struct shape_set *set, struct str line, bool *ret_json)
{
    SCOPED(arena) arena = {0};
    const struct str *slots = NULL;
    const struct shape *known = shape_match(set, line, &arena, &slots);
    *ret_json = json_cut(line, &arena, &cut);
    if (known && !*ret_json)
        fail_msg("matched, but is no JSON: %.*s", STR_ARG(line));
    if (!*ret_json)
        return false;
    const struct shape *shape = shape_learn(set, line, &cut, &arena);
    check_rebuilds(line, shape, cut.slots);
    assert_int_equal(shape->format, FORMAT_JSON);
    assert_int_equal(shape->slot_count, cut.slot_count);
    if (!known)
        return false;
    assert_ptr_equal(known, shape);
    check_rebuilds(line, known, slots);
    for (uint32_t i = 0; i < cut.slot_count; i++) {
        assert_ptr_equal(slots[i].data, cut.slots[i].data);
        assert_int_equal(slots[i].size, cut.slots[i].size);
        assert_int_equal(known->slots[i].kind, cut.meta[i].kind);
        assert_true(str_equal(known->slots[i].path, cut.meta[i].path));
    }
    return true;
}

static void check_random_lines(void)
{
    random_state = 7;
    unsigned known = 0, refused = 0, learned = 0;
    for (unsigned round = 0; round < (SLOW_BUILD ? 5u : 40u); round++) {
        SCOPED_FREE(shape_set) *set = shape_set_new(table, signals);
        for (unsigned i = 0; i < 200; i++) {
            SCOPED(buf) line = BUF(1 << 20);
            bool json;
            add_value(&line, round % 2 ? 0 : 3);
            add_space(&line);
            match_and_learn(set, buf_str(&line), &json);
            assert_true(json);
            bool again = match_and_learn(set, buf_str(&line), &json);
            assert_true(again || cut.whole || i > 0); /* what is kept whole never matches; later the root may be full */
            for (unsigned j = 0; j < 30; j++) {
                SCOPED(buf) other = BUF(1 << 20);
                buf_add_str(&other, buf_str(&line));
                mutate(&other);
                bool matched = match_and_learn(set, buf_str(&other), &json);
                known += matched;
                refused += !json;
                learned += json && !matched;
            }
        }
    }
    assert_true(known > 1000 && refused > 1000 && learned > 1000); /* all three ways were taken */
}

static void random_lines(void **state)
{
    (void)state;
    check_random_lines();
#ifdef PROCESSOR_WIDE
    processor_is_narrow = true;
    check_random_lines();
    processor_is_narrow = false;
#endif
}

/* Keys of all sizes around what is compared at once, within and at the end of a line: no byte of them may be another or missing. */
static void literals_of_all_sizes(void **state)
{
    (void)state;
    for (int size = 0; size < 80; size++) {
        SCOPED_FREE(shape_set) *set = shape_set_new(table, signals);
        SCOPED(buf) line = BUF(1 << 20);
        bool json;
        buf_printf(&line, "{\"%0*d\":\"x\",\"a\":[1,%*s]}", size, 0, size, "{}");
        match_and_learn(set, buf_str(&line), &json);
        for (unsigned round = 0; round < 20; round++) /* with and without hits being counted */
            assert_true(match_and_learn(set, buf_str(&line), &json));
        for (size_t at = 0; at < line.size; at++) {
            SCOPED(arena) arena = {0};
            const struct str *slots;
            char *shorter = malloc(at ? at : 1); /* nothing may be read behind it */
            memcpy(shorter, line.data, at);
            assert_null(shape_match(set, str_from(shorter, at), &arena, &slots));
            free(shorter);
            char was = line.data[at];
            line.data[at] = was == '0' ? 'o' : '\0';
            assert_null(shape_match(set, buf_str(&line), &arena, &slots));
            line.data[at] = was;
        }
    }
}

static void known_skeleton(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool known;
    } cases[] = {
        {"{\"a\":\"other\",\"b\":-1.5e9,\"c\":[]}", true},
        {"{\"a\":\"\",\"b\":null,\"c\":[]}", true},
        {"{\"a\":\"}\\\"\",\"b\":true,\"c\":[]}", true},
        {"{\"a\":\"x\",\"b\":01,\"c\":[]}", false},
        {"{\"a\":\"x\",\"b\":1.,\"c\":[]}", false},
        {"{\"a\":\"x\",\"b\":NaN,\"c\":[]}", false},
        {"{\"a\":\"x\",\"b\":,\"c\":[]}", false},
        {"{\"a\":\"x\",\"b\":\"1\",\"c\":[]}", false},
        {"{\"a\":\"x\",\"b\":1,\"c\":[ ]}", false},
        {"{\"a\":\"x\",\"b\":1,\"c\":[]} ", false},
        {"{\"a\":\"x\",\"b\":1,\"c\":[]}{}", false},
        {"{\"a\":\"x\",\"b\":1,\"c\":[]", false},
        {"{\"a\":\"x\",\"b\":1,\"c\":[0]}", false},
        {"{\"a\":\"x", false},
        {"{\"a\":\"\xff\",\"b\":1,\"c\":[]}", false},
        {"{\"a\":\"\t\",\"b\":1,\"c\":[]}", false},
        {"{\"a\":\"\\x\",\"b\":1,\"c\":[]}", false},
        {"{\"A\":\"x\",\"b\":1,\"c\":[]}", false},
        {"", false},
    };
    SCOPED_FREE(shape_set) *set = shape_set_new(table, signals);
    SCOPED(arena) arena = {0};
    struct str line = STR("{\"a\":\"x\",\"b\":1,\"c\":[]}");
    const struct str *slots;
    assert_null(shape_match(set, line, &arena, &slots));
    assert_true(json_cut(line, &arena, &cut));
    const struct shape *shape = shape_learn(set, line, &cut, &arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct shape *found = shape_match(set, str_of(cases[i].line), &arena, &slots);
        if (found != (cases[i].known ? shape : NULL))
            fail_msg("%s: should %s", cases[i].line, cases[i].known ? "match" : "not match");
    }
}

static void scalars_and_empties(void **state)
{
    (void)state;
    static const char *const lines[] = {"1", "\"x\"", "{}", "[]", " null", "[ ]", "\xef\xbb\xbf{}"};
    SCOPED_FREE(shape_set) *set = shape_set_new(table, signals);
    bool json;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_false(match_and_learn(set, str_of(lines[i]), &json));
        assert_true(json);
    }
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_true(match_and_learn(set, str_of(lines[i]), &json));
    assert_true(match_and_learn(set, STR("false"), &json)); /* bare values share a skeleton */
    assert_true(match_and_learn(set, STR("-1e5"), &json));
    assert_false(match_and_learn(set, STR("{"), &json));
    assert_false(match_and_learn(set, STR(""), &json));
}

/* ---- What it costs -------------------------------------------------------------------------------------------------------- */

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Keys never seen before at one place: some are learned, all are read right, and it stays cheap. */
static void dynamic_keys(void **state)
{
    (void)state;
    static const char *const forms[] = {"{\"id%u\":1}", "{\"a\":1,\"id%u\":\"x\",\"b\":2}",
                                        "{\"o\":{\"id%u\":{\"v\":1}},\"b\":2}", "{\"a\":%u,\"k%u\":[]}"};
    for (size_t form = 0; form < sizeof forms / sizeof *forms; form++) {
        SCOPED_FREE(shape_set) *set = shape_set_new(table, signals);
        unsigned count = SLOW_BUILD ? 2000 : 20000, known = 0;
        int64_t start = clock_ms();
        for (unsigned i = 0; i < 2 * count; i++) {
            char text[128];
            bool json;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(text, sizeof text, forms[form], i % count, i % count);
#pragma GCC diagnostic pop
            known += match_and_learn(set, str_of(text), &json);
            assert_true(json);
        }
        assert_in_range(known, 100, 1000); /* as many ways on as a node may have */
        if (!SLOW_BUILD)
            assert_in_range(clock_ms() - start, 0, 3000);
    }
}

/* Lines of few keys in every order: a tree that would grow without end. Returns how many matched. */
static unsigned feed(struct shape_set *set, unsigned from, unsigned count)
{
    unsigned known = 0;
    for (unsigned i = from; i < from + count; i++) {
        SCOPED(buf) line = BUF(1 << 20);
        SCOPED(arena) arena = {0};
        const struct str *slots;
        buf_add_char(&line, '{');
        for (unsigned j = 0, rest = i; j < 8; j++, rest = rest / 5 + i)
            buf_printf(&line, "%s\"%0*u\":%u", j ? "," : "", 200, rest % 5, j);
        buf_add_char(&line, '}');
        if (shape_match(set, buf_str(&line), &arena, &slots)) {
            known++;
            continue;
        }
        assert_true(json_cut(buf_str(&line), &arena, &cut));
        check_rebuilds(buf_str(&line), shape_learn(set, buf_str(&line), &cut, &arena), cut.slots);
    }
    return known;
}

static void memory_bound(void **state)
{
    (void)state;
    if (SLOW_BUILD) /* every allocation of an arena is its own there */
        skip();
    SCOPED_FREE(shape_set) *set = shape_set_new(table, signals);
    struct mallinfo2 before = mallinfo2();
    feed(set, 0, 60000);
    struct mallinfo2 after = mallinfo2();
    size_t used = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
    assert_in_range(used, SHAPE_BYTES_MAX / 2,
                    SHAPE_BYTES_MAX + (24 << 20)); /* full, and its last chunk at most more */

    struct str fresh = STR("{\"never\":1,\"seen\":\"x\"}");
    bool json;
    assert_false(match_and_learn(set, fresh, &json));
    assert_false(match_and_learn(set, fresh, &json)); /* full: not learned, but read right */
    shape_set_trim(set);
    assert_false(match_and_learn(set, fresh, &json));
    assert_true(match_and_learn(set, fresh, &json));
    shape_set_trim(set); /* not full: keeps what it knows */
    assert_true(match_and_learn(set, fresh, &json));
}

/* Lines of 1 MiB of structure each: a single skeleton may be large, many may not. */
static void huge_skeletons(void **state)
{
    (void)state;
    if (SLOW_BUILD)
        skip();
    SCOPED_FREE(shape_set) *set = shape_set_new(table, signals);
    struct mallinfo2 before = mallinfo2();
    SCOPED(buf) line = BUF(4 << 20);
    for (unsigned i = 0; i < 100; i++) {
        bool json;
        buf_reset(&line);
        buf_printf(&line, "{\"%u\":1", i);
        for (unsigned j = 0; j < 100000; j++)
            buf_add_text(&line, "          ");
        buf_add_char(&line, '}');
        match_and_learn(set, buf_str(&line), &json);
        assert_true(json);
    }
    struct mallinfo2 after = mallinfo2();
    assert_in_range(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd, 0, SHAPE_BYTES_MAX + (24 << 20));
}

/* ---- Text ------------------------------------------------------------------------------------------------------------------ */

static void text_shapes(void **state)
{
    (void)state;
    SCOPED_FREE(shape_set) *set = shape_set_new(table, signals);
    SCOPED(arena) arena = {0};
    const struct str names[] = {STR("timestamp"), STR("host"), STR("message")};
    const struct shape *shape = shape_of_text(set, FORMAT_SYSLOG, names, 3, &arena);
    assert_int_equal(shape->format, FORMAT_SYSLOG);
    assert_int_equal(shape->slot_count, 3);
    assert_null(shape->literals);
    assert_true(str_equal(shape->slots[2].path, STR("message")));
    assert_int_equal(shape->slots[2].kind, SLOT_TEXT);
    assert_int_equal(shape->field_slot[FIELD_MESSAGE], 2);
    assert_int_equal(shape->field_slot[FIELD_USER], -1);
    arena_reset(&arena);
    assert_ptr_equal(shape_of_text(set, FORMAT_SYSLOG, names, 3, &arena), shape);
    assert_ptr_not_equal(shape_of_text(set, FORMAT_TEXT, names, 3, &arena), shape);
    assert_ptr_not_equal(shape_of_text(set, FORMAT_SYSLOG, names, 2, &arena), shape);
    const struct str joined[] = {STR("timestamphost"), STR("message")};
    assert_int_equal(shape_of_text(set, FORMAT_SYSLOG, joined, 2, &arena)->slot_count, 2);
    assert_int_equal(shape_of_text(set, FORMAT_TEXT, names, 0, &arena)->slot_count, 0);
}

static void watched(void **state)
{
    (void)state;
    SCOPED_FREE(shape_set) *set = shape_set_new(table, signals);
    SCOPED(arena) arena = {0};
    static const struct {
        const char *line;
        bool watched;
    } cases[] = {{"{\"EventID\":1}", true}, {"{\"a\":{\"EventID\":1}}", false}, {"{\"message\":\"EventID\"}", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(json_cut(str_of(cases[i].line), &arena, &cut));
        assert_int_equal(shape_learn(set, str_of(cases[i].line), &cut, &arena)->watched_count, cases[i].watched);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_skeleton),        cmocka_unit_test(scalars_and_empties),
        cmocka_unit_test(random_lines),          cmocka_unit_test(dynamic_keys),
        cmocka_unit_test(memory_bound),          cmocka_unit_test(huge_skeletons),
        cmocka_unit_test(text_shapes),           cmocka_unit_test(watched),
        cmocka_unit_test(literals_of_all_sizes),
    };
    return cmocka_run_group_tests_name("shape", tests, set_up, tear_down);
}
