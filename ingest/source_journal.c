#include "ingest/source_journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/must.h"
#include "ingest/journal_cursor.h"
#include "ingest/journal_files.h"
#include "ingest/journal_reader.h"

enum {
    FEED_ENTRIES = 4096, /* looked at in one call */
    FEED_BYTES = 4 << 20,
    REOPEN_ENTRIES = 32768, /* the library keeps what it has read mapped */
    NAME_BYTES_MAX = 64 << 10,
    LINE_BYTES_KEPT_MAX = 1 << 20,
};
#define RETRY_US (5 * TIME_SECOND)
#define PASSED_SAVE_US (5 * TIME_SECOND)
#define PLACES_CHECK_US (30 * TIME_SECOND)
#define MISSING_TELL_US (10 * TIME_MINUTE)

struct source_journal {
    struct journal_choice choice;
    bool from_end;
    struct catalog *catalog;
    struct journal_tell tell;
    struct buf name;
    struct catalog_entry *known; /* NULL until the journal was opened for the first time */
    struct buf cursor;           /* what known->state.cursor views */

    int64_t now_us;                /* monotonic, of this call */
    struct journal_reader *reader; /* NULL while closed; then retried at due_us */
    int64_t due_us;                /* monotonic: when to open, or to look at the places */
    uint64_t looked_at;            /* entries, since it was opened */
    struct journal_files files;
    char boot[JOURNAL_ID_SIZE];

    struct journal_entry entry;
    struct buf line;
    bool resume;           /* it stands at the cursor's entry, whose line is stored in part */
    bool lost;             /* the cursor's entry is gone and no new one was found yet */
    int64_t lost_since_us; /* entries of other sequences are new after this time */
    bool lost_any;         /* entries were passed meanwhile; the last one is in entry */
    bool unsaved;          /* the state has moved without a record since it was last given to a batch */
    int64_t unsaved_us;    /* monotonic: since when */
    bool failed;           /* and told; not again before it succeeds */
    uint64_t damaged;      /* entries that could not be read, or not whole */
    bool partial;          /* there are files that may not be read */
    int64_t missing;       /* entries that the numbers of their sequence tell of, not told yet */
    int64_t missing_told_us;
};

__attribute__((format(printf, 4, 5))) static void tell(const struct source_journal *journal, enum err_kind kind,
                                                       int sys, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct err err;
    err_set(&err, kind, sys, "%s", text);
    journal->tell.tell(journal->tell.context, buf_str(&journal->name), &err);
}

/* ---- Making ------------------------------------------------------------------------------------------------------------ */

static void claim_known(void *context, struct catalog_entry *entry)
{
    struct source_journal *journal = context;
    if (entry->state.kind == SOURCE_JOURNAL && journal->known == NULL)
        journal->known = entry;
}

struct source_journal *source_journal_new(const struct journal_choice *choice, bool from_end, struct catalog *catalog,
                                          const struct journal_tell *tell, struct err *err)
{
    if (!journal_reader_load(err))
        return NULL;
    if (choice->boot != NULL && !journal_reader_knows_boot(choice->boot)) {
        err_set(err, ERR_USAGE, 0, "'%s' is no boot; give 0 (this one), -1 (the one before) or an id", choice->boot);
        return NULL;
    }
    struct source_journal *journal = mem_alloc(sizeof *journal);
    *journal = (struct source_journal){
        .choice = *choice,
        .from_end = from_end,
        .catalog = catalog,
        .tell = *tell,
        .name = BUF(NAME_BYTES_MAX),
        .cursor = BUF(JOURNAL_CURSOR_BYTES_MAX),
        .line = BUF(JOURNAL_LINE_BYTES_MAX),
    };
    journal_choice_name(choice, &journal->name);
    catalog_with_name(catalog, buf_str(&journal->name), claim_known, journal);
    if (journal->known != NULL && journal->known->claimed) {
        err_set(err, ERR_USAGE, 0, "%s: is already followed", journal->name.data);
        journal->known = NULL;
        source_journal_free(journal);
        return NULL;
    }
    if (journal->known != NULL)
        journal->known->claimed = true;
    return journal;
}

static void close_journal(struct source_journal *journal)
{
    journal_reader_close(journal->reader);
    journal->reader = NULL;
}

void source_journal_free(struct source_journal *journal)
{
    if (journal == NULL)
        return;
    if (journal->known != NULL) { /* another may be made with the same catalog */
        struct source_state *state = &journal->known->state;
        state->cursor = arena_str(&journal->catalog->arena, state->cursor);
        journal->known->claimed = false;
    }
    close_journal(journal);
    journal_files_release(&journal->files);
    journal_entry_release(&journal->entry);
    buf_release(&journal->line);
    buf_release(&journal->cursor);
    buf_release(&journal->name);
    free(journal);
}

struct str source_journal_name(const struct source_journal *journal)
{
    return buf_str(&journal->name);
}

/* ---- Files --------------------------------------------------------------------------------------------------------------- */

/* The library opens what it can and is silent about the rest. */
static void check_file(void *context, const char *path)
{
    struct source_journal *journal = context;
    int result = journal_reader_try(path);
    if (result >= 0)
        return;
    if (journal_reader_wrong(result) != NULL)
        tell(journal, ERR_CORRUPT, 0, "passes over %s: %s", path, journal_reader_wrong(result));
    else if (result != -ENOENT)
        tell(journal, ERR_IO, -result, "passes over %s", path);
    if (result == -EACCES)
        journal->partial = true;
}

static void look_at_places(struct source_journal *journal)
{
    char text[JOURNAL_ID_SIZE];
    journal_reader_machine(text);
    journal_files_look(&journal->files, &journal->choice, text);
}

/* ---- The state ------------------------------------------------------------------------------------------------------------- */

static void set_cursor(struct source_journal *journal, const char *cursor)
{
    buf_reset(&journal->cursor);
    must(buf_add_text(&journal->cursor, cursor));
    journal->known->state.cursor = buf_str(&journal->cursor);
}

/* Brings the state to the entry, whose line ends at `end`. */
static void move_to(struct source_journal *journal, uint64_t end)
{
    struct source_state *state = &journal->known->state;
    set_cursor(journal, journal->entry.cursor);
    state->size = end;
    state->modified_us = (int64_t)journal->entry.realtime_us;
    if (!journal->unsaved)
        journal->unsaved_us = journal->now_us;
    journal->unsaved = true;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------------------- */

static bool fail(int result, struct err *err, const char *what)
{
    must(result < 0);
    if (journal_reader_wrong(result) != NULL)
        return err_set(err, ERR_CORRUPT, 0, "%s: %s", what, journal_reader_wrong(result));
    return err_set(err, result == -ENOENT ? ERR_MISSING : ERR_IO, -result, "%s", what);
}

/* Where a journal that was never read begins. */
static int seek_first(struct source_journal *journal)
{
    if (!journal->from_end)
        return journal_reader_seek_first(journal->reader);
    journal->from_end = false; /* what comes into an empty journal is taken */
    int result = journal_reader_seek_last(journal->reader);
    if (result > 0)
        result = journal_reader_head(journal->reader, &journal->entry);
    else if (result == 0)
        return journal_reader_seek_first(journal->reader);
    if (result >= 0) {
        move_to(journal, journal->known->state.position);
        journal->unsaved_us -= PASSED_SAVE_US; /* at once: a restart is not to begin at another end */
    }
    return result;
}

/* 1 when it stands at the entry that the cursor names, 0 when not. */
static int is_cursor(struct source_journal *journal)
{
    int result = journal_reader_is_at(journal->reader, journal->cursor.data);
    if (result != 0)
        return result;
    result = journal_reader_head(journal->reader, &journal->entry);
    return result < 0 ? result : journal_cursor_same(str_of(journal->entry.cursor), buf_str(&journal->cursor));
}

/* Stands so that the library's next entry is the first one not looked at, or the cursor's own with resume. */
static int find_place(struct source_journal *journal)
{
    const struct source_state *state = &journal->known->state;
    journal->resume = journal->lost = journal->lost_any = false;
    if (state->cursor.data == NULL || state->cursor.size == 0)
        return seek_first(journal);
    int found = journal_reader_seek(journal->reader, journal->cursor.data);
    if (found > 0)
        found = is_cursor(journal);
    if (found > 0) {
        journal->resume = state->position < state->size;
        return 0;
    }
    if (found < 0 && found != -EINVAL && found != -EBADMSG)
        return found;
    int64_t now = clock_now_us();
    journal->lost = true;
    journal->lost_since_us = state->modified_us < now ? state->modified_us : now;
    return journal_reader_seek_first(journal->reader);
}

static void set_service(struct source_journal *journal)
{
    const char *service = journal->choice.service;
    if (service == NULL)
        return;
    struct source_defaults defaults = {.service = service[0] != '\0' ? str_of(service) : STR_ABSENT};
    if (!catalog_set_defaults(journal->catalog, journal->known, &defaults) || journal->known->state.cursor.data == NULL)
        return;
    journal->unsaved = true;
    journal->unsaved_us = journal->now_us - PASSED_SAVE_US;
}

static void know(struct source_journal *journal)
{
    if (journal->known == NULL) {
        journal->known = catalog_new(journal->catalog, buf_str(&journal->name), SOURCE_JOURNAL);
        journal->known->claimed = true;
    }
    set_service(journal);
    struct source_state *state = &journal->known->state;
    if (state->cursor.data == journal->cursor.data)
        return;
    buf_reset(&journal->cursor);
    if (!buf_add_str(&journal->cursor, state->cursor) || memchr(state->cursor.data, '\0', state->cursor.size) != NULL)
        set_cursor(journal, "unreadable"); /* as if its entry were gone */
    state->cursor = buf_str(&journal->cursor);
}

static bool find_boot(struct source_journal *journal, struct err *err)
{
    const char *boot = journal->choice.boot;
    if (boot == NULL || journal_reader_boot(journal->reader, &journal->choice, journal->boot))
        return true;
    return err_set(err, ERR_MISSING, 0, "has no boot %s yet", boot);
}

static bool open_journal(struct source_journal *journal, struct err *err)
{
    if (journal->files.place_count == 0 || journal_files_moved(&journal->files))
        look_at_places(journal);
    journal->looked_at = 0;
    int result = journal_reader_open(&journal->choice, &journal->reader);
    if (result < 0)
        return fail(result, err, "open");
    if (!find_boot(journal, err))
        return false;
    journal_files_visit(&journal->files, check_file, journal);
    know(journal);
    result = find_place(journal);
    return result >= 0 || fail(result, err, "seek");
}

/* ---- Feeding ------------------------------------------------------------------------------------------------------------- */

/* How far the entry is behind the cursor's in one sequence; false when that cannot be told. */
static bool distance_of(const struct source_journal *journal, int64_t *ret)
{
    return journal_cursor_distance(buf_str(&journal->cursor), str_of(journal->entry.cursor), ret);
}

static void add_gap(struct source_journal *journal, int64_t missing, struct frame *frame)
{
    struct batch_gap gap = {
        .source = journal->known->state.id,
        .offset = frame->offset,
        .reason = GAP_CURSOR_GONE,
        .found_us = clock_now_us(),
    };
    batch_add_gap(frame->batch, &gap);
    char time[CLOCK_TEXT_MAX], count[32] = "entries";
    clock_print_utc((int64_t)journal->entry.realtime_us, time);
    if (missing > 0)
        snprintf(count, sizeof count, "%" PRIi64 " entries", missing);
    tell(journal, ERR_MISSING, 0, "the entry it was read up to is gone, and %s%s with it; goes on at %s",
         missing > 0 ? "" : "maybe other ", count, time);
}

/* Ends being lost at the entry, whose line ends at `end`: the new place and the gap are in one batch. There is none when the
 * numbers tell that this is the entry behind the one that was stored last. */
static void be_found(struct source_journal *journal, uint64_t end, struct frame *frame)
{
    const struct source_state *state = &journal->known->state;
    int64_t distance = 0;
    bool told = distance_of(journal, &distance);
    if (state->position < state->size) /* of the cursor's entry, only a part is stored */
        distance++;
    move_to(journal, end);
    frame_settle(frame);
    if (!told || distance != 1)
        add_gap(journal, told ? distance - 1 : 0, frame);
    journal->lost = journal->lost_any = journal->unsaved = false;
}

static bool is_new(const struct source_journal *journal)
{
    int64_t distance;
    return distance_of(journal, &distance) ? distance > 0
                                           : (int64_t)journal->entry.realtime_us > journal->lost_since_us;
}

/* The entry becomes a record, or the end of one that is stored in part. False when no more batches are given. */
static bool take(struct source_journal *journal, struct frame *frame)
{
    const struct source_state *state = &journal->known->state;
    buf_reset(&journal->line);
    journal_entry_line(&journal->entry, &journal->line);
    struct str line = buf_str(&journal->line);
    if (journal->resume) {
        uint64_t missing = state->size - state->position;
        if (missing <= line.size)
            line = str_slice(line, line.size + 1 - (size_t)missing, line.size);
        journal->resume = false;
    }
    uint64_t end = frame->offset + line.size + 1;
    if (journal->lost)
        be_found(journal, end, frame);
    else
        move_to(journal, end);
    if (!frame_entry(frame, line))
        return false;
    if (journal->line.capacity > LINE_BYTES_KEPT_MAX)
        buf_release(&journal->line);
    return true;
}

static void pass(struct source_journal *journal, struct frame *frame)
{
    if (journal->lost)
        be_found(journal, frame->offset, frame);
    else
        move_to(journal, frame->offset);
}

/* Entries of a sequence have successive numbers. Those that are not there were in a damaged place or a file that was passed
 * over (the library says nothing of either), or never came to be: journald may use up a number when it begins a new file. */
static void count_missing(struct source_journal *journal)
{
    int64_t distance;
    if (!journal->lost && !journal->resume && !journal->partial && distance_of(journal, &distance) && distance > 1)
        journal->missing += distance - 1;
}

static void tell_missing(struct source_journal *journal)
{
    int64_t now = journal->now_us;
    if (journal->missing == 0 || (journal->missing_told_us != 0 && now - journal->missing_told_us < MISSING_TELL_US))
        return;
    tell(journal, ERR_CORRUPT, 0, "entries missing by their numbers: %" PRIi64 "; damaged, or in a damaged file",
         journal->missing);
    journal->missing = 0;
    journal->missing_told_us = now;
}

static bool feed_entry(struct source_journal *journal, struct frame *frame)
{
    count_missing(journal);
    if (journal->lost && !is_new(journal)) {
        journal->lost_any = true;
        return true;
    }
    const char *boot = journal->choice.boot ? journal->boot : NULL;
    if (journal->resume || journal_choice_takes(&journal->choice, boot, &journal->entry))
        return take(journal, frame);
    pass(journal, frame);
    return true;
}

static void note_damage(struct source_journal *journal, int result)
{
    if (journal->damaged++ == 0)
        tell(journal, ERR_CORRUPT, result < 0 ? -result : 0,
             "an entry is damaged or too long and is not kept whole; further ones are not told of");
}

/* Reads up to a share; *ret_result is what the library failed with. */
static enum feed feed_entries(struct source_journal *journal, struct frame *frame, int *ret_result)
{
    uint64_t begin = frame->offset;
    for (unsigned i = 0; i < FEED_ENTRIES && frame->offset - begin < FEED_BYTES; i++) {
        int result = journal->resume ? 1 : journal_reader_next(journal->reader);
        *ret_result = result < 0 ? result : 0;
        if (result <= 0)
            return FEED_IDLE;
        journal->looked_at++;
        result = journal_reader_entry(journal->reader, &journal->entry);
        if (result < 0 || journal->entry.cut)
            note_damage(journal, result);
        if (result < 0)
            journal->resume = journal->lost_any = false;
        else if (!feed_entry(journal, frame))
            return FEED_OVER;
    }
    return FEED_MORE;
}

/* Takes in what has changed about the files. */
static int follow(struct source_journal *journal)
{
    if (journal->choice.file != NULL)
        return 0;
    int changed = journal_reader_process(journal->reader);
    if (changed <= 0)
        return changed;
    journal_files_visit(&journal->files, check_file, journal);
    return find_place(journal);
}

static bool ensure_open(struct source_journal *journal, struct err *err)
{
    int64_t now = journal->now_us;
    if (journal->reader != NULL && now >= journal->due_us && journal_files_moved(&journal->files))
        close_journal(journal);
    if (journal->reader == NULL) {
        journal->due_us = now + RETRY_US;
        if (!open_journal(journal, err))
            return false;
        journal->due_us = now;
    }
    if (now >= journal->due_us)
        journal->due_us = now + PLACES_CHECK_US;
    int result = follow(journal);
    return result >= 0 || fail(result, err, "follow");
}

/* Told once, tried again and again. */
static void give_up(struct source_journal *journal, const struct err *err)
{
    close_journal(journal);
    journal->due_us = journal->now_us + RETRY_US;
    if (!journal->failed)
        tell(journal, err->kind, 0, "%s", err->text);
    journal->failed = true;
}

/* Gives the state to the batch when it has moved with a record, or long enough without one. */
static bool end_feed(struct source_journal *journal, struct frame *frame)
{
    bool save = journal->unsaved && journal->now_us - journal->unsaved_us >= PASSED_SAVE_US;
    bool given = save || frame->offset != frame->begin;
    if (given)
        journal->unsaved = false;
    return frame_end(frame, save);
}

static enum feed feed(void *self, struct frame *frame, int64_t now_us)
{
    struct err err;
    struct source_journal *journal = self;
    journal->now_us = now_us;
    if (journal->reader == NULL && now_us < journal->due_us)
        return FEED_IDLE;
    if (!ensure_open(journal, &err)) {
        give_up(journal, &err);
        return FEED_IDLE;
    }
    static const struct mark nothing;
    struct source_state *state = &journal->known->state;
    if (!frame_begin(frame, state, &nothing, clock_now_us()))
        return FEED_OVER;
    int result;
    enum feed feed = feed_entries(journal, frame, &result);
    if (feed == FEED_OVER)
        return feed;
    if (feed == FEED_IDLE) {
        if (journal->lost && journal->lost_any) /* nothing new yet: what comes from now on is */
            be_found(journal, frame->offset, frame);
        state->read_us = clock_now_us();
    }
    tell_missing(journal);
    if (!end_feed(journal, frame))
        return FEED_OVER;
    journal->failed = journal->failed && result < 0;
    if (result < 0) {
        (void)fail(result, &err, "read");
        give_up(journal, &err);
    } else if (journal->looked_at >= REOPEN_ENTRIES && !journal->lost) {
        close_journal(journal);
        journal->due_us = now_us;
    }
    return feed;
}

/* ---- Waiting ------------------------------------------------------------------------------------------------------------- */

static int descriptor(void *self)
{
    const struct source_journal *journal = self;
    return journal->reader == NULL || journal->choice.file != NULL ? -1 : journal_reader_descriptor(journal->reader);
}

static int64_t due_us(void *self)
{
    const struct source_journal *journal = self;
    int64_t due = journal->due_us;
    if (journal->reader == NULL)
        return due;
    if (journal->unsaved && journal->unsaved_us + PASSED_SAVE_US < due)
        due = journal->unsaved_us + PASSED_SAVE_US;
    int64_t wanted = journal_reader_due_us(journal->reader);
    return wanted < due ? wanted : due;
}

static void free_feeder(void *self)
{
    source_journal_free(self);
}

const struct feeder_ops source_journal_feeder = {
    .descriptor = descriptor,
    .due_us = due_us,
    .feed = feed,
    .free = free_feeder,
};
