#include "query/patterns.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "query/prose.h"
#include "query/safe.h"

/* The answer for people: services (where there are none, files), below them exceptions or loggers that have several patterns, below these the patterns, the most
 * frequent first everywhere, or last (--reverse).
 *
 *     reports-api  55 errors
 *       TimeoutError
 *            20  18%  ▁▁▂█▃  TimeoutError: QueuePool limit of size <*> overflow <*> reached
 *                            pf64d296d3a8f1c60 · 2026-11-19 14:10 - 14:24
 *
 * On a narrow terminal the steps are put together, and what does not fit is wrapped. */

enum {
    NARROW_COLUMNS = 100,
    NARROW_STEPS = 12,
    COUNT_COLUMNS = 7,
    TIME_COLUMNS = 16,
    DAY_COLUMNS = 11,
    CHANGE_COLUMNS = 6
};

/* A line of the tree before it is written: a pattern below a head below a service. */
struct branch {
    struct str service, head; /* absent: none */
    uint64_t count, before;   /* of the service's share of the pattern */
    uint64_t service_count, head_count;
    size_t head_size; /* patterns below it */
    const struct patterns_row *row;
};

struct tree {
    struct patterns_answer *answer;
    struct branch *branches;
    size_t count;
    struct buf line;
    unsigned width;
    bool color, compares;
    size_t text_at; /* column at which texts begin */
    size_t steps;   /* columns of the curve; 0: none */
    size_t each;    /* of census's steps in one of them */
};

static void tree_release(struct tree *tree)
{
    free(tree->branches);
    buf_release(&tree->line);
}

/* ---- Branches ---------------------------------------------------------------------------------------------------- */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '$';
}

/* "TimeoutError" of "TimeoutError: no answer": a class name at the beginning that says what it is. Absent: there is none. */
static struct str exception_of(struct str text)
{
    static const struct str ends[] = {{"Error", 5}, {"Exception", 9}, {"Warning", 7}, {"Failure", 7}, {"Timeout", 7}};
    size_t size = 0;
    while (size < text.size && is_name(text.data[size]))
        size++;
    struct str name = str_slice(text, 0, size);
    if (size < text.size && text.data[size] != ':' && text.data[size] != ' ' && text.data[size] != '(')
        return STR_ABSENT;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (str_ends(name, ends[i]) && name.size > ends[i].size)
            return name;
    return STR_ABSENT;
}

static int order(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int order_texts(struct str a, struct str b)
{
    if (!a.data || !b.data)
        return (a.data == NULL) - (b.data == NULL);
    return str_compare(a, b);
}

static int by_names(const void *a, const void *b)
{
    const struct branch *left = a, *right = b;
    int result = order_texts(left->service, right->service);
    result = result ? result : order_texts(left->head, right->head);
    return result ? result : (left->row > right->row) - (left->row < right->row);
}

static int by_counts(const void *a, const void *b)
{
    const struct branch *left = a, *right = b;
    int result = order(left->service_count, right->service_count);
    result = result ? result : order_texts(left->service, right->service);
    result = result ? result : order(left->head_count, right->head_count);
    result = result ? result : order_texts(left->head, right->head);
    result = result ? result : order(left->count, right->count);
    return result ? result : (left->row > right->row) - (left->row < right->row);
}

static bool same_service(const struct branch *a, const struct branch *b)
{
    return order_texts(a->service, b->service) == 0;
}

static bool same_head(const struct branch *a, const struct branch *b)
{
    return same_service(a, b) && order_texts(a->head, b->head) == 0;
}

/* Joins those of one pattern, service and head; branches are sorted by names. */
static void join(struct tree *tree)
{
    size_t kept = 0;
    for (size_t i = 0; i < tree->count; i++) {
        struct branch *branch = &tree->branches[i];
        struct branch *last = kept ? &tree->branches[kept - 1] : NULL;
        if (last && last->row == branch->row && same_head(last, branch)) {
            last->count += branch->count;
            last->before += branch->before;
        } else {
            tree->branches[kept++] = *branch;
        }
    }
    tree->count = kept;
}

/* The counts of services and heads; one with a single pattern is none, and its pattern stands for itself. */
static void add_up(struct tree *tree)
{
    for (size_t from = 0, to; from < tree->count; from = to) {
        uint64_t count = 0;
        for (to = from; to < tree->count && same_service(&tree->branches[from], &tree->branches[to]); to++)
            count += tree->branches[to].count;
        for (size_t i = from; i < to; i++)
            tree->branches[i].service_count = count;
    }
    for (size_t from = 0, to; from < tree->count; from = to) {
        uint64_t count = 0;
        for (to = from; to < tree->count && same_head(&tree->branches[from], &tree->branches[to]); to++)
            count += tree->branches[to].count;
        for (size_t i = from; i < to; i++) {
            tree->branches[i].head_count = count;
            tree->branches[i].head_size = to - from;
        }
    }
    for (size_t i = 0; i < tree->count; i++)
        if (tree->branches[i].head_size == 1)
            tree->branches[i].head = STR_ABSENT;
}

static void grow(struct tree *tree, size_t shown)
{
    struct patterns_answer *answer = tree->answer;
    const struct census *census = &answer->census;
    struct pattern_set *set = answer->q->patterns;
    const struct patterns_row **rows = ARENA_ARRAY(&answer->arena, const struct patterns_row *, set->count);
    memset(rows, 0, set->count * sizeof *rows);
    for (size_t i = 0; i < shown; i++)
        rows[answer->rows[i].pattern] = &answer->rows[i];
    tree->branches = mem_alloc((census->leaf_count + 1) * sizeof *tree->branches);
    for (size_t i = 0; i < census->leaf_count; i++) {
        const struct census_leaf *leaf = &census->leaves[i];
        struct str exception = exception_of(pattern_set_text(set, leaf->pattern));
        if (!rows[leaf->pattern] || leaf->counts[CENSUS_ASKED] + leaf->counts[CENSUS_BEFORE] == 0)
            continue;
        tree->branches[tree->count++] = (struct branch){.service = leaf->service,
                                                        .head = exception.data      ? exception
                                                                : leaf->logger.size ? leaf->logger
                                                                                    : STR_ABSENT,
                                                        .count = leaf->counts[CENSUS_ASKED],
                                                        .before = leaf->counts[CENSUS_BEFORE],
                                                        .row = rows[leaf->pattern]};
    }
    if (tree->count == 0)
        return;
    qsort(tree->branches, tree->count, sizeof *tree->branches, by_names);
    join(tree);
    add_up(tree);
    qsort(tree->branches, tree->count, sizeof *tree->branches, by_counts);
    for (size_t i = 0; answer->q->select.reverse && i < tree->count / 2; i++) {
        struct branch other = tree->branches[i];
        tree->branches[i] = tree->branches[tree->count - 1 - i];
        tree->branches[tree->count - 1 - i] = other;
    }
}

/* ---- Lines ------------------------------------------------------------------------------------------------------- */

static void tinted(struct tree *tree, enum tint tint, const char *text)
{
    prose_add(&tree->line, str_of(text), tree->color ? tint : TINT_NONE);
}

static void write_line(struct tree *tree)
{
    buf_add_char(&tree->line, '\n');
    out_add(&tree->answer->q->output.out, buf_str(&tree->line));
    buf_reset(&tree->line);
}

/* "2026-11-19 14:10 - 14:24" */
static struct str times_text(const struct census_pattern *pattern, struct arena *arena)
{
    char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];
    if (pattern->first_us == TIME_NONE)
        return STR("no times");
    clock_print_local(pattern->first_us, first);
    clock_print_local(pattern->last_us, last);
    if (strncmp(first, last, TIME_COLUMNS) == 0)
        return arena_printf(arena, "%.*s", TIME_COLUMNS, first);
    size_t same = strncmp(first, last, DAY_COLUMNS) == 0 ? DAY_COLUMNS : 0;
    return arena_printf(arena, "%.*s - %.*s", TIME_COLUMNS, first, (int)(TIME_COLUMNS - same), last + same);
}

static enum tint flag_tint(enum compare_flag flag)
{
    return flag == COMPARE_NEW || flag == COMPARE_SURGE ? TINT_RED : flag == COMPARE_DROP ? TINT_YELLOW : TINT_DIM;
}

/* A count, the share of all or the change, the flag, the curve. Right-aligned figures of ordinary size stand below each other. */
static void add_figures(struct tree *tree, const struct branch *branch)
{
    const struct patterns_answer *answer = tree->answer;
    const struct census *census = &answer->census;
    struct arena *arena = &answer->q->arena;
    const struct patterns_row *row = branch->row;
    buf_printf(&tree->line, "%*llu", COUNT_COLUMNS, (unsigned long long)branch->count);
    if (tree->compares) {
        char change[COMPARE_TEXT_MAX];
        static const char *const words[] = {"NEW", "SURGE", "DROP", "GONE", ""};
        struct compare share = row->compare;
        share.count = branch->count;
        share.before = branch->before;
        tinted(tree, TINT_DIM, arena_printf(arena, "  %*s  ", CHANGE_COLUMNS, compare_text(&share, change)).data);
        tinted(tree, flag_tint(row->flag), arena_printf(arena, "%-5s", words[row->flag]).data);
    } else {
        double share = census->total ? (double)branch->count * 100 / (double)census->total : 0;
        tinted(tree, TINT_DIM, share > 0 && share < 0.5 ? "   <1%" : arena_printf(arena, "  %3.0f%%", share).data);
    }
    buf_add_text(&tree->line, "  ");
    if (tree->steps == 0)
        return;
    prose_curve(&tree->line, census->patterns[row->pattern].steps, census->step_count, tree->each,
                tree->color ? TINT_DIM : TINT_NONE);
    buf_add_text(&tree->line, "  ");
}

static void show_branch(struct tree *tree, const struct branch *branch, size_t indent)
{
    struct patterns_answer *answer = tree->answer;
    const struct census_pattern *pattern = &answer->census.patterns[branch->row->pattern];
    struct arena *arena = &answer->q->arena;
    struct prose prose = {.line = &tree->line,
                          .width = tree->width,
                          .indent = tree->text_at + indent,
                          .variables = tree->color ? TINT_DIM : TINT_NONE};
    prose_pad(&tree->line, indent);
    add_figures(tree, branch);
    prose_text(&prose, pattern_set_text(answer->q->patterns, branch->row->pattern));
    write_line(tree);
    prose_pad(&tree->line, prose.indent);
    const char *level = pattern->level == LEVEL_ERROR ? "" : level_name((enum level)pattern->level);
    struct str id = pattern_set_id(answer->q->patterns, branch->row->pattern);
    struct str times = times_text(pattern, arena);
    prose.all = prose.variables;
    prose_text(&prose,
               arena_printf(arena, "%.*s · %.*s%s%s", STR_ARG(id), STR_ARG(times), level[0] ? " · " : "", level));
    write_line(tree);
}

static void add_name(struct tree *tree, struct str name, enum tint tint)
{
    if (tree->color)
        buf_add_text(&tree->line, render_tint_code(tint));
    safe_add(&tree->line, name, SAFE_TABLE, tree->width ? tree->width / 2 : SIZE_MAX);
    if (tree->color)
        buf_add_text(&tree->line, RENDER_TINT_END);
}

static void show_service(struct tree *tree, const struct branch *branch, bool first)
{
    struct arena *arena = &tree->answer->q->arena;
    const char *noun = tree->answer->census.all_levels ? "record" : "error";
    if (!first)
        write_line(tree);
    add_name(tree, branch->service, TINT_BOLD);
    tinted(tree, TINT_DIM,
           arena_printf(arena, "  %llu %s%s", (unsigned long long)branch->service_count, noun,
                        branch->service_count == 1 ? "" : "s")
               .data);
    write_line(tree);
}

/* ---- The tree ---------------------------------------------------------------------------------------------------- */

/* "19 patterns of 110 errors: 2 new, 1 surge" */
static void show_head(struct tree *tree, size_t shown)
{
    struct patterns_answer *answer = tree->answer;
    uint64_t flags[COMPARE_USUAL + 1] = {0};
    const char *separator = ": ";
    for (size_t i = 0; i < answer->row_count; i++)
        flags[answer->rows[i].flag]++;
    struct buf *line = &tree->line;
    buf_printf(line, "%zu pattern%s of %llu %s%s", answer->row_count, answer->row_count == 1 ? "" : "s",
               (unsigned long long)answer->q->matched, answer->census.all_levels ? "record" : "error",
               answer->q->matched == 1 ? "" : "s");
    for (enum compare_flag flag = COMPARE_NEW; tree->compares && flag < COMPARE_USUAL; flag++) {
        if (flags[flag] == 0)
            continue;
        buf_printf(line, "%s%llu %s", separator, (unsigned long long)flags[flag], compare_flag_name(flag));
        separator = ", ";
    }
    if (answer->only_near)
        buf_add_text(line, "; none has this text, these are near it");
    if (shown < answer->row_count)
        buf_printf(line, "; the %zu most frequent", shown);
    write_line(tree);
    write_line(tree);
}

static void lay_out(struct tree *tree)
{
    const struct census *census = &tree->answer->census;
    bool narrow = tree->width > 0 && tree->width < NARROW_COLUMNS;
    tree->steps = census->step_count > 2 ? census->step_count : 0; /* two are no curve */
    tree->each = narrow ? (tree->steps + NARROW_STEPS - 1) / NARROW_STEPS : 1;
    tree->each = tree->each ? tree->each : 1;
    tree->steps = (tree->steps + tree->each - 1) / tree->each;
    if (narrow && tree->compares)
        tree->steps = 0;
    tree->text_at = COUNT_COLUMNS + 2 + (size_t)(tree->compares ? 2 + CHANGE_COLUMNS + 2 + 5 : 6) +
                    (tree->steps ? tree->steps + 2 : 0);
}

void patterns_tree(struct patterns_answer *answer)
{
    struct question *q = answer->q;
    SCOPED(tree)
    tree = {.answer = answer,
            .line = BUF(RENDER_LINE_MAX),
            .width = q->output.width,
            .color = q->output.color,
            .compares = answer->options->compare != NULL};
    size_t shown = answer->row_count < q->select.lines_max ? answer->row_count : (size_t)q->select.lines_max;
    if (answer->row_count == 0)
        return;
    lay_out(&tree);
    grow(&tree, shown);
    const struct branch *branches = tree.branches;
    must(branches != NULL);
    show_head(&tree, shown);
    for (size_t i = 0; i < tree.count && out_alive(&q->output.out); i++) {
        const struct branch *branch = &branches[i], *last = i ? &branches[i - 1] : NULL;
        if (!last || !same_service(last, branch))
            show_service(&tree, branch, !last);
        if (branch->head.data && (!last || !same_head(last, branch))) {
            prose_pad(&tree.line, 2);
            add_name(&tree, branch->head, TINT_NONE);
            write_line(&tree);
        }
        show_branch(&tree, branch, branch->head.data ? 2 : 0);
    }
}
