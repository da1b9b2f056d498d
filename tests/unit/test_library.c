/* library: a call that is there works; what is missing is told with what to install. */
#include "base/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct {
    size_t (*length)(const char *);
    void (*none)(void);
} calls;

static void calls_are_set(void **state)
{
    (void)state;
    struct err err;
    const struct library libc = {"libc.so.6", "libc6", "2.36"};
    const struct library_call rows[] = {{"strlen", &calls.length}};
    for (unsigned i = 0; i < 2; i++) {
        assert_true(library_load(&libc, rows, 1, &err));
        assert_int_equal(calls.length("three"), 5);
    }
}

static void what_is_missing_is_told(void **state)
{
    (void)state;
    const struct library_call rows[] = {{"strlen", &calls.length}, {"winnow_has_no_such_call", &calls.none}};
    const struct {
        struct library library;
        const char *text;
    } cases[] = {
        {{"libnowhere.so.7", "libnowhere7", "2.0"}, "libnowhere.so.7 is not installed (Debian: libnowhere7)"},
        {{"libc.so.6", "libc6", "9.0"},
         "libc.so.6 is too old: it has no winnow_has_no_such_call; 9.0 or newer is needed"},
        {{"/dev/null", "null1", "1"}, "/dev/null cannot be loaded: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err;
        assert_false(library_load(&cases[i].library, rows, 2, &err));
        assert_int_equal(err.kind, ERR_MISSING);
        assert_memory_equal(err.text, cases[i].text, strlen(cases[i].text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_set),
        cmocka_unit_test(what_is_missing_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
