/* JSON lines: yajl judges whether a line is JSON, then the line is cut into literal text and slots.
 *
 * What counts as JSON is RFC 8259: yajl's verdict, and besides it what yajl lets pass: the text must be UTF-8 and only
 * space, tab, CR and LF are white space. Scalars at the top level are JSON. A byte order mark before the text is taken
 * as white space. Any thread. */
#ifndef WINNOW_ANALYZE_JSON_H
#define WINNOW_ANALYZE_JSON_H

#include "base/batch.h"

enum {
    JSON_SLOTS_MAX = 512,   /* slots of one shape; a line with more is cut less deep */
    JSON_DEPTH_MAX = 16,    /* containers nested deeper are kept whole */
    JSON_ARRAY_MAX = 32,    /* an array with more elements is kept whole */
    JSON_PATH_MAX = 1024,   /* bytes of a key path; containers whose members' paths would be longer are kept whole */
    JSON_QUOTED_MAX = 4096, /* bytes of a line whose quotes are found at once */
};

struct json_cut {
    uint32_t slot_count;
    bool whole;                             /* some container was kept whole: a SLOT_JSON exists */
    struct str slots[JSON_SLOTS_MAX];       /* views into the line */
    struct shape_slot meta[JSON_SLOTS_MAX]; /* path (in the arena given) and kind; the rest zero */
};

/* True when the line is JSON; then ret holds its slots. What paths need is allocated in arena. */
bool json_cut(struct str line, struct arena *arena, struct json_cut *ret);

/* Is the line JSON? The judge alone. */
bool json_valid(struct str line);

/* Scanners that find the end of a token and check it as strictly as the judge. They return the offset behind the
 * token, or 0 when there is none at `from`. json_scan_string starts behind the opening quote and stops at the closing one
 * (which it does not count): an empty string gives `from` itself, failure STR_NONE. */
size_t json_scan_string(struct str text, size_t from);
size_t json_scan_bare(struct str text, size_t from); /* a number, true, false or null */
/* Finds all quotes at once: a bit for each byte of the line. False when the line is longer than JSON_QUOTED_MAX, or has a backslash, a
 * control or a byte that is not ASCII; else every string in it ends at the next quote, as json_scan_string would have it. */
bool json_find_quotes(struct str line, uint64_t *ret_bits);
/* The offset behind the object or array that begins at `at`, STR_NONE when it does not end or has white space that is not JSON's.
 * Counts brackets outside of strings, which is enough where the judge has said that the text is valid. */
size_t json_scan_container(struct str text, size_t at);

/* Decodes the escapes of string content; without a backslash returns it as it is. A lone surrogate becomes U+FFFD. */
struct str json_decode(struct str content, struct arena *arena);

#endif
