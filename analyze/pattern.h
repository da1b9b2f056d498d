/* pattern: message templates, and the patterns that are mined from many of them. Pure functions, any thread. */
#ifndef WINNOW_ANALYZE_PATTERN_H
#define WINNOW_ANALYZE_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"

/* The message's first line with what is lexically variable replaced by <*>. */
struct str template_of(struct str message, struct arena *arena);
/* Equal sketches are equal templates (not the other way round), at less than a nanosecond a byte and without memory. Messages of at most
 * TEMPLATE_SKETCH_MAX bytes with equal sketches differ only in words with a digit, and in the white space around them. For tables of this
 * process, whose secret goes into them. */
enum { TEMPLATE_SKETCH_MAX = 16 << 10 };
uint64_t template_sketch(struct str message);
/* Its stable id: "p" and 16 hex digits. */
enum { PATTERN_ID_SIZE = 18 };
const char *pattern_id(struct str template, char text[PATTERN_ID_SIZE]);

/* A pattern: templates that one log statement has printed. */
struct pattern {
    char id[PATTERN_ID_SIZE]; /* of its text */
    struct str text;          /* the template, with <*> where its templates differ; no two patterns have the same */
    const uint32_t *members;  /* indexes of its templates, ascending */
    uint32_t member_count;
};
struct patterns {
    const struct pattern *items; /* in the order of their texts */
    uint32_t count;
    const uint32_t *of; /* of each template: the index of its pattern */
};
/* templates: distinct texts of template_of, in any order: the result is the same. Keeps no views into them. */
struct patterns *patterns_new(const struct str *templates, size_t count);
void patterns_free(struct patterns *patterns);
/* The patterns of these templates as bytes, which give the same patterns again without mining. */
void patterns_pack(const struct patterns *patterns, const struct str *templates, size_t count, struct buf *out);
/* NULL when the bytes are not of these templates in this order, of another version of mining, or damaged. */
struct patterns *patterns_unpack(struct str packed, const struct str *templates, size_t count);
SCOPE_FREE(patterns)

#endif
