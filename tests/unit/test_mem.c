#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static void program_memory_is_zeroed(void **state)
{
    (void)state;
    unsigned char *memory = mem_alloc(1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(memory[i], 0);
    memset(memory, 7, 1000);
    memory = mem_resize(memory, 100000);
    assert_int_equal(memory[999], 7);
    memory = mem_resize_array(memory, 10, 100);
    assert_int_equal(memory[999], 7);
    free(memory);
}

static void nothing_is_something(void **state)
{
    (void)state;
    void *a = mem_alloc(0), *b = mem_resize(NULL, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
    free(a);
    free(b);
    struct arena arena = {0};
    assert_ptr_not_equal(arena_alloc(&arena, 0), arena_alloc(&arena, 0));
    arena_release(&arena);
}

/* Every allocation is filled with its own byte; overlaps would show. */
static void allocations_do_not_overlap(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 15, 16, 17, 100, 4096, 65536, 65537, 300000, 9 << 20, 3};
    enum { ROUNDS = 12, COUNT = sizeof sizes / sizeof *sizes };
    static unsigned char *memory[ROUNDS][COUNT];
    struct arena arena = {0};
    for (int reset = 0; reset < 2; reset++) {
        size_t total = 0;
        for (size_t r = 0; r < ROUNDS; r++) {
            for (size_t i = 0; i < COUNT; i++) {
                size_t size = sizes[i] > 1000000 && r % 4 ? 1 : sizes[i];
                memory[r][i] = arena_alloc(&arena, size);
                assert_int_equal((uintptr_t)memory[r][i] % 16, 0);
                memset(memory[r][i], (int)(r * COUNT + i), size);
                total += size;
            }
        }
        assert_int_equal(arena.used_bytes, total);
        for (size_t r = 0; r < ROUNDS; r++) {
            for (size_t i = 0; i < COUNT; i++) {
                size_t size = sizes[i] > 1000000 && r % 4 ? 1 : sizes[i];
                assert_int_equal(memory[r][i][0], (r * COUNT + i) & 255);
                assert_int_equal(memory[r][i][size - 1], (r * COUNT + i) & 255);
            }
        }
        arena_reset(&arena);
        assert_int_equal(arena.used_bytes, 0);
    }
    arena_release(&arena);
    assert_null(arena.chunks);
}

static void zeroed_after_reset(void **state)
{
    (void)state;
    struct arena arena = {0};
    memset(arena_alloc(&arena, 5000), 0xff, 5000);
    arena_reset(&arena);
    unsigned char *memory = arena_zalloc(&arena, 5000);
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(memory[i], 0);
    int *numbers = ARENA_ARRAY(&arena, int, 10);
    numbers[9] = 3;
    struct arena *inner = ARENA_NEW(&arena, struct arena);
    assert_null(inner->chunks);
    arena_release(&arena);
}

static void reset_and_release_of_nothing(void **state)
{
    (void)state;
    struct arena arena = {0};
    arena_reset(&arena);
    arena_release(&arena);
    arena_release(&arena);
    assert_null(arena.chunks);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
static void a_reset_leaves_room_for_as_much(void **state)
{
    (void)state;
    struct arena arena = {0};
    (void)arena_alloc(&arena, 100);
    (void)arena_alloc(&arena, 20 << 20);
    (void)arena_alloc(&arena, 9 << 20);
    arena_reset(&arena);
    const struct arena_chunk *chunk = arena.chunks;
    assert_non_null(chunk);
    (void)arena_alloc(&arena, 100);
    (void)arena_alloc(&arena, 20 << 20);
    (void)arena_alloc(&arena, 9 << 20);
    assert_ptr_equal(arena.chunks, chunk); /* nothing was asked of the system */
    arena_reset(&arena);
    assert_ptr_equal(arena.chunks, chunk);
    (void)arena_alloc(&arena, 100 << 20);
    arena_reset(&arena);
    assert_null(arena.chunks); /* too much to be kept */
    arena_release(&arena);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_memory_is_zeroed),
        cmocka_unit_test(nothing_is_something),
        cmocka_unit_test(allocations_do_not_overlap),
        cmocka_unit_test(zeroed_after_reset),
        cmocka_unit_test(reset_and_release_of_nothing),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
        cmocka_unit_test(a_reset_leaves_room_for_as_much),
#endif
    };
    return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
