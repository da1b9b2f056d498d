#include "tests/fault/live.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- Small things ------------------------------------------------------------------------------------------------------- */

void fail(const char *format, ...)
{
    va_list arguments;
    int number = errno;
    va_start(arguments, format);
    fputs("live: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (%s)\n", strerror(number));
    exit(2);
}

char *text(const char *format, ...)
{
    char *result;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&result, format, arguments) < 0)
        fail("no memory");
    va_end(arguments);
    return result;
}

int64_t now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

void nap_us(int64_t us)
{
    struct timespec time = {us / 1000000, us % 1000000 * 1000};
    while (nanosleep(&time, &time) != 0 && errno == EINTR) {
    }
}

uint64_t random_next(struct random *random) /* splitmix64 */
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

uint32_t random_below(struct random *random, uint32_t limit)
{
    return (uint32_t)(random_next(random) % limit);
}

bool random_chance(struct random *random, uint32_t percent)
{
    return random_below(random, 100) < percent;
}

/* ---- Lines --------------------------------------------------------------------------------------------------------------- */

static char line[LINE_MAX_BYTES + 512];

static size_t size_of_fill(struct random *random)
{
    uint32_t form = random_below(random, 1000);
    if (form < 2)
        return 60000 + random_below(random, 140000);
    if (form < 30)
        return 2000 + random_below(random, 9000);
    if (form < 100)
        return random_below(random, 4);
    return 20 + random_below(random, 200);
}

/* Words, some of them long numbers. No '@', so that a tag is a tag. */
static size_t fill(struct random *random, char *to, size_t size, bool odd_bytes)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789 = ,:/-_";
    for (size_t i = 0; i < size; i++) {
        uint64_t bits = random_next(random);
        for (int k = 0; k < 8 && i < size; k++, i++, bits >>= 8)
            to[i] = letters[(bits & 0xff) % (sizeof letters - 1)];
        i--;
    }
    if (odd_bytes && size > 8)
        memcpy(to + 3, "\xff\x00\xe9\x1b", 4);
    return size;
}

void line_tag(uint32_t generation, uint32_t number, char ret[32])
{
    snprintf(ret, 32, "@L%x.%x@", generation, number);
}

/* A time that goes on with the line, some milliseconds each, from where the generation stands. */
static void line_time(uint32_t generation, uint32_t number, char *ret, size_t size, char point)
{
    uint64_t ms = (uint64_t)generation * 977 + (uint64_t)number * 3;
    uint32_t second = (uint32_t)(ms / 1000);
    snprintf(ret, size, "2026-11-%02u%c%02u:%02u:%02u%c%03u", 1 + second / 86400 % 28, point == ',' ? ' ' : 'T',
             second / 3600 % 24, second / 60 % 60, second % 60, point, (uint32_t)(ms % 1000));
}

const char *line_make(const struct books *books, uint32_t generation, uint32_t number, size_t *ret_size)
{
    struct random random = {books->seed * 0x2545f4914f6cdd1dU ^ (uint64_t)generation << 32 ^ number};
    static const char *const levels[] = {"info", "debug", "warning", "error"};
    char tag[32], time[80];
    line_tag(generation, number, tag);
    random_next(&random);
    uint32_t form = random_below(&random, 100), variant = random_below(&random, 1000);
    size_t fill_size = size_of_fill(&random), size;
    bool odd_bytes = form >= 50 && random_chance(&random, 2), carriage = random_chance(&random, 12);
    if (form < 50) {
        line_time(generation, number, time, sizeof time, '.');
        size =
            (size_t)snprintf(line, 512, "{\"ts\":\"%sZ\",\"level\":\"%s\",\"service\":\"s%u\",\"id\":\"%s\",\"msg\":\"",
                             time, levels[variant % 4], variant % 7, tag);
        size += fill(&random, line + size, fill_size, false);
        size += (size_t)snprintf(line + size, 32, "\",\"n\":%u}", variant);
    } else {
        line_time(generation, number, time, sizeof time, ',');
        if (form < 82)
            size = (size_t)snprintf(line, 512, "%s %s [worker-%u] %s ", time, variant % 9 ? "INFO" : "ERROR",
                                    variant % 5, tag);
        else if (form < 90)
            size = (size_t)snprintf(line, 512, "%s ", tag);
        else if (form < 97)
            size = (size_t)snprintf(line, 512, "%sat org.example.Part%u.run(%s) ", variant % 2 ? "\t" : "    ", variant,
                                    tag);
        else
            size = (size_t)snprintf(line, 512, "Traceback (most recent call last): %s ", tag);
        size += fill(&random, line + size, fill_size, odd_bytes);
    }
    if (carriage)
        line[size++] = '\r';
    *ret_size = size;
    return line;
}

bool line_find(const char *data, size_t size, uint32_t *ret_generation, uint32_t *ret_number)
{
    const char *at = memmem(data, size, "@L", 2);
    char tag[32], *rest;
    if (at == NULL)
        return false;
    size_t left = size - (size_t)(at - data);
    size_t copied = left < sizeof tag - 1 ? left : sizeof tag - 1;
    memcpy(tag, at, copied);
    tag[copied] = '\0';
    *ret_generation = (uint32_t)strtoul(tag + 2, &rest, 16);
    if (*rest != '.')
        return false;
    *ret_number = (uint32_t)strtoul(rest + 1, &rest, 16);
    return *rest == '@';
}

/* ---- The books ------------------------------------------------------------------------------------------------------------ */

struct generation *books_begin(struct books *books, const char *path)
{
    if (books->count == books->capacity) {
        books->capacity = books->capacity ? books->capacity * 2 : 64;
        books->list = realloc(books->list, books->capacity * sizeof(struct generation *));
    }
    struct generation *generation = calloc(1, sizeof *generation);
    if (books->list == NULL || generation == NULL)
        fail("no memory");
    generation->number = books->count;
    generation->path = text("%s", path);
    generation->excused_from = UINT32_MAX;
    books->list[books->count++] = generation;
    return generation;
}

void generation_excuse(struct generation *generation, enum excuse excuse, uint32_t from)
{
    if (from < generation->safe)
        from = generation->safe;
    if (from >= generation->excused_from)
        return;
    generation->excused_from = from;
    generation->excuse = excuse;
}

void books_tick(struct books *books, int64_t since_us)
{
    int64_t now = now_us();
    for (uint32_t i = 0; i < books->count; i++) {
        struct generation *generation = books->list[i];
        if (generation->safe == generation->lines)
            continue;
        bool undisturbed = generation->mark_lines > 0 && since_us <= generation->mark_us;
        if (undisturbed && now - generation->mark_us >= SAFE_AFTER_US)
            generation->safe = generation->mark_lines;
        if (!undisturbed || generation->safe == generation->mark_lines) {
            generation->mark_lines = generation->lines;
            generation->mark_us = now;
        }
    }
}
