#include "base/must.h"
#include "store/error_tally.h"
#include "store/fact.h"
#include "store/name.h"
#include "store/trait.h"

/* The columns of every fact table's insert statement. */
enum column {
    COLUMN_RECORD = 1,
    COLUMN_MOMENT,
    COLUMN_TRAIT,
    COLUMN_USER,
    COLUMN_CLIENT_IP,
    COLUMN_PATH,
    COLUMN_NUMBER,
    COLUMN_OUTCOME, /* logins */
    COLUMN_COUNT,
};

/* A column's value: an id in name, or a text of its own, which may be absent. */
struct value {
    int64_t name; /* 0: none */
    struct str text;
};

/* All columns that the tables of the fact's kinds share. */
struct row {
    uint64_t record;
    int64_t moment, trait;
    struct value values[COLUMN_COUNT];
    bool has_number;
    int64_t number; /* the path's */
};

enum { NUMBER_DIGITS_MAX = 18 };

struct str fact_cut(struct str text, size_t size_max)
{
    if (text.size <= size_max)
        return text;
    size_t size = size_max;
    while (size > size_max - 3 && ((unsigned char)text.data[size] & 0xc0) == 0x80)
        size--;
    if (((unsigned char)text.data[size] & 0xc0) == 0x80) /* not UTF-8 anyway */
        size = size_max;
    return str_slice(text, 0, size);
}

int64_t fact_moment(int64_t time_us)
{
    int64_t moment;
    if (time_us == TIME_NONE)
        return TIME_NONE;
    return __builtin_sub_overflow(time_us, FACT_EPOCH_US, &moment) ? TIME_NONE + 1 : moment;
}

static bool make_value(struct store *store, struct str text, struct value *ret, struct err *err)
{
    *ret = (struct value){.text = fact_cut(text, FACT_TEXT_MAX)};
    return text.data == NULL || name_id_recurring(store, ret->text, &ret->name, err);
}

/* Cuts the number a path ends in, when printing it gives the same digits. */
static bool cut_number(struct str *path, int64_t *ret_number)
{
    size_t start = path->size;
    while (start > 0 && path->data[start - 1] >= '0' && path->data[start - 1] <= '9')
        start--;
    size_t digits = path->size - start;
    if (digits == 0 || digits > NUMBER_DIGITS_MAX || (digits > 1 && path->data[start] == '0'))
        return false;
    must(str_to_i64(str_slice(*path, start, path->size), ret_number));
    *path = str_slice(*path, 0, start);
    return true;
}

/* A path whose number was cut is a name or nothing: its beginning then has to be text, to which SQL can add a number. */
static bool make_path(struct store *store, struct str path, struct row *row, struct err *err)
{
    struct value *value = &row->values[COLUMN_PATH];
    struct str whole = fact_cut(path, FACT_TEXT_MAX), beginning = whole;
    if (path.data == NULL || !cut_number(&beginning, &row->number) || !sql_is_text(beginning))
        return make_value(store, path, value, err);
    *value = (struct value){.text = whole};
    if (!name_id_recurring(store, beginning, &value->name, err))
        return false;
    row->has_number = value->name != 0;
    return true;
}

static void bind_value(struct sqlite3_stmt *stmt, int column, const struct value *value)
{
    if (value->name != 0)
        sql_bind_i64(stmt, column, value->name);
    else
        sql_bind_str(stmt, column, value->text);
}

static bool make_row(struct store *store, int64_t source, const struct fact *fact, struct row *row, struct err *err)
{
    return trait_id(store, source, fact, &row->trait, err) &&
           make_value(store, fact->user, &row->values[COLUMN_USER], err) &&
           make_value(store, fact->client_ip, &row->values[COLUMN_CLIENT_IP], err) &&
           make_path(store, fact->path, row, err);
}

bool fact_write(struct store *store, uint64_t number, int64_t source, const struct record *rec, const struct fact *fact,
                struct err *err)
{
    static const struct {
        unsigned kinds;
        const char *statement;
    } tables[] = {
        {KIND_AUTH_FAILURE | KIND_AUTH_SUCCESS, "fact_auth_insert"},
        {KIND_RATE_LIMIT, "fact_rate_limit_insert"},
        {KIND_DENIAL, "fact_denial_insert"},
        {KIND_ERROR, "fact_error_insert"},
    };
    struct row row = {.record = number, .moment = fact_moment(rec->time_us)};
    if (!make_row(store, source, fact, &row, err))
        return false;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if ((fact->kinds & tables[i].kinds) == 0)
            continue;
        struct sqlite3_stmt *stmt = sql_use(&store->sql, tables[i].statement, err);
        if (stmt == NULL)
            return false;
        sql_bind_u64(stmt, COLUMN_RECORD, row.record);
        sql_bind_time(stmt, COLUMN_MOMENT, row.moment);
        sql_bind_i64(stmt, COLUMN_TRAIT, row.trait);
        for (int column = COLUMN_USER; column <= COLUMN_PATH; column++)
            bind_value(stmt, column, &row.values[column]);
        if (row.has_number)
            sql_bind_i64(stmt, COLUMN_NUMBER, row.number);
        if (tables[i].kinds & KIND_AUTH_FAILURE)
            sql_bind_i64(stmt, COLUMN_OUTCOME, fact->kinds & KIND_AUTH_FAILURE ? 0 : 1);
        if (!sql_do(&store->sql, stmt, err))
            return false;
        if ((tables[i].kinds & KIND_ERROR) && sql_changes(&store->sql) == 1)
            error_tally_add(store, row.record, row.moment, row.trait);
    }
    return true;
}
