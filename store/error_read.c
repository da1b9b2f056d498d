#include <stdlib.h>

#include "base/must.h"
#include "store/error_tally.h"
#include "store/fact.h"
#include "store/memo.h"

/* Hours are read in pages, each in a short read of its own, and visited between the reads: the key of the last row tells where
 * to go on. A commit between two pages may be in the counts of the later hours and not in those of the earlier ones. */
enum { PAGE_ROWS = 1024 };
#define HOUR_US (60 * TIME_MINUTE)

struct hour_row {
    int64_t hour, trait, count;
};

struct page {
    struct hour_row rows[PAGE_ROWS];
    size_t count;
};

static int64_t floor_hour(int64_t time_us)
{
    int64_t moment = fact_moment(time_us);
    return moment / HOUR_US - (moment % HOUR_US < 0);
}

/* Fills the page with what comes behind the row, up to the last hour. */
static bool read_page(struct store *store, const struct hour_row *after, int64_t last, struct page *page,
                      struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "error_hour_page", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, after->hour);
    sql_bind_i64(stmt, 2, after->trait);
    sql_bind_i64(stmt, 3, last);
    sql_bind_i64(stmt, 4, PAGE_ROWS);
    int step;
    page->count = 0;
    while ((step = sql_step(&store->sql, stmt, err)) == 1) {
        must(page->count < PAGE_ROWS);
        page->rows[page->count++] = (struct hour_row){sql_i64(stmt, 0), sql_i64(stmt, 1), sql_i64(stmt, 2)};
    }
    return step == 0;
}

static bool make_count(struct memo *memo, const struct hour_row *row, struct error_count *ret, struct err *err)
{
    struct fact_row trait;
    int64_t hour_us = TIME_NONE;
    bool beyond = __builtin_mul_overflow(row->hour, HOUR_US, &hour_us) ||
                  __builtin_add_overflow(hour_us, FACT_EPOCH_US, &hour_us);
    memo_trim(memo);
    if (!memo_trait(memo, row->trait, &trait, err))
        return false;
    *ret = (struct error_count){
        .hour_us = beyond || row->hour == ERROR_HOUR_NONE ? TIME_NONE : hour_us,
        .source = trait.source,
        .level = trait.level,
        .status = trait.status,
        .service = trait.service,
        .logger = trait.logger,
        .method = trait.method,
        .template = trait.template,
        .other = trait.template.data == memo_other().data,
        .count = row->count > 0 ? (uint64_t)row->count : 0,
    };
    return true;
}

bool store_error_counts(struct store *store, int64_t since_us, int64_t until_us,
                        bool (*visit)(void *context, const struct error_count *), void *context, struct err *err)
{
    bool all = since_us == TIME_NONE && until_us == TIME_NONE;
    struct hour_row after = {.hour = all                     ? INT64_MIN
                                     : since_us == TIME_NONE ? ERROR_HOUR_NONE
                                                             : floor_hour(since_us) - 1,
                             .trait = INT64_MAX};
    int64_t last = until_us == TIME_NONE ? INT64_MAX : floor_hour(until_us - 1);
    struct page *page = mem_alloc(sizeof *page);
    struct memo *memo = memo_new(store);
    bool ok = true, more = until_us != TIME_NONE + 1;
    while (ok && more) {
        ok = read_page(store, &after, last, page, err);
        more = ok && page->count == PAGE_ROWS;
        for (size_t i = 0; ok && i < page->count; i++) {
            struct error_count count;
            after = page->rows[i];
            ok = make_count(memo, &after, &count, err);
            if (ok && !visit(context, &count)) {
                more = false;
                break;
            }
        }
    }
    memo_free(memo);
    free(page);
    return ok;
}

/* ---- Ever -------------------------------------------------------------------------------------------------------------- */

struct listing {
    struct arena arena;
    struct error_template *rows;
    size_t count, capacity;
};

static int64_t time_of(int64_t moment)
{
    int64_t time_us;
    return moment == TIME_NONE || __builtin_add_overflow(moment, FACT_EPOCH_US, &time_us) ? TIME_NONE : time_us;
}

static void list_row(struct listing *listing, struct sqlite3_stmt *stmt)
{
    if (listing->count == listing->capacity) {
        listing->capacity = listing->capacity ? listing->capacity * 2 : 64;
        listing->rows = mem_resize_array(listing->rows, listing->capacity, sizeof *listing->rows);
    }
    int64_t count = sql_i64(stmt, 1);
    struct str text = sql_str(stmt, 6);
    listing->rows[listing->count++] = (struct error_template){
        .template = arena_str(&listing->arena, str_slice(text, 0, FACT_TEMPLATE_MAX)),
        .other = sql_i64(stmt, 0) == TEMPLATE_OTHER,
        .first_us = time_of(sql_time(stmt, 2)),
        .last_us = time_of(sql_time(stmt, 3)),
        .first_record = (uint64_t)sql_i64(stmt, 4),
        .last_record = (uint64_t)sql_i64(stmt, 5),
        .count = count > 0 ? (uint64_t)count : 0,
    };
}

static int compare_rows(const void *a, const void *b)
{
    const struct error_template *x = a, *y = b;
    if (x->other != y->other)
        return x->other ? -1 : 1;
    if (x->template.data == NULL || y->template.data == NULL)
        return (x->template.data != NULL) - (y->template.data != NULL);
    return str_compare(x->template, y->template);
}

/* A text may stand in name, and so here, more than once. */
static void join_rows(struct error_template *to, const struct error_template *from)
{
    to->count += from->count;
    if (to->first_us == TIME_NONE || (from->first_us != TIME_NONE && from->first_us < to->first_us))
        to->first_us = from->first_us;
    if (from->last_us > to->last_us) /* TIME_NONE is the least there is */
        to->last_us = from->last_us;
    if (from->first_record < to->first_record)
        to->first_record = from->first_record;
    if (from->last_record > to->last_record)
        to->last_record = from->last_record;
}

static bool read_templates(struct store *store, struct listing *listing, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "template_errors", err);
    if (stmt == NULL)
        return false;
    int step;
    while ((step = sql_step(&store->sql, stmt, err)) == 1)
        list_row(listing, stmt);
    if (step == 0 && listing->count > 0)
        qsort(listing->rows, listing->count, sizeof *listing->rows, compare_rows);
    return step == 0;
}

bool store_error_templates(struct store *store, bool (*visit)(void *context, const struct error_template *),
                           void *context, struct err *err)
{
    struct listing listing = {0};
    bool ok = read_templates(store, &listing, err), more = true;
    for (size_t i = 0, next; ok && more && i < listing.count; i = next) {
        struct error_template *row = &listing.rows[i];
        for (next = i + 1; next < listing.count && compare_rows(row, &listing.rows[next]) == 0; next++)
            join_rows(row, &listing.rows[next]);
        if (row->other)
            row->template = memo_other();
        more = visit(context, row);
    }
    arena_release(&listing.arena);
    free(listing.rows);
    return ok;
}
