/* facts: questions about the events the store keeps as rows (logins, rate limits, errors): listed one by one, or
 * counted by some of their fields. No scan: only records that a filter needs more of, or that are listed, are read. */
#ifndef WINNOW_QUERY_FACTS_H
#define WINNOW_QUERY_FACTS_H

#include "query/group.h"
#include "query/question.h"

struct facts_ask {
    uint8_t kinds;             /* enum kind bits: any of them */
    const char *by;            /* "user,ip" or NULL: list them */
    const char *const *by_all; /* the names --by takes, NULL-terminated; "pattern" gives pattern rows */
    const char *noun;          /* "failed login" */
    const struct layout *layout;
};

/* Visits the selected facts of the kinds, in record order, until a visit returns false; when that has set err it is a failure.
 * arena is for one visit. */
struct facts_visit {
    uint8_t kinds;
    int64_t since_us, until_us; /* TIME_NONE: open */
    bool (*visit)(void *context, const struct fact_row *fact, const struct store_source *source, struct arena *arena,
                  struct err *err);
    void *context;
};
bool facts_each(struct question *q, const struct facts_visit *visit, struct err *err);

/* Runs the whole question and returns the exit status. */
int facts_run(const struct cmd *cmd, const struct facts_ask *ask, const struct select_options *select,
              const struct output_options *output, char **operands, int operand_count);

#endif
