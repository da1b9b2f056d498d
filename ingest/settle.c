#include "ingest/settle.h"

bool settle_some(const struct settle *settle, bool *ret_any, struct err *err)
{
    struct batch *batch = settle->batch;
    bool ok = store_settle_take(settle->store, batch, settle->bytes_max, ret_any, err);
    if (ok && *ret_any) {
        analyzer_batch(settle->analyzer, batch);
        store_settle_encode(settle->encoder, batch);
        ok = store_settle(settle->store, batch, err);
    }
    batch_reset(batch);
    return ok;
}

bool settle_all(const struct settle *settle, struct err *err)
{
    bool any = true;
    while (any) {
        if (!settle_some(settle, &any, err))
            return false;
    }
    return true;
}

bool settle_rest(struct store *store, const struct field_table *fields, struct err *err)
{
    if (store_hot_records(store) == 0)
        return true;
    struct settle settle = {
        .store = store,
        .analyzer = analyzer_new(fields),
        .encoder = store_encoder_new(),
        .batch = batch_new(),
        .bytes_max = BATCH_BYTES_TARGET,
    };
    bool ok = settle_all(&settle, err);
    analyzer_free(settle.analyzer);
    store_encoder_free(settle.encoder);
    batch_free(settle.batch);
    return ok;
}
