#include "small_store.h"

#include <sqlite3.h>

/* ---- What outputs tell of themselves ----------------------------------------------------------------------------------- */

static struct store_output an_output(const char *name, uint64_t position)
{
    return (struct store_output){
        .name = str_of(name),
        .kind = STR("kafka"),
        .target = STR("h1:9092,h2:9092 logs"),
        .state = STR("delivering"),
        .position = position,
        .error_us = TIME_NONE,
        .caught_up_us = T0,
        .updated_us = T0 + 1,
        .active = true,
    };
}

static void set(struct store *store, const struct store_output *output)
{
    struct err err = {0};
    if (!store_output_set(store, output, &err))
        fail_msg("store_output_set: %s", err.text);
}

static struct store_output *get(struct store *store, struct arena *arena, size_t count)
{
    struct store_output *outputs;
    size_t found;
    struct err err = {0};
    if (!store_outputs(store, arena, &outputs, &found, &err))
        fail_msg("store_outputs: %s", err.text);
    assert_int_equal(found, count);
    return outputs;
}

static void outputs_are_kept_as_they_were_set(void **state)
{
    SCOPED(arena) arena = {0};
    struct store *store = store_case_open(*state, STORE_WRITE), *reader = store_case_open(*state, STORE_READ);
    get(store, &arena, 0);
    get(reader, &arena, 0);
    assert_int_equal(ask_sql(store, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'output%'"), 0);

    struct store_output first = an_output("fleet", 7), second = an_output("", INT64_MAX);
    second.name = STR("a\0b\xff");
    second.state = STR("waiting");
    second.error = STR("\x1b[31mbroker down\n");
    second.error_us = T0 - 1;
    second.delivered = 5;
    second.missed = 6;
    second.caught_up_us = TIME_NONE;
    second.active = false;
    set(store, &first);
    set(store, &second);
    first.position = 8;
    set(store, &first); /* takes the place of what was told before */

    struct store_output *outputs = get(reader, &arena, 2);
    const struct store_output *fleet = &outputs[str_equal(outputs[1].name, STR("fleet"))],
                              *other = &outputs[fleet == outputs];
    assert_true(str_equal(fleet->name, STR("fleet")) && str_equal(fleet->target, first.target) &&
                str_equal(fleet->kind, STR("kafka")) && str_equal(fleet->state, STR("delivering")));
    assert_true(fleet->error.data == NULL && fleet->position == 8 && fleet->active && fleet->error_us == TIME_NONE &&
                fleet->caught_up_us == T0 && fleet->updated_us == T0 + 1);
    assert_true(str_equal(other->name, second.name) && str_equal(other->error, second.error) &&
                other->position == INT64_MAX && other->delivered == 5 && other->missed == 6 && !other->active &&
                other->error_us == T0 - 1 && other->caught_up_us == TIME_NONE);
    store_free(reader);
    store_free(store);
}

static void the_view_tells_them_to_any_reader(void **state)
{
    struct store *store = store_case_open(*state, STORE_WRITE);
    struct store_output output = an_output("fleet", 7);
    output.error = STR("down");
    output.error_us = 1500000;
    set(store, &output);
    output.name = STR("old");
    output.active = false;
    set(store, &output);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(((struct store_case *)*state)->path, &db), SQLITE_OK);
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT group_concat(name || ' ' || position || ' ' || state || ' ' || error || ' ' "
                           "|| error_time || ' ' || caught_up_us, '|') FROM output",
                           -1, &stmt, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0),
                        "fleet 7 delivering down 1970-01-01T00:00:01.500000Z 1795000000000000|"
                        "old 7 removed down 1970-01-01T00:00:01.500000Z 1795000000000000");
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    store_free(store);
}

static void what_was_delivered_ahead_is_kept_by_source(void **state)
{
    SCOPED(arena) arena = {0};
    struct store *store = store_case_open(*state, STORE_WRITE);
    struct store_ahead *found;
    size_t count;
    struct err err = {0};
    assert_true(store_output_aheads(store, STR("fleet"), &arena, &found, &count, &err) && count == 0);
    struct store_output fleet = an_output("fleet", 1), other = an_output("other", 2);
    const struct store_ahead first[] = {
        {.source = 3, .number = 13, .offset = UINT64_C(1) << 62, .size = 4, .hash = UINT64_MAX, .key = STR("k\0\xff")},
        {.source = 1, .number = 9, .offset = 0, .size = 1, .hash = 2, .key = STR_ABSENT},
        {.source = 2, .number = 10, .offset = 5, .size = 6, .hash = 7, .key = STR("")},
    };
    assert_true(store_output_set_ahead(store, &fleet, first, 3, &err));
    assert_true(store_output_set_ahead(store, &other, first, 1, &err));
    const struct store_ahead then[] = {{.source = 2, .size = 0}, {.source = 1, .number = 20, .size = 30, .hash = 1}};
    fleet.position = 3;
    assert_true(store_output_set_ahead(store, &fleet, then, 2, &err));
    struct store_output *rows = get(store, &arena, 2);
    assert_true(rows[0].position == 3 && rows[1].position == 2); /* with the rows, not apart from them */
    fleet.position = 4;
    assert_true(store_output_set_ahead(store, &fleet, then, 0, &err));
    assert_int_equal(get(store, &arena, 2)[0].position, 4);

    assert_true(store_output_aheads(store, STR("fleet"), &arena, &found, &count, &err));
    assert_int_equal(count, 2);
    assert_true(found[0].source == 1 && found[0].number == 20 && found[0].size == 30 && found[0].key.data == NULL);
    assert_true(found[1].source == 3 && found[1].number == 13 && found[1].offset == UINT64_C(1) << 62 &&
                found[1].hash == UINT64_MAX && str_equal(found[1].key, first[0].key));
    assert_true(store_output_aheads(store, STR("other"), &arena, &found, &count, &err) && count == 1);
    store_free(store);
}

/* ---- How far behind ---------------------------------------------------------------------------------------------------- */

struct sums {
    uint64_t records, bytes;
};

/* The slow way: by all records there are. */
static struct sums count_behind(struct store *store, uint64_t position)
{
    struct sums sums = {0};
    struct err err = {0};
    struct scan_ask ask = ASK_ALL;
    ask.after = position;
    struct scan *scan = scan_new(store, &ask, &err);
    struct scan_record rec;
    while (scan_next(scan, &rec, &err) == 1) {
        if (rec.record.flags & RECORD_TAIL)
            continue;
        sums.records++;
        sums.bytes += rec.record.raw.size + record_has_newline(rec.record.flags);
    }
    scan_free(scan);
    return sums;
}

static void check_lags(struct store *store, uint64_t last)
{
    struct err err = {0};
    for (uint64_t position = 0; position <= last + 2; position++) {
        uint64_t records, bytes;
        if (!store_output_lag(store, position, &records, &bytes, &err))
            fail_msg("store_output_lag: %s", err.text);
        struct sums sums = count_behind(store, position);
        if (records != sums.records || bytes != sums.bytes)
            fail_msg("behind %llu: %llu records, not %llu; %llu bytes, not %llu", (unsigned long long)position,
                     (unsigned long long)records, (unsigned long long)sums.records, (unsigned long long)bytes,
                     (unsigned long long)sums.bytes);
    }
    uint64_t records, bytes;
    assert_true(store_output_lag(store, UINT64_MAX, &records, &bytes, &err) && records == 0 && bytes == 0);
}

static void put_hot(struct store *store, struct batch *batch, uint64_t offset)
{
    struct err err = {0};
    put_run(batch, 3, "/c", offset);
    put_line(batch, STR("hot"), 0, T0);
    put_line(batch, STR("cut"), RECORD_NO_NEWLINE, T0);
    put_line(batch, STR("end"), RECORD_TAIL, T0);
    batch->sources[0].position = offset + 7;
    batch->sources[0].pending_bytes = 4;
    batch->hot = true;
    if (!store_commit(store, batch, &err))
        fail_msg("%s", err.text);
    batch_reset(batch);
}

static void lag_is_that_of_a_scan_from_any_position(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = small_store(test_case);
    check_lags(store, 13);
    put_hot(store, test_case->batch, 0);
    check_lags(store, 16);
    struct store *reader = store_case_open(test_case, STORE_READ);
    check_lags(reader, 16);
    store_free(reader);
    run_sql(store, "DELETE FROM block WHERE id = 2");
    check_lags(store, 16);
    run_sql(store, "UPDATE block SET body = zeroblob(length(body)) WHERE id = 3");
    store_free(store);
    store = store_case_open(test_case, STORE_WRITE); /* forgets the block it has decoded */
    uint64_t records, bytes;
    struct err err = {0};
    assert_true(store_output_lag(store, 8, &records, &bytes, &err) && records == 5);
    assert_true(store_output_lag(store, 6, &records, &bytes, &err) && records == 8);
    store_free(store);
}

/* ---- Pending records --------------------------------------------------------------------------------------------------- */

struct pendings {
    char text[256];
    size_t most;
};

static bool hear_pending(void *context, const struct scan_record *rec)
{
    struct pendings *heard = context;
    size_t size = strlen(heard->text);
    snprintf(heard->text + size, sizeof heard->text - size, "%llu %lld@%llu %.*s %d|", (unsigned long long)rec->number,
             (long long)rec->source, (unsigned long long)rec->record.offset, (int)rec->record.raw.size,
             rec->record.raw.data, rec->record.flags);
    return --heard->most > 0;
}

static void pending_records_are_told_in_order(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = small_store(test_case);
    struct pendings heard = {.most = 9};
    struct err err = {0};
    put_hot(store, test_case->batch, 0);
    assert_true(store_pendings(store, hear_pending, &heard, &err));
    assert_string_equal(heard.text, "13 2@16 tail 10|16 3@7 end 8|");
    heard = (struct pendings){.most = 1};
    assert_true(store_pendings(store, hear_pending, &heard, &err));
    assert_string_equal(heard.text, "13 2@16 tail 10|");
    run_sql(store, "UPDATE hot SET level = 99 WHERE record = 16");
    heard = (struct pendings){.most = 9};
    assert_false(store_pendings(store, hear_pending, &heard, &err));
    assert_int_equal(err.kind, ERR_CORRUPT);
    store_free(store);
}

/* ---- Pruning waits ----------------------------------------------------------------------------------------------------- */

static struct prune_result prune(struct store *store, const struct prune_ask *ask)
{
    struct prune_result result;
    struct err err = {0};
    if (!store_prune(store, ask, &result, &err))
        fail_msg("store_prune: %s", err.text);
    return result;
}

static void what_is_not_delivered_is_not_pruned(void **state)
{
    struct store *store = small_store(*state); /* blocks of 1..3, 4..6, 7..9, 10..13, the last number pending */
    struct store_output slow = an_output("slow", 5), fast = an_output("fast", 9), gone = an_output("gone", 0);
    gone.active = false;
    struct prune_ask ask = {.before_us = T0 + TIME_DAY, .now_us = T0 + TIME_DAY, .dry = true};
    assert_true(prune(store, &ask).held_by.data == NULL);
    set(store, &gone);
    struct prune_result result = prune(store, &ask);
    assert_true(result.blocks == 4 && result.held_blocks == 0 && result.held_by.data == NULL);
    set(store, &fast);
    set(store, &slow);
    result = prune(store, &ask);
    assert_true(result.blocks == 1 && result.held_blocks == 3 && result.held_position == 5);
    assert_true(str_equal(result.held_by, STR("slow")));

    ask.dry = false;
    result = prune(store, &ask);
    assert_true(result.blocks == 1 && result.records == 3 && result.held_blocks == 3);
    assert_true(str_starts(str_of(scan_text(store, &ASK_ALL, NULL)), STR("4=")));
    slow.position = 9;
    set(store, &slow);
    ask.before_us = TIME_NONE; /* by size */
    ask.bytes_max = 1;
    result = prune(store, &ask);
    assert_true(result.blocks == 2 && result.held_blocks == 1);
    expect(store, true, "");

    slow.position = fast.position = 12; /* what is left is pending */
    set(store, &slow);
    set(store, &fast);
    result = prune(store, &ask);
    assert_true(result.blocks == 1 && result.held_blocks == 0);
    assert_string_equal(scan_text(store, &ASK_ALL, NULL), "13=tail|");
    expect(store, true, "");
    store_free(store);
}

static void pruning_goes_on_without_outputs_when_told_to(void **state)
{
    struct store *store = small_store(*state);
    struct store_output output = an_output("fleet", 5);
    set(store, &output);
    struct prune_ask ask = {.before_us = T0 + TIME_DAY, .now_us = T0 + TIME_DAY, .outputs_ignored = true};
    struct prune_result result = prune(store, &ask);
    assert_true(result.blocks == 4 && result.held_blocks == 0);
    expect(store, true, "");
    store_free(store);
}

/* ---- Damage, age, backup ----------------------------------------------------------------------------------------------- */

static void damaged_rows_are_found_and_refused(void **state)
{
    static const struct {
        const char *sql, *findings;
        bool readable;
    } cases[] = {
        {"UPDATE output_state SET position = 14", "output 0|", true},
        {"UPDATE output_state SET position = -1", "output 0|", false},
        {"UPDATE output_state SET position = 'far'", "output 0|", false},
        {"UPDATE output_state SET missed = -1", "output 0|", false},
        {"UPDATE output_state SET delivered = x'00'", "output 0|", false},
        {"UPDATE output_ahead SET record = 14", "output 0|", true},
        {"UPDATE output_ahead SET record = -4", "output 0|", true},
        {"UPDATE output_ahead SET hash = 'x'", "output 0|", true},
        {"UPDATE meta SET value = 'short' WHERE key = 'store_id'", "table 0|", true},
        {"DELETE FROM meta WHERE key = 'store_id'", "", true},
    };
    struct store_case *test_case = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(arena) arena = {0};
        struct err err = {0};
        struct store *store = small_store(test_case);
        struct store_output output = an_output("fleet", 13), *found;
        const struct store_ahead ahead = {.source = 2, .number = 13, .offset = 16, .size = 4, .hash = 1};
        size_t count;
        set(store, &output);
        assert_true(store_output_set_ahead(store, &output, &ahead, 1, &err));
        expect(store, true, "");
        run_sql(store, cases[i].sql);
        struct heard heard = verify(store, false, NULL);
        if (strcmp(heard.text, cases[i].findings) != 0)
            fail_msg("%s: %s", cases[i].sql, heard.text);
        if (store_outputs(store, &arena, &found, &count, &err) != cases[i].readable)
            fail_msg("%s: %s", cases[i].sql, err.text);
        assert_true(cases[i].readable || err.kind == ERR_CORRUPT);
        store_free(store);
        store_case_clear(test_case);
    }
}

static void a_store_has_an_id_of_its_own(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    char first[STORE_ID_SIZE + 1];
    assert_int_equal(store_id(store).size, STORE_ID_SIZE);
    snprintf(first, sizeof first, "%.*s", STR_ARG(store_id(store)));
    assert_int_equal(strspn(first, "0123456789abcdef"), STORE_ID_SIZE);
    run_sql(store, "UPDATE meta SET value = 'ABC' WHERE key = 'store_id'");
    store_free(store);
    store = store_case_open(test_case, STORE_READ);
    assert_true(store_id(store).data == NULL); /* cannot be one */
    store_free(store);

    store = store_case_open(test_case, STORE_WRITE);
    run_sql(store, "DELETE FROM meta WHERE key = 'store_id'"); /* as an older winnow made it */
    store_free(store);
    store = store_case_open(test_case, STORE_READ);
    assert_true(store_id(store).data == NULL);
    store_free(store);
    store = store_case_open(test_case, STORE_WRITE);
    struct store *reader = store_case_open(test_case, STORE_READ);
    assert_int_equal(store_id(store).size, STORE_ID_SIZE);
    assert_true(str_equal(store_id(store), store_id(reader)) && !str_equal(store_id(store), str_of(first)));
    store_free(reader);
    store_free(store);
}

static void a_backup_has_the_outputs(void **state)
{
    struct store_case *test_case = *state;
    SCOPED(arena) arena = {0};
    char path[100];
    snprintf(path, sizeof path, "%s/copy.db", test_case->folder);
    struct store *store = small_store(test_case);
    struct store_output output = an_output("fleet", 5);
    set(store, &output);
    struct backup_ask ask = {.path = path};
    struct backup_result result;
    struct err err = {0};
    if (!store_backup(store, &ask, &result, &err))
        fail_msg("%s", err.text);
    struct store *copy = store_open(path, STORE_READ, &err);
    assert_true(get(copy, &arena, 1)->position == 5 && str_equal(store_id(copy), store_id(store)));
    store_free(copy);
    store_free(store);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(outputs_are_kept_as_they_were_set),
        CASE(the_view_tells_them_to_any_reader),
        CASE(what_was_delivered_ahead_is_kept_by_source),
        CASE(lag_is_that_of_a_scan_from_any_position),
        CASE(pending_records_are_told_in_order),
        CASE(what_is_not_delivered_is_not_pruned),
        CASE(pruning_goes_on_without_outputs_when_told_to),
        CASE(damaged_rows_are_found_and_refused),
        CASE(a_store_has_an_id_of_its_own),
        CASE(a_backup_has_the_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
