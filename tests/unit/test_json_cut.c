/* How a JSON line is cut into slots, its limits, and the scanners of single tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/json.h"
#include "base/buf.h"
#include "base/chars.h"
#include "base/processor.h"
#include "base/scope.h"
#include "tests/unit/json_case.h"

static struct json_cut cut; /* too large for the stack */
static struct arena paths;  /* cut points into it */

#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        "" literal, sizeof(literal) - 1                                                                                \
    }
#define BOM "\xef\xbb\xbf"

/* ---- Slots ----------------------------------------------------------------------------------------------------------- */

/* The slots as "path=value path=value"; strings in quotes, kept containers in <>. */
static void show_slots(struct buf *out)
{
    for (uint32_t i = 0; i < cut.slot_count; i++) {
        const struct shape_slot *slot = &cut.meta[i];
        static const char *const quotes[][2] = {
            [SLOT_STRING] = {"\"", "\""}, [SLOT_JSON] = {"<", ">"}, [SLOT_BARE] = {"", ""}};
        assert_true(slot->kind == SLOT_STRING || slot->kind == SLOT_JSON || slot->kind == SLOT_BARE);
        assert_int_equal(slot->field, FIELD_COUNT);
        assert_int_equal(slot->next, -1);
        buf_add_text(out, i ? " " : "");
        buf_add_str(out, slot->path);
        buf_add_char(out, '=');
        buf_add_text(out, quotes[slot->kind][0]);
        buf_add_str(out, cut.slots[i]);
        buf_add_text(out, quotes[slot->kind][1]);
    }
}

/* Slots lie in the line, in order and apart; with another value of its kind in every slot the line is still JSON. So the
 * text between the slots is what is fixed. */
static void check_slots(struct str line)
{
    SCOPED(buf) same = BUF(64 << 20);
    SCOPED(buf) other = BUF(64 << 20);
    const char *at = line.data;
    for (uint32_t i = 0; i < cut.slot_count; i++) {
        struct str slot = cut.slots[i];
        assert_true(slot.data >= at);
        assert_true(slot.data + slot.size <= line.data + line.size);
        struct str literal = str_from(at, (size_t)(slot.data - at));
        buf_add_str(&same, literal);
        buf_add_str(&same, slot);
        buf_add_str(&other, literal);
        buf_add_text(&other, cut.meta[i].kind == SLOT_STRING ? "other" : "-7e1");
        at = slot.data + slot.size;
    }
    struct str rest = str_from(at, (size_t)(line.data + line.size - at));
    buf_add_str(&same, rest);
    buf_add_str(&other, rest);
    assert_true(str_equal(buf_str(&same), line));
    if (!json_valid(buf_str(&other)))
        fail_msg("with other values no longer JSON: %.*s", STR_ARG(buf_str(&other)));
}

static void slots(void **state)
{
    (void)state;
    static const struct {
        struct str line;
        const char *slots;
    } cases[] = {
        {TEXT("{}"), ""},
        {TEXT(" [ ] "), ""},
        {TEXT("\"top\""), "=\"top\""},
        {TEXT(" 12 \r"), "=12"},
        {TEXT("null"), "=null"},
        {TEXT(BOM "{\"a\":\"b\"}"), "a=\"b\""},
        {TEXT("{\"a\":1,\"b\":\"x\",\"c\":true}"), "a=1 b=\"x\" c=true"},
        {TEXT("{ \"a\" : { \"b\" : -1.5e3 } , \"c\" : \"\" }\r"), "a.b=-1.5e3 c=\"\""},
        {TEXT("{\"a\":[1,[2,{\"b\":3}],\"4\"]}"), "a.0=1 a.1.0=2 a.1.1.b=3 a.2=\"4\""},
        {TEXT("{\"a\":[],\"b\":{},\"c\":[{},[]],\"d\":0}"), "d=0"},
        {TEXT("{\"a\":1,\"a\":2}"), "a=1 a=2"},
        {TEXT("{\"\":{\"\":1}}"), "=1"},
        {TEXT("{\"a.b\":1,\"a\":{\"b\":2}}"), "a.b=1 a.b=2"},
        {TEXT("{\"k\\n\\u00e9\\ud83d\\ude00\":1}"), "k\n\xc3\xa9\xf0\x9f\x98\x80=1"},
        {TEXT("{\"a\":\"q\\\"\\\\\"}"), "a=\"q\\\"\\\\\""},
        {TEXT("[[1],[2]]"), "0.0=1 1.0=2"},
        {TEXT("{\"a\":18446744073709551616}"), "a=18446744073709551616"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(arena) arena = {0};
        SCOPED(buf) shown = BUF(4096);
        assert_true(json_cut(cases[i].line, &arena, &cut));
        assert_false(cut.whole);
        show_slots(&shown);
        assert_string_equal(buf_str(&shown).data, cases[i].slots);
        check_slots(cases[i].line);
    }
}

/* Cuts the line, checks the slots and shows them. */
static void cut_line(struct str line, struct buf *shown)
{
    arena_reset(&paths);
    assert_true(json_cut(line, &paths, &cut));
    check_slots(line);
    show_slots(shown);
}

static void depth_limit(void **state)
{
    (void)state;
    for (size_t depth = 1; depth < JSON_DEPTH_MAX + 4; depth++) {
        SCOPED(buf) line = BUF(4096);
        SCOPED(buf) shown = BUF(4096);
        cut_line(repeated(&line, "[", "7", "]", depth), &shown);
        assert_int_equal(cut.slot_count, 1);
        assert_int_equal(cut.whole, depth > JSON_DEPTH_MAX);
        assert_int_equal(cut.meta[0].kind, depth > JSON_DEPTH_MAX ? SLOT_JSON : SLOT_BARE);
    }
    SCOPED(buf) line = BUF(4096);
    SCOPED(buf) shown = BUF(4096);
    buf_add_text(&line, "{\"before\":1,\"deep\":");
    repeated(&line, "{\"a\":", "\"]\"", "}", JSON_DEPTH_MAX);
    buf_add_text(&line, ",\"behind\":2}");
    cut_line(buf_str(&line), &shown);
    assert_string_equal(shown.data, "before=1 deep.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=<{\"a\":\"]\"}> behind=2");
}

static void array_limit(void **state)
{
    (void)state;
    for (unsigned count = JSON_ARRAY_MAX - 1; count <= JSON_ARRAY_MAX + 1; count++) {
        SCOPED(buf) line = BUF(4096);
        SCOPED(buf) shown = BUF(65536);
        buf_add_text(&line, "{\"a\":[{\"x\":[9]}");
        for (unsigned i = 1; i < count; i++)
            buf_printf(&line, ",%u", i);
        buf_add_text(&line, "],\"b\":1}");
        cut_line(buf_str(&line), &shown);
        bool whole = count > JSON_ARRAY_MAX;
        assert_int_equal(cut.whole, whole);
        assert_int_equal(cut.slot_count, whole ? 2 : count + 1);
        assert_string_equal(cut.meta[0].path.data, whole ? "a" : "a.0.x.0");
        assert_string_equal(cut.meta[cut.slot_count - 1].path.data, "b");
    }
}

static void path_limit(void **state)
{
    (void)state;
    for (size_t size = JSON_PATH_MAX - 12; size < JSON_PATH_MAX + 8; size++) {
        SCOPED(buf) line = BUF(65536);
        SCOPED(buf) shown = BUF(65536);
        buf_add_text(&line, "{\"first\":0,\"k\":{\"a\":1,\"");
        repeated(&line, "x", "", "", size);
        buf_add_text(&line, "\":2},\"last\":3}");
        cut_line(buf_str(&line), &shown);
        assert_int_equal(cut.slot_count, cut.whole ? 3 : 4);
        assert_string_equal(cut.meta[1].path.data, cut.whole ? "k" : "k.a");
        for (uint32_t i = 0; i < cut.slot_count; i++)
            assert_true(cut.meta[i].path.size <= JSON_PATH_MAX);
        if (size < JSON_PATH_MAX - 4)
            assert_false(cut.whole);
        if (size >= JSON_PATH_MAX)
            assert_true(cut.whole);
    }
    SCOPED(buf) line = BUF(65536);
    SCOPED(buf) shown = BUF(65536);
    buf_add_text(&line, "{\"");
    repeated(&line, "x", "", "", JSON_PATH_MAX + 1);
    buf_add_text(&line, "\":1}");
    cut_line(buf_str(&line), &shown); /* nothing is left to open: the whole line is one slot */
    assert_int_equal(cut.slot_count, 1);
    assert_int_equal(cut.meta[0].kind, SLOT_JSON);
    assert_true(str_equal(cut.slots[0], buf_str(&line)));
}

/* {"k0":{"v":[0]},"k1":... }: count members, each with one slot when opened. */
static void add_members(struct buf *line, unsigned count, const char *value)
{
    buf_add_char(line, '{');
    for (unsigned i = 0; i < count; i++)
        buf_printf(line, "%s\"k%u\":%s", i ? "," : "", i, value);
    buf_add_char(line, '}');
}

static void slot_limit(void **state)
{
    (void)state;
    static const struct {
        unsigned count;
        const char *value;
        unsigned slots;
        enum slot_kind first;
    } cases[] = {
        {JSON_SLOTS_MAX, "1", JSON_SLOTS_MAX, SLOT_BARE},
        {JSON_SLOTS_MAX + 1, "1", 1, SLOT_JSON}, /* flat and too wide: one slot */
        {JSON_SLOTS_MAX / 2, "{\"x\":\"1\",\"y\":\"2\"}", JSON_SLOTS_MAX, SLOT_STRING},
        {JSON_SLOTS_MAX / 2 + 1, "{\"x\":1,\"y\":2}", JSON_SLOTS_MAX / 2 + 1, SLOT_JSON}, /* opened one level */
        {JSON_SLOTS_MAX / 4 + 1, "{\"x\":1,\"y\":{\"a\":[2],\"b\":3,\"c\":4}}", JSON_SLOTS_MAX / 2 + 2, SLOT_BARE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) line = BUF(1 << 20);
        SCOPED(buf) shown = BUF(1 << 20);
        add_members(&line, cases[i].count, cases[i].value);
        cut_line(buf_str(&line), &shown);
        assert_int_equal(cut.slot_count, cases[i].slots);
        assert_int_equal(cut.meta[0].kind, cases[i].first);
    }
}

/* ---- Tokens --------------------------------------------------------------------------------------------------------------- */

static void scan_string(void **state)
{
    (void)state;
    static const struct {
        struct str text; /* behind the opening quote */
        size_t end;
    } cases[] = {
        {TEXT("\""), 0},
        {TEXT("a\"b"), 1},
        {TEXT("\\\"\""), 2},
        {TEXT("\\\\\""), 2},
        {TEXT("\\u00e9\"x"), 6},
        {TEXT("0123456789abcdef\""), 16},
        {TEXT("0123456789abcdef\\n\""), 18},
        {TEXT("0123456789abcd\xe2\x82\xac\""), 17}, /* a character across the 16-byte step */
        {TEXT(""), STR_NONE},
        {TEXT("abc"), STR_NONE},
        {TEXT("\\"), STR_NONE},
        {TEXT("\\\""), STR_NONE},
        {TEXT("a\nb\""), STR_NONE},
        {TEXT("0123456789abcde\x01\""), STR_NONE},
        {TEXT("\xe2\x82\""), STR_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(json_scan_string(cases[i].text, 0), cases[i].end);
    assert_int_equal(json_scan_string(STR("{\"a\":\"b\"}"), 6), 7);
}

static void check_quotes(struct str line, const bool *quotes, bool plain)
{
    uint64_t bits[JSON_QUOTES_WORDS];
    bool is_plain;
    memset(bits, 0xff, sizeof bits);
    assert_true(json_find_quotes(line, bits, &is_plain));
    assert_int_equal(is_plain, plain);
    for (size_t i = 0; i < (line.size / 64 + 1) * 64; i++)
        assert_int_equal(bits[i / 64] >> i % 64 & 1, i == line.size || (i < line.size && quotes[i]));
}

/* Lines of all sizes around its steps, each with a byte that forbids it at each place in turn. */
static void lines_of_all_sizes(void)
{
    static const char forbidden[] = {'\\', '\n', 0, '\x1f', '\x80', '\xff'};
    for (size_t size = 0; size <= 200; size++) {
        char *line = malloc(size ? size : 1); /* nothing may be read behind it */
        bool quotes[200] = {false}, plain;
        uint64_t bits[JSON_QUOTES_WORDS];
        for (size_t i = 0; i < size; i++) {
            quotes[i] = (i * i + size) % 5 == 0;
            line[i] = quotes[i] ? '"' : (char)(' ' + (i * 7 + size) % 2); /* blank or '!': no escape has them */
        }
        check_quotes(str_from(line, size), quotes, true);
        for (size_t i = 0; i < size; i++) {
            char was = line[i];
            line[i] = forbidden[(i + size) % sizeof forbidden];
            bool escape = line[i] == '\\' && i + 1 < size && quotes[i + 1];
            assert_int_equal(json_find_quotes(str_from(line, size), bits, &plain), escape);
            line[i] = was;
        }
        free(line);
    }
    static char longest[JSON_QUOTED_MAX + 1];
    static bool all[JSON_QUOTED_MAX];
    uint64_t bits[JSON_QUOTES_WORDS];
    bool plain;
    memset(longest, '"', sizeof longest);
    memset(all, true, sizeof all);
    check_quotes(str_from(longest, JSON_QUOTED_MAX), all, true);
    assert_false(json_find_quotes(str_from(longest, JSON_QUOTED_MAX + 1), bits, &plain));
}

/* Escapes at every place of a line, against what json_scan_string says of the string that begins there. */
static void escapes_in_all_places(void)
{
    static const struct str escapes[] = {STR("\\\""), STR("\\\\"),    STR("\\\\\""),     STR("\\\\\\\""),
                                         STR("\\n"),  STR("\\u00e9"), STR("\\\"\\\"\""), STR("\\u00e")};
    for (size_t e = 0; e < sizeof escapes / sizeof *escapes; e++) {
        for (size_t at = 0; at < 140; at++) {
            struct str escape = escapes[e];
            size_t size = at + escape.size + 1 + at % 3;
            char *line = malloc(size);
            memset(line, 'a', size);
            memcpy(line + at, escape.data, escape.size);
            line[at + escape.size] = '"';
            uint64_t bits[JSON_QUOTES_WORDS];
            bool plain, found = json_find_quotes(str_from(line, size), bits, &plain);
            size_t end = json_scan_string(str_from(line, size), 0);
            assert_int_equal(found, end != STR_NONE);
            if (found) {
                assert_false(plain);
                assert_int_equal(bits_next(bits, JSON_QUOTES_WORDS, 0), end);
            }
            free(line);
        }
    }
}

static void find_quotes(void **state)
{
    (void)state;
    lines_of_all_sizes();
    escapes_in_all_places();
#ifdef PROCESSOR_WIDE
    processor_is_narrow = true;
    lines_of_all_sizes();
    escapes_in_all_places();
    processor_is_narrow = false;
#endif
}

static void scan_bare(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        size_t end;
    } cases[] = {
        {TEXT("0"), 1},
        {TEXT("-0.5e+1,"), 7},
        {TEXT("12]"), 2},
        {TEXT("true}"), 4},
        {TEXT("false"), 5},
        {TEXT("null "), 4},
        {TEXT("01"), 1},
        {TEXT(""), 0},
        {TEXT("-"), 0},
        {TEXT("1."), 0},
        {TEXT("1e"), 0},
        {TEXT("tru"), 0},
        {TEXT("\""), 0},
        {TEXT("+1"), 0},
        {TEXT("NaN"), 0},
        {TEXT("[1]"), 0},
        /* with more behind them */
        {TEXT("0, ..............."), 1},
        {TEXT("01, .............."), 1},
        {TEXT("120.50, .........."), 6},
        {TEXT("0.25}............."), 4},
        {TEXT("-12, ............."), 3},
        {TEXT("12., ............."), 0},
        {TEXT("1.5.2, ..........."), 3},
        {TEXT("12e5, ............"), 4},
        {TEXT("1.5E-7, .........."), 6},
        {TEXT("1.5e, ............"), 0},
        {TEXT("123456789012345, ."), 15},
        {TEXT("1234567890123456, "), 16},
        {TEXT("12345678901234567 "), 17},
        {TEXT("1234567.890123, .."), 14},
        {TEXT("1234567.8901234, ."), 15},
        {TEXT("1234567.89012345, "), 16},
        {TEXT("12345678901234. .."), 0},
        {TEXT("123456789012345. ."), 0},
        {TEXT(".5, .............."), 0},
        {TEXT("true, ............"), 4},
    };
    size_t known = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(json_scan_bare(cases[i].text, 0), cases[i].end);
        size_t size = cases[i].text.size >= JSON_SHORT ? json_short_number(cases[i].text.data) : 0;
        assert_true(size == 0 || size == cases[i].end);
        known += size > 0;
    }
#ifdef __SSE2__
    assert_int_equal(known, 7);
#endif
    assert_int_equal(json_scan_bare(STR("[-1]"), 1), 3);
}

static void decode(void **state)
{
    (void)state;
    static const struct {
        struct str content, decoded;
    } cases[] = {
        {TEXT(""), TEXT("")},
        {TEXT("plain \xc3\xa9"), TEXT("plain \xc3\xa9")},
        {TEXT("\\\"\\\\\\/\\b\\f\\n\\r\\t"), TEXT("\"\\/\b\f\n\r\t")},
        {TEXT("a\\u0000b"), TEXT("a\0b")},
        {TEXT("\\u0041\\u00e9\\u20AC"), TEXT("A\xc3\xa9\xe2\x82\xac")},
        {TEXT("\\ud83d\\ude00"), TEXT("\xf0\x9f\x98\x80")},
        {TEXT("\\udbff\\udfff"), TEXT("\xf4\x8f\xbf\xbf")},
        {TEXT("\\ud800"), TEXT("\xef\xbf\xbd")},
        {TEXT("\\udc00"), TEXT("\xef\xbf\xbd")},
        {TEXT("\\ud800x"), TEXT("\xef\xbf\xbdx")},
        {TEXT("\\ud800\\n"), TEXT("\xef\xbf\xbd\n")},
        {TEXT("\\ud800\\u0041"), TEXT("\xef\xbf\xbd"
                                      "A")},
        {TEXT("\\ud800\\ud83d\\ude00"), TEXT("\xef\xbf\xbd\xf0\x9f\x98\x80")},
        {TEXT("\\ude00\\ud83d"), TEXT("\xef\xbf\xbd\xef\xbf\xbd")},
        {TEXT("\\\\u0041"), TEXT("\\u0041")},
        {TEXT("C:\\\\new"), TEXT("C:\\new")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(arena) arena = {0};
        struct str decoded = json_decode(cases[i].content, &arena);
        assert_int_equal(decoded.size, cases[i].decoded.size);
        assert_memory_equal(decoded.data, cases[i].decoded.data, decoded.size);
        assert_true(utf8_valid(decoded));
    }
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&paths);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots),       cmocka_unit_test(depth_limit), cmocka_unit_test(array_limit),
        cmocka_unit_test(path_limit),  cmocka_unit_test(slot_limit),  cmocka_unit_test(scan_string),
        cmocka_unit_test(find_quotes), cmocka_unit_test(scan_bare),   cmocka_unit_test(decode),
    };
    return cmocka_run_group_tests_name("json_cut", tests, NULL, tear_down);
}
