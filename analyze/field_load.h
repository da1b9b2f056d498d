/* Reads a file of canonical fields (schemas/fields.yml tells the form): a user's when winnow runs, the built-in one when it is
 * built. */
#ifndef WINNOW_ANALYZE_FIELD_LOAD_H
#define WINNOW_ANALYZE_FIELD_LOAD_H

#include "analyze/analyze.h"
#include "base/map.h"

enum {
    RANK_BUILT_IN = 1 << 18, /* the built-in paths come after a user's */
    RANK_WILDCARD = 1 << 20, /* "*.x" comes after every exact path */
};

struct field_paths {
    struct map map; /* key path, or "*.key" -> rank << 16 | unit << 8 | field */
    uint32_t next_rank;
};

/* Adds the paths of the text; name stands for the file in messages. */
bool field_load(struct field_paths *paths, struct str text, const char *name, struct err *err);

#endif
