#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/analyze.h"
#include "base/buf.h"

static struct re *compiled(struct str pattern, bool ignore_case)
{
    struct err err = {0};
    struct re *re = re_new(pattern, ignore_case, &err);
    if (!re)
        fail_msg("%.*s: %s", STR_ARG(pattern), err.text);
    return re;
}

static void matching(void **state)
{
    (void)state;
    static const struct {
        struct str pattern, subject;
        bool ignore_case;
        struct str match; /* absent: none */
    } cases[] = {
        {STR("b+"), STR("abbc"), false, STR("bb")},
        {STR("^b"), STR("abbc"), false, STR_ABSENT},
        {STR("(?<=a)b"), STR("abbc"), false, STR("b")},
        {STR("FAIL"), STR("failed"), false, STR_ABSENT},
        {STR("FAIL"), STR("failed"), true, STR("fail")},
        {STR("\xc3\xa4"), STR("\xc3\x84"), true, STR("\xc3\x84")}, /* a and A with dots */
        {STR("^.$"), STR("\xc3\xa4"), false, STR("\xc3\xa4")},
        {STR("a.b"), STR("a\nb"), false, STR_ABSENT},
        {STR("one$"), STR("\xff\xfe one"), false, STR("one")}, /* a subject that is not UTF-8 */
        {STR("\xc3\xa4"), STR("\xff\xc3\xa4\xff"), false, STR("\xc3\xa4")},
        {STR("\xff+"), STR("a\xff\xff"), false, STR("\xff\xff")}, /* nor is the pattern */
        {STR("b"), STR("a\0b"), false, STR("b")},
        {STR(""), STR(""), false, STR("")},
        {STR(""), STR_ABSENT, false, STR("")},
        {STR("x"), STR_ABSENT, false, STR_ABSENT},
        {STR("a\\Kb"), STR("ab"), false, STR("b")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED_FREE(re) *re = compiled(cases[i].pattern, cases[i].ignore_case);
        struct str match = STR_ABSENT;
        bool found = re_match(re, cases[i].subject, &match);
        if (found != (cases[i].match.data != NULL) || !str_equal(match, cases[i].match))
            fail_msg("case %zu: /%.*s/ found %d '%.*s'", i, STR_ARG(cases[i].pattern), found, STR_ARG(match));
        assert_int_equal(re_match(re, cases[i].subject, NULL), found);
        assert_int_equal(re_limit_hits(re), 0);
    }
}

static void errors_name_the_character(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *says, *at;
    } cases[] = {
        {"(abc", "missing closing parenthesis", "at character offset 4"},
        {"ab[c", "missing terminating ]", "at character offset 4"},
        {"ab{3,1}", "numbers out of order", "at character offset "},
        {"\xc3\xa4\xc3\xa4(", "missing closing parenthesis", "at character offset 3"}, /* characters, not bytes */
        {"*a", "quantifier does not follow a repeatable item", "at character offset 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        assert_null(re_new(str_of(cases[i].pattern), false, &err));
        assert_int_equal(err.kind, ERR_USAGE);
        if (!strstr(err.text, cases[i].says) || !strstr(err.text, cases[i].at))
            fail_msg("%s: %s", cases[i].pattern, err.text);
    }
    static char huge[100000];
    memset(huge, 'a', sizeof huge);
    struct err err = {0};
    assert_null(re_new(str_from(huge, sizeof huge), false, &err));
    assert_int_equal(err.kind, ERR_USAGE);
}

static void catastrophes_end(void **state)
{
    (void)state;
    static const char *const patterns[] = {"^(a+)+$", "^(a|aa)+$", "(x+x+)+y", "^(?:a|a)*b\\Z", "(*NO_JIT)^(a+)+$"};
    char subject[64];
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        SCOPED_FREE(re) *re = compiled(str_of(patterns[i]), false);
        memset(subject, i == 2 ? 'x' : 'a', sizeof subject);
        subject[sizeof subject - 1] = '!';
        /* some versions see at once that no 'y' is there: then it ends without a limit */
        bool counted = !re_match(re, str_from(subject, sizeof subject), NULL) && re_limit_hits(re) == 1;
        assert_true(counted || i == 2 || i == 3);
        assert_true(i == 2 || re_match(re, STR("aaab"), NULL) == (i == 3));
    }
}

static void long_subjects_need_no_limit(void **state)
{
    (void)state;
    size_t size = 300000;
    char *subject = malloc(size);
    memset(subject, 'a', size);
    subject[size - 1] = 'c';
    SCOPED_FREE(re) *re = compiled(STR("^[ab]*c$"), false);
    assert_true(re_match(re, str_from(subject, size), NULL));
    assert_int_equal(re_limit_hits(re), 0);
    free(subject);
}

/* The literal of a pattern that has one for all its matches. */
static struct str literal_of(const struct re *re)
{
    const struct str *literals;
    return re_literals(re, &literals) == 1 ? literals[0] : STR_ABSENT;
}

static void literals(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *literal; /* NULL: none */
    } cases[] = {
        {"connection refused", "connection refused"},
        {"ab", NULL},
        {"abc", "abc"},
        {"abcd?", "abc"},
        {"abcd*", "abc"},
        {"abcd+efg", "abcd"},
        {"abc+?defgh", "defgh"},
        {"abcd{0}", "abc"},
        {"abcd{0,3}", "abc"},
        {"abcd{2}", "abcd"},
        {"abcd{,3}e", "abc"},
        {"abcd{ 0 }e", "abc"},
        {"abc{x}", "abc"},
        {"foo.*barbaz", "barbaz"},
        {"^foo$", "foo"},
        {"foo|barbaz", NULL},
        {"(foo|bar)bazz", "bazz"},
        {"(foo)", NULL},
        {"foo(bar(x)[)]y)?bazz", "bazz"},
        {"foo(?=bar)bars", "bars"},
        {"(?:x\\)y)longer", "longer"},
        {"(?<name>x)(?P<more>y)longer", "longer"},
        {"(?i)foo", NULL},
        {"foo(?i)bar", NULL},
        {"(?x) foo bar", NULL},
        {"(?i:foo)bar", NULL},
        {"(?#comment)foo", NULL},
        {"(a)?(?(1)foo|bar)bazz", NULL},
        {"(*UCP)foobar", NULL},
        {"(a(*ACCEPT)b)foobar", NULL},
        {"\\[error\\] \\d+#", "[error] "},
        {"a\\.b\\/c", "a.b/c"},
        {"tab\\there", "tab\there"},
        {"\\Qa.b\\Elong", NULL},
        {"\\x41bcdef", "bcdef"},
        {"\\x{41}bcdef", "bcdef"},
        {"\\p{Lu}bcdef\\pLx", "bcdef"},
        {"\\bword\\b", "word"},
        {"\\c]foo", NULL},
        {"(a)\\1foo", NULL},
        {"foo\\Kbar", NULL},
        {"[]abc]def", "def"},
        {"[^]abc]def", "def"},
        {"[\\]abc]def", "def"},
        {"[[:alpha:]]def", "def"},
        {"[[:^alpha:]x]def", "def"},
        {"[[:x]def", NULL},
        {"[a[]def", "def"},
        {"[abc]+?def", "def"},
        {"stra\xc3\x9f"
         "e",
         "stra\xc3\x9f"
         "e"},
        {"abc\xc3\x9f?", "abc"},
        {"abc\xc3\x9f+def", "abc\xc3\x9f"},
        {"abc\xff?", "abc"},
        {"q_2024_000045", "q_2024_000045"},
        {"status=5\\d\\d", "status=5"},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED_FREE(re) *re = compiled(str_of(cases[i].pattern), false);
        struct str literal = literal_of(re);
        if (!str_equal(literal, str_of(cases[i].literal)) || !literal.data != !cases[i].literal)
            fail_msg("%s: '%.*s'", cases[i].pattern, STR_ARG(literal));
        SCOPED_FREE(re) *nocase = compiled(str_of(cases[i].pattern), true);
        const struct str *lower;
        size_t count = re_literals(nocase, &lower);
        bool same = count > 0 && str_equal_nocase(lower[0], literal);
        if (literal.data && utf8_valid(literal) && !same && str_find_nocase(literal, lower[0]) == STR_NONE)
            fail_msg("%s: ignoring case '%.*s'", cases[i].pattern, STR_ARG(lower[0]));
    }
}

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void random_pattern(struct buf *pattern, uint64_t *seed)
{
    static const char *const parts[] = {
        "a",     "b",   "c",       "aab",   "cab", ".",    "[ab]", "[^c]", "(a)",         "(b|c)",   "(?:ab)",
        "(?=a)", "\\w", "\\.",     "\\x61", "\\b", "^",    "$",    "[]a]", "[[:alpha:]]", "(a(b)c)", "\\]",
        "(?i)",  "|",   "\\Qa\\E", "#",     " ",   "(?x)", "\\K",  "{",    "(a|)",        "\xc3\xa4"};
    static const char *const counts[] = {"", "", "", "", "", "*", "+", "?", "{0}", "{1,2}", "{,2}", "+?", "*+", "{2}"};
    buf_reset(pattern);
    size_t size = 1 + random_next(seed) % 7;
    for (size_t i = 0; i < size; i++) {
        buf_add_text(pattern, parts[random_next(seed) % (sizeof parts / sizeof *parts)]);
        buf_add_text(pattern, counts[random_next(seed) % (sizeof counts / sizeof *counts)]);
    }
}

static void every_match_contains_the_literal(void **state)
{
    (void)state;
    static const char alphabet[] = "aaaabbbbccc.]# {}";
    uint64_t seed = 20261120;
    unsigned told = 0;
    SCOPED(buf) pattern = BUF(4096);
    for (size_t i = 0; i < 20000; i++) {
        random_pattern(&pattern, &seed);
        SCOPED_FREE(re) *re = re_new(buf_str(&pattern), false, NULL);
        struct str literal = re ? literal_of(re) : STR_ABSENT;
        if (!literal.data)
            continue;
        for (size_t k = 0; k < 60; k++) {
            char bytes[16];
            size_t size = 1 + random_next(&seed) % sizeof bytes;
            for (size_t j = 0; j < size; j++)
                bytes[j] = alphabet[random_next(&seed) % (sizeof alphabet - 1)];
            struct str match;
            if (!re_match(re, str_from(bytes, size), &match))
                continue;
            told++;
            if (str_find(match, literal) == STR_NONE)
                fail_msg("/%.*s/ matches '%.*s' without '%.*s'", STR_ARG(buf_str(&pattern)), STR_ARG(match),
                         STR_ARG(literal));
        }
    }
    assert_true(told > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matching),         cmocka_unit_test(errors_name_the_character),
        cmocka_unit_test(catastrophes_end), cmocka_unit_test(long_subjects_need_no_limit),
        cmocka_unit_test(literals),         cmocka_unit_test(every_match_contains_the_literal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
