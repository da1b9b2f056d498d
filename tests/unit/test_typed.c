/* store/typed.h: a text is taken for a UUID exactly when it is one as RFC 9562 writes it, in lower case, and comes back byte for byte. */
#include "store/typed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SIZE = 36 };

static bool is_uuid(const char *text)
{
    for (size_t i = 0; i < SIZE; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool digit = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (dash ? text[i] != '-' : !digit)
            return false;
    }
    return true;
}

static void check(const char *bytes)
{
    struct str text = str_from(bytes, SIZE);
    struct typed typed;
    int64_t number;
    uint32_t scale;
    bool found = typed_detect(&text, 1, &typed, &number, &scale) && typed.type == TYPE_UUID;
    assert_int_equal(found, is_uuid(bytes));
    if (!found)
        return;
    char packed[16], back[TYPED_TEXT_MAX];
    typed_to_bytes(&typed, text, packed);
    assert_int_equal(typed_bytes_text(&typed, packed, back), SIZE);
    assert_memory_equal(back, bytes, SIZE);
}

static void uuids_and_nothing_else(void **state)
{
    (void)state;
    srand(3);
    for (unsigned round = 0; round < 200; round++) {
        char text[SIZE + 1] = "01234567-89ab-4cde-bf01-23456789abcd";
        for (size_t i = 0; i < SIZE; i++)
            if (text[i] != '-')
                text[i] = "0123456789abcdef"[rand() % 16];
        check(text);
        for (unsigned c = 0; c < 256; c++) { /* each byte in a place of each kind */
            char other[SIZE];
            memcpy(other, text, SIZE);
            other[(size_t)rand() % SIZE] = (char)c;
            check(other);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uuids_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
