#include "ingest/follow.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "analyze/analyze.h"
#include "base/log.h"
#include "base/must.h"
#include "ingest/content.h"
#include "ingest/follow_part.h"
#include "ingest/service.h"

enum {
    ROUND_BYTES = 8 << 20, /* of one feed */
    DESCRIPTORS_MAX = 4096,
    DESCRIPTORS_SPARE = 64, /* for everything else the process opens */
    LOOK_PAUSE_US = 20000,  /* between two looks that names call for */
    LOOK_SHARE = 10,        /* looks take at most a tenth of the time */
    LOOK_SLICE_US = 50000,  /* then it is the tails' turn */
    WAIT_LOOK_US = 250000,  /* while a file is held */
    RETRY_US = 1000000,     /* of a file that could not be read */
    POOR_LOOK_US = 1000000, /* without inotify */
    AWAY_POLL_US = 250000,
    AWAY_POLL_SLOW_US = 2000000,
    AWAY_CROWDED_US = 2000000, /* of silence that is enough where descriptors are short */
};

static size_t descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return DESCRIPTORS_SPARE;
    if (limit.rlim_cur < limit.rlim_max && limit.rlim_cur < DESCRIPTORS_MAX + DESCRIPTORS_SPARE) {
        struct rlimit more = limit;
        more.rlim_cur =
            limit.rlim_max < DESCRIPTORS_MAX + DESCRIPTORS_SPARE ? limit.rlim_max : DESCRIPTORS_MAX + DESCRIPTORS_SPARE;
        if (setrlimit(RLIMIT_NOFILE, &more) == 0)
            limit = more;
    }
    if (limit.rlim_cur > DESCRIPTORS_MAX + DESCRIPTORS_SPARE)
        return DESCRIPTORS_MAX;
    return limit.rlim_cur > 2 * DESCRIPTORS_SPARE ? (size_t)limit.rlim_cur - DESCRIPTORS_SPARE
                                                  : (size_t)limit.rlim_cur / 2;
}

struct follow *follow_new(const struct config *config, struct catalog *catalog, const char *store_path,
                          follow_holds *holds, void *context)
{
    struct follow *follow = mem_alloc(sizeof *follow);
    follow->config = config;
    follow->catalog = catalog;
    follow->store_path = store_path;
    follow->holds = holds;
    follow->context = context;
    follow->look_due = true;
    follow->descriptors_max = descriptor_limit();
    watch_open(&follow->watch);
    if (follow->watch.poor)
        LOG_EVENT(LEVEL_WARNING, "no inotify: files are looked at once a second");
    return follow;
}

static void free_rules(struct follow_rule *rule)
{
    while (rule != NULL) {
        struct follow_rule *next = rule->next;
        re_free(rule->rules.re);
        free(rule->pattern);
        free(rule);
        rule = next;
    }
}

void follow_free(struct follow *follow)
{
    if (follow == NULL)
        return;
    for (size_t i = 0; i < follow->tail_count; i++)
        tail_free(follow->tails[i]);
    follow_look_stop(follow);
    free_rules(follow->rules);
    free(follow->errands);
    free(follow->tails);
    free(follow->held);
    free(follow->notes);
    map_release(&follow->by_path);
    map_release(&follow->by_file);
    map_release(&follow->held_by_file);
    watch_release(&follow->watch);
    free(follow);
}

void follow_configure(struct follow *follow, const struct config *config)
{
    follow->config = config;
    follow->look_due = follow->reconfigured = true;
    follow->looked_us = 0;
    follow_look_stop(follow);
    for (size_t i = 0; i < follow->tail_count; i++)
        follow_set_defaults(follow, follow->tails[i]->entry, follow->tails[i]->path);
}

static void index_tail(struct follow *follow, size_t index)
{
    const struct tail *tail = follow->tails[index];
    uint64_t file[2] = {tail->device, tail->inode};
    map_at(&follow->by_file, str_from((const char *)file, sizeof file), NULL)->value = index + 1;
    if (tail->role == TAIL_HERE)
        map_at(&follow->by_path, str_of(tail->path), NULL)->value = index + 1;
}

void follow_index(struct follow *follow)
{
    map_reset(&follow->by_path);
    map_reset(&follow->by_file);
    for (size_t i = 0; i < follow->tail_count; i++)
        if (!follow->tails[i]->over)
            index_tail(follow, i);
}

struct tail *follow_tail_of(const struct follow *follow, uint64_t device, uint64_t inode)
{
    uint64_t file[2] = {device, inode};
    const struct map_entry *at = map_find(&follow->by_file, str_from((const char *)file, sizeof file));
    return at != NULL && at->value != 0 && !follow->tails[at->value - 1]->over ? follow->tails[at->value - 1] : NULL;
}

void follow_spare(struct follow *follow, struct tail *tail)
{
    if (follow->open <= follow->descriptors_max || tail->role != TAIL_HERE || tail->source == NULL ||
        tail->source->gzip != NULL)
        return;
    tail_sleep(tail);
    follow->open--;
}

struct tail *follow_add(struct follow *follow, struct tail *tail)
{
    if (follow->tail_count == follow->tail_capacity) {
        follow->tail_capacity = follow->tail_capacity ? 2 * follow->tail_capacity : 64;
        follow->tails = mem_resize_array(follow->tails, follow->tail_capacity, sizeof(struct tail *));
    }
    follow->tails[follow->tail_count++] = tail;
    follow->open += tail->source != NULL;
    index_tail(follow, follow->tail_count - 1);
    return tail;
}

/* ---- What happened --------------------------------------------------------------------------------------------------------- */

static void take_events(struct follow *follow)
{
    struct watch_event event;
    watch_begin(&follow->watch);
    while (watch_next(&follow->watch, &event)) {
        if (event.what != WATCH_WRITTEN)
            follow->look_due = true;
        if (event.what == WATCH_LOST)
            for (size_t i = 0; i < follow->tail_count; i++)
                follow->tails[i]->dirty = true;
        if (event.what != WATCH_WRITTEN)
            continue;
        const struct map_entry *at = map_find(&follow->by_path, str_of(event.path));
        if (at != NULL && at->value != 0)
            follow->tails[at->value - 1]->dirty = true;
    }
}

static int64_t look_at_us(const struct follow *follow)
{
    if (!follow->started)
        return 0;
    int64_t pause = follow->watch.poor ? POOR_LOOK_US : follow->config->rescan_us;
    if (follow->waiting && WAIT_LOOK_US < pause)
        pause = WAIT_LOOK_US;
    if (follow->look_due && LOOK_PAUSE_US < pause)
        pause = LOOK_PAUSE_US;
    if (pause < LOOK_SHARE * follow->look_took_us)
        pause = LOOK_SHARE * follow->look_took_us;
    return follow->looked_us + pause;
}

static void begin_look(struct follow *follow, int64_t now_us)
{
    int64_t sweep = follow->watch.poor ? POOR_LOOK_US : follow->config->rescan_us;
    bool all = now_us >= follow->swept_us + sweep; /* the slow rescan misses nothing */
    if (all)
        follow->swept_us = now_us;
    for (size_t i = 0; all && i < follow->tail_count; i++)
        if (follow->tails[i]->source != NULL)
            follow->tails[i]->dirty = true;
    follow->look_took_us = 0;
    follow_look_begin(follow, now_us);
}

/* Looks for a while, so far as a look is due. What was adopted is read and committed before something that may take long: a file
 * that is deleted meanwhile is not lost when this process is, too. False when no more batches are given. */
static bool look(struct follow *follow, struct frame *frame, int64_t now_us)
{
    int64_t at_us = service_now_us(), end_us = at_us + LOOK_SLICE_US;
    if (follow_has_errand(follow) && !frame_flush(frame))
        return false;
    while (follow_has_errand(follow) && service_now_us() < end_us)
        follow_run_errand(follow, now_us);
    if (follow->stage == LOOK_NONE && now_us >= look_at_us(follow))
        begin_look(follow, now_us);
    if (follow->stage == LOOK_NONE)
        return true;
    while (!follow_has_errand(follow) && service_now_us() < end_us && follow_look_on(follow, now_us))
        ;
    follow->looked_us = service_now_us();
    follow->look_took_us += follow->looked_us - at_us;
    return true;
}

static int64_t tail_due_us(const struct tail *tail)
{
    int64_t due = tail->dirty ? 0 : tail_waits(tail) ? tail->changed_us + TAIL_QUIET_US : INT64_MAX;
    if (tail->role == TAIL_AWAY && tail->poll_us < due)
        due = tail->poll_us;
    return tail->failed && due < tail->retry_us ? tail->retry_us : due;
}

/* ---- A tail's turn ----------------------------------------------------------------------------------------------------------- */

/* Its file holds something else now: the source ends, and another begins in the same file. */
static void restart(struct follow *follow, struct tail *tail, int64_t now_us)
{
    struct catalog_entry *before = tail->entry;
    before->claimed = false;
    if (tail->role == TAIL_REMAINS) {
        tail->over = true;
        before->state.replaced = true;
        follow_note_gap(follow, before, GAP_VANISHED, content_length(&before->state), 0);
        return;
    }
    struct catalog_entry *entry = catalog_new(follow->catalog, str_of(tail->path), SOURCE_FILE);
    entry->claimed = true;
    entry->state.rotations = before->state.rotations;
    entry->state.truncations = before->state.truncations + 1;
    follow_set_defaults(follow, entry, tail->path);
    catalog_set_file(follow->catalog, entry, tail->device, tail->inode);
    tail_restart(tail, entry, now_us);
    follow_note_state(follow, entry);
    follow_lose(follow, before, tail->device, tail->inode, GAP_TRUNCATED, now_us);
}

/* Nothing more will come of it. */
static void finish(struct follow *follow, struct tail *tail)
{
    tail->over = true;
    tail->entry->claimed = false;
    tail->entry->state.replaced = true;
    follow_note_state(follow, tail->entry);
}

static void note_idle(struct follow *follow, struct tail *tail, int64_t now_us)
{
    int64_t silent_us = now_us - tail->changed_us;
    if (tail->role == TAIL_REMAINS)
        finish(follow, tail);
    if (tail->role == TAIL_HERE && tail->source != NULL && tail->source->gzip != NULL)
        tail_sleep(tail);
    if (tail->role != TAIL_AWAY)
        return;
    tail->poll_us = now_us + (silent_us < FOLLOW_DELETED_US ? AWAY_POLL_US : AWAY_POLL_SLOW_US);
    bool deleted = tail_links(tail) == 0;
    if (!tail_waits(tail) && silent_us > (deleted ? FOLLOW_DELETED_US : FOLLOW_AWAY_US))
        finish(follow, tail);
}

static void note_failure(struct tail *tail, int64_t now_us, const struct err *err)
{
    tail->dirty = true;
    tail->retry_us = now_us + RETRY_US;
    if (!tail->failed)
        LOG_EVENT(LEVEL_ERROR, "cannot be read", log_text("file", tail->path), log_text("why", err->text));
    tail->failed = true;
}

/* False when no more batches are given. */
static bool take_turn(struct follow *follow, struct tail *tail, struct frame *frame, int64_t now_us)
{
    struct err err;
    switch (tail_feed(tail, frame, now_us, &err)) {
    case TAIL_IDLE:
        tail->failed = false;
        note_idle(follow, tail, now_us);
        break;
    case TAIL_MORE:
        break;
    case TAIL_CHANGED:
        restart(follow, tail, now_us);
        break;
    case TAIL_GONE:
        tail->over = true;
        tail->entry->claimed = false;
        follow_lose(follow, tail->entry, 0, 0, GAP_VANISHED, now_us);
        follow->look_due = true;
        break;
    case TAIL_FAILED:
        note_failure(tail, now_us, &err);
        break;
    case TAIL_OVER:
        return false;
    }
    return true;
}

static void sweep(struct follow *follow)
{
    size_t kept = 0;
    follow->open = 0;
    for (size_t i = 0; i < follow->tail_count; i++) {
        struct tail *tail = follow->tails[i];
        if (tail->over) {
            tail_free(tail);
            continue;
        }
        follow->open += tail->source != NULL;
        follow->tails[kept++] = tail;
    }
    if (kept == follow->tail_count)
        return;
    follow->tail_count = kept;
    follow_index(follow);
}

static int by_silence(const void *a, const void *b)
{
    int64_t x = (*(struct tail *const *)a)->changed_us, y = (*(struct tail *const *)b)->changed_us;
    return (x > y) - (x < y);
}

/* Those silent for longest give their descriptors back, some more than needed, so that this is seldom. */
static void spare_descriptors(struct follow *follow)
{
    size_t count = 0;
    if (follow->open < follow->descriptors_max)
        return;
    struct tail **tails = mem_resize_array(NULL, follow->tail_count, sizeof(struct tail *));
    for (size_t i = 0; i < follow->tail_count; i++) {
        struct tail *tail = follow->tails[i];
        if (tail->role == TAIL_HERE && tail->source != NULL && tail->source->gzip == NULL && !tail->dirty)
            tails[count++] = tail;
    }
    qsort(tails, count, sizeof(struct tail *), by_silence);
    size_t surplus = follow->open - follow->descriptors_max + follow->descriptors_max / 8;
    for (size_t i = 0; i < count && i < surplus; i++) {
        tail_sleep(tails[i]);
        follow->open--;
    }
    free(tails);
}

/* Still too many: renamed and deleted files that have been silent for a while are let go early. */
static void spare_away(struct follow *follow, int64_t now_us)
{
    for (size_t i = 0; i < follow->tail_count && follow->open > follow->descriptors_max; i++) {
        struct tail *tail = follow->tails[i];
        if (tail->role != TAIL_AWAY || tail->over || !tail_is_read(tail) || tail_waits(tail) ||
            now_us - tail->changed_us < AWAY_CROWDED_US)
            continue;
        finish(follow, tail);
        follow->open--;
    }
}

/* ---- The feeder -------------------------------------------------------------------------------------------------------------- */

static int descriptor(void *self)
{
    const struct follow *follow = self;
    return follow->watch.fd;
}

static int64_t due_us(void *self)
{
    const struct follow *follow = self;
    bool busy = follow->note_count > 0 || follow->stage != LOOK_NONE || follow_has_errand(follow);
    int64_t due = busy ? 0 : look_at_us(follow);
    for (size_t i = 0; i < follow->tail_count && due > 0; i++) {
        int64_t tail_due = tail_due_us(follow->tails[i]);
        due = tail_due < due ? tail_due : due;
    }
    return due;
}

static enum feed feed(void *self, struct frame *frame, int64_t now_us)
{
    struct follow *follow = self;
    take_events(follow);
    if (!look(follow, frame, now_us))
        return FEED_OVER;
    uint64_t taken = 0;
    size_t count = follow->tail_count;
    for (size_t i = 0; i < count && taken < ROUND_BYTES; i++) {
        struct tail *tail = follow->tails[(follow->turn + i) % count];
        if (tail->over || tail_due_us(tail) > now_us)
            continue;
        uint64_t before = tail->entry->state.position;
        bool was_open = tail->source != NULL;
        if (!take_turn(follow, tail, frame, now_us))
            return FEED_OVER;
        follow->open += tail->source != NULL;
        follow->open -= was_open;
        follow_spare(follow, tail);
        uint64_t after = tail->entry->state.position;
        taken += after > before ? after - before : 0;
        if (taken >= ROUND_BYTES)
            follow->turn = (follow->turn + i + 1) % count;
    }
    spare_descriptors(follow);
    spare_away(follow, now_us);
    if (!follow_write_notes(follow, frame))
        return FEED_OVER;
    sweep(follow);
    return due_us(follow) <= now_us ? FEED_MORE : FEED_IDLE;
}

static void release(void *self)
{
    follow_free(self);
}

const struct feeder_ops follow_ops = {descriptor, due_us, feed, release};

void follow_summary(const struct follow *follow, uint64_t *ret_files, uint64_t *ret_unread)
{
    *ret_files = *ret_unread = 0;
    for (size_t i = 0; i < follow->tail_count; i++) {
        const struct tail *tail = follow->tails[i];
        uint64_t end = content_length(&tail->entry->state);
        *ret_files += tail->role == TAIL_HERE;
        *ret_unread +=
            tail->size_seen > end && (tail->source == NULL || tail->source->gzip == NULL) ? tail->size_seen - end : 0;
    }
}
