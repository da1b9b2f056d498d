#include "query/cover.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/map.h"
#include "base/must.h"
#include "base/scope.h"
#include "query/safe.h"

enum { COVER_NAMES_MAX = 3 };

static uint64_t file_lag(const struct source_state *state, uint64_t size)
{
    uint64_t stored = state->position + state->pending_bytes;
    /* Smaller than what was read: it was truncated and written anew. */
    return size >= stored ? size - stored : size;
}

static uint64_t gzip_lag(const struct source_state *state, const struct stat *now, uint64_t size)
{
    int64_t modified_us = (int64_t)now->st_mtim.tv_sec * TIME_SECOND + now->st_mtim.tv_nsec / 1000;
    if (size == state->size && modified_us == state->modified_us)
        return 0;
    return size >= state->size ? size - state->size : size;
}

struct cover_lag cover_lag(const struct source_state *state)
{
    struct cover_lag lag = {.size = state->size};
    char path[PATH_MAX];
    struct stat now;
    if (state->kind == SOURCE_KAFKA)
        return (struct cover_lag){.size = state->position + state->pending_bytes, .messages = state->size};
    if (state->kind == SOURCE_STREAM || state->replaced || state->name.size >= sizeof path ||
        memchr(state->name.data, '\0', state->name.size))
        return lag;
    memcpy(path, state->name.data, state->name.size);
    path[state->name.size] = '\0';
    if (stat(path, &now) != 0 || now.st_dev != state->device || now.st_ino != state->inode)
        return lag;
    lag.size = (uint64_t)now.st_size;
    lag.bytes = state->kind == SOURCE_GZIP ? gzip_lag(state, &now, lag.size) : file_lag(state, lag.size);
    return lag;
}

/* ---- Notes ------------------------------------------------------------------------------------------------------- */

static void add_name(struct buf *lines, struct str name)
{
    safe_add(lines, name, SAFE_TABLE, SIZE_MAX);
}

static bool note_range(const struct select *select, struct buf *lines)
{
    int64_t first = TIME_NONE, last = TIME_NONE;
    char asked[CLOCK_TEXT_MAX], stored[CLOCK_TEXT_MAX];
    for (size_t i = 0; i < select->source_count; i++) {
        const struct store_source *source = &select->sources[i];
        if (source->time_min != TIME_NONE && (first == TIME_NONE || source->time_min < first))
            first = source->time_min;
        last = source->time_max > last ? source->time_max : last;
        last = source->state.read_us > last ? source->state.read_us : last;
    }
    bool complete = true;
    if (select->since_us != TIME_NONE && (first == TIME_NONE || select->since_us < first)) {
        complete = false;
        buf_printf(lines, "asked for records since %s, but ", clock_print_local(select->since_us, asked));
        if (first == TIME_NONE)
            buf_add_text(lines, "nothing with a time is stored of these sources\n");
        else
            buf_printf(lines, "the stored ones begin at %s\n", clock_print_local(first, stored));
    }
    if (select->until_us != TIME_NONE && (last == TIME_NONE || select->until_us > last)) {
        complete = false;
        buf_printf(lines, "asked for records until %s, but ", clock_print_local(select->until_us, asked));
        if (last == TIME_NONE)
            buf_add_text(lines, "nothing of these sources was ever read\n");
        else
            buf_printf(lines, "they were last read at %s\n", clock_print_local(last, stored));
    }
    return complete;
}

/* Does what was pruned of the source reach into the range? Records without a time are of the open range only. */
static bool pruned_in_range(const struct select *select, const struct store_source *source)
{
    if (select->since_us == TIME_NONE && select->until_us == TIME_NONE)
        return source->pruned_records > 0;
    return source->pruned_max != TIME_NONE &&
           (select->since_us == TIME_NONE || source->pruned_max >= select->since_us) &&
           (select->until_us == TIME_NONE || source->pruned_min < select->until_us);
}

/* Without a range, what is stored is what is asked for; but that nothing matched may be because it was pruned, and who is
 * strict asks for everything there ever was. */
static bool note_pruned(const struct select *select, const struct cover_loss *loss, struct buf *lines)
{
    uint64_t records = 0;
    int64_t last = TIME_NONE;
    if (select->since_us == TIME_NONE && select->until_us == TIME_NONE && !loss->nothing_matched && !select->strict)
        return true;
    for (size_t i = 0; i < select->source_count; i++) {
        const struct store_source *source = &select->sources[i];
        if (!pruned_in_range(select, source))
            continue;
        records += source->pruned_records;
        last = source->pruned_max > last ? source->pruned_max : last;
    }
    if (records == 0)
        return true;
    char text[CLOCK_TEXT_MAX];
    buf_printf(lines, "%llu record%s of these sources", (unsigned long long)records, records == 1 ? "" : "s");
    if (last != TIME_NONE)
        buf_printf(lines, ", up to %s,", clock_print_local(last, text));
    buf_printf(lines, " %s pruned\n", records == 1 ? "was" : "were");
    return false;
}

/* Names the first few sources that lag, then how many more there are. */
static bool note_lags(const struct select *select, struct buf *lines)
{
    size_t lagging = 0;
    uint64_t bytes = 0;
    SCOPED(buf) names = BUF((size_t)COVER_NAMES_MAX * PATH_MAX * 8);
    for (size_t i = 0; i < select->source_count; i++) {
        struct cover_lag lag = cover_lag(&select->sources[i].state);
        if (lag.bytes == 0)
            continue;
        bytes += lag.bytes;
        if (lagging++ < COVER_NAMES_MAX) {
            buf_add_text(&names, names.size ? ", " : "");
            add_name(&names, select->sources[i].state.name);
        }
    }
    if (lagging == 0)
        return true;
    buf_printf(lines, "%llu byte%s not stored yet, of ", (unsigned long long)bytes, bytes == 1 ? " is" : "s are");
    buf_add_str(lines, buf_str(&names));
    if (lagging > COVER_NAMES_MAX)
        buf_printf(lines, " and %zu more", lagging - COVER_NAMES_MAX);
    buf_add_text(lines, "; run 'winnow ingest' on them\n");
    return false;
}

/* Of the partitions that chosen sources come from: what they have not brought yet may belong to these. */
static bool note_messages(const struct select *select, struct buf *lines)
{
    uint64_t messages = 0;
    for (size_t i = 0; i < select->behind_count; i++)
        messages += select->behind[i].size;
    if (select->behind_count == 0)
        return true;
    buf_printf(lines, "%llu message%s not stored yet, of ", (unsigned long long)messages,
               messages == 1 ? " is" : "s are");
    for (size_t i = 0; i < select->behind_count && i < COVER_NAMES_MAX; i++) {
        buf_add_text(lines, i > 0 ? ", " : "");
        add_name(lines, select->behind[i].name);
    }
    if (select->behind_count > COVER_NAMES_MAX)
        buf_printf(lines, " and %zu more", select->behind_count - COVER_NAMES_MAX);
    buf_add_text(lines, "; 'winnow run' reads on\n");
    return false;
}

/* A name may have had many files; they are told as one. */
static bool note_gaps(const struct select *select, struct buf *lines)
{
    struct map by_name = {0};
    for (size_t i = 0; i < select->source_count; i++) {
        const struct store_source *source = &select->sources[i];
        if (source->gaps > 0)
            map_at(&by_name, source->state.name, NULL)->value += source->gaps;
    }
    for (size_t i = 0; i < by_name.count; i++) {
        uint64_t gaps = by_name.entries[i].value;
        buf_printf(lines, "%llu gap%s in ", (unsigned long long)gaps, gaps == 1 ? "" : "s");
        add_name(lines, by_name.entries[i].key);
        buf_add_text(lines, ": lines may be missing there; the view gap tells where and why\n");
    }
    bool complete = by_name.count == 0;
    map_release(&by_name);
    return complete;
}

/* "3 records were", then the rest of the line. */
static void note_count(struct buf *lines, uint64_t count, const char *one, const char *many, const char *rest)
{
    if (count > 0)
        buf_printf(lines, "%llu %s%s\n", (unsigned long long)count, count == 1 ? one : many, rest);
}

/* "2 damaged blocks of the store were skipped (blocks 7, 12)"; the first few by their ids, where these are known. */
static void note_blocks(const struct cover_loss *loss, struct buf *lines)
{
    uint64_t named = 0;
    buf_printf(lines, "%llu damaged block%s of the store %s skipped", (unsigned long long)loss->blocks_damaged,
               loss->blocks_damaged == 1 ? "" : "s", loss->blocks_damaged == 1 ? "was" : "were");
    for (uint64_t i = 0; i < loss->blocks_damaged && i < SCAN_DAMAGED_MAX; i++) {
        if (loss->damaged[i] <= 0)
            continue;
        buf_printf(lines, "%s%lld",
                   named                       ? ", "
                   : loss->blocks_damaged == 1 ? " (block "
                                               : " (blocks ",
                   (long long)loss->damaged[i]);
        named++;
    }
    if (named > 0)
        buf_printf(lines, "%s)", named < loss->blocks_damaged ? " and others" : "");
    buf_add_text(lines, "; 'winnow verify' names what is damaged\n");
}

static void note_damage(const struct cover_loss *loss, struct buf *lines)
{
    if (loss->blocks_damaged > 0)
        note_blocks(loss, lines);
    if (loss->records_unreadable == 0)
        return;
    buf_printf(lines, "%llu record%s could not be read: ", (unsigned long long)loss->records_unreadable,
               loss->records_unreadable == 1 ? "" : "s");
    safe_add(lines, str_of(loss->unreadable.text), SAFE_TABLE, SIZE_MAX);
    buf_add_char(lines, '\n');
}

enum cover cover_loss_notes(const struct select *select, const struct cover_loss *loss, struct buf *ret_lines)
{
    uint64_t hard = select_limit_hits(select) - loss->limit_hits;
    note_damage(loss, ret_lines);
    note_count(ret_lines, loss->blocks_gone, "block was", "blocks were", " pruned while this answer was made");
    note_count(ret_lines, hard, "line was too hard for the regex and counts",
               "lines were too hard for the regex and count", " as not matching");
    note_count(ret_lines, loss->records_without_time, "record without any time was", "records without any time were",
               " left out, because a time range was asked");
    note_count(ret_lines, loss->records_untimed, "matching record has no time and is",
               "matching records have no time and are", " in no row");
    if (loss->blocks_damaged > 0 || loss->records_unreadable > 0 || hard > 0)
        return COVER_BROKEN;
    return loss->blocks_gone > 0 ? COVER_SHORT : COVER_WHOLE;
}

enum cover cover_notes(const struct select *select, const struct cover_loss *loss, struct buf *ret_lines)
{
    bool whole = true;
    for (size_t i = 0; i < select->missing_count; i++) {
        whole = false;
        buf_add_text(ret_lines, "no stored source is named '");
        add_name(ret_lines, str_of(select->missing[i]));
        buf_add_text(ret_lines, "'; 'winnow status' lists them\n");
    }
    if (select->source_count > 0 || select->missing_count == 0)
        whole &= note_range(select, ret_lines);
    whole &= note_pruned(select, loss, ret_lines);
    whole &= note_lags(select, ret_lines);
    whole &= note_messages(select, ret_lines);
    whole &= note_gaps(select, ret_lines);
    enum cover cover = cover_loss_notes(select, loss, ret_lines);
    return cover == COVER_WHOLE && !whole ? COVER_SHORT : cover;
}

bool cover_any(struct store *store, int64_t since_us, int64_t until_us, bool *ret, struct err *err)
{
    struct scan_ask ask = {.since_us = since_us, .until_us = until_us, .textless = true};
    SCOPED_FREE(scan) *scan = scan_new(store, &ask, err);
    struct scan_record found;
    int more = scan ? scan_next(scan, &found, err) : -1;
    *ret = more > 0;
    return more >= 0;
}
