#include "ingest/journal_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <systemd/sd-journal.h>

#include "base/library.h"
#include "base/mem.h"
#include "base/must.h"

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

bool journal_reader_load(struct err *err)
{
#define ROW(name) {"sd_" #name, &library.name},
    static const struct library_call calls[] = {CALLS(ROW)};
#undef ROW
    static const struct library systemd = {"libsystemd.so.0", "libsystemd0", "246"};
    return library_load(&systemd, calls, sizeof calls / sizeof *calls, err);
}

struct journal_reader {
    sd_journal *journal;
};

const char *journal_reader_wrong(int result)
{
    if (result == -EBADMSG || result == -ENODATA || result == -EIO)
        return "it is damaged, cut short or no journal";
    return result == -EPROTONOSUPPORT || result == -EOPNOTSUPP ? "a newer systemd wrote it" : NULL;
}

/* ---- Opening ------------------------------------------------------------------------------------------------------------- */

static int open_chosen(const struct journal_choice *choice, sd_journal **ret)
{
    const char *files[] = {choice->file, NULL};
    if (choice->file != NULL)
        return library.journal_open_files(ret, files, 0);
    if (choice->directory != NULL)
        return library.journal_open_directory(ret, choice->directory, 0);
    return library.journal_open_namespace(ret, choice->namespace, SD_JOURNAL_LOCAL_ONLY);
}

int journal_reader_open(const struct journal_choice *choice, struct journal_reader **ret)
{
    sd_journal *journal;
    int result = open_chosen(choice, &journal);
    *ret = NULL;
    if (result < 0)
        return result;
    /* The longest value that is kept, its name and '=': longer ones need not be unpacked whole. */
    result = library.journal_set_data_threshold(journal, JOURNAL_FIELD_BYTES_MAX + 256);
    if (result >= 0 && choice->file == NULL)
        result = library.journal_get_fd(journal);
    if (result < 0) {
        library.journal_close(journal);
        return result;
    }
    *ret = mem_alloc(sizeof **ret);
    (*ret)->journal = journal;
    return 0;
}

void journal_reader_close(struct journal_reader *reader)
{
    if (reader == NULL)
        return;
    library.journal_close(reader->journal);
    free(reader);
}

int journal_reader_try(const char *path)
{
    sd_journal *alone;
    const char *paths[] = {path, NULL};
    int result = library.journal_open_files(&alone, paths, 0);
    if (result >= 0)
        library.journal_close(alone);
    return result;
}

void journal_reader_machine(char ret[JOURNAL_ID_SIZE])
{
    sd_id128_t machine;
    ret[0] = '\0';
    if (library.id128_get_machine(&machine) >= 0)
        library.id128_to_string(machine, ret);
}

/* ---- Boots --------------------------------------------------------------------------------------------------------------- */

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

bool journal_reader_knows_boot(const char *text)
{
    struct boot_asked asked;
    return read_boot(text, &asked);
}

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
static bool choose_boot(const struct journal_reader *reader, const struct journal_choice *choice,
                        const struct boot_asked *asked, sd_id128_t *ret)
{
    bool running = choice->directory == NULL && choice->file == NULL;
    if (asked->offset == 0 && (asked->has_id || running)) {
        *ret = asked->id;
        return asked->has_id || library.id128_get_boot(ret) >= 0;
    }
    size_t count, at = 0;
    struct boot *boots = list_boots(reader->journal, &count);
    while (asked->has_id && at < count && !sd_id128_equal(boots[at].id, asked->id))
        at++;
    int64_t index = asked->has_id || asked->offset <= 0 ? (int64_t)at - asked->offset : (int64_t)count - asked->offset;
    bool found = at < count && index >= 0 && index < (int64_t)count;
    if (found)
        *ret = boots[index].id;
    free(boots);
    return found;
}

bool journal_reader_boot(struct journal_reader *reader, const struct journal_choice *choice, char ret[JOURNAL_ID_SIZE])
{
    sd_id128_t id;
    struct boot_asked asked;
    must(read_boot(choice->boot, &asked));
    if (!choose_boot(reader, choice, &asked, &id))
        return false;
    library.id128_to_string(id, ret);
    return true;
}

/* ---- Entries ------------------------------------------------------------------------------------------------------------- */

int journal_reader_seek_first(struct journal_reader *reader)
{
    return library.journal_seek_head(reader->journal);
}

int journal_reader_seek_last(struct journal_reader *reader)
{
    int result = library.journal_seek_tail(reader->journal);
    return result < 0 ? result : library.journal_previous(reader->journal);
}

int journal_reader_seek(struct journal_reader *reader, const char *cursor)
{
    int result = library.journal_seek_cursor(reader->journal, cursor);
    return result < 0 ? result : library.journal_next(reader->journal);
}

int journal_reader_next(struct journal_reader *reader)
{
    return library.journal_next(reader->journal);
}

int journal_reader_is_at(struct journal_reader *reader, const char *cursor)
{
    return library.journal_test_cursor(reader->journal, cursor);
}

static int copy_cursor(sd_journal *journal, struct journal_entry *entry)
{
    char *cursor = NULL;
    int result = library.journal_get_cursor(journal, &cursor);
    if (result >= 0 && strlen(cursor) > JOURNAL_CURSOR_BYTES_MAX)
        result = -EBADMSG;
    if (result >= 0)
        entry->cursor = arena_str(&entry->arena, str_of(cursor)).data;
    free(cursor);
    return result;
}

int journal_reader_head(struct journal_reader *reader, struct journal_entry *entry)
{
    sd_id128_t boot;
    journal_entry_reset(entry);
    int result = copy_cursor(reader->journal, entry);
    if (result >= 0)
        result = library.journal_get_realtime_usec(reader->journal, &entry->realtime_us);
    if (result >= 0)
        result = library.journal_get_monotonic_usec(reader->journal, &entry->monotonic_us, &boot);
    if (result >= 0 && entry->realtime_us > INT64_MAX)
        result = -EBADMSG;
    if (result >= 0)
        library.id128_to_string(boot, entry->boot);
    return result;
}

int journal_reader_entry(struct journal_reader *reader, struct journal_entry *entry)
{
    int result = journal_reader_head(reader, entry);
    if (result < 0)
        return result;
    const void *data;
    size_t size;
    library.journal_restart_data(reader->journal);
    while ((result = library.journal_enumerate_data(reader->journal, &data, &size)) != 0) {
        if (result < 0) { /* this one is damaged; the other call passes over it */
            entry->cut = true;
            result = library.journal_enumerate_available_data(reader->journal, &data, &size);
            if (result <= 0)
                break;
        }
        journal_entry_add(entry, str_from(data, size));
    }
    return result;
}

/* ---- Changes ------------------------------------------------------------------------------------------------------------- */

int journal_reader_process(struct journal_reader *reader)
{
    int change = library.journal_process(reader->journal);
    return change < 0 ? change : change == SD_JOURNAL_INVALIDATE;
}

int journal_reader_descriptor(struct journal_reader *reader)
{
    return library.journal_get_fd(reader->journal);
}

int64_t journal_reader_due_us(struct journal_reader *reader)
{
    uint64_t timeout;
    return library.journal_get_timeout(reader->journal, &timeout) >= 0 && timeout < INT64_MAX ? (int64_t)timeout
                                                                                              : INT64_MAX;
}
