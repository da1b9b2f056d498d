#include "ingest/settle.h"

static bool may_try_again(const struct settle *settle, const struct err *err)
{
    return settle->again != NULL && settle->again(settle->context, err);
}

static bool take(const struct settle *settle, bool *ret_any, struct err *err)
{
    while (!store_settle_take(settle->store, settle->batch, settle->bytes_max, ret_any, err)) {
        batch_reset(settle->batch);
        if (!may_try_again(settle, err))
            return false;
    }
    return true;
}

static bool put(const struct settle *settle, struct err *err)
{
    while (!store_settle(settle->store, settle->batch, err))
        if (!may_try_again(settle, err))
            return false;
    return true;
}

bool settle_some(const struct settle *settle, bool *ret_any, struct err *err)
{
    bool ok = take(settle, ret_any, err);
    if (ok && *ret_any) {
        analyzer_batch(settle->analyzer, settle->batch);
        store_settle_encode(settle->encoder, settle->batch);
        ok = put(settle, err);
    }
    batch_reset(settle->batch);
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
