/* accuracy [-v] FILE...: how well patterns group labelled lines (EVENT TAB MESSAGE, what follows another TAB is not read).
 *
 * Prints for each file its grouping accuracy (the share of lines whose pattern holds exactly the lines of their event), the number of events
 * and of patterns, and how many lines are lost because an event was split or because events were put together; then the mean. -v
 * prints every pattern and event concerned. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/analyze.h"
#include "base/map.h"

struct line {
    uint32_t event, template, pattern;
};

struct set {
    struct map events, templates;
    struct line *lines;
    size_t count, capacity;
    struct arena arena;
};

static void read_line(struct set *set, struct str line)
{
    struct str event = str_cut(&line, '\t');
    struct str message = str_cut(&line, '\t');
    if (!message.data)
        return;
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? set->capacity * 2 : 1024;
        set->lines = mem_resize_array(set->lines, set->capacity, sizeof *set->lines);
    }
    struct str template = template_of(message, &set->arena);
    struct line *ret = &set->lines[set->count++];
    ret->event = (uint32_t)(map_at(&set->events, event, NULL) - set->events.entries);
    ret->template = (uint32_t)(map_at(&set->templates, template, NULL) - set->templates.entries);
}

static bool read_file(struct set *set, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    char *line = NULL;
    size_t capacity = 0;
    for (ssize_t size; (size = getline(&line, &capacity, file)) > 0;)
        read_line(set, str_from(line, (size_t)size - (line[size - 1] == '\n')));
    free(line);
    fclose(file);
    return true;
}

/* How many lines have both this event and this pattern. */
static uint64_t *count_pairs(const struct set *set, size_t pattern_count)
{
    uint64_t *pairs = mem_alloc((set->events.count * pattern_count + 1) * sizeof *pairs);
    for (size_t i = 0; i < set->count; i++)
        pairs[set->lines[i].event * pattern_count + set->lines[i].pattern]++;
    return pairs;
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
    if (!read_file(&set, path) || set.count == 0) {
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
    bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    double sum = 0;
    int first = verbose ? 2 : 1;
    for (int i = first; i < argc; i++)
        if (!judge(argv[i], verbose, &sum))
            return 1;
    if (argc > first)
        printf("%-24s %.4f\n", "mean", sum / (argc - first));
    return 0;
}
