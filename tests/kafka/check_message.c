#include "tests/kafka/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("kafka_check: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(2);
}

/* All that is read is needed until the end. */
static struct kept {
    struct kept *next;
    char data[];
} * kept;

char *bytes_room(size_t size)
{
    struct kept *block = calloc(1, sizeof *block + size + 1);
    if (block == NULL)
        fail("no memory");
    block->next = kept;
    kept = block;
    return block->data;
}

struct bytes bytes_copy(const void *data, size_t size)
{
    if (data == NULL)
        return (struct bytes){0};
    char *copy = bytes_room(size);
    memcpy(copy, data, size);
    return (struct bytes){copy, size};
}

void texts_add(struct texts *texts, struct bytes text)
{
    if (texts->count == texts->capacity) {
        texts->capacity = texts->capacity * 2 + 1024;
        texts->list = realloc(texts->list, texts->capacity * sizeof *texts->list);
        if (texts->list == NULL)
            fail("no memory");
    }
    texts->list[texts->count++] = text;
}

void messages_add(struct messages *messages, const struct message *message)
{
    if (messages->count == messages->capacity) {
        messages->capacity = messages->capacity * 2 + 1024;
        messages->list = realloc(messages->list, messages->capacity * sizeof *messages->list);
        if (messages->list == NULL)
            fail("no memory");
    }
    messages->list[messages->count] = *message;
    messages->list[messages->count].arrival = messages->count;
    messages->count++;
}

/* ---- Headers ------------------------------------------------------------------------------------------------------------- */

static const struct bytes *header_of(const struct header *headers, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(headers[i].name, name) == 0)
            return &headers[i].value;
    return NULL;
}

static bool read_number(const struct bytes *text, uint64_t *ret)
{
    if (text == NULL || text->size == 0 || text->size > 19 || (text->size > 1 && text->data[0] == '0'))
        return false;
    *ret = 0;
    for (size_t i = 0; i < text->size; i++) {
        if (text->data[i] < '0' || text->data[i] > '9')
            return false;
        *ret = *ret * 10 + (uint64_t)(text->data[i] - '0');
    }
    return true;
}

/* STOREID/OUTPUT */
static bool is_agent(const struct bytes *text)
{
    if (text == NULL || text->size < 34 || text->data[32] != '/')
        return false;
    return strspn(text->data, "0123456789abcdef") == 32;
}

/* Nothing, or some of the words with commas in between. */
static bool is_list(const struct bytes *text, const char *const words[])
{
    if (text->size == 0)
        return true;
    const char *at = text->data;
    for (;;) {
        size_t size = strcspn(at, ",");
        bool known = false;
        for (size_t i = 0; words[i] != NULL; i++)
            known = known || (strlen(words[i]) == size && memcmp(words[i], at, size) == 0);
        if (!known)
            return false;
        if (at[size] == '\0')
            return at + size == text->data + text->size;
        at += size + 1;
    }
}

static bool read_part(const struct bytes *text, struct message *message)
{
    char *end;
    message->part = message->parts = 1;
    message->cut = text != NULL;
    if (text == NULL)
        return true;
    message->part = (uint32_t)strtoul(text->data, &end, 10);
    if (*end != '/')
        return false;
    message->parts = (uint32_t)strtoul(end + 1, &end, 10);
    return *end == '\0' && message->part > 0 && message->part <= message->parts;
}

/* The value of NAME=VALUE among the words of winnow-agent, copied; NULL: there is none. */
static const struct bytes *word_of(const struct bytes *agent, const char *name, struct bytes *room)
{
    size_t size = strlen(name);
    for (const char *at = strchr(agent->data, ' '); at != NULL; at = strchr(at + 1, ' ')) {
        if (strncmp(at + 1, name, size) != 0 || at[1 + size] != '=')
            continue;
        const char *value = at + size + 2;
        *room = bytes_copy(value, strcspn(value, " "));
        return room;
    }
    return NULL;
}

bool message_read(struct message *message, const struct header *headers, size_t count)
{
    static const char *const kinds[] = {"auth_failure", "auth_success", "rate_limit", "denial", "error", NULL};
    static const char *const flags[] = {"no-newline", "piece", "time-borrowed", "pending", NULL};
    const struct bytes *source = header_of(headers, count, "winnow-source");
    const struct bytes *agent = header_of(headers, count, "winnow-agent");
    const struct bytes *kind = header_of(headers, count, "winnow-kind");
    if (!is_agent(agent))
        return false;
    struct bytes rooms[5];
    const struct bytes *file = word_of(agent, "file", &rooms[0]);
    const struct bytes *host = word_of(agent, "host", &rooms[1]);
    const struct bytes *flag = word_of(agent, "flags", &rooms[2]);
    const struct bytes *time = word_of(agent, "time", &rooms[3]);
    if (source == NULL || source->size == 0 || file == NULL || file->size == 0 || host == NULL || kind == NULL)
        return false;
    message->source = *source;
    message->file = *file;
    message->flags = flag != NULL ? *flag : (struct bytes){"", 0};
    if (!is_list(kind, kinds) || !is_list(&message->flags, flags))
        return false;
    message->agent = bytes_copy(agent->data, strcspn(agent->data, " "));
    if (time != NULL && (time->size == 0 || strspn(time->data, "-0123456789") != time->size))
        return false;
    return read_number(header_of(headers, count, "winnow-offset"), &message->offset) &&
           read_number(header_of(headers, count, "winnow-sequence"), &message->sequence) && message->sequence > 0 &&
           read_part(word_of(agent, "part", &rooms[4]), message);
}
