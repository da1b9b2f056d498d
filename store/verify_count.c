#include "store/known.h"
#include "store/pack.h"
#include "store/request.h"
#include "store/roll.h"
#include "store/verify.h"

/* Counts of errors are held against the facts, in one read, since both change with each commit: a second for some million errors. What
 * is counted of requests is only found to be readable: the records it came from may be pruned in part. */

static bool compare_errors(struct verify *v, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&v->store->sql, "error_hour_wrong", err);
    if (stmt == NULL)
        return false;
    int step = sql_step(&v->store->sql, stmt, err);
    if (step == 1) {
        verify_find(v, "count", 0, "the errors of trait %lld in hour %lld are not as many as are counted",
                    (long long)sql_i64(stmt, 1), (long long)sql_i64(stmt, 0));
        sql_rest(stmt);
    }
    return step >= 0;
}

struct lists {
    size_t templates, endpoints;
    bool damaged;
};

static bool look_at_template(void *context, struct str text)
{
    struct lists *lists = context;
    (void)text;
    lists->templates++;
    return true;
}

static bool look_at_endpoint(void *context, struct str text)
{
    struct lists *lists = context;
    struct endpoint endpoint;
    lists->damaged = lists->damaged || !endpoint_unpack(text, &endpoint) || ++lists->endpoints > ENDPOINTS_ALL;
    return !lists->damaged;
}

static bool look_at_pattern(void *context, struct str text)
{
    struct lists *lists = context;
    struct store_pattern pattern;
    lists->damaged = lists->damaged || !known_unpack(text, &pattern) || pattern.template >= lists->templates;
    return !lists->damaged;
}

static bool look_at_request(void *context, const struct request_count *count)
{
    struct lists *lists = context;
    lists->damaged = lists->damaged || count->timed > count->requests || count->failed > count->requests ||
                     count->refused > count->requests - count->failed;
    return !lists->damaged;
}

static bool look_at_user(void *context, const struct user_count *count)
{
    (void)context, (void)count;
    return true;
}

static bool look_at_mined(struct verify *v, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct str mined;
    return store_patterns_mined(v->store, &arena, &mined, err);
}

/* A commit between the readings only adds; so what names another is read first. */
static bool read_lists(struct verify *v, struct lists *lists, struct err *err)
{
    return store_request_counts(v->store, TIME_NONE, TIME_NONE, look_at_request, lists, err) &&
           store_user_counts(v->store, TIME_NONE, TIME_NONE, look_at_user, lists, err) &&
           roll_each(v->store, PACK_TEMPLATES, look_at_template, lists, err) &&
           roll_each(v->store, PACK_ENDPOINTS, look_at_endpoint, lists, err) &&
           roll_each(v->store, PACK_PATTERNS, look_at_pattern, lists, err) && look_at_mined(v, err);
}

bool verify_counts(struct verify *v, struct err *err)
{
    struct lists lists = {0};
    struct err why = {0};
    if (!compare_errors(v, &why) && !verify_damage(v, "count", 0, &why, err))
        return false;
    if (!read_lists(v, &lists, &why))
        return verify_damage(v, "count", 0, &why, err);
    if (lists.damaged)
        verify_find(v, "count", 0, "what is counted of requests, or an id of a pattern, is not what was written");
    return true;
}
