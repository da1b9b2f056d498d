#include "ingest/source_journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <systemd/sd-journal.h>

#include "base/library.h"
#include "base/must.h"
#include "ingest/journal_cursor.h"
#include "ingest/journal_files.h"

enum {
    FEED_ENTRIES = 4096, /* looked at in one call */
    FEED_BYTES = 4 << 20,
    REOPEN_ENTRIES = 32768, /* the library keeps what it has read mapped */
    NAME_BYTES_MAX = 64 << 10,
    CURSOR_BYTES_MAX = 4096,
    LINE_BYTES_KEPT_MAX = 1 << 20,
};
#define RETRY_US (5 * TIME_SECOND)
#define PASSED_SAVE_US (5 * TIME_SECOND)
#define PLACES_CHECK_US (30 * TIME_SECOND)
#define MISSING_TELL_US (10 * TIME_MINUTE)

/* libsystemd's functions that are used here, loaded with the first journal. */
#define CALLS(X)                                                                                                       \
    X(id128_from_string)                                                                                               \
    X(id128_get_boot)                                                                                                  \
    X(id128_get_machine)                                                                                               \
    X(id128_to_string)                                                                                                 \
    X(journal_close)                                                                                                   \
    X(journal_enumerate_available_data)                                                                                \
    X(journal_enumerate_available_unique)                                                                              \
    X(journal_enumerate_data)                                                                                          \
    X(journal_get_cursor)                                                                                              \
    X(journal_get_fd)                                                                                                  \
    X(journal_get_monotonic_usec)                                                                                      \
    X(journal_get_realtime_usec)                                                                                       \
    X(journal_get_timeout)                                                                                             \
    X(journal_next)                                                                                                    \
    X(journal_open_directory)                                                                                          \
    X(journal_open_files)                                                                                              \
    X(journal_open_namespace)                                                                                          \
    X(journal_previous)                                                                                                \
    X(journal_process)                                                                                                 \
    X(journal_query_unique)                                                                                            \
    X(journal_restart_data)                                                                                            \
    X(journal_seek_cursor)                                                                                             \
    X(journal_seek_head)                                                                                               \
    X(journal_seek_monotonic_usec)                                                                                     \
    X(journal_seek_tail)                                                                                               \
    X(journal_set_data_threshold)                                                                                      \
    X(journal_test_cursor)

static struct {
#define DECLARE(name) __typeof__(sd_##name) *(name);
    CALLS(DECLARE)
#undef DECLARE
} library;

static bool load_library(struct err *err)
{
#define ROW(name) {"sd_" #name, &library.name},
    static const struct library_call calls[] = {CALLS(ROW)};
#undef ROW
    return library_load("libsystemd.so.0", calls, sizeof calls / sizeof *calls, err);
}

struct source_journal {
    struct journal_choice choice;
    bool from_end;
    struct catalog *catalog;
    struct journal_tell tell;
    struct buf name;
    struct catalog_entry *known; /* NULL until the journal was opened for the first time */
    struct buf cursor;           /* what known->state.cursor views */

    int64_t now_us;      /* monotonic, of this call */
    sd_journal *journal; /* NULL while closed; then retried at due_us */
    int64_t due_us;      /* monotonic: when to open, or to look at the places */
    uint64_t looked_at;  /* entries, since it was opened */
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

struct boot_asked {
    bool has_id;
    sd_id128_t id;
    int64_t offset; /* towards newer ones from the id; without one, 0 is the newest, -1 the one before, 1 the oldest */
};

static bool read_boot(const char *text, struct boot_asked *ret)
{
    char id[JOURNAL_ID_SIZE] = "";
    struct str rest = str_of(text);
    *ret = (struct boot_asked){.has_id = strspn(text, "0123456789abcdefABCDEF") == sizeof id - 1};
    if (ret->has_id) {
        memcpy(id, text, sizeof id - 1);
        rest = str_slice(rest, sizeof id - 1, rest.size);
        if (library.id128_from_string(id, &ret->id) < 0)
            return false;
    }
    if (rest.size > 0 && rest.data[0] == '+')
        rest = str_slice(rest, 1, rest.size);
    bool empty = ret->has_id && rest.size == 0;
    return empty || (str_to_i64(rest, &ret->offset) && ret->offset > INT32_MIN && ret->offset < INT32_MAX);
}

static void claim_known(void *context, struct catalog_entry *entry)
{
    struct source_journal *journal = context;
    if (entry->state.kind == SOURCE_JOURNAL && journal->known == NULL)
        journal->known = entry;
}

struct source_journal *source_journal_new(const struct journal_choice *choice, bool from_end, struct catalog *catalog,
                                          const struct journal_tell *tell, struct err *err)
{
    struct boot_asked asked;
    if (!load_library(err))
        return NULL;
    if (choice->boot != NULL && !read_boot(choice->boot, &asked)) {
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
        .cursor = BUF(CURSOR_BYTES_MAX),
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
    library.journal_close(journal->journal);
    journal->journal = NULL;
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

/* What the library's number means for a file; NULL: what it means for the system. */
static const char *file_wrong(int result)
{
    if (result == -EBADMSG || result == -ENODATA || result == -EIO)
        return "it is damaged, cut short or no journal";
    return result == -EPROTONOSUPPORT || result == -EOPNOTSUPP ? "a newer systemd wrote it" : NULL;
}

/* The library opens what it can and is silent about the rest. */
static void check_file(void *context, const char *path)
{
    struct source_journal *journal = context;
    sd_journal *alone;
    const char *paths[] = {path, NULL};
    int result = library.journal_open_files(&alone, paths, 0);
    if (result >= 0)
        library.journal_close(alone);
    else if (file_wrong(result) != NULL)
        tell(journal, ERR_CORRUPT, 0, "passes over %s: %s", path, file_wrong(result));
    else if (result != -ENOENT)
        tell(journal, ERR_IO, -result, "passes over %s", path);
    if (result == -EACCES)
        journal->partial = true;
}

static void look_at_places(struct source_journal *journal)
{
    sd_id128_t machine;
    char text[JOURNAL_ID_SIZE] = "";
    if (library.id128_get_machine(&machine) >= 0)
        library.id128_to_string(machine, text);
    journal_files_look(&journal->files, &journal->choice, text);
}

/* ---- Boots ----------------------------------------------------------------------------------------------------------------- */

struct boot {
    sd_id128_t id;
    uint64_t first_us;
};

static int compare_boots(const void *a, const void *b)
{
    uint64_t first = ((const struct boot *)a)->first_us, second = ((const struct boot *)b)->first_us;
    return (first < second) - (first > second);
}

/* All boots of which there are entries, the newest first. */
static struct boot *list_boots(sd_journal *journal, size_t *ret_count)
{
    struct boot *boots = NULL;
    size_t count = 0;
    const void *data;
    size_t size;
    if (library.journal_query_unique(journal, "_BOOT_ID") >= 0) {
        while (library.journal_enumerate_available_unique(journal, &data, &size) > 0) {
            struct str value = str_from(data, size);
            char text[JOURNAL_ID_SIZE] = "";
            (void)str_cut(&value, '=');
            if (value.size != sizeof text - 1)
                continue;
            memcpy(text, value.data, value.size);
            struct boot boot;
            if (library.id128_from_string(text, &boot.id) < 0)
                continue;
            boots = mem_resize_array(boots, count + 1, sizeof *boots);
            boots[count++] = boot;
        }
    }
    for (size_t i = 0; i < count; i++)
        if (library.journal_seek_monotonic_usec(journal, boots[i].id, 0) < 0 || library.journal_next(journal) <= 0 ||
            library.journal_get_realtime_usec(journal, &boots[i].first_us) < 0)
            boots[i].first_us = 0;
    if (count > 0)
        qsort(boots, count, sizeof *boots, compare_boots);
    *ret_count = count;
    return boots;
}

/* The one the choice means; "0" of the system's journal is the running one. */
static bool choose_boot(const struct source_journal *journal, const struct boot_asked *asked, sd_id128_t *ret)
{
    bool running = journal->choice.directory == NULL && journal->choice.file == NULL;
    if (asked->offset == 0 && (asked->has_id || running)) {
        *ret = asked->id;
        return asked->has_id || library.id128_get_boot(ret) >= 0;
    }
    size_t count, at = 0;
    struct boot *boots = list_boots(journal->journal, &count);
    while (asked->has_id && at < count && !sd_id128_equal(boots[at].id, asked->id))
        at++;
    int64_t index = asked->has_id || asked->offset <= 0 ? (int64_t)at - asked->offset : (int64_t)count - asked->offset;
    bool found = at < count && index >= 0 && index < (int64_t)count;
    if (found)
        *ret = boots[index].id;
    free(boots);
    return found;
}

static bool find_boot(struct source_journal *journal, struct err *err)
{
    sd_id128_t id;
    struct boot_asked asked;
    if (journal->choice.boot == NULL)
        return true;
    must(read_boot(journal->choice.boot, &asked));
    if (!choose_boot(journal, &asked, &id))
        return err_set(err, ERR_MISSING, 0, "has no boot %s yet", journal->choice.boot);
    library.id128_to_string(id, journal->boot);
    return true;
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
    if (file_wrong(result) != NULL)
        return err_set(err, ERR_CORRUPT, 0, "%s: %s", what, file_wrong(result));
    return err_set(err, result == -ENOENT ? ERR_MISSING : ERR_IO, -result, "%s", what);
}

static int copy_cursor(sd_journal *journal, struct journal_entry *entry)
{
    char *cursor = NULL;
    int result = library.journal_get_cursor(journal, &cursor);
    if (result >= 0 && strlen(cursor) > CURSOR_BYTES_MAX)
        result = -EBADMSG;
    if (result >= 0)
        entry->cursor = arena_str(&entry->arena, str_of(cursor)).data;
    free(cursor);
    return result;
}

/* Copies what identifies the entry. */
static int load_head(sd_journal *journal, struct journal_entry *entry)
{
    sd_id128_t boot;
    journal_entry_reset(entry);
    int result = copy_cursor(journal, entry);
    if (result >= 0)
        result = library.journal_get_realtime_usec(journal, &entry->realtime_us);
    if (result >= 0)
        result = library.journal_get_monotonic_usec(journal, &entry->monotonic_us, &boot);
    if (result >= 0 && entry->realtime_us > INT64_MAX)
        result = -EBADMSG;
    if (result >= 0)
        library.id128_to_string(boot, entry->boot);
    return result;
}

static int load(sd_journal *journal, struct journal_entry *entry)
{
    int result = load_head(journal, entry);
    if (result < 0)
        return result;
    const void *data;
    size_t size;
    library.journal_restart_data(journal);
    while ((result = library.journal_enumerate_data(journal, &data, &size)) != 0) {
        if (result < 0) { /* this one is damaged; the other call passes over it */
            entry->cut = true;
            result = library.journal_enumerate_available_data(journal, &data, &size);
            if (result <= 0)
                break;
        }
        journal_entry_add(entry, str_from(data, size));
    }
    return result;
}

/* Where a journal that was never read begins. */
static int seek_first(struct source_journal *journal)
{
    if (!journal->from_end)
        return library.journal_seek_head(journal->journal);
    journal->from_end = false; /* what comes into an empty journal is taken */
    int result = library.journal_seek_tail(journal->journal);
    if (result >= 0)
        result = library.journal_previous(journal->journal);
    if (result > 0)
        result = load_head(journal->journal, &journal->entry);
    else if (result == 0)
        return library.journal_seek_head(journal->journal);
    if (result >= 0) {
        move_to(journal, journal->known->state.position);
        journal->unsaved_us -= PASSED_SAVE_US; /* at once: a restart is not to begin at another end */
    }
    return result;
}

/* 1 when it stands at the entry that the cursor names, 0 when not. */
static int is_cursor(struct source_journal *journal)
{
    int result = library.journal_test_cursor(journal->journal, journal->cursor.data);
    if (result != 0)
        return result;
    result = load_head(journal->journal, &journal->entry);
    return result < 0 ? result : journal_cursor_same(str_of(journal->entry.cursor), buf_str(&journal->cursor));
}

/* Stands so that the library's next entry is the first one not looked at, or the cursor's own with resume. */
static int find_place(struct source_journal *journal)
{
    const struct source_state *state = &journal->known->state;
    journal->resume = journal->lost = journal->lost_any = false;
    if (state->cursor.data == NULL || state->cursor.size == 0)
        return seek_first(journal);
    int found = library.journal_seek_cursor(journal->journal, journal->cursor.data);
    if (found >= 0)
        found = library.journal_next(journal->journal);
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
    return library.journal_seek_head(journal->journal);
}

static int open_library(struct source_journal *journal)
{
    const struct journal_choice *choice = &journal->choice;
    const char *files[] = {choice->file, NULL};
    int result;
    if (choice->file != NULL)
        result = library.journal_open_files(&journal->journal, files, 0);
    else if (choice->directory != NULL)
        result = library.journal_open_directory(&journal->journal, choice->directory, 0);
    else
        result = library.journal_open_namespace(&journal->journal, choice->namespace, SD_JOURNAL_LOCAL_ONLY);
    if (result < 0) {
        journal->journal = NULL;
        return result;
    }
    /* The longest value that is kept, its name and '=': longer ones need not be unpacked whole. */
    result = library.journal_set_data_threshold(journal->journal, JOURNAL_FIELD_BYTES_MAX + 256);
    return result < 0 || choice->file != NULL ? result : library.journal_get_fd(journal->journal);
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

static bool open_journal(struct source_journal *journal, struct err *err)
{
    if (journal->files.place_count == 0 || journal_files_moved(&journal->files))
        look_at_places(journal);
    journal->looked_at = 0;
    int result = open_library(journal);
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
        int result = journal->resume ? 1 : library.journal_next(journal->journal);
        *ret_result = result < 0 ? result : 0;
        if (result <= 0)
            return FEED_IDLE;
        journal->looked_at++;
        result = load(journal->journal, &journal->entry);
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
    int change = library.journal_process(journal->journal);
    if (change != SD_JOURNAL_INVALIDATE)
        return change;
    journal_files_visit(&journal->files, check_file, journal);
    return find_place(journal);
}

static bool ensure_open(struct source_journal *journal, struct err *err)
{
    int64_t now = journal->now_us;
    if (journal->journal != NULL && now >= journal->due_us && journal_files_moved(&journal->files))
        close_journal(journal);
    if (journal->journal == NULL) {
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
    if (journal->journal == NULL && now_us < journal->due_us)
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
    return journal->journal == NULL || journal->choice.file != NULL ? -1 : library.journal_get_fd(journal->journal);
}

static int64_t due_us(void *self)
{
    const struct source_journal *journal = self;
    uint64_t timeout;
    int64_t due = journal->due_us;
    if (journal->journal == NULL)
        return due;
    if (journal->unsaved && journal->unsaved_us + PASSED_SAVE_US < due)
        due = journal->unsaved_us + PASSED_SAVE_US;
    if (library.journal_get_timeout(journal->journal, &timeout) >= 0 && timeout < (uint64_t)due)
        due = (int64_t)timeout;
    return due;
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
