/* place: where the store is when nobody says so. */
#include "base/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/scope.h"

static const struct {
    const char *option, *store, *state, *home; /* NULL: not set */
    const char *user, *root;                   /* NULL: an error */
} cases[] = {
    {"x.db", "y.db", "/s", "/h", "x.db", "x.db"},
    {NULL, "y.db", "/s", "/h", "y.db", "y.db"},
    {NULL, "", "/s", "/h", "/s/winnow/winnow.db", "/var/lib/winnow/winnow.db"},
    {NULL, NULL, "relative", "/h", "/h/.local/state/winnow/winnow.db", "/var/lib/winnow/winnow.db"},
    {NULL, NULL, NULL, "/h", "/h/.local/state/winnow/winnow.db", "/var/lib/winnow/winnow.db"},
    {NULL, NULL, NULL, NULL, NULL, "/var/lib/winnow/winnow.db"},
    {"", "y.db", NULL, NULL, NULL, NULL},
    {"a path of more than forty bytes, which is what there is room for", NULL, NULL, NULL, NULL, NULL},
};

static void set(const char *name, const char *value)
{
    assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static void order(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set("WINNOW_STORE", cases[i].store);
        set("XDG_STATE_HOME", cases[i].state);
        set("HOME", cases[i].home);
        SCOPED(buf) path = BUF(40);
        struct err err = {0};
        const char *expected = geteuid() == 0 ? cases[i].root : cases[i].user;
        assert_int_equal(place_store(cases[i].option, &path, &err), expected != NULL);
        if (expected != NULL)
            assert_string_equal(path.data, expected);
        else
            assert_int_not_equal(err.kind, ERR_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
