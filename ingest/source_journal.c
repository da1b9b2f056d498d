#include "ingest/source_journal.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>

#include "base/must.h"

enum {
    FEED_ENTRIES = 4096, /* looked at in one call */
    FEED_BYTES = 4 << 20,
    PLACES_MAX = 2,
    NAME_BYTES_MAX = 64 << 10,
    CURSOR_BYTES_MAX = 4096,
    FILES_KNOWN_MAX = 10000,
    LINE_BYTES_KEPT_MAX = 1 << 20,
};
#define RETRY_US (5 * TIME_SECOND)
#define PASSED_SAVE_US (5 * TIME_SECOND)
#define PLACES_CHECK_US (30 * TIME_SECOND)
#define MISSING_TELL_US (10 * TIME_MINUTE)

/* A folder with journal files, and whether it is still the one that was opened. */
struct place {
    const char *path;
    uint64_t device, inode; /* 0: it was not there */
};

struct source_journal {
    struct journal_choice choice;
    bool from_end;
    struct catalog *catalog;
    struct journal_tell tell;
    struct buf name;
    struct catalog_entry *known; /* NULL until the journal was opened for the first time */
    struct buf cursor;           /* what known->state.cursor views */

    sd_journal *journal; /* NULL while closed; then retried at due_us */
    int64_t due_us;      /* monotonic: when to open, or to look at the places */
    struct place places[PLACES_MAX];
    size_t place_count;
    struct map files; /* paths of files found sound or told of */
    char boot[JOURNAL_ID_SIZE];

    struct journal_entry entry;
    struct buf line;
    bool resume;           /* it stands at the cursor's entry, whose line is stored in part */
    bool lost;             /* the cursor's entry is gone and no new one was found yet */
    int64_t lost_since_us; /* entries of other sequences are new after this time */
    bool lost_any;         /* entries were passed meanwhile; the last one is in entry */
    bool unsaved;          /* the state has moved without a record since it was last given to a batch */
    int64_t unsaved_us;    /* monotonic: since when */
    uint64_t damaged;      /* entries that could not be read, or not whole */
    bool partial;          /* there are files that may not be read */
    uint64_t missing;      /* entries that the numbers of their sequence tell of, not told yet */
    int64_t missing_told_us;
};

static int64_t monotonic_us(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * TIME_SECOND + now.tv_nsec / 1000;
}

__attribute__((format(printf, 4, 5))) static void tell(const struct source_journal *journal, enum err_kind kind,
                                                       int sys, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct err err;
    err_set(&err, kind, sys, "%s: %s", journal->name.data, text);
    if (journal->tell.tell != NULL)
        journal->tell.tell(journal->tell.context, &err);
}

/* ---- Making ------------------------------------------------------------------------------------------------------------ */

static bool is_boot(const char *text)
{
    sd_id128_t id;
    uint64_t back;
    struct str number = str_of(text);
    if (number.size > 0 && number.data[0] == '-')
        number = str_slice(number, 1, number.size);
    return sd_id128_from_string(text, &id) >= 0 || (str_to_u64(number, &back) && (back == 0 || text[0] == '-'));
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
    if (choice->boot != NULL && !is_boot(choice->boot)) {
        err_set(err, ERR_USAGE, 0, "boot '%s': is no id and neither 0, -1, -2, ...", choice->boot);
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
    sd_journal_close(journal->journal);
    journal->journal = NULL;
    map_reset(&journal->files);
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
    map_release(&journal->files);
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

/* ---- Places and files ---------------------------------------------------------------------------------------------------- */

static struct place look(const char *path)
{
    struct stat info;
    struct place place = {.path = path};
    if (stat(path, &info) == 0) {
        place.device = info.st_dev;
        place.inode = info.st_ino;
    }
    return place;
}

static void note_places(struct source_journal *journal)
{
    journal->place_count = 0;
    if (journal->choice.file != NULL)
        return;
    if (journal->choice.directory != NULL) {
        journal->places[journal->place_count++] = look(journal->choice.directory);
        return;
    }
    journal->places[journal->place_count++] = look("/var/log/journal");
    journal->places[journal->place_count++] = look("/run/log/journal");
}

static bool places_changed(const struct source_journal *journal)
{
    for (size_t i = 0; i < journal->place_count; i++) {
        const struct place *before = &journal->places[i];
        struct place now = look(before->path);
        if (now.device != before->device || now.inode != before->inode)
            return true;
    }
    return false;
}

/* The library opens what it can and is silent about the rest. */
static void check_file(struct source_journal *journal, const char *path)
{
    bool unknown;
    map_at(&journal->files, str_of(path), &unknown);
    if (!unknown)
        return;
    sd_journal *alone;
    const char *paths[] = {path, NULL};
    int result = sd_journal_open_files(&alone, paths, 0);
    if (result >= 0)
        sd_journal_close(alone);
    else if (result != -ENOENT)
        tell(journal, result == -EACCES ? ERR_IO : ERR_CORRUPT, -result, "passes over %s", path);
    if (result == -EACCES)
        journal->partial = true;
}

static bool is_journal_file(struct str name)
{
    return str_ends(name, STR(".journal")) || str_ends(name, STR(".journal~"));
}

/* Journals of machines and namespaces lie in folders named by the machine's id. */
static bool is_journal_folder(const struct source_journal *journal, struct str name)
{
    static const char hex[] = "0123456789abcdef";
    if (name.size < JOURNAL_ID_SIZE - 1 || strspn(name.data, hex) != JOURNAL_ID_SIZE - 1)
        return false;
    if (journal->choice.directory != NULL)
        return true;
    sd_id128_t machine;
    char own[JOURNAL_ID_SIZE];
    struct str suffix = str_slice(name, JOURNAL_ID_SIZE - 1, name.size);
    const char *wanted = journal->choice.namespace;
    return sd_id128_get_machine(&machine) >= 0 && str_starts(name, str_of(sd_id128_to_string(machine, own))) &&
           (wanted == NULL ? suffix.size == 0
                           : suffix.size > 0 && str_equal(str_slice(suffix, 1, suffix.size), str_of(wanted)));
}

static void check_folder(struct source_journal *journal, const char *path, bool top)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return; /* opening the journal has told, or will */
    SCOPED(buf) inside = BUF(NAME_BYTES_MAX);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct str name = str_of(entry->d_name);
        buf_reset(&inside);
        if (!buf_printf(&inside, "%s/%s", path, entry->d_name))
            continue;
        if (is_journal_file(name))
            check_file(journal, inside.data);
        else if (top && is_journal_folder(journal, name))
            check_folder(journal, inside.data, false);
    }
    closedir(folder);
}

static void check_files(struct source_journal *journal)
{
    if (journal->files.count > FILES_KNOWN_MAX)
        map_reset(&journal->files);
    for (size_t i = 0; i < journal->place_count; i++)
        check_folder(journal, journal->places[i].path, true);
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
    if (sd_journal_query_unique(journal, "_BOOT_ID") >= 0) {
        while (sd_journal_enumerate_available_unique(journal, &data, &size) > 0) {
            struct str value = str_from(data, size);
            char text[JOURNAL_ID_SIZE] = "";
            (void)str_cut(&value, '=');
            if (value.size != sizeof text - 1)
                continue;
            memcpy(text, value.data, value.size);
            struct boot boot;
            if (sd_id128_from_string(text, &boot.id) < 0)
                continue;
            boots = mem_resize_array(boots, count + 1, sizeof *boots);
            boots[count++] = boot;
        }
    }
    for (size_t i = 0; i < count; i++)
        if (sd_journal_seek_monotonic_usec(journal, boots[i].id, 0) < 0 || sd_journal_next(journal) <= 0 ||
            sd_journal_get_realtime_usec(journal, &boots[i].first_us) < 0)
            boots[i].first_us = 0;
    if (count > 0)
        qsort(boots, count, sizeof *boots, compare_boots);
    *ret_count = count;
    return boots;
}

/* Sets boot to the id that the choice means: "0" of the system's journal is the running one. */
static bool find_boot(struct source_journal *journal, struct err *err)
{
    const char *asked = journal->choice.boot;
    sd_id128_t id;
    if (asked == NULL)
        return true;
    bool running = strcmp(asked, "0") == 0 && journal->choice.directory == NULL && journal->choice.file == NULL;
    if (running ? sd_id128_get_boot(&id) < 0 : sd_id128_from_string(asked, &id) < 0) {
        size_t count;
        uint64_t back = 0;
        struct boot *boots = list_boots(journal->journal, &count);
        (void)str_to_u64(str_of(asked + (asked[0] == '-')), &back);
        if (back < count)
            id = boots[back].id;
        free(boots);
        if (back >= count)
            return err_set(err, ERR_MISSING, 0, "%s: has no boot %s yet", journal->name.data, asked);
    }
    sd_id128_to_string(id, journal->boot);
    return true;
}

/* ---- Cursors ----------------------------------------------------------------------------------------------------------------- */

/* An entry's number in its sequence: a cursor begins "s=SEQUENCE;i=NUMBER;", the number in hexadecimal. */
struct sequence {
    struct str id;
    uint64_t number;
};

static bool sequence_of(struct str cursor, struct sequence *ret)
{
    struct str id = str_cut(&cursor, ';'), number = str_cut(&cursor, ';');
    if (!str_starts(id, STR("s=")) || !str_starts(number, STR("i=")) || number.size < 3 || number.size > 18)
        return false;
    *ret = (struct sequence){.id = id};
    for (size_t i = 2; i < number.size; i++) {
        char c = number.data[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;
        if (digit > 15)
            return false;
        ret->number = ret->number << 4 | digit;
    }
    return true;
}

/* The same entry, although in another file under another number: the journal of the early boot is copied to the disk.
 * Boot, times and hash stand behind the number. */
static bool same_entry(struct str a, struct str b)
{
    for (unsigned i = 0; i < 2; i++) {
        (void)str_cut(&a, ';');
        (void)str_cut(&b, ';');
    }
    return str_starts(a, STR("b=")) && str_equal(a, b);
}

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
        journal->unsaved_us = monotonic_us();
    journal->unsaved = true;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------------------- */

static bool fail(const struct source_journal *journal, int result, struct err *err, const char *what)
{
    must(result < 0);
    return err_set(err, result == -ENOENT ? ERR_MISSING : ERR_IO, -result, "%s: %s", journal->name.data, what);
}

static int copy_cursor(sd_journal *journal, struct journal_entry *entry)
{
    char *cursor = NULL;
    int result = sd_journal_get_cursor(journal, &cursor);
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
        result = sd_journal_get_realtime_usec(journal, &entry->realtime_us);
    if (result >= 0)
        result = sd_journal_get_monotonic_usec(journal, &entry->monotonic_us, &boot);
    if (result >= 0 && entry->realtime_us > INT64_MAX)
        result = -EBADMSG;
    if (result >= 0)
        sd_id128_to_string(boot, entry->boot);
    return result;
}

static int load(sd_journal *journal, struct journal_entry *entry)
{
    int result = load_head(journal, entry);
    if (result < 0)
        return result;
    const void *data;
    size_t size;
    sd_journal_restart_data(journal);
    while ((result = sd_journal_enumerate_data(journal, &data, &size)) != 0) {
        if (result < 0) { /* this one is damaged; the other call passes over it */
            entry->cut = true;
            result = sd_journal_enumerate_available_data(journal, &data, &size);
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
        return sd_journal_seek_head(journal->journal);
    journal->from_end = false; /* what comes into an empty journal is taken */
    int result = sd_journal_seek_tail(journal->journal);
    if (result >= 0)
        result = sd_journal_previous(journal->journal);
    if (result > 0)
        result = load_head(journal->journal, &journal->entry);
    else if (result == 0)
        return sd_journal_seek_head(journal->journal);
    if (result >= 0) {
        move_to(journal, journal->known->state.position);
        journal->unsaved_us -= PASSED_SAVE_US; /* at once: a restart is not to begin at another end */
    }
    return result;
}

/* 1 when it stands at the entry that the cursor names, 0 when not. */
static int is_cursor(struct source_journal *journal)
{
    int result = sd_journal_test_cursor(journal->journal, journal->cursor.data);
    if (result != 0)
        return result;
    result = load_head(journal->journal, &journal->entry);
    return result < 0 ? result : same_entry(str_of(journal->entry.cursor), buf_str(&journal->cursor));
}

/* Stands so that the library's next entry is the first one not looked at, or the cursor's own with resume. */
static int find_place(struct source_journal *journal)
{
    const struct source_state *state = &journal->known->state;
    journal->resume = journal->lost = journal->lost_any = false;
    if (state->cursor.data == NULL || state->cursor.size == 0)
        return seek_first(journal);
    int found = sd_journal_seek_cursor(journal->journal, journal->cursor.data);
    if (found >= 0)
        found = sd_journal_next(journal->journal);
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
    return sd_journal_seek_head(journal->journal);
}

static int open_library(struct source_journal *journal)
{
    const struct journal_choice *choice = &journal->choice;
    const char *files[] = {choice->file, NULL};
    int result;
    if (choice->file != NULL)
        result = sd_journal_open_files(&journal->journal, files, 0);
    else if (choice->directory != NULL)
        result = sd_journal_open_directory(&journal->journal, choice->directory, 0);
    else
        result = sd_journal_open_namespace(&journal->journal, choice->namespace, SD_JOURNAL_LOCAL_ONLY);
    if (result < 0) {
        journal->journal = NULL;
        return result;
    }
    /* The longest value that is kept, its name and '=': longer ones need not be unpacked whole. */
    result = sd_journal_set_data_threshold(journal->journal, JOURNAL_FIELD_BYTES_MAX + 256);
    return result < 0 || choice->file != NULL ? result : sd_journal_get_fd(journal->journal);
}

static void know(struct source_journal *journal)
{
    if (journal->known == NULL) {
        journal->known = catalog_new(journal->catalog, buf_str(&journal->name), SOURCE_JOURNAL);
        journal->known->claimed = true;
        return;
    }
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
    note_places(journal);
    int result = open_library(journal);
    if (result < 0)
        return fail(journal, result, err, "open");
    if (!find_boot(journal, err))
        return false;
    check_files(journal);
    know(journal);
    result = find_place(journal);
    return result >= 0 || fail(journal, result, err, "seek");
}

/* ---- Feeding ------------------------------------------------------------------------------------------------------------- */

/* The entry is the first one after the cursor's, which is gone. */
static void note_gap(struct source_journal *journal, const struct sequence *before, bool whole, struct frame *frame)
{
    struct sequence now;
    uint64_t missing = 0;
    bool same = sequence_of(str_of(journal->entry.cursor), &now) && str_equal(now.id, before->id);
    if (same && now.number > before->number) {
        missing = now.number - before->number - 1 + !whole;
        if (missing == 0)
            return;
    }
    struct batch_gap gap = {
        .source = journal->known->state.id,
        .offset = frame->offset,
        .reason = GAP_CURSOR_GONE,
        .found_us = clock_now_us(),
    };
    batch_add_gap(frame->batch, &gap);
    char time[CLOCK_TEXT_MAX];
    clock_print_utc((int64_t)journal->entry.realtime_us, time);
    if (missing > 0)
        tell(journal, ERR_MISSING, 0, "the entry it was read up to is gone; goes on at %s, %" PRIu64 " entries later",
             time, missing);
    else
        tell(journal, ERR_MISSING, 0,
             "the entry it was read up to is gone; goes on at %s, what lay between is not known", time);
}

/* Ends being lost at the entry, whose line ends at `end`: the new place and the gap are in one batch. */
static void be_found(struct source_journal *journal, uint64_t end, struct frame *frame)
{
    char cursor[CURSOR_BYTES_MAX + 1];
    struct sequence before = {STR_ABSENT, 0};
    memcpy(cursor, journal->cursor.data, journal->cursor.size + 1);
    (void)sequence_of(str_of(cursor), &before);
    const struct source_state *state = &journal->known->state;
    bool whole = state->position == state->size;
    move_to(journal, end);
    frame_settle(frame);
    note_gap(journal, &before, whole, frame);
    journal->lost = journal->lost_any = journal->unsaved = false;
}

static bool is_new(const struct source_journal *journal)
{
    struct sequence before, now;
    if (sequence_of(buf_str(&journal->cursor), &before) && sequence_of(str_of(journal->entry.cursor), &now) &&
        str_equal(before.id, now.id))
        return now.number > before.number;
    return (int64_t)journal->entry.realtime_us > journal->lost_since_us;
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
    struct sequence before, now;
    if (!journal->lost && !journal->resume && sequence_of(buf_str(&journal->cursor), &before) &&
        sequence_of(str_of(journal->entry.cursor), &now) && str_equal(before.id, now.id) &&
        now.number > before.number && !journal->partial)
        journal->missing += now.number - before.number - 1;
}

static void tell_missing(struct source_journal *journal)
{
    int64_t now = monotonic_us();
    if (journal->missing == 0 || (journal->missing_told_us != 0 && now - journal->missing_told_us < MISSING_TELL_US))
        return;
    tell(journal, ERR_CORRUPT, 0, "entries missing by their numbers: %" PRIu64 "; damaged, or in a damaged file",
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

/* Reads up to a share. */
static enum feed feed_entries(struct source_journal *journal, struct frame *frame, struct err *err)
{
    uint64_t begin = frame->offset;
    for (unsigned i = 0; i < FEED_ENTRIES && frame->offset - begin < FEED_BYTES; i++) {
        int result = journal->resume ? 1 : sd_journal_next(journal->journal);
        if (result == 0)
            return FEED_IDLE;
        if (result < 0) {
            (void)fail(journal, result, err, "read");
            return FEED_FAILED;
        }
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
    int change = sd_journal_process(journal->journal);
    if (change != SD_JOURNAL_INVALIDATE)
        return change;
    check_files(journal);
    return find_place(journal);
}

static bool ensure_open(struct source_journal *journal, struct err *err)
{
    int64_t now = monotonic_us();
    if (journal->journal != NULL && now >= journal->due_us && places_changed(journal))
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
    return result >= 0 || fail(journal, result, err, "follow");
}

static enum feed feed(void *self, struct frame *frame, struct err *err)
{
    struct source_journal *journal = self;
    if (journal->journal == NULL && monotonic_us() < journal->due_us)
        return FEED_IDLE;
    if (!ensure_open(journal, err)) {
        close_journal(journal);
        return FEED_FAILED;
    }
    static const struct mark nothing;
    struct source_state *state = &journal->known->state;
    if (!frame_begin(frame, state, &nothing, clock_now_us()))
        return FEED_OVER;
    enum feed feed = feed_entries(journal, frame, err);
    if (feed == FEED_OVER)
        return feed;
    if (feed == FEED_IDLE) {
        if (journal->lost && journal->lost_any) /* nothing new yet: what comes from now on is */
            be_found(journal, frame->offset, frame);
        state->read_us = clock_now_us();
    }
    tell_missing(journal);
    bool save = journal->unsaved && monotonic_us() - journal->unsaved_us >= PASSED_SAVE_US;
    bool given = save || frame->offset != frame->begin;
    if (!frame_end(frame, save))
        return FEED_OVER;
    if (given)
        journal->unsaved = false;
    if (feed == FEED_FAILED) {
        close_journal(journal);
        journal->due_us = monotonic_us() + RETRY_US;
    }
    return feed;
}

/* ---- Waiting ------------------------------------------------------------------------------------------------------------- */

static int descriptor(void *self)
{
    const struct source_journal *journal = self;
    return journal->journal == NULL || journal->choice.file != NULL ? -1 : sd_journal_get_fd(journal->journal);
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
    if (sd_journal_get_timeout(journal->journal, &timeout) >= 0 && timeout < (uint64_t)due)
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
