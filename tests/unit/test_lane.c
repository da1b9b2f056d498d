/* store/lane.h: what is gathered is what the records have, whatever the sizes of values and lines. Each line is memory of its own, so
 * that under AddressSanitizer what is read behind it is found. */
#include "store/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyze/analyze.h"
#include "base/must.h"
#include "tests/unit/analyzed.h"

enum { SIZES = 100, ENDS = 32, RECORDS = SIZES * ENDS };

/* Values up to the longest that are copied and beyond, and each as near to the end of the line as JSON lets it be, and less near. */
static void put_lines(struct batch *batch)
{
    SCOPED(buf) line = BUF(1 << 10);
    batch_run_begin(batch, 1, 0, ANALYZED_REFERENCE);
    for (int i = 0; i < RECORDS; i++) {
        buf_reset(&line);
        buf_printf(&line, "{\"a\":\"%0*d\",\"b\":\"%.*s\"}", i / ENDS, i, i % ENDS,
                   "0123456789abcdefghijklmnopqrstuvwxyz");
        char *own = memcpy(arena_alloc(&batch->arena, line.size), line.data, line.size); /* not a byte more */
        batch_add(batch, str_from(own, line.size), 0);
    }
    analyzer_batch(analyzed_by, batch);
}

static struct str value_of(const struct record *rec, struct str path)
{
    for (uint32_t i = 0; i < rec->shape->slot_count; i++)
        if (str_equal(rec->shape->slots[i].path, path))
            return rec->slots[i];
    return STR_ABSENT;
}

static void values_are_those_of_their_records(void **state)
{
    struct batch *batch = batch_new();
    struct column_set *set = mem_alloc(sizeof *set);
    struct skeletons skeletons;
    SCOPED(arena) arena = {0};
    uint32_t checked = 0;
    (void)state;
    put_lines(batch);
    assert_true(skeletons_make(batch, &skeletons, &arena));
    lanes_gather(set, &skeletons, batch, &arena);
    for (uint32_t c = 0; c < skeletons.column_count; c++) {
        const struct column *column = &set->columns[c];
        for (uint32_t i = 0; i < column->count; i++, checked++) {
            struct str expected = value_of(&batch->records[column->rows[i]], skeletons.columns[c].path);
            assert_true(expected.data != NULL && str_equal(column->values[i], expected));
            assert_true(i == 0 || column->rows[i] > column->rows[i - 1]);
        }
    }
    assert_int_equal(checked, 2 * RECORDS);
    free(set);
    batch_free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_their_records),
    };
    return cmocka_run_group_tests(tests, analyzed_open, analyzed_close);
}
