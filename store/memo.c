#include "store/memo.h"

#include <stdlib.h>

#include "store/fact.h"

/* A name longer than any that winnow writes is cut. */
enum {
    NAMES_KEPT = 1 << 15,
    TRAITS_KEPT = 512,
    TEXT_BYTES_MAX = 4 << 20,
    NAME_BYTES_MAX = FACT_TEMPLATE_MAX,
    NUMBER_CHARS_MAX = 20
};

struct memo {
    struct store *store;
    struct arena texts;
    struct buf joined;
    struct kept_name {
        bool known; /* else nothing here */
        int64_t id;
        struct str text;
    } names[NAMES_KEPT]; /* by id % NAMES_KEPT */
    struct kept_trait {
        bool known;
        int64_t id;
        struct fact_row row;
    } traits[TRAITS_KEPT]; /* by id % TRAITS_KEPT */
};

struct memo *memo_new(struct store *store)
{
    struct memo *memo = mem_alloc(sizeof *memo);
    memo->store = store;
    memo->joined = BUF(NAME_BYTES_MAX + NUMBER_CHARS_MAX);
    return memo;
}

void memo_free(struct memo *memo)
{
    if (memo == NULL)
        return;
    arena_release(&memo->texts);
    buf_release(&memo->joined);
    free(memo);
}

void memo_trim(struct memo *memo)
{
    if (memo->texts.used_bytes < TEXT_BYTES_MAX)
        return;
    arena_reset(&memo->texts);
    memset(memo->names, 0, sizeof memo->names);
    memset(memo->traits, 0, sizeof memo->traits);
}

static bool read_name(struct memo *memo, int64_t id, struct str *ret, struct err *err)
{
    struct sql *sql = &memo->store->sql;
    struct sqlite3_stmt *stmt = sql_use(sql, "name_read", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, id);
    int step = sql_step(sql, stmt, err);
    *ret = STR_ABSENT;
    if (step != 1)
        return step == 0;
    struct str text = sql_str(stmt, 0);
    *ret = arena_str(&memo->texts, text.size > NAME_BYTES_MAX ? str_slice(text, 0, NAME_BYTES_MAX) : text);
    sql_rest(stmt);
    return true;
}

bool memo_name(struct memo *memo, int64_t id, struct str *ret_text, struct err *err)
{
    *ret_text = STR_ABSENT;
    if (id == 0)
        return true;
    struct kept_name *name = &memo->names[(uint64_t)id % NAMES_KEPT];
    if (!name->known || name->id != id) {
        name->known = read_name(memo, id, &name->text, err);
        name->id = id;
    }
    *ret_text = name->text;
    return name->known;
}

/* A trait as it stands in the file: ids of names, 0 where there is none. */
struct trait_names {
    int64_t service, logger, method, template;
    bool other;
};

static const char other[] = "other";

struct str memo_other(void)
{
    return str_from(other, sizeof other - 1);
}

static bool read_trait(struct memo *memo, int64_t id, struct fact_row *ret, struct trait_names *ret_names,
                       struct err *err)
{
    struct sql *sql = &memo->store->sql;
    struct sqlite3_stmt *stmt = sql_use(sql, "trait_read", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, id);
    int step = sql_step(sql, stmt, err);
    if (step < 0)
        return false;
    if (step == 0)
        return err_set(err, ERR_CORRUPT, 0, "the store '%s' is damaged: trait %lld is not in it", memo->store->path,
                       (long long)id);
    int64_t level = sql_i64(stmt, 1), status = sql_i64(stmt, 2);
    *ret = (struct fact_row){
        .source = sql_i64(stmt, 0),
        .level = level > 0 && level <= LEVEL_CRITICAL ? (uint8_t)level : LEVEL_UNKNOWN,
        .status = status > 0 && status <= UINT16_MAX ? (uint16_t)status : 0,
    };
    *ret_names = (struct trait_names){sql_i64(stmt, 3), sql_i64(stmt, 4), sql_i64(stmt, 5), sql_i64(stmt, 6),
                                      sql_is_i64(stmt, 6) && sql_i64(stmt, 6) == 0};
    sql_rest(stmt);
    return true;
}

bool memo_trait(struct memo *memo, int64_t id, struct fact_row *ret, struct err *err)
{
    struct kept_trait *trait = &memo->traits[(uint64_t)id % TRAITS_KEPT];
    if (!trait->known || trait->id != id) {
        struct trait_names names = {0};
        trait->known = read_trait(memo, id, &trait->row, &names, err) &&
                       memo_name(memo, names.service, &trait->row.service, err) &&
                       memo_name(memo, names.logger, &trait->row.logger, err) &&
                       memo_name(memo, names.method, &trait->row.method, err) &&
                       memo_name(memo, names.template, &trait->row.template, err);
        if (names.other)
            trait->row.template = memo_other();
        trait->id = id;
    }
    *ret = trait->row;
    return trait->known;
}

struct str memo_join(struct memo *memo, struct str beginning, int64_t number)
{
    buf_reset(&memo->joined);
    buf_add_str(&memo->joined, beginning);
    buf_add_i64(&memo->joined, number);
    return buf_str(&memo->joined);
}
