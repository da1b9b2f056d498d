#include "store_case.h"

#include "store/block.h"

/* A row as store_commit would write it of the batch, encoded. */
static struct block_row row_of(struct batch *batch)
{
    encode(batch);
    return (struct block_row){
        .id = 3,
        .first_record = 1000,
        .slots = batch->record_count,
        .records = batch->image.records,
        .unparsed = batch->image.unparsed,
        .raw_bytes = batch->image.raw_bytes,
        .time_min = batch->image.time_min,
        .time_max = batch->image.time_max,
        .codec = BLOCK_CODEC,
        .directory = buf_str(&batch->image.directory),
        .body = buf_str(&batch->image.body),
    };
}

static bool decode(struct block *block, const struct block_row *row, struct err *err)
{
    return block_decode(block, row, err) && block_decode_text(block, err);
}

/* True when the block says of every record what the batch says. */
static bool is_same(const struct block *block, const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->record_count; i++) {
        const struct record *rec = &batch->records[i];
        if (block_is_hole(block, i) != ((rec->flags & RECORD_TAIL) != 0))
            return false;
        if (block_is_hole(block, i))
            continue;
        struct scan_record got;
        block_record(block, i, &got);
        if (got.number != 1000 + i || got.source != batch->runs[rec->run].source)
            return false;
        const struct record *r = &got.record;
        if (!str_equal(r->raw, rec->raw) || r->offset != rec->offset || r->time_us != rec->time_us)
            return false;
        if (r->flags != rec->flags || r->level != rec->level || r->kinds != rec->kinds || r->format != rec->format)
            return false;
    }
    return true;
}

/* Offsets asked for one by one: three by themselves, which does not bring about all of them, then the rest. */
static void check_single_offsets(struct batch *batch)
{
    struct block_row row = row_of(batch);
    SCOPED(block) block = {0};
    struct err err = {0};
    assert_true(block_decode(&block, &row, &err));
    block_open(&block);
    for (uint32_t i = 0; i < batch->record_count + 3; i++) {
        uint32_t slot = i < 3 ? batch->record_count * (3 - i) / 4 : i - 3;
        uint64_t offset;
        if (!block_slot_offset(&block, slot, &offset, &err))
            fail_msg("%s", err.text);
        assert_true(offset == batch->records[slot].offset);
        if (i < 3 && batch->record_count > 5 * block_stretch(batch->record_count))
            assert_null(block.offsets);
    }
}

static void check_round_trip(struct batch *batch)
{
    struct block_row row = row_of(batch);
    SCOPED(block) block = {0};
    struct err err = {0};
    if (!decode(&block, &row, &err))
        fail_msg("%s", err.text);
    assert_true(is_same(&block, batch));
    check_single_offsets(batch);
}

static void odd_lines_come_back(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    put_run(batch, 7, "/a", 100);
    put_line(batch, STR(""), RECORD_UNPARSED, TIME_NONE);
    put_line(batch, STR("with\0nul and \xff\xfe\r"), RECORD_UNPARSED, T0);
    put_line(batch, STR("piece"), RECORD_PIECE | RECORD_NO_NEWLINE, T0 + 5);
    put_line(batch, STR("rest"), 0, INT64_MAX);
    put_line(batch, STR("end"), RECORD_NO_NEWLINE, INT64_MIN + 1);
    put_run(batch, INT64_MAX, "/b", UINT64_C(1) << 62);
    put_line(batch, STR("x"), 0, -1)->level = LEVEL_CRITICAL;
    put_line(batch, STR("y"), 0, 0)->kinds = 31;
    put_run(batch, 8, "/c", 0);
    put_line(batch, STR("unfinished"), RECORD_TAIL | RECORD_NO_NEWLINE, T0);
    put_run(batch, 9, "/d", 5);
    put_line(batch, STR(""), 0, TIME_NONE);
    put_line(batch, STR(""), 0, TIME_NONE)->offset = 4; /* not where it is expected */
    check_round_trip(batch);
    assert_true(batch->image.records == 9 && batch->image.unparsed == 2);
    assert_true(batch->image.raw_bytes == 1 + 17 + 5 + 5 + 3 + 2 + 2 + 1 + 1);
    assert_true(batch->image.time_min == INT64_MIN + 1 && batch->image.time_max == INT64_MAX);
}

static void sources_in_turns_come_back(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    const uint64_t offsets[] = {0, 5, 10, 1000, 7, UINT64_C(1) << 62, 3}; /* on, on, ahead, back, far ahead, far back */
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        put_run(batch, 1, "/a", offsets[i]);
        put_line(batch, STR("line"), 0, T0);
        put_run(batch, 2, "/b", 7 * i);
        put_line(batch, STR("twice"), 0, T0);
        put_line(batch, STR("pend"), RECORD_TAIL, T0); /* takes no room */
        batch->records[batch->record_count - 2].offset += i == 3;
    }
    check_round_trip(batch);
}

static void the_longest_line_comes_back(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    char *line = malloc(RECORD_BYTES_MAX);
    for (size_t i = 0; i < RECORD_BYTES_MAX; i++)
        line[i] = (char)(i * i >> 7);
    put_run(batch, 1, "/a", 0);
    put_line(batch, str_from(line, BATCH_BYTES_TARGET - 1), 0, T0);
    put_line(batch, str_from(line, RECORD_BYTES_MAX), RECORD_PIECE | RECORD_NO_NEWLINE, T0);
    free(line);
    check_round_trip(batch);
}

static void a_batch_of_tails_makes_no_block(void **state)
{
    struct store_case *test_case = *state;
    put_run(test_case->batch, 1, "/a", 0);
    put_line(test_case->batch, STR("tail"), RECORD_TAIL | RECORD_NO_NEWLINE, T0);
    encode(test_case->batch);
    assert_true(test_case->batch->image.records == 0 && test_case->batch->image.body.size == 0);
    assert_true(test_case->batch->image.time_min == TIME_NONE);
}

static void times_are_borrowed_within_a_run(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    put_run(batch, 1, "/a", 0);
    put_line(batch, STR("0"), 0, TIME_NONE); /* from the next */
    put_line(batch, STR("1"), 0, T0);
    put_line(batch, STR("2"), 0, TIME_NONE); /* from the one before */
    put_line(batch, STR("3"), 0, TIME_NONE);
    put_line(batch, STR("4"), 0, T0 + 9);
    put_line(batch, STR("5"), RECORD_TAIL | RECORD_NO_NEWLINE, TIME_NONE); /* a hot one too */
    put_run(batch, 2, "/b", 0);
    put_line(batch, STR("6"), 0, TIME_NONE); /* there is none */
    encode(batch);
    const int64_t times[] = {T0, T0, T0, T0, T0 + 9, T0 + 9, TIME_NONE};
    const bool borrowed[] = {true, false, true, true, false, true, false};
    for (size_t i = 0; i < 7; i++) {
        assert_true(batch->records[i].time_us == times[i]);
        assert_true(((batch->records[i].flags & RECORD_TIME_BORROWED) != 0) == borrowed[i]);
    }
    check_round_trip(batch);
}

/* ---- Properties ------------------------------------------------------------------------------------------------------ */

static uint64_t random_state;

static uint64_t random_below(uint64_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (random_state >> 33) % bound;
}

static void put_random(struct batch *batch)
{
    uint64_t runs = 1 + random_below(5);
    for (uint64_t r = 0; r < runs; r++) {
        put_run(batch, (int64_t)(1 + random_below(1u << random_below(30))), "/x",
                random_below(UINT64_C(1) << random_below(62)));
        uint64_t lines = random_below(200);
        for (uint64_t i = 0; i < lines; i++) {
            char line[300];
            size_t size = random_below(2) ? random_below(10) : random_below(sizeof line);
            for (size_t k = 0; k < size; k++)
                line[k] = (char)(random_below(4) ? 'a' + random_below(4) : random_below(256));
            uint8_t flags = (uint8_t)(random_below(3) ? 0 : random_below(4));
            if (i + 1 == lines && random_below(3) == 0)
                flags = RECORD_TAIL | RECORD_NO_NEWLINE;
            int64_t time_us = random_below(5) ? T0 + (int64_t)random_below(1000000000) - 500000000 : TIME_NONE;
            struct record *rec = put_line(batch, str_from(line, size), flags, time_us);
            rec->level = (uint8_t)random_below(LEVEL_CRITICAL + 1);
            rec->kinds = (uint8_t)random_below(32);
            rec->format = (uint8_t)random_below(FORMAT_COUNT);
            if (random_below(50) == 0)
                rec->offset += random_below(1000);
        }
    }
}

static void random_batches_come_back(void **state)
{
    struct store_case *test_case = *state;
    for (random_state = 1; random_state < 200;) {
        uint64_t seed = random_state;
        put_random(test_case->batch);
        encode(test_case->batch);
        if (test_case->batch->image.records > 0)
            check_round_trip(test_case->batch);
        batch_reset(test_case->batch);
        random_state = seed + 1;
    }
}

/* An error, or the same answer; and never a crash. */
static void check_damaged(struct block *block, const struct block_row *row, const struct batch *batch)
{
    struct err err = {0};
    if (!decode(block, row, &err)) {
        assert_int_equal(err.kind, ERR_CORRUPT);
        assert_non_null(strstr(err.text, "block 3 is damaged: "));
        return;
    }
    if (!is_same(block, batch))
        fail_msg("a damaged block gave another answer (%zu %zu)", row->directory.size, row->body.size);
}

static void every_flipped_bit_and_every_cut_is_noticed(void **state)
{
    struct store_case *test_case = *state;
    random_state = 42;
    put_run(test_case->batch, 5, "/a", 12);
    put_random(test_case->batch);
    struct block_row row = row_of(test_case->batch);
    SCOPED(block) block = {0};
    struct str *parts[] = {&row.directory, &row.body};
    for (size_t p = 0; p < 2; p++) {
        struct str whole = *parts[p];
        assert_true(whole.size > 10);
        char *copy = malloc(whole.size);
        for (size_t bit = 0; bit < whole.size * 8; bit += p == 0 ? 1 : 11) {
            memcpy(copy, whole.data, whole.size);
            copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
            *parts[p] = str_from(copy, whole.size);
            check_damaged(&block, &row, test_case->batch);
        }
        for (size_t size = 0; size < whole.size; size += p == 0 ? 1 : 97) {
            *parts[p] = str_from(whole.data, size);
            struct err err = {0};
            assert_false(decode(&block, &row, &err));
        }
        free(copy);
        *parts[p] = whole;
    }
    struct err err = {0};
    assert_true(decode(&block, &row, &err) && is_same(&block, test_case->batch));
}

static void wrong_numbers_in_the_row_are_noticed(void **state)
{
    struct store_case *test_case = *state;
    put_run(test_case->batch, 5, "/a", 12);
    put_line(test_case->batch, STR("one"), 0, T0);
    put_line(test_case->batch, STR("two"), 0, T0);
    const struct block_row good = row_of(test_case->batch);
    SCOPED(block) block = {0};
    const uint32_t wrong[] = {0, 1, 3, BATCH_RECORDS_MAX, BATCH_RECORDS_MAX + 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct err err = {0};
        struct block_row row = good;
        row.slots = wrong[i];
        assert_false(decode(&block, &row, &err));
        assert_int_equal(err.kind, ERR_CORRUPT);
        row = good;
        row.records = wrong[i];
        assert_false(decode(&block, &row, &err));
    }
    struct err err = {0};
    struct block_row row = good;
    row.codec = 9;
    assert_false(decode(&block, &row, &err));
    assert_int_equal(err.kind, ERR_VERSION);
    assert_true(decode(&block, &good, &err));
}

/* ---- The chain --------------------------------------------------------------------------------------------------------- */

static void digest_covers_every_column(void **state)
{
    (void)state;
    struct run_row run = {
        .source = 1,
        .name = STR("/a"),
        .first = 2,
        .slots = 3,
        .offset_from = 4,
        .offset_to = 5,
        .records = 6,
        .unparsed = 7,
        .raw_bytes = 8,
        .time_min = 9,
        .time_max = 10,
    };
    struct block_row row = {
        .id = 1,
        .first_record = 2,
        .slots = 3,
        .records = 4,
        .unparsed = 5,
        .timeless = 6,
        .raw_bytes = 7,
        .time_min = 8,
        .time_max = 9,
        .codec = 1,
        .runs = &run,
        .run_count = 1,
        .directory = STR("dir"),
        .body = STR("body"),
    };
    uint8_t previous[DIGEST_SIZE] = {0}, first[DIGEST_SIZE], other[DIGEST_SIZE];
    digest_block(previous, &row, first);
    /* sha256sum of the layout in digest.h, made by hand: it must never change */
    static const uint8_t expected[DIGEST_SIZE] = {
        0x4b, 0xe9, 0xf6, 0x71, 0x9c, 0x30, 0x8e, 0xb6, 0x91, 0x99, 0x13, 0xcd, 0x83, 0x3b, 0xf4, 0x51,
        0x2a, 0x6a, 0xca, 0x7b, 0x00, 0x78, 0x5d, 0xb1, 0xf6, 0xf5, 0x4c, 0x1c, 0xa2, 0xa5, 0x0a, 0xa5,
    };
    assert_memory_equal(first, expected, DIGEST_SIZE);
#define CHANGES(change, back)                                                                                          \
    do {                                                                                                               \
        change;                                                                                                        \
        digest_block(previous, &row, other);                                                                           \
        assert_memory_not_equal(first, other, DIGEST_SIZE);                                                            \
        back;                                                                                                          \
    } while (0)
    CHANGES(previous[31] = 1, previous[31] = 0);
    CHANGES(row.id++, row.id--);
    CHANGES(row.first_record++, row.first_record--);
    CHANGES(row.slots++, row.slots--);
    CHANGES(row.records++, row.records--);
    CHANGES(row.unparsed++, row.unparsed--);
    CHANGES(row.timeless++, row.timeless--);
    CHANGES(row.raw_bytes++, row.raw_bytes--);
    CHANGES(row.time_min++, row.time_min--);
    CHANGES(row.time_max++, row.time_max--);
    CHANGES(row.codec++, row.codec--);
    CHANGES(run.source++, run.source--);
    CHANGES(run.first++, run.first--);
    CHANGES(run.name = STR("/b"), run.name = STR("/a"));
    CHANGES(run.slots++, run.slots--);
    CHANGES(run.offset_from++, run.offset_from--);
    CHANGES(run.offset_to++, run.offset_to--);
    CHANGES(run.records++, run.records--);
    CHANGES(run.unparsed++, run.unparsed--);
    CHANGES(run.raw_bytes++, run.raw_bytes--);
    CHANGES(run.time_min++, run.time_min--);
    CHANGES(run.time_max++, run.time_max--);
    CHANGES(row.directory = STR("dirb"); row.body = STR("ody"), row.directory = STR("dir"); row.body = STR("body"));
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(odd_lines_come_back),
        CASE(sources_in_turns_come_back),
        CASE(the_longest_line_comes_back),
        CASE(a_batch_of_tails_makes_no_block),
        CASE(times_are_borrowed_within_a_run),
        CASE(random_batches_come_back),
        CASE(every_flipped_bit_and_every_cut_is_noticed),
        CASE(wrong_numbers_in_the_row_are_noticed),
        CASE(digest_covers_every_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
