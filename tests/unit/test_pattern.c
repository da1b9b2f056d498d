/* Patterns: which messages are one, which stay apart, and what holds for any set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/analyze.h"
#include "base/map.h"
#include "base/processor.h"

enum { LINES_MAX = 12 };

/* Messages, and the patterns that come of them, in the order of their texts. */
static const struct {
    const char *messages[LINES_MAX], *patterns[LINES_MAX];
} cases[] = {
    /* names, few of them, where a name is announced */
    {{"login of user alice failed", "login of user bob failed"}, {"login of user <*> failed"}},
    {{"refused by host alpha-east", "refused by host gorgon", "refused by host 10.0.0.1"}, {"refused by host <*>"}},
    {{"relation \"orders\" does not exist", "relation \"invoicelines\" does not exist",
      "relation \"kunden\" does not exist"},
     {"relation \"<*>\" does not exist"}},
    {{"cannot open /etc/passwd", "cannot open /etc/fstab", "cannot open /srv/a.b/c"}, {"cannot open <*>"}},
    {{"loading class com.acme.A", "loading class com.acme.b.C"}, {"loading class <*>"}},
    {{"session closed for user root", "session closed for user mysql"}, {"session closed for user <*>"}},
    {{"handler gorgon[7] lost a message", "handler com.acme.x[8] lost a message"}, {"handler <*>[<*>] lost a message"}},
    /* a number is no other thing than a name */
    {{"unknown queue billing_eu was asked", "unknown queue 17 was asked"}, {"unknown queue <*> was asked"}},
    /* words of language stay apart */
    {{"machine started", "machine stopped", "machine paused", "machine resumed"},
     {"machine paused", "machine resumed", "machine started", "machine stopped"}},
    {{"stored as bytes in memory", "stored as values in memory"},
     {"stored as bytes in memory", "stored as values in memory"}},
    {{"link up on eth0", "link down on eth1"}, {"link down on <*>", "link up on <*>"}},
    {{"user=root is refused here", "user=guest is refused here"},
     {"user=guest is refused here", "user=root is refused here"}},
    {{"open: input/output error", "open: read/write error"}, {"open: input/output error", "open: read/write error"}},
    {{"\"GET /a/1\" status: 1", "\"POST /a/1\" status: 1", "\"PUT /a/1\" status: 1", "\"DELETE /a/1\" status: 1",
      "\"HEAD /a/1\" status: 1", "\"OPTIONS /a/1\" status: 1"},
     {"\"DELETE <*>\" status: <*>", "\"GET <*>\" status: <*>", "\"HEAD <*>\" status: <*>",
      "\"OPTIONS <*>\" status: <*>", "\"POST <*>\" status: <*>", "\"PUT <*>\" status: <*>"}},
    /* several at once, which never come in pairs that share one */
    {{"user alice from gorgon opened session 1", "user bob from medusa opened session 2",
      "user carol from euryale opened session 3", "user dave from stheno opened session 4"},
     {"user <*> from <*> opened session <*>"}},
    {{"task changed from NEW to READY", "task changed from READY to RUNNING", "task changed from NEW to RUNNING",
      "task changed from RUNNING to READY", "task changed from READY to NEW"},
     {"task changed from <*> to <*>"}},
    /* units, sizes told twice, signs, plurals */
    {{"took 5 ms", "took 3 s", "took <1 sec"}, {"took <*>"}},
    {{"close, 100 bytes sent", "close, 2048 bytes (2.0 KB) sent"}, {"close, <*> bytes sent"}},
    {{"removed 1 file now", "removed 3 files now"}, {"removed <*> file now"}},
    {{"free 1.5 KB of 2 GB", "free 0.2 MB of 3 TB"}, {"free <*> of <*>"}},
    {{"prefetch depth.....0", "prefetch threshold...1"}, {"prefetch depth.....<*>", "prefetch threshold...<*>"}},
    /* values */
    {{"a=true b=1", "a=false b=2"}, {"a=<*> b=<*>"}},
    {{"rhost= uid=0", "rhost=host.example.org uid=0"}, {"rhost=<*> uid=<*>"}},
    {{"connection from 1.2.3.4 () at 10:00", "connection from 1.2.3.4 (gorgon) at 10:01"},
     {"connection from <*> (<*>) at <*>"}},
    {{"killed process 7 (httpd).", "killed process 8 (mysqld)."}, {"killed process <*> (<*>)."}},
    {{"interrupt 1[A] of line 2", "interrupt 1[D] of line 2"}, {"interrupt <*>[<*>] of line <*>"}},
    {{"signal handlers for [TERM, HUP, INT]", "signal handlers for [HUP, USR]"}, {"signal handlers for [<*>]"}},
    {{"lock=1, ws=null, uid=2", "lock=1, ws=WorkSource{17}, uid=2"}, {"lock=<*>, ws=<*>, uid=<*>"}},
    {{"resume now=null", "resume now=Record{1f u=Name{2 x} b}"}, {"resume now=<*>"}},
    {{"vibrate=[] here", "vibrate=[one two] here", "vibrate=null here"}, {"vibrate=<*> here"}},
    {{"status ( on on )", "status ( on off )"}, {"status ( <*> )"}},
    {{"open failed, client: 1.2.3.4, server: _, request: \"GET /a HTTP/1.1\", host: \"a.example.com\"",
      "open failed, client: 1.2.3.4, server: www.example.com, request: \"POST / HTTP/1.1\", host: \"b\", referrer: \"http://x.org/\""},
     {"open failed, <*>"}},
    /* frames of stack traces are no names */
    {{"user alice failed\njava.io.X\n\tat com.a.B.c(B.java:1)", "user bob failed\njava.io.X\n\tat com.a.B.c(B.java:1)",
      "user bob failed\njava.io.X\n\tat com.a.B.d(B.java:2)"},
     {"user <*> failed | java.io.X @ com.a.B.c", "user bob failed | java.io.X @ com.a.B.d"}},
    {{"fooError: x\n\tat com.a.B.c(B.java:1)", "barError: x\n\tat com.a.B.c(B.java:1)",
      "bazError: x\n\tat com.a.B.c(B.java:1)", "fuuError: x\n\tat com.a.B.c(B.java:1)",
      "fumError: x\n\tat com.a.B.c(B.java:1)"},
     {"barError: <*> @ com.a.B.c", "bazError: <*> @ com.a.B.c", "fooError: <*> @ com.a.B.c",
      "fumError: <*> @ com.a.B.c", "fuuError: <*> @ com.a.B.c"}},
    /* one word in common tells no statement */
    {{"error alpha", "error gorgon", "error medusa"}, {"error alpha", "error gorgon", "error medusa"}},
    /* a place that is known to be a variable takes any word */
    {{"closed by user gorgon 1.2.3.4 port 5", "closed by user medusa 1.2.3.4 port 6",
      "closed by user u0_a12 1.2.3.4 port 6", "closed by user beta 1.2.3.4 port 8", "closed by user  1.2.3.4 port 9",
      "closed by user nimbus 1.2.3.4 port 5"},
     {"closed by user <*> port <*>"}},
    {{"no match. Their offer: ssh-dss,ssh-rsa [preauth]", "no match. Their offer: ssh-rsa,ssh-dss,x-y [preauth]",
      "no match. Their offer: ssh-dss,diffie-hellman-group1-sha1 [preauth]"},
     {"no match. Their offer: <*> [preauth]"}},
    {{""}, {""}},
};

static struct patterns *mine(const char *const *messages, size_t count, struct arena *arena, struct map *ret_templates)
{
    struct str templates[LINES_MAX];
    size_t different = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_new;
        struct str template = template_of(str_of(messages[i]), arena);
        map_at(ret_templates, template, &is_new);
        if (is_new)
            templates[different++] = template;
    }
    return patterns_new(templates, different);
}

static void meanings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t messages = 0, expected = 0;
        while (messages < LINES_MAX && cases[i].messages[messages])
            messages++;
        while (expected < LINES_MAX && cases[i].patterns[expected])
            expected++;
        SCOPED(arena) arena = {0};
        SCOPED(map) templates = {0};
        SCOPED_FREE(patterns) *patterns = mine(cases[i].messages, messages, &arena, &templates);
        bool same = patterns->count == expected;
        for (size_t k = 0; same && k < expected; k++)
            same = str_equal(patterns->items[k].text, str_of(cases[i].patterns[k]));
        for (size_t k = 0; !same && k < patterns->count; k++)
            print_error("%s...: '%.*s'\n", cases[i].messages[0], STR_ARG(patterns->items[k].text));
        assert_true(same);
    }
}

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* What must hold for any set of templates. */
static void check(const struct patterns *patterns, size_t templates)
{
    size_t members = 0;
    char id[PATTERN_ID_SIZE];
    for (uint32_t p = 0; p < patterns->count; p++) {
        const struct pattern *pattern = &patterns->items[p];
        assert_string_equal(pattern->id, pattern_id(pattern->text, id));
        if (p > 0)
            assert_true(str_compare(patterns->items[p - 1].text, pattern->text) < 0);
        assert_true(pattern->member_count > 0);
        for (uint32_t i = 0; i < pattern->member_count; i++) {
            assert_true(pattern->members[i] < templates && patterns->of[pattern->members[i]] == p);
            assert_true(i == 0 || pattern->members[i - 1] < pattern->members[i]);
        }
        members += pattern->member_count;
    }
    assert_int_equal(members, templates);
}

static struct str random_template(struct arena *arena, uint64_t *seed)
{
    static const char *const words[] = {
        "user",    "alice", "bob",   "gorgon", "from",    "to",   "failed", "started", "=",    ",",
        "(",       ")",     "[",     "]",      "\"",      "<*>",  "a.b.c",  "/etc/x",  "KB",   ":",
        "<",       "on",    "bytes", "NEW",    "size=",   "true", "fooBar", "x+",      "null", "GET /a/b 200",
        "blk_<*>", "{",     "}",     "key:",   "request:"};
    SCOPED(buf) text = BUF(4096);
    for (uint64_t left = random_next(seed) % 9; left > 0; left--) {
        buf_add_text(&text, words[random_next(seed) % (sizeof words / sizeof *words)]);
        if (random_next(seed) % 3 > 0)
            buf_add_char(&text, ' ');
    }
    return arena_str(arena, buf_str(&text));
}

/* The same set in another order gives the same patterns, each with the same templates. */
static void any_order(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (unsigned round = 0; round < 300; round++) {
        SCOPED(arena) arena = {0};
        SCOPED(map) known = {0};
        struct str one[200], other[200];
        size_t count = 0;
        for (size_t i = random_next(&seed) % 200; i > 0; i--) {
            bool is_new;
            struct str template = random_template(&arena, &seed);
            map_at(&known, template, &is_new);
            if (is_new)
                one[count++] = template;
        }
        uint32_t place[200];
        for (size_t i = 0; i < count; i++) {
            size_t at = random_next(&seed) % (i + 1);
            place[i] = place[at];
            place[at] = (uint32_t)i;
        }
        for (size_t i = 0; i < count; i++)
            other[i] = one[place[i]];
        SCOPED_FREE(patterns) *first = patterns_new(one, count), *second = patterns_new(other, count);
        check(first, count);
        check(second, count);
        assert_int_equal(first->count, second->count);
        for (uint32_t p = 0; p < first->count; p++)
            assert_true(str_equal(first->items[p].text, second->items[p].text));
        for (size_t i = 0; i < count; i++)
            assert_int_equal(second->of[i], first->of[place[i]]);
    }
}

/* The same on every machine. */
static uint64_t sketch_of(struct str message)
{
    uint64_t sketch = template_sketch(message);
#ifdef PROCESSOR_WIDE
    processor_is_narrow = true;
    assert_true(template_sketch(message) == sketch);
    processor_is_narrow = false;
#endif
    return sketch;
}

/* Equal sketches are equal templates; and numbers do not change them. */
static void sketches(void **state)
{
    (void)state;
    static const char *const parts[] = {"7",  "12", "v1", "/v2/",  "x",  "deadbeef", "face", "ext3",
                                        "1f", " ",  "\t", "\\042", "\"", ":",        "=",    ".",
                                        "-",  "a",  "B",  "'",     "(",  "%",        "\n",   "é"};
    uint64_t seed = 5;
    SCOPED(arena) arena = {0};
    SCOPED(map) templates = {0}; /* sketch -> template */
    for (unsigned i = 0; i < 60000; i++) {
        SCOPED(buf) text = BUF(4096);
        for (uint64_t left = random_next(&seed) % (i % 100 == 0 ? 200 : 6); left > 0; left--)
            buf_add_text(&text, parts[random_next(&seed) % (sizeof parts / sizeof *parts)]);
        uint64_t sketch = sketch_of(buf_str(&text));
        struct str template = template_of(buf_str(&text), &arena);
        bool is_new;
        struct map_entry *entry = map_at(&templates, str_from((const char *)&sketch, sizeof sketch), &is_new);
        if (is_new)
            entry->value = (uint64_t)(uintptr_t) template.data;
        else
            assert_string_equal((const char *)(uintptr_t)entry->value, template.data);
    }
    assert_true(templates.count > 1000);
    assert_true(template_sketch(STR("took 12 ms for blk_-17")) == template_sketch(STR("took 3 ms for blk_-998")));
    assert_true(template_sketch(STR("took ms")) != template_sketch(STR("took s")));
}

static void add_number(struct buf *text, uint64_t *seed)
{
    buf_add_char(text, (char)('0' + random_next(seed) % 10));
    for (uint64_t left = random_next(seed) % 100 == 0 ? 100 : random_next(seed) % 12; left > 0; left--)
        buf_add_char(text, "0123456789abcdefXYZ"[random_next(seed) % 19]);
}

/* Lines of every length: numbers at any place and of any size do not change the sketch, every other byte does. */
static void sketches_lines(void **state)
{
    (void)state;
    static const char *const words[] = {"",     "v1", "C:\\x", "ext3",
                                        "word", "é",  "/",     "a longer piece of text without any"};
    uint64_t seed = 6;
    for (unsigned i = 0; i < 20000; i++) {
        SCOPED(buf) one = BUF(8192);
        SCOPED(buf) other = BUF(8192);
        buf_add_text(&one, "first");
        buf_add_text(&other, "first");
        for (unsigned left = i % 40 + 1; left > 0; left--) {
            const char *word = words[random_next(&seed) % (sizeof words / sizeof *words)];
            buf_printf(&one, " %s ", word);
            buf_printf(&other, " %s ", word);
            add_number(&one, &seed);
            add_number(&other, &seed);
        }
        uint64_t sketch = sketch_of(buf_str(&one));
        assert_true(template_sketch(buf_str(&other)) == sketch);
        buf_add_text(&other, ".");
        assert_true(template_sketch(buf_str(&other)) != sketch);
        other.data[random_next(&seed) % 5] ^= 1;
        assert_true(template_sketch(str_from(other.data, other.size - 1)) != sketch);
    }
}

static void equal_patterns(const struct patterns *a, const struct patterns *b, size_t templates)
{
    assert_int_equal(a->count, b->count);
    for (uint32_t p = 0; p < a->count; p++) {
        assert_true(str_equal(a->items[p].text, b->items[p].text));
        assert_string_equal(a->items[p].id, b->items[p].id);
        assert_int_equal(a->items[p].member_count, b->items[p].member_count);
        assert_memory_equal(a->items[p].members, b->items[p].members, a->items[p].member_count * sizeof(uint32_t));
    }
    assert_memory_equal(a->of, b->of, templates * sizeof *a->of);
}

/* Packed patterns are the same again, for the same templates only, and nothing else reads as any. */
static void packed(void **state)
{
    (void)state;
    uint64_t seed = 8;
    for (unsigned round = 0; round < 200; round++) {
        SCOPED(arena) arena = {0};
        SCOPED(map) distinct = {0};
        SCOPED(buf) bytes = BUF(1 << 20);
        for (unsigned i = round / 2; i > 0; i--)
            map_at(&distinct, random_template(&arena, &seed), NULL);
        size_t count = distinct.count;
        struct str *templates = ARENA_ARRAY(&arena, struct str, count + 1);
        for (size_t i = 0; i < count; i++)
            templates[i] = distinct.entries[i].key;
        SCOPED_FREE(patterns) *mined = patterns_new(templates, count);
        patterns_pack(mined, templates, count, &bytes);
        SCOPED_FREE(patterns) *again = patterns_unpack(buf_str(&bytes), templates, count);
        assert_non_null(again);
        equal_patterns(mined, again, count);
        if (count < 2)
            continue;
        assert_null(patterns_unpack(buf_str(&bytes), templates, count - 1));
        for (size_t size = 0; size < bytes.size; size++)
            assert_null(patterns_unpack(str_from(bytes.data, size), templates, count));
        for (unsigned i = 0; i < 200; i++) { /* damage gives patterns or none, but breaks nothing */
            size_t at = 8 + random_next(&seed) % (bytes.size - 8);
            char was = bytes.data[at];
            bytes.data[at] = (char)random_next(&seed);
            SCOPED_FREE(patterns) *damaged = patterns_unpack(buf_str(&bytes), templates, count);
            if (damaged)
                check(damaged, count);
            bytes.data[at] = was;
        }
        struct str first = templates[0];
        templates[0] = templates[1];
        templates[1] = first;
        assert_null(patterns_unpack(buf_str(&bytes), templates, count));
    }
}

/* Sets that are as large as they get: all alike but for a word, and nothing alike. */
static void large(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    SCOPED(arena) arena = {0};
    struct str *templates = ARENA_ARRAY(&arena, struct str, COUNT);
    uint64_t seed = 3;
    for (unsigned kind = 0; kind < 2; kind++) {
        for (unsigned i = 0; i < COUNT; i++) {
            char name[16] = {0};
            for (unsigned k = 0, rest = i; k < 5; k++, rest /= 16)
                name[k] = (char)('g' + rest % 16);
            if (kind == 0) {
                templates[i] = arena_printf(&arena, "connection of user %s refused", name);
                continue;
            }
            SCOPED(buf) text = BUF(4096);
            for (unsigned k = 0; k < 64 * 3; k++)
                buf_add_char(&text, k % 3 == 2 ? ' ' : (char)('g' + random_next(&seed) % 16));
            templates[i] = arena_str(&arena, buf_str(&text));
        }
        SCOPED_FREE(patterns) *patterns = patterns_new(templates, COUNT);
        check(patterns, COUNT);
        assert_int_equal(patterns->count, kind == 0 ? 1 : COUNT);
    }
}

/* A route is what one asks for: the templates of requests, which alone keep a number, stay apart. */
static void requests(void **state)
{
    (void)state;
    const struct str templates[] = {STR("GET /api/users/<*> 500"), STR("GET /api/orders/<*> 500"),
                                    STR("GET /api/orders/<*> 503")};
    SCOPED_FREE(patterns) *patterns = patterns_new(templates, 3);
    assert_int_equal(patterns->count, 3);
    check(patterns, 3);
}

static void none(void **state)
{
    (void)state;
    SCOPED_FREE(patterns) *patterns = patterns_new(NULL, 0);
    assert_int_equal(patterns->count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meanings),       cmocka_unit_test(any_order), cmocka_unit_test(sketches),
        cmocka_unit_test(sketches_lines), cmocka_unit_test(packed),    cmocka_unit_test(large),
        cmocka_unit_test(requests),       cmocka_unit_test(none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
