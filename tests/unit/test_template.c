#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/analyze.h"
#include "base/hash.h"

static void templates(void **state)
{
    (void)state;
    static const struct {
        const char *message, *template;
    } cases[] = {
        /* plain words and numbers */
        {"Killed by SIGKILL", "Killed by SIGKILL"},
        {"", ""},
        {"   ", ""},
        {"a  b\tc ", "a b c"},
        {"took 12 seconds", "took <*> seconds"},
        {"took 12.5ms.", "took <*>."},
        {"Retry in 5s!", "Retry in <*>!"},
        {"code=500 size=-1", "code=<*> size=<*>"},
        {"exit status: 3", "exit status: <*>"},
        {"at 10:00:00,123 done", "at <*> done"},
        {"0x7ffe10 and deadbeef and facade", "<*> and <*> and facade"},
        {"id 6a00789b-d851-432a-b1f2-3014d4a1cc60", "id <*>"},
        {"id aabbccdd-eeff-aabb-ccdd-aabbccddeeff", "id <*>"},
        {"OAuth2 token", "OAuth2 token"},
        {"S3UploadError: part 7 of OAuth2TokenCache", "S3UploadError: part <*> of OAuth2TokenCache"},
        {"token k3Xy Ab3cdef Q7Wert9 S3upload", "token <*>"},
        /* names with numbers */
        {"worker-3 started", "worker-<*> started"},
        {"celery-worker-12: ready", "celery-worker-<*>: ready"},
        {"query q_2024_000045 slow", "query q_<*> slow"},
        {"node ip-10-77-20-248", "node ip-<*>"},
        {"req_a1b2 lost", "req_<*> lost"},
        {"worker3", "<*>"},
        {"-3", "<*>"},
        /* addresses */
        {"Server listening on 0.0.0.0 port 22.", "Server listening on <*> port <*>."},
        {"Server listening on :: port 22.", "Server listening on <*> port <*>."},
        {"from fe80::a:b, fe80::1%eth0", "from <*>"},
        {"from [fe80::1]:80 to 10.0.0.1:5432", "from [<*>]<*> to <*>"},
        {"mail to some.body@example.org failed", "mail to <*> failed"},
        {"mail to git@host failed", "mail to git@host failed"},
        {"std::string is no address", "std::string is no address"},
        /* paths */
        {"GET /api/v1/users/42/orders", "GET /api/v1/users/<*>/orders"},
        {"open /dev/input/event0 failed", "open /dev/input/<*> failed"},
        {"pod default/web-3 gone", "pod default/web-<*> gone"},
        {"HTTP/1.1 spoken", "HTTP/<*> spoken"},
        {"https://example.org:8080/a/b2?c", "https://<*>/a/<*>?<*>"},
        {"either/or", "either/or"},
        {"2024/06/03 now", "<*> now"},
        {"C:\\windows\\system32\\x", "C:\\windows\\<*>\\x"},
        /* quotes */
        {"table \"users\" missing", "table \"users\" missing"},
        {"table \"users7\" missing", "table \"<*>\" missing"},
        {"query \"select a from b\" failed", "query \"<*>\" failed"},
        {"said \"a \\\" b\" twice", "said \"<*>\" twice"},
        {"key \"uq_runs_17\" and 'utf-8'", "key \"uq_runs_<*>\" and 'utf-<*>'"},
        {"Component \\042alt0\\042 down", "Component \"<*>\" down"},
        {"\"GET /a/7 HTTP/1.1\" done, request: \"GET /a\"", "\"GET <*>\" done, request: \"<*>\""},
        {"user 'bob' and 'bob 2'", "user 'bob' and '<*>'"},
        {"can't open user's file 7", "can't open user's file <*>"},
        {"an \"open quote 7", "an \"open quote <*>"},
        {"{\"a\": 1, \"b\": true}", "{\"a\": <*>, \"b\": true}"},
        /* runs of variables */
        {"ports 1, 2 3", "ports <*>"},
        {"ids [1, 2, 3] and (4,5)", "ids [<*>] and (<*>)"},
        {"1; 2", "<*>; <*>"},
        {"rect 1x2 3x4", "rect <*>"},
        /* lines */
        {"first 1\nsecond 2", "first <*>"},
        {"\n\nfirst\r\nsecond", "first"},
        {"Task tasks.render[6a00789b-d851] received", "Task tasks.render[<*>] received"},
    };
    SCOPED(arena) arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str got = template_of(str_of(cases[i].message), &arena);
        if (!str_equal(got, str_of(cases[i].template)))
            fail_msg("'%s' gives '%.*s', not '%s'", cases[i].message, STR_ARG(got), cases[i].template);
        assert_non_null(got.data);
    }
    assert_null(template_of(STR_ABSENT, &arena).data);
    assert_true(str_equal(template_of(STR("a\0b\x1b[31mred"), &arena), STR("a b [<*>")));
}

#define PYTHON "Traceback (most recent call last):\n"
#define FRAME(file, in) "  File \"" file "\", line 7, in " in "\n    code()\n"

/* The exception's type and the innermost frame of the application are what a trace is known by. */
static void traces(void **state)
{
    (void)state;
    static const struct {
        const char *message, *template;
    } cases[] = {
        /* Python: the last exception, the last frame */
        {PYTHON FRAME("/srv/shop/app.py", "main") FRAME("/srv/shop/orders.py", "load")
             FRAME("/usr/lib/python3/site-packages/db/engine.py", "run") "KeyError: 'id 17'",
         "KeyError: <*> @ orders.py:load"},
        {"order 7 failed\n" PYTHON FRAME("/srv/shop/orders.py", "load") "shop.errors.Gone: it is gone\n",
         "order <*> failed | shop.errors.Gone @ orders.py:load"},
        {PYTHON FRAME("/usr/lib/python3/site-packages/db/engine.py", "run") "KeyError: 1",
         "KeyError: <*> @ engine.py:run"},
        {PYTHON FRAME(
             "a.py",
             "x") "KeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\n" PYTHON
             FRAME("b.py", "<module>") "ValueError: bad",
         "ValueError: <*> @ b.py:<module>"},
        {PYTHON "no frames", "no frames"},
        /* Java: the innermost cause, its first frame */
        {"java.lang.IllegalStateException: order 7\n\tat java.base/java.util.ArrayList.get(ArrayList.java:427)\n"
         "\tat com.acme.Order.load(Order.java:7)\n\tat com.acme.Main.main(Main.java:1)",
         "java.lang.IllegalStateException: <*> @ com.acme.Order.load"},
        {"request 9 failed\njava.io.IOException: reset\n\tat com.acme.Net.read(Net.java:3)\nCaused by: java.net.SocketException: x\n"
         "\tat sun.nio.ch.Net.poll(Net.java:1)\n\tat com.acme.Socket.fill(Socket.java:9)\n\t... 12 more",
         "request <*> failed | java.net.SocketException @ com.acme.Socket.fill"},
        {"org.x.Bad: y\n\tat com.acme.Order$$EnhancerByCGLIB$$1a2b.load(<generated>)",
         "org.x.Bad: <*> @ com.acme.Order"},
        /* Node */
        {"TypeError: Cannot read properties of undefined (reading 'id')\n    at node:internal/process/task_queues:95:5\n"
         "    at async load (/srv/shop/orders.js:7:3)\n    at /srv/shop/app.js:1:1",
         "TypeError: <*> @ orders.js:load"},
        {"Error: x\n    at /srv/shop/app.js:1:1", "Error: <*> @ app.js:<top>"},
        /* Go */
        {"panic: runtime error: index out of range [5] with length 3\n\ngoroutine 18 [running]:\npanic({0x1, 0x2})\n\t/go/panic.go:9 "
         "+0x1\ngithub.com/acme/shop.(*Order).Load(0xc000)\n\t/srv/order.go:7 +0x1d\nmain.main()\n\t/srv/main.go:3 +0x1",
         "panic: runtime error: index out of range [<*>] with length <*> @ shop.(*Order).Load"},
        /* no traces */
        {"options\n  at 10 o'clock (or later)", "options"},
        {"first\nCaused by: nothing", "first"},
        {"goroutine 1 [running]:\n\n()", "goroutine <*> [running]:"},
    };
    SCOPED(arena) arena = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str got = template_of(str_of(cases[i].message), &arena);
        if (!str_equal(got, str_of(cases[i].template)))
            fail_msg("'%s' gives '%.*s', not '%s'", cases[i].message, STR_ARG(got), cases[i].template);
    }
    SCOPED(buf) message = BUF(1 << 20);
    buf_add_text(&message, PYTHON);
    for (size_t i = 0; i < 300; i++)
        buf_add_text(
            &message,
            "  File \"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww/a b\", line 1, in c d\n");
    for (size_t i = 0; i < 300; i++)
        buf_add_text(&message, "Exception");
    struct str got = template_of(buf_str(&message), &arena);
    assert_true(got.size < 512 && str_ends(got, STR(": <*> @ a_b:c_d")));
}

static void limits(void **state)
{
    (void)state;
    SCOPED(arena) arena = {0};
    SCOPED(buf) message = BUF(1 << 20);
    for (size_t i = 0; i < 64; i++)
        buf_add_text(&message, "ab ");
    struct str exact = template_of(buf_str(&message), &arena);
    assert_int_equal(exact.size, 64 * 3 - 1);
    buf_add_text(&message, "ab");
    struct str more = template_of(buf_str(&message), &arena);
    assert_true(str_starts(more, exact) && str_ends(more, STR("ab ...")) && more.size == exact.size + 4);

    buf_reset(&message);
    for (size_t i = 0; i < 60; i++)
        buf_add_text(&message, "abcdefghijklmnopqrstuvwxyz ");
    struct str wide = template_of(buf_str(&message), &arena);
    assert_true(wide.size <= 1024 && wide.size > 900 && str_ends(wide, STR("xyz ...")));

    buf_reset(&message);
    for (size_t i = 0; i < 129; i++)
        buf_add_char(&message, 'q');
    assert_true(str_equal(template_of(buf_str(&message), &arena), STR("<*>"))); /* too long for a word */
    message.size--;
    assert_int_equal(template_of(buf_str(&message), &arena).size, 128);

    buf_reset(&message);
    for (size_t i = 0; i < 20000; i++)
        buf_add_char(&message, '1');
    assert_true(str_equal(template_of(buf_str(&message), &arena), STR("<*> ..."))); /* the rest was not looked at */

    buf_reset(&message);
    for (size_t i = 0; i < 200000; i++)
        buf_add_text(&message, "\"\\\" ");
    assert_true(template_of(buf_str(&message), &arena).size <= 1024);
}

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Exact allocations let AddressSanitizer see a read past the end. */
static void any_bytes(void **state)
{
    (void)state;
    static const char alphabet[] = "a1:/\"' \\=-.,v@%&?\xc3\xff[(\n";
    uint64_t seed = 7;
    SCOPED(arena) arena = {0};
    for (size_t i = 0; i < 30000; i++) {
        size_t size = random_next(&seed) % 24;
        char *bytes = malloc(size ? size : 1);
        for (size_t k = 0; k < size; k++)
            bytes[k] = alphabet[random_next(&seed) % sizeof alphabet];
        struct str got = template_of(str_from(bytes, size), &arena);
        assert_true(got.size <= 1024);
        assert_int_equal(str_find_char(got, '\n'), STR_NONE);
        assert_true(got.size == 0 || got.data[got.size - 1] != ' ');
        free(bytes);
        arena_reset(&arena);
    }
}

static void ids(void **state)
{
    (void)state;
    char text[PATTERN_ID_SIZE], expected[PATTERN_ID_SIZE + 1];
    snprintf(expected, sizeof expected, "p%016llx", (unsigned long long)hash_bytes("took <*>", 8, 0));
    assert_string_equal(pattern_id(STR("took <*>"), text), expected);
    assert_int_equal(strlen(text), 17);
    assert_string_equal(text, pattern_id(STR("took <*>"), expected));
    assert_string_not_equal(pattern_id(STR("took <*>."), text), expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates), cmocka_unit_test(traces), cmocka_unit_test(limits),
        cmocka_unit_test(any_bytes), cmocka_unit_test(ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
