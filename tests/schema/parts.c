/* parts: each line of standard input as the JSON of its parts, so many bytes of it in each.
 *
 *     schema_parts BYTES <LINES */
#include <stdio.h>
#include <stdlib.h>

#include "analyze/analyze.h"
#include "base/scope.h"

enum { PART_JSON_MAX = 1 << 28 };

static const struct source_state source = {.id = 1, .name = STR("standard input"), .modified_us = 1795219200000000};

/* At most so many bytes, and whole characters where there are any. */
static size_t piece_size(struct str rest, size_t size_max)
{
    size_t size = size_max < rest.size ? size_max : rest.size;
    while (size > 1 && size < rest.size && ((unsigned char)rest.data[size] & 0xc0) == 0x80)
        size--;
    return size;
}

static void print_parts(struct event *event, size_t size_max)
{
    struct str raw = event->record.raw;
    size_t count = 0, at = 0;
    for (size_t i = 0; i < raw.size; i += piece_size(str_slice(raw, i, raw.size), size_max))
        count++;
    while (raw.size > 0) {
        SCOPED(buf) json = BUF(PART_JSON_MAX);
        char part[64];
        size_t size = piece_size(raw, size_max);
        snprintf(part, sizeof part, "%zu/%zu", ++at, count);
        event_json_part(&json, event, NULL, str_slice(raw, 0, size), part);
        printf("%.*s\n", STR_ARG(buf_str(&json)));
        raw = str_slice(raw, size, raw.size);
    }
}

int main(int argc, char **argv)
{
    struct err err = {0};
    SCOPED(arena) arena = {0};
    SCOPED_FREE(field_table) *table = field_table_new(STR_ABSENT, NULL, &err);
    long size_max = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (!table || size_max < 4)
        return 2;
    SCOPED_FREE(analyzer) *analyzer = analyzer_new(table);
    char *line = NULL;
    size_t capacity = 0;
    for (ssize_t size; (size = getline(&line, &capacity, stdin)) > 0; arena_reset(&arena)) {
        struct record rec = {.raw = {line, (size_t)size - (line[size - 1] == '\n')}, .time_us = TIME_NONE};
        struct event event = {.analyzer = analyzer, .arena = &arena};
        event_set_source(&event, &source);
        event.record = rec;
        analyzer_record(analyzer, &rec, source.modified_us, &arena);
        event.record.time_us = rec.time_us;
        event.record.level = rec.level;
        event.record.kinds = rec.kinds;
        event.record.format = rec.format;
        event.record.flags = rec.flags;
        print_parts(&event, (size_t)size_max);
    }
    free(line);
    return 0;
}
