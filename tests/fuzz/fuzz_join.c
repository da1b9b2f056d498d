/* Any bytes as a log. The first byte says how long joined records may be, the second in what portions they are read. Records
 * put together again are the bytes; and they are the same records however they were read: at once, in portions, or in several
 * runs, each of which began where the store ended. A line longer than a record may be is left to the tests. */
#include <stdlib.h>

#include "tests/unit/fake_store.h"

static const struct frame_limits whole = {.batch_bytes = BATCH_BYTES_TARGET,
                                          .record_bytes = RECORD_BYTES_MAX,
                                          .chunk_bytes = 256 << 10,
                                          .records = BATCH_RECORDS_MAX};
static const struct frame_limits small = {
    .batch_bytes = 256, .record_bytes = RECORD_BYTES_MAX, .chunk_bytes = 64, .records = 3};

/* Reads from where the store ends up to size, and hands on what there is now and then. */
static void read_to(struct fake_store *store, struct frame_limits limits, size_t join_bytes, struct source_state *state,
                    struct mark *mark, struct str input, size_t size, size_t step)
{
    struct frame frame;
    limits.join_bytes = join_bytes;
    frame_init(&frame, &limits, fake_batches(store));
    must(frame_begin(&frame, state, mark, 0));
    for (size_t at = (size_t)state->position; at < size;) {
        size_t room;
        char *space = frame_space(&frame, &room);
        size_t more = size - at < step ? size - at : step;
        more = more < room ? more : room;
        memcpy(space, input.data + at, more);
        must(frame_advance(&frame, more));
        at += more;
        if (at % 5 == 0)
            must(frame_flush(&frame));
    }
    must(frame_end(&frame, true) && frame_flush(&frame));
    *mark = frame.mark;
    fake_kill(store);
}

static struct fake_store *read_all(struct frame_limits limits, size_t join_bytes, enum source_kind kind,
                                   struct str input, size_t run, size_t step)
{
    struct fake_store *store = fake_new();
    struct source_state state = {.id = 1, .name = STR("a"), .kind = kind, .read_us = TIME_NONE};
    struct mark mark = {0};
    if (kind != SOURCE_STREAM)
        mark_state(&mark, STR_ABSENT, &state);
    for (size_t at = 0; at < input.size;) {
        at = input.size - at < run ? input.size : at + run;
        read_to(store, limits, join_bytes, &state, &mark, input, at, step);
    }
    must(str_equal(buf_str(&store->sources[1].bytes), input));
    return store;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || size > 4096)
        return 0;
    size_t join_bytes = (size_t)data[0] * 16 + 1, portion = (size_t)data[1] + 1;
    struct str input = str_from((const char *)data + 2, size - 2);
    struct fake_store *at_once = read_all(whole, join_bytes, SOURCE_FILE, input, SIZE_MAX, SIZE_MAX);
    struct fake_store *others[] = {
        read_all(whole, join_bytes, SOURCE_FILE, input, SIZE_MAX, portion),
        read_all(small, join_bytes, SOURCE_FILE, input, SIZE_MAX, SIZE_MAX),
        read_all(small, join_bytes, SOURCE_FILE, input, portion, 7),
        read_all(small, join_bytes, SOURCE_STREAM, input, SIZE_MAX, portion),
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        /* The end of a stream is not judged as one that may grow. */
        must(i == 3 || str_equal(buf_str(&others[i]->sources[1].begins), buf_str(&at_once->sources[1].begins)));
        fake_free(others[i]);
    }
    fake_free(at_once);
    return 0;
}
