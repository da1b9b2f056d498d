/* importer [--indexes-last] DATABASE FILE...: what a careful engineer would write who keeps JSON logs in SQLite without
 * winnow. It is the rival of winnow's store in bench/run and shares no code with it.
 *
 * One row per line: the line as it was, ten columns of its best known keys, three indexes. WAL, synchronous=NORMAL, one
 * prepared statement, a transaction per 50 000 rows. yajl parses each line once, in one stream for the whole file; a line
 * that is not a JSON object is kept as text. A file's rows are not resumed: a second run imports it again.
 *
 * The indexes grow with the rows, as they must where logs keep coming; --indexes-last creates them when all rows are in,
 * which is quicker and can be done once. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#define BATCH_ROWS 50000
#define DEPTH_MAX 64
#define READ_BYTES (1 << 20)

enum { TIME, LEVEL, SERVICE, LOGGER, CLIENT_IP, USER, STATUS, DURATION_MS, REQUEST_ID, QUERY_ID, COLUMNS };

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS log(id INTEGER PRIMARY KEY, time TEXT, level TEXT, service TEXT,"
    " logger TEXT, client_ip TEXT, user TEXT, status INTEGER, duration_ms REAL,"
    " request_id TEXT, query_id TEXT, raw TEXT NOT NULL)";
static const char indexes[] = "CREATE INDEX IF NOT EXISTS log_request ON log(request_id) WHERE request_id IS NOT NULL;"
                              "CREATE INDEX IF NOT EXISTS log_query ON log(query_id) WHERE query_id IS NOT NULL;"
                              "CREATE INDEX IF NOT EXISTS log_level ON log(level, service, time)";
static const char insert[] = "INSERT INTO log(time, level, service, logger, client_ip, user, status, duration_ms,"
                             " request_id, query_id, raw) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

static const struct key {
    const char *name;
    int column;
} keys[] = {
    {"timestamp", TIME},        {"time", TIME},
    {"level", LEVEL},           {"service", SERVICE},
    {"logger", LOGGER},         {"client_ip", CLIENT_IP},
    {"user_id", USER},          {"username", USER},
    {"status", STATUS},         {"duration_ms", DURATION_MS},
    {"request_id", REQUEST_ID}, {"query_id", QUERY_ID},
};

struct value {
    const char *data; /* into the line, or into `spare` */
    size_t size;      /* with data NULL: the key was not there */
};

struct importer {
    sqlite3 *db;
    sqlite3_stmt *insert;
    yajl_handle json;
    const char *line;
    size_t line_size;
    int depth;
    int column; /* that the next value goes to, or -1 */
    bool object_closed;
    struct value values[COLUMNS];
    char *spare; /* holds values that were unescaped: never longer than the line */
    size_t spare_size, spare_used;
    int64_t rows, not_json;
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "importer: %s: %s\n", what, why);
    exit(2);
}

static void check(struct importer *in, int status, const char *what)
{
    if (status != SQLITE_OK && status != SQLITE_DONE && status != SQLITE_ROW)
        fail(what, sqlite3_errmsg(in->db));
}

static void execute(struct importer *in, const char *sql)
{
    check(in, sqlite3_exec(in->db, sql, NULL, NULL, NULL), sql);
}

/* ---- One line: keys of the outermost object to columns ---- */

static int take(struct importer *in, const char *data, size_t size)
{
    if (in->depth != 1 || in->column < 0)
        return 1;
    bool in_line = (uintptr_t)data >= (uintptr_t)in->line && (uintptr_t)data < (uintptr_t)(in->line + in->line_size);
    if (!in_line) { /* yajl's own buffer: gone with the next value */
        if (size > in->spare_size - in->spare_used)
            return 1;
        memcpy(in->spare + in->spare_used, data, size);
        data = in->spare + in->spare_used;
        in->spare_used += size;
    }
    in->values[in->column] = (struct value){data, size};
    return 1;
}

static int on_string(void *context, const unsigned char *data, size_t size)
{
    return take(context, (const char *)data, size);
}

static int on_number(void *context, const char *data, size_t size)
{
    return take(context, data, size);
}

static int on_key(void *context, const unsigned char *data, size_t size)
{
    struct importer *in = context;
    in->column = -1;
    if (in->depth != 1)
        return 1;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strlen(keys[i].name) == size && memcmp(keys[i].name, data, size) == 0) {
            in->column = keys[i].column;
            break;
        }
    }
    return 1;
}

static int on_open(void *context)
{
    struct importer *in = context;
    return ++in->depth <= DEPTH_MAX;
}

static int on_close(void *context)
{
    struct importer *in = context;
    if (--in->depth == 0)
        in->object_closed = true;
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_string = on_string,
    .yajl_number = on_number,
    .yajl_map_key = on_key,
    .yajl_start_map = on_open,
    .yajl_end_map = on_close,
    .yajl_start_array = on_open,
    .yajl_end_array = on_close,
};

static void json_renew(struct importer *in)
{
    if (in->json != NULL)
        yajl_free(in->json);
    in->json = yajl_alloc(&callbacks, NULL, in);
    if (in->json == NULL)
        fail("yajl", "out of memory");
    yajl_config(in->json, yajl_allow_multiple_values, 1);
}

static void parse(struct importer *in)
{
    memset(in->values, 0, sizeof in->values);
    in->depth = 0;
    in->column = -1;
    in->spare_used = 0;
    in->object_closed = false;
    yajl_status status = yajl_parse(in->json, (const unsigned char *)in->line, in->line_size);
    if (status == yajl_status_ok && in->depth == 0 && in->object_closed)
        return;
    memset(in->values, 0, sizeof in->values);
    in->not_json++;
    json_renew(in); /* an error stays with the handle */
}

/* ---- Rows ---- */

static void store(struct importer *in)
{
    for (int i = 0; i < COLUMNS; i++) {
        if (in->values[i].data != NULL)
            check(in, sqlite3_bind_text(in->insert, i + 1, in->values[i].data, (int)in->values[i].size, SQLITE_STATIC),
                  "bind");
        else
            check(in, sqlite3_bind_null(in->insert, i + 1), "bind");
    }
    check(in, sqlite3_bind_text(in->insert, COLUMNS + 1, in->line, (int)in->line_size, SQLITE_STATIC), "bind");
    check(in, sqlite3_step(in->insert), "insert");
    check(in, sqlite3_reset(in->insert), "insert");
    if (++in->rows % BATCH_ROWS == 0)
        execute(in, "COMMIT; BEGIN");
}

static void import(struct importer *in, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        fail(path, "cannot be opened");
    setvbuf(file, NULL, _IOFBF, READ_BYTES);
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    json_renew(in);
    while ((size = getline(&line, &capacity, file)) >= 0) {
        if (capacity > in->spare_size) {
            in->spare_size = capacity;
            in->spare = realloc(in->spare, capacity);
            if (in->spare == NULL)
                fail(path, "out of memory");
        }
        in->line = line;
        in->line_size = (size_t)size - (size > 0 && line[size - 1] == '\n');
        parse(in);
        store(in);
    }
    if (ferror(file))
        fail(path, "cannot be read");
    free(line);
    fclose(file);
}

static void database_open(struct importer *in, const char *path)
{
    if (sqlite3_open(path, &in->db) != SQLITE_OK)
        fail(path, "cannot be opened");
    execute(in, "PRAGMA journal_mode = WAL");
    execute(in, "PRAGMA synchronous = NORMAL");
    execute(in, "PRAGMA cache_size = -262144");
    execute(in, "PRAGMA wal_autocheckpoint = 16384");
    execute(in, "PRAGMA temp_store = MEMORY");
    execute(in, schema);
}

int main(int argc, char **argv)
{
    bool indexes_last = argc > 1 && strcmp(argv[1], "--indexes-last") == 0;
    int operand = indexes_last ? 2 : 1;
    if (argc - operand < 2) {
        fputs("usage: importer [--indexes-last] DATABASE FILE...\n", stderr);
        return 2;
    }
    struct importer in = {0};
    database_open(&in, argv[operand]);
    if (!indexes_last)
        execute(&in, indexes);
    check(&in, sqlite3_prepare_v2(in.db, insert, -1, &in.insert, NULL), "prepare");
    execute(&in, "BEGIN");
    for (int i = operand + 1; i < argc; i++)
        import(&in, argv[i]);
    execute(&in, "COMMIT");
    sqlite3_finalize(in.insert);
    if (indexes_last)
        execute(&in, indexes);
    execute(&in, "PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)");
    printf("%lld rows, %lld of them no JSON object\n", (long long)in.rows, (long long)in.not_json);
    sqlite3_close(in.db);
    yajl_free(in.json);
    free(in.spare);
    return 0;
}
