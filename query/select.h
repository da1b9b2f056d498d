/* select: which records a question is about: the options "Choosing lines" and the FIELD=VALUE words.
 *
 *     sources ─▶ time range ─▶ (scan: needs) ─▶ level ─▶ -g on the raw line ─▶ stored columns ─▶ analyzed fields
 *
 * A select belongs to one thread; its sources live in the arena it was made with. */
#ifndef WINNOW_QUERY_SELECT_H
#define WINNOW_QUERY_SELECT_H

#include "base/opt.h"
#include "query/address.h"
#include "query/stored_patterns.h"

struct select_options {
    const char *store, *fields;
    const char *since, *until, *lines, *level;
    bool reverse, follow, strict;
    struct opt_list units, services, users, addresses, sources, greps, patterns;
};
extern const struct opt select_rows[];

enum { SELECT_FILTERS_MAX = 4096, SELECT_FOLLOW_LINES = 10 };

struct select {
    int64_t since_us, until_us; /* TIME_NONE = open */
    uint64_t lines_max;         /* UINT64_MAX = all */
    bool reverse, follow, strict;
    enum level level; /* that or worse; LEVEL_UNKNOWN = any */
    struct filter *filters;
    size_t filter_count;
    bool offsets;             /* one of them asks for the offset */
    struct address_net *nets; /* any of them */
    size_t net_count;
    struct re **greps; /* all of them */
    size_t grep_count;
    struct scan_need *needs; /* what every matching raw line holds, in words */
    size_t need_count;
    const char **missing; /* --source operands that name nothing stored */
    size_t missing_count;
    struct store_source *sources; /* the chosen ones, by id, in the arena */
    size_t source_count;
    const struct source_state
        *behind; /* partitions that chosen sources come from, and that have messages not stored yet */
    size_t behind_count;
    bool all_sources; /* all there are */
    int64_t *source_ids;
    struct arena words;   /* values made from options */
    struct arena needles; /* of needs */
};

void select_release(struct select *select);
/* Everything but the sources. The options and words must outlive the select. */
bool select_init(struct select *select, const struct select_options *options, int64_t now_us, struct err *err);
/* One more FIELD=VALUE word, or one more regex every raw line must match. */
bool select_add_filter(struct select *select, struct str word, int64_t now_us, struct err *err);
bool select_add_grep(struct select *select, struct str pattern, struct err *err);
/* As --pattern does. */
bool select_add_pattern(struct select *select, const char *id, struct err *err);
/* Chooses among all sources; copies what it keeps into arena. Again when there are others. */
void select_sources(struct select *select, const struct opt_list *wanted, const struct store_source *all, size_t count,
                    struct arena *arena);
/* True when the operand of --source names this source: the whole name by glob, its end behind a '/', or a path to
 * it. */
bool select_source_is(const char *operand, struct str name);
/* The chosen source of that id, or NULL. */
const struct store_source *select_source(const struct select *select, int64_t id);

/* True when a filter asks for the pattern: then select_use_patterns before anything is asked, and before select_prepare. */
bool select_asks_pattern(const struct select *select);
/* Again when the set has changed. Appends a line, safe for a terminal, for each id that nobody knows. */
bool select_use_patterns(struct select *select, struct stored_patterns *patterns, struct pattern_memo *memo,
                         struct buf *ret_lines, struct err *err);

/* True when the event is in the selection (time and source are the store's part). */
bool select_holds(struct select *select, struct event *event);
/* The part of --ip. */
bool select_nets_hold(const struct select *select, struct event *event);
/* Ready for scanning: finds out the needs, when all filters and the sources are known. Again when there are other sources. */
void select_prepare(struct select *select);
/* What is known without the text: false when the record is not in the selection. Any thread. */
bool select_may_hold(const struct select *select, const struct record *rec);
/* False when that is always true. */
bool select_asks_stored(const struct select *select);
/* True when select_may_hold decides. */
bool select_is_textless(const struct select *select);
/* The same from a fact row, without -g. *ret_known is false when the record itself must be asked. */
bool select_holds_fact(const struct select *select, const struct fact_row *fact, const struct store_source *source,
                       struct arena *arena, bool *ret_known);
/* Matches given up because a regex ran into PCRE2's limits. */
uint64_t select_limit_hits(const struct select *select);

#endif
