/* frame: whatever the bytes, the limits and the sizes of the reads, records put together again are the input. */
#include "ingest/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/fake_store.h"

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)(random_state >> 8) * bound >> 24);
}

static const struct frame_limits limits[] = {
    {1, 1, 1, 1, 1},
    {1, 1000, 1000, 1, 1},
    {7, 5, 4, 3, 2},
    {64, 16, 16, 8, 4},
    {64, 16, 10, 100, 3},
    {4096, 1000, 1000, 256, 100},
    {.batch_bytes = BATCH_BYTES_TARGET,
     .record_bytes = RECORD_BYTES_MAX,
     .join_bytes = 1 << 20,
     .chunk_bytes = 256 << 10,
     .records = BATCH_RECORDS_MAX},
};
enum { LIMITS = sizeof limits / sizeof limits[0] };

static struct source_state fresh_state(int64_t id)
{
    struct source_state state = {.id = id, .name = STR("a"), .kind = SOURCE_FILE, .read_us = TIME_NONE};
    struct mark nothing = {0};
    mark_state(&nothing, STR_ABSENT, &state);
    return state;
}

/* Feeds input from state->position on, in reads of random sizes. */
static void feed(struct frame *frame, struct source_state *state, struct mark *mark, struct str input, bool whole)
{
    assert_true(frame_begin(frame, state, mark, 77));
    for (size_t at = (size_t)state->position; at < input.size;) {
        size_t room;
        char *space = frame_space(frame, &room);
        assert_non_null(space);
        size_t size = 1 + random_below((uint32_t)room);
        if (size > input.size - at)
            size = input.size - at;
        memcpy(space, input.data + at, size);
        assert_true(frame_advance(frame, size));
        at += size;
    }
    assert_true(frame_end(frame, whole));
    *mark = frame->mark;
}

static void check_round_trip(struct str input, const struct frame_limits *limit)
{
    struct fake_store *store = fake_new();
    struct frame frame;
    frame_init(&frame, limit, fake_batches(store));
    struct source_state state = fresh_state(1);
    struct mark mark = {0};
    feed(&frame, &state, &mark, input, true);
    assert_true(frame_flush(&frame));
    const struct fake_source *source = &store->sources[1];
    assert_true(source->known);
    assert_int_equal(source->bytes.size, input.size);
    assert_memory_equal(buf_str(&source->bytes).data, input.data, input.size);
    /* The position is the last record boundary. */
    assert_int_equal(state.position + state.pending_bytes, input.size);
    if (input.size > 0 && input.data[input.size - 1] != '\n')
        assert_int_not_equal(state.pending_bytes, 0);
    assert_in_range(state.pending_bytes, 0, 2 * limit->record_bytes + 1);
    uint64_t lines = input.size > 0 && input.data[input.size - 1] != '\n';
    for (size_t i = 0; i < input.size; i++)
        lines += input.data[i] == '\n';
    assert_int_equal(state.lines + state.pending_lines, lines);
    assert_int_equal(source->records - source->pieces + source->joined, lines);
    fake_free(store);
}

static const struct {
    const char *name;
    struct str input;
} cases[] = {
    {"nothing", STR("")},
    {"one line", STR("one\n")},
    {"no final newline", STR("one\ntwo")},
    {"only an unterminated line", STR("one")},
    {"empty lines", STR("\n\n\na\n\n")},
    {"carriage returns", STR("one\r\ntwo\r\n\r\n\rthree\r")},
    {"NULs", STR("\0\n\0a\0\n\0")},
    {"longer than a record of 16", STR("0123456789abcdef\n0123456789abcdefg\n0123456789abcdef0123456789abcdef\nx")},
    {"tail as long as a record of 16", STR("x\n0123456789abcdef")},
    {"tail longer than a record of 16", STR("x\n0123456789abcdef0123456789abcdef01")},
};

static void round_trip_cases(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t k = 0; k < LIMITS; k++)
            for (unsigned round = 0; round < 5; round++)
                check_round_trip(cases[i].input, &limits[k]);
}

static void round_trip_random(void **unused)
{
    (void)unused;
    for (unsigned round = 0; round < 400; round++) {
        char bytes[6000];
        size_t size = random_below(round % 10 == 0 ? sizeof bytes : 300);
        unsigned newline_in = 1 + random_below(200);
        for (size_t i = 0; i < size; i++)
            bytes[i] = random_below(newline_in) == 0 ? '\n' : (char)random_below(256);
        check_round_trip(str_from(bytes, size), &limits[random_below(LIMITS)]);
    }
}

/* 16 MiB exactly is one record; a byte more makes a piece. Fed in small reads: a scan that begins again at each read
 * would take minutes. */
static void lines_at_the_limit(void **unused)
{
    (void)unused;
    static const struct {
        size_t size;
        uint64_t pieces;
    } lines[] = {{RECORD_BYTES_MAX, 0}, {RECORD_BYTES_MAX + 1, 1}, {2 * RECORD_BYTES_MAX + 5, 2}};
    for (size_t i = 0; i < 3; i++) {
        struct fake_store *store = fake_new();
        struct frame frame;
        struct frame_limits limit = frame_limits_default;
        limit.chunk_bytes = 4096;
        frame_init(&frame, &limit, fake_batches(store));
        struct source_state state = fresh_state(1);
        struct mark mark = {0};
        size_t size = 6 + lines[i].size + 5;
        char *input = mem_alloc(size);
        memset(input, 'x', size);
        memcpy(input, "first\n", 6);
        memcpy(input + size - 5, "\nend\n", 5);
        feed(&frame, &state, &mark, str_from(input, size), true);
        assert_true(frame_flush(&frame));
        assert_int_equal(store->sources[1].bytes.size, size);
        assert_memory_equal(store->sources[1].bytes.data, input, size);
        assert_int_equal(store->sources[1].pieces, lines[i].pieces);
        assert_int_equal(store->sources[1].records, 3 + lines[i].pieces);
        free(input);
        fake_free(store);
    }
}

static void tail_grows(void **unused)
{
    (void)unused;
    static const struct {
        const char *content;
        uint64_t position, pending, records;
    } steps[] = {
        {"", 0, 0, 0},    {"ab", 0, 2, 1},     {"ab", 0, 2, 1}, /* nothing new: nothing added */
        {"abc", 0, 3, 1}, {"abc\nd", 0, 5, 2}, {"abc\nd", 0, 5, 2}, {"abc\nd\n", 4, 2, 2}, {"abc\nd\n\nxyz", 4, 6, 4},
    };
    for (size_t k = 0; k < LIMITS; k++) {
        if (limits[k].join_bytes < 16)
            continue; /* what is too long to join is not pending */
        struct fake_store *store = fake_new();
        struct source_state state = fresh_state(1);
        struct mark mark = {0};
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
            struct frame frame;
            frame_init(&frame, &limits[k], fake_batches(store));
            feed(&frame, &state, &mark, str_of(steps[i].content), true);
            assert_true(frame_flush(&frame));
            assert_int_equal(state.position, steps[i].position);
            assert_int_equal(state.pending_bytes, steps[i].pending);
            assert_int_equal(store->sources[1].records, steps[i].records);
            assert_int_equal(store->sources[1].bytes.size, strlen(steps[i].content));
            assert_memory_equal(buf_str(&store->sources[1].bytes).data, steps[i].content, strlen(steps[i].content));
        }
        fake_free(store);
    }
}

static void unfinished_line_is_dropped_when_not_whole(void **unused)
{
    (void)unused;
    struct fake_store *store = fake_new();
    struct frame frame;
    frame_init(&frame, &frame_limits_default, fake_batches(store));
    struct source_state state = fresh_state(1);
    struct source_state other = fresh_state(2);
    struct mark mark = {0}, other_mark = {0};
    feed(&frame, &state, &mark, STR("one\ntw"), false);
    feed(&frame, &other, &other_mark, STR("x\ny\nz"), true);
    assert_true(frame_flush(&frame));
    assert_int_equal(store->puts, 1); /* small sources share a batch */
    assert_int_equal(state.position, 0);
    assert_int_equal(state.pending_bytes, 4);
    assert_int_equal(store->sources[1].bytes.size, 4);
    assert_int_equal(store->sources[2].bytes.size, 5);
    feed(&frame, &state, &mark, STR("one\ntwo\n"), true);
    assert_true(frame_flush(&frame));
    assert_memory_equal(store->sources[1].bytes.data, "one\ntwo\n", 8);
    fake_free(store);
}

/* An unterminated line that is stored stays so when what is pending is read again, by a later run too, and grows. */
static void stored_unterminated_line_stays(void **unused)
{
    (void)unused;
    struct fake_store *store = fake_new();
    struct source_state state = fresh_state(1);
    struct mark mark = {0};
    static const struct {
        struct str input;
        bool whole;
        uint64_t stored;
    } steps[] = {
        {STR("one\ntw"), false, 4},  {STR("one\ntw"), true, 6},       {STR("one\ntw"), false, 6},
        {STR("one\ntwo"), false, 7}, {STR("one\ntwo\nth"), false, 8},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct frame frame;
        frame_init(&frame, &frame_limits_default, fake_batches(store));
        feed(&frame, &state, &mark, steps[i].input, steps[i].whole);
        assert_true(frame_flush(&frame));
        assert_int_equal(state.position + state.pending_bytes, steps[i].stored);
        assert_int_equal(store->sources[1].bytes.size, steps[i].stored);
    }
    fake_free(store);
}

static void flush_within_a_line(void **unused)
{
    (void)unused;
    struct fake_store *store = fake_new();
    struct frame frame;
    frame_init(&frame, &frame_limits_default, fake_batches(store));
    struct source_state state = {.id = 1, .name = STR("a"), .kind = SOURCE_STREAM};
    struct mark mark = {0};
    assert_true(frame_begin(&frame, &state, &mark, 0));
    static const char *const parts[] = {"one\ntw", "o", "\nthree\n", "fo", "ur"};
    for (size_t i = 0; i < 5; i++) {
        size_t room;
        memcpy(frame_space(&frame, &room), parts[i], strlen(parts[i]));
        assert_true(frame_advance(&frame, strlen(parts[i])));
        assert_true(frame_flush(&frame));
    }
    assert_int_equal(store->puts, 2); /* not one for each part: only where a line ended */
    assert_int_equal(store->sources[1].bytes.size, 14);
    assert_true(frame_end(&frame, true));
    assert_true(frame_flush(&frame));
    assert_memory_equal(store->sources[1].bytes.data, "one\ntwo\nthree\nfour", 18);
    assert_int_equal(store->sources[1].tail_bytes, 4);
    fake_free(store);
}

static void ends_when_no_batch_is_given(void **unused)
{
    (void)unused;
    struct fake_store *store = fake_new();
    store->puts_max = 2;
    struct frame frame;
    frame_init(&frame, &limits[2], fake_batches(store));
    struct source_state state = fresh_state(1);
    struct mark mark = {0};
    assert_true(frame_begin(&frame, &state, &mark, 0));
    bool more = true;
    for (unsigned i = 0; i < 100 && more; i++) {
        size_t room;
        char *space = frame_space(&frame, &room);
        more = space != NULL;
        if (more) {
            *space = '\n';
            more = frame_advance(&frame, 1);
        }
    }
    assert_false(more);
    assert_int_equal(store->puts, 2);
    fake_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip_cases),
        cmocka_unit_test(round_trip_random),
        cmocka_unit_test(lines_at_the_limit),
        cmocka_unit_test(tail_grows),
        cmocka_unit_test(unfinished_line_is_dropped_when_not_whole),
        cmocka_unit_test(stored_unterminated_line_stays),
        cmocka_unit_test(flush_within_a_line),
        cmocka_unit_test(ends_when_no_batch_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
