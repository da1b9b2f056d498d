/* What counts as JSON (RFC 8259), and that finding out takes no time out of proportion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "analyze/json.h"
#include "base/buf.h"
#include "base/scope.h"
#include "tests/unit/json_case.h"
#include "tests/unit/slow_build.h"

static struct json_cut cut; /* too large for the stack */

#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        "" literal, sizeof(literal) - 1                                                                                \
    }
#define BOM "\xef\xbb\xbf"

/* ---- Conformance ------------------------------------------------------------------------------------------------------ */

struct verdict_case {
    const char *name;
    struct str text;
    bool valid;
};

static const struct verdict_case values[] = {
    {"nothing", TEXT(""), false},
    {"space only", TEXT(" "), false},
    {"all four kinds of space", TEXT(" \t\r\n"), false},
    {"true", TEXT("true"), true},
    {"false", TEXT("false"), true},
    {"null", TEXT("null"), true},
    {"True", TEXT("True"), false},
    {"TRUE", TEXT("TRUE"), false},
    {"nul", TEXT("nul"), false},
    {"nulll", TEXT("nulll"), false},
    {"truefalse", TEXT("truefalse"), false},
    {"true true", TEXT("true true"), false},
    {"None", TEXT("None"), false},
    {"undefined", TEXT("undefined"), false},
    {"a bare word", TEXT("hello"), false},
    {"empty string", TEXT("\"\""), true},
    {"a string", TEXT("\"abc\""), true},
    {"empty object", TEXT("{}"), true},
    {"empty array", TEXT("[]"), true},
    {"space inside empty containers", TEXT("[ { \t} , [\r\n] ]"), true},
    {"space around everything", TEXT(" { \"a\" : [ 1 , 2 ] } "), true},
    {"carriage return at the end", TEXT("{\"a\":1}\r"), true},
    {"carriage return behind a scalar", TEXT("12\r"), true},
    {"line feed inside", TEXT("{\"a\":\n1}"), true},
    {"tabs", TEXT("\t{\t\"a\"\t:\t1\t}\t"), true},
    {"form feed before", TEXT("\f{}"), false},
    {"form feed inside an array", TEXT("[\f]"), false},
    {"form feed between members", TEXT("{\"a\":1,\f\"b\":2}"), false},
    {"form feed behind a container", TEXT("{}\f"), false},
    {"form feed behind a string", TEXT("\"a\"\f"), false},
    {"vertical tab before a value", TEXT("{\"a\":\v1}"), false},
    {"vertical tab behind a container", TEXT("[]\v"), false},
    {"vertical tab behind a number", TEXT("1\v"), false},
    {"no-break space", TEXT("[\xc2\xa0]"), false},
    {"line separator", TEXT("{}\xe2\x80\xa8"), false},
    {"NUL before", TEXT("\0{}"), false},
    {"NUL behind", TEXT("{}\0"), false},
    {"NUL between tokens", TEXT("[1,\0002]"), false},
    {"byte order mark", TEXT(BOM "{\"a\":1}"), true},
    {"byte order mark and a scalar", TEXT(BOM "1"), true},
    {"byte order mark alone", TEXT(BOM), false},
    {"two byte order marks", TEXT(BOM BOM "{}"), false},
    {"byte order mark behind a space", TEXT(" " BOM "{}"), false},
    {"byte order mark behind the text", TEXT("{}" BOM), false},
    {"byte order mark cut short", TEXT("\xef\xbb{}"), false},
    {"UTF-16", TEXT("\xff\xfe{\0}\0"), false},
    {"garbage behind an object", TEXT("{\"a\":1}x"), false},
    {"garbage behind an array", TEXT("[] #"), false},
    {"garbage behind a string", TEXT("\"a\"b"), false},
    {"an open string behind an object", TEXT("{}\""), false},
    {"an open string behind a string", TEXT("\"\"\""), false},
    {"a comma behind the text", TEXT("{},"), false},
    {"a bracket too many", TEXT("[]]"), false},
    {"a brace too many", TEXT("{}}"), false},
    {"two objects", TEXT("{}{}"), false},
    {"two objects with space", TEXT("{} {}"), false},
    {"two numbers", TEXT("1 2"), false},
    {"a log line that starts with a number", TEXT("2026-11-20 10:00:00 hello"), false},
    {"an address", TEXT("192.0.2.1 - - [x]"), false},
    {"a syslog line", TEXT("<13>Nov 20 10:00:00 h p: {\"a\":1}"), false},
};

static const struct verdict_case numbers[] = {
    {"zero", TEXT("0"), true},
    {"minus zero", TEXT("-0"), true},
    {"minus zero with an exponent", TEXT("[-0e0]"), true},
    {"an integer", TEXT("[123]"), true},
    {"twenty digits", TEXT("[18446744073709551616]"), true},
    {"beyond 64 bits, negative", TEXT("[-9223372036854775809]"), true},
    {"a hundred digits",
     TEXT("[1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890]"),
     true},
    {"many decimals", TEXT("[0.1000000000000000055511151231257827]"), true},
    {"exponent beyond a double", TEXT("[1e400]"), true},
    {"exponent far below a double", TEXT("[-1e-4000]"), true},
    {"exponent beyond an int", TEXT("[1e99999999999999999999]"), true},
    {"capital exponent with plus", TEXT("[1E+2]"), true},
    {"exponent zero", TEXT("[1e0]"), true},
    {"exponent with leading zeros", TEXT("[1e007]"), true},
    {"fraction and exponent", TEXT("[-12.034e-5]"), true},
    {"leading zero", TEXT("[01]"), false},
    {"leading zero at the top", TEXT("01"), false},
    {"minus and a leading zero", TEXT("[-01]"), false},
    {"double zero", TEXT("[00]"), false},
    {"plus sign", TEXT("[+1]"), false},
    {"minus alone", TEXT("[-]"), false},
    {"minus alone at the top", TEXT("-"), false},
    {"two minus signs", TEXT("[--1]"), false},
    {"minus, space, number", TEXT("[- 1]"), false},
    {"nothing behind the point", TEXT("[1.]"), false},
    {"nothing behind the point at the top", TEXT("1."), false},
    {"nothing before the point", TEXT("[.5]"), false},
    {"minus and a point", TEXT("[-.5]"), false},
    {"point and exponent", TEXT("[1.e1]"), false},
    {"two points", TEXT("[1.2.3]"), false},
    {"bare exponent", TEXT("[1e]"), false},
    {"exponent sign alone", TEXT("[1e+]"), false},
    {"exponent with a fraction", TEXT("[1e1.5]"), false},
    {"exponent with two signs", TEXT("[1e+-1]"), false},
    {"exponent first", TEXT("[e1]"), false},
    {"hexadecimal", TEXT("[0x1F]"), false},
    {"octal", TEXT("[0o17]"), false},
    {"NaN", TEXT("[NaN]"), false},
    {"nan", TEXT("[nan]"), false},
    {"Infinity", TEXT("[Infinity]"), false},
    {"-Infinity", TEXT("{\"a\":-Infinity}"), false},
    {"inf", TEXT("[inf]"), false},
    {"digit separator", TEXT("[1_000]"), false},
    {"thousands separator", TEXT("1,000"), false},
    {"a suffix", TEXT("[1f]"), false},
    {"a number and a letter", TEXT("[12a]"), false},
    {"full-width digit", TEXT("[\xef\xbc\x91]"), false},
    {"NUL inside a number", TEXT("[1\0002]"), false},
};

static const struct verdict_case strings[] = {
    {"every escape", TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\""), true},
    {"escaped NUL", TEXT("\"a\\u0000b\""), true},
    {"escaped NUL in a key", TEXT("{\"\\u0000\":1}"), true},
    {"capital hex digits", TEXT("\"\\u00AF\\uABCD\""), true},
    {"surrogate pair", TEXT("\"\\ud83d\\ude00\""), true},
    {"lone high surrogate", TEXT("\"\\ud800\""), true},
    {"lone low surrogate", TEXT("\"\\udfff\""), true},
    {"surrogates the wrong way round", TEXT("\"\\ude00\\ud83d\""), true},
    {"high surrogate and a letter", TEXT("\"\\ud800x\""), true},
    {"DEL is no control character here", TEXT("\"\x7f\""), true},
    {"C1 control as UTF-8", TEXT("\"\xc2\x80\""), true},
    {"line separator in a string", TEXT("\"\xe2\x80\xa8\""), true},
    {"byte order mark in a string", TEXT("\"" BOM "\""), true},
    {"two, three and four bytes", TEXT("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""), true},
    {"U+FFFF", TEXT("\"\xef\xbf\xbf\""), true},
    {"U+10FFFF", TEXT("\"\xf4\x8f\xbf\xbf\""), true},
    {"U+D7FF", TEXT("\"\xed\x9f\xbf\""), true},
    {"a key of UTF-8", TEXT("{\"\xc3\xa9\":1}"), true},
    {"raw NUL", TEXT("\"a\0b\""), false},
    {"raw line feed", TEXT("\"a\nb\""), false},
    {"raw carriage return", TEXT("\"a\rb\""), false},
    {"raw tab", TEXT("\"a\tb\""), false},
    {"raw escape", TEXT("\"\x1b[31m\""), false},
    {"raw 0x1f", TEXT("\"\x1f\""), false},
    {"raw tab in a key", TEXT("{\"a\tb\":1}"), false},
    {"raw tab behind sixteen bytes", TEXT("\"0123456789abcdefg\th\""), false},
    {"unknown escape", TEXT("\"\\x41\""), false},
    {"escaped quote of another language", TEXT("\"\\'\""), false},
    {"escaped a", TEXT("\"\\a\""), false},
    {"escaped zero", TEXT("\"\\0\""), false},
    {"capital U escape", TEXT("\"\\U0041\""), false},
    {"escaped line feed", TEXT("\"\\\n\""), false},
    {"escaped UTF-8", TEXT("\"\\\xc3\xa9\""), false},
    {"short unicode escape", TEXT("\"\\u12\""), false},
    {"unicode escape without digits", TEXT("\"\\u\""), false},
    {"unicode escape with a bad digit", TEXT("\"\\u00g0\""), false},
    {"unicode escape with braces", TEXT("\"\\u{41}\""), false},
    {"unicode escape with a sign", TEXT("\"\\u+041\""), false},
    {"second half of a pair cut short", TEXT("\"\\ud83d\\ude0\""), false},
    {"ends in the unicode escape", TEXT("\"\\u00"), false},
    {"ends behind the backslash", TEXT("\"\\"), false},
    {"ends with an escaped quote", TEXT("\"a\\\""), false},
    {"ends inside the string", TEXT("\"abc"), false},
    {"a quote alone", TEXT("\""), false},
    {"single quotes", TEXT("'abc'"), false},
    {"single quotes inside", TEXT("{'a':'b'}"), false},
    {"backticks", TEXT("[`a`]"), false},
    {"typographic quotes",
     TEXT("{\xe2\x80\x9c"
          "a\xe2\x80\x9d:1}"),
     false},
    {"continuation byte alone", TEXT("\"\x80\""), false},
    {"latin-1", TEXT("\"caf\xe9\""), false},
    {"two bytes cut by the quote", TEXT("\"\xc3\""), false},
    {"three bytes cut by the quote", TEXT("\"\xe2\x82\""), false},
    {"four bytes cut by the quote", TEXT("\"\xf0\x9f\x98\""), false},
    {"four bytes cut by the end", TEXT("\"\xf0\x9f\x98"), false},
    {"overlong, two bytes", TEXT("\"\xc0\xaf\""), false},
    {"overlong NUL", TEXT("\"\xc0\x80\""), false},
    {"overlong, three bytes", TEXT("\"\xe0\x80\xaf\""), false},
    {"overlong, four bytes", TEXT("\"\xf0\x80\x80\xaf\""), false},
    {"overlong quote", TEXT("\"\xc0\xa2"), false},
    {"surrogate as UTF-8", TEXT("\"\xed\xa0\x80\""), false},
    {"surrogate pair as UTF-8", TEXT("\"\xed\xa0\xbd\xed\xb8\x80\""), false},
    {"above U+10FFFF", TEXT("\"\xf4\x90\x80\x80\""), false},
    {"0xf5", TEXT("\"\xf5\x80\x80\x80\""), false},
    {"five bytes", TEXT("\"\xf8\x88\x80\x80\x80\""), false},
    {"0xff", TEXT("\"\xff\""), false},
    {"latin-1 in a key", TEXT("{\"\xe9\":1}"), false},
    {"latin-1 between tokens", TEXT("[\xe9]"), false},
};

static const struct verdict_case containers[] = {
    {"nested", TEXT("{\"a\":{\"b\":[{\"c\":[]},[[]],{}]}}"), true},
    {"duplicate keys", TEXT("{\"a\":1,\"a\":2}"), true},
    {"keys that differ in escapes only", TEXT("{\"a\":1,\"\\u0061\":2}"), true},
    {"empty key", TEXT("{\"\":0}"), true},
    {"a key with brackets and quotes", TEXT("{\"]}[{\\\"\":0}"), true},
    {"a value with brackets", TEXT("[\"]\",\"}\",\"{\",\"[\"]"), true},
    {"trailing comma in an array", TEXT("[1,]"), false},
    {"trailing comma in an object", TEXT("{\"a\":1,}"), false},
    {"leading comma in an array", TEXT("[,1]"), false},
    {"leading comma in an object", TEXT("{,\"a\":1}"), false},
    {"comma alone", TEXT("[,]"), false},
    {"comma alone in an object", TEXT("{,}"), false},
    {"double comma", TEXT("[1,,2]"), false},
    {"missing comma in an array", TEXT("[1 2]"), false},
    {"missing comma behind a string", TEXT("[\"a\"\"b\"]"), false},
    {"missing comma in an object", TEXT("{\"a\":1 \"b\":2}"), false},
    {"missing colon", TEXT("{\"a\" 1}"), false},
    {"double colon", TEXT("{\"a\"::1}"), false},
    {"comma for colon", TEXT("{\"a\",1}"), false},
    {"colon in an array", TEXT("[\"a\":1]"), false},
    {"equals sign", TEXT("{\"a\"=1}"), false},
    {"no value", TEXT("{\"a\":}"), false},
    {"no colon and no value", TEXT("{\"a\"}"), false},
    {"no key", TEXT("{:1}"), false},
    {"unquoted key", TEXT("{a:1}"), false},
    {"number as key", TEXT("{1:1}"), false},
    {"null as key", TEXT("{null:1}"), false},
    {"array as key", TEXT("{[]:1}"), false},
    {"unclosed object", TEXT("{\"a\":1"), false},
    {"unclosed array", TEXT("[1"), false},
    {"unclosed behind a comma", TEXT("[1,"), false},
    {"unclosed behind a colon", TEXT("{\"a\":"), false},
    {"unclosed behind a key", TEXT("{\"a\""), false},
    {"brace alone", TEXT("{"), false},
    {"bracket alone", TEXT("["), false},
    {"closing bracket alone", TEXT("]"), false},
    {"brackets crossed", TEXT("[{]}"), false},
    {"array closed by a brace", TEXT("[1}"), false},
    {"object closed by a bracket", TEXT("{\"a\":1]"), false},
    {"block comment before", TEXT("/* x */{}"), false},
    {"block comment inside", TEXT("[1/* x */,2]"), false},
    {"line comment", TEXT("{\"a\":1 // x\n}"), false},
    {"hash comment", TEXT("[1] # x"), false},
    {"byte order mark inside", TEXT("[" BOM "1]"), false},
    {"parentheses", TEXT("(1)"), false},
    {"a Python dict", TEXT("{'a': True}"), false},
};

/* json_valid and json_cut are one verdict. */
static bool verdict(struct str text)
{
    SCOPED(arena) arena = {0};
    bool valid = json_valid(text);
    bool slots = json_cut(text, &arena, &cut);
    assert_int_equal(valid, slots);
    return valid;
}

/* Checks each case in a block of exactly its size, so that a read behind it is seen. */
static void check_verdicts(const struct verdict_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct str text = cases[i].text;
        char *copy = mem_alloc(text.size);
        if (text.size)
            memcpy(copy, text.data, text.size);
        bool found = verdict(str_from(copy, text.size));
        free(copy);
        if (found != cases[i].valid)
            fail_msg("%s: should be %s", cases[i].name, cases[i].valid ? "valid" : "refused");
    }
}

#define VERDICTS(table)                                                                                                \
    static void verdicts_of_##table(void **state)                                                                      \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        check_verdicts(table, sizeof table / sizeof *table);                                                           \
    }
VERDICTS(values)
VERDICTS(numbers)
VERDICTS(strings)
VERDICTS(containers)

/* Every truncation of a valid object is invalid. */
static void truncations(void **state)
{
    (void)state;
    static const char line[] = "{\"k\\u00e9\":[true,null,-1.5e+3,\"\xe2\x82\xac\\n\"],\"o\":{\"\":{}}}";
    assert_true(verdict(str_of(line)));
    for (size_t size = 0; size < sizeof line - 1; size++)
        assert_false(verdict(str_from(line, size)));
}

static void deep_nesting(void **state)
{
    (void)state;
    static const struct {
        const char *open, *inside, *close;
        bool valid;
    } cases[] = {
        {"[", "", "]", true},
        {"[", "", "", false},
        {"{\"a\":", "1", "}", true},
        {"{\"a\":", "1", "", false},
        {"{\"a\":", "", "", false},
        {"[{\"a\":", "null", "}]", true},
        {"[{\"a\":", "null", "]}", false},
        {"[", "]", "]", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) line = BUF(16 << 20);
        repeated(&line, cases[i].open, cases[i].inside, cases[i].close, SLOW_BUILD ? 10000 : 100000);
        if (verdict(buf_str(&line)) != cases[i].valid)
            fail_msg("case %zu: should be %s", i, cases[i].valid ? "valid" : "refused");
    }
}

/* ---- Time ------------------------------------------------------------------------------------------------------------------ */

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What is quadratic takes hours here; what is not, a fraction of the second that is allowed for both functions together. */
static void long_lines(void **state)
{
    (void)state;
    static const struct {
        const char *name, *open, *inside, *close;
        bool valid;
    } cases[] = {
        {"brackets", "[", "", "", false},
        {"closed brackets", "[", "", "]", true},
        {"strings that are backslashes", "\"\\\\\"", "", "", false},
        {"strings that are backslashes in an array", "\"\\\\\",", "", "", false},
        {"open objects", "{\"a\":", "", "", false},
        {"closed objects", "{\"a\":", "1", "}", true},
        {"objects in arrays", "[{\"a\":", "1", "}]", true},
        {"arrays of two", "[[0],", "1", "]", true},
        {"digits", "1", "", "", true},
        {"quotes", "\"", "", "", false},
        {"minus signs", "-", "", "", false},
    };
    /* The sanitizers' allocators copy what grows: there the lines only have to be survived. */
    size_t size = SLOW_BUILD ? 256 << 10 : 16 << 20;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) line = BUF(32 << 20);
        repeated(&line, cases[i].open, cases[i].inside, cases[i].close,
                 size / (strlen(cases[i].open) + strlen(cases[i].close)));
        int64_t start = clock_ms();
        bool valid = verdict(buf_str(&line));
        int64_t took = clock_ms() - start;
        if (valid != cases[i].valid)
            fail_msg("%s: should be %s", cases[i].name, cases[i].valid ? "valid" : "refused");
        if (!SLOW_BUILD && took > 2000) /* a second for each function */
            fail_msg("%s: %lld ms", cases[i].name, (long long)took);
    }
}

/* One 16 MiB string full of escapes, as a value and as a key. */
static void long_strings(void **state)
{
    (void)state;
    for (int as_key = 0; as_key < 2; as_key++) {
        SCOPED(buf) line = BUF(32 << 20);
        SCOPED(arena) arena = {0};
        buf_add_text(&line, as_key ? "{\"" : "{\"k\":\"");
        repeated(&line, "\\u0041\\\"", "", "", (SLOW_BUILD ? 1 << 20 : 16 << 20) / 8);
        buf_add_text(&line, as_key ? "\":1}" : "\"}");
        int64_t start = clock_ms();
        assert_true(verdict(buf_str(&line)));
        assert_true(json_cut(buf_str(&line), &arena, &cut));
        assert_int_equal(cut.slot_count, 1);
        if (!as_key)
            assert_int_equal(json_decode(cut.slots[0], &arena).size, cut.slots[0].size / 4);
        if (!SLOW_BUILD)
            assert_in_range(clock_ms() - start, 0, 3000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_of_values),  cmocka_unit_test(verdicts_of_numbers),
        cmocka_unit_test(verdicts_of_strings), cmocka_unit_test(verdicts_of_containers),
        cmocka_unit_test(truncations),         cmocka_unit_test(deep_nesting),
        cmocka_unit_test(long_lines),          cmocka_unit_test(long_strings),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
