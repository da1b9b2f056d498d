#include "store/error_tally.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/must.h"
#include "store/fact.h"
#include "store/trait.h"

#define HOUR_US (60 * TIME_MINUTE)

static int64_t hour_of(int64_t moment)
{
    return moment == TIME_NONE ? ERROR_HOUR_NONE : moment / HOUR_US - (moment % HOUR_US < 0);
}

static struct error_change *change_at(struct store *store, int64_t moment, int64_t trait)
{
    struct error_tally *tally = &store->errors;
    const int64_t key[] = {hour_of(moment), trait};
    bool is_new;
    struct map_entry *place = map_at(&tally->places, str_from((const char *)key, sizeof key), &is_new);
    if (!is_new)
        return &tally->changes[place->value];
    if (tally->count == tally->capacity) {
        tally->capacity = tally->capacity ? tally->capacity * 2 : 64;
        tally->changes = mem_resize_array(tally->changes, tally->capacity, sizeof *tally->changes);
    }
    place->value = tally->count;
    tally->changes[tally->count] =
        (struct error_change){.hour = key[0], .trait = trait, .first = TIME_NONE, .last = TIME_NONE};
    return &tally->changes[tally->count++];
}

void error_tally_add(struct store *store, uint64_t record, int64_t moment, int64_t trait)
{
    struct error_change *change = change_at(store, moment, trait);
    if (change->added++ == 0)
        change->first_record = record;
    change->last_record = record; /* a commit's records come in order */
    clock_widen(&change->first, &change->last, moment);
}

bool error_tally_take(struct store *store, int64_t record, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "fact_error_read", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, record);
    int step = sql_step(&store->sql, stmt, err);
    if (step == 1) {
        change_at(store, sql_time(stmt, 0), sql_i64(stmt, 1))->taken++;
        sql_rest(stmt);
    }
    return step >= 0;
}

bool error_tally_prune(struct store *store, int64_t first_record, int64_t last_record, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "prune_errors", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, first_record);
    sql_bind_i64(stmt, 2, last_record);
    int step;
    while ((step = sql_step(&store->sql, stmt, err)) == 1)
        change_at(store, sql_time(stmt, 0), sql_i64(stmt, 1))->pruned++;
    return step == 0;
}

/* ---- Into the tables -------------------------------------------------------------------------------------------------- */

static bool do_numbers(struct store *store, const char *name, int64_t first, int64_t second, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, name, err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, first);
    sql_bind_i64(stmt, 2, second);
    return sql_do(&store->sql, stmt, err);
}

static bool write_hour(struct store *store, const struct error_change *change, int64_t trait, struct err *err)
{
    int64_t more = change->added - change->taken - change->pruned;
    if (more == 0)
        return true;
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "error_hour_add", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, change->hour);
    sql_bind_i64(stmt, 2, trait);
    sql_bind_i64(stmt, 3, more);
    return sql_do(&store->sql, stmt, err) &&
           (more > 0 || do_numbers(store, "error_hour_drop", change->hour, trait, err));
}

static bool take_template(struct store *store, const struct error_change *change, int64_t template, struct err *err)
{
    return change->taken == 0 || (do_numbers(store, "template_error_take", template, change->taken, err) &&
                                  do_numbers(store, "template_error_drop", template, 0, err));
}

static bool add_template(struct store *store, const struct error_change *change, int64_t template, struct err *err)
{
    if (change->added == 0)
        return true;
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "template_error_add", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, template);
    sql_bind_i64(stmt, 2, change->added);
    sql_bind_time(stmt, 3, change->first);
    sql_bind_time(stmt, 4, change->last);
    sql_bind_u64(stmt, 5, change->first_record);
    sql_bind_u64(stmt, 6, change->last_record);
    return sql_do(&store->sql, stmt, err);
}

static void reset(struct error_tally *tally)
{
    map_reset(&tally->places);
    tally->count = 0;
}

bool error_tally_write(struct store *store, struct err *err)
{
    struct error_tally *tally = &store->errors;
    for (size_t i = 0; i < tally->count; i++) {
        const struct error_change *change = &tally->changes[i];
        int64_t counted = 0, template = 0;
        if (!trait_counted(store, change->trait, &counted, &template, err) ||
            !write_hour(store, change, counted, err) || !take_template(store, change, template, err) ||
            !add_template(store, change, template, err))
            return false;
    }
    reset(tally);
    return true;
}

void error_tally_forget(struct store *store)
{
    reset(&store->errors);
}

void error_tally_release(struct error_tally *tally)
{
    map_release(&tally->places);
    free(tally->changes);
    *tally = (struct error_tally){0};
}
