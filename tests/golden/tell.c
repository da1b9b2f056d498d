/* Puts into a store what only a broker could bring about otherwise, for the cases of what is told of it.
 *
 *     tell STORE output NAME [KEY=VALUE...]                      target state error position delivered missed active, and seconds
 *                                                                before now: error_age caught_up_age updated_age
 *     tell STORE source NAME CURSOR BEHIND                       a source of Kafka that has stored nothing yet
 *     tell STORE record NAME CURSOR OFFSET LINE                  of an agent's source: the line at the offset, a hot row */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/scope.h"
#include "store/store.h"

static void check(bool ok, const struct err *err)
{
    if (ok)
        return;
    fprintf(stderr, "tell: %s\n", err->text);
    exit(2);
}

static uint64_t number_of(const char *text)
{
    return strtoull(text, NULL, 10);
}

static void set_key(struct store_output *output, struct str key, const char *value)
{
    const struct {
        struct str key;
        struct str *text;
        uint64_t *number;
        int64_t *age;
    } keys[] = {
        {STR("target"), &output->target, NULL, NULL},
        {STR("state"), &output->state, NULL, NULL},
        {STR("error"), &output->error, NULL, NULL},
        {STR("position"), NULL, &output->position, NULL},
        {STR("delivered"), NULL, &output->delivered, NULL},
        {STR("missed"), NULL, &output->missed, NULL},
        {STR("error_age"), NULL, NULL, &output->error_us},
        {STR("caught_up_age"), NULL, NULL, &output->caught_up_us},
        {STR("updated_age"), NULL, NULL, &output->updated_us},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (!str_equal(key, keys[i].key))
            continue;
        if (keys[i].text != NULL)
            *keys[i].text = str_of(value);
        else if (keys[i].number != NULL)
            *keys[i].number = number_of(value);
        else
            *keys[i].age = clock_now_us() - (int64_t)number_of(value) * TIME_SECOND;
        return;
    }
    if (!str_equal(key, STR("active"))) {
        fprintf(stderr, "tell: unknown key in '%s'\n", key.data);
        exit(2);
    }
    output->active = number_of(value) != 0;
}

static void tell_output(struct store *store, int count, char **words)
{
    struct err err = {0};
    struct store_output output = {
        .name = str_of(words[0]),
        .kind = STR("kafka"),
        .target = STR("localhost:9092 logs"),
        .state = STR("delivering"),
        .error_us = TIME_NONE,
        .caught_up_us = TIME_NONE,
        .updated_us = TIME_NONE,
        .active = true,
    };
    for (int i = 1; i < count; i++) {
        struct str rest = str_of(words[i]), key = str_cut(&rest, '=');
        set_key(&output, key, rest.data);
    }
    check(store_output_set(store, &output, &err), &err);
}

/* The source of that cursor, or a new one. */
static struct source_state state_of(struct store *store, struct arena *arena, const char *name, const char *cursor)
{
    struct store_source *sources;
    size_t count;
    struct err err = {0};
    check(store_sources(store, arena, &sources, &count, &err), &err);
    for (size_t i = 0; i < count; i++)
        if (sources[i].state.cursor.data != NULL && str_equal(sources[i].state.cursor, str_of(cursor)))
            return sources[i].state;
    return (struct source_state){
        .id = count > 0 ? sources[count - 1].state.id + 1 : 1,
        .name = str_of(name),
        .kind = SOURCE_KAFKA,
        .cursor = str_of(cursor),
        .modified_us = TIME_NONE,
        .read_us = TIME_NONE,
    };
}

static void put_line(struct batch *batch, struct source_state *state, uint64_t offset, const char *line)
{
    batch_run_begin(batch, state->id, offset, clock_now_us());
    batch_add(batch, str_of(line), 0);
    struct record *rec = &batch->records[0];
    rec->time_us = clock_now_us();
    rec->format = FORMAT_TEXT;
    state->position = offset + strlen(line) + 1;
}

int main(int count, char **words)
{
    struct err err = {0};
    if (count < 4) {
        fputs("usage: see tests/golden/tell.c\n", stderr);
        return 2;
    }
    SCOPED_FREE(store) *store = store_open(words[1], STORE_WRITE, &err);
    check(store != NULL, &err);
    if (strcmp(words[2], "output") == 0) {
        tell_output(store, count - 3, words + 3);
        return 0;
    }
    SCOPED(arena) arena = {0};
    struct batch *batch = batch_new();
    struct source_state state = state_of(store, &arena, words[3], count > 4 ? words[4] : "");
    if (strcmp(words[2], "source") == 0 && count == 6) {
        state.size = number_of(words[5]);
        state.read_us = clock_now_us() - 90 * TIME_SECOND;
    } else if (strcmp(words[2], "record") == 0 && count == 7) {
        put_line(batch, &state, number_of(words[5]), words[6]);
    }
    batch_set_source(batch, &state);
    batch->hot = true;
    check(store_commit(store, batch, &err), &err);
    batch_free(batch);
    return 0;
}
