/* Statements are not compiled: each line walks its text and draws a value wherever a placeholder stands. A placeholder is
 * known by where it stands, so that is also the key of its pool. */
#include "tests/accuracy/events.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/gen_random.h"

enum { LINE_BYTES_MAX = 8192, DEPTH_MAX = 16, KEPT_MAX = 10, POOL_MAX = 64 };

struct text {
    const char *data;
    size_t size;
};

struct event {
    unsigned weight, line;
    struct text component, level, message;
};

struct type {
    struct text name, alternatives;
};

/* The values that a placeholder with ~COUNT ever takes. */
struct pool {
    const char *at;
    unsigned count, filled;
    char *values[POOL_MAX];
};

struct out {
    size_t size;
    char data[LINE_BYTES_MAX];
};

struct events {
    char *files[2];
    struct text header;
    struct event *events;
    size_t event_count;
    struct type *types;
    size_t type_count;
    struct pool *pools;
    size_t pool_count;
    time_t start;
    double step_seconds, now;  /* seconds since start */
    const struct event *event; /* of this line */
    const char *message;       /* of this line */
    bool placed;               /* the header has a place for the message, so that it is not printed behind it */
    char *kept[KEPT_MAX];      /* values of this line that are used again: {host@1} */
    const char *path;          /* being read, for messages */
    unsigned line;
};

_Noreturn static void fail(const struct events *e, const char *what, struct text near)
{
    fprintf(stderr, "%s:%u: %s: %.*s\n", e->path, e->line, what, (int)near.size, near.data);
    exit(2);
}

static void *grown(void *items, size_t count, size_t size)
{
    void *more = (count & (count - 1)) == 0 ? realloc(items, (count ? 2 * count : 1) * size) : items;
    if (!more) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    return more;
}

static char *copy_of(const char *text)
{
    char *copy = strdup(text);
    if (!copy) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    return copy;
}

static bool is(struct text t, const char *name)
{
    return t.size == strlen(name) && memcmp(t.data, name, t.size) == 0;
}

static struct text trimmed(struct text t)
{
    while (t.size > 0 && t.data[0] == ' ')
        t.data++, t.size--;
    while (t.size > 0 && t.data[t.size - 1] == ' ')
        t.size--;
    return t;
}

/* Up to the next mark outside braces, which *rest then begins behind; all of it and an absent rest when there is none. */
static struct text cut(struct text *rest, char mark)
{
    struct text all = *rest;
    unsigned depth = 0;
    for (size_t i = 0; i < all.size; i++) {
        char c = all.data[i];
        if (c == mark && depth == 0) {
            *rest = (struct text){all.data + i + 1, all.size - i - 1};
            return (struct text){all.data, i};
        }
        if (c == '{')
            depth++;
        else if (c == '}' && depth > 0)
            depth--;
    }
    *rest = (struct text){NULL, 0};
    return all;
}

static uint64_t number(const struct events *e, struct text t)
{
    uint64_t value = 0;
    for (size_t i = 0; i < t.size; i++) {
        if (t.data[i] < '0' || t.data[i] > '9')
            fail(e, "not a number", t);
        value = value * 10 + (uint64_t)(t.data[i] - '0');
    }
    return value;
}

/* ---- Drawing ------------------------------------------------------------------------------------------------------ */

static void put(struct events *e, struct out *out, const char *data, size_t size)
{
    if (size >= sizeof out->data - out->size)
        fail(e, "line too long near", (struct text){data, size});
    memcpy(out->data + out->size, data, size);
    out->size += size;
    out->data[out->size] = '\0';
}

static void expand(struct events *e, struct text text, struct out *out, unsigned depth);

/* Ranges of more than a thousand are drawn by their number of digits first: sizes and ids of real logs are short and long. */
static uint64_t draw_between(uint64_t low, uint64_t high)
{
    uint64_t span = high - low + 1;
    if (span > 1000) {
        unsigned digits = 0;
        for (uint64_t n = span; n > 0; n /= 10)
            digits++;
        uint64_t bound = 1;
        for (unsigned keep = 1 + below(digits); keep > 0; keep--)
            bound *= 10;
        if (low == 0 && bound < span)
            span = bound;
    }
    uint64_t random = ((uint64_t)below(1U << 30) << 30) | below(1U << 30);
    return low + random % span;
}

static void read_range(const struct events *e, struct text range, uint64_t *low, uint64_t *high)
{
    *low = number(e, cut(&range, '-'));
    *high = range.data ? number(e, range) : *low;
    if (*high < *low)
        fail(e, "empty range up to", range);
}

/* LOW-HIGH[:WIDTH] */
static void put_int(struct events *e, struct text arguments, struct out *out)
{
    uint64_t low = 0, high = 99999, width = 0;
    if (arguments.data) {
        read_range(e, cut(&arguments, ':'), &low, &high);
        width = arguments.data ? number(e, arguments) : 0;
    }
    char digits[64];
    snprintf(digits, sizeof digits, "%0*" PRIu64, (int)width, draw_between(low, high));
    put(e, out, digits, strlen(digits));
}

/* LOW-HIGH:DECIMALS */
static void put_float(struct events *e, struct text arguments, struct out *out)
{
    uint64_t low, high;
    read_range(e, cut(&arguments, ':'), &low, &high);
    char digits[64];
    snprintf(digits, sizeof digits, "%.*f", arguments.data ? (int)number(e, arguments) : 2,
             (double)low + unit() * (double)(high - low));
    put(e, out, digits, strlen(digits));
}

/* SIZE or LOW-HIGH characters of an alphabet */
static void put_characters(struct events *e, struct text arguments, const char *alphabet, struct out *out)
{
    uint64_t low = 8, high = 8;
    if (arguments.data)
        read_range(e, arguments, &low, &high);
    for (uint64_t left = draw_between(low, high); left > 0; left--)
        put(e, out, &alphabet[below((unsigned)strlen(alphabet))], 1);
}

/* One part of the clock, named as strftime names it; %D is the day of the month, %3 and %6 are milli- and microseconds. */
static bool print_time(const struct events *e, char part, char printed[static 16])
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = e->start + (time_t)e->now;
    double fraction = e->now - (double)(time_t)e->now;
    struct tm parts;
    gmtime_r(&seconds, &parts);
    switch (part) {
    case 'a':
        return snprintf(printed, 16, "%s", days[parts.tm_wday]) > 0;
    case 'b':
        return snprintf(printed, 16, "%s", months[parts.tm_mon]) > 0;
    case 'Y':
        return snprintf(printed, 16, "%04d", parts.tm_year + 1900) > 0;
    case 'y':
        return snprintf(printed, 16, "%02d", parts.tm_year % 100) > 0;
    case 'm':
        return snprintf(printed, 16, "%02d", parts.tm_mon + 1) > 0;
    case 'd':
        return snprintf(printed, 16, "%02d", parts.tm_mday) > 0;
    case 'D':
        return snprintf(printed, 16, "%d", parts.tm_mday) > 0;
    case 'e':
        return snprintf(printed, 16, "%2d", parts.tm_mday) > 0;
    case 'H':
        return snprintf(printed, 16, "%02d", parts.tm_hour) > 0;
    case 'M':
        return snprintf(printed, 16, "%02d", parts.tm_min) > 0;
    case 'S':
        return snprintf(printed, 16, "%02d", parts.tm_sec) > 0;
    case 's':
        return snprintf(printed, 16, "%lld", (long long)seconds) > 0;
    case '3':
        return snprintf(printed, 16, "%03u", (unsigned)(fraction * 1000)) > 0;
    case '6':
        return snprintf(printed, 16, "%06u", (unsigned)(fraction * 1000000)) > 0;
    default:
        return false;
    }
}

static void put_time(struct events *e, struct text format, struct out *out)
{
    char printed[16];
    for (size_t i = 0; i < format.size; i++) {
        if (format.data[i] != '%' || i + 1 == format.size)
            put(e, out, &format.data[i], 1);
        else if (print_time(e, format.data[++i], printed))
            put(e, out, printed, strlen(printed));
        else
            fail(e, "no such part of a time", format);
    }
}

/* One of a|b|c; the first ones are much more frequent. */
static void put_one_of(struct events *e, struct text alternatives, struct out *out, unsigned depth)
{
    unsigned count = 1;
    struct text rest = alternatives;
    for (cut(&rest, '|'); rest.data; cut(&rest, '|'))
        count++;
    unsigned chosen = skewed(count);
    struct text one = cut(&alternatives, '|');
    while (chosen-- > 0)
        one = cut(&alternatives, '|');
    expand(e, one, out, depth + 1);
}

/* LOW-HIGH:SEPARATOR:ITEM */
static void put_list(struct events *e, struct text arguments, struct out *out, unsigned depth)
{
    uint64_t low, high;
    read_range(e, cut(&arguments, ':'), &low, &high);
    struct text separator = cut(&arguments, ':');
    for (uint64_t left = draw_between(low, high); left > 0; left--) {
        expand(e, arguments, out, depth + 1);
        if (left > 1)
            put(e, out, separator.data, separator.size);
    }
}

/* The message in a string of JSON. */
static void put_message(struct events *e, struct out *out)
{
    for (const char *c = e->message; *c; c++) {
        if (*c == '"' || *c == '\\')
            put(e, out, "\\", 1);
        put(e, out, c, 1);
    }
    e->placed = true;
}

static bool put_builtin(struct events *e, struct text name, struct text arguments, struct out *out, unsigned depth)
{
    if (is(name, "int"))
        put_int(e, arguments, out);
    else if (is(name, "float"))
        put_float(e, arguments, out);
    else if (is(name, "hex"))
        put_characters(e, arguments, "0123456789abcdef", out);
    else if (is(name, "HEX"))
        put_characters(e, arguments, "0123456789ABCDEF", out);
    else if (is(name, "digits"))
        put_characters(e, arguments, "0123456789", out);
    else if (is(name, "letters"))
        put_characters(e, arguments, "abcdefghijklmnopqrstuvwxyz", out);
    else if (is(name, "base"))
        put_characters(e, arguments, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", out);
    else if (is(name, "time"))
        put_time(e, arguments, out);
    else if (is(name, "of"))
        put_one_of(e, arguments, out, depth);
    else if (is(name, "list"))
        put_list(e, arguments, out, depth);
    else if (is(name, "opt")) { /* PERCENT:TEXT */
        bool wanted = below(100) < number(e, cut(&arguments, ':'));
        if (wanted)
            expand(e, arguments, out, depth + 1);
    } else if (is(name, "lb"))
        put(e, out, "{", 1);
    else if (is(name, "rb"))
        put(e, out, "}", 1);
    else if (is(name, "bar"))
        put(e, out, "|", 1);
    else if (is(name, "component"))
        expand(e, e->event->component, out, depth + 1);
    else if (is(name, "level"))
        expand(e, e->event->level, out, depth + 1);
    else if (is(name, "message"))
        put_message(e, out);
    else
        return is(name, "nil");
    return true;
}

static void put_value(struct events *e, struct text name, struct text arguments, struct out *out, unsigned depth)
{
    if (depth > DEPTH_MAX)
        fail(e, "nested too deep", name);
    if (put_builtin(e, name, arguments, out, depth))
        return;
    for (size_t i = e->type_count; i > 0; i--) {
        struct type *type = &e->types[i - 1];
        if (type->name.size == name.size && memcmp(type->name.data, name.data, name.size) == 0) {
            put_one_of(e, type->alternatives, out, depth);
            return;
        }
    }
    fail(e, "no such placeholder", name);
}

/* A value out of the few that this placeholder takes. */
static void put_pooled(struct events *e, unsigned count, struct text name, struct text arguments, struct out *out,
                       unsigned depth)
{
    if (count == 0)
        fail(e, "a pool of no values", name);
    size_t i = 0;
    while (i < e->pool_count && e->pools[i].at != name.data)
        i++;
    if (i == e->pool_count) {
        e->pools = grown(e->pools, e->pool_count, sizeof *e->pools);
        e->pools[e->pool_count++] = (struct pool){.at = name.data, .count = count < POOL_MAX ? count : POOL_MAX};
    }
    for (; e->pools[i].filled < e->pools[i].count; e->pools[i].filled++) {
        struct out value = {.size = 0};
        put_value(e, name, arguments, &value, depth);
        e->pools[i].values[e->pools[i].filled] = copy_of(value.data);
    }
    const char *value = e->pools[i].values[skewed(e->pools[i].count)];
    put(e, out, value, strlen(value));
}

/* {NAME[~POOL][@KEPT][:ARGUMENTS]} */
static void put_placeholder(struct events *e, struct text inside, struct out *out, unsigned depth)
{
    struct text head = cut(&inside, ':');
    struct text name = cut(&head, '@');
    struct text kept = head;
    struct text pool = name;
    name = cut(&pool, '~');
    char **slot = kept.data ? &e->kept[number(e, kept) % KEPT_MAX] : NULL;
    if (slot && *slot) {
        put(e, out, *slot, strlen(*slot));
        return;
    }
    size_t before = out->size;
    if (pool.data)
        put_pooled(e, (unsigned)number(e, pool), name, inside, out, depth);
    else
        put_value(e, name, inside, out, depth);
    if (slot)
        *slot = copy_of(out->data + before);
}

/* The size of "{name...}" at the text's start, or 0: a brace that no lower-case name and then one of }:~@ follows is itself. */
static size_t placeholder_size(struct text text)
{
    size_t at = 1;
    while (at < text.size && ((text.data[at] >= 'a' && text.data[at] <= 'z') || (at == 1 && text.data[at] == 'H') ||
                              (at > 1 && text.data[1] == 'H' && strchr("EX", text.data[at]))))
        at++;
    if (at == 1 || at == text.size || !strchr("}:~@", text.data[at]) || text.data[at] == '\0')
        return 0;
    unsigned depth = 0;
    for (at = 0; at < text.size; at++) {
        if (text.data[at] == '{')
            depth++;
        else if (text.data[at] == '}' && --depth == 0)
            return at + 1;
    }
    return 0;
}

static void expand(struct events *e, struct text text, struct out *out, unsigned depth)
{
    for (size_t i = 0; i < text.size;) {
        struct text rest = {text.data + i, text.size - i};
        size_t size = rest.data[0] == '{' ? placeholder_size(rest) : 0;
        if (size > 0)
            put_placeholder(e, (struct text){rest.data + 1, size - 2}, out, depth);
        else
            put(e, out, rest.data, 1);
        i += size > 0 ? size : 1;
    }
}

/* ---- Reading ------------------------------------------------------------------------------------------------------ */

static char *file_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t capacity = 0;
    if (!file || (getdelim(&text, &capacity, '\0', file) < 0 && ferror(file))) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return text;
}

/* clock YYYY-MM-DDTHH:MM:SS SECONDS */
static void read_clock(struct events *e, struct text t)
{
    char text[64] = "";
    if (t.size < sizeof text)
        memcpy(text, t.data, t.size);
    struct tm parts = {.tm_year = 0};
    char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (!end)
        fail(e, "not a time and the mean seconds between lines", t);
    e->start = timegm(&parts);
    e->step_seconds = strtod(end, NULL);
}

static bool starts(struct text *t, const char *word)
{
    size_t size = strlen(word);
    if (t->size <= size || memcmp(t->data, word, size) != 0 || t->data[size] != ' ')
        return false;
    *t = (struct text){t->data + size + 1, t->size - size - 1};
    return true;
}

static void read_line(struct events *e, struct text t)
{
    if (t.size == 0 || t.data[0] == '#')
        return;
    if (starts(&t, "header")) {
        e->header = t;
    } else if (starts(&t, "clock")) {
        read_clock(e, t);
    } else if (starts(&t, "type")) {
        e->types = grown(e->types, e->type_count, sizeof *e->types);
        struct text name = cut(&t, ' ');
        e->types[e->type_count++] = (struct type){name, t};
    } else {
        struct event event = {.weight = (unsigned)number(e, trimmed(cut(&t, '|'))), .line = e->line};
        event.component = cut(&t, '|');
        event.level = cut(&t, '|');
        if (!t.data || event.weight == 0)
            fail(e, "not WEIGHT|COMPONENT|LEVEL|MESSAGE", t);
        event.message = t.data[0] == ' ' ? (struct text){t.data + 1, t.size - 1} : t;
        e->events = grown(e->events, e->event_count, sizeof *e->events);
        e->events[e->event_count++] = event;
    }
}

static char *read_file(struct events *e, const char *path)
{
    char *file = file_text(path);
    struct text rest = {file, file ? strlen(file) : 0};
    e->path = path;
    for (e->line = 1; rest.data && rest.size > 0; e->line++) {
        const char *end = memchr(rest.data, '\n', rest.size);
        size_t size = end ? (size_t)(end - rest.data) : rest.size;
        read_line(e, (struct text){rest.data, size});
        size_t skipped = size + (end != NULL);
        rest = (struct text){rest.data + skipped, rest.size - skipped};
    }
    return file;
}

struct events *events_open(const char *types_path, const char *path)
{
    struct events *e = grown(NULL, 0, sizeof *e);
    *e = (struct events){.step_seconds = 1};
    e->files[0] = read_file(e, types_path);
    e->files[1] = read_file(e, path);
    if (e->event_count == 0 || !e->header.data)
        fail(e, "no header or no event", (struct text){"", 0});
    return e;
}

static void forget_kept(struct events *e)
{
    for (size_t i = 0; i < KEPT_MAX; i++) {
        free(e->kept[i]);
        e->kept[i] = NULL;
    }
}

static void forget_pools(struct events *e)
{
    for (size_t i = 0; i < e->pool_count; i++)
        for (size_t k = 0; k < e->pools[i].filled; k++)
            free(e->pools[i].values[k]);
    free(e->pools);
    e->pools = NULL;
    e->pool_count = 0;
}

void events_close(struct events *e)
{
    forget_kept(e);
    forget_pools(e);
    free(e->events);
    free(e->types);
    free(e->files[0]);
    free(e->files[1]);
    free(e);
}

unsigned events_count(const struct events *e)
{
    return (unsigned)e->event_count;
}

/* ---- A log -------------------------------------------------------------------------------------------------------- */

/* The event of each line, shuffled. What rounding leaves over goes to the heaviest event. */
static unsigned *deal(const struct events *e, unsigned lines)
{
    uint64_t weights = 0;
    size_t heaviest = 0;
    for (size_t i = 0; i < e->event_count; i++) {
        weights += e->events[i].weight;
        if (e->events[i].weight > e->events[heaviest].weight)
            heaviest = i;
    }
    unsigned *of = malloc((lines + 1) * sizeof *of), dealt = 0;
    if (!of || lines < e->event_count) {
        fprintf(stderr, "%u lines are too few or too many for %zu events\n", lines, e->event_count);
        exit(2);
    }
    for (size_t i = 0; i < e->event_count; i++) {
        uint64_t count = e->events[i].weight * (uint64_t)lines / weights;
        for (count = count > 0 ? count : 1; count > 0 && i != heaviest && dealt < lines; count--)
            of[dealt++] = (unsigned)i;
    }
    if (dealt >= lines) {
        fprintf(stderr, "%u lines are too few for the %zu events\n", lines, e->event_count);
        exit(2);
    }
    while (dealt < lines)
        of[dealt++] = (unsigned)heaviest;
    for (unsigned i = lines - 1; i > 0; i--) {
        unsigned other = below(i + 1), swapped = of[i];
        of[i] = of[other];
        of[other] = swapped;
    }
    return of;
}

void events_draw(struct events *e, unsigned lines, uint64_t seed,
                 void (*visit)(void *context, const struct label_line *line), void *context)
{
    draw_init(seed);
    forget_pools(e);
    e->now = 0;
    unsigned *of = deal(e, lines);
    for (unsigned i = 0; i < lines; i++) {
        struct out raw = {.size = 0}, message = {.size = 0};
        e->event = &e->events[of[i]];
        e->line = e->event->line;
        e->now += e->step_seconds * 2 * unit();
        expand(e, e->event->message, &message, 0);
        e->message = message.data;
        e->placed = false;
        expand(e, e->header, &raw, 0);
        if (!e->placed)
            put(e, &raw, message.data, message.size);
        forget_kept(e);
        visit(context, &(struct label_line){of[i] + 1, message.data, raw.data});
    }
    free(of);
}
