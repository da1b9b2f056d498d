/* A YAML document as a small immutable tree. The only user of libyaml; for configuration, field and rule files.
 *
 * What a tree holds: scalars (as text, whatever they look like), lists and maps whose keys are scalars. Refused, each
 * with file and line: aliases and merges, application tags, duplicate keys, a second document, and anything past the
 * limits below. The tree lives in the arena it was loaded into and does not point into the loaded text.
 * Any thread, each with its own arena. */
#ifndef WINNOW_ANALYZE_YAML_H
#define WINNOW_ANALYZE_YAML_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

enum {
    YAML_BYTES_MAX = 8 << 20,
    YAML_DEPTH_MAX = 32, /* lists and maps within each other */
    YAML_NODES_MAX = 100000,
};

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_type type;
    bool plain;      /* a scalar without quotes or block style: null, true and 1 mean more than their text */
    unsigned line;   /* where it starts, from 1 */
    struct str text; /* of a scalar; UTF-8, NUL-terminated behind its size */
    const struct yaml_node *key;          /* of a map's member, a scalar; NULL for others */
    const struct yaml_node *first, *next; /* first element or member; the next sibling */
};

/* The document's root. An empty document is an empty map. name stands for the file in messages ("NAME:LINE: ...").
 * ERR_USAGE, and NULL. */
const struct yaml_node *yaml_load(struct str text, const char *name, struct arena *arena, struct err *err);
/* The value of the map's member with this key; NULL when there is none or map is NULL or no map. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

#endif
