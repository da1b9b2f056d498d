/* store/pool.h: numbers are kept in the cheaper of two ways, whatever came before. */
#include "store/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/must.h"
#include "base/scope.h"

enum { NUMBERS = 300, STEP = 1000 };

/* Even those that are the first thing a program puts into a pool: nothing may have to be asked before. */
static void even_steps_are_kept_as_differences(void **state)
{
    struct pools pools;
    struct pool_reader reader = {0};
    SCOPED(arena) arena = {0};
    int64_t numbers[NUMBERS], read[NUMBERS];
    (void)state;
    for (int i = 0; i < NUMBERS; i++)
        numbers[i] = (int64_t)i * STEP;
    pools_init(&pools);
    pool_add_numbers(&pools, numbers, NUMBERS, &arena);
    for (unsigned p = 0; p < POOL_COUNT; p++)
        reader.rest[p] = buf_str(&pools.bufs[p]);
    struct pool_reader again = reader;
    struct pool_numbers packed;
    assert_true(pool_skip_numbers(&again, NUMBERS, &packed));
    assert_true(packed.deltas);
    assert_true(pool_take_numbers(&reader, read, NUMBERS));
    assert_memory_equal(read, numbers, sizeof numbers);
    assert_true(pool_all_read(&reader));
    pools_release(&pools);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(even_steps_are_kept_as_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
