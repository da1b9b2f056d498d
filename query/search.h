/* search: the question behind `winnow search`: matching records listed, with their neighbours, counted, grouped, or
 * over time. */
#ifndef WINNOW_QUERY_SEARCH_H
#define WINNOW_QUERY_SEARCH_H

#include "query/question.h"

enum { SEARCH_CONTEXT_MAX = 10000 };

struct search_options {
    struct select_options select;
    struct output_options output;
    bool count;
    const char *by, *histogram;
    int64_t after, before, around;
};

/* Returns the exit status. */
int search_run(const struct cmd *cmd, const struct search_options *options, char **operands, int operand_count);

/* The forms of it. Each shows its answer and sets q->matched. */
bool search_list(struct question *q, int64_t before, int64_t after, struct err *err);
bool search_count(struct question *q, struct err *err);
bool search_by(struct question *q, const char *by, struct err *err);
bool search_histogram(struct question *q, int64_t step_us, struct err *err);
/* What is wrong with --by before anything is searched. Sets *ret_asks_pattern when one of its names is the pattern. */
bool search_by_check(const char *by, bool *ret_asks_pattern, struct err *err);

#endif
