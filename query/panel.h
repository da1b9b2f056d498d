/* panel: a block of a scan as the analyzer understands it, skeleton by skeleton instead of line by line.
 *
 * All lines of a skeleton have the same literal text around their values, and so the same shape: the analyzer is shown one made-up
 * line of it. The shape tells which slot is which field; a slot's values stand in a column. What that does not hold for is left to
 * who reads lines: text formats, containers kept whole, and records whose message may carry a line of its own.
 *
 * One thread. Views live until panel_begin. */
#ifndef WINNOW_QUERY_PANEL_H
#define WINNOW_QUERY_PANEL_H

#include "analyze/analyze.h"
#include "store/store.h"

struct panel_column {
    const uint32_t *codes; /* NULL: not asked for yet */
    uint32_t count;
    uint8_t *plain; /* of its texts, by code: as a message it carries nothing; NULL: all do not, once that is known */
    bool plain_known;
};

struct panel_skeleton {
    bool looked;
    const struct shape *shape; /* NULL: only its lines tell */
    const uint32_t *columns;   /* of each slot of the shape */
    struct str *values;        /* of each slot: what anybody may put there for a moment */
    const bool *messages;      /* slots that a message can come from; NULL: none can */
    bool plain;                /* no message of it carries a line of its own */
    uint32_t slots;            /* of the block that have it */
};

#define PANEL_VALUE STR("0") /* what stands there else */

enum { PANEL_DEFAULTS_MAX = 16 };

struct panel {
    const struct scan_block *block;
    struct analyzer *analyzer;
    struct panel_column *columns;
    struct panel_skeleton *skeletons;
    const struct source_defaults
        *defaults[PANEL_DEFAULTS_MAX]; /* those of the block's sources that differ; the first is NULL */
    uint32_t default_count;
    uint8_t *default_of; /* of each slot */
    struct buf text;     /* scratch */
    struct arena arena;
    bool damaged;
};

void panel_release(struct panel *panel);
void panel_begin(struct panel *panel, const struct scan_block *block, struct analyzer *analyzer);
/* The defaults of the source that the slots from .. to - 1 are of. False when only its lines tell. */
bool panel_default(struct panel *panel, const struct source_defaults *defaults, uint32_t from, uint32_t to);
const struct panel_skeleton *panel_skeleton(struct panel *panel, uint32_t index);
/* Ready to be asked for codes; codes is NULL when it is damaged, here and below panel->damaged is then set. */
const struct panel_column *panel_column(struct panel *panel, uint32_t index);
/* True when no message of the slot, which has that skeleton, carries a line of its own. */
bool panel_is_plain(struct panel *panel, const struct panel_skeleton *skeleton, uint32_t slot);

#endif
