#include "ingest/pattern_ids.h"

#include <stdlib.h>

#include "analyze/analyze.h"
#include "base/clock.h"
#include "base/hash.h"
#include "ingest/service.h"

#define PACE_US TIME_SECOND
enum { SHARE = 10 };

static bool give_all(struct store *store, const struct patterns *patterns, struct err *err)
{
    struct store_pattern *given = mem_resize_array(NULL, patterns->count + 1, sizeof *given);
    for (uint32_t i = 0; i < patterns->count; i++) {
        const struct pattern *pattern = &patterns->items[i];
        given[i] = (struct store_pattern){
            .hash = hash_bytes(pattern->text.data, pattern->text.size, 0),
            .template = pattern->members[0],
        };
    }
    bool ok = store_patterns_given(store, given, patterns->count, err);
    free(given);
    return ok;
}

bool pattern_ids_give(struct pattern_ids *ids, struct store *store, struct err *err)
{
    if (store_templates_met(store) == ids->templates)
        return true;
    SCOPED(arena) arena = {0};
    struct str *templates;
    size_t count;
    if (!store_templates(store, &arena, &templates, &count, err))
        return false;
    SCOPED_FREE(patterns) *patterns = patterns_new(templates, count);
    if (!give_all(store, patterns, err))
        return false;
    ids->templates = store_templates_met(store);
    return true;
}

bool pattern_ids_tick(struct pattern_ids *ids, struct store *store, int64_t now_us, int64_t *ret_wait_us,
                      struct err *err)
{
    *ret_wait_us = INT64_MAX;
    if (store_templates_met(store) == ids->templates)
        return true;
    if (now_us < ids->due_us) {
        *ret_wait_us = ids->due_us - now_us;
        return true;
    }
    bool ok = pattern_ids_give(ids, store, err);
    int64_t end_us = service_now_us(), pace_us = (end_us - now_us) * SHARE;
    ids->due_us = end_us + (pace_us > PACE_US ? pace_us : PACE_US);
    return ok;
}
