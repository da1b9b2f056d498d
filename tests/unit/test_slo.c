/* slo: which class a request is of, which targets hold for it, and that what is printed reads back as the same. */
#include "analyze/slo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/must.h"
#include "base/scope.h"

static void never(void *context, unsigned line, const char *text)
{
    (void)context;
    fail_msg("line %u: %s", line, text);
}

static struct slo read_text(struct str text, struct arena *arena)
{
    struct err err;
    struct slo slo = slo_defaults();
    const struct yaml_node *root = yaml_load(text, "x", arena, &err);
    must(root);
    assert_true(slo_read(&slo, yaml_get(root, "slo"), arena, never, NULL));
    return slo;
}

static const char text[] =
    "slo:\n"
    "  error_rate: 0.5%\n"
    "  classes:\n"
    "    - {name: search, services: [api, web-*], routes: ['/api/*/search*', '/find'], p95: 1s}\n"
    "    - {name: users, route: '/users/<*>', method: GET, p50: 250us, availability: 99.99%}\n"
    "    - {name: any page, service: www?, p99: 2s, error_rate: 2 %}\n";

static void classes(void **unused)
{
    (void)unused;
    static const struct {
        const char *service, *method, *route, *expected;
    } cases[] = {
        {"api", "GET", "/api/v1/search", "search"},
        {"api", "POST", "/api/v1/search/deep", "search"},
        {"web-17", "PUT", "/find", "search"},
        {"web", "GET", "/find", "reads"},
        {"api", "GET", "/api/v1", "reads"},
        {"x", "GET", "/users/<*>", "users"},
        {"x", "get", "/users/<*>", "reads"}, /* patterns are taken as they stand, */
        {"x", "head", "/", "reads"},         /* the kinds of methods are not */
        {"x", "DELETE", "/users/<*>", "writes"},
        {"x", "PROPFIND", "/users/<*>", "other"},
        {"www1", NULL, NULL, "any page"},
        {"www", NULL, NULL, "other"},
        {NULL, NULL, NULL, "other"},
    };
    SCOPED(arena) arena = {0};
    struct slo slo = read_text(str_of(text), &arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct slo_class *class;
        struct str name =
            slo_classify(&slo, str_of(cases[i].service), str_of(cases[i].method), str_of(cases[i].route), &class);
        assert_int_equal(str_compare(name, str_of(cases[i].expected)), 0);
        assert_true((class != NULL) == (i < 3 || i == 5 || i == 10));
    }
}

static void targets(void **unused)
{
    (void)unused;
    SCOPED(arena) arena = {0};
    struct slo slo = read_text(str_of(text), &arena);
    assert_int_equal(slo.class_count, 3);
    assert_true(slo_availability(&slo, NULL) == 0.995);
    assert_true(slo_availability(&slo, &slo.classes[1]) > 0.99989 && slo_availability(&slo, &slo.classes[1]) < 0.99991);
    assert_true(slo_error_rate(&slo, &slo.classes[1]) == 0.005);
    assert_true(slo_error_rate(&slo, &slo.classes[2]) == 0.02);
    assert_true(slo.classes[0].targets_ms[SLO_P95] == 1000);
    assert_true(slo.classes[0].targets_ms[SLO_P50] == SLO_NO_TARGET);
    assert_true(slo.classes[1].targets_ms[SLO_P50] == 0.25);
}

static void printed(void **unused)
{
    (void)unused;
    for (int json = 0; json < 2; json++) {
        SCOPED(arena) arena = {0};
        SCOPED(buf) first = BUF(1 << 16), second = BUF(1 << 16);
        struct slo slo = read_text(str_of(text), &arena);
        buf_add_text(&first, "slo: ");
        slo_print(&slo, json, &first);
        slo = read_text(buf_str(&first), &arena);
        buf_add_text(&second, "slo: ");
        slo_print(&slo, json, &second);
        assert_string_equal(first.data, second.data);
    }
}

/* Many stars take no longer than the product of the sizes. */
static void stars(void **unused)
{
    (void)unused;
    SCOPED(arena) arena = {0};
    SCOPED(buf) route = BUF(1 << 16);
    struct slo slo = read_text(STR("slo: {classes: [{name: a, routes: ['*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b']}]}"), &arena);
    for (int i = 0; i < 5000; i++)
        buf_add_char(&route, 'a');
    const struct slo_class *class;
    (void)slo_classify(&slo, STR("x"), STR("GET"), buf_str(&route), &class);
    assert_null(class);
    buf_add_char(&route, 'b');
    (void)slo_classify(&slo, STR("x"), STR("GET"), buf_str(&route), &class);
    assert_non_null(class);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes),
        cmocka_unit_test(targets),
        cmocka_unit_test(printed),
        cmocka_unit_test(stars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
