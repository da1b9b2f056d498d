#include "base/must.h"
#include "store/fact.h"
#include "store/name.h"

/* The columns of every fact table's insert statement. */
enum column {
    COLUMN_RECORD = 1,
    COLUMN_TIME,
    COLUMN_SOURCE,
    COLUMN_LEVEL,
    COLUMN_STATUS,
    COLUMN_USER,
    COLUMN_CLIENT_IP,
    COLUMN_SERVICE,
    COLUMN_LOGGER,
    COLUMN_METHOD,
    COLUMN_PATH,
    COLUMN_REASON,
    COLUMN_OUTCOME,                   /* logins */
    COLUMN_TEMPLATE = COLUMN_OUTCOME, /* errors */
    COLUMN_COUNT,
};

/* A column's value: an id in name, a text of its own, or NULL. */
struct value {
    bool is_name;
    int64_t name;
    struct str text;
};

/* At most size_max bytes, not ending within a UTF-8 sequence. */
static struct str cut(struct str text, size_t size_max)
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

static bool has_digit(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] >= '0' && text.data[i] <= '9')
            return true;
    }
    return false;
}

static bool name_value(struct store *store, struct str text, struct value *ret, struct err *err)
{
    *ret = (struct value){0};
    if (text.data == NULL)
        return true;
    ret->is_name = true;
    return name_id(store, text, &ret->name, err);
}

/* Paths and reasons: with digits in them they hardly come twice, and a dictionary would only make them larger. */
static bool text_value(struct store *store, struct str text, struct value *ret, struct err *err)
{
    if (!has_digit(text))
        return name_value(store, text, ret, err);
    *ret = (struct value){.text = text};
    return true;
}

static bool make_values(struct store *store, const struct fact *fact, struct value values[COLUMN_COUNT],
                        struct err *err)
{
    return name_value(store, cut(fact->user, FACT_TEXT_MAX), &values[COLUMN_USER], err) &&
           name_value(store, cut(fact->client_ip, FACT_TEXT_MAX), &values[COLUMN_CLIENT_IP], err) &&
           name_value(store, cut(fact->service, FACT_TEXT_MAX), &values[COLUMN_SERVICE], err) &&
           name_value(store, cut(fact->logger, FACT_TEXT_MAX), &values[COLUMN_LOGGER], err) &&
           name_value(store, cut(fact->method, FACT_TEXT_MAX), &values[COLUMN_METHOD], err) &&
           text_value(store, cut(fact->path, FACT_TEXT_MAX), &values[COLUMN_PATH], err) &&
           text_value(store, cut(fact->reason, FACT_TEXT_MAX), &values[COLUMN_REASON], err) &&
           name_value(store, cut(fact->kinds & KIND_ERROR ? fact->template : STR_ABSENT, FACT_TEMPLATE_MAX),
                      &values[COLUMN_TEMPLATE], err);
}

static void bind_value(struct sqlite3_stmt *stmt, int column, const struct value *value)
{
    if (value->is_name)
        sql_bind_i64(stmt, column, value->name);
    else
        sql_bind_str(stmt, column, value->text);
}

static void bind_number_or_null(struct sqlite3_stmt *stmt, int column, int64_t value)
{
    if (value == 0)
        sql_bind_null(stmt, column);
    else
        sql_bind_i64(stmt, column, value);
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
    struct value values[COLUMN_COUNT] = {0};
    if (!make_values(store, fact, values, err))
        return false;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if ((fact->kinds & tables[i].kinds) == 0)
            continue;
        struct sqlite3_stmt *stmt = sql_use(&store->sql, tables[i].statement, err);
        if (stmt == NULL)
            return false;
        sql_bind_u64(stmt, COLUMN_RECORD, number);
        sql_bind_time(stmt, COLUMN_TIME, rec->time_us);
        sql_bind_i64(stmt, COLUMN_SOURCE, source);
        bind_number_or_null(stmt, COLUMN_LEVEL, fact->level);
        bind_number_or_null(stmt, COLUMN_STATUS, fact->status);
        for (int column = COLUMN_USER; column <= COLUMN_REASON; column++)
            bind_value(stmt, column, &values[column]);
        if (tables[i].kinds & KIND_AUTH_FAILURE)
            sql_bind_i64(stmt, COLUMN_OUTCOME, fact->kinds & KIND_AUTH_FAILURE ? 0 : 1);
        else if (tables[i].kinds & KIND_ERROR)
            bind_value(stmt, COLUMN_TEMPLATE, &values[COLUMN_TEMPLATE]);
        if (!sql_do(&store->sql, stmt, err))
            return false;
    }
    return true;
}
