/* pipeline: every batch is worked on once and committed in order; a failing commit ends it; nothing hangs. */
#include "ingest/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/must.h"

struct world {
    atomic_uint workers; /* alive */
    atomic_uint worked;
    /* The committer's: */
    uint64_t committed;
    uint64_t sum;
    uint64_t fail_at; /* the n-th commit fails, from 1; 0 = none */
};

static void nap(unsigned amount)
{
    struct timespec wait = {.tv_nsec = (long)(amount * 2654435761u >> 15) % 200000};
    nanosleep(&wait, NULL);
}

static void *worker_new(void *context)
{
    struct world *world = context;
    atomic_fetch_add(&world->workers, 1);
    return world;
}

static void worker_free(void *worker)
{
    struct world *world = worker;
    atomic_fetch_sub(&world->workers, 1);
}

/* The raw bytes get a sign of having been here. */
static void work(void *worker, struct batch *batch)
{
    struct world *world = worker;
    nap((unsigned)batch->sequence);
    must(batch->raw.size == sizeof(uint64_t));
    must(buf_add_char(&batch->raw, 'w'));
    atomic_fetch_add(&world->worked, 1);
}

static bool commit(void *context, struct batch *batch, struct err *err)
{
    struct world *world = context;
    uint64_t number;
    must(batch->raw.size == sizeof number + 1 && batch->raw.data[sizeof number] == 'w');
    memcpy(&number, batch->raw.data, sizeof number);
    must(number == world->committed && batch->sequence == number);
    if (world->committed + 1 == world->fail_at) {
        world->fail_at = 1; /* another commit would be one too many */
        world->committed = UINT64_MAX;
        return err_set(err, ERR_FULL, 0, "the disk is full");
    }
    world->committed++;
    world->sum += number;
    nap((unsigned)number * 7);
    return true;
}

/* Puts count batches or until none is given; returns how many. */
static uint64_t put_all(struct pipeline *pipeline, uint64_t count)
{
    uint64_t number = 0;
    for (; number < count; number++) {
        struct batch *batch = pipeline_take(pipeline);
        if (batch == NULL)
            break;
        must(batch->raw.size == 0);
        must(buf_add(&batch->raw, &number, sizeof number));
        pipeline_put(pipeline, batch);
    }
    return number;
}

static void in_order(void **unused)
{
    (void)unused;
    static const unsigned threads[] = {1, 2, 5, PIPELINE_THREADS_MAX};
    for (size_t i = 0; i < 4; i++) {
        struct world world = {0};
        struct err err;
        struct pipeline_steps steps = {{&world, worker_new, work, worker_free}, commit, &world};
        struct pipeline *pipeline = pipeline_new(threads[i], &steps, &err);
        assert_non_null(pipeline);
        assert_int_equal(put_all(pipeline, 300), 300);
        assert_true(pipeline_finish(pipeline, &err));
        assert_int_equal(world.committed, 300);
        assert_int_equal(world.sum, 300 * 299 / 2);
        assert_int_equal(world.worked, 300);
        assert_int_equal(world.workers, 0);
        pipeline_free(pipeline);
    }
}

static void nothing_put(void **unused)
{
    (void)unused;
    struct world world = {0};
    struct err err;
    struct pipeline_steps steps = {{&world, worker_new, work, worker_free}, commit, &world};
    struct pipeline *pipeline = pipeline_new(3, &steps, &err);
    assert_non_null(pipeline_take(pipeline)); /* a batch that is never put is no harm */
    assert_non_null(pipeline_take(pipeline));
    assert_true(pipeline_finish(pipeline, &err));
    pipeline_free(pipeline);
    pipeline = pipeline_new(3, &steps, &err);
    pipeline_free(pipeline); /* without finish */
    assert_int_equal(world.workers, 0);
    pipeline_free(NULL);
}

static void failing_commit(void **unused)
{
    (void)unused;
    for (uint64_t fail_at = 1; fail_at <= 40; fail_at++) {
        struct world world = {.fail_at = fail_at};
        struct err err = {0};
        struct pipeline_steps steps = {{&world, worker_new, work, worker_free}, commit, &world};
        struct pipeline *pipeline = pipeline_new(3, &steps, &err);
        uint64_t put = put_all(pipeline, 1000);
        assert_in_range(put, fail_at,
                        fail_at + 3 + PIPELINE_SPARE); /* no more than there are batches behind the one that failed */
        assert_null(pipeline_take(pipeline));
        assert_false(pipeline_finish(pipeline, &err));
        assert_int_equal(err.kind, ERR_FULL);
        assert_string_equal(err.text, "the disk is full");
        assert_int_equal(world.workers, 0);
        pipeline_free(pipeline);
    }
}

/* With a slow committer the reader waits: batches in circulation are bounded. */
static void back_pressure(void **unused)
{
    (void)unused;
    struct world world = {0};
    struct err err;
    struct pipeline_steps steps = {{&world, worker_new, work, worker_free}, commit, &world};
    struct pipeline *pipeline = pipeline_new(2, &steps, &err);
    struct batch *seen[16];
    size_t seen_count = 0;
    for (uint64_t number = 0; number < 200; number++) {
        struct batch *batch = pipeline_take(pipeline);
        bool known = false;
        for (size_t i = 0; i < seen_count; i++)
            known = known || seen[i] == batch;
        if (!known)
            seen[seen_count++] = batch;
        assert_true(seen_count <= 2 + PIPELINE_SPARE);
        must(buf_add(&batch->raw, &number, sizeof number));
        pipeline_put(pipeline, batch);
    }
    assert_true(pipeline_finish(pipeline, &err));
    assert_int_equal(world.committed, 200);
    pipeline_free(pipeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order),
        cmocka_unit_test(nothing_put),
        cmocka_unit_test(failing_commit),
        cmocka_unit_test(back_pressure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
