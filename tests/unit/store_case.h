/* What the tests of store/ share: a scratch folder, and batches filled by hand. */
#ifndef WINNOW_TESTS_UNIT_STORE_CASE_H
#define WINNOW_TESTS_UNIT_STORE_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/batch.h"
#include "store/handle.h"
#include "store/store.h"

#define T0 INT64_C(1795000000000000) /* some moment in 2026 */

struct store_case {
    char folder[64];
    char path[80];
    struct batch *batch;
};

static inline int store_case_begin(void **state)
{
    struct store_case *test_case = calloc(1, sizeof *test_case);
    snprintf(test_case->folder, sizeof test_case->folder, "/tmp/winnow_test_XXXXXX");
    assert_non_null(mkdtemp(test_case->folder));
    snprintf(test_case->path, sizeof test_case->path, "%s/a.db", test_case->folder);
    test_case->batch = batch_new();
    *state = test_case;
    return 0;
}

/* Removes all files of the folder. */
static inline void store_case_clear(const struct store_case *test_case)
{
    DIR *folder = opendir(test_case->folder);
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", test_case->folder, entry->d_name);
        unlink(path);
    }
    closedir(folder);
}

static inline int store_case_end(void **state)
{
    struct store_case *test_case = *state;
    store_case_clear(test_case);
    rmdir(test_case->folder);
    batch_free(test_case->batch);
    free(test_case);
    return 0;
}

static inline struct store *store_case_open(const struct store_case *test_case, enum store_mode mode)
{
    struct err err = {0};
    struct store *store = store_open(test_case->path, mode, &err);
    if (store == NULL)
        fail_msg("store_open: %s", err.text);
    return store;
}

/* Encodes with an encoder of its own. */
static inline void encode(struct batch *batch)
{
    struct store_encoder *encoder = store_encoder_new();
    store_encode(encoder, batch);
    store_encoder_free(encoder);
}

/* Begins a run of the source at offset; the state to commit with it is a file of that name. */
static inline void put_run(struct batch *batch, int64_t source, const char *name, uint64_t offset)
{
    batch_run_begin(batch, source, offset, T0);
    struct source_state state = {
        .id = source,
        .name = str_of(name),
        .kind = SOURCE_FILE,
        .modified_us = T0,
        .read_us = TIME_NONE,
        .position = offset,
    };
    batch_set_source(batch, &state);
}

static inline struct record *put_line(struct batch *batch, struct str raw, uint8_t flags, int64_t time_us)
{
    batch_add(batch, arena_str(&batch->arena, raw), flags);
    struct record *rec = &batch->records[batch->record_count - 1];
    rec->time_us = time_us;
    rec->format = FORMAT_TEXT;
    rec->level = LEVEL_INFO;
    return rec;
}

/* A fact of the record put last. */
static inline struct fact *put_fact(struct batch *batch, uint8_t kinds)
{
    struct fact *fact = batch_add_fact(batch);
    fact->record = batch->record_count - 1;
    fact->kinds = kinds;
    fact->level = LEVEL_WARNING;
    batch->records[fact->record].kinds = kinds;
    return fact;
}

static inline void put_commit(struct store *store, struct batch *batch)
{
    struct err err = {0};
    encode(batch);
    if (!store_commit(store, batch, &err))
        fail_msg("store_commit: %s", err.text);
    batch_reset(batch);
}

#define ASK_ALL ((struct scan_ask){.since_us = TIME_NONE, .until_us = TIME_NONE, .offsets = true})

/* The raw lines found, each behind its number: "1=one|2=two|". */
static inline const char *scan_text(struct store *store, const struct scan_ask *ask, struct scan_counts *ret_counts)
{
    static char text[4096];
    size_t size = 0;
    struct err err = {0};
    struct scan *scan = scan_new(store, ask, &err);
    if (scan == NULL)
        fail_msg("scan_new: %s", err.text);
    struct scan_record rec;
    int step;
    text[0] = '\0';
    while ((step = scan_next(scan, &rec, &err)) == 1) {
        size += (size_t)snprintf(text + size, sizeof text - size, "%llu=%.*s|", (unsigned long long)rec.number,
                                 (int)rec.record.raw.size, rec.record.raw.data);
        assert_true(size < sizeof text);
    }
    if (step != 0)
        fail_msg("scan_next: %s", err.text);
    if (ret_counts != NULL)
        *ret_counts = scan_counts(scan);
    scan_free(scan);
    return text;
}

static inline void run_sql(struct store *store, const char *text)
{
    struct err err = {0};
    if (!sql_script(&store->sql, str_of(text), &err))
        fail_msg("%s: %s", text, err.text);
}

/* The number that the first row of an answer begins with. */
static inline int64_t first_number(struct sqlite3 *db, const char *text)
{
    struct sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
    int64_t value = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;
    sqlite3_finalize(stmt);
    return value;
}

static inline int64_t ask_sql(struct store *store, const char *text)
{
    return first_number(store->sql.db, text);
}

#endif
