/* Tables made from the files of schemas/ when winnow is built (analyze/bake): they lie ready in the binary, so that no start reads YAML. */
#ifndef WINNOW_ANALYZE_TABLE_H
#define WINNOW_ANALYZE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* From texts to values: rows sorted by text, shorter before longer. */
struct table_row {
    uint32_t at, size; /* of the text, in texts */
    uint64_t value;
};
struct table {
    const char *texts;
    const struct table_row *rows;
    size_t count;
};
bool table_find(const struct table *table, struct str text, uint64_t *ret_value);
/* The order of the rows: below 0 when a comes first. */
int table_order(struct str a, struct str b);

/* fields.yml, as field_load.h has it. */
extern const struct table table_fields;

/* signals.yml: all phrases as one tree, walked from the beginning of a word. */
enum {
    MARK_TEXT_SHIFT = 0, /* KIND_ bits of phrases valid anywhere */
    MARK_CODE_SHIFT = 8, /* KIND_ bits of whole codes */
    MARK_LOGIN = 1 << 16,
    MARK_FAILURE = 1 << 17,
    MARK_SUCCESS = 1 << 18,
};
struct signal_table {
    const uint8_t *classes; /* byte -> class; 0 is "in no phrase" */
    const uint8_t *word;    /* byte -> 1 when it is part of a word */
    unsigned class_count;
    const uint32_t *marks; /* of the phrase that ends in a state, or 0; state 0 is the root */
    const uint16_t *next;  /* state * class_count + class -> state, 0 = none */
    const uint8_t *starts; /* a bit for each two bytes that some phrase starts with */
    struct table values;   /* path -> 0, and path '\0' value -> kinds */
};
extern const struct signal_table table_signals;

#endif
