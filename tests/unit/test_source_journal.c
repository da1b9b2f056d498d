/* source_journal: each entry exactly once, in the journal's order, whatever happens between; what cannot be read is told
 * and recorded as a gap. The journals are real: systemd-journal-remote writes them. */
#include "ingest/source_journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dirent.h>
#include <poll.h>

#include "base/io.h"
#include "ingest/service.h"
#include "tests/unit/fake_store.h"
#include "tests/unit/scratch.h"

#define BOOT_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define BOOT_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
static const uint64_t begin_us = UINT64_C(1795168800000000); /* of entry 0; entry n is n milliseconds later */

static const char *remote; /* the program */

/* Puts text in the export format into a journal file, which may exist. */
static void export_to(const char *path, struct str text)
{
    char command[PATH_MAX + 200];
    snprintf(command, sizeof command, "%s -o '%s' - 2>remote.err >remote.out", remote, path);
    FILE *out = popen(command, "we");
    must(out != NULL && fwrite(text.data, 1, text.size, out) == text.size && pclose(out) == 0);
}

static void add_entry(struct buf *text, unsigned number, const char *boot, const char *unit)
{
    must(buf_printf(text,
                    "__REALTIME_TIMESTAMP=%llu\n__MONOTONIC_TIMESTAMP=%u\n_BOOT_ID=%s\nPRIORITY=%u\n_SYSTEMD_UNIT=%s\n"
                    "MESSAGE=entry %u\n\n",
                    (unsigned long long)begin_us + number * 1000ULL, number * 1000, boot, number % 8, unit, number));
}

/* Entries from..to-1 of units a.service and b.service in turn. */
static void write_entries(const char *path, unsigned from, unsigned to)
{
    struct buf text = BUF(64 << 20);
    for (unsigned i = from; i < to; i++)
        add_entry(&text, i, BOOT_A, i % 2 ? "b.service" : "a.service");
    export_to(path, buf_str(&text));
    buf_release(&text);
}

/* ---- A process that reads -------------------------------------------------------------------------------------------------- */

struct process {
    struct fake_store *store;
    struct catalog catalog;
    struct frame frame;
    struct source_journal *journal;
    unsigned told;
    char text[ERR_TEXT_MAX]; /* told last */
};

static void note_told(void *context, struct str source, const struct err *err)
{
    (void)source;
    struct process *process = context;
    process->told++;
    memcpy(process->text, err->text, sizeof process->text);
}

static void start(struct process *process, struct fake_store *store, const struct journal_choice *choice,
                  const struct frame_limits *limits, bool from_end)
{
    struct err err;
    *process = (struct process){.store = store};
    for (size_t i = 1; i < FAKE_SOURCES; i++)
        if (store->sources[i].known)
            catalog_know(&process->catalog, &store->sources[i].state, 0);
    frame_init(&process->frame, limits ? limits : &frame_limits_default, fake_batches(store));
    struct journal_tell tell = {note_told, process};
    process->journal = source_journal_new(choice, from_end, &process->catalog, &tell, &err);
    assert_non_null(process->journal);
}

/* What is there now; everything is committed unless the store takes no more. */
static enum feed read_on(struct process *process)
{
    enum feed feed;
    while ((feed = source_journal_feeder.feed(process->journal, &process->frame, service_now_us())) == FEED_MORE)
        continue;
    if (feed != FEED_OVER && !frame_flush(&process->frame))
        feed = FEED_OVER;
    return feed;
}

static void stop(struct process *process)
{
    source_journal_free(process->journal);
    catalog_release(&process->catalog);
    fake_kill(process->store);
}

/* Starts, reads all there is, stops. */
static void read_once(struct fake_store *store, const struct journal_choice *choice, unsigned told)
{
    struct process process;
    start(&process, store, choice, NULL, false);
    assert_int_equal(read_on(&process), FEED_IDLE);
    if (process.told != told)
        fail_msg("told %u times, %s", process.told, process.text);
    stop(&process);
}

static struct journal_choice in(const char *folder)
{
    return (struct journal_choice){.directory = folder, .priority = JOURNAL_PRIORITY_ALL};
}

/* The messages stored are those of entries from..to-1, step by step. */
static void check_entries(const struct fake_store *store, unsigned from, unsigned to, unsigned step)
{
    struct str bytes = buf_str(&store->sources[1].bytes);
    unsigned number = from;
    while (bytes.size > 0) {
        char wanted[64];
        struct str line = str_cut(&bytes, '\n');
        snprintf(wanted, sizeof wanted, "\"MESSAGE\":\"entry %u\"", number);
        if (number >= to || str_find(line, str_of(wanted)) == STR_NONE)
            fail_msg("instead of entry %u: %.*s", number, (int)line.size, line.data);
        number += step;
    }
    if (number < to)
        fail_msg("entry %u is missing", number);
}

/* ---- Cases ------------------------------------------------------------------------------------------------------------------- */

static void all_fields_are_kept(void **unused)
{
    (void)unused;
    struct fake_store *store = fake_new();
    struct buf text = BUF(16 << 20);
    must(buf_printf(&text, "__REALTIME_TIMESTAMP=%llu\n__MONOTONIC_TIMESTAMP=5\n_BOOT_ID=" BOOT_A "\n",
                    (unsigned long long)begin_us));
    buf_add_text(&text, "A=one\nA=two\nCOLOUR\n");
    buf_add(&text, "\x06\0\0\0\0\0\0\0\x1b[1mab\n", 15);
    buf_add_text(&text, "BYTES\n");
    buf_add(&text, "\x03\0\0\0\0\0\0\0\xff\0\n\n", 12);
    buf_add_text(&text, "MESSAGE=");
    size_t size = 3000000;
    char *at = buf_reserve(&text, size);
    must(at != NULL);
    for (size_t i = 0; i < size; i++)
        at[i] = (char)('a' + i * i % 26);
    text.size += size;
    buf_add_text(&text, "\n\n");
    must(mkdir("f", 0755) == 0);
    export_to("f/x.journal", buf_str(&text));
    struct journal_choice choice = in("f");
    read_once(store, &choice, 0);
    struct str bytes = buf_str(&store->sources[1].bytes);
    assert_int_equal(store->sources[1].records, 1);
    assert_true(str_starts(bytes, STR("{\"__CURSOR\":\"s=")));
    assert_true(str_find(bytes, STR("\"__REALTIME_TIMESTAMP\":\"1795168800000000\",\"__MONOTONIC_TIMESTAMP\":\"5\","
                                    "\"_BOOT_ID\":\"" BOOT_A "\"")) != STR_NONE);
    assert_true(str_find(bytes, STR("\"A\":[\"one\",\"two\"]")) != STR_NONE);
    assert_true(str_find(bytes, STR("\"COLOUR\":\"\\u001b[1mab\"")) != STR_NONE);
    assert_true(str_find(bytes, STR("\"BYTES\":[255,0,10]")) != STR_NONE);
    assert_int_equal(str_find(bytes, STR("_BOOT_ID")), str_find_last(bytes, STR("_BOOT_ID")));
    assert_true(str_find(bytes, str_from(buf_str(&text).data + text.size - 2 - size, size)) != STR_NONE);
    assert_string_equal(store->sources[1].name, "journal:f");
    buf_release(&text);
    fake_free(store);
}

/* Killed behind every batch, with records cut into pieces and batches that end in the middle of them. */
static void killed_anywhere(void **unused)
{
    (void)unused;
    enum { ENTRIES = 8 };
    static const struct frame_limits limits[] = {
        {300, 100, 100, 50, 2},
        {1000, 2000, 2000, 333, 3},
        {1, 7, 7, 5, 1},
    };
    must(mkdir("f", 0755) == 0);
    write_entries("f/x.journal", 0, ENTRIES);
    struct journal_choice choice = in("f");
    struct fake_store *whole = fake_new();
    read_once(whole, &choice, 0);
    check_entries(whole, 0, ENTRIES, 1);
    struct str wanted = buf_str(&whole->sources[1].bytes);
    for (size_t k = 0; k < sizeof limits / sizeof limits[0]; k++) {
        for (uint64_t batches = 1; batches < 20; batches += batches) {
            struct process process;
            struct fake_store *store = fake_new();
            enum feed feed;
            unsigned starts = 0;
            do {
                start(&process, store, &choice, &limits[k], false);
                store->puts = 0;
                store->puts_max = batches;
                feed = read_on(&process);
                assert_int_equal(process.told, 0);
                stop(&process);
                starts++;
            } while (feed == FEED_OVER);
            assert_int_equal(feed, FEED_IDLE);
            assert_true(starts > (batches == 1));
            assert_int_equal(store->sources[1].gaps, 0);
            assert_int_equal(store->sources[1].bytes.size, wanted.size);
            assert_memory_equal(buf_str(&store->sources[1].bytes).data, wanted.data, wanted.size);
            fake_free(store);
        }
    }
    fake_free(whole);
}

/* So many that the journal is opened anew in between, beside a file that is told of once all the same. */
static void reads_many(void **unused)
{
    (void)unused;
    enum { ENTRIES = 70000 };
    struct fake_store *store = fake_new();
    must(mkdir("f", 0755) == 0);
    write_entries("f/x.journal", 0, ENTRIES);
    scratch_write("f/y.journal", STR("no journal"));
    struct journal_choice choice = in("f");
    read_once(store, &choice, 1);
    check_entries(store, 0, ENTRIES, 1);
    assert_int_equal(store->sources[1].gaps, 0);
    fake_free(store);
}

/* Entries that come while it runs, into the same file, a rotated and a new one. */
static void follows(void **unused)
{
    (void)unused;
    struct process process;
    struct fake_store *store = fake_new();
    must(mkdir("f", 0755) == 0);
    write_entries("f/x.journal", 0, 10);
    struct journal_choice choice = in("f");
    start(&process, store, &choice, NULL, false);
    for (unsigned round = 0; round < 6; round++) {
        if (round % 2 == 1) {
            char archived[64];
            snprintf(archived, sizeof archived, "f/x@%u.journal", round);
            must(rename("f/x.journal", archived) == 0);
        }
        if (round > 0)
            write_entries("f/x.journal", round * 10, round * 10 + 10);
        struct pollfd wait = {.fd = source_journal_feeder.descriptor(process.journal), .events = POLLIN};
        if (round > 0)
            assert_int_equal(poll(&wait, 1, 10000), 1);
        assert_int_equal(read_on(&process), FEED_IDLE);
        check_entries(store, 0, round * 10 + 10, 1);
    }
    assert_int_equal(process.told, 0);
    assert_int_equal(store->sources[1].gaps, 0);
    stop(&process);
    read_once(store, &choice, 0);
    check_entries(store, 0, 60, 1);
    fake_free(store);
}

/* Rotated and written on while stopped: the first entry after it is not skipped, the last one not doubled. */
static void rotated_while_stopped(void **unused)
{
    (void)unused;
    struct fake_store *store = fake_new();
    must(mkdir("f", 0755) == 0);
    struct journal_choice choice = in("f");
    for (unsigned round = 0; round < 5; round++) {
        write_entries("f/x.journal", round * 10, round * 10 + 10);
        read_once(store, &choice, 0);
        char archived[64];
        snprintf(archived, sizeof archived, "f/x@%u.journal", round);
        must(rename("f/x.journal", archived) == 0);
    }
    check_entries(store, 0, 50, 1);
    assert_int_equal(store->sources[1].gaps, 0);
    fake_free(store);
}

/* Vacuumed while stopped, together with entries that were never read: a gap, and the rest. */
static void vacuumed_while_stopped(void **unused)
{
    (void)unused;
    struct fake_store *store = fake_new();
    must(mkdir("f", 0755) == 0);
    struct journal_choice choice = in("f");
    write_entries("f/a.journal", 0, 10);
    read_once(store, &choice, 0);
    write_entries("f/a.journal", 10, 20); /* nobody reads these */
    write_entries("f/b.journal", 20, 30);
    must(unlink("f/a.journal") == 0);
    read_once(store, &choice, 1);
    assert_int_equal(store->sources[1].gaps, 1);
    read_once(store, &choice, 0); /* once */
    assert_int_equal(store->sources[1].gaps, 1);
    buf_cut(&store->sources[1].bytes, 0);
    store->sources[1].state.position = store->sources[1].state.size = 0;
    write_entries("f/b.journal", 30, 40);
    read_once(store, &choice, 0);
    check_entries(store, 30, 40, 1);
    fake_free(store);
}

/* All of it was vacuumed: nothing is said before there is an entry to go on with. */
static void vacuumed_whole(void **unused)
{
    (void)unused;
    struct process process;
    struct fake_store *store = fake_new();
    must(mkdir("f", 0755) == 0);
    struct journal_choice choice = in("f");
    write_entries("f/a.journal", 0, 10);
    read_once(store, &choice, 0);
    must(unlink("f/a.journal") == 0);
    read_once(store, &choice, 0);
    start(&process, store, &choice, NULL, false);
    assert_int_equal(read_on(&process), FEED_IDLE);
    assert_int_equal(store->sources[1].gaps, 0);
    write_entries("f/b.journal", 10, 20);
    assert_int_equal(read_on(&process), FEED_IDLE);
    assert_int_equal(store->sources[1].gaps, 1);
    assert_int_equal(process.told, 1);
    stop(&process);
    check_entries(store, 0, 20, 1);
    fake_free(store);
}

/* A cursor of another journal, whose time has not come yet here: no silence, and what comes from now on is taken. */
static void cursor_from_the_future(void **unused)
{
    (void)unused;
    struct process process;
    struct fake_store *store = fake_new();
    must(mkdir("f", 0755) == 0 && mkdir("g", 0755) == 0);
    struct journal_choice choice = in("f");
    write_entries("f/x.journal", 1000000, 1000010);
    read_once(store, &choice, 0);
    check_entries(store, 1000000, 1000010, 1);
    must(unlink("f/x.journal") == 0);
    write_entries("f/x.journal", 0, 10); /* older than what is stored: may have been read */
    start(&process, store, &choice, NULL, false);
    assert_int_equal(read_on(&process), FEED_IDLE);
    check_entries(store, 1000000, 1000010, 1);
    assert_int_equal(store->sources[1].gaps, 1);
    assert_int_equal(process.told, 1);
    buf_reset(&store->sources[1].bytes);
    process.frame.offset = 0;
    stop(&process);
    store->sources[1].state.position = store->sources[1].state.size = 0;
    write_entries("f/x.journal", 10, 20); /* still before the old cursor */
    read_once(store, &choice, 0);
    check_entries(store, 10, 20, 1);
    assert_int_equal(store->sources[1].gaps, 1);
    fake_free(store);
}

/* The stored time is beyond now (a clock that was wrong): entries from now on are new. */
static void time_from_the_future(void **unused)
{
    (void)unused;
    struct fake_store *store = fake_new();
    must(mkdir("f", 0755) == 0);
    struct journal_choice choice = in("f");
    must(setenv("WINNOW_NOW", "2026-11-20T10:00:01Z", 1) == 0); /* entry 1000 */
    write_entries("f/x.journal", 5000, 5010);
    read_once(store, &choice, 0);
    must(unlink("f/x.journal") == 0);
    write_entries("f/x.journal", 991, 1011);
    buf_reset(&store->sources[1].bytes);
    store->sources[1].state.position = store->sources[1].state.size = 0;
    read_once(store, &choice, 1);
    must(unsetenv("WINNOW_NOW") == 0);
    check_entries(store, 1001, 1011, 1);
    assert_int_equal(store->sources[1].gaps, 1);
    fake_free(store);
}

/* The cursor's entry is gone, and the numbers of the sequence tell what is missing. */
static void sequence_tells(void **unused)
{
    (void)unused;
    static const struct {
        const char *number; /* in the place of the tenth entry's */
        uint64_t unstored;  /* bytes of that entry */
        unsigned from, gaps;
    } cases[] = {
        {"i=a;", 0, 10, 0},                                             /* the next one is there: nothing is missing */
        {"i=a;", 5, 10, 1},                                             /* but the end of the one that is gone */
        {"i=8;", 0, 8, 0},  {"i=ffff;", 0, 20, 1}, {"i=zz;", 0, 10, 1}, /* no number: by time */
        {"x=a;", 0, 10, 1},
    };
    must(mkdir("f", 0755) == 0);
    write_entries("f/x.journal", 0, 10);
    struct journal_choice choice = in("f");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake_store *store = fake_new();
        struct fake_source *source = &store->sources[1];
        must(unlink("f/x.journal") == 0);
        write_entries("f/x.journal", 0, 10);
        read_once(store, &choice, 0);
        write_entries("f/x.journal", 10, 20);
        char *number = strstr(source->cursor, "i=a;"), *hash = strstr(source->cursor, "x=");
        must(number != NULL && hash != NULL);
        hash[2] = hash[2] == '1' ? '2' : '1';
        char rest[sizeof source->cursor];
        snprintf(rest, sizeof rest, "%.10s%.500s", cases[i].number, number + 4);
        memcpy(number, rest, strlen(rest) + 1);
        source->state.cursor = str_of(source->cursor);
        buf_reset(&source->bytes);
        source->state.position = 0;
        source->state.size = cases[i].unstored;
        read_once(store, &choice, cases[i].gaps);
        check_entries(store, cases[i].from, 20, 1);
        assert_int_equal(source->gaps, cases[i].gaps);
        fake_free(store);
    }
}

/* Whatever a damaged store has as a cursor, it is an entry that is gone. */
static void cursors_that_are_none(void **unused)
{
    (void)unused;
    static const struct str cursors[] = {STR("x"),    STR("s="),   STR("s=;i=;b=;m=;t=;x="),
                                         STR("a\0b"), STR(";;;;"), STR("s=00000000000000000000000000000000;i=1")};
    must(mkdir("f", 0755) == 0);
    write_entries("f/x.journal", 0, 10);
    struct journal_choice choice = in("f");
    for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++) {
        struct fake_store *store = fake_new();
        store->sources[1].known = true;
        store->sources[1].bytes = BUF(FAKE_BYTES_MAX);
        store->sources[1].state = (struct source_state){
            .id = 1,
            .name = STR("journal:f"),
            .kind = SOURCE_JOURNAL,
            .cursor = cursors[i],
            .size = UINT64_MAX,
            .modified_us = (int64_t)begin_us + 4000,
        };
        read_once(store, &choice, 1);
        check_entries(store, 5, 10, 1);
        assert_int_equal(store->sources[1].gaps, 1);
        fake_free(store);
    }
}

/* What is not taken moves the cursor, and soon is saved without a record. */
static void passed_entries_move_the_cursor(void **unused)
{
    (void)unused;
    struct process process;
    struct fake_store *store = fake_new();
    must(mkdir("f", 0755) == 0);
    write_entries("f/x.journal", 0, 10);
    struct journal_choice choice = in("f");
    choice.units = (const char *const[]){"b"};
    choice.unit_count = 1;
    read_once(store, &choice, 0);
    check_entries(store, 1, 10, 2);
    choice.units = (const char *const[]){"nothing*"};
    store->sources[1].state.name = STR("journal:f:nothing*");
    write_entries("f/x.journal", 10, 20);
    start(&process, store, &choice, NULL, false);
    assert_int_equal(read_on(&process), FEED_IDLE);
    int64_t due = source_journal_feeder.due_us(process.journal);
    for (unsigned i = 0; i < 100 && strstr(store->sources[1].cursor, "i=14;") == NULL; i++) {
        must(poll(NULL, 0, 100) == 0);
        assert_int_equal(read_on(&process), FEED_IDLE);
    }
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    assert_in_range(now.tv_sec * TIME_SECOND + now.tv_nsec / 1000, due, due + TIME_SECOND);
    assert_non_null(strstr(store->sources[1].cursor, "i=14;"));
    check_entries(store, 1, 10, 2);
    stop(&process);
    fake_free(store);
}

static void begins_at_the_end(void **unused)
{
    (void)unused;
    struct process process;
    struct fake_store *store = fake_new();
    must(mkdir("f", 0755) == 0 && mkdir("empty", 0755) == 0);
    write_entries("f/x.journal", 0, 10);
    struct journal_choice choice = in("f"), empty = in("empty");
    start(&process, store, &choice, NULL, true);
    assert_int_equal(read_on(&process), FEED_IDLE);
    stop(&process);
    write_entries("f/x.journal", 10, 20); /* while stopped: it had begun */
    start(&process, store, &choice, NULL, true);
    assert_int_equal(read_on(&process), FEED_IDLE);
    stop(&process);
    check_entries(store, 10, 20, 1);
    assert_int_equal(store->sources[1].gaps, 0);
    fake_free(store);

    store = fake_new();
    start(&process, store, &empty, NULL, true);
    assert_int_equal(read_on(&process), FEED_IDLE);
    write_entries("empty/x.journal", 0, 10);
    assert_int_equal(read_on(&process), FEED_IDLE);
    check_entries(store, 0, 10, 1);
    stop(&process);
    fake_free(store);
}

static void boots_are_counted_back(void **unused)
{
    (void)unused;
    static const struct {
        const char *boot;
        unsigned from, to;
    } cases[] = {{BOOT_A, 0, 10}, {BOOT_B, 10, 20}, {"0", 10, 20},         {"-0", 10, 20},      {"-1", 0, 10},
                 {"1", 0, 10},    {"2", 10, 20},    {BOOT_A "+1", 10, 20}, {BOOT_B "-1", 0, 10}};
    must(mkdir("f", 0755) == 0);
    struct buf text = BUF(1 << 20);
    for (unsigned i = 0; i < 20; i++)
        add_entry(&text, i, i < 10 ? BOOT_A : BOOT_B, "a.service");
    export_to("f/x.journal", buf_str(&text));
    buf_release(&text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake_store *store = fake_new();
        struct journal_choice choice = in("f");
        choice.boot = cases[i].boot;
        read_once(store, &choice, 0);
        check_entries(store, cases[i].from, cases[i].to, 1);
        fake_free(store);
    }
    struct err err;
    struct process process;
    struct fake_store *store = fake_new();
    struct journal_choice choice = in("f");
    choice.boot = "-2";
    start(&process, store, &choice, NULL, false);
    assert_int_equal(read_on(&process), FEED_IDLE);
    assert_string_equal(process.text, "has no boot -2 yet");
    stop(&process);
    fake_free(store);
    for (size_t i = 0; i < 3; i++) {
        static const char *const bad[] = {"x", "", BOOT_A "x"};
        struct catalog catalog = {0};
        choice.boot = bad[i];
        assert_null(source_journal_new(&choice, false, &catalog, &(struct journal_tell){NULL, NULL}, &err));
        assert_int_equal(err.kind, ERR_USAGE);
        catalog_release(&catalog);
    }
}

/* A file that is no journal and one cut short are told of once; the others are read. A folder that is not there yet. */
static void damaged_files_are_told(void **unused)
{
    (void)unused;
    struct process process;
    struct fake_store *store = fake_new();
    struct journal_choice choice = in("f");
    start(&process, store, &choice, NULL, false);
    assert_int_equal(read_on(&process), FEED_IDLE);
    assert_string_equal(process.text, "open: No such file or directory");
    assert_int_equal(process.told, 1);
    assert_int_equal(source_journal_feeder.descriptor(process.journal), -1);
    stop(&process);
    must(mkdir("f", 0755) == 0);
    write_entries("f/a.journal", 0, 10);
    write_entries("f/b.journal", 10, 20);
    write_entries("f/c.journal", 20, 30);
    must(truncate("f/b.journal", 100) == 0);
    scratch_write("f/d.journal", STR("this is no journal, although its name says so"));
    start(&process, store, &choice, NULL, false);
    assert_int_equal(read_on(&process), FEED_IDLE);
    assert_int_equal(process.told, 2);
    write_entries("f/e.journal", 30, 40);
    assert_int_equal(read_on(&process), FEED_IDLE);
    assert_int_equal(process.told, 2);
    stop(&process);
    struct str bytes = buf_str(&store->sources[1].bytes);
    assert_int_equal(store->sources[1].records, 30);
    assert_true(str_find(bytes, STR("\"entry 9\"")) != STR_NONE && str_find(bytes, STR("\"entry 39\"")) != STR_NONE);
    fake_free(store);
}

/* An entry in a damaged place: the library leaves it out without a word, its number tells. */
static void damaged_entries_are_told(void **unused)
{
    (void)unused;
    struct err err;
    struct process process;
    struct fake_store *store = fake_new();
    must(mkdir("f", 0755) == 0);
    write_entries("f/x.journal", 0, 10);
    struct buf file = BUF(64 << 20);
    must(io_read_file("f/x.journal", &file, &err));
    uint64_t time_us = begin_us + 5000;
    size_t at = str_find(buf_str(&file), str_from((const char *)&time_us, sizeof time_us));
    must(at != STR_NONE);
    file.data[at - 24] = 0x7f; /* the type of the object that is entry 5 */
    must(unlink("f/x.journal") == 0);
    scratch_write("f/x.journal", buf_str(&file));
    buf_release(&file);
    struct journal_choice choice = in("f");
    start(&process, store, &choice, NULL, false);
    assert_int_equal(read_on(&process), FEED_IDLE);
    assert_int_equal(process.told, 1);
    assert_string_equal(process.text, "entries missing by their numbers: 1; damaged, or in a damaged file");
    stop(&process);
    assert_int_equal(store->sources[1].records, 9);
    fake_free(store);
}

/* journald copies what it wrote into memory to the disk, under other numbers: it is not read twice. */
static void copied_entries_are_known(void **unused)
{
    (void)unused;
    struct fake_store *store = fake_new();
    must(mkdir("f", 0755) == 0);
    struct journal_choice choice = in("f");
    write_entries("f/a.journal", 0, 10);
    read_once(store, &choice, 0);
    must(unlink("f/a.journal") == 0);
    write_entries("f/b.journal", 0, 20);
    read_once(store, &choice, 0);
    check_entries(store, 0, 20, 1);
    assert_int_equal(store->sources[1].gaps, 0);
    fake_free(store);
}

/* The same name twice would be one source with two readers. */
static void one_reader_each(void **unused)
{
    (void)unused;
    struct err err;
    struct process process;
    struct fake_store *store = fake_new();
    must(mkdir("f", 0755) == 0);
    write_entries("f/a.journal", 0, 10);
    struct journal_choice choice = in("f");
    start(&process, store, &choice, NULL, false);
    assert_int_equal(read_on(&process), FEED_IDLE);
    struct journal_tell tell = {note_told, &process};
    assert_null(source_journal_new(&choice, false, &process.catalog, &tell, &err));
    assert_string_equal(err.text, "journal:f: is already followed");
    /* A reload makes a new one, which goes on where the old one was. */
    source_journal_free(process.journal);
    process.journal = source_journal_new(&choice, true, &process.catalog, &tell, &err);
    assert_non_null(process.journal);
    write_entries("f/a.journal", 10, 20);
    assert_int_equal(read_on(&process), FEED_IDLE);
    check_entries(store, 0, 20, 1);
    stop(&process);
    fake_free(store);
}

int main(void)
{
    remote = access("/usr/lib/systemd/systemd-journal-remote", X_OK) == 0 ? "/usr/lib/systemd/systemd-journal-remote"
                                                                          : "/lib/systemd/systemd-journal-remote";
    if (access(remote, X_OK) != 0) {
        print_message("systemd-journal-remote is not there: packaging/install-deps --test installs it\n");
        return 1;
    }
#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_enter, scratch_leave)
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(all_fields_are_kept),
        IN_SCRATCH(killed_anywhere),
        IN_SCRATCH(reads_many),
        IN_SCRATCH(follows),
        IN_SCRATCH(rotated_while_stopped),
        IN_SCRATCH(vacuumed_while_stopped),
        IN_SCRATCH(vacuumed_whole),
        IN_SCRATCH(cursor_from_the_future),
        IN_SCRATCH(time_from_the_future),
        IN_SCRATCH(sequence_tells),
        IN_SCRATCH(cursors_that_are_none),
        IN_SCRATCH(passed_entries_move_the_cursor),
        IN_SCRATCH(begins_at_the_end),
        IN_SCRATCH(boots_are_counted_back),
        IN_SCRATCH(damaged_files_are_told),
        IN_SCRATCH(damaged_entries_are_told),
        IN_SCRATCH(copied_entries_are_known),
        IN_SCRATCH(one_reader_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
