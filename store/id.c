#include "store/id.h"

static bool is_id(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (memchr("0123456789abcdef", text.data[i], 16) == NULL)
            return false;
    }
    return text.size == STORE_ID_SIZE;
}

/* *ret_row: there is one, sound or not. */
static bool read_row(struct store *store, bool *ret_row, bool *ret_sound, struct err *err)
{
    struct sqlite3_stmt *stmt = sql_use(&store->sql, "store_id", err);
    int step = stmt == NULL ? -1 : sql_step(&store->sql, stmt, err);
    *ret_row = step == 1;
    *ret_sound = false;
    if (step != 1)
        return step == 0;
    struct str text = sql_str(stmt, 0);
    if (is_id(text)) {
        memcpy(store->id, text.data, STORE_ID_SIZE);
        *ret_sound = true;
    }
    sql_rest(stmt);
    return true;
}

bool id_read(struct store *store, bool *ret, struct err *err)
{
    bool row;
    return read_row(store, &row, ret, err);
}

bool id_ensure(struct store *store, struct err *err)
{
    bool row, sound;
    return read_row(store, &row, &sound, err) && (row || sql_run(&store->sql, "store_id_insert", err));
}

struct str store_id(struct store *store)
{
    bool sound = store->id[0] != '\0';
    struct err err = {0};
    if (!sound && !id_read(store, &sound, &err))
        return STR_ABSENT;
    return sound ? str_from(store->id, STORE_ID_SIZE) : STR_ABSENT;
}
