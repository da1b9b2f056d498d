#include "tests/fault/live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* ---- Writing ------------------------------------------------------------------------------------------------------------ */

static void put(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno != EINTR)
            fail("write");
        if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
}

static void touch(struct generation *generation, enum kind kind)
{
    generation->kinds |= 1U << kind;
}

void generation_begun(struct live *live, struct slot *slot, const char *path)
{
    slot->generation = books_begin(&live->books, path);
    slot->half = 0;
    live_log(live, "generation %x begins at %s", slot->generation->number, path);
}

static int create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        fail("%s", path);
    return fd;
}

/* The rest of a half-written line, or a whole one: one write, as programs do. */
void slot_line(struct live *live, struct slot *slot)
{
    static char whole[LINE_MAX_BYTES + 512];
    size_t size;
    const char *line = line_make(&live->books, slot->generation->number, slot->generation->lines, &size);
    memcpy(whole, line, size);
    whole[size++] = '\n';
    put(slot->fd, whole + slot->half, size - slot->half);
    slot->half = 0;
    slot->generation->lines++;
}

static void finish_half(struct live *live, struct slot *slot)
{
    if (slot->half > 0)
        slot_line(live, slot);
}

static void begin_half(struct live *live, struct slot *slot)
{
    size_t size;
    const char *line = line_make(&live->books, slot->generation->number, slot->generation->lines, &size);
    slot->half = LINE_TAG_END;
    if (slot->half >= size)
        slot->half = size;
    else
        slot->half += random_below(&live->random, (uint32_t)(size - slot->half));
    put(slot->fd, line, slot->half);
}

/* The writer leaves the file for good: sometimes within its last line. */
static void close_end(struct live *live, struct slot *slot)
{
    if (slot->half > 0 || (!live->is_script && random_chance(&live->random, 10))) {
        size_t size;
        const char *line = line_make(&live->books, slot->generation->number, slot->generation->lines, &size);
        slot->generation->open_end = !live->is_script && random_chance(&live->random, 60);
        put(slot->fd, line + slot->half, size - slot->half);
        if (!slot->generation->open_end)
            put(slot->fd, "\n", 1);
        slot->half = 0;
        slot->generation->lines++;
    }
    close(slot->fd);
    slot->fd = -1;
}

static void reopen(struct live *live, struct slot *slot)
{
    const char *path = slot->form == SLOT_LINK ? slot->target : slot->path;
    if (slot->fd >= 0)
        close_end(live, slot);
    slot->linger = 0;
    slot->fd = create(path);
    generation_begun(live, slot, slot->path);
}

void slot_write(struct live *live, struct slot *slot)
{
    if (slot->linger > 0 && --slot->linger == 0) {
        reopen(live, slot);
        return;
    }
    uint32_t lines = random_chance(&live->random, 5) ? 200 : 1 + random_below(&live->random, 8);
    while (lines-- > 0)
        slot_line(live, slot);
    if (random_chance(&live->random, 15))
        begin_half(live, slot);
}

/* ---- Rotated files ------------------------------------------------------------------------------------------------------- */

static char *chain_path(const struct slot *slot, size_t i)
{
    return text("%s.%zu%s", slot->path, i + 1, slot->chain[i].gzip ? ".gz" : "");
}

static void move(const char *from, const char *to)
{
    if (rename(from, to) != 0)
        fail("rename %s to %s", from, to);
}

/* What is old is deleted, once it was read; nothing is lost by that. */
static void chain_trim(struct live *live, struct slot *slot)
{
    while (slot->chain_count > CHAIN_KEPT) {
        struct generation *generation = slot->chain[slot->chain_count - 1].generation;
        if (generation == slot->generation || !store_holds(live, generation))
            return;
        char *path = chain_path(slot, slot->chain_count - 1);
        live_log(live, "trim %s (generation %x)", path, generation->number);
        if (unlink(path) != 0)
            fail("unlink %s", path);
        free(path);
        slot->chain_count--;
    }
}

static bool chain_shift(struct live *live, struct slot *slot)
{
    chain_trim(live, slot);
    if (slot->chain_count == CHAIN_MAX)
        return false;
    for (size_t i = slot->chain_count; i-- > 0;) {
        slot->chain[i + 1] = slot->chain[i];
        char *to = chain_path(slot, i + 1), *from = chain_path(slot, i);
        move(from, to);
        free(from);
        free(to);
        if (random_chance(&live->random, 10))
            live_disturb(live);
    }
    slot->chain_count++;
    slot->chain[0] = (struct rotated){slot->generation, false};
    return true;
}

/* Before its name is one that the pattern does not match: is anything of it stored? */
static void note_unseen(struct live *live, struct slot *slot)
{
    if (store_knows(live, slot->generation))
        return;
    touch(slot->generation, KIND_UNSEEN);
    live->operations[KIND_UNSEEN]++;
    live_log(live, "unseen: generation %x", slot->generation->number);
    if (live->forgives_unseen)
        generation_excuse(slot->generation, EXCUSE_VANISHED, 0);
}

static bool rename_away(struct live *live, struct slot *slot)
{
    if (!chain_shift(live, slot))
        return false;
    char *to = chain_path(slot, 0);
    touch(slot->generation, KIND_RENAME);
    live_log(live, "rename %s to .1", slot->path);
    note_unseen(live, slot);
    move(slot->path, to);
    free(to);
    live_disturb(live);
    if (random_chance(&live->random, 50))
        slot->linger = 1 + random_below(&live->random, 6);
    else
        reopen(live, slot);
    return true;
}

static void copy(struct live *live, const char *from, const char *to)
{
    char data[16384];
    int input = open(from, O_RDONLY | O_CLOEXEC), output = create(to);
    ssize_t got;
    if (input < 0)
        fail("%s", from);
    while ((got = read(input, data, sizeof data)) > 0) {
        put(output, data, (size_t)got);
        if (random_chance(&live->random, 2))
            live_disturb(live);
    }
    close(input);
    close(output);
}

static bool copytruncate(struct live *live, struct slot *slot, bool write_between)
{
    finish_half(live, slot);
    if (!chain_shift(live, slot))
        return false;
    char *to = chain_path(slot, 0);
    live_log(live, "copytruncate %s", slot->path);
    touch(slot->generation, write_between ? KIND_COPYTRUNCATE_WRITE : KIND_COPYTRUNCATE);
    copy(live, slot->path, to);
    note_unseen(live, slot);
    free(to);
    uint32_t copied = slot->generation->lines;
    live_disturb(live);
    if (write_between) {
        for (uint32_t lines = 1 + random_below(&live->random, 4); lines > 0; lines--)
            slot_line(live, slot);
        if (random_chance(&live->random, 30))
            nap_us(random_below(&live->random, 30000));
        if (!store_holds(live, slot->generation))
            generation_excuse(slot->generation, EXCUSE_TRUNCATED, copied);
    }
    if (ftruncate(slot->fd, 0) != 0)
        fail("ftruncate");
    generation_begun(live, slot, slot->path);
    return true;
}

static bool gzip_one(struct live *live, struct slot *slot)
{
    size_t i = 0;
    while (i < slot->chain_count && (slot->chain[i].gzip || slot->chain[i].generation == slot->generation))
        i++;
    if (i == slot->chain_count)
        return false;
    char *from = chain_path(slot, i), data[8192];
    slot->chain[i].gzip = true;
    char *to = chain_path(slot, i);
    live_log(live, "gzip %s (generation %x)", from, slot->chain[i].generation->number);
    int input = open(from, O_RDONLY | O_CLOEXEC);
    gzFile output = gzopen(to, "wb1");
    if (input < 0 || output == NULL)
        fail("gzip %s", from);
    int got;
    while ((got = (int)read(input, data, sizeof data)) > 0) {
        if (gzwrite(output, data, (unsigned)got) != got)
            fail("gzip %s", from);
        if (random_chance(&live->random, 3))
            live_disturb(live);
    }
    close(input);
    if (gzclose(output) != Z_OK)
        fail("gzip %s", from);
    live_disturb(live);
    if (unlink(from) != 0)
        fail("unlink %s", from);
    touch(slot->chain[i].generation, KIND_GZIP);
    free(from);
    free(to);
    return true;
}

/* ---- What takes bytes away ------------------------------------------------------------------------------------------------- */

/* May the only copy of a generation's bytes go? If so, it is excused or noted as an orphan as it must be. */
static bool vanish(struct live *live, int fd, struct generation *generation, enum excuse excuse)
{
    if (store_holds(live, generation))
        return true;
    if (excuse == EXCUSE_VANISHED && follower_has_open(live, fd) && live->follower.orphan_count < ORPHAN_MAX) {
        live->follower.orphans[live->follower.orphan_count++] =
            (struct orphan){generation, random_chance(&live->random, 20)};
        live_log(live, "orphan: generation %x", generation->number);
        return true;
    }
    if (random_chance(&live->random, 60))
        return false;
    generation_excuse(generation, excuse, 0);
    return true;
}

static bool delete_recreate(struct live *live, struct slot *slot)
{
    struct stat before, after;
    finish_half(live, slot);
    if (slot->second != NULL || fstat(slot->fd, &before) != 0 ||
        !vanish(live, slot->fd, slot->generation, EXCUSE_VANISHED))
        return false;
    live_log(live, "delete %s (generation %x)", slot->path, slot->generation->number);
    touch(slot->generation, KIND_DELETE);
    if (unlink(slot->path) != 0)
        fail("unlink %s", slot->path);
    close(slot->fd);
    slot->fd = -1;
    live_disturb(live);
    reopen(live, slot);
    if (fstat(slot->fd, &after) == 0 && after.st_ino == before.st_ino)
        live->inodes_reused++;
    return true;
}

static bool truncate_rewrite(struct live *live, struct slot *slot)
{
    finish_half(live, slot);
    if (!vanish(live, slot->fd, slot->generation, EXCUSE_TRUNCATED))
        return false;
    live_log(live, "truncate %s (generation %x)", slot->path, slot->generation->number);
    touch(slot->generation, KIND_TRUNCATE);
    if (ftruncate(slot->fd, 0) != 0)
        fail("ftruncate");
    if (random_chance(&live->random, 50))
        live_disturb(live);
    generation_begun(live, slot, slot->path);
    return true;
}

/* ---- Other names ------------------------------------------------------------------------------------------------------------ */

static void new_target(struct live *live, struct slot *slot)
{
    free(slot->target);
    const char *name = strrchr(slot->path, '/') + 1;
    slot->target = text("%s/data/%s-%u.txt", live->scratch, name, slot->targets++);
}

static bool switch_link(struct live *live, struct slot *slot)
{
    char *fresh = text("%s.new", slot->path);
    finish_half(live, slot);
    /* A file no pattern ever leads to again, of which nothing is known: as if it were deleted. */
    if (slot->linger > 0 ||
        (!store_knows(live, slot->generation) && !vanish(live, slot->fd, slot->generation, EXCUSE_VANISHED))) {
        free(fresh);
        return false;
    }
    touch(slot->generation, KIND_SYMLINK);
    new_target(live, slot);
    note_unseen(live, slot);
    live_log(live, "switch %s to %s", slot->path, slot->target);
    close(create(slot->target));
    live_disturb(live);
    if (symlink(slot->target, fresh) != 0)
        fail("symlink %s", fresh);
    move(fresh, slot->path);
    free(fresh);
    live_disturb(live);
    if (random_chance(&live->random, 50))
        slot->linger = 1 + random_below(&live->random, 6);
    else
        reopen(live, slot);
    return true;
}

static bool hard_link(struct live *live, struct slot *slot)
{
    if (slot->second != NULL) {
        if (unlink(slot->second) != 0)
            fail("unlink %s", slot->second);
        free(slot->second);
        slot->second = NULL;
        return true;
    }
    slot->second = text("%s-second.log", slot->path);
    live_log(live, "link %s", slot->second);
    touch(slot->generation, KIND_HARD_LINK);
    if (link(slot->path, slot->second) != 0)
        fail("link %s", slot->second);
    return true;
}

static bool away_and_back(struct live *live, struct slot *slot)
{
    touch(slot->generation, KIND_AWAY);
    if (slot->away == NULL) {
        slot->away = text("%s/away/%s", live->scratch, strrchr(slot->path, '/') + 1);
        live_log(live, "%s goes away", slot->path);
        note_unseen(live, slot);
        move(slot->path, slot->away);
    } else {
        live_log(live, "%s comes back", slot->path);
        move(slot->away, slot->path);
        free(slot->away);
        slot->away = NULL;
    }
    return true;
}

static bool brief_begin(struct live *live)
{
    struct slot *brief = &live->brief;
    if (brief->path != NULL)
        return false;
    brief->path = text("%s/logs/brief-%u.log", live->scratch, live->brief_count++);
    brief->fd = create(brief->path);
    generation_begun(live, brief, brief->path);
    touch(brief->generation, KIND_BRIEF);
    for (uint32_t lines = 1 + random_below(&live->random, 20); lines > 0; lines--)
        slot_line(live, brief);
    live->brief_until_us = now_us() + random_below(&live->random, 1000000);
    return true;
}

void brief_tick(struct live *live)
{
    struct slot *brief = &live->brief;
    if (brief->path == NULL || now_us() < live->brief_until_us)
        return;
    if (!vanish(live, brief->fd, brief->generation, EXCUSE_VANISHED)) {
        live->brief_until_us = now_us() + 100000;
        return;
    }
    live_log(live, "vanish %s", brief->path);
    if (unlink(brief->path) != 0)
        fail("unlink %s", brief->path);
    close(brief->fd);
    free(brief->path);
    brief->path = NULL;
}

/* ---- All of them --------------------------------------------------------------------------------------------------------------- */

static bool operate(struct live *live, struct slot *slot, enum kind kind)
{
    switch (kind) {
    case KIND_RENAME:
        return rename_away(live, slot);
    case KIND_COPYTRUNCATE:
    case KIND_COPYTRUNCATE_WRITE:
        return copytruncate(live, slot, kind == KIND_COPYTRUNCATE_WRITE);
    case KIND_DELETE:
        return delete_recreate(live, slot);
    case KIND_TRUNCATE:
        return truncate_rewrite(live, slot);
    case KIND_GZIP:
        return gzip_one(live, slot);
    case KIND_HARD_LINK:
        return hard_link(live, slot);
    case KIND_AWAY:
        return away_and_back(live, slot);
    default:
        return false;
    }
}

bool slot_operate(struct live *live, struct slot *slot, enum kind kind)
{
    bool done;
    if (live->without & 1U << kind)
        return false;
    if (kind == KIND_BRIEF) {
        done = brief_begin(live);
    } else if (kind == KIND_SYMLINK || slot->form == SLOT_LINK) {
        done = kind == KIND_SYMLINK && slot->form == SLOT_LINK && switch_link(live, slot);
    } else {
        if (slot->away != NULL && kind != KIND_AWAY)
            return false;
        if (slot->linger > 0 && kind != KIND_GZIP)
            return false;
        if (slot->second != NULL && kind != KIND_HARD_LINK)
            return false;
        done = operate(live, slot, kind);
    }
    live->operations[kind] += done;
    return done;
}

void slots_make(struct live *live)
{
    live->slots = calloc(live->files, sizeof live->slots[0]);
    if (live->slots == NULL)
        fail("no memory");
    for (uint32_t i = 0; i < live->files; i++) {
        struct slot *slot = &live->slots[i];
        slot->form = i % 4 == 3 ? SLOT_LINK : SLOT_FILE;
        slot->path = text("%s/%s/app%u.log", live->scratch, i % 4 == 2 ? "all" : "logs", i);
        slot->fd = -1;
        if (slot->form == SLOT_LINK) {
            new_target(live, slot);
            if (symlink(slot->target, slot->path) != 0)
                fail("symlink %s", slot->path);
        }
        reopen(live, slot);
    }
}

void slots_finish(struct live *live)
{
    for (uint32_t i = 0; i < live->files; i++) {
        struct slot *slot = &live->slots[i];
        if (slot->away != NULL)
            slot_operate(live, slot, KIND_AWAY);
        if (slot->linger > 0)
            reopen(live, slot);
        slot_line(live, slot);
        close_end(live, slot);
    }
}
