#include "store_case.h"

#include "query/mention.h"
#include "store/word.h"

static void which_words_are_indexed(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        bool indexable;
    } cases[] = {
        {"abcde1", true},
        {"abcd1", false},
        {"abcdef", false},
        {"123456", false}, /* digits alone: too many of them are times and sizes */
        {"123456Z", false},
        {"123456z", true},
        {"1a2b3c4d", false}, /* eight hex digits: the first part of a UUID */
        {"1a2b3c4g", true},
        {"1a2b3c4d5", true},
        {"192.0.2.1", true},
        {"192.0.2", false},
        {"192.0.2.1.5", false},
        {"1920.0.2.1", false},
        {"192.0.2.a", false},
        {"a_b_c_9", true},
        {"", false},
        {"abc-de1", false},
        {"abcde1 ", false},
        {"req_7F3a", true},
        {"\xc3\xa4"
         "bcde1",
         false},
        {"______", false},
        {"9_____", true},
        {"-123456789012", true}, /* the last part of a UUID */
        {"-12345678901", false},
        {"-1234567890123", false},
        {"-12345678901a", false},
        {"123456789012", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (store_word_indexable(str_of(cases[i].word)) != cases[i].indexable)
            fail_msg("'%s'", cases[i].word);
    }
    char longest[130];
    memset(longest, '7', sizeof longest);
    longest[0] = 'x';
    assert_true(store_word_indexable(str_from(longest, 128)));
    assert_false(store_word_indexable(str_from(longest, 129)));
    assert_false(store_word_indexable(STR("abc\0de1")));
}

static struct buf index_of(struct batch *batch)
{
    struct buf index = BUF(1 << 20);
    encode(batch);
    buf_add_str(&index, buf_str(&batch->image.index));
    return index;
}

/* What the part says that begins last at or before the fingerprint. */
static enum word_found find_in_parts(struct str index, uint32_t fingerprint)
{
    uint32_t begin, best_begin = 0;
    struct str part, best = STR("");
    while (words_take_part(&index, &begin, &part) && begin <= fingerprint) {
        best = part;
        best_begin = begin;
    }
    return word_find(best, best_begin, fingerprint);
}

static bool has(const struct buf *index, const char *word)
{
    enum word_found found = find_in_parts(buf_str(index), word_fingerprint(str_of(word)));
    assert_int_not_equal(found, WORD_DAMAGED);
    return found == WORD_PRESENT;
}

static void finds_what_stands_anywhere(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("first01 {\"id\":\"req_000111\",x:middle22}last03"), 0, T0);
    put_line(batch, STR(""), 0, T0);
    put_line(batch,
             STR("\0"
                 "nul0000\0\xff"
                 "high11\xff"),
             0, T0);
    put_line(batch, STR("first01 again"), 0, T0);
    put_line(batch, STR("tail9999"), RECORD_TAIL | RECORD_NO_NEWLINE, T0);
    SCOPED(buf) index = index_of(batch);
    assert_true(has(&index, "first01") && has(&index, "req_000111") && has(&index, "middle22"));
    assert_true(has(&index, "last03") && has(&index, "nul0000") && has(&index, "high11"));
    assert_false(has(&index, "tail9999")); /* hot records are always looked at */
    assert_false(has(&index, "q_000111")); /* whole words only */
    assert_false(has(&index, "absent1"));
}

static void finds_each_of_many_and_hardly_another(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    put_run(batch, 1, "/a", 0);
    enum { LINES = 3000 };
    char line[64];
    for (unsigned i = 0; i < LINES; i++) {
        int size = snprintf(line, sizeof line, "id=x%08x other=q%06u", i * 2654435761u, i);
        put_line(batch, str_from(line, (size_t)size), 0, T0);
    }
    SCOPED(buf) index = index_of(batch);
    unsigned strangers = 0;
    for (unsigned i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "x%08x", i * 2654435761u); /* a few of them have no digit */
        assert_true(has(&index, line) == store_word_indexable(str_of(line)));
        snprintf(line, sizeof line, "q%06u", i);
        assert_true(has(&index, line));
        snprintf(line, sizeof line, "z%06u", i);
        strangers += has(&index, line);
    }
    assert_true(strangers < 5); /* 3 000 * 6 000 / 2^28 = 0.07 expected */
    batch_reset(batch);
}

static void addresses_are_words_too(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("from 192.0.2.17 port 22, [198.51.100.1]:80 and 10.1.2.3.4 or v203.0.113.9 203.0.113.8x"), 0,
             T0);
    SCOPED(buf) index = index_of(batch);
    assert_true(has(&index, "192.0.2.17") && has(&index, "198.51.100.1"));
    assert_true(has(&index, "10.1.2.3") && has(&index, "1.2.3.4")); /* a dot may stand beside a whole token */
    assert_false(has(&index, "192.0.2.1"));
    assert_false(has(&index, "203.0.113.8"));
}

static void ends_of_uuids_without_a_letter_are_words(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    enum { LINES = 500 };
    char line[160];
    put_run(batch, 1, "/a", 0);
    for (unsigned i = 0; i < LINES; i++) {
        int size =
            snprintf(line, sizeof line, "{\"id\":\"%08x-1234-5678-9012-%012u\",\"n\":-%012u,\"m\":%012u} of 7-4-%012u",
                     i * 2654435761u, i * 7919, i + 1, i + 2, i * 31 + 3);
        put_line(batch, str_from(line, (size_t)size), 0, T0);
    }
    SCOPED(buf) index = index_of(batch);
    for (unsigned i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "%08x-1234-5678-9012-%012u", i * 2654435761u, i * 7919);
        struct str word = mention_word(str_of(line));
        assert_true(str_equal(word, str_of(line + 23)) && has(&index, line + 23));
        snprintf(line, sizeof line, "-%012u", i * 31 + 3);
        assert_true(has(&index, line));
    }
    assert_false(has(&index, "-999999999999"));
    assert_int_equal(mention_word(STR("-123456789012")).size, 0); /* as a number it is not one */
    assert_int_equal(mention_word(STR("123456789012")).size, 0);
    batch_reset(batch);
}

static void lists_come_back(void **state)
{
    (void)state;
    for (uint32_t count = 0; count < 3000; count = count * 3 / 2 + 1) {
        uint32_t *numbers = calloc(count + 1, sizeof *numbers);
        uint32_t value = 0;
        for (uint32_t i = 0; i < count; i++) {
            value += 1 + (i % 7 == 0 ? i * 1000 : i % 3);
            numbers[i] = value;
        }
        if (count > 0)
            numbers[count - 1] = UINT32_MAX;
        SCOPED(buf) packed = BUF(1 << 20);
        SCOPED(words) back = {0};
        numbers_pack(numbers, count, &packed);
        assert_true(numbers_unpack(buf_str(&packed), &back));
        assert_int_equal(back.count, count);
        if (count > 0)
            assert_memory_equal(back.values, numbers, count * sizeof *numbers);
        free(numbers);
    }
}

static void an_empty_index_holds_nothing(void **state)
{
    struct store_case *test_case = *state;
    put_run(test_case->batch, 1, "/a", 0);
    put_line(test_case->batch, STR("no word here"), 0, T0);
    SCOPED(buf) index = index_of(test_case->batch);
    assert_false(has(&index, "absent1"));
}

static void every_flipped_bit_is_noticed(void **state)
{
    struct store_case *test_case = *state;
    put_run(test_case->batch, 1, "/a", 0);
    put_line(test_case->batch, STR("abc001 abc002 abc003 abc004"), 0, T0);
    SCOPED(buf) index = index_of(test_case->batch);
    struct str rest = buf_str(&index), part;
    uint32_t begin, wanted = word_fingerprint(STR("abc003"));
    assert_true(words_take_part(&rest, &begin, &part) && begin == 0 && rest.size == 0);
    char *bytes = index.data + (part.data - index.data);
    for (size_t bit = 0; bit < part.size * 8; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
        assert_int_equal(word_find(part, 0, wanted), WORD_DAMAGED);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
    }
    for (size_t size = 0; size < part.size; size++)
        assert_int_equal(word_find(str_slice(part, 0, size), 0, wanted), WORD_DAMAGED);
    assert_int_equal(word_find(part, 0, wanted), WORD_PRESENT);
}

/* Who knows the fingerprints can choose words that stand side by side; the gap behind or before them costs no more than they do. */
static void gaps_are_short(void **state)
{
    (void)state;
    enum { COUNT = 60000 };
    static const uint32_t begins[] = {0, FINGERPRINTS / 2, FINGERPRINTS - COUNT};
    for (size_t b = 0; b < sizeof begins / sizeof *begins; b++) {
        SCOPED(words) words = {0}, back = {0};
        SCOPED(buf) index = BUF(1 << 20);
        words.values = mem_resize_array(NULL, COUNT, sizeof *words.values);
        for (words.capacity = COUNT; words.count < COUNT; words.count++)
            words.values[words.count] = begins[b] + (uint32_t)words.count;
        words_pack(&words, &index);
        struct str rest = buf_str(&index), part;
        uint32_t begin, end = 0;
        while (words_take_part(&rest, &begin, &part))
            assert_true(words_add_part(&back, &end, begin, part));
        assert_true(end == FINGERPRINTS && back.count == COUNT);
        assert_memory_equal(back.values, words.values, COUNT * sizeof *words.values);
    }
}

/* Many words take several parts, whose sizes fit pages. */
static void parts_hold_what_lists_do(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    SCOPED(words) words = {0}, back = {0};
    SCOPED(buf) index = BUF(1 << 20);
    for (unsigned i = 0; i < COUNT; i++) {
        char text[32];
        snprintf(text, sizeof text, "req_%06u", i);
        words_add(&words, str_of(text));
    }
    words_sort(&words);
    words_pack(&words, &index);
    struct str rest = buf_str(&index), part;
    uint32_t begin, end = 0, parts = 0, last = 0;
    while (words_take_part(&rest, &begin, &part)) {
        assert_true(part.size <= WORDS_PART_BYTES);
        assert_true(words_add_part(&back, &end, begin, part));
        /* Behind its end it says nothing, as when the next one is missing. */
        assert_true(end == FINGERPRINTS || word_find(part, begin, end) == WORD_DAMAGED);
        assert_int_equal(word_find(part, begin, end - 1),
                         back.values[back.count - 1] == end - 1 ? WORD_PRESENT : WORD_ABSENT);
        assert_false(words_add_part(&back, &end, begin, part)); /* not the next one */
        last = begin;
        parts++;
    }
    assert_true(parts > 4 && end == FINGERPRINTS && word_find(part, last, last - 1) == WORD_DAMAGED);
    assert_true(back.count == words.count &&
                memcmp(back.values, words.values, words.count * sizeof *words.values) == 0);
    for (size_t i = 0; i < words.count; i += 7)
        assert_int_equal(find_in_parts(buf_str(&index), words.values[i]), WORD_PRESENT);
    assert_false(has(&index, "absent1"));
}

/* The values are kept in stores. */
static void fingerprints_never_change(void **state)
{
    (void)state;
    uint64_t hash = 0;
    static const char *const words[] = {"req_000111", "7f3a9c2e", "a1b2c3d4e5f60718293a4b5c6d7e8f90"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        hash = hash * 31 + word_fingerprint(str_of(words[i]));
    assert_true(hash == UINT64_C(216464268122));
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(which_words_are_indexed),
        CASE(finds_what_stands_anywhere),
        CASE(finds_each_of_many_and_hardly_another),
        CASE(addresses_are_words_too),
        CASE(ends_of_uuids_without_a_letter_are_words),
        CASE(lists_come_back),
        CASE(parts_hold_what_lists_do),
        CASE(gaps_are_short),
        CASE(an_empty_index_holds_nothing),
        CASE(every_flipped_bit_is_noticed),
        CASE(fingerprints_never_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
