/* patterns: the question behind `winnow patterns`: how often each pattern was seen, since when, and what changed.
 *
 *     patterns_run ─▶ census (census.h) of the stretch asked about, and of those it is compared with ─▶ rows ─▶ tree, or rows of
 *                  │                                                                      json, csv, md
 *                  ├▶ patterns_lines: a row for each record
 *                  └▶ patterns_explain: one pattern, with the values its variables take */
#ifndef WINNOW_QUERY_PATTERNS_H
#define WINNOW_QUERY_PATTERNS_H

#include "query/stretch.h"
#include "query/census.h"

struct patterns_options {
    struct select_options select;
    struct output_options output;
    bool all_levels, only_new;
    const char *lines; /* how many; NULL: no lines */
    const char *like, *explain, *compare;
};

/* Returns the exit status. */
int patterns_run(const struct cmd *cmd, const struct patterns_options *options, char **operands, int operand_count);

/* A pattern of the answer. */
struct patterns_row {
    uint32_t pattern;
    struct compare compare;
    enum compare_flag flag;
    double like; /* like_score */
};

struct patterns_answer {
    struct question *q;
    const struct patterns_options *options;
    struct census census;
    struct stretch asked, before; /* TIME_NONE: open, not compared */
    struct patterns_row *rows;    /* most frequent first */
    size_t row_count;
    bool only_near; /* none has the text of --like: the rows are those nearest */
    struct arena arena;
};

/* The forms. Each shows its answer; lines and explain set q->matched. */
void patterns_tree(struct patterns_answer *answer);
bool patterns_rows(struct patterns_answer *answer, struct err *err);
bool patterns_lines(struct question *q, bool all_levels, struct err *err);
bool patterns_explain(struct question *q, const char *id, struct err *err);

#endif
