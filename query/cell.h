/* cell: the cells that several questions show in their tables. */
#ifndef WINNOW_QUERY_CELL_H
#define WINNOW_QUERY_CELL_H

#include "query/render.h"

struct cell cell_time(const struct event *event);
struct cell cell_level(const struct event *event);
struct cell cell_field(struct event *event, enum field field);
/* Where it comes from, in a word: its service, else its logger, else its host, else the last part of its source. */
struct cell cell_origin(struct event *event);
/* event_text, dim when the event only stands beside a match. */
struct cell cell_text(struct event *event);

#endif
