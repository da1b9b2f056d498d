#include "tests/kafka/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

/* ---- Texts to compare: a line of JSON, or SOURCE NUL OFFSET NUL RAW ------------------------------------------------------- */

static struct bytes decode_base64(const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *to = bytes_room(strlen(text));
    uint32_t bits = 0, held = 0;
    size_t size = 0;
    for (const char *at = text; *at != '\0' && *at != '='; at++) {
        const char *digit = strchr(digits, *at);
        bits = bits << 6 | (uint32_t)(digit != NULL ? digit - digits : 0);
        held += 6;
        if (held >= 8) {
            held -= 8;
            to[size++] = (char)(bits >> held & 0xff);
        }
    }
    return (struct bytes){to, size};
}

static struct bytes text_of(const char *text)
{
    return bytes_copy(text, strlen(text));
}

/* The raw line in a record's JSON. A raw text with a NUL in it is measured by yajl's own length, which is lost in its tree: such
 * records are compared up to it, on both sides. */
static struct bytes raw_of(yajl_val tree)
{
    yajl_val raw = yajl_tree_get(tree, (const char *[]){"raw", NULL}, yajl_t_string);
    yajl_val base64 = yajl_tree_get(tree, (const char *[]){"raw_base64", NULL}, yajl_t_string);
    if (raw != NULL)
        return text_of(raw->u.string);
    return base64 != NULL ? decode_base64(base64->u.string) : (struct bytes){0};
}

static yajl_val parse(struct bytes line)
{
    char error[256];
    yajl_val tree = yajl_tree_parse(line.data, error, sizeof error);
    if (tree == NULL)
        fprintf(stderr, "kafka_check: no JSON: %.200s\n", line.data);
    return tree;
}

static struct bytes place_text(struct bytes source, const char *offset, struct bytes raw)
{
    size_t offset_size = strlen(offset), size = source.size + offset_size + raw.size + 2;
    char *text = bytes_room(size);
    memcpy(text, source.data, source.size);
    memcpy(text + source.size + 1, offset, offset_size);
    if (raw.size > 0)
        memcpy(text + source.size + offset_size + 2, raw.data, raw.size);
    return (struct bytes){text, size};
}

static struct bytes place_of_line(struct bytes line)
{
    struct bytes text = line;
    yajl_val tree = parse(line);
    if (tree == NULL)
        return text;
    yajl_val source = yajl_tree_get(tree, (const char *[]){"source", NULL}, yajl_t_string);
    yajl_val offset = yajl_tree_get(tree, (const char *[]){"offset", NULL}, yajl_t_number);
    if (source != NULL && offset != NULL)
        text = place_text(text_of(source->u.string), offset->u.number.r, raw_of(tree));
    yajl_tree_free(tree);
    return text;
}

/* Of the pieces list[0..count), in order. */
static struct bytes place_of_pieces(const struct message *list, size_t count, bool is_raw)
{
    struct bytes raw = {"", 0};
    char offset[24];
    for (size_t i = 0; i < count; i++) {
        struct bytes piece = list[i].value;
        yajl_val tree = is_raw ? NULL : parse(piece);
        if (tree != NULL)
            piece = raw_of(tree);
        char *both = bytes_room(raw.size + piece.size);
        memcpy(both, raw.data, raw.size);
        if (piece.size > 0)
            memcpy(both + raw.size, piece.data, piece.size);
        raw = (struct bytes){both, raw.size + piece.size};
        yajl_tree_free(tree);
    }
    if (is_raw) /* as raw_of() has it */
        raw.size = strlen(raw.data);
    snprintf(offset, sizeof offset, "%llu", (unsigned long long)list[0].offset);
    return place_text(list[0].source, offset, raw);
}

/* ---- The judgement -------------------------------------------------------------------------------------------------------- */

static int compare_bytes(struct bytes a, struct bytes b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size == 0 ? 0 : memcmp(a.data, b.data, size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_texts(const void *a, const void *b)
{
    return compare_bytes(*(const struct bytes *)a, *(const struct bytes *)b);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_identity(const struct message *a, const struct message *b)
{
    int order = compare_bytes(a->agent, b->agent);
    order = order != 0 ? order : compare_numbers(a->sequence, b->sequence);
    order = order != 0 ? order : compare_numbers(a->cut, b->cut);
    order = order != 0 ? order : compare_numbers(a->parts, b->parts);
    return order != 0 ? order : compare_numbers(a->part, b->part);
}

static int compare_messages(const void *a, const void *b)
{
    int order = compare_identity(a, b);
    return order != 0 ? order
                      : compare_numbers(((const struct message *)a)->arrival, ((const struct message *)b)->arrival);
}

static int compare_place(const struct message *a, const struct message *b)
{
    int order = compare_bytes(a->agent, b->agent);
    order = order != 0 ? order : compare_bytes(a->file, b->file);
    return order != 0 ? order : compare_numbers(a->offset, b->offset);
}

static int compare_places(const void *a, const void *b)
{
    int order = compare_place(a, b);
    return order != 0 ? order : compare_messages(a, b);
}

static void tell_message(int *left, const char *what, const struct message *message)
{
    if ((*left)-- > 0)
        fprintf(stderr, "%s: %s sequence %llu partition %d, %s at %llu: %.150s\n", what, message->agent.data,
                (unsigned long long)message->sequence, message->partition, message->source.data,
                (unsigned long long)message->offset, message->value.data == NULL ? "" : message->value.data);
}

static void tell_text(int *left, const char *what, struct bytes text)
{
    if ((*left)-- > 0)
        fprintf(stderr, "%s: %.200s\n", what, text.data);
}

struct highest {
    struct bytes agent, file; /* file without data: of all of them */
    int32_t partition;
    const struct message *message;
};

struct highests {
    struct highest *list;
    size_t count;
};

/* True when it is behind the highest so far of its agent (and file) in its partition, which it becomes else. */
static bool is_behind(struct highests *highests, const struct message *message, struct bytes file)
{
    struct highest *highest = highests->list;
    size_t at = 0;
    while (at < highests->count &&
           (highest[at].partition != message->partition || compare_bytes(highest[at].file, file) != 0 ||
            compare_bytes(highest[at].agent, message->agent) != 0))
        at++;
    if (at == highests->count) {
        highest = realloc(highest, (at + 1) * sizeof *highest);
        if (highest == NULL)
            fail("no memory");
        highest[at] = (struct highest){message->agent, file, message->partition, message};
        *highests = (struct highests){highest, at + 1};
        return false;
    }
    if (compare_identity(message, highest[at].message) < 0)
        return true;
    highest[at].message = message;
    return false;
}

static bool is_pending(const struct message *message)
{
    return message->flags.size > 0 && strstr(message->flags.data, "pending") != NULL;
}

/* What is pending waits for more, and may come behind what other files had meanwhile; few agents, files and partitions. */
static void mark_behind(struct messages *messages)
{
    struct highests agents = {0}, files = {0};
    for (size_t i = 0; i < messages->count; i++) {
        struct message *message = &messages->list[i];
        message->behind = is_behind(&files, message, message->file);
        if (!is_pending(message))
            message->behind = is_behind(&agents, message, (struct bytes){0}) || message->behind;
    }
    free(agents.list);
    free(files.list);
}

/* Leaves one of each identity. */
static void drop_repeated(struct messages *messages, struct verdict *verdict, int *tell)
{
    size_t kept = 0;
    mark_behind(messages);
    if (messages->count > 0)
        qsort(messages->list, messages->count, sizeof *messages->list, compare_messages);
    for (size_t i = 0; i < messages->count; i++) {
        struct message *message = &messages->list[i];
        const struct message *first = kept > 0 ? &messages->list[kept - 1] : NULL;
        if (first == NULL || compare_identity(first, message) != 0) {
            if (message->behind) {
                verdict->disordered++;
                tell_message(tell, "disordered", message);
            }
            messages->list[kept++] = *message;
            continue;
        }
        verdict->repeated++;
        if (compare_bytes(first->value, message->value) != 0 || compare_bytes(first->key, message->key) != 0 ||
            first->partition != message->partition) {
            verdict->differ++;
            tell_message(tell, "differs", first);
            tell_message(tell, "   from", message);
        }
    }
    messages->count = kept;
}

/* Leaves the last sequence of each place, with all its pieces. */
static void drop_superseded(struct messages *messages, struct verdict *verdict, int *tell)
{
    size_t kept = 0;
    if (messages->count > 0)
        qsort(messages->list, messages->count, sizeof *messages->list, compare_places);
    for (size_t i = 0; i < messages->count; i++) {
        struct message *message = &messages->list[i];
        const struct message *next = i + 1 < messages->count ? message + 1 : NULL;
        size_t ahead = i + 1;
        while (next != NULL && compare_place(message, next) == 0 && next->sequence == message->sequence)
            next = ++ahead < messages->count ? &messages->list[ahead] : NULL;
        if (next == NULL || compare_place(message, next) != 0) {
            messages->list[kept++] = *message;
        } else if (is_pending(message)) {
            verdict->pending++;
        } else {
            verdict->doubled++;
            tell_message(tell, "doubled", message);
        }
    }
    messages->count = kept;
}

/* How many pieces of the same cut list[0] begins; *ret_complete when it is all of them. */
static size_t cut_size(const struct message *list, size_t count, bool *ret_complete)
{
    size_t size = 0;
    *ret_complete = true;
    while (size < count && list[size].parts == list[0].parts && list[size].cut == list[0].cut) {
        *ret_complete = *ret_complete && list[size].part == size + 1 && list[size].partition == list[0].partition;
        size++;
    }
    *ret_complete = *ret_complete && size == list[0].parts;
    return size;
}

/* One record, list[0..count): whole, or in pieces; when the topic takes less than before, it was perhaps begun in larger ones. */
static bool collect_record(const struct message *list, size_t count, bool is_raw, struct texts *whole,
                           struct texts *places)
{
    bool found = false, complete;
    for (size_t at = 0, size; at < count; at += size) {
        size = cut_size(list + at, count - at, &complete);
        if (!complete || found)
            continue;
        found = true;
        if (!list[at].cut && !is_raw)
            texts_add(whole, list[at].value);
        else
            texts_add(places, place_of_pieces(list + at, size, is_raw));
    }
    return found;
}

/* Whole messages into `whole`, what was put together of pieces into `places`. */
static void collect(const struct messages *messages, bool is_raw, struct texts *whole, struct texts *places,
                    struct verdict *verdict, int *tell)
{
    for (size_t i = 0, count; i < messages->count; i += count) {
        const struct message *message = &messages->list[i];
        count = 1;
        while (i + count < messages->count && messages->list[i + count].sequence == message->sequence &&
               compare_place(message, &messages->list[i + count]) == 0)
            count++;
        verdict->records++;
        if (!collect_record(message, count, is_raw, whole, places)) {
            verdict->malformed++;
            tell_message(tell, "pieces are missing", message);
        }
    }
}

/* Takes out of both what is in both; a second one of what is expected once is doubled. */
static void match(struct texts *expected, struct texts *found, struct verdict *verdict, int *tell)
{
    size_t at = 0, left = 0, kept = 0;
    struct bytes last = {0};
    if (expected->count > 0)
        qsort(expected->list, expected->count, sizeof *expected->list, compare_texts);
    if (found->count > 0)
        qsort(found->list, found->count, sizeof *found->list, compare_texts);
    for (size_t i = 0; i < found->count; i++) {
        while (at < expected->count && compare_bytes(expected->list[at], found->list[i]) < 0)
            expected->list[left++] = expected->list[at++];
        if (at < expected->count && compare_bytes(expected->list[at], found->list[i]) == 0) {
            last = expected->list[at++];
        } else if (last.data != NULL && compare_bytes(last, found->list[i]) == 0) {
            verdict->doubled++;
            tell_text(tell, "doubled", found->list[i]);
        } else {
            found->list[kept++] = found->list[i];
        }
    }
    while (at < expected->count)
        expected->list[left++] = expected->list[at++];
    expected->count = left;
    found->count = kept;
}

/* A line's pattern is learned and merged as others come: it is what it was when it was asked for. */
static struct bytes without_pattern(struct bytes line)
{
    static const char name[] = "\"pattern\":\"";
    const char *at = line.data == NULL ? NULL : strstr(line.data, name), *end = NULL;
    if (at != NULL)
        end = strstr(at + sizeof name - 1, "\",");
    if (end == NULL)
        return line;
    struct bytes copy = bytes_copy(line.data, line.size);
    char *to = (char *)(uintptr_t)copy.data + (at - line.data);
    memmove(to, end + 2, line.size - (size_t)(end + 2 - line.data) + 1);
    copy.size -= (size_t)(end + 2 - at);
    return copy;
}

static void drop_patterns(struct messages *messages, struct texts *expected)
{
    for (size_t i = 0; i < messages->count; i++)
        messages->list[i].value = without_pattern(messages->list[i].value);
    for (size_t i = 0; i < expected->count; i++)
        expected->list[i] = without_pattern(expected->list[i]);
}

struct verdict judge(struct messages *messages, struct texts *expected, bool is_raw, int tell)
{
    struct verdict verdict = {.messages = messages->count};
    struct texts whole = {0}, places = {0};
    if (!is_raw)
        drop_patterns(messages, expected);
    drop_repeated(messages, &verdict, &tell);
    drop_superseded(messages, &verdict, &tell);
    collect(messages, is_raw, &whole, &places, &verdict, &tell);
    if (!is_raw)
        match(expected, &whole, &verdict, &tell);
    if (is_raw || places.count > 0) {
        for (size_t i = 0; i < expected->count; i++)
            expected->list[i] = place_of_line(expected->list[i]);
        match(expected, &places, &verdict, &tell);
    }
    verdict.lost = expected->count;
    verdict.foreign = whole.count + places.count;
    for (size_t i = 0; i < expected->count; i++)
        tell_text(&tell, "lost", expected->list[i]);
    for (size_t i = 0; i < whole.count; i++)
        tell_text(&tell, "foreign", whole.list[i]);
    for (size_t i = 0; i < places.count; i++)
        tell_text(&tell, "foreign", places.list[i]);
    return verdict;
}

bool verdict_is_good(const struct verdict *verdict)
{
    return verdict->lost + verdict->doubled + verdict->disordered + verdict->foreign + verdict->differ +
               verdict->malformed ==
           0;
}
