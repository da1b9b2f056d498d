#include "store/verify.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/must.h"
#include "store/page.h"

enum { TEXT_MAX = 1024, RANGES_TOLD_MAX = 1024 };

/* ---- Findings -------------------------------------------------------------------------------------------------------- */

static void print(struct buf *text, const char *format, va_list arguments)
{
    char bytes[TEXT_MAX];
    vsnprintf(bytes, sizeof bytes, format, arguments);
    buf_add_text(text, bytes);
}

static void tell(struct verify *v, const struct verify_finding *finding)
{
    v->result->findings++;
    v->ask->find(v->ask->context, finding);
}

void verify_find_blocks(struct verify *v, const char *what, int64_t first, int64_t last, struct str text)
{
    struct verify_finding finding = {
        .what = what, .block = first, .time_min = TIME_NONE, .time_max = TIME_NONE, .text = text};
    size_t count = 0;
    struct verify_run **runs = verify_runs_of(v, first, last, &count);
    struct verify_range *ranges = mem_resize_array(NULL, count + 1, sizeof *ranges);
    for (size_t i = 0; i < count && i < RANGES_TOLD_MAX; i++) {
        const struct run_row *row = &runs[i]->row;
        ranges[finding.range_count++] = (struct verify_range){row->name, row->offset_from, row->offset_to};
        if (row->time_min != TIME_NONE && (finding.time_min == TIME_NONE || row->time_min < finding.time_min))
            finding.time_min = row->time_min;
        if (row->time_max != TIME_NONE && (finding.time_max == TIME_NONE || row->time_max > finding.time_max))
            finding.time_max = row->time_max;
    }
    finding.ranges = ranges;
    tell(v, &finding);
    free(ranges);
}

void verify_find(struct verify *v, const char *what, int64_t block, const char *format, ...)
{
    SCOPED(buf) text = BUF(TEXT_MAX);
    va_list arguments;
    va_start(arguments, format);
    print(&text, format, arguments);
    va_end(arguments);
    verify_find_blocks(v, what, block, block, buf_str(&text));
}

void verify_find_range(struct verify *v, const char *what, int64_t source, uint64_t from, uint64_t to,
                       const char *format, ...)
{
    SCOPED(buf) text = BUF(TEXT_MAX);
    const struct store_source *known = verify_source_of(v, source);
    struct verify_range range = {known != NULL ? known->state.name : STR(""), from, to};
    va_list arguments;
    va_start(arguments, format);
    print(&text, format, arguments);
    va_end(arguments);
    struct verify_finding finding = {.what = what,
                                     .time_min = TIME_NONE,
                                     .time_max = TIME_NONE,
                                     .text = buf_str(&text),
                                     .ranges = &range,
                                     .range_count = 1};
    tell(v, &finding);
}

bool verify_damage(struct verify *v, const char *what, int64_t block, const struct err *why, struct err *err)
{
    if (why->kind != ERR_CORRUPT && why->kind != ERR_VERSION)
        return err_set(err, why->kind, 0, "%s", why->text);
    verify_find(v, what, block, "%s", why->text);
    return true;
}

/* ---- Tables and indexes ------------------------------------------------------------------------------------------------ */

enum { TABLES_MAX = 256 };

static bool list_tables(struct verify *v, struct str names[TABLES_MAX], size_t *ret_count, struct err *err)
{
    struct sql *sql = &v->store->sql;
    struct err why = {0};
    struct sqlite3_stmt *stmt = sql_use(sql, "check_tables", &why);
    int step = stmt == NULL ? -1 : 1;
    *ret_count = 0;
    while (step == 1 && *ret_count < TABLES_MAX && (step = sql_step(sql, stmt, &why)) == 1)
        names[(*ret_count)++] = arena_str(&v->arena, sql_str(stmt, 0));
    if (step == 1)
        sql_rest(stmt);
    return step >= 0 || verify_damage(v, "table", 0, &why, err);
}

/* SQLite's own check, one table at a time: its pages, the order of its keys, and, when deep, its indexes. */
static bool check_tables(struct verify *v, struct err *err)
{
    struct sql *sql = &v->store->sql;
    struct str names[TABLES_MAX];
    size_t count;
    if (!list_tables(v, names, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct err why = {0};
        struct sqlite3_stmt *stmt = sql_use(sql, v->ask->deep ? "check_deep" : "check_quick", &why);
        int step = stmt == NULL ? -1 : 1;
        if (stmt != NULL)
            sql_bind_str(stmt, 1, names[i]);
        while (step == 1 && (step = sql_step(sql, stmt, &why)) == 1) {
            if (!str_equal(sql_str(stmt, 0), STR("ok")))
                verify_find(v, "table", 0, "table %.*s: %.*s", STR_ARG(names[i]), STR_ARG(sql_str(stmt, 0)));
        }
        if (step < 0 && why.kind == ERR_CORRUPT)
            verify_find(v, "table", 0, "table %.*s: %s", STR_ARG(names[i]), why.text);
        else if (step < 0)
            return err_set(err, why.kind, 0, "%s", why.text);
    }
    return true;
}

/* ---- The chain --------------------------------------------------------------------------------------------------------- */

/* Is this the link kept elsewhere? */
static bool is_kept(const struct verify *v, int64_t block, const uint8_t digest[DIGEST_SIZE])
{
    const struct store_link *kept = v->ask->kept;
    return kept != NULL && (kept->block < 0 || kept->block == block) && memcmp(kept->digest, digest, DIGEST_SIZE) == 0;
}

static bool was_pruned(const struct verify *v, int64_t block)
{
    for (size_t i = 0; i < v->pruned_count; i++) {
        if (v->pruned[i].first <= block && block <= v->pruned[i].last)
            return true;
    }
    return false;
}

static void judge_kept(struct verify *v, bool found)
{
    const struct verify_result *result = v->result;
    const struct store_link *kept = v->ask->kept;
    if (kept == NULL || found)
        return;
    if (kept->block > result->head.block && result->head.block >= 0)
        verify_find(v, "kept", 0, "the chain ends at block %lld, before block %lld, whose digest was kept",
                    (long long)result->head.block, (long long)kept->block);
    else if (kept->block >= 0 && was_pruned(v, kept->block))
        verify_find(v, "kept", 0, "block %lld, whose digest was kept, was pruned: this cannot be decided any more",
                    (long long)kept->block);
    else
        verify_find(v, "kept", 0, "no block of the chain has the digest that was kept: the chain is another one%s",
                    result->pruned_blocks > 0 ? ", or the block was pruned" : "");
}

/* Of a stretch that was pruned the last digest is left. */
static void pass_pruned(const struct verify_pruned *pruned, int64_t *id, uint8_t digest[DIGEST_SIZE], bool *ret_certain)
{
    *id = pruned->last;
    memcpy(digest, pruned->digest, DIGEST_SIZE);
    *ret_certain = true;
}

static bool walk(struct verify *v, struct err *err)
{
    struct verify_result *result = v->result;
    uint8_t digest[DIGEST_SIZE] = {0};
    bool found = is_kept(v, 0, digest), certain = true;
    size_t p = 0;
    int64_t last = result->head.block;
    if (last < 0) /* then as far as is known otherwise */
        last = v->run_count > 0 ? v->by_block[v->run_count - 1]->block : 0;
    for (int64_t id = 1; id <= last; id++) {
        while (p < v->pruned_count && v->pruned[p].first < id)
            p++;
        if (p < v->pruned_count && v->pruned[p].first == id)
            pass_pruned(&v->pruned[p++], &id, digest, &certain);
        else if (!verify_block_check(v, &id, p < v->pruned_count ? v->pruned[p].first - 1 : last, digest, &certain,
                                     err))
            return false;
        found |= certain && is_kept(v, id, digest);
        if (v->ask->progress != NULL)
            v->ask->progress(v->ask->context, result->raw_bytes, v->raw_total);
    }
    if (result->head.block >= 0 && certain && memcmp(digest, result->head.digest, DIGEST_SIZE) != 0)
        verify_find(v, "head", result->head.block, "the chain ends with another digest than the store says");
    judge_kept(v, found);
    return true;
}

/* Rows of runs whose block nobody looked at. */
static void find_strays(struct verify *v)
{
    for (size_t i = 0; i < v->run_count; i++) {
        int64_t block = v->by_block[i]->block;
        if (!v->by_block[i]->seen && (i == 0 || v->by_block[i - 1]->block != block))
            verify_find(v, "run", block, "there are records of block %lld, which is not in the chain",
                        (long long)block);
    }
}

bool store_verify(struct store *store, const struct verify_ask *ask, struct verify_result *ret, struct err *err)
{
    *ret = (struct verify_result){.head = {.block = -1}, .pruned_us = TIME_NONE};
    struct verify v = {.store = store, .ask = ask, .result = ret, .segment_number = -1};
    bool ok = verify_list(&v, err) && check_tables(&v, err) && walk(&v, err);
    if (ok) {
        find_strays(&v);
        verify_sources(&v);
        ok = verify_outputs(&v, err) && (!ask->deep || (verify_facts(&v, err) && verify_counts(&v, err)));
    }
    ret->pages_unsummed = page_state(store->sql.db).missing;
    for (unsigned i = 0; v.segment != NULL && i < SEGMENT_BLOCKS; i++)
        words_release(&v.segment[i]);
    free(v.segment);
    free(v.blocks);
    block_release(&v.block);
    verify_list_release(&v);
    return ok;
}
