#include "store_case.h"

#include <sqlite3.h>

#include "base/asset.h"
#include "base/io.h"

/* Whether one of the statement's "-- plan: TEXT" lines is this step's. */
static bool plan_says(struct str text, const char *step)
{
    while (text.size > 0) {
        struct str line = str_cut(&text, '\n');
        if (str_starts(line, STR("-- plan: ")) && str_equal(str_slice(line, 9, line.size), str_of(step)))
            return true;
    }
    return false;
}

static unsigned plan_lines(struct str text)
{
    unsigned count = 0;
    while (text.size > 0)
        count += str_starts(str_cut(&text, '\n'), STR("-- plan: "));
    return count;
}

/* Every step named is taken, and no table is read from end to end unless the statement says so. */
static void check_plan(sqlite3 *db, const struct sql_entry *entry)
{
    SCOPED(buf) text = BUF(1 << 16);
    buf_add_text(&text, "EXPLAIN QUERY PLAN ");
    buf_add_str(&text, entry->text);
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, text.data, (int)text.size, &stmt, NULL) != SQLITE_OK)
        fail_msg("%.*s: %s", STR_ARG(entry->name), sqlite3_errmsg(db));
    unsigned found = 0;
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(stmt, 3);
        if (plan_says(entry->text, step))
            found++;
        else if (strncmp(step, "SCAN", 4) == 0 && !strstr(step, "VIRTUAL TABLE") && !strstr(step, "sqlite_"))
            fail_msg("%.*s: %s", STR_ARG(entry->name), step);
    }
    sqlite3_finalize(stmt);
    if (found != plan_lines(entry->text))
        fail_msg("%.*s: its plan is another one", STR_ARG(entry->name));
}

/* A store that has all tables there can be. */
static struct store *open_whole(const struct store_case *test_case)
{
    struct store *store = store_case_open(test_case, STORE_WRITE);
    const struct store_output output = {
        .name = STR("fleet"), .kind = STR("kafka"), .target = STR("h:9092 logs"), .state = STR("idle")};
    struct err err = {0};
    if (!store_output_set(store, &output, &err))
        fail_msg("%s", err.text);
    return store;
}

static void every_statement_is_prepared_and_planned_as_said(void **state)
{
    struct store *store = open_whole(*state);
    assert_true(store->sql.count > 40);
    struct err err = {0};
    unsigned planned = 0;
    for (size_t i = 0; i < store->sql.count; i++) {
        struct sql_entry *entry = &store->sql.entries[i];
        char name[64];
        snprintf(name, sizeof name, "%.*s", STR_ARG(entry->name));
        struct sqlite3_stmt *stmt = sql_use(&store->sql, name, &err);
        if (stmt == NULL)
            fail_msg("%s: %s", name, err.text);
        assert_ptr_equal(sql_use(&store->sql, name, &err), stmt); /* once */
        check_plan(store->sql.db, entry);
        planned += plan_lines(entry->text) > 0;
        for (size_t k = 0; k < i; k++)
            assert_false(str_equal(store->sql.entries[k].name, entry->name));
    }
    assert_true(planned > 25);
    store_free(store);
}

/* Every view, and every column of it, stands in schemas/README.md, which is what users rely on. Tests run in the root. */
static void every_view_and_column_is_documented(void **state)
{
    struct store_case *test_case = *state;
    store_free(open_whole(test_case));
    SCOPED(buf) readme = BUF(1 << 20);
    struct err err = {0};
    if (!io_read_file("schemas/README.md", &readme, &err))
        fail_msg("%s", err.text);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(test_case->path, &db), SQLITE_OK);
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT v.name, c.name FROM sqlite_schema v, pragma_table_info(v.name) c "
                                        "WHERE v.type = 'view'",
                                        -1, &stmt, NULL),
                     SQLITE_OK);
    unsigned columns = 0;
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        char text[100];
        for (int i = 0; i < 2; i++) {
            snprintf(text, sizeof text, "`%s`", (const char *)sqlite3_column_text(stmt, i));
            if (strstr(readme.data, text) == NULL)
                fail_msg("schemas/README.md does not name %s", text);
        }
        columns++;
    }
    assert_true(columns > 60);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static const char *value(sqlite3 *db, const char *query)
{
    static char text[256];
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, query, -1, &stmt, NULL) != SQLITE_OK || sqlite3_step(stmt) != SQLITE_ROW)
        fail_msg("%s: %s", query, sqlite3_errmsg(db));
    const unsigned char *found = sqlite3_column_text(stmt, 0);
    snprintf(text, sizeof text, "%s", found ? (const char *)found : "NULL");
    sqlite3_finalize(stmt);
    return text;
}

static void views_show_names_and_times_to_any_reader(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/var/log/auth.log", 0);
    put_line(batch, STR("a"), 0, INT64_C(1795140900123456));
    struct fact *fact = put_fact(batch, KIND_AUTH_FAILURE);
    fact->user = STR("root");
    fact->client_ip = STR("192.0.2.7");
    fact->template = STR("bad password");
    fact->status = 401;
    put_line(batch, STR("b"), 0, -1);
    fact = put_fact(batch, KIND_ERROR | KIND_DENIAL);
    fact->template = STR("cannot read block <*>");
    fact->path = STR("/not/utf8/\xff");
    put_commit(store, batch);

    sqlite3 *db; /* while the writer has it open */
    assert_int_equal(sqlite3_open_v2(test_case->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_string_equal(value(db, "SELECT time FROM auth_event"), "2026-11-20T02:15:00.123456Z");
    assert_string_equal(value(db, "SELECT user || client_ip || template || outcome || level || status FROM auth_event"),
                        "root192.0.2.7bad passwordfailurewarning401");
    assert_string_equal(value(db, "SELECT source FROM auth_event"), "/var/log/auth.log");
    assert_string_equal(value(db, "SELECT time FROM error_event"), "1969-12-31T23:59:59.999999Z");
    assert_string_equal(value(db, "SELECT template FROM error_event"), "cannot read block <*>");
    assert_string_equal(value(db, "SELECT hex(path) FROM denial_event"), "2F6E6F742F757466382FFF");
    assert_string_equal(value(db, "SELECT typeof(path) FROM denial_event"), "blob");
    assert_string_equal(value(db, "SELECT user FROM denial_event"), "NULL");
    assert_string_equal(value(db, "SELECT count(*) FROM rate_limit_event"), "0");
    assert_string_equal(value(db, "SELECT name || kind || records || first_us FROM source"),
                        "/var/log/auth.logfile2-1");
    assert_string_equal(value(db, "SELECT last FROM source"), "2026-11-20T02:15:00.123456Z");
    sqlite3_close(db);
    store_free(store);
}

/* As a text of its own, as a name, as a name and a number. */
static void views_put_paths_together(void **state)
{
    static const char *const paths[] = {"/items/17", "/items/17", "/items/18", "/\xff/5", "/\xff/5",
                                        "7",         "7",         "/b",        "/b"};
    enum { PATHS = sizeof paths / sizeof *paths };
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_run(batch, 1, "/a", 0);
    for (int i = 0; i < PATHS; i++) {
        put_line(batch, STR("x"), 0, T0);
        put_fact(batch, KIND_RATE_LIMIT)->path = str_of(paths[i]);
    }
    put_commit(store, batch);
    store_free(store);
    sqlite3 *db;
    assert_int_equal(sqlite3_open_v2(test_case->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_string_equal(value(db, "SELECT group_concat(typeof(path) || typeof(number)) FROM fact_rate_limit"),
                        "textnull,integerinteger,integerinteger,blobnull,integernull,textnull,integerinteger,textnull,"
                        "integernull");
    for (int i = 0; i < PATHS; i++) {
        char query[100];
        snprintf(query, sizeof query, "SELECT path FROM rate_limit_event WHERE record = %d", i + 1);
        assert_string_equal(value(db, query), paths[i]);
    }
    assert_string_equal(value(db, "SELECT group_concat(typeof(path)) FROM rate_limit_event"),
                        "text,text,text,blob,blob,text,text,text,text");
    sqlite3_close(db);
}

static void schema_text_is_squeezed(void **state)
{
    struct store_case *test_case = *state;
    SCOPED(buf) text = BUF(1000);
    sql_squeeze(STR("-- why\nSELECT  'a -- b\n  it''s', -- and\n\n    2 - -1 AS x\nFROM (t);\n-- end"), &text);
    assert_string_equal(text.data, "SELECT 'a -- b\n  it''s',2- -1 AS x FROM(t);");
    store_free(store_case_open(test_case, STORE_WRITE));
    sqlite3 *db;
    assert_int_equal(sqlite3_open(test_case->path, &db), SQLITE_OK);
    assert_string_equal(value(db, "SELECT count(*) FROM sqlite_schema WHERE instr(sql, '--') OR instr(sql, '  ') OR "
                                  "instr(sql, char(10))"),
                        "0");
    sqlite3_close(db);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_statement_is_prepared_and_planned_as_said),
        CASE(every_view_and_column_is_documented),
        CASE(views_put_paths_together),
        CASE(schema_text_is_squeezed),
        CASE(views_show_names_and_times_to_any_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
