/* What holds for any line of text and any change to it: no read past its end, values in it and in order. */
#ifndef WINNOW_TESTS_UNIT_TEXT_CASE_H
#define WINNOW_TESTS_UNIT_TEXT_CASE_H

#include "analyze/text.h"

/* Values in the line, in order, not overlapping; names in their limits. */
static inline void text_case_check(struct str line)
{
    static struct text_line text;
    if (!text_match(line, &text))
        return;
    assert_true(text.count > 0 && text.count <= TEXT_PIECES_MAX);
    assert_true(text.format > FORMAT_JSON && text.format < FORMAT_COUNT);
    const char *behind = line.data;
    for (uint32_t i = 0; i < text.count; i++) {
        struct str value = text.pieces[i].value;
        assert_true(text.pieces[i].name.size > 0);
        if (str_equal(text.pieces[i].name, STR("priority")) && i == 0)
            continue;
        assert_true(value.data >= behind);
        assert_true(value.data + value.size <= line.data + line.size);
        behind = value.data + value.size;
    }
}

static inline uint64_t text_case_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* The line cut at every byte, then with random changes; exact allocations show a read past the end. */
static inline void text_case_hostile(struct str whole)
{
    static const char bytes[] = " \"[]:=-/<>\\,|#*'\t\r\xff"
                                "1aZ";
    uint64_t seed = 99;
    for (size_t size = 0; size <= whole.size; size++) {
        char *copy = malloc(size ? size : 1);
        memcpy(copy, whole.data, size);
        text_case_check(str_from(copy, size));
        for (size_t k = 0; k < 8 && size > 0; k++) {
            copy[text_case_random(&seed) % size] = bytes[text_case_random(&seed) % sizeof bytes];
            text_case_check(str_from(copy, size));
        }
        free(copy);
    }
}

#endif
