/* store/fraction.h: what was printed by a double comes back, or is no fraction. */
#include "store/fraction.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct fraction TWENTY_TWO = {22, false};

static void known_ones(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct fraction fraction;
        int64_t number;
        uint32_t decimals;
    } cases[] = {
        {"0.0019378662109375", {22, false}, 8128, 16},
        {"0.0", {22, false}, 0, 1},
        {"-0.5", {12, false}, -2048, 1},
        {"42.45286512374878", {22, false}, 178060222, 14},
        {"1.25", {12, false}, 5120, 2},
        {"9.5367431640625e-07", {22, false}, 4, 13 + FRACTION_POWER},
        {"2e-06", {30, false}, 2147, FRACTION_POWER},
        {"0.016489028930664063", {22, true}, 69160, 18},
        {"0.016489028930664062", {22, false}, 69160, 18},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t number;
        uint32_t decimals;
        char out[FRACTION_TEXT_MAX];
        assert_true(fraction_parse(str_of(cases[i].text), cases[i].fraction, &number, &decimals));
        assert_int_equal(number, cases[i].number);
        assert_int_equal(decimals, cases[i].decimals);
        size_t size = fraction_text(number, cases[i].fraction, decimals, out);
        assert_true(str_equal(str_from(out, size), str_of(cases[i].text)));
    }
}

static void what_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "-",
                                        "1",
                                        "1.",
                                        ".5",
                                        "-.5",
                                        "01.5",
                                        "-0.0",
                                        "1e5",
                                        "1.5e3",
                                        "1.2.3",
                                        "0x1.8p1",
                                        "0.123456789012345",
                                        "9999999999999.5",
                                        "0.00000000000000000000001",
                                        "1.5 ",
                                        " 1.5",
                                        "+1.5"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t number;
        uint32_t decimals;
        assert_false(fraction_parse(str_of(texts[i]), TWENTY_TWO, &number, &decimals));
    }
}

/* As they arise: two clocks since 1970, subtracted, printed with the fewest digits that read back as the same double. */
static void differences_of_clocks(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (unsigned i = 0; i < 20000; i++) {
        seed = seed * 1664525 + 1013904223;
        double from = 1588206741.0 + (double)(seed >> 8) * 1e-6, to = from + (double)(seed % 1000003) * 1e-5;
        double elapsed = to - from;
        char text[64], out[FRACTION_TEXT_MAX];
        int digits = 15;
        do
            snprintf(text, sizeof text, "%.*g", digits, elapsed);
        while (strtod(text, NULL) != elapsed && ++digits <= 17);
        if (strchr(text, '.') == NULL)
            continue;
        int64_t number;
        uint32_t decimals;
        assert_true(fraction_parse(str_of(text), TWENTY_TWO, &number, &decimals));
        assert_true(fabs(ldexp((double)number, -22) - elapsed) == 0);
        size_t size = fraction_text(number, TWENTY_TWO, decimals, out);
        assert_true(str_equal(str_from(out, size), str_of(text)));
    }
}

static void out_of_range(void **state)
{
    (void)state;
    char out[FRACTION_TEXT_MAX];
    assert_int_equal(fraction_text(INT64_MIN, TWENTY_TWO, 3, out), 0);
    assert_int_equal(fraction_text(INT64_C(1) << 53, TWENTY_TWO, 3, out), 0);
    assert_int_equal(fraction_text(1, (struct fraction){.bits = FRACTION_BITS_MAX + 1}, 3, out), 0);
    assert_int_equal(fraction_text(1, (struct fraction){.bits = FRACTION_BITS_MIN - 1}, 3, out), 0);
    assert_int_equal(fraction_text(1, TWENTY_TWO, 0, out), 0);
    assert_int_equal(fraction_text(1, TWENTY_TWO, FRACTION_DECIMALS_MAX + 1, out), 0);
    assert_int_equal(fraction_text(0, TWENTY_TWO, FRACTION_POWER, out), 0);
    assert_int_equal(fraction_text(1 << 22, TWENTY_TWO, FRACTION_POWER, out), 0);
    const struct fraction few = {.bits = FRACTION_BITS_MIN};
    size_t size = fraction_text(-(INT64_C(1) << 53) + 1, few, FRACTION_DECIMALS_MAX, out);
    assert_in_range(size, 1, FRACTION_TEXT_MAX);
    size = fraction_text((1 << 22) - 1, TWENTY_TWO, 1, out); /* 0.99999976 */
    assert_true(str_equal(str_from(out, size), STR("1.0")));
}

static bool fraction_of(const struct str *texts, size_t count, struct fraction *ret)
{
    int64_t numbers[4];
    uint32_t decimals[4];
    *ret = (struct fraction){.bits = FRACTION_BITS_MIN};
    if (!fraction_parse_all(texts, count, ret, numbers, decimals))
        return false;
    for (size_t i = 0; i < count; i++) {
        char text[FRACTION_TEXT_MAX];
        size_t size = fraction_text(numbers[i], *ret, decimals[i], text);
        assert_true(str_equal(str_from(text, size), texts[i]));
    }
    return true;
}

static void the_bits_of_many(void **state)
{
    (void)state;
    const struct str texts[] = {STR("0.5"), STR("0.0019378662109375"), STR("0.00000286102294921875")};
    struct fraction fraction;
    assert_true(fraction_of(texts, 1, &fraction) && fraction.bits == FRACTION_BITS_MIN);
    assert_true(fraction_of(texts, 2, &fraction) && fraction.bits == 16);
    assert_true(fraction_of(texts, 3, &fraction) && fraction.bits == 20 && !fraction.up);
    const struct str halves[] = {STR("0.5"), STR("0.016489028930664063")};
    assert_true(fraction_of(halves, 2, &fraction) && fraction.bits == 19 && fraction.up);
    const struct str none[] = {STR("0.5"), STR("0.1234567890123456")};
    assert_false(fraction_of(none, 2, &fraction));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_ones),   cmocka_unit_test(what_is_none),     cmocka_unit_test(differences_of_clocks),
        cmocka_unit_test(out_of_range), cmocka_unit_test(the_bits_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
