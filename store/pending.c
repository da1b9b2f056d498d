#include <stdlib.h>

#include "base/must.h"
#include "base/scope.h"
#include "store/hot.h"

/* Pending records, each read by itself. */

static bool list_numbers(struct store *store, uint64_t **ret, size_t *ret_count, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "hot_pending_numbers", err);
    int step = stmt == NULL ? -1 : 1;
    size_t capacity = 0;
    while (step == 1 && (step = sql_step(&store->sql, stmt, err)) == 1) {
        if (*ret_count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            *ret = mem_resize_array(*ret, capacity, sizeof **ret);
        }
        (*ret)[(*ret_count)++] = (uint64_t)sql_i64(stmt, 0);
    }
    return step == 0;
}

/* 1: a pending record, its text in raw. 0: it is gone. -1: err. */
static int read_pending(struct store *store, uint64_t number, struct buf *raw, struct scan_record *ret, struct err *err)
{
    int found = hot_read(store, number, raw, ret, err);
    return found == 1 ? (ret->record.flags & RECORD_TAIL) != 0 : found;
}

bool store_pendings(struct store *store, bool (*visit)(void *context, const struct scan_record *), void *context,
                    struct err *err)
{
    uint64_t *numbers = NULL;
    size_t count = 0;
    SCOPED(buf) raw = BUF(RECORD_BYTES_MAX);
    bool ok = list_numbers(store, &numbers, &count, err), more = true;
    for (size_t i = 0; ok && more && i < count; i++) {
        struct scan_record rec;
        int found = read_pending(store, numbers[i], &raw, &rec, err);
        ok = found >= 0;
        if (found == 1)
            more = visit(context, &rec);
    }
    free(numbers);
    return ok;
}
