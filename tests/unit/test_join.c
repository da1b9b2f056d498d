/* join: which lines are one record; and that it does not matter in which portions, or how late, they are read. */
#include "ingest/join.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyze/analyze.h"
#include "tests/unit/fake_store.h"

enum { RECORDS_MAX = 12, TEXT_MAX = 8192 };

#define PYTHON_FRAME "  File \"/srv/app.py\", line 10, in handle\n    run(x)\n"
#define PYTHON_HEAD "Traceback (most recent call last):\n"
#define HEADER "2026-11-20 09:00:01,123 ERROR app: request failed\n"
#define RUBY_LOGGED "E, [2026-11-20T09:00:00.1 #1] ERROR -- : bad (X)\n"
#define NEXT "2026-11-20 09:00:02,000 INFO app: next\n"
#define CRI "2026-11-20T09:00:00.000000000Z "

static const struct {
    const char *name;
    const char *records[RECORDS_MAX];
} cases[] = {
    {"plain lines", {"one\n", "two\n", HEADER, NEXT}},
    {"python behind a log line", {HEADER PYTHON_HEAD PYTHON_FRAME "KeyError: 'id'\n", NEXT}},
    {"python behind a line that is none", {"starting\n", PYTHON_HEAD PYTHON_FRAME "KeyError: 'id'\n", "done\n"}},
    {"python, no message", {PYTHON_HEAD PYTHON_FRAME "KeyboardInterrupt\n", "done\n"}},
    {"python chained",
     {HEADER PYTHON_HEAD PYTHON_FRAME
      "KeyError: 'id'\n\nDuring handling of the above exception, another exception occurred:"
      "\n\n" PYTHON_HEAD PYTHON_FRAME "app.errors.Missing: no id\n",
      "\n", NEXT}},
    {"python caused",
     {PYTHON_HEAD PYTHON_FRAME
      "KeyError: 'id'\n\nThe above exception was the direct cause of the following exception:\n\n" PYTHON_HEAD
          PYTHON_FRAME "ValueError: no id\n"}},
    {"python, two that are not chained",
     {PYTHON_HEAD PYTHON_FRAME "KeyError: 'id'\n", "\n", PYTHON_HEAD PYTHON_FRAME "KeyError: 'id'\n"}},
    {"python cut short by a log line", {PYTHON_HEAD PYTHON_FRAME, "ERROR: next\n", "x\n"}},
    {"python exception group",
     {HEADER "  + Exception Group Traceback (most recent call last):\n  |   File \"a.py\", line 1, in <module>\n"
             "  | ExceptionGroup: both (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n"
             "    | ValueError: 1\n    +---------------- 2 ----------------\n    | ValueError: 2\n"
             "    +------------------------------------\n",
      "done: fine\n"}},
    {"python syntax error",
     {"  File \"a.py\", line 1\n    foo(\n       ^\nSyntaxError: '(' was never closed\n", "x\n"}},
    {"python, what SQLAlchemy adds",
     {PYTHON_HEAD PYTHON_FRAME
      "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) refused\n"
      "\tIs the server running?\n\n[SQL: SELECT 1]\n(Background on this error at: https://sqlalche.me/e/20/e3q8)\n",
      NEXT}},
    {"java",
     {"2026-11-20 09:00:03.000 ERROR c.e.Pool - take failed\njava.lang.IllegalStateException: no pool\n"
      "\tat com.example.Pool.take(Pool.java:42)\n\tSuppressed: java.io.IOException: x\n\t\tat a.b.C(D.java:1)\n"
      "Caused by: java.io.IOException: closed\n\tat java.base/java.io.X.y(X.java:3)\n\t... 12 more\n",
      "2026-11-20 09:00:04.000 INFO c.e.Pool - ok\n"}},
    {"java without a log line",
     {"Exception in thread \"main\" java.lang.RuntimeException: bad\n\tat a.B.c(B.java:1)\nCaused by: a.D\n\t... 1 more\n",
      "done\n"}},
    {"java without frames is another record", {HEADER, "java.lang.OutOfMemoryError: Java heap space\n", NEXT}},
    {"java, the end of the frames is not known", {HEADER "java.lang.NullPointerException\n\tat a.B.c(B.java:1)\n"}},
    {"go",
     {"panic: runtime error: index out of range [5] with length 3\n[signal SIGSEGV: segmentation violation]\n\n"
      "goroutine 1 [running]:\nmain.f(...)\n\t/srv/main.go:12\nmain.(*T).run(0xc0)\n\t/srv/main.go:8 +0x1f\n"
      "created by main.start in goroutine 1\n\t/srv/main.go:3 +0x2\n\ngoroutine 7 [chan receive]:\nmain.g(0x1)\n"
      "\t/srv/main.go:22 +0x3\nexit status 2\n",
      NEXT}},
    {"go's http server",
     {"2026/11/20 09:00:00 http: panic serving 192.0.2.1:5000: boom\ngoroutine 5 [running]:\nnet/http.(*conn).serve.func1()\n"
      "\t/usr/lib/go/src/net/http/server.go:1868 +0xb9\n",
      "2026/11/20 09:00:01 next\n"}},
    {"node",
     {"/srv/app.js:10\nthrow new Error(\"x\");\n^\n\nError: x\n    at main (/srv/app.js:10:9) {\n  code: 'ENOENT',\n"
      "  [cause]: Error: inner\n      at f (/srv/app.js:3:3)\n}\n\nNode.js v20.11.0\n",
      "listening\n"}},
    {"node without the source", {"TypeError: x is not a function\n    at f (/srv/app.js:3:3)\n", "listening\n"}},
    {"a path is no trace", {"/srv/app.js:10\n", "one\n", "two\n"}},
    {"ruby",
     {"app.rb:3:in `run': bad (RuntimeError)\n\tfrom app.rb:9:in `<main>'\n",
      RUBY_LOGGED "/srv/a.rb:3:in `run'\n/srv/a.rb:9:in `<main>'\n", "done\n"}},
    {"ruby, the last call first",
     {"Traceback (most recent call last):\n\t1: from app.rb:9:in `<main>'\napp.rb:3:in `run': bad (RuntimeError)\n",
      "app.rb:3:in `run': bad (RuntimeError)\n"}},
    {".net",
     {"Unhandled exception. System.InvalidOperationException: bad\n ---> System.IO.IOException: inner\n"
      "   at App.Run() in /srv/App.cs:line 3\n   --- End of inner exception stack trace ---\n"
      "--- End of stack trace from previous location where exception was thrown ---\n   at App.Main()\n",
      "info: next\n"}},
    {"php",
     {"PHP Fatal error:  Uncaught Exception: bad in /srv/a.php:3\nStack trace:\n#0 /srv/a.php(7): run()\n#1 {main}\n\n"
      "Next Exception: worse in /srv/a.php:4\nStack trace:\n#0 {main}\n  thrown in /srv/a.php on line 3\n",
      "done\n"}},
    {"php, laravel",
     {"[2026-11-20 09:00:00] local.ERROR: bad {\"exception\":\"[object] (Exception(code: 0): bad at /srv/a.php:3)\n"
      "[stacktrace]\n#0 /srv/a.php(7): run()\n#1 {main}\n\"} \n",
      "[2026-11-20 09:00:01] local.INFO: next\n"}},
    {"rust",
     {"thread 'main' panicked at src/main.rs:2:5:\nindex out of bounds: the len is 3\nstack backtrace:\n   0: rust_begin_unwind\n"
      "             at /rustc/1/library/std/src/panicking.rs:645:5\nnote: Some details are omitted\n",
      "next\n"}},
    {"indentation", {HEADER "  more\n\teven more\n", NEXT}},
    {"indentation behind empty lines",
     {"text\n  a: 1\n\n  b: 2\n", "\n", "\n", "\n", "  three empty lines are too many\n"}},
    {"every line is indented", {"  one\n", "  two\n", "\tthree\n"}},
    {"braces", {"2026-11-20 09:00:00 INFO options {\n  a: 1,\n  b: [\n  ]\n}\n", NEXT}},
    {"postgresql",
     {"2026-11-20 09:00:00 UTC [7] u@d ERROR:  syntax error\n", "2026-11-20 09:00:00 UTC [7] u@d DETAIL:  why\n",
      "2026-11-20 09:00:00 UTC [7] u@d STATEMENT:  SELECT 1\n\tFROM x\n\t\tWHERE y\n",
      "2026-11-20 09:00:01 UTC [7] u@d LOG:  next\n"}},
    {"json",
     {"{\"a\":1}\n", "  indented\n", "{\"a\":2}\n", "{\"a\":\n", "\tat x\n", HEADER, " {\"a\":3}\n", "{\"b\":1}\n"}},
    {"json over several lines", {"{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", "{\n  \"a\": 2\n}\n", "{\n", "x\n", NEXT}},
    {"access log",
     {"192.0.2.1 - - [20/Nov/2026:09:00:00 +0000] \"GET / HTTP/1.1\" 200 5\n", "  indented\n",
      "www:80 192.0.2.1 - u [20/Nov/2026:09:00:00 +0000] \"GET / HTTP/1.1\" 200 5\n", "\tat x\n"}},
    {"carriage returns", {"2026-11-20 09:00:00 ERROR x\r\n" PYTHON_HEAD PYTHON_FRAME "ValueError: x\r\n", "next\r\n"}},
    {"docker, parts",
     {"{\"log\":\"one \",\"stream\":\"stdout\",\"time\":\"t\"}\n{\"log\":\"two\\n\",\"stream\":\"stdout\",\"time\":\"t\"}\n",
      "{\"log\":\"{\\\"a\\\":\",\"stream\":\"stdout\",\"time\":\"t\"}\n{\"log\":\"1}\\n\",\"stream\":\"stdout\",\"time\":\"t\"}\n",
      "{\"log\":\"{\\\"a\\\":2}\\n\",\"stream\":\"stdout\",\"time\":\"t\"}\n",
      "{\"log\":\"out \",\"stream\":\"stdout\",\"time\":\"t\"}\n",
      "{\"log\":\"err\\n\",\"stream\":\"stderr\",\"time\":\"t\"}\n",
      "{\"log\":\"put\\n\",\"stream\":\"stdout\",\"time\":\"t\"}\n"}},
    {"docker, a trace",
     {"{\"log\":\"ERROR: failed\\n\",\"stream\":\"stderr\",\"time\":\"t\"}\n"
      "{\"log\":\"Traceback (most recent call last):\\n\",\"stream\":\"stderr\",\"time\":\"t\"}\n"
      "{\"log\":\"  File \\\"a.py\\\", line 1, in x\\n\",\"stream\":\"stderr\",\"time\":\"t\"}\n"
      "{\"log\":\"ValueError: x\\n\",\"stream\":\"stderr\",\"time\":\"t\"}\n",
      "{\"log\":\"next\\n\",\"stream\":\"stderr\",\"time\":\"t\"}\n"}},
    {"docker without newlines",
     {"{\"log\":\"one\",\"stream\":\"stdout\"}\n", "{\"log\":\"two\",\"stream\":\"stdout\"}\n",
      "{\"log\":\"three\",\"stream\":\"stdout\"}\n", "{\"log\":\"four\",\"stream\":\"stdout\"}\n",
      "{\"log\":\"five\",\"stream\":\"stdout\"}\n", "{\"log\":\"six\",\"stream\":\"stdout\"}\n",
      "{\"log\":\"seven\",\"stream\":\"stdout\"}\n"}},
    {"cri, parts",
     {CRI "stdout P one \n" CRI "stdout P two \n" CRI "stdout F three\n", CRI "stdout F {\"a\":1}\n",
      CRI "stdout P {\"a\":\n" CRI "stdout F 1}\n", CRI "stdout P out \n", CRI "stderr F err\n", CRI "stdout F put\n"}},
    {"cri, a trace",
     {CRI "stderr F panic: boom\n" CRI "stderr F \n" CRI "stderr F goroutine 1 [running]:\n" CRI
          "stderr F main.main()\n" CRI "stderr F \t/srv/main.go:12 +0x1f\n",
      CRI "stdout F fine\n", CRI "stderr F exit\n"}},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static const struct frame_limits small = {256, 4096, 4096, 64, 3};

static struct source_state fresh_state(void)
{
    struct source_state state = {.id = 1, .name = STR("a"), .kind = SOURCE_FILE, .read_us = TIME_NONE};
    mark_state(&(struct mark){0}, STR_ABSENT, &state);
    return state;
}

/* Reads on, up to size, as a fresh process would. */
static void read_to(struct fake_store *store, const struct join_rules *rules, const struct frame_limits *limits,
                    struct source_state *state, struct mark *mark, struct str input, size_t size, size_t step)
{
    struct frame frame;
    frame_init(&frame, limits, fake_batches(store));
    frame.rules = rules;
    assert_true(frame_begin(&frame, state, mark, 0));
    for (size_t at = (size_t)state->position; at < size;) {
        size_t room;
        char *space = frame_space(&frame, &room);
        assert_non_null(space);
        size_t more = size - at < step ? size - at : step;
        if (more > room)
            more = room;
        memcpy(space, input.data + at, more);
        assert_true(frame_advance(&frame, more));
        at += more;
    }
    assert_true(frame_end(&frame, true));
    assert_true(frame_flush(&frame));
    *mark = frame.mark;
    fake_kill(store);
}

static struct str put_together(const char *const *records, struct buf *text, struct buf *begins)
{
    for (; *records != NULL; records++) {
        uint64_t offset = text->size;
        buf_add(begins, (const char *)&offset, sizeof offset);
        buf_add_text(text, *records);
    }
    return buf_str(text);
}

static void expect_records(const char *name, const struct fake_store *store, struct str text, struct str begins)
{
    const struct fake_source *source = &store->sources[1];
    struct str got = buf_str(&source->begins);
    if (!str_equal(got, begins)) {
        for (size_t i = 0; i < got.size / 8; i++) {
            uint64_t offset;
            memcpy(&offset, got.data + i * 8, 8);
            print_error("%s: a record begins at %.*s\n", name, 30, text.data + offset);
        }
        fail();
    }
    assert_true(str_equal(buf_str(&source->bytes), text));
}

static void check_records(const char *name, const struct join_rules *rules, const char *const *records)
{
    SCOPED(buf) text = BUF(TEXT_MAX);
    SCOPED(buf) begins = BUF(TEXT_MAX);
    struct str input = put_together(records, &text, &begins);
    /* At once, byte by byte, in small batches; and in two runs, the first of which ended at any byte. */
    for (size_t cut = 0; cut <= input.size; cut++) {
        struct fake_store *store = fake_new();
        struct source_state state = fresh_state();
        struct mark mark = {0};
        const struct frame_limits *limits = cut % 2 == 0 ? &frame_limits_default : &small;
        read_to(store, rules, limits, &state, &mark, input, cut, cut % 3 == 0 ? 1 : 50);
        read_to(store, rules, limits, &state, &mark, input, input.size, cut % 5 == 0 ? 7 : SIZE_MAX);
        expect_records(name, store, input, buf_str(&begins));
        fake_free(store);
    }
    /* In as many runs as it has bytes. */
    struct fake_store *store = fake_new();
    struct source_state state = fresh_state();
    struct mark mark = {0};
    for (size_t size = 1; size <= input.size; size++)
        read_to(store, rules, &small, &state, &mark, input, size, SIZE_MAX);
    expect_records(name, store, input, buf_str(&begins));
    fake_free(store);
}

static void records_of_cases(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < CASES; i++)
        check_records(cases[i].name, &join_rules_auto, cases[i].records);
}

static void rules_of_the_user(void **unused)
{
    (void)unused;
    struct err err;
    SCOPED_FREE(re) *start = re_new(STR("^BEGIN"), false, &err);
    SCOPED_FREE(re) *more = re_new(STR("^(\\+|$)"), false, &err);
    assert_true(start != NULL && more != NULL);
    check_records("off", &(struct join_rules){JOIN_OFF, NULL},
                  (const char *const[]){"one\n", "  two\n", CRI "stdout P x\n", CRI "stdout F y\n", NULL});
    check_records(
        "start", &(struct join_rules){JOIN_START, start},
        (const char *const[]){"none yet\nmore\n", "BEGIN 1\none\n\n  two\n", "BEGIN 2\n", "{\"a\":1}\n", "x\n", NULL});
    check_records(
        "continue", &(struct join_rules){JOIN_CONTINUE, more},
        (const char *const[]){"one\n+ two\n\n+three\n", "  four\n", "five\n", "{\"a\":1}\n", "+ six\n", NULL});
}

/* Records that are joined end at their limits, and what follows is no longer than before. */
static void limits_of_records(void **unused)
{
    (void)unused;
    struct fake_store *store = fake_new();
    SCOPED(buf) input = BUF(16 << 20);
    buf_add_text(&input, HEADER);
    for (unsigned i = 0; i < 3 * JOIN_LINES_MAX; i++)
        buf_add_text(&input, "\tat a.b.C.d(C.java:1)\n");
    struct source_state state = fresh_state();
    struct mark mark = {0};
    read_to(store, &join_rules_auto, &frame_limits_default, &state, &mark, buf_str(&input), input.size, SIZE_MAX);
    assert_int_equal(store->sources[1].records, 4);
    assert_int_equal(state.lines + state.pending_lines, 3 * JOIN_LINES_MAX + 1);
    fake_free(store);

    store = fake_new();
    buf_reset(&input);
    buf_add_text(&input, "text\n");
    SCOPED(buf) line = BUF(1 << 20);
    for (unsigned i = 0; i < 100000; i++)
        buf_add_char(&line, ' ');
    for (unsigned i = 0; i < 30; i++) {
        buf_add_str(&input, buf_str(&line));
        buf_add_text(&input, "x\n");
    }
    state = fresh_state();
    mark = (struct mark){0};
    read_to(store, &join_rules_auto, &frame_limits_default, &state, &mark, buf_str(&input), input.size, 1000);
    assert_int_equal(store->sources[1].records, 21); /* ten lines fit; those that follow begin with blanks */
    assert_true(str_equal(buf_str(&store->sources[1].bytes), buf_str(&input)));
    fake_free(store);
}

/* The open record of a stream is pending while it is quiet, and complete with its end. */
static void streams(void **unused)
{
    (void)unused;
    struct fake_store *store = fake_new();
    struct frame frame;
    frame_init(&frame, &frame_limits_default, fake_batches(store));
    struct source_state state = {.id = 1, .name = STR("a"), .kind = SOURCE_STREAM};
    assert_true(frame_begin(&frame, &state, &(struct mark){0}, 0));
    static const char *const parts[] = {"one\n" HEADER PYTHON_HEAD, "  File \"a.py\"\n", "ValueError: x\n\n"};
    static const uint64_t records[] = {2, 2, 3};
    for (size_t i = 0; i < 3; i++) {
        size_t room;
        memcpy(frame_space(&frame, &room), parts[i], strlen(parts[i]));
        assert_true(frame_advance(&frame, strlen(parts[i])));
        assert_true(frame_flush(&frame));
        assert_true(frame_flush(&frame));
        assert_int_equal(store->puts, i + 1);
        assert_int_equal(store->sources[1].records, records[i]);
        assert_true(store->sources[1].tail_bytes > 0);
    }
    assert_true(frame_end(&frame, true));
    assert_true(frame_flush(&frame));
    assert_int_equal(store->sources[1].records, 3);
    assert_int_equal(store->sources[1].tail_bytes, 0);
    assert_int_equal(state.pending_bytes, 0);
    assert_int_equal(state.position, store->sources[1].bytes.size);
    fake_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_of_cases),
        cmocka_unit_test(rules_of_the_user),
        cmocka_unit_test(limits_of_records),
        cmocka_unit_test(streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
