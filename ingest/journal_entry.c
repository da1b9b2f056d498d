#include "ingest/journal_entry.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/must.h"

enum {
    CAPACITY_MIN = 64,
    NAME_BYTES_MAX = 64,           /* as journald has it */
    ARENA_BYTES_KEPT_MAX = 1 << 20 /* one huge entry does not keep its memory */
};

void journal_entry_release(struct journal_entry *entry)
{
    free(entry->fields);
    arena_release(&entry->arena);
    *entry = (struct journal_entry){0};
}

void journal_entry_reset(struct journal_entry *entry)
{
    if (entry->arena.used_bytes > ARENA_BYTES_KEPT_MAX)
        arena_release(&entry->arena);
    else
        arena_reset(&entry->arena);
    entry->cursor = NULL;
    entry->realtime_us = entry->monotonic_us = 0;
    entry->boot[0] = '\0';
    entry->count = entry->bytes = 0;
    entry->cut = false;
}

/* ---- Fields ------------------------------------------------------------------------------------------------------------ */

/* The first of its name, for those that are no repetition themselves. */
static struct journal_field *find(const struct journal_entry *entry, struct str name)
{
    for (size_t i = 0; i < entry->count; i++)
        if (!entry->fields[i].repeated && str_equal(entry->fields[i].name, name))
            return &entry->fields[i];
    return NULL;
}

const struct journal_field *journal_entry_find(const struct journal_entry *entry, struct str name)
{
    return find(entry, name);
}

bool journal_entry_has(const struct journal_entry *entry, struct str name, struct str value)
{
    const struct journal_field *field = find(entry, name);
    while (field != NULL && !str_equal(field->value, value))
        field = journal_entry_next(entry, field);
    return field != NULL;
}

static bool is_name(struct str data, size_t size)
{
    return size != STR_NONE && size > 0 && size <= NAME_BYTES_MAX && utf8_valid(str_slice(data, 0, size));
}

void journal_entry_add(struct journal_entry *entry, struct str data)
{
    size_t size = str_find_char(data, '=');
    if (!is_name(data, size) || entry->count == JOURNAL_FIELDS_MAX) {
        entry->cut = true;
        return;
    }
    struct str value = str_slice(data, size + 1, data.size);
    if (value.size > JOURNAL_FIELD_BYTES_MAX || value.size > JOURNAL_ENTRY_BYTES_MAX - entry->bytes) {
        entry->cut = true;
        value = STR_ABSENT;
    }
    if (entry->count == entry->capacity) {
        entry->capacity = entry->capacity ? 2 * entry->capacity : CAPACITY_MIN;
        entry->fields = mem_resize_array(entry->fields, entry->capacity, sizeof *entry->fields);
    }
    struct str name = arena_str(&entry->arena, str_slice(data, 0, size));
    struct journal_field *first = find(entry, name);
    entry->fields[entry->count] = (struct journal_field){
        .name = name,
        .value = arena_str(&entry->arena, value),
        .repeated = first != NULL,
    };
    if (first != NULL) {
        while (first->next != 0)
            first = &entry->fields[first->next];
        first->next = (uint32_t)entry->count;
    }
    entry->count++;
    entry->bytes += value.size;
}

/* ---- The line ---------------------------------------------------------------------------------------------------------- */

static void add_bytes(struct buf *line, struct str value)
{
    buf_add_char(line, '[');
    for (size_t i = 0; i < value.size; i++) {
        if (i > 0)
            buf_add_char(line, ',');
        buf_add_u64(line, (unsigned char)value.data[i]);
    }
    buf_add_char(line, ']');
}

static void add_value(struct buf *line, struct str value)
{
    if (value.data == NULL) {
        buf_add_text(line, "null");
    } else if (!utf8_valid(value)) {
        add_bytes(line, value);
    } else {
        buf_add_char(line, '"');
        buf_add_json(line, value);
        buf_add_char(line, '"');
    }
}

static void add_message_text(struct str message, struct buf *line)
{
    if (message.data == NULL || message.size > JOURNAL_TEXT_BYTES_MAX || utf8_valid(message))
        return;
    buf_add_text(line, ",\"__MESSAGE_TEXT\":\"");
    buf_add_json(line, message);
    buf_add_char(line, '"');
}

static void add_field(const struct journal_entry *entry, const struct journal_field *field, struct buf *line)
{
    buf_add_text(line, ",\"");
    buf_add_json(line, field->name);
    buf_add_text(line, field->next ? "\":[" : "\":");
    add_value(line, field->value);
    if (field->next == 0)
        return;
    while ((field = journal_entry_next(entry, field)) != NULL) {
        buf_add_char(line, ',');
        add_value(line, field->value);
    }
    buf_add_char(line, ']');
}

void journal_entry_line(const struct journal_entry *entry, struct buf *line)
{
    must(line->size_max == JOURNAL_LINE_BYTES_MAX && line->size == 0);
    buf_add_text(line, "{\"__CURSOR\":\"");
    buf_add_json(line, str_of(entry->cursor));
    buf_printf(line, "\",\"__REALTIME_TIMESTAMP\":\"%" PRIu64 "\",\"__MONOTONIC_TIMESTAMP\":\"%" PRIu64 "\"",
               entry->realtime_us, entry->monotonic_us);
    buf_printf(line, ",\"_BOOT_ID\":\"%s\"", entry->boot);
    for (size_t i = 0; i < entry->count; i++) {
        const struct journal_field *field = &entry->fields[i];
        bool boot =
            field->next == 0 && str_equal(field->name, STR("_BOOT_ID")) && str_equal(field->value, str_of(entry->boot));
        if (!field->repeated && !boot)
            add_field(entry, field, line);
        if (!field->repeated && str_equal(field->name, STR("MESSAGE")))
            add_message_text(field->value, line);
    }
    buf_add_char(line, '}');
    must(!line->full);
}
