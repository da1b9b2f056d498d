/* status_text: sizes and ages as `status` shows them to people, and members as it gives them to monitors. Any thread. */
#ifndef WINNOW_QUERY_STATUS_TEXT_H
#define WINNOW_QUERY_STATUS_TEXT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

/* Whole seconds from time_us to now_us; 0 for a time that is none, or still to come. */
uint64_t status_age(int64_t now_us, int64_t time_us);
/* "5 min", in the largest unit of which there are at least two. */
struct str status_age_text(struct arena *arena, uint64_t seconds);
/* "1.2 GiB"; below a KiB the exact number. */
struct str status_size(struct arena *arena, uint64_t bytes);

/* Members of a JSON object: a text, and with a comma in front a number, or a time unless it is none. */
void status_add_text(struct buf *line, const char *key, struct str text);
void status_add_number(struct buf *line, const char *key, uint64_t value);
void status_add_time(struct buf *line, const char *key, int64_t time_us);

#endif
