/* Finding files: patterns become inputs, inputs become tails. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "analyze/analyze.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/must.h"
#include "ingest/content.h"
#include "ingest/follow_part.h"
#include "ingest/identity.h"
#include "ingest/sniff.h"

/* ---- Folders to watch ------------------------------------------------------------------------------------------------------ */

static void watch_real(struct follow *follow, const char *folder)
{
    char real[PATH_MAX];
    if (realpath(folder, real) != NULL)
        watch_folder(&follow->watch, real);
}

static bool is_pattern(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

/* Cuts the last part off; false at the root. */
static bool to_parent(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL || path[1] == '\0')
        return false;
    slash[slash == path] = '\0';
    return true;
}

/* Every folder in which a name may come that makes a new match: those the pattern's parents name, up to the first that is no
 * pattern, or that exists. */
static void watch_parents(struct follow *follow, const char *pattern)
{
    char path[PATH_MAX];
    struct stat info;
    if (stat(pattern, &info) == 0 && S_ISDIR(info.st_mode))
        watch_real(follow, pattern);
    if (strlen(pattern) >= sizeof path)
        return;
    memcpy(path, pattern, strlen(pattern) + 1);
    while (to_parent(path)) {
        if (!is_pattern(path)) {
            watch_real(follow, path);
            if (stat(path, &info) == 0)
                return;
            continue;
        }
        glob_t found = {0};
        if (glob(path, GLOB_ONLYDIR, NULL, &found) == 0)
            for (size_t i = 0; i < found.gl_pathc; i++)
                watch_real(follow, found.gl_pathv[i]);
        globfree(&found);
    }
}

void follow_watch_folder_of(struct follow *follow, const char *real_path)
{
    char path[PATH_MAX];
    size_t size = strlen(real_path);
    if (size >= sizeof path)
        return;
    memcpy(path, real_path, size + 1);
    if (to_parent(path))
        watch_folder(&follow->watch, path);
}

const struct config_source *follow_wants(const struct follow *follow, const char *path)
{
    for (size_t i = 0; i < follow->config->source_count; i++) {
        const struct config_source *source = &follow->config->sources[i];
        for (size_t j = 0; source->kind == CONFIG_FILE && j < source->globs.count; j++) {
            const char *glob = source->globs.items[j];
            size_t size = strlen(glob);
            if (fnmatch(glob, path, FNM_PATHNAME | FNM_PERIOD) == 0 ||
                (strncmp(glob, path, size) == 0 && path[size] == '/'))
                return source;
        }
    }
    return NULL;
}

/* The pattern compiles: the configuration was checked. */
static const struct join_rules *rules_of(struct follow *follow, const struct config_source *config)
{
    static const struct join_rules off = {JOIN_OFF, NULL};
    if (config->join == CONFIG_JOIN_AUTO)
        return &join_rules_auto;
    if (config->join == CONFIG_JOIN_OFF)
        return &off;
    enum join_mode mode = config->join == CONFIG_JOIN_START ? JOIN_START : JOIN_CONTINUE;
    for (const struct follow_rule *rule = follow->rules; rule != NULL; rule = rule->next)
        if (rule->rules.mode == mode && strcmp(rule->pattern, config->join_pattern) == 0)
            return &rule->rules;
    struct err err;
    struct follow_rule *rule = mem_alloc(sizeof *rule);
    rule->rules = (struct join_rules){mode, re_new(str_of(config->join_pattern), false, &err)};
    rule->pattern = strdup(config->join_pattern);
    rule->next = follow->rules;
    must(rule->rules.re != NULL && rule->pattern != NULL);
    follow->rules = rule;
    return &rule->rules;
}

void follow_set_defaults(struct follow *follow, struct catalog_entry *entry, const char *path)
{
    const struct config_source *config = follow_wants(follow, path);
    if (config != NULL)
        entry->rules = rules_of(follow, config);
    struct source_defaults defaults = config != NULL ? config_defaults(config) : entry->state.defaults;
    if (catalog_set_defaults(follow->catalog, entry, &defaults))
        follow_note_state(follow, entry);
}

/* ---- Looking ------------------------------------------------------------------------------------------------------------------- */

static void report(void *context, const struct err *err)
{
    (void)context;
    if (err->kind != ERR_MISSING)
        LOG_EVENT(LEVEL_ERROR, "cannot be looked through", log_text("why", err->text));
}

static void expand_patterns(struct follow *follow, struct expand *expand)
{
    expand_init(expand, report, NULL);
    expand_ignore_store(expand, follow->store_path);
    for (size_t i = 0; i < follow->config->source_count; i++) {
        const struct config_source *source = &follow->config->sources[i];
        for (size_t j = 0; source->kind == CONFIG_FILE && j < source->globs.count; j++) {
            size_t before = expand->count;
            expand_operand(expand, source->globs.items[j]);
            watch_parents(follow, source->globs.items[j]);
            if (expand->count == before && (!follow->started || follow->reconfigured))
                LOG_EVENT(LEVEL_NOTICE, "nothing has a name like this yet",
                          log_text("pattern", source->globs.items[j]));
        }
    }
}

/* The tail's file was found under this path. */
static void meet(struct tail *tail, const struct input *input)
{
    if (tail->size_seen != input->size)
        tail->dirty = true;
    if (tail->role == TAIL_REMAINS || (tail->role == TAIL_HERE && strcmp(tail->path, input->path) == 0))
        return;
    char *real = realpath(input->path, NULL);
    if (real == NULL)
        return;
    free(tail->path);
    tail->path = real;
    tail->role = TAIL_HERE;
}

/* No pattern shows the tail's file any more. */
static void miss(struct follow *follow, struct tail *tail, int64_t now_us)
{
    struct stat info;
    bool here = stat(tail->path, &info) == 0 && info.st_dev == tail->device && info.st_ino == tail->inode;
    if (here && follow_wants(follow, tail->path) != NULL)
        return; /* shown under another path, or the folder could not be read just now */
    if (tail->source == NULL || (here && follow->reconfigured)) {
        tail->over = true;
        tail->entry->claimed = false;
        if (here)
            LOG_EVENT(LEVEL_INFO, "no longer configured", log_text("file", tail->path));
        else
            follow_lose(follow, tail->entry, 0, 0, GAP_VANISHED, now_us);
        return;
    }
    LOG_EVENT(LEVEL_INFO, "renamed or deleted", log_text("file", tail->path),
              log_number("position", (int64_t)tail->entry->state.position));
    tail->role = TAIL_AWAY;
    tail->dirty = true;
    tail->changed_us = now_us;
}

/* Files that are followed already, under whichever path they are shown. */
static void meet_all(struct follow *follow, const struct expand *expand)
{
    int64_t real_us = clock_now_us();
    for (size_t i = 0; i < follow->tail_count; i++)
        follow->tails[i]->met = false;
    for (size_t i = 0; i < expand->count; i++) {
        struct tail *tail = follow_tail_of(follow, expand->inputs[i].device, expand->inputs[i].inode);
        if (tail == NULL)
            continue;
        tail->met = true;
        tail->entry->seen_us = real_us;
        meet(tail, &expand->inputs[i]);
    }
}

void follow_look_begin(struct follow *follow, int64_t now_us)
{
    must(follow->stage == LOOK_NONE);
    follow->look_due = follow->waiting = follow->refreshed = false;
    expand_patterns(follow, &follow->expand);
    follow_index(follow);
    meet_all(follow, &follow->expand);
    for (size_t i = 0, before = follow->tail_count; i < before; i++) {
        struct tail *tail = follow->tails[i];
        if (!tail->met && tail->role == TAIL_HERE && !tail->over)
            miss(follow, tail, now_us);
    }
    for (size_t i = 0; i < follow->held_count; i++)
        follow->held[i].seen = false;
    follow->stage = LOOK_KNOWN;
    follow->look_next = 0;
}

/* Decides on the next file that is not followed yet. False when there is none. */
static bool consider_next(struct follow *follow, int64_t now_us)
{
    while (follow->look_next < follow->expand.count) {
        const struct input *input = &follow->expand.inputs[follow->look_next++];
        if (input->kind != INPUT_FILE || follow_tail_of(follow, input->device, input->inode) != NULL ||
            (follow->stage == LOOK_KNOWN && !catalog_has_file(follow->catalog, input->device, input->inode)))
            continue;
        follow_consider(follow, input, now_us);
        return true;
    }
    return false;
}

void follow_look_stop(struct follow *follow)
{
    if (follow->stage != LOOK_NONE)
        expand_release(&follow->expand);
    follow->stage = LOOK_NONE;
}

/* Those whose places are known come first, so far as they hold what was read there: then it is certain which sources have lost
 * theirs. The others follow in the order of their names, so that a file is known when its copy is met. */
bool follow_look_on(struct follow *follow, int64_t now_us)
{
    bool any = follow->stage == LOOK_ABSENT ? follow_lose_absent(follow, &follow->look_next, now_us)
                                            : consider_next(follow, now_us);
    if (any)
        return true;
    follow->look_next = 0;
    if (follow->stage == LOOK_ABSENT) {
        follow_look_stop(follow);
        follow->started = true;
        follow->reconfigured = false;
        follow_index(follow);
        return false;
    }
    if (follow->stage++ == LOOK_OTHERS)
        follow_forget_held(follow);
    return true;
}
