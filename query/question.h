/* question: what all questions share, from the options to the exit status.
 *
 *     question_init ─▶ (the command adds its operands) ─▶ question_open ─▶ question_scan, ... ─▶ question_finish
 *         options         select_add_filter, ...             store, output    records to render    notes, status
 *                                                                                  └─▶ follow (follow.h) ─▶ ┘
 *
 * SCOPED(question) releases everything on every path. One thread. */
#ifndef WINNOW_QUERY_QUESTION_H
#define WINNOW_QUERY_QUESTION_H

#include "base/cmd.h"
#include "query/cover.h"
#include "query/hits.h"
#include "query/kept.h"
#include "query/judge.h"
#include "query/output.h"
#include "query/select.h"
#include "query/shown.h"

/* How a record becomes a row of a table. */
struct layout {
    const struct column *columns;
    size_t column_count;
    bool headless;
    void (*fill)(void *context, struct event *event, struct cell *cells); /* cells are zeroed */
    void *context;
};

struct question {
    const struct cmd *cmd;
    int64_t now_us;
    struct select select;
    struct output output;
    struct store *store;
    struct field_table *fields;
    bool own_fields; /* the user's are among them: records may mean other things than they were stored as */
    struct analyzer *analyzer;
    bool asks_pattern; /* set before question_open: the answer tells patterns; a filter or a form of records may, too */
    struct stored_patterns *stored_patterns; /* NULL unless so, */
    struct pattern_set *patterns;            /* and their set */
    struct pattern_memo pattern_memo;
    struct render *render;
    struct layout layout;
    const struct opt_list *wanted; /* names of sources, of the options */
    struct arena sources;          /* select's */
    struct arena arena;            /* lives as long as the question */
    struct arena scratch;          /* one event */
    struct cover_loss loss;
    struct buf notes;   /* lines to tell with what the answer covers, safe for a terminal */
    bool told;          /* what the answer covers was told, */
    enum cover cover;   /* and is this */
    uint64_t matched;   /* shown in the footer; none: the status is CMD_NOTHING, */
    bool answered;      /* unless there was something to tell all the same */
    uint64_t newest;    /* records with a higher number are none of it (yet); UINT64_MAX unless it follows */
    struct kept kept;   /* pending records that were found */
    struct shown shown; /* when it follows */
};

enum { /* forms an answer can have */
       QUESTION_ROWS = 1 << RENDER_TABLE | 1 << RENDER_JSON | 1 << RENDER_CSV | 1 << RENDER_MD,
       QUESTION_EVENTS = 1 << RENDER_TABLE | 1 << RENDER_JSON | 1 << RENDER_CSV | 1 << RENDER_RAW,
};

void question_release(struct question *q);
/* Zone, form (of `forms`, for an answer called `what`) and selection. *q is zeroed before. */
bool question_init(struct question *q, const struct cmd *cmd, const struct select_options *select,
                   const struct output_options *output, unsigned forms, const char *what, struct err *err);
/* The subject of a name, when the question is open. */
struct subject question_subject(struct question *q, struct str name);
/* Store, sources, patterns if need be, analyzer and output. */
bool question_open(struct question *q, const struct select_options *select, const struct output_options *output,
                   struct err *err);
/* Chooses among the sources there are now. Earlier ones are gone. */
bool question_read_sources(struct question *q, struct err *err);

/* The same, and what patterns the filters mean now, for an answer that goes on. */
bool question_renew(struct question *q, struct err *err);

/* Makes the render: for events (layout tells their table) or for rows of the columns. */
void question_show_events(struct question *q, const struct layout *layout);
void question_show_rows(struct question *q, const struct column *columns, size_t count);

/* A visit returns false to stop; when it has set err (kind is not ERR_NONE) that is a failure. */
struct question_scan {
    struct str word, literal; /* as scan_ask */
    uint64_t after;           /* the same */
    bool (*visit)(void *context, struct event *event, bool holds, struct err *err);
    void *context;
    /* Not NULL: the newest blocks come first, in record order each; asked before each block with the latest time that what is
     * to come may have (TIME_NONE: it has none); true ends the scan. */
    bool (*enough)(void *context, int64_t left_us);
    const struct judge_ask
        *total;      /* way, keys and take: who counts takes of a block what is sure, and visits the rest; or NULL */
    bool everything; /* visit also what is in range and does not hold */
    bool textless;   /* the visit looks at no text of the record */
    bool writes;     /* the visit writes the record */
    bool offsets;    /* the visit looks at its offset, whatever it writes */
    bool index_used; /* set: the id index pruned the scan */
};
/* Visits the selected records in record order. */
bool question_scan(struct question *q, struct question_scan *scan, struct err *err);
/* One record by number: 1; 0 when it cannot be read any more, which is counted; -1 on failure. Valid until the next. */
int question_fetch(struct question *q, uint64_t number, struct event *ret, struct err *err);
/* The same for one that may be gone, as the example of a count that outlives it: that is counted nowhere. */
int question_fetch_if_there(struct question *q, uint64_t number, struct event *ret, struct err *err);
/* Visits the hits in their order. Those that cannot be read any more are taken out of hits and of q->matched, once
 * question_sort has counted them there. */
bool question_each(struct question *q, struct hits *hits,
                   bool (*visit)(void *context, struct event *event, struct err *err), void *context, struct err *err);
/* Writes one event as the render wants it. */
void question_write(struct question *q, struct event *event);
/* Orders the hits, applies -n and -r. */
void question_sort(struct question *q, struct hits *hits, enum hits_order order);
/* Writes all hits in order, "--" between groups when `apart`. False only on failure. */
bool question_write_hits(struct question *q, struct hits *hits, bool apart, struct err *err);
struct hit question_hit(const struct event *event);

/* The path of the store, from the option and the environment, opened for reading. NULL on failure. */
struct store *question_open_store(const char *option, struct err *err);
/* Tells what the answer covers, as far as it has come. */
void question_tell(struct question *q);
/* After a failure: closes the output, tells why, returns the status. */
int question_fail(struct question *q, const struct err *err);
/* Closes the output, tells what the answer covers, or lost since that was told, returns the status. noun is what was counted,
 * in the singular. */
int question_finish(struct question *q, const char *noun);

#endif
