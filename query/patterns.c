#include "query/patterns.h"

#include <stdlib.h>

#include "base/must.h"
#include "query/follow.h"

enum { LIKE_ROWS_MAX = 5, WEEK_DAYS = 7 };

static void patterns_answer_release(struct patterns_answer *answer)
{
    if (answer->census.q)
        census_release(&answer->census);
    free(answer->rows);
    arena_release(&answer->arena);
}

/* ---- Stretches --------------------------------------------------------------------------------------------------- */

/* The stretch a comparison is about, see --help. What is to come is nobody's. */
static void choose_day(struct question *q)
{
    struct select *select = &q->select;
    if (select->since_us == TIME_NONE && select->until_us == TIME_NONE)
        select->since_us = stretch_day_begin(q->now_us);
    if (select->since_us == TIME_NONE)
        select->since_us = stretch_moved((struct stretch){select->until_us, select->until_us}, -1).since_us;
    if (select->until_us == TIME_NONE)
        select->until_us = stretch_moved((struct stretch){select->since_us, select->since_us}, 1).since_us;
    if (select->until_us > q->now_us && select->since_us < q->now_us)
        select->until_us = q->now_us;
}

static bool choose_stretches(struct patterns_answer *answer, struct err *err)
{
    struct question *q = answer->q;
    const char *compare = answer->options->compare;
    int64_t day_us;
    int days;
    if (compare)
        choose_day(q);
    else if (answer->options->only_new && q->select.since_us == TIME_NONE)
        q->select.since_us = stretch_day_begin(q->now_us);
    answer->asked = (struct stretch){q->select.since_us, q->select.until_us};
    answer->before = (struct stretch){TIME_NONE, TIME_NONE};
    if (!compare)
        return true;
    if (str_equal(str_of(compare), STR("yesterday"))) {
        days = stretch_days_between(answer->asked.since_us, answer->asked.until_us - 1) + 1;
    } else {
        if (!timeexpr_parse(str_of(compare), q->now_us, &day_us, err))
            return err_within(err, "--compare");
        days = stretch_days_between(day_us, answer->asked.since_us);
    }
    if (days == 0)
        return err_set(err, ERR_USAGE, 0, "--compare %s is the day asked about; choose another, or --since and --until",
                       compare);
    answer->before = stretch_moved(answer->asked, -days);
    return true;
}

/* When the selected sources begin; with what was pruned, too. */
static int64_t begins(const struct select *select, bool pruned)
{
    int64_t first_us = TIME_NONE;
    for (size_t i = 0; i < select->source_count; i++) {
        const struct store_source *source = &select->sources[i];
        if (source->time_min != TIME_NONE && (first_us == TIME_NONE || source->time_min < first_us))
            first_us = source->time_min;
        if (pruned && source->pruned_min != TIME_NONE && (first_us == TIME_NONE || source->pruned_min < first_us))
            first_us = source->pruned_min;
    }
    return first_us;
}

/* ---- Counting ---------------------------------------------------------------------------------------------------- */

static bool count_others(struct patterns_answer *answer, struct compare *ret_common, struct err *err)
{
    int64_t first_us = begins(&answer->q->select, false);
    *ret_common = (struct compare){0};
    if (first_us != TIME_NONE && first_us < answer->before.until_us &&
        !cover_any(answer->q->store, answer->before.since_us, answer->before.until_us, &ret_common->before_covered,
                   err))
        return false;
    if (!census_add(&answer->census, CENSUS_BEFORE, answer->before.since_us, answer->before.until_us, err))
        return false;
    for (int week = 1; week <= COMPARE_WEEKS_MAX; week++) {
        struct stretch stretch = stretch_moved(answer->asked, -WEEK_DAYS * week);
        bool any;
        if (!compare_covers(first_us, stretch.since_us))
            break;
        if (!cover_any(answer->q->store, stretch.since_us, stretch.until_us, &any, err) ||
            (any && !census_add(&answer->census, CENSUS_WEEKS, stretch.since_us, stretch.until_us, err)))
            return false;
        ret_common->weeks += any;
    }
    return true;
}

/* Of all levels nobody keeps when a pattern was seen first: what is stored from before tells. */
static bool see_before(struct patterns_answer *answer, struct err *err)
{
    struct census *census = &answer->census;
    if (!census->all_levels)
        return census_seen(census, answer->asked.since_us, err);
    if (answer->asked.since_us == TIME_NONE || !(answer->options->only_new || answer->options->compare))
        return true;
    SCOPED(census) earlier = {0};
    census_init(&earlier, answer->q, true);
    if (!census_add(&earlier, CENSUS_ASKED, TIME_NONE, answer->asked.since_us, err))
        return false;
    for (uint32_t i = 0; i < answer->q->patterns->count; i++)
        census->patterns[i].seen_before = earlier.patterns[i].counts[CENSUS_ASKED] > 0;
    return true;
}

static bool count_all(struct patterns_answer *answer, struct compare *ret_common, struct err *err)
{
    *ret_common = (struct compare){0};
    if (!census_add(&answer->census, CENSUS_ASKED, answer->asked.since_us, answer->asked.until_us, err) ||
        !see_before(answer, err))
        return false;
    if (answer->options->compare && !count_others(answer, ret_common, err))
        return false;
    int64_t first_us = begins(&answer->q->select, true);
    ret_common->store_before = first_us != TIME_NONE && first_us < answer->asked.since_us;
    return true;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static int by_count(const void *a, const void *b)
{
    const struct patterns_row *left = a, *right = b;
    if (left->like < right->like || left->like > right->like)
        return left->like < right->like ? 1 : -1;
    if (left->compare.count != right->compare.count)
        return left->compare.count < right->compare.count ? 1 : -1;
    if (left->compare.before != right->compare.before)
        return left->compare.before < right->compare.before ? 1 : -1;
    return (left->pattern > right->pattern) - (left->pattern < right->pattern);
}

/* Those that hold the text when there are any; else the few that are nearest. Then they stand in the order of likeness. */
static void keep_like(struct patterns_answer *answer, struct str text)
{
    struct pattern_set *set = answer->q->patterns;
    struct str template = template_of(text, &answer->arena);
    uint32_t same = pattern_set_of(set, template);
    double least = LIKE_NEAR;
    size_t kept = 0;
    for (size_t i = 0; i < answer->row_count; i++) {
        struct patterns_row *row = &answer->rows[i];
        row->like = row->pattern == same && same < set->none
                        ? LIKE_SAME
                        : like_score(pattern_set_text(set, row->pattern), text, template);
        least = row->like >= LIKE_PART ? LIKE_PART : least;
    }
    for (size_t i = 0; i < answer->row_count; i++)
        if (answer->rows[i].like >= least)
            answer->rows[kept++] = answer->rows[i];
    answer->row_count = kept;
    if (kept > 1)
        qsort(answer->rows, kept, sizeof *answer->rows, by_count);
    answer->only_near = least < LIKE_PART;
    if (answer->only_near && kept > LIKE_ROWS_MAX)
        answer->row_count = LIKE_ROWS_MAX;
}

static void make_rows(struct patterns_answer *answer, const struct compare *common)
{
    const struct patterns_options *options = answer->options;
    uint32_t count = answer->q->patterns->count;
    answer->rows = mem_alloc((count + 1) * sizeof *answer->rows);
    for (uint32_t i = 0; i < count; i++) {
        const struct census_pattern *pattern = &answer->census.patterns[i];
        struct patterns_row row = {.pattern = i, .compare = *common};
        row.compare.count = pattern->counts[CENSUS_ASKED];
        row.compare.before = pattern->counts[CENSUS_BEFORE];
        row.compare.weeks_count = pattern->counts[CENSUS_WEEKS];
        row.compare.seen_before = pattern->seen_before;
        row.flag = compare_flag(&row.compare);
        bool seen = row.compare.count > 0 || row.compare.before > 0;
        if (seen && !(options->only_new && (pattern->seen_before || row.compare.count == 0)))
            answer->rows[answer->row_count++] = row;
    }
    if (options->like)
        keep_like(answer, str_of(options->like));
    else if (answer->row_count > 1)
        qsort(answer->rows, answer->row_count, sizeof *answer->rows, by_count);
}

static bool show(struct patterns_answer *answer, struct err *err)
{
    struct question *q = answer->q;
    for (size_t i = 0; i < answer->row_count; i++)
        q->matched += answer->rows[i].compare.count;
    q->answered = answer->row_count > 0;
    if (q->output.format != RENDER_TABLE)
        return patterns_rows(answer, err);
    patterns_tree(answer);
    return true;
}

static bool answer_counts(struct question *q, const struct patterns_options *options, struct err *err)
{
    SCOPED(patterns_answer) answer = {.q = q, .options = options};
    struct compare common;
    if (!choose_stretches(&answer, err))
        return false;
    census_init(&answer.census, q, options->all_levels);
    if (!count_all(&answer, &common, err))
        return false;
    make_rows(&answer, &common);
    return show(&answer, err);
}

/* ---- The question ------------------------------------------------------------------------------------------------ */

static bool check(const struct patterns_options *options, struct err *err)
{
    bool counts = options->compare || options->only_new || options->like;
    if ((options->lines != NULL) + (options->explain != NULL) + counts > 1)
        return err_set(err, ERR_USAGE, 0,
                       "--lines and --explain exclude each other, and go with none of --compare, --new and --like");
    if (options->like && str_trim(str_of(options->like)).size == 0)
        return err_set(err, ERR_USAGE, 0, "--like wants a message, or words of one");
    return follow_check(&options->select, "patterns", err);
}

static bool read_operands(struct question *q, char **operands, int count, struct err *err)
{
    for (int i = 0; i < count; i++) {
        struct str word = str_of(operands[i]);
        if (!filter_is(word))
            return err_set(err, ERR_USAGE, 0, "'%s' is not FIELD=VALUE; --like TEXT looks for patterns", operands[i]);
        if (!select_add_filter(&q->select, word, q->now_us, err))
            return false;
    }
    return true;
}

static bool answer(struct question *q, const struct patterns_options *options, struct err *err)
{
    if (options->lines)
        return patterns_lines(q, options->all_levels, err);
    if (options->explain)
        return patterns_explain(q, options->explain, err);
    return answer_counts(q, options, err);
}

/* "--lines 5" leaves 5 among the operands. */
static const char *choose_lines(const struct patterns_options *options, char ***operands, int *operand_count)
{
    uint64_t number;
    if (!options->lines || options->select.lines)
        return options->select.lines;
    if (*operand_count > 0 && (str_to_u64(str_of(**operands), &number) || str_equal(str_of(**operands), STR("all")))) {
        --*operand_count;
        return *(*operands)++;
    }
    return options->lines;
}

int patterns_run(const struct cmd *cmd, const struct patterns_options *options, char **operands, int operand_count)
{
    struct err err = {0};
    SCOPED(question) q = {0};
    struct select_options select = options->select;
    select.lines = choose_lines(options, &operands, &operand_count);
    const char *what = options->lines ? "patterns --lines" : options->explain ? "patterns --explain" : "patterns";
    unsigned forms = options->explain ? 1U << RENDER_TABLE | 1U << RENDER_JSON : QUESTION_ROWS;
    if (!question_init(&q, cmd, &select, &options->output, forms, what, &err) || !check(options, &err))
        return question_fail(&q, &err);
    q.asks_pattern = true;
    if (!read_operands(&q, operands, operand_count, &err) ||
        (options->explain && !select_add_pattern(&q.select, options->explain, &err)) ||
        !question_open(&q, &select, &options->output, &err) || !answer(&q, options, &err))
        return question_fail(&q, &err);
    return question_finish(&q, options->all_levels || options->explain ? "record" : "error");
}
