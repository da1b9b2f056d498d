#include "store/fact.h"

#include <stdlib.h>

#include "base/must.h"
#include "store/hot.h"
#include "store/memo.h"

/* Facts are read in pages, each in a short read of its own, and visited between the reads. So that the answer is that of
 * one moment all the same, the first read takes the record counter and the facts of pending records, which a commit may
 * replace; the pages then leave out what came later and what was pending. Names and traits are looked up when a row is visited. */
enum { PAGE_ROWS = 1024, TABLE_COUNT = 4 };

static const struct fact_table {
    uint8_t kinds;
    const char *page; /* its statement */
} tables[TABLE_COUNT] = {
    {KIND_AUTH_FAILURE | KIND_AUTH_SUCCESS, "fact_auth_page"},
    {KIND_RATE_LIMIT, "fact_rate_limit_page"},
    {KIND_DENIAL, "fact_denial_page"},
    {KIND_ERROR, "fact_error_page"},
};

/* A fact as it stands in the file: user, client_ip and path are ids, or 0 when fact has the text. */
struct row {
    struct fact_row fact;
    int64_t trait, user, client_ip, path;
    bool has_number;
    int64_t number; /* behind the path's name */
};

/* Rows of one table still to be visited, in record order. */
struct cursor {
    const struct fact_table *table;
    struct row *rows; /* in arena */
    size_t count, at;
    uint64_t last; /* record last read */
    bool end;      /* no more pages */
    struct arena arena;
};

struct reading {
    struct store *store;
    const struct fact_ask *ask;
    uint64_t bound;         /* records from here on came later */
    uint64_t after, before; /* records of the time asked for have numbers between these */
    uint64_t *pending;      /* record numbers, sorted */
    size_t pending_count;
    struct cursor cursors[2 * TABLE_COUNT]; /* of each table the pages, then those of pending records */
    struct memo *memo;
};

static bool wants_source(const struct fact_ask *ask, int64_t source)
{
    if (ask->sources == NULL)
        return true;
    for (size_t i = 0; i < ask->source_count; i++) {
        if (ask->sources[i] == source)
            return true;
    }
    return false;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool is_pending(const struct reading *reading, uint64_t number)
{
    return reading->pending_count > 0 && bsearch(&number, reading->pending, reading->pending_count,
                                                 sizeof *reading->pending, compare_numbers) != NULL;
}

static int64_t time_of(int64_t moment)
{
    int64_t time_us;
    if (moment == TIME_NONE || __builtin_add_overflow(moment, FACT_EPOCH_US, &time_us))
        return TIME_NONE;
    return time_us;
}

/* An id or a text of its own. */
static void take_text(struct sqlite3_stmt *stmt, int column, struct arena *arena, int64_t *ret_id, struct str *ret_text)
{
    if (sql_is_i64(stmt, column))
        *ret_id = sql_i64(stmt, column);
    else
        *ret_text = arena_str(arena, sql_str(stmt, column));
}

static void take_row(struct sqlite3_stmt *stmt, const struct fact_table *table, struct arena *arena, struct row *ret)
{
    *ret = (struct row){
        .trait = sql_i64(stmt, 2),
        .fact =
            {
                .record = (uint64_t)sql_i64(stmt, 0),
                .time_us = time_of(sql_time(stmt, 1)),
                .kinds = table->kinds,
            },
        .has_number = sql_is_i64(stmt, 6),
        .number = sql_i64(stmt, 6),
    };
    take_text(stmt, 3, arena, &ret->user, &ret->fact.user);
    take_text(stmt, 4, arena, &ret->client_ip, &ret->fact.client_ip);
    take_text(stmt, 5, arena, &ret->path, &ret->fact.path);
    if (table->kinds & KIND_AUTH_FAILURE)
        ret->fact.kinds = sql_i64(stmt, 7) == 1 ? KIND_AUTH_SUCCESS : KIND_AUTH_FAILURE;
}

/* Appends the rows of records above `after` and below `before` to the cursor, at most PAGE_ROWS in all; *ret_seen counts
 * those read, wanted or not. */
static bool read_rows(struct reading *reading, struct cursor *cursor, uint64_t after, uint64_t before, bool pending,
                      size_t *ret_seen, struct err *err)
{
    struct sql *sql = &reading->store->sql;
    const struct fact_ask *ask = reading->ask;
    struct sqlite3_stmt *stmt = sql_use(sql, cursor->table->page, err);
    if (stmt == NULL)
        return false;
    sql_bind_u64(stmt, 1, after);
    sql_bind_u64(stmt, 2, before);
    sql_bind_time(stmt, 3, fact_moment(ask->since_us));
    sql_bind_time(stmt, 4, fact_moment(ask->until_us));
    sql_bind_i64(stmt, 5, PAGE_ROWS);
    bool logins = (cursor->table->kinds & KIND_AUTH_FAILURE) != 0;
    unsigned outcomes = ask->kinds & (KIND_AUTH_FAILURE | KIND_AUTH_SUCCESS);
    if (logins && (outcomes & (outcomes - 1)) == 0)
        sql_bind_i64(stmt, 6, outcomes == KIND_AUTH_SUCCESS);
    int step;
    *ret_seen = 0;
    while ((step = sql_step(sql, stmt, err)) == 1) {
        must(*ret_seen < PAGE_ROWS);
        ++*ret_seen;
        uint64_t number = (uint64_t)sql_i64(stmt, 0);
        cursor->last = number;
        if (is_pending(reading, number) == pending)
            take_row(stmt, cursor->table, &cursor->arena, &cursor->rows[cursor->count++]);
    }
    return step == 0;
}

/* Makes sure that a row stands at cursor->at, or the cursor has ended. */
static bool fill(struct reading *reading, struct cursor *cursor, struct err *err)
{
    while (cursor->at == cursor->count && !cursor->end) {
        arena_reset(&cursor->arena);
        cursor->rows = ARENA_ARRAY(&cursor->arena, struct row, PAGE_ROWS);
        cursor->at = cursor->count = 0;
        size_t seen;
        if (!read_rows(reading, cursor, cursor->last, reading->before, false, &seen, err))
            return false;
        cursor->end = seen < PAGE_ROWS;
    }
    return true;
}

/* ---- The first read -------------------------------------------------------------------------------------------------- */

static bool read_bound(struct reading *reading, struct err *err)
{
    struct sql *sql = &reading->store->sql;
    struct sqlite3_stmt *stmt = sql_use(sql, "next_record", err);
    if (stmt == NULL)
        return false;
    int step = sql_step(sql, stmt, err);
    if (step < 0)
        return false;
    int64_t bound = step == 1 ? sql_i64(stmt, 0) : 0;
    sql_rest(stmt);
    if (bound < 1)
        return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: no record counter", reading->store->path);
    reading->bound = (uint64_t)bound;
    if (reading->ask->ret_last_number != NULL)
        *reading->ask->ret_last_number = reading->bound - 1;
    return true;
}

/* Narrows after and before to the numbers that records of the time asked for can have. */
static bool read_range(struct reading *reading, struct err *err)
{
    const struct fact_ask *ask = reading->ask;
    reading->after = ask->after < reading->bound ? ask->after : reading->bound;
    reading->before = reading->bound;
    return (ask->since_us == TIME_NONE && ask->until_us == TIME_NONE) ||
           fact_range(reading->store, ask->since_us, ask->until_us, &reading->after, &reading->before, err);
}

static bool read_pending_numbers(struct reading *reading, struct err *err)
{
    struct sql *sql = &reading->store->sql;
    struct sqlite3_stmt *stmt = sql_use(sql, "hot_pending_numbers", err);
    if (stmt == NULL)
        return false;
    size_t capacity = 0;
    int step;
    while ((step = sql_step(sql, stmt, err)) == 1) {
        int64_t number = sql_i64(stmt, 0);
        if (number < 1 || (uint64_t)number >= reading->bound)
            continue;
        if (reading->pending_count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            reading->pending = mem_resize_array(reading->pending, capacity, sizeof *reading->pending);
        }
        reading->pending[reading->pending_count++] = (uint64_t)number;
    }
    return step == 0;
}

/* The record itself, copied; NULL when it is damaged. */
static bool read_pending_record(struct reading *reading, uint64_t number, struct arena *arena,
                                const struct scan_record **ret, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&reading->store->sql, "hot_read", err);
    if (stmt == NULL)
        return false;
    sql_bind_u64(stmt, 1, number);
    int step = sql_step(&reading->store->sql, stmt, err);
    struct scan_record *rec = arena_zalloc(arena, sizeof *rec);
    *ret = NULL;
    if (step == 1 && hot_row(stmt, rec)) {
        rec->record.raw = arena_str(arena, rec->record.raw);
        *ret = rec;
    }
    sql_rest(stmt);
    return step >= 0;
}

static bool read_pending_facts(struct reading *reading, struct cursor *cursor, struct err *err)
{
    cursor->end = true;
    cursor->rows = ARENA_ARRAY(&cursor->arena, struct row, reading->pending_count + 1);
    for (size_t i = 0; i < reading->pending_count; i++) {
        size_t seen, first = cursor->count;
        uint64_t number = reading->pending[i];
        if (number <= reading->ask->after)
            continue;
        if (!read_rows(reading, cursor, number - 1, number + 1, true, &seen, err))
            return false;
        for (size_t row = first; row < cursor->count; row++)
            if (!read_pending_record(reading, number, &cursor->arena, &cursor->rows[row].fact.pending, err))
                return false;
    }
    return true;
}

static bool begin(struct reading *reading, struct err *err)
{
    if (!read_bound(reading, err) || !read_range(reading, err) || !read_pending_numbers(reading, err))
        return false;
    for (unsigned i = 0; i < 2 * TABLE_COUNT; i++) {
        struct cursor *cursor = &reading->cursors[i];
        cursor->table = &tables[i % TABLE_COUNT];
        cursor->last = reading->after;
        if ((cursor->table->kinds & reading->ask->kinds) == 0 || (i >= TABLE_COUNT && reading->ask->final))
            cursor->end = true;
        else if (!(i < TABLE_COUNT ? fill(reading, cursor, err) : read_pending_facts(reading, cursor, err)))
            return false;
    }
    return true;
}

/* ---- Visiting -------------------------------------------------------------------------------------------------------- */

/* The cursor with the lowest record number, NULL when all have ended. */
static struct cursor *lowest(struct reading *reading)
{
    struct cursor *found = NULL;
    for (unsigned i = 0; i < 2 * TABLE_COUNT; i++) {
        struct cursor *cursor = &reading->cursors[i];
        if (cursor->at < cursor->count &&
            (found == NULL || cursor->rows[cursor->at].fact.record < found->rows[found->at].fact.record))
            found = cursor;
    }
    return found;
}

static bool resolve_name(struct reading *reading, int64_t id, struct str *text, struct err *err)
{
    return id == 0 || memo_name(reading->memo, id, text, err);
}

/* Makes the row whole; what is added lives until the next one is made so. */
static bool resolve(struct reading *reading, struct row *row, struct err *err)
{
    struct fact_row *fact = &row->fact, trait;
    memo_trim(reading->memo);
    if (!memo_trait(reading->memo, row->trait, &trait, err) || !resolve_name(reading, row->user, &fact->user, err) ||
        !resolve_name(reading, row->client_ip, &fact->client_ip, err) ||
        !resolve_name(reading, row->path, &fact->path, err))
        return false;
    if (row->path != 0 && row->has_number)
        fact->path = memo_join(reading->memo, fact->path, row->number);
    fact->source = trait.source;
    fact->level = trait.level;
    fact->status = trait.status;
    fact->service = trait.service;
    fact->logger = trait.logger;
    fact->method = trait.method;
    fact->template = trait.template;
    return true;
}

/* Looks up what a page of rows refers to, in one read: a read of its own for each name would cost more than the name. */
static bool look_up(struct reading *reading, const struct cursor *cursor, struct err *err)
{
    bool ok = sql_run(&reading->store->sql, "begin_read", err);
    if (!ok)
        return false;
    memo_trim(reading->memo);
    for (size_t i = cursor->at; ok && i < cursor->count; i++) {
        const struct row *row = &cursor->rows[i];
        struct fact_row trait;
        struct str text;
        ok = memo_trait(reading->memo, row->trait, &trait, err) && resolve_name(reading, row->user, &text, err) &&
             resolve_name(reading, row->client_ip, &text, err) && resolve_name(reading, row->path, &text, err);
    }
    return sql_run(&reading->store->sql, "commit", ok ? err : NULL) && ok;
}

static bool visit_all(struct reading *reading, bool (*visit)(void *context, const struct fact_row *), void *context,
                      struct err *err)
{
    struct cursor *cursor;
    while ((cursor = lowest(reading)) != NULL) {
        if (cursor->at == 0 && !look_up(reading, cursor, err))
            return false;
        struct row *row = &cursor->rows[cursor->at++];
        if (!resolve(reading, row, err))
            return false;
        if (wants_source(reading->ask, row->fact.source) && !visit(context, &row->fact))
            return true;
        if (!fill(reading, cursor, err))
            return false;
    }
    return true;
}

bool store_facts(struct store *store, const struct fact_ask *ask, bool (*visit)(void *context, const struct fact_row *),
                 void *context, struct err *err)
{
    struct reading reading = {.store = store, .ask = ask, .memo = memo_new(store)};
    bool ok = sql_run(&store->sql, "begin_read", err);
    if (ok) {
        ok = begin(&reading, err);
        ok = sql_run(&store->sql, "commit", ok ? err : NULL) && ok;
    }
    ok = ok && visit_all(&reading, visit, context, err);
    for (unsigned i = 0; i < 2 * TABLE_COUNT; i++)
        arena_release(&reading.cursors[i].arena);
    memo_free(reading.memo);
    free(reading.pending);
    return ok;
}
