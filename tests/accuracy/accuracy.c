/* accuracy [-v] [-m MEAN] FILE...: how well patterns group lines whose statement is known.
 *
 * A FILE is an .events file, of which 2,000 lines are drawn (README.md), or lines of EVENT TAB MESSAGE; what follows another TAB
 * is not read. Events that print the same template cannot be told from each other by their text and count as one.
 *
 * Prints for each file its grouping accuracy (the share of lines whose pattern holds exactly the lines of their event), how many events,
 * patterns and templates there are, and how many lines are lost because an event was split or because events were put together; then
 * the mean. -v prints every pattern and event concerned. -m: exit status 1 when the mean is below. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyze/analyze.h"
#include "base/map.h"
#include "tests/accuracy/events.h"

enum { LINES = 2000 };

struct line {
    uint32_t event, template, pattern;
};

struct set {
    struct map events, templates;
    struct line *lines;
    size_t count, capacity;
    struct arena arena;
};

static void add_line(struct set *set, struct str event, struct str message)
{
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? set->capacity * 2 : 1024;
        set->lines = mem_resize_array(set->lines, set->capacity, sizeof *set->lines);
    }
    struct str template = template_of(message, &set->arena);
    struct line *line = &set->lines[set->count++];
    line->event = (uint32_t)(map_at(&set->events, event, NULL) - set->events.entries);
    line->template = (uint32_t)(map_at(&set->templates, template, NULL) - set->templates.entries);
}

static void add_drawn(void *context, const struct label_line *line)
{
    struct set *set = context;
    add_line(set, arena_printf(&set->arena, "%u", line->event), str_of(line->message));
}

static void draw_lines(struct set *set, const char *path)
{
    size_t folder = str_find_last(str_of(path), STR("/"));
    struct str types = arena_printf(&set->arena, "%.*svalues.types", folder == STR_NONE ? 0 : (int)folder + 1, path);
    struct events *events = events_open(types.data, path);
    events_draw(events, LINES, 1, add_drawn, set);
    events_close(events);
}

static bool read_lines(struct set *set, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    char *text = NULL;
    size_t capacity = 0;
    for (ssize_t size; (size = getline(&text, &capacity, file)) > 0;) {
        struct str line = str_from(text, (size_t)size - (text[size - 1] == '\n'));
        struct str event = str_cut(&line, '\t'), message = str_cut(&line, '\t');
        if (message.data)
            add_line(set, event, message);
    }
    free(text);
    fclose(file);
    return true;
}

static bool load(struct set *set, const char *path)
{
    if (!str_ends(str_of(path), STR(".events")))
        return read_lines(set, path) && set->count > 0;
    draw_lines(set, path);
    return set->count > 0;
}

/* Events that print the same template cannot be told from each other by their text: they count as one. */
static void unite_events(struct set *set)
{
    uint32_t *of = mem_alloc((set->events.count + 1) * sizeof *of),
             *event_of = mem_alloc((set->templates.count + 1) * sizeof *event_of);
    for (uint32_t e = 0; e < set->events.count; e++)
        of[e] = e;
    memset(event_of, 0xff, set->templates.count * sizeof *event_of);
    for (size_t i = 0; i < set->count; i++) {
        uint32_t *known = &event_of[set->lines[i].template];
        if (*known == UINT32_MAX)
            *known = set->lines[i].event;
        uint32_t from = of[set->lines[i].event], to = of[*known];
        for (uint32_t e = 0; from != to && e < set->events.count; e++)
            if (of[e] == from)
                of[e] = to;
    }
    for (size_t i = 0; i < set->count; i++)
        set->lines[i].event = of[set->lines[i].event];
    free(of);
    free(event_of);
}

struct score {
    uint64_t right, split, merged;
};

/* How many lines have both this event and this pattern. */
static uint64_t *count_pairs(const struct set *set, size_t pattern_count)
{
    uint64_t *pairs = mem_alloc((set->events.count * pattern_count + 1) * sizeof *pairs);
    for (size_t i = 0; i < set->count; i++)
        pairs[set->lines[i].event * pattern_count + set->lines[i].pattern]++;
    return pairs;
}

static struct score score(const struct set *set, const struct patterns *patterns, bool verbose)
{
    struct score s = {0};
    size_t events = set->events.count, width = patterns->count;
    uint64_t *pairs = count_pairs(set, width);
    uint32_t *patterns_of = mem_alloc((events + 1) * sizeof *patterns_of),
             *events_of = mem_alloc((width + 1) * sizeof *events_of);
    for (size_t e = 0; e < events; e++)
        for (size_t p = 0; p < width; p++)
            if (pairs[e * width + p] > 0) {
                patterns_of[e]++;
                events_of[p]++;
            }
    for (size_t e = 0; e < events; e++)
        for (size_t p = 0; p < width; p++) {
            uint64_t lines = pairs[e * width + p];
            if (lines == 0)
                continue;
            bool split = patterns_of[e] > 1, merged = events_of[p] > 1;
            *(split ? &s.split : merged ? &s.merged : &s.right) += lines;
            if (verbose && (split || merged))
                printf("  %-6s %6llu  event %.*s  %.*s\n",
                       split && merged ? "both"
                       : split         ? "split"
                                       : "merged",
                       (unsigned long long)lines, STR_ARG(set->events.entries[e].key),
                       STR_ARG(patterns->items[p].text));
        }
    free(pairs);
    free(patterns_of);
    free(events_of);
    return s;
}

static bool judge(const char *path, bool verbose, double *sum)
{
    struct set set = {0};
    if (!load(&set, path)) {
        fprintf(stderr, "%s: cannot be read or holds no labelled line\n", path);
        return false;
    }
    unite_events(&set);
    struct str *templates = mem_alloc(set.templates.count * sizeof *templates);
    for (size_t i = 0; i < set.templates.count; i++)
        templates[i] = set.templates.entries[i].key;
    struct patterns *patterns = patterns_new(templates, set.templates.count);
    for (size_t i = 0; i < set.count; i++)
        set.lines[i].pattern = patterns->of[set.lines[i].template];
    struct score s = score(&set, patterns, verbose);
    double accuracy = (double)s.right / (double)set.count;
    *sum += accuracy;
    const char *name = strrchr(path, '/');
    printf("%-24s %.4f  %5zu lines %4zu events %4u patterns %5zu templates  split %llu merged %llu\n",
           name ? name + 1 : path, accuracy, set.count, set.events.count, patterns->count, set.templates.count,
           (unsigned long long)s.split, (unsigned long long)s.merged);
    patterns_free(patterns);
    free(templates);
    free(set.lines);
    map_release(&set.events);
    map_release(&set.templates);
    arena_release(&set.arena);
    return true;
}

int main(int argc, char **argv)
{
    bool verbose = false;
    double sum = 0, least = 0;
    for (int option; (option = getopt(argc, argv, "vm:")) != -1;) {
        if (option == 'v')
            verbose = true;
        else if (option != 'm' || !str_to_double(str_of(optarg), &least))
            return 2;
    }
    if (optind == argc)
        return 2;
    for (int i = optind; i < argc; i++)
        if (!judge(argv[i], verbose, &sum))
            return 2;
    double mean = sum / (argc - optind);
    printf("%-24s %.4f\n", "mean", mean);
    return mean < least ? 1 : 0;
}
