#include "store/prune_name.h"

#include <stdlib.h>

#include "store/name.h"
#include "store/trait.h"

/* Facts refer to traits and names, traits to names. All that is referred to is marked in one reading, which nobody else can make
 * wrong, since there is one writer; what is not goes, a few rows in each transaction. The row with the highest id stays, whatever
 * it is, so that no id is ever given again: a reader may remember what it stood for. */

enum {
    IDS_MAX = 1 << 28, /* with ids beyond that, which no store of ours has, nothing goes */
    TRANSACTION_ROWS = 2000,
    LEVEL_NAMES = LEVEL_CRITICAL,
};

struct marks {
    uint8_t *bits;
    uint64_t size; /* ids there is room for */
    bool beyond;   /* one was above IDS_MAX */
};

struct sweep {
    struct store *store;
    struct marks traits, names;
};

static void sweep_release(struct sweep *s)
{
    free(s->traits.bits);
    free(s->names.bits);
}

static void mark(struct marks *marks, int64_t id)
{
    if (id < 1)
        return;
    if (id >= IDS_MAX) {
        marks->beyond = true;
        return;
    }
    if ((uint64_t)id >= marks->size) {
        uint64_t size = ((uint64_t)id * 2 + 1024) / 8 * 8;
        marks->bits = mem_resize(marks->bits, size / 8);
        memset(marks->bits + marks->size / 8, 0, (size - marks->size) / 8);
        marks->size = size;
    }
    marks->bits[id / 8] |= (uint8_t)(1u << id % 8);
}

static bool is_marked(const struct marks *marks, int64_t id)
{
    return id < 1 || ((uint64_t)id < marks->size && marks->bits[id / 8] >> id % 8 & 1);
}

/* Columns: the trait's id, then what may be ids of names; a text stands for itself. */
static bool mark_rows(struct sweep *s, const char *statement, int columns, bool of_trait, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&s->store->sql, statement, err);
    if (stmt == NULL)
        return false;
    int step;
    while ((step = sql_step(&s->store->sql, stmt, err)) == 1) {
        int64_t trait = sql_i64(stmt, 0);
        if (of_trait && !is_marked(&s->traits, trait))
            continue;
        if (!of_trait)
            mark(&s->traits, trait);
        for (int c = 1; c < columns; c++)
            if (sql_is_i64(stmt, c))
                mark(&s->names, sql_i64(stmt, c));
    }
    return step == 0;
}

/* Of each trait that is referred to the one its errors are counted under. */
static bool mark_counted(struct sweep *s, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&s->store->sql, "sweep_counted", err);
    if (stmt == NULL)
        return false;
    int step;
    while ((step = sql_step(&s->store->sql, stmt, err)) == 1)
        if (is_marked(&s->traits, sql_i64(stmt, 0)))
            mark(&s->traits, sql_i64(stmt, 1));
    return step == 0;
}

/* Templates that had errors are kept for good. */
static bool mark_templates(struct sweep *s, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&s->store->sql, "sweep_template_error", err);
    if (stmt == NULL)
        return false;
    int step;
    while ((step = sql_step(&s->store->sql, stmt, err)) == 1)
        mark(&s->names, sql_i64(stmt, 0));
    return step == 0;
}

static bool mark_all(struct sweep *s, struct err *err)
{
    return mark_rows(s, "sweep_auth", 4, false, err) && mark_rows(s, "sweep_rate_limit", 4, false, err) &&
           mark_rows(s, "sweep_denial", 4, false, err) && mark_rows(s, "sweep_error", 4, false, err) &&
           mark_counted(s, err) && mark_rows(s, "sweep_trait", 5, true, err) && mark_templates(s, err);
}

/* The next ids behind *after that nothing refers to; the last row is not among them. */
static bool list_unused(struct sweep *s, const char *statement, const struct marks *marks, int64_t *after, int64_t *ids,
                        size_t *ret_count, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&s->store->sql, statement, err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, *after);
    int step;
    *ret_count = 0;
    for (int64_t before = 0; (step = sql_step(&s->store->sql, stmt, err)) == 1;) {
        if (before > 0 && !is_marked(marks, before))
            ids[(*ret_count)++] = before;
        *after = before > 0 ? before : *after;
        before = sql_i64(stmt, 0);
        if (*ret_count < TRANSACTION_ROWS)
            continue;
        sql_rest(stmt);
        return true;
    }
    return step == 0;
}

static bool delete_rows(struct sweep *s, const char *statement, const int64_t *ids, size_t count, struct err *err)
{
    struct sql *sql = &s->store->sql;
    bool ok = sql_run(sql, "begin_write", err);
    for (size_t i = 0; i < count && ok; i++) {
        struct sqlite3_stmt *stmt = sql_use(sql, statement, err);
        ok = stmt != NULL;
        if (!ok)
            break;
        sql_bind_i64(stmt, 1, ids[i]);
        ok = sql_do(sql, stmt, err);
    }
    ok = ok && sql_run(sql, "commit", err);
    if (!ok && sql_in_transaction(sql))
        sql_run(sql, "rollback", NULL);
    if (ok)
        store_checkpoint(s->store);
    return ok;
}

static bool drop_unused(struct sweep *s, const char *list, const char *delete, const struct marks *marks,
                        struct err *err)
{
    int64_t ids[TRANSACTION_ROWS], after = 0;
    size_t count = TRANSACTION_ROWS;
    while (count == TRANSACTION_ROWS)
        if (!list_unused(s, list, marks, &after, ids, &count, err) ||
            (count > 0 && !delete_rows(s, delete, ids, count, err)))
            return false;
    return true;
}

bool prune_names(struct store *store, struct err *err)
{
    __attribute__((cleanup(sweep_release))) struct sweep s = {.store = store};
    for (int64_t level = 1; level <= LEVEL_NAMES; level++)
        mark(&s.names, level);
    if (!mark_all(&s, err))
        return false;
    if (s.names.beyond || s.traits.beyond)
        return true;
    name_forget(store);
    trait_forget(store);
    return drop_unused(&s, "trait_ids", "trait_delete", &s.traits, err) &&
           drop_unused(&s, "name_ids", "name_delete", &s.names, err);
}
