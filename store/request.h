/* request: requests counted by minute and endpoint, and by hour and user, as the rows of pack have them. Numbers are varints.
 *
 *     minutes     of ten minutes of UTC, for each of its cells, by minute and endpoint:
 *                     minute   step from the cell before; the first from 0
 *                     endpoint step from the cell before, from 0 where the minute is another
 *                     requests, failed, refused
 *                     durations, a packed sketch
 *     users       of an hour: requests of users beyond HOUR_USERS_MAX, then for each user
 *                     requests, size of its name, its name
 *     endpoints   a roll; the place of a text in it is the endpoint's number:
 *                     1 when it stands for others, else 0; service, method, route: each its size + 1 and its bytes, or 0: absent
 *
 * A pending record counts for as long as it is one, so what it would add stays in its row of hot:
 *
 *                     status; service, method, route, user, as above; durations, a packed sketch of one value or none
 *
 * Everything read is checked; what breaks these rules is not readable. */
#ifndef WINNOW_STORE_REQUEST_H
#define WINNOW_STORE_REQUEST_H

#include "base/sketch.h"
#include "store/handle.h"

enum {
    ROW_MINUTES = 10,
    ENDPOINTS_ALL = ENDPOINTS_MAX + ENDPOINTS_OTHER, /* numbers are below it */
    ENDPOINT_TEXT_MAX = 8 << 10,
};

/* ---- Rows of minutes --------------------------------------------------------------------------------------------------- */

struct request_cell {
    uint32_t minute; /* 0 .. ROW_MINUTES - 1 */
    uint32_t endpoint;
    uint64_t requests, failed, refused;
    struct sketch durations_ms;
};

/* Zero-initialised = empty. */
struct request_row {
    struct request_cell *cells;
    size_t count, capacity;
    uint32_t (*places)[ENDPOINTS_ALL]; /* [minute][endpoint]: index into cells + 1, or 0 */
};

void request_row_release(struct request_row *row);
void request_row_reset(struct request_row *row); /* empties, keeps the memory */
struct request_cell *request_row_at(struct request_row *row, uint32_t minute, uint32_t endpoint);
bool request_row_unpack(struct request_row *row, struct str text);
/* Takes the next cell off the front of a row's text: by minute and endpoint, upwards. Zero-initialised for the first. */
struct request_part {
    bool any; /* one was taken */
    uint32_t minute, endpoint;
    uint64_t requests, failed, refused;
    uint64_t timed;       /* of them, with a duration */
    struct str durations; /* packed, as sketch_merge_packed takes them */
};
bool request_part_next(struct request_part *part, struct str *text);
/* When all of it would be longer than out may get, low quantiles give way. */
void request_row_pack(struct request_row *row, struct buf *out);

/* Counts a status and a duration, which is negative when unknown. */
void request_cell_add(struct request_cell *cell, unsigned status, double duration_ms);

/* ---- Rows of users ----------------------------------------------------------------------------------------------------- */

struct user_row {
    struct map users; /* -> requests */
    uint64_t other;
};
void user_row_release(struct user_row *row);
void user_row_add(struct user_row *row, struct str user, uint64_t requests);
bool user_row_unpack(struct user_row *row, struct str text); /* into an empty one */
void user_row_pack(const struct user_row *row, struct buf *out);

/* ---- Endpoints, and pending requests ------------------------------------------------------------------------------------- */

struct endpoint {
    struct batch_endpoint names;
    bool other;
};
void endpoint_pack(const struct endpoint *endpoint, struct buf *out); /* texts are cut */
bool endpoint_unpack(struct str text, struct endpoint *ret);

struct pending_request {
    struct batch_endpoint endpoint;
    struct str user;
    unsigned status;
    double duration_ms; /* negative: unknown */
};
void pending_request_pack(const struct pending_request *request, struct buf *out);
bool pending_request_unpack(struct str text, struct pending_request *ret);

/* ---- Numbers of rows ----------------------------------------------------------------------------------------------------- */

/* Of the times that a row is of: `span` microseconds from a multiple of it on. Row 0 is of no time. */
#define MINUTES_SPAN (ROW_MINUTES * TIME_MINUTE)
#define USERS_SPAN (60 * TIME_MINUTE)
int64_t request_row_number(int64_t time_us, int64_t span);
/* When the row begins; TIME_NONE for row 0 and for those that no time is in. */
int64_t request_row_time(int64_t number, int64_t span);

/* ---- Part of a commit ----------------------------------------------------------------------------------------------------- */

/* Counts the requests of the batch's records that are not pending. */
bool request_count_batch(struct store *store, const struct batch *batch, struct err *err);
/* After a rollback; and of a store that is closed. */
void request_forget(struct store *store);
void request_release(struct store *store);
/* What the row of hot of a pending record has to keep; appends nothing when the record is no request. */
void request_keep_pending(const struct batch *batch, uint32_t record, struct buf *out);
/* Part of a prune: minutes and hours that end before the oldest record there is. */
bool request_prune(struct store *store, struct err *err);

#endif
