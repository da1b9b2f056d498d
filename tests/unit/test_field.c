/* Which key path is which canonical field, and a user's own table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/field.h"
#include "base/buf.h"
#include "base/scope.h"

enum { PATHS_MAX = 16 };

static struct field_table *made(const char *extra)
{
    struct err err = {0};
    struct field_table *table = field_table_new(str_of(extra), "mine.yml", &err);
    if (!table)
        fail_msg("%s", err.text);
    return table;
}

/* Resolves the paths, separated by spaces ("!path" is a container kept whole), and shows for the field which are tried in
 * which order, by number from 0. */
static void check_order(const struct field_table *table, const char *paths, enum field field, const char *order)
{
    struct shape_slot slots[PATHS_MAX] = {0};
    int16_t first[FIELD_COUNT];
    uint32_t count = 0;
    for (struct str rest = str_of(paths); rest.data; count++) {
        struct str path = str_cut(&rest, ' ');
        bool whole = str_starts(path, STR("!"));
        slots[count].path = whole ? str_slice(path, 1, path.size) : path;
        slots[count].kind = whole ? SLOT_JSON : SLOT_STRING;
    }
    field_table_resolve(table, slots, count, first);
    SCOPED(buf) found = BUF(256);
    for (int slot = first[field]; slot >= 0; slot = slots[slot].next) {
        assert_int_equal(slots[slot].field, field);
        buf_printf(&found, "%s%d", found.size ? " " : "", slot);
    }
    if (!str_equal(buf_str(&found), str_of(order)))
        fail_msg("%s, %s: '%.*s' instead of '%s'", paths, field_name(field), STR_ARG(buf_str(&found)), order);
}

static void order(void **state)
{
    (void)state;
    static const struct {
        const char *paths;
        enum field field;
        const char *order;
    } cases[] = {
        {"timestamp", FIELD_TIME, "0"},
        {"time ts timestamp", FIELD_TIME, "2 1 0"}, /* the table's order, not the line's */
        {"a b c", FIELD_TIME, ""},
        {"a msg level message", FIELD_MESSAGE, "3 1"},
        {"a msg level message", FIELD_LEVEL, "2"},
        {"user user user", FIELD_USER, "2 1 0"}, /* duplicate keys: the last counts */
        {"user_id user", FIELD_USER, "1 0"},
        {"Message", FIELD_MESSAGE, "0"},
        {"MESSAGE_", FIELD_MESSAGE, ""},
        {"http.status", FIELD_STATUS, "0"},
        {"x.http.status", FIELD_STATUS, ""},
        {"!user user", FIELD_USER, "1"}, /* a container is no value */
        {"", FIELD_MESSAGE, ""},
    };
    SCOPED_FREE(field_table) *table = made(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_order(table, cases[i].paths, cases[i].field, cases[i].order);
}

static void wildcards(void **state)
{
    (void)state;
    static const struct {
        const char *paths, *order;
    } cases[] = {
        {"a.request_id", "0"},
        {"a.b.0.request_id", "0"},
        {"a.request_id correlation_id", "1 0"}, /* after every exact path */
        {"a.request_id b.request_id", "1 0"},
        {"request_id", "0"},
        {"a.request_ids", ""},
        {"a.xrequest_id", ""},
        {"a.request_id.x", ""},
        {"!a.request_id", ""},
    };
    SCOPED_FREE(field_table) *table = made(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_order(table, cases[i].paths, FIELD_REQUEST_ID, cases[i].order);

    SCOPED_FREE(field_table) *mine = made("user: ['*.who']\n");
    check_order(mine, "a.who", FIELD_USER, "0");
    check_order(mine, "who", FIELD_USER, ""); /* "at any depth" begins inside something */
    SCOPED(buf) path = BUF(4096);
    buf_add_text(&path, "a.");
    for (int i = 0; i < 500; i++)
        buf_add_char(&path, 'x');
    check_order(mine, buf_str(&path).data, FIELD_USER, "");
}

static void own_table(void **state)
{
    (void)state;
    SCOPED_FREE(field_table) *table = made("user: [member, boss]\nmessage: what\nevent: msg\n");
    check_order(table, "user boss member", FIELD_USER, "2 1 0"); /* one's own before the built-in ones */
    check_order(table, "message what", FIELD_MESSAGE, "1 0");
    check_order(table, "msg", FIELD_EVENT, "0"); /* taken away from message */
    check_order(table, "msg", FIELD_MESSAGE, "");
    check_order(table, "request_id", FIELD_REQUEST_ID, "0");

    SCOPED_FREE(field_table) *empty = made("");
    check_order(empty, "ts timestamp", FIELD_TIME, "1 0");
    SCOPED_FREE(field_table) *wild = made("user: ['*.x']\n");
    check_order(wild, "a.x user", FIELD_USER, "1 0"); /* one's own wildcard still comes after exact paths */
}

static void units(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum field field;
        enum unit unit;
    } cases[] = {
        {"duration_ms", FIELD_DURATION, UNIT_MILLISECONDS},   {"duration_us", FIELD_DURATION, UNIT_MICROSECONDS},
        {"duration_ns", FIELD_DURATION, UNIT_NANOSECONDS},    {"duration", FIELD_DURATION, UNIT_SECONDS},
        {"event.duration", FIELD_DURATION, UNIT_NANOSECONDS}, {"responseTime", FIELD_DURATION, UNIT_MILLISECONDS},
        {"Level", FIELD_LEVEL, UNIT_WINDOWS_LEVEL},           {"level", FIELD_LEVEL, UNIT_NONE},
        {"mine", FIELD_DURATION, UNIT_MICROSECONDS},          {"plain", FIELD_DURATION, UNIT_MILLISECONDS},
    };
    SCOPED_FREE(field_table) *table = made("duration_ms: [{mine: us}, plain]\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shape_slot slot = {.path = str_of(cases[i].path), .kind = SLOT_BARE};
        int16_t first[FIELD_COUNT];
        field_table_resolve(table, &slot, 1, first);
        if (slot.field != cases[i].field || slot.unit != cases[i].unit)
            fail_msg("%s: field %u, unit %u", cases[i].path, slot.field, slot.unit);
    }
}

static void nothing_to_resolve(void **state)
{
    (void)state;
    SCOPED_FREE(field_table) *table = made(NULL);
    int16_t first[FIELD_COUNT];
    struct shape_slot slot;
    field_table_resolve(table, &slot, 0, first);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        assert_int_equal(first[i], -1);
}

static void errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"user: [a]\n\nusr: [b]\n", "mine.yml:3: 'usr' is not a canonical field"},
        {"user:\n  - a\n  - [b]\n", "mine.yml:3: a key path, or one 'path: unit', is expected"},
        {"user:\n  - a: ms\n    b: ms\n", "mine.yml:2: a key path, or one 'path: unit', is expected"},
        {"user: ['']\n", "mine.yml:1: a key path, or one 'path: unit', is expected"},
        {"user:\n", "mine.yml:1: a key path, or one 'path: unit', is expected"},
        {"duration_ms:\n- x: fortnights\n", "mine.yml:2: unit 'fortnights' is none of ns, us, ms, s, windows"},
        {"- a\n", "mine.yml:1: a map of field names is expected"},
        {"a: [\n", "mine.yml:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        assert_null(field_table_new(str_of(cases[i].text), "mine.yml", &err));
        assert_int_equal(err.kind, ERR_USAGE);
        if (strncmp(err.text, cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("%s: %s", cases[i].text, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order), cmocka_unit_test(wildcards),          cmocka_unit_test(own_table),
        cmocka_unit_test(units), cmocka_unit_test(nothing_to_resolve), cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
