#include "store_case.h"

#include "analyze/analyze.h"
#include "query/mention.h"
#include "store/find.h"

/* Blocks of made-up lines in many forms, in which texts are looked for that were cut out of these lines at any place, or out of two
 * of them: what is found must be what a search of the lines themselves finds. */

static uint64_t random_state;

static uint64_t below(uint64_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (random_state >> 33) % bound;
}

#define ONE_OF(...)                                                                                                    \
    ((const char *const[]){__VA_ARGS__}[below(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))])

static void add_hex(struct buf *line, size_t size, bool upper)
{
    for (size_t i = 0; i < size; i++)
        buf_add_char(line, (upper ? "0123456789ABCDEF" : "0123456789abcdef")[below(16)]);
}

static void add_id(struct buf *line)
{
    static const uint8_t groups[] = {8, 4, 4, 4, 12};
    switch (below(5)) {
    case 0:
        for (size_t i = 0; i < 5; i++) {
            buf_add_text(line, i ? "-" : "");
            add_hex(line, groups[i], false);
        }
        break;
    case 1:
        buf_printf(line, "q_2024_%06d", (int)below(40));
        break;
    case 2:
        add_hex(line, 16, true);
        break;
    case 3:
        buf_printf(line, "req-%d-%c%d", (int)below(1000), (char)('a' + (char)below(26)), (int)below(10));
        break;
    default:
        buf_printf(line, "10.%d.%d.%d", (int)below(3), (int)below(256), (int)below(256));
    }
}

static void add_message(struct buf *line)
{
    static const char *const words[] = {"Task",           "user",   "took",   "Deadlock", "kassel",    "Kerze",
                                        "timeout",        "nfoo",   "tab",    "render",   "of",        "ms",
                                        "CRLF",           "straße", "\\n",    "\\tnext",  "\\r\\nold", "key: value",
                                        "\\\"quoted\\\"", "a=b",    "\\u017f"};
    size_t size = 1 + below(9);
    for (size_t i = 0; i < size; i++) {
        buf_add_text(line, i && below(6) ? " " : "");
        if (below(3) == 0)
            add_id(line);
        else if (below(3) == 0)
            buf_printf(line, "%d.%03d", (int)below(5000), (int)below(1000));
        else
            buf_add_text(line, words[below(sizeof words / sizeof *words)]);
    }
}

/* The text of an object within a string. */
static void add_inner(struct buf *line)
{
    buf_printf(line, "{\\\"user\\\": \\\"%s\\\",\\\"count\\\":%d, \\\"%s\\\":%s,\\\"id\\\":\\\"",
               ONE_OF("bob", "", "with \\\\\\\"quotes\\\\\\\"", "\\\\"), (int)below(9), ONE_OF("took", "ok", "tnr"),
               ONE_OF("true", "null", "tab\\tnfoo", "[1,2]", ""));
    add_id(line);
    buf_add_text(line, ONE_OF("\\\"}", "\\\"}", "\\\"", ""));
}

static void add_member(struct buf *line, unsigned member)
{
    static const char *const keys[] = {"level",  "request_id", "message", "status",
                                       "nested", "exc_info",   "user",    "list"};
    buf_printf(line, "\"%s\":%s", keys[member], below(4) ? " " : "");
    switch (member) {
    case 0:
        buf_add_text(line, ONE_OF("\"info\"", "\"ERROR\"", "\"warning\"", "null", "true"));
        break;
    case 1:
        buf_add_char(line, '"');
        add_id(line);
        buf_add_char(line, '"');
        break;
    case 2:
    case 5:
        buf_add_char(line, '"');
        for (size_t i = member == 5 ? below(6) : 0; i > 0; i--) {
            add_message(line);
            buf_add_text(line, ONE_OF("\\n", "\\n  ", "\\n\\t", "\\r\\n"));
        }
        if (member == 2 && below(3) == 0)
            add_inner(line);
        else
            add_message(line);
        buf_add_char(line, '"');
        break;
    case 3:
        buf_printf(line, "%d%s", (int)below(600), ONE_OF("", "", ".5", "e3", "00"));
        break;
    case 4:
        buf_printf(line, "{\"a\": %d, \"b\": {\"ab\": \"%s\"}}", (int)below(9), ONE_OF("x", "", "yes", "nested"));
        break;
    case 6:
        buf_printf(line, "\"%s%d\"", ONE_OF("bob", "carol", "Straße"), (int)below(30));
        break;
    default:
        buf_printf(line, "[%d,%d, \"%s\"]", (int)below(9), (int)below(9), ONE_OF("", "abc", "\\\\"));
    }
}

static void add_json(struct buf *line)
{
    buf_printf(line, "{\"timestamp\": \"2024-06-%02dT%02d:00:%02d.%06dZ\"", (int)(1 + below(28)), (int)below(24),
               (int)below(60), (int)below(1000000));
    unsigned first = (unsigned)below(3), step = below(3) ? 1 : 3;
    for (unsigned i = 0; i < 8; i++) {
        if (below(10) == 0)
            continue;
        buf_add_text(line, below(8) ? ", " : ",");
        add_member(line, (first + i * step) % 8);
    }
    buf_add_text(line, ONE_OF("}", "}", "}", " }", "}\r"));
}

static void add_line(struct buf *line)
{
    switch (below(8)) {
    case 0:
        buf_printf(line, "Nov %2d 03:%02d:00 web%d sshd[%d]: Failed password for %s from 10.0.0.%d port %d ssh2",
                   (int)(1 + below(28)), (int)below(60), (int)below(3), (int)below(30000),
                   ONE_OF("root", "bob", "invalid user x"), (int)below(256), (int)below(65536));
        break;
    case 1:
        buf_printf(line, "10.0.0.%d - - [20/Nov/2026:10:%02d:00 +0000] \"GET /api/v%d/item?id=", (int)below(256),
                   (int)below(60), (int)below(3));
        add_id(line);
        buf_printf(line, " HTTP/1.1\" %d %d \"-\" \"curl/8.%d\"", (int)(200 + below(300)), (int)below(99999),
                   (int)below(9));
        break;
    case 2:
        for (size_t i = below(60); i > 0; i--)
            buf_add_char(line, (char)below(below(3) ? 256 : 4));
        break;
    case 3:
        add_message(line);
        break;
    default:
        add_json(line);
    }
}

static void fill(struct batch *batch, struct analyzer *analyzer, size_t lines)
{
    SCOPED(buf) line = BUF(1 << 16);
    put_run(batch, 1, "/a", 0);
    for (size_t i = 0; i < lines; i++) {
        buf_reset(&line);
        add_line(&line);
        batch_add(batch, arena_str(&batch->arena, buf_str(&line)), 0);
    }
    analyzer_batch(analyzer, batch);
    encode(batch);
}

/* Mostly a piece of a line; at times one that is changed, or one of two lines. */
static void choose_text(const struct batch *batch, struct buf *text)
{
    buf_reset(text);
    for (int parts = below(10) ? 1 : 2; parts > 0; parts--) {
        struct str raw = batch->records[below(batch->record_count)].raw;
        size_t size = 1 + below(below(2) ? 8 : 50), from = below(raw.size + 1);
        buf_add_str(text, str_slice(raw, from, from + size));
    }
    if (text->size == 0)
        buf_add_char(text, 'x');
    if (below(12) == 0)
        text->data[below(text->size)] = (char)(' ' + (char)below(90));
}

struct tally {
    size_t found, sure, ruled_out, at_a_glance;
};

static void check_text(struct block *block, const struct batch *batch, struct str text, bool ignore_case,
                       struct tally *tally)
{
    const struct find_text wanted = {text, ignore_case};
    uint8_t *marks = calloc(1, block->slots);
    bool damaged, may = find_glance(block, &wanted, &damaged);
    assert_true(!damaged && find_slots(block, &wanted, marks));
    tally->at_a_glance += !may;
    for (uint32_t slot = 0; slot < block->slots; slot++) {
        bool holds = find_in(&wanted, batch->records[slot].raw);
        if (holds ? marks[slot] == FIND_NO || !may : marks[slot] == FIND_YES)
            fail_msg("'%.*s'%s in line %u '%.*s': %s, marked %d, at a glance %d", STR_ARG(text),
                     ignore_case ? " in any case" : "", slot, STR_ARG(batch->records[slot].raw), holds ? "yes" : "no",
                     marks[slot], may);
        tally->found += holds;
        tally->sure += marks[slot] == FIND_YES;
        tally->ruled_out += marks[slot] == FIND_NO;
    }
    free(marks);
}

static void open_block_of(struct batch *batch, struct block *block)
{
    struct err err = {0};
    struct block_row row = {
        .id = 1,
        .first_record = 1,
        .slots = batch->record_count,
        .records = batch->image.records,
        .codec = BLOCK_CODEC,
        .directory = buf_str(&batch->image.directory),
        .body = buf_str(&batch->image.body),
    };
    if (!block_decode(block, &row, &err))
        fail_msg("%s", err.text);
    block_open(block);
}

static void what_is_found_is_what_is_there(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct field_table *fields = field_table_new(STR_ABSENT, NULL, NULL);
    struct analyzer *analyzer = analyzer_new(fields);
    SCOPED(block) block = {0};
    SCOPED(buf) text = BUF(1 << 16);
    struct tally tally = {0};
    size_t asked = 0;
    random_state = 20261121;
    for (size_t round = 0; round < 12; round++) {
        batch_reset(batch);
        fill(batch, analyzer, round % 3 ? 300 : 20 + below(2000));
        open_block_of(batch, &block);
        for (size_t i = 0; i < 150; i++, asked++) {
            choose_text(batch, &text);
            bool ignore_case = below(2);
            for (size_t k = 0; ignore_case && k < text.size; k++)
                if (text.data[k] >= 'A' && text.data[k] <= 'Z')
                    text.data[k] = (char)(text.data[k] + 'a' - 'A');
            check_text(&block, batch, buf_str(&text), ignore_case, &tally);
        }
    }
    /* It must find, and it must be worth it. */
    assert_true(tally.found > asked && tally.sure * 10 > tally.found * 9);
    assert_true(tally.ruled_out > asked * 100 && tally.at_a_glance > 0);
    analyzer_free(analyzer);
    field_table_free(fields);
}

/* Some slots by themselves, in any order, and twice, are what they are all together; and so are their offsets. */
static void slots_come_alone(void **state)
{
    struct store_case *test_case = *state;
    struct batch *batch = test_case->batch;
    struct field_table *fields = field_table_new(STR_ABSENT, NULL, NULL);
    struct analyzer *analyzer = analyzer_new(fields);
    SCOPED(block) block = {0};
    SCOPED(buf) text = BUF(1 << 20);
    struct err err = {0};
    random_state = 7;
    fill(batch, analyzer, 700);
    uint8_t *wanted = calloc(1, batch->record_count);
    open_block_of(batch, &block);
    for (size_t i = 0; i < 3000; i++) {
        uint32_t slot = (uint32_t)below(below(2) ? 10 : batch->record_count);
        buf_reset(&text);
        assert_true(block_slot_text(&block, slot, &text, &err));
        assert_true(str_equal(buf_str(&text), batch->records[slot].raw));
    }
    assert_true(block_decode_offsets(&block, &err));
    for (uint32_t slot = 0; slot < batch->record_count; slot++) {
        assert_true(block.offsets[slot] == batch->records[slot].offset);
        wanted[slot] = below(3) == 0;
    }
    assert_true(block_decode_slots(&block, wanted, &err));
    for (uint32_t slot = 0; slot < batch->record_count; slot++) {
        struct scan_record rec;
        block_record(&block, slot, &rec);
        assert_true(str_equal(rec.record.raw, wanted[slot] ? batch->records[slot].raw : STR("")));
    }
    free(wanted);
    analyzer_free(analyzer);
    field_table_free(fields);
}

/* ---- Through the store ----------------------------------------------------------------------------------------------- */

enum { BLOCKS = 10, LINES = 400 };

/* Ten blocks, and all their lines again in `all`. */
static struct store *many_blocks(struct store_case *test_case, struct batch *all)
{
    struct field_table *fields = field_table_new(STR_ABSENT, NULL, NULL);
    struct analyzer *analyzer = analyzer_new(fields);
    struct batch *batch = test_case->batch;
    struct store *store = store_case_open(test_case, STORE_WRITE);
    uint64_t offset = 0;
    batch_run_begin(all, 1, 0, T0);
    for (size_t b = 0; b < BLOCKS; b++) {
        fill(batch, analyzer, LINES);
        batch->runs[0].offset = offset;
        for (uint32_t i = 0; i < batch->record_count; i++) {
            struct record *rec = &batch->records[i];
            rec->offset = offset;
            offset += rec->raw.size + 1;
            batch_add(all, arena_str(&all->arena, rec->raw), 0);
            all->records[all->record_count - 1].level = rec->level;
        }
        put_commit(store, batch);
    }
    analyzer_free(analyzer);
    field_table_free(fields);
    return store;
}

static bool is_wanted(const struct scan_ask *ask, struct str raw)
{
    for (size_t n = 0; n < ask->need_count; n++) {
        bool any = false;
        for (size_t i = 0; i < ask->needs[n].count; i++)
            any |= (ask->needs[n].ignore_case ? str_find_nocase(raw, ask->needs[n].any[i])
                                              : str_find(raw, ask->needs[n].any[i])) != STR_NONE;
        if (!any)
            return false;
    }
    return ask->literal.size == 0 || str_find(raw, ask->literal) != STR_NONE;
}

static bool is_loud(void *context, const struct scan_record *rec)
{
    return rec->record.level >= *(const uint8_t *)context;
}

/* The scan gives every record wanted, in order, as it was, and none that is not. */
static void check_scan(struct store *store, const struct scan_ask *ask, const struct batch *all)
{
    struct err err = {0};
    struct scan_record rec, fetched;
    struct scan *scan = scan_new(store, ask, &err);
    assert_non_null(scan);
    for (uint32_t i = 0; i < all->record_count; i++) {
        const struct record *expected = &all->records[i];
        if (!is_wanted(ask, expected->raw) || (ask->wants && expected->level < *(uint8_t *)ask->context))
            continue;
        assert_int_equal(scan_next(scan, &rec, &err), 1);
        assert_true(rec.number == i + 1 && rec.record.level == expected->level);
        if (ask->offsets)
            assert_true(rec.record.offset == expected->offset);
        if (!ask->textless)
            assert_true(str_equal(rec.record.raw, expected->raw));
        if (below(30))
            continue;
        bool offset = below(2);
        assert_true(store_fetch(store, i + 1, offset, &fetched, &err));
        assert_true(str_equal(fetched.record.raw, expected->raw));
        assert_true(!offset || fetched.record.offset == expected->offset);
    }
    assert_int_equal(scan_next(scan, &rec, &err), 0);
    assert_true(scan_counts(scan).blocks_damaged == 0);
    scan_free(scan);
}

static void scans_give_what_is_wanted(void **state)
{
    struct batch *all = batch_new();
    SCOPED(buf) text = BUF(1 << 16);
    random_state = 99;
    struct store *store = many_blocks(*state, all);
    check_scan(store, &ASK_ALL, all);
    for (size_t i = 0; i < 150; i++) {
        struct arena arena = {0};
        struct str texts[4];
        struct scan_need needs[2];
        uint8_t level = (uint8_t)below(LEVEL_CRITICAL + 1);
        for (size_t k = 0; k < 4; k++) {
            choose_text(all, &text);
            for (size_t c = 0; c < text.size; c++)
                if (text.data[c] >= 'A' && text.data[c] <= 'Z' && k < 2)
                    text.data[c] = (char)(text.data[c] + 'a' - 'A');
            texts[k] = arena_str(&arena, buf_str(&text));
        }
        needs[0] = (struct scan_need){texts, 1 + below(2), true, false};
        needs[1] = (struct scan_need){texts + 2, 1 + below(2), false, false};
        struct scan_ask ask = ASK_ALL;
        ask.needs = needs + below(2);
        ask.need_count = ask.needs == needs ? 1 + below(2) : 1;
        ask.offsets = below(2);
        ask.textless = below(2);
        if (below(3) == 0) {
            ask.wants = is_loud;
            ask.context = &level;
        }
        check_scan(store, &ask, all);
        arena_release(&arena);
    }
    store_free(store);
    batch_free(all);
}

/* A token of some line, now and then with one character changed. None of a backslash's: the index takes an escaped line break for
 * the end of a word, so the n of a \n begins none. */
static void choose_id(const struct batch *all, struct buf *id)
{
    struct str raw = all->records[below(all->record_count)].raw;
    size_t from = below(raw.size + 1), to = from;
    while (from > 0 && !memchr(" \"=,:;/\\[]{}", raw.data[from - 1], 13))
        from--;
    while (to < raw.size && !memchr(" \"=,:;/\\[]{}", raw.data[to], 13))
        to++;
    buf_reset(id);
    if (from == 0 || raw.data[from - 1] != '\\')
        buf_add_str(id, str_slice(raw, from, to));
    if (id->size > 0 && below(4) == 0)
        id->data[below(id->size)] = (char)('0' + (char)below(10));
}

static uint64_t count_blocks(struct store *store)
{
    struct scan_ask all = {.since_us = TIME_NONE, .until_us = TIME_NONE};
    struct err err = {0};
    struct scan *scan = scan_new(store, &all, &err);
    uint64_t blocks = scan_counts(scan).blocks;
    scan_free(scan);
    return blocks;
}

/* Ids, and what only looks like one: by the index, every line in which it stands as a whole token. */
static void ids_are_found_in_every_line(void **state)
{
    struct batch *all = batch_new();
    SCOPED(buf) id = BUF(1 << 16);
    random_state = 5;
    struct store *store = many_blocks(*state, all);
    size_t indexed = 0, present = 0, pruned = 0;
    uint64_t blocks = count_blocks(store);
    for (size_t i = 0; i < 1500; i++) {
        choose_id(all, &id);
        struct scan_ask ask = {.since_us = TIME_NONE, .until_us = TIME_NONE, .literal = buf_str(&id)};
        if (id.size == 0 || (ask.word = mention_word(ask.literal)).size == 0)
            continue;
        struct err err = {0};
        struct scan *scan = scan_new(store, &ask, &err);
        struct scan_record rec = {0};
        indexed++;
        for (uint32_t n = 0; n < all->record_count; n++) {
            struct str raw = all->records[n].raw;
            if (!mention_is(raw, ask.literal))
                continue;
            present++;
            while (rec.number < n + 1)
                if (scan_next(scan, &rec, &err) != 1)
                    fail_msg("'%.*s' is missing in line %u", STR_ARG(ask.literal), n);
            assert_true(rec.number == n + 1 && str_equal(rec.record.raw, raw));
        }
        while (scan_next(scan, &rec, &err) == 1)
            ;
        struct scan_counts counts = scan_counts(scan);
        assert_true(counts.index_used && counts.blocks_damaged == 0);
        pruned += blocks - counts.blocks_read;
        scan_free(scan);
    }
    assert_true(indexed > 300 && present > indexed / 2 && pruned > indexed);
    store_free(store);
    batch_free(all);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, store_case_begin, store_case_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_found_is_what_is_there),
        CASE(slots_come_alone),
        CASE(scans_give_what_is_wanted),
        CASE(ids_are_found_in_every_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
