/* output: where an answer goes: standard output or a pager in front of it, in which form, colour and zone. */
#ifndef WINNOW_QUERY_OUTPUT_H
#define WINNOW_QUERY_OUTPUT_H

#include "base/opt.h"
#include "query/pager.h"
#include "query/render.h"

struct output_options {
    const char *format, *color, *timezone;
    bool utc, no_pager;
};
extern const struct opt output_rows[];      /* the form of answers made of rows */
extern const struct opt output_look_rows[]; /* zone, colour and pager, of any answer */

struct output {
    struct out out;
    struct pager pager;
    enum render_format format;
    bool color;      /* of standard output */
    bool note_color; /* of standard error */
    unsigned width;  /* as render_ask.width */
    bool opened;
};

/* The zone of what is read and printed; before any time is parsed. */
bool output_set_zone(const struct output_options *options, struct err *err);
/* The form asked for, which must be one of formats (bits 1 << enum render_format); `what` names the answer in the
 * message when it has no such form. */
bool output_choose(struct output *output, const struct output_options *options, unsigned formats, const char *what,
                   struct err *err);
/* Starts the pager when there is a reader for it, and the answer has an end. */
void output_open(struct output *output, const struct output_options *options, bool endless);
/* Flushes and waits for the pager. A reader that left early is no failure. Safe to call again. */
bool output_close(struct output *output, struct err *err);

#endif
