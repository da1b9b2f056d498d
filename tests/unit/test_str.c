#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void comparing(void **state)
{
    (void)state;
    static const struct {
        struct str a, b;
        int order;
        bool equal_nocase, a_starts_with_b, a_ends_with_b;
    } cases[] = {
        {STR(""), STR(""), 0, true, true, true},
        {STR("abc"), STR("abc"), 0, true, true, true},
        {STR("abc"), STR("ABC"), 1, true, false, false},
        {STR("abc"), STR("ab"), 1, false, true, false},
        {STR("ab"), STR("abc"), -1, false, false, false},
        {STR("abc"), STR("bc"), -1, false, false, true},
        {STR("a\0b"), STR("a\0c"), -1, false, false, false},
        {STR("\xff"), STR("a"), 1, false, false, false},
        {STR("[a"), STR("{A"), -1, false, false, false},
        {STR("@"), STR("`"), -1, false, false, false},
        {STR("a"), STR_ABSENT, 1, false, true, true},
        {STR_ABSENT, STR_ABSENT, 0, true, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int order = str_compare(cases[i].a, cases[i].b);
        assert_int_equal((order > 0) - (order < 0), cases[i].order);
        assert_int_equal(str_equal(cases[i].a, cases[i].b), cases[i].order == 0);
        assert_int_equal(str_equal_nocase(cases[i].a, cases[i].b), cases[i].equal_nocase);
        assert_int_equal(str_starts(cases[i].a, cases[i].b), cases[i].a_starts_with_b);
        assert_int_equal(str_ends(cases[i].a, cases[i].b), cases[i].a_ends_with_b);
    }
}

static void finding(void **state)
{
    (void)state;
    static const struct {
        struct str s, needle;
        size_t first, last, nocase;
    } cases[] = {
        {STR("one two one"), STR("one"), 0, 8, 0},
        {STR("one two one"), STR("two"), 4, 4, 4},
        {STR("one two one"), STR("ONE"), STR_NONE, STR_NONE, 0},
        {STR("xONE"), STR("one"), STR_NONE, STR_NONE, 1},
        {STR("aaa"), STR("aa"), 0, 1, 0},
        {STR("abc"), STR(""), 0, 3, 0},
        {STR(""), STR("a"), STR_NONE, STR_NONE, STR_NONE},
        {STR_ABSENT, STR("a"), STR_NONE, STR_NONE, STR_NONE},
        {STR("ab"), STR("abc"), STR_NONE, STR_NONE, STR_NONE},
        {STR("a\0b\0b"), STR("\0b"), 1, 3, 1},
        {STR("abd"), STR("bc"), STR_NONE, STR_NONE, STR_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(str_find(cases[i].s, cases[i].needle), cases[i].first);
        assert_int_equal(str_find_last(cases[i].s, cases[i].needle), cases[i].last);
        assert_int_equal(str_find_nocase(cases[i].s, cases[i].needle), cases[i].nocase);
    }
    assert_int_equal(str_find_char(STR("a=b"), '='), 1);
    assert_int_equal(str_find_char(STR("a=b"), 'x'), STR_NONE);
    assert_int_equal(str_find_char(STR_ABSENT, 'x'), STR_NONE);
}

static size_t find_plainly(struct str s, struct str needle)
{
    for (size_t at = 0; at + needle.size <= s.size; at++)
        if (str_equal_nocase(str_slice(s, at, at + needle.size), needle))
            return at;
    return STR_NONE;
}

static void finding_in_either_case(void **state)
{
    (void)state;
    static const char letters[] = "aAbB@`[{K\xeb\x00";
    char text[80];
    uint32_t random = 1;
    for (unsigned round = 0; round < 20000; round++) {
        size_t size = round % sizeof text, kinds = 2 + round % (sizeof letters - 2);
        for (size_t i = 0; i < size; i++) {
            random = random * 1664525 + 1013904223;
            text[i] = letters[(random >> 16) % kinds];
        }
        struct str s = str_from(text, size);
        size_t from = size > 0 ? random % size : 0;
        struct str needle = str_slice(s, from, from + 1 + round % 9);
        if (needle.size == 0)
            continue;
        assert_int_equal(str_find_nocase(s, needle), find_plainly(s, needle));
        assert_int_equal(str_find_nocase(str_slice(s, from + 1, size), needle),
                         find_plainly(str_slice(s, from + 1, size), needle));
    }
}

static void cutting(void **state)
{
    (void)state;
    struct str s = STR("abcdef");
    assert_true(str_equal(str_slice(s, 1, 3), STR("bc")));
    assert_true(str_equal(str_slice(s, 4, 100), STR("ef")));
    assert_true(str_equal(str_slice(s, 5, 2), STR("")));
    assert_null(str_slice(STR_ABSENT, 0, 1).data);
    assert_true(str_equal(str_trim(STR(" \t\r\n\v\fa b \n")), STR("a b")));
    assert_true(str_equal(str_trim(STR("  ")), STR("")));
    assert_non_null(str_trim(STR("  ")).data);
    assert_null(str_trim(STR_ABSENT).data);

    struct str rest = STR("a,,b");
    assert_true(str_equal(str_cut(&rest, ','), STR("a")));
    assert_true(str_equal(str_cut(&rest, ','), STR("")));
    assert_true(str_equal(str_cut(&rest, ','), STR("b")));
    assert_null(rest.data);
    rest = STR("a,");
    assert_true(str_equal(str_cut(&rest, ','), STR("a")));
    assert_non_null(rest.data);
    assert_int_equal(rest.size, 0);
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        struct str s;
        bool is_u64, is_i64;
        int64_t value;
    } cases[] = {
        {STR("0"), true, true, 0},
        {STR("007"), true, true, 7},
        {STR("9223372036854775807"), true, true, INT64_MAX},
        {STR("9223372036854775808"), true, false, INT64_MIN}, /* as u64's bits */
        {STR("18446744073709551615"), true, false, -1},
        {STR("18446744073709551616"), false, false, 0},
        {STR("99999999999999999999999"), false, false, 0},
        {STR("-9223372036854775808"), false, true, INT64_MIN},
        {STR("-9223372036854775809"), false, false, 0},
        {STR("-1"), false, true, -1},
        {STR("-"), false, false, 0},
        {STR("--1"), false, false, 0},
        {STR("+1"), false, false, 0},
        {STR(" 1"), false, false, 0},
        {STR("1\0"), false, false, 0},
        {STR(""), false, false, 0},
        {STR_ABSENT, false, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t u = 42;
        int64_t n = 42;
        assert_int_equal(str_to_u64(cases[i].s, &u), cases[i].is_u64);
        assert_true(u == (cases[i].is_u64 ? (uint64_t)cases[i].value : 42));
        assert_int_equal(str_to_i64(cases[i].s, &n), cases[i].is_i64);
        assert_true(n == (cases[i].is_i64 ? cases[i].value : 42));
    }
}

static void doubles(void **state)
{
    (void)state;
    static const struct {
        struct str s;
        bool good;
        double value;
    } cases[] = {
        {STR("0"), true, 0},
        {STR("-1.5"), true, -1.5},
        {STR("12.25e-2"), true, 0.1225},
        {STR("1E+3"), true, 1000},
        {STR("100000000000000000000000000000000000000000000000000000000000000000000000000000"), true, 1e77},
        {STR("01"), false, 0},
        {STR("1."), false, 0},
        {STR(".5"), false, 0},
        {STR("1e"), false, 0},
        {STR("+1"), false, 0},
        {STR("1 "), false, 0},
        {STR("0x10"), false, 0},
        {STR("nan"), false, 0},
        {STR("inf"), false, 0},
        {STR("1e999"), false, 0},
        {STR("-"), false, 0},
        {STR(""), false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = 0;
        assert_int_equal(str_to_double(cases[i].s, &value), cases[i].good);
        assert_true(value >= cases[i].value && value <= cases[i].value);
    }
}

static void arena_copies(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct str copy = arena_str(&arena, STR("a\0b"));
    assert_int_equal(copy.size, 3);
    assert_memory_equal(copy.data, "a\0b", 4);
    assert_null(arena_str(&arena, STR_ABSENT).data);
    assert_non_null(arena_str(&arena, STR("")).data);
    struct str text = arena_printf(&arena, "%s=%0500d", "x", 7);
    assert_int_equal(text.size, 502);
    assert_int_equal(text.data[501], '7');
    assert_int_equal(text.data[502], 0);
    arena_release(&arena);
}

static void utf8(void **state)
{
    (void)state;
    static const struct {
        struct str s;
        bool valid;
    } cases[] = {
        {STR(""), true},
        {STR("plain ASCII that is longer than eight bytes"), true},
        {STR("gr\xc3\xbc\xc3\x9f"
             "e"),
         true},
        {STR("12345678\xe2\x82\xac"
             "12345678\xf0\x9f\x98\x80"),
         true},
        {STR("a\0b"), true},
        {STR("\xc2\x80"), true},
        {STR("\xed\x9f\xbf\xee\x80\x80"), true},
        {STR("\xf4\x8f\xbf\xbf"), true},
        {STR("\x80"), false},
        {STR("1234567\x80"), false},
        {STR("12345678\xff"
             "12345678"),
         false},
        {STR("\xc0\x80"), false}, /* overlong */
        {STR("\xc1\xbf"), false},
        {STR("\xe0\x9f\xbf"), false},
        {STR("\xf0\x8f\xbf\xbf"), false},
        {STR("\xed\xa0\x80"), false}, /* a surrogate */
        {STR("\xed\xbf\xbf"), false},
        {STR("\xf4\x90\x80\x80"), false}, /* above U+10FFFF */
        {STR("\xf5\x80\x80\x80"), false},
        {STR("abc\xe2\x82"), false}, /* cut short */
        {STR("\xe2\x82"
             "abc"),
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(utf8_valid(cases[i].s), cases[i].valid);
}

/* Every code point there and back; only the shortest form counts. */
static void utf8_round_trip(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        if (point >= 0xd800 && point <= 0xdfff)
            continue;
        char bytes[4];
        size_t size = utf8_encode(point, bytes);
        size_t expected = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        uint32_t back = 0;
        if (size != expected || utf8_decode(str_from(bytes, size), &back) != size || back != point)
            fail_msg("U+%04X", point);
        if (size > 1 && utf8_decode(str_from(bytes, size - 1), &back) != 0)
            fail_msg("U+%04X cut short", point);
    }
    uint32_t point;
    assert_int_equal(utf8_decode(STR_ABSENT, &point), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing),    cmocka_unit_test(finding),  cmocka_unit_test(finding_in_either_case),
        cmocka_unit_test(cutting),      cmocka_unit_test(integers), cmocka_unit_test(doubles),
        cmocka_unit_test(arena_copies), cmocka_unit_test(utf8),     cmocka_unit_test(utf8_round_trip),
    };
    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
