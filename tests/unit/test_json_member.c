/* json_member: a string of an object, decoded; nothing of what is no object, or has it twice, or as something else. */
#include "analyze/analyze.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    struct str object;
    const char *raw; /* NULL: none */
} cases[] = {
    {STR("{\"raw\":\"line\"}"), "line"},
    {STR(" { \"a\" : [1,{\"raw\":\"]}\"}] , \"raw\" : \"\" , \"z\" : null } "), ""},
    {STR("{\"time_us\":-12,\"raw\":\"a\\\"b\\\\\\n\\u00e4\\ud83d\\ude00\"}"), "a\"b\\\n\u00e4\U0001F600"},
    {STR("{\"raw\":\"{\\\"raw\\\":\\\"inner\\\"}\",\"fields\":{\"raw\":\"other\"}}"), "{\"raw\":\"inner\"}"},
    {STR("{\"fields\":{\"raw\":\"other\"}}"), NULL},
    {STR("{\"raw\":\"one\",\"raw\":\"two\"}"), NULL},
    {STR("{\"raw\":1}"), NULL},
    {STR("{\"raw\":null}"), NULL},
    {STR("{\"raw\":\"line\"} x"), NULL},
    {STR("{\"raw\":\"line\""), NULL},
    {STR("{\"raw\":\"line"), NULL},
    {STR("{\"raw\":\"li\xffne\"}"), NULL},
    {STR("{\"raw\":\"li\nne\"}"), NULL},
    {STR("{\"raw\":\"line\",}"), NULL},
    {STR("{\"raw\" \"line\"}"), NULL},
    {STR("{\"a\":[1,\"raw\":\"line\"}"), NULL},
    {STR("[\"raw\",\"line\"]"), NULL},
    {STR("{}"), NULL},
    {STR("{"), NULL},
    {STR(""), NULL},
    {STR("\0"), NULL},
};

static void members(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena = {0};
        struct str found;
        bool there = json_member(cases[i].object, STR("raw"), &arena, &found);
        if (there != (cases[i].raw != NULL) || (there && !str_equal(found, str_of(cases[i].raw))))
            fail_msg("%.*s", STR_ARG(cases[i].object));
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(members)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
