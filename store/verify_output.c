#include "base/scope.h"
#include "store/id.h"
#include "store/output.h"
#include "store/verify.h"

static bool check_id(struct verify *v, struct err *err)
{
    struct err why = {0};
    bool sound = false, row = false;
    struct sql *sql = &v->store->sql;
    struct sqlite3_stmt *stmt = sql_use(sql, "store_id", &why);
    int step = stmt == NULL ? -1 : sql_step(sql, stmt, &why);
    row = step == 1;
    if (row)
        sql_rest(stmt);
    if (step < 0 || !id_read(v->store, &sound, &why))
        return verify_damage(v, "table", 0, &why, err);
    if (row && !sound)
        verify_find(v, "table", 0, "the store's id is not readable");
    return true;
}

/* The counter is read last: what the output tells may not be ahead of it. */
static bool check_output(struct verify *v, const struct store_output *output, struct arena *arena, struct err *err)
{
    struct store_ahead *aheads;
    size_t count;
    uint64_t last, ahead = 0;
    struct err why = {0};
    if (!store_output_aheads(v->store, output->name, arena, &aheads, &count, &why))
        return verify_damage(v, "output", 0, &why, err);
    for (size_t i = 0; i < count; i++)
        ahead = aheads[i].number > ahead ? aheads[i].number : ahead;
    if (!store_last_number(v->store, &last, err))
        return false;
    if (output->position > last)
        verify_find(v, "output", 0, "output '%.*s' stands at record %llu, but the last one is %llu",
                    STR_ARG(output->name), (unsigned long long)output->position, (unsigned long long)last);
    if (ahead > last)
        verify_find(v, "output", 0, "output '%.*s' says that it delivered record %llu, but the last one is %llu",
                    STR_ARG(output->name), (unsigned long long)ahead, (unsigned long long)last);
    return true;
}

bool verify_outputs(struct verify *v, struct err *err)
{
    SCOPED(arena) arena = {0};
    struct store_output *outputs;
    struct err why = {0};
    size_t count;
    if (!check_id(v, err))
        return false;
    if (!store_outputs(v->store, &arena, &outputs, &count, &why))
        return verify_damage(v, "output", 0, &why, err);
    if (v->next_record == 0) /* told already */
        return true;
    for (size_t i = 0; i < count; i++) {
        if (!check_output(v, &outputs[i], &arena, err))
            return false;
    }
    return true;
}
