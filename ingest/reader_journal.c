/* Journal files are read by the follower of `winnow run` (source_journal.h), to their end. */
#include "ingest/reader.h"

#include <limits.h>

#include "base/log.h"
#include "base/stop.h"
#include "ingest/service.h"
#include "ingest/source_journal.h"

bool reader_is_journal(struct str head)
{
    return str_starts(head, STR("LPKSHHRH"));
}

/* What is missing is recorded and told; the rest is no success. */
static void tell(void *context, struct str source, const struct err *err)
{
    struct reader *reader = context;
    struct err within = *err;
    (void)err_within(&within, "%.*s", STR_ARG(source));
    if (err->kind == ERR_MISSING)
        log_note("%s", within.text);
    else
        reader_fail(reader, &within);
}

static void count_records(void *context, struct catalog_entry *entry)
{
    struct reader *reader = context;
    if (entry->state.kind == SOURCE_JOURNAL)
        reader->skipped_lines += catalog_lines(entry);
}

static bool read_on(struct reader *reader, struct source_journal *journal, const char *path)
{
    enum feed feed;
    while ((feed = source_journal_feeder.feed(journal, &reader->frame, service_now_us())) == FEED_MORE) {
        if (stop_asked()) {
            reader->interrupted = true;
            return true;
        }
        progress_show(reader->progress, path, 0, 0);
    }
    return feed != FEED_OVER;
}

static bool read_choice(struct reader *reader, const struct journal_choice *choice, const char *path)
{
    bool unread;
    struct err err;
    struct journal_tell told = {tell, reader};
    SCOPED(buf) name = BUF(2 * PATH_MAX);
    journal_choice_name(choice, &name);
    map_at(&reader->journals, buf_str(&name), &unread);
    if (!unread)
        return true;
    SCOPED_FREE(source_journal) *journal = source_journal_new(choice, false, reader->catalog, &told, &err);
    if (journal == NULL) {
        reader_fail(reader, &err);
        return true;
    }
    reader->sources++;
    catalog_with_name(reader->catalog, buf_str(&name), count_records, reader);
    return read_on(reader, journal, path);
}

bool reader_read_journal(struct reader *reader, const struct input *input, const char *real_path)
{
    char folder[PATH_MAX];
    struct journal_choice choice = {.priority = JOURNAL_PRIORITY_ALL};
    size_t size = str_find_last(str_of(real_path), STR("/"));
    if (input->named || size == 0 || size == STR_NONE || size >= sizeof folder) {
        choice.file = real_path;
    } else {
        memcpy(folder, real_path, size);
        folder[size] = '\0';
        choice.directory = folder;
    }
    if (!read_choice(reader, &choice, input->path))
        return false;
    progress_next(reader->progress, input->size, 0);
    return true;
}
