#include "small_store.h"

static void what_was_written_is_sound(void **state)
{
    struct store *store = store_case_open(*state, STORE_WRITE);
    expect(store, true, "");
    store_free(store);
    store = small_store(*state);
    struct heard heard = verify(store, true, NULL);
    assert_string_equal(heard.text, "");
    assert_true(heard.result.blocks == 4 && heard.result.records == 12 && heard.result.raw_bytes == 4 * 22);
    assert_int_equal(heard.result.head.block, 4);
    assert_memory_equal(heard.result.head.digest, store->writer.digest, DIGEST_SIZE);
    store_free(store);
    store = store_case_open(*state, STORE_READ);
    expect(store, false, "");
    store_free(store);
}

/* Every change of a column, row or order is found, and put to the right place. */
static void damage_is_found_and_named(void **state)
{
    struct store_case *test_case = *state;
    static const struct {
        const char *sql, *findings;
        bool deep;
    } cases[] = {
        {"UPDATE block SET body = zeroblob(length(body)) WHERE id = 2", "block 2|", false},
        {"UPDATE block SET directory = directory || x'00' WHERE id = 2", "block 2|", false},
        {"UPDATE block SET first_record = first_record + 1 WHERE id = 4", "block 4|counter 4|", false},
        {"UPDATE block SET records = records - 1 WHERE id = 2", "block 2|", false},
        {"UPDATE block SET unparsed = 0 WHERE id = 2", "block 2|", false},
        {"UPDATE block SET timeless = 0 WHERE id = 2", "block 2|", false},
        {"UPDATE block SET raw_bytes = raw_bytes + 1 WHERE id = 2", "block 2|", false},
        {"UPDATE block SET time_min = time_min + 1 WHERE id = 2", "block 2|", false},
        {"UPDATE block SET time_max = NULL WHERE id = 2", "block 2|", false},
        {"UPDATE block SET codec = 7 WHERE id = 2", "block 2|", false},
        {"UPDATE block SET slots = 99999999 WHERE id = 2", "block 2|", false},
        {"UPDATE block SET digest = zeroblob(32) WHERE id = 2", "block 2|block 3|", false},
        {"UPDATE block SET digest = zeroblob(32) WHERE id = 4", "block 4|head 4|", false},
        {"UPDATE block SET digest = x'00' WHERE id = 2", "block 2|", false},
        {"DELETE FROM block WHERE id = 2", "missing 2|", false},
        {"DELETE FROM block WHERE id = 1", "missing 1|", false},
        {"DELETE FROM block WHERE id > 2", "missing 3|", false},
        {"DELETE FROM block", "missing 1|", false},
        {"UPDATE block SET id = 9 WHERE id = 2; UPDATE block SET id = 2 WHERE id = 3; UPDATE block SET id = 3 WHERE id = 9",
         "block 2|block 3|block 3|block 4|", false},
        {"INSERT INTO block SELECT 5, 100, slots, records, unparsed, timeless, raw_bytes, time_min, time_max, codec, "
         "directory, digest, body FROM block WHERE id = 4",
         "head 5|", false},
        {"INSERT INTO block SELECT 0, 100, slots, records, unparsed, timeless, raw_bytes, time_min, time_max, codec, "
         "directory, digest, body FROM block WHERE id = 4",
         "head 0|", false},
        {"UPDATE meta SET value = 3 WHERE key = 'chain_block'", "head 4|head 3|run 4|", false},
        {"UPDATE meta SET value = 9223372036854775806 WHERE key = 'chain_block'", "missing 5|", false},
        {"UPDATE meta SET value = 9223372036854775807 WHERE key = 'chain_block'", "head 0|", false},
        {"UPDATE meta SET value = zeroblob(32) WHERE key = 'chain_digest'", "head 4|", false},
        {"DELETE FROM meta WHERE key = 'chain_block'", "head 0|", false},
        {"UPDATE source_file SET name = '/c' WHERE id = 1", "block 1|block 2|block 3|block 4|", false},
        {"UPDATE source_file SET position = position - 1 WHERE id = 1", "position 0|", false},
        {"UPDATE source_file SET position = position + 1 WHERE id = 1", "position 0|", false},
        {"UPDATE source_file SET records = records + 1 WHERE id = 2", "source 0|", false},
        {"UPDATE source_file SET raw_bytes = raw_bytes + 1 WHERE id = 2", "source 0|", false},
        {"UPDATE source_file SET unparsed = 0 WHERE id = 2", "source 0|", false},
        {"UPDATE source_file SET time_max = time_min WHERE id = 1", "source 0|", false},
        {"UPDATE source_file SET kind = 77 WHERE id = 2", "source 0|block 1|block 2|block 3|block 4|", false},
        {"DELETE FROM source_file WHERE id = 2", "block 1|block 2|block 3|block 4|run 1|run 2|run 3|run 4|", false},
        {"UPDATE run SET offset_from = offset_from + 1 WHERE source = 1 AND block = 2", "block 2|gap 0|", false},
        {"UPDATE run SET offset_from = offset_from - 1 WHERE source = 1 AND block = 2", "block 2|overlap 0|", false},
        {"DELETE FROM run WHERE source = 1 AND block = 2", "block 2|gap 0|source 0|", false},
        {"UPDATE run SET slots = -1 WHERE source = 2 AND block = 2", "run 0|block 2|gap 0|source 0|", false},
        {"DELETE FROM hot", "position 0|source 0|", false},
        {"UPDATE hot SET raw = x'41'", "position 0|source 0|", false},
        {"UPDATE hot SET level = 99", "hot 0|position 0|source 0|", false},
        {"UPDATE meta SET value = 5 WHERE key = 'next_record'", "counter 2|counter 3|counter 4|counter 0|", false},
        {"DELETE FROM fact_error WHERE record = (SELECT min(record) FROM fact_error)", "fact 1|count 0|", true},
        {"UPDATE fact_error SET record = 99 WHERE record = (SELECT max(record) FROM fact_error)", "fact 4|", true},
        {"UPDATE fact_auth SET moment = moment + 1 WHERE record = (SELECT min(record) FROM fact_auth)", "fact 1|",
         true},
        {"UPDATE fact_auth SET outcome = 1 WHERE record = (SELECT min(record) FROM fact_auth)", "fact 1|", true},
        {"UPDATE word_bucket SET words = (SELECT words FROM word_bucket WHERE id = (1 << 62) + (1 << 28)) WHERE id = (1 << 62) + (3 << 28)",
         "index 3|", true},
        {"UPDATE word_bucket SET words = x'00' WHERE id = (1 << 62) + (3 << 28)", "index 0|", true},
        {"UPDATE error_hour SET count = count + 1", "count 0|", true},
        {"DELETE FROM error_hour", "count 0|", true},
        {"DELETE FROM word_bucket WHERE id = (1 << 62) + (3 << 28)", "index 3|", true},
    };
    unsigned wrong = 0;
    struct store *store = small_store(test_case);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run_sql(store, cases[i].sql);
        struct heard heard = verify(store, cases[i].deep, NULL);
        if (strcmp(heard.text, cases[i].findings) != 0) {
            print_message("%s\n   found %s\nexpected %s\n", cases[i].sql, heard.text, cases[i].findings);
            wrong++;
        }
        store_free(store);
        store_case_clear(test_case);
        store = small_store(test_case);
    }
    store_free(store);
    assert_int_equal(wrong, 0);
}

static void findings_name_sources_and_ranges(void **state)
{
    struct store *store = small_store(*state);
    run_sql(store, "DELETE FROM block WHERE id = 2");
    struct heard heard = verify(store, false, NULL);
    assert_string_equal(heard.ranges, "/a 18-36|/b 4-8|");
    store_free(store);
}

/* Who can write everything makes the chain anew: only a head kept elsewhere tells. */
static void a_kept_head_finds_another_chain(void **state)
{
    struct store_case *test_case = *state;
    struct store *store = small_store(test_case);
    struct store_link kept = verify(store, false, NULL).result.head;
    put_block(store, test_case->batch, 4);
    struct heard heard = verify(store, false, &kept);
    assert_string_equal(heard.text, "");
    kept.block = -1;
    heard = verify(store, false, &kept);
    assert_null(strstr(heard.text, "kept"));
    kept.block = 5;
    heard = verify(store, false, &kept);
    assert_non_null(strstr(heard.text, "kept 0|"));
    kept.block = 4;
    kept.digest[31] ^= 1;
    heard = verify(store, false, &kept);
    assert_non_null(strstr(heard.text, "kept 0|"));
    kept = (struct store_link){.block = 9};
    heard = verify(store, false, &kept);
    assert_non_null(strstr(heard.text, "kept 0|"));
    store_free(store);
}

/* A block's number may be anything in a file that somebody made up: neither reading it nor going on behind it does harm. */
static void numbers_beyond_all_are_told(void **state)
{
    struct store_case *test_case = *state;
    static const char *const numbers[] = {"(1 << 34) - 1", "1 << 34", "(1 << 36) + 1", "(1 << 62) + 3",
                                          "0x7ffffffffffffffe"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct store *store = small_store(test_case);
        struct err err = {0};
        char sql[256];
        snprintf(sql, sizeof sql,
                 "UPDATE block SET id = %s WHERE id = 4; UPDATE meta SET value = %s WHERE key = 'chain_block'",
                 numbers[i], numbers[i]);
        run_sql(store, sql);
        store_free(store);
        store = store_case_open(test_case, STORE_WRITE);
        assert_non_null(strstr(verify(store, true, NULL).text, "missing 4|"));
        put_run(test_case->batch, 1, "/a", 72);
        put_line(test_case->batch, STR("id_00000001"), 0, T0);
        test_case->batch->sources[0].position = 84;
        encode(test_case->batch);
        assert_false(store_commit(store, test_case->batch, &err));
        assert_int_equal(err.kind, ERR_CORRUPT);
        batch_reset(test_case->batch);
        store_free(store);
        store_case_clear(test_case);
    }
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_was_written_is_sound),        CASE(damage_is_found_and_named),
        CASE(findings_name_sources_and_ranges), CASE(a_kept_head_finds_another_chain),
        CASE(numbers_beyond_all_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
