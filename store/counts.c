#include "store/counts.h"

#include <stdlib.h>

#include "store/codec.h"
#include "store/error_tally.h"
#include "store/request.h"
#include "store/roll.h"

bool counts_write(struct store *store, struct err *err)
{
    return error_tally_write(store, err) && roll_write(store, PACK_TEMPLATES, &store->templates, err) &&
           roll_write(store, PACK_ENDPOINTS, &store->endpoints, err) &&
           roll_write(store, PACK_PATTERNS, &store->patterns, err);
}

void counts_forget(struct store *store)
{
    error_tally_forget(store);
    request_forget(store);
    roll_forget(&store->templates);
    roll_forget(&store->endpoints);
    roll_forget(&store->patterns);
    map_reset(&store->given);
    map_reset(&store->counted); /* what was kept may not be */
    if (store->origins != NULL)
        memset(store->origins, 0, TEMPLATE_ORIGINS * sizeof *store->origins);
}

void counts_release(struct store *store)
{
    error_tally_release(&store->errors);
    request_release(store);
    map_release(&store->templates.texts);
    map_release(&store->endpoints.texts);
    map_release(&store->patterns.texts);
    map_release(&store->given);
    map_release(&store->counted);
    free(store->origins);
    codec_text_free(store->codec);
}
