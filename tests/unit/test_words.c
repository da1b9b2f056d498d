/* store/word.h: the words of a text are all that store_word_indexable says yes to, wherever they stand and whatever stands beside them. */
#include "store/word.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/must.h"
#include "store/store.h"

enum { TEXTS = 20000, TEXT_SIZE_MAX = 300 };

static bool is_word_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void expect(struct words *words, struct str text, size_t from, size_t to)
{
    struct str word = str_slice(text, from, to);
    if (store_word_indexable(word)) {
        words->values = mem_resize_array(words->values, words->count + 1, sizeof *words->values);
        words->values[words->count++] = word_fingerprint(word);
    }
}

/* A run of word characters; the address that begins with it; with the dash before it the end of a UUID. */
static void expect_run(struct words *words, struct str text, size_t from, size_t to)
{
    expect(words, text, from, to);
    size_t end = to;
    for (unsigned dots = 0; dots < 3 && end < text.size && text.data[end] == '.'; dots++)
        for (end++; end < text.size && is_word_char(text.data[end]);)
            end++;
    if (end > to)
        expect(words, text, from, end);
    if (from > 1 && text.data[from - 1] == '-' && is_word_char(text.data[from - 2]))
        expect(words, text, from - 1, to);
}

static void expect_all(struct words *words, struct str text)
{
    for (size_t at = 0; at < text.size;) {
        size_t from = at;
        while (at < text.size && is_word_char(text.data[at]))
            at++;
        if (at > from)
            expect_run(words, text, from, at);
        else
            at++;
    }
}

static size_t make_text(char *bytes)
{
    static const char *const pieces[] = {"10.0.0.1",
                                         "192.168.1.200",
                                         "-123456789012",
                                         "8f3a2b1c",
                                         "Z",
                                         "q_2024_000045",
                                         "1a2b3c4d-11e",
                                         "_",
                                         "abcdefghij",
                                         "0",
                                         "1234567",
                                         " ",
                                         "-",
                                         ".",
                                         "\xc3\xa4",
                                         "\"",
                                         "\\n",
                                         "7"};
    size_t size = 0, wanted = (size_t)rand() % 200;
    while (size < wanted) {
        const char *piece = pieces[(size_t)rand() % (sizeof pieces / sizeof *pieces)];
        size_t times = rand() % 40 == 0 ? 1 + (size_t)rand() % 20 : 1; /* long runs */
        for (size_t i = 0; i < times && size + strlen(piece) <= TEXT_SIZE_MAX; i++) {
            memcpy(bytes + size, piece, strlen(piece));
            size += strlen(piece);
        }
    }
    return size;
}

static void adds_every_indexable_word(void **state)
{
    struct words found = {0}, expected = {0};
    size_t total = 0;
    (void)state;
    srand(7);
    for (unsigned i = 0; i < TEXTS; i++) {
        char *bytes = mem_alloc(TEXT_SIZE_MAX); /* so that what is read behind the text is found */
        struct str text = str_from(bytes, make_text(bytes));
        bytes = mem_resize(bytes, text.size);
        text.data = bytes;
        found.count = expected.count = 0;
        words_add(&found, text);
        expect_all(&expected, text);
        words_sort(&found);
        words_sort(&expected);
        if (found.count != expected.count ||
            (found.count > 0 && memcmp(found.values, expected.values, found.count * sizeof *found.values) != 0))
            fail_msg("%zu words instead of %zu in '%.*s'", found.count, expected.count, STR_ARG(text));
        total += found.count;
        free(bytes);
    }
    assert_true(total > TEXTS); /* else it has shown nothing */
    words_release(&found);
    words_release(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_every_indexable_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
