/* Patterns that the store remembers are those that would be mined, and serve for the templates only that they were mined from. */
#include "counts_case.h"
#include "query/stored_patterns.h"
#include "store/store.h"

static void put_texts(struct store *store, struct batch *batch, const struct str *texts, size_t count, uint64_t offset)
{
    put_run(batch, 1, "/a", offset);
    put_line(batch, STR("x"), 0, T0);
    for (size_t i = 0; i < count; i++)
        batch_tell_template(batch, texts[i], (uint32_t)i);
    put_commit(store, batch);
}

/* Gives ids, and keeps what one pattern of all of them would be: told from the mined ones by its text. */
static void remember(struct store *store, const struct str *texts, uint32_t count, const char *text)
{
    SCOPED(arena) arena = {0};
    SCOPED(buf) packed = BUF(1 << 20);
    struct err err = {0};
    uint32_t *members = ARENA_ARRAY(&arena, uint32_t, count), *of = arena_zalloc(&arena, count * sizeof *of);
    for (uint32_t i = 0; i < count; i++)
        members[i] = i;
    struct pattern all = {.text = str_of(text), .members = members, .member_count = count};
    struct patterns patterns = {.items = &all, .count = 1, .of = of};
    patterns_pack(&patterns, texts, count, &packed);
    assert_true(store_patterns_given(store, NULL, 0, buf_str(&packed), &err));
}

static void remembered_while_none_has_come(void **state)
{
    struct store_case *test_case = *state;
    const struct str texts[] = {STR("user alice logged in"), STR("user bob logged in"), STR("disk full")};
    const struct str later[] = {STR("one more")};
    struct err err = {0};
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_texts(store, test_case->batch, texts, 3, 0);
    SCOPED_FREE(stored_patterns) *mined = stored_patterns_new(store, false, &err);
    uint32_t disk = pattern_set_of(mined->set, texts[2]);
    assert_string_equal(pattern_set_text(mined->set, disk).data, "disk full");
    remember(store, texts, 3, "all of them");
    SCOPED_FREE(stored_patterns) *kept = stored_patterns_new(store, false, &err);
    assert_string_equal(pattern_set_text(kept->set, pattern_set_of(kept->set, texts[2])).data, "all of them");
    put_texts(store, test_case->batch, later, 1, 100);
    SCOPED_FREE(stored_patterns) *again = stored_patterns_new(store, false, &err);
    assert_string_equal(pattern_set_text(again->set, pattern_set_of(again->set, texts[2])).data, "disk full");
    assert_int_equal(again->set->count, mined->set->count + 1);
    store_free(store);
}

static void damage_is_mined_over(void **state)
{
    struct store_case *test_case = *state;
    const struct str texts[] = {STR("user alice logged in"), STR("disk full")};
    struct err err = {0};
    struct store *store = store_case_open(test_case, STORE_WRITE);
    put_texts(store, test_case->batch, texts, 2, 0);
    remember(store, texts, 2, "all of them");
    run_sql(store, "UPDATE pack SET body = x'05ffff' WHERE id >> 40 = 6");
    SCOPED_FREE(stored_patterns) *patterns = stored_patterns_new(store, false, &err);
    assert_non_null(patterns);
    assert_string_equal(pattern_set_text(patterns->set, pattern_set_of(patterns->set, texts[1])).data, "disk full");
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(remembered_while_none_has_come, store_case_begin, store_case_end),
        cmocka_unit_test_setup_teardown(damage_is_mined_over, store_case_begin, store_case_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
