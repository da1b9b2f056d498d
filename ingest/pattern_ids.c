#include "ingest/pattern_ids.h"

#include <stdlib.h>

#include "analyze/analyze.h"
#include "base/clock.h"
#include "base/hash.h"
#include "ingest/service.h"

#define PACE_US TIME_SECOND
enum {
    SHARE = 10,
    REMEMBERED_MIN = 1000, /* fewer templates are mined sooner than read */
    MINED_BYTES_MAX = 8 << 20,
};

static bool give_all(struct store *store, const struct patterns *patterns, struct str mined, struct err *err)
{
    struct store_pattern *given = mem_resize_array(NULL, patterns->count + 1, sizeof *given);
    for (uint32_t i = 0; i < patterns->count; i++) {
        const struct pattern *pattern = &patterns->items[i];
        given[i] = (struct store_pattern){
            .hash = hash_bytes(pattern->text.data, pattern->text.size, 0),
            .template = pattern->members[0],
        };
    }
    bool ok = store_patterns_given(store, given, patterns->count, mined, err);
    free(given);
    return ok;
}

static bool give(struct store *store, size_t count_min, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct str *templates;
    size_t count;
    bool due;
    if (!store_patterns_due(store, &due, err))
        return false;
    if (!due)
        return true;
    if (!store_templates(store, &arena, &templates, &count, err))
        return false;
    if (count < count_min)
        return true;
    SCOPED_FREE(patterns) *patterns = patterns_new(templates, count);
    SCOPED(buf) mined = BUF(MINED_BYTES_MAX);
    if (count >= REMEMBERED_MIN)
        patterns_pack(patterns, templates, count, &mined);
    return give_all(store, patterns, mined.size > 0 && !mined.full ? buf_str(&mined) : STR_ABSENT, err);
}

bool pattern_ids_give(struct store *store, struct err *err)
{
    return give(store, 0, err);
}

bool pattern_ids_end(struct store *store, struct err *err)
{
    return give(store, REMEMBERED_MIN, err);
}

bool pattern_ids_tick(struct pattern_ids *ids, struct store *store, int64_t now_us, struct err *err)
{
    if (now_us < ids->due_us)
        return true;
    bool ok = pattern_ids_give(store, err);
    int64_t end_us = service_now_us(), pace_us = (end_us - now_us) * SHARE;
    ids->due_us = end_us + (pace_us > PACE_US ? pace_us : PACE_US);
    return ok;
}
