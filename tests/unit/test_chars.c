/* base/chars.h against a byte at a time. */
#include "base/chars.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

static bool in_class(unsigned char c, unsigned class)
{
    switch (class) {
    case 0:
        return c >= '0' && c <= '9';
    case 1:
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    case 2:
        return c == '_';
    case 3:
        return c != 0 && strchr("+-./:@", c) != NULL;
    case 4:
        return c >= 0x80;
    case 5:
        return c == 0;
    case 6:
        return c == '\n';
    default:
        return c != 0 && (isalnum(c) || c >= 0x80 || strchr("_+-./:@", c) != NULL);
    }
}

static void check_found(const struct chars *chars, const char *data, size_t size)
{
    const uint64_t found[] = {chars->digit, chars->letter, chars->underscore, chars->mark,
                              chars->high,  chars->nul,    chars->newline,    chars->token};
    for (unsigned class = 0; class < 8; class ++) {
        uint64_t expected = 0;
        for (size_t i = 0; i < size; i++)
            expected |= (uint64_t)in_class((unsigned char)data[i], class) << i;
        assert_int_equal(found[class], expected);
    }
}

static void check(const char *data, size_t size)
{
    struct chars chars;
    chars_of(data, size, &chars);
    check_found(&chars, data, size);
#ifdef PROCESSOR_WIDE
    if (processor_is_wide()) {
        chars_of_wide(data, size, &chars);
        check_found(&chars, data, size);
    }
#endif
}

static void every_byte_in_every_place(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        char data[CHARS_STEP];
        for (size_t size = 0; size <= CHARS_STEP; size++) {
            memset(data, (int)c, sizeof data);
            check(data, size);
        }
    }
}

static void mixed_bytes(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (size_t size = 0; size <= CHARS_STEP; size++) {
        for (unsigned round = 0; round < 200; round++) {
            char *data = malloc(size ? size : 1); /* nothing behind it may be read */
            assert_non_null(data);
            for (size_t i = 0; i < size; i++) {
                seed = seed * 1664525 + 1013904223;
                data[i] = (char)(seed >> 24);
            }
            check(data, size);
            free(data);
        }
    }
}

static void the_next_bit(void **state)
{
    (void)state;
    uint64_t bits[3] = {UINT64_C(1) << 5, 0, UINT64_C(1) << 63 | 1};
    assert_int_equal(bits_next(bits, 3, 0), 5);
    assert_int_equal(bits_next(bits, 3, 5), 5);
    assert_int_equal(bits_next(bits, 3, 6), 128);
    assert_int_equal(bits_next(bits, 3, 129), 191);
    assert_int_equal(bits_next(bits, 2, 6), 128); /* none */
    assert_int_equal(bits_next(bits, 3, 192), 192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_in_every_place),
        cmocka_unit_test(mixed_bytes),
        cmocka_unit_test(the_next_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
