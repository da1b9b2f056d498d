#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "ingest/output_read.h"
#include "ingest/service.h"

#define BACKOFF_MIN_US INT64_C(100000)
#define BACKOFF_BLOCKED_US INT64_C(1000000)
#define BACKOFF_MAX_US INT64_C(30000000)
#define NOTE_US TIME_MINUTE
#define STOP_READ_US INT64_C(1000000) /* after a stop, more is read no longer than this */

enum {
    TURN_RECORDS = 1024,   /* between two polls */
    SLICE_RECORDS = 20000, /* of a transaction, */
    SLICE_BYTES = 8 << 20, /* or so many bytes */
};

/* ---- Trouble ----------------------------------------------------------------------------------------------------------------- */

/* Of one trouble the texts may alternate, by broker and by what was tried: it is told once, and its text kept for NOTE_US. */
static void note_error(struct output_sender *sender, enum output_state state, int code, const struct err *err)
{
    struct output_progress *progress = &sender->progress;
    if (sender->trouble == OUTPUT_BLOCKED && state == OUTPUT_WAITING)
        return; /* what passes by itself does not end it */
    size_t size = strlen(err->text);
    size = size < sizeof progress->error - 1 ? size : sizeof progress->error - 1;
    bool same = sender->trouble == state && sender->trouble_code == code &&
                (code != 0 || strncmp(progress->error, err->text, size) == 0);
    if (same && clock_now_us() - progress->error_us < NOTE_US)
        return;
    memcpy(progress->error, err->text, size);
    progress->error[size] = '\0';
    progress->error_us = clock_now_us();
    sender->trouble = state;
    sender->trouble_code = code;
    if (!same)
        LOG_EVENT(LEVEL_WARNING, state == OUTPUT_BLOCKED ? "an output is blocked" : "an output waits",
                  log_str("output", sender->output->name), log_text("why", progress->error));
}

/* Waits longer each time, until something was delivered in between. */
static void back_off(struct output_sender *sender, enum output_state state, int code, const struct err *err)
{
    int64_t least_us = state == OUTPUT_BLOCKED ? BACKOFF_BLOCKED_US : BACKOFF_MIN_US;
    bool progress = sender->ring.position != sender->backoff_position;
    sender->backoff_us = progress ? least_us : 2 * sender->backoff_us;
    sender->backoff_us = sender->backoff_us < least_us ? least_us : sender->backoff_us;
    sender->backoff_us = sender->backoff_us > BACKOFF_MAX_US ? BACKOFF_MAX_US : sender->backoff_us;
    sender->backoff_position = sender->ring.position;
    sender->retry_us = service_now_us() + sender->backoff_us;
    if (progress)
        sender->trouble = OUTPUT_STARTING;
    note_error(sender, state, code, err);
}

/* Everything behind the position is read again. */
static void start_over(struct output_sender *sender)
{
    kafka_producer_free(sender->producer);
    sender->producer = NULL;
    sender->reached = sender->transaction = sender->committing = false;
    sender->slice_records = sender->slice_bytes = 0;
    sender->holds = false;
    output_read_drop(sender);
    if (sender->output->group != NULL) { /* what is acknowledged is not committed */
        sender->ring.position = sender->committed;
        sender->ring.delivered = sender->committed_delivered;
    }
    output_ring_reset(&sender->ring);
    must(pthread_mutex_lock(&sender->output->mutex) == 0);
    output_aheads_drop(&sender->output->aheads);
    must(pthread_mutex_unlock(&sender->output->mutex) == 0);
    output_pendings_again(&sender->pendings);
}

static void store_failed(struct output_sender *sender, const struct err *err)
{
    start_over(sender);
    output_message_free(sender->message);
    sender->message = NULL;
    store_free(sender->store);
    sender->store = NULL;
    back_off(sender, OUTPUT_WAITING, 0, err);
}

/* ---- What is acknowledged ------------------------------------------------------------------------------------------------------ */

static void note_delivered(void *context, uint64_t token)
{
    struct output_sender *sender = context;
    output_ring_done(&sender->ring, token);
}

static void take_delivered(struct output_sender *sender)
{
    struct output_slot slot;
    uint64_t token;
    while (output_ring_take(&sender->ring, &slot, &token)) {
        if (!slot.ahead)
            continue;
        must(pthread_mutex_lock(&sender->output->mutex) == 0);
        output_aheads_delivered(&sender->output->aheads, token);
        must(pthread_mutex_unlock(&sender->output->mutex) == 0);
    }
}

/* Smaller messages at once, unless they are as small as they get. */
static void make_smaller(struct output_sender *sender, size_t bytes_max, const struct err *err)
{
    sender->bytes_max = bytes_max / 2;
    if (sender->bytes_max < KAFKA_MESSAGE_MIN) {
        sender->bytes_max = KAFKA_MESSAGE_MIN;
        back_off(sender, OUTPUT_BLOCKED, 0, err);
        return;
    }
    LOG_EVENT(LEVEL_NOTICE, "messages are made smaller", log_str("output", sender->output->name),
              log_number("bytes_max", (int64_t)sender->bytes_max), log_text("why", err->text));
}

/* True when the producer is of no use any more, and gone. */
static bool look_after_producer(struct output_sender *sender)
{
    struct err err;
    kafka_producer_poll(sender->producer);
    take_delivered(sender);
    if (kafka_producer_trouble(sender->producer, &err) == KAFKA_FINE)
        return false;
    enum kafka_trouble trouble = kafka_producer_settle(sender->producer, &err);
    take_delivered(sender);
    size_t bytes_max = kafka_producer_bytes_max(sender->producer);
    int code = kafka_producer_code(sender->producer);
    start_over(sender);
    if (trouble == KAFKA_TOO_LARGE)
        make_smaller(sender, bytes_max, &err);
    else
        back_off(sender, trouble == KAFKA_BLOCKED ? OUTPUT_BLOCKED : OUTPUT_WAITING, code, &err);
    return true;
}

/* ---- Getting ready --------------------------------------------------------------------------------------------------------------- */

static bool open_store(struct output_sender *sender)
{
    struct err err;
    struct output *output = sender->output;
    sender->store = store_open(output->store_path, STORE_READ, &err);
    if (sender->store != NULL)
        sender->message =
            output_message_new(sender->store, output->fields, &output->config, output->agent, output->host, &err);
    if (sender->message != NULL)
        return true;
    store_failed(sender, &err);
    return false;
}

static bool make_producer(struct output_sender *sender)
{
    struct err err;
    const struct kafka_producer_ask ask = {
        .config = &sender->output->config,
        .transactional_id = sender->output->group,
        .message_bytes_max = sender->bytes_max,
        .wake = sender->output->wake,
        .delivered = note_delivered,
        .context = sender,
    };
    sender->producer = kafka_producer_new(&ask, &err);
    if (sender->producer == NULL)
        back_off(sender, OUTPUT_BLOCKED, 0, &err);
    return sender->producer != NULL;
}

/* What transactions have committed counts, too: the store may not have heard of the last of them. */
static bool take_committed(struct output_sender *sender, struct err *err)
{
    uint64_t position, last;
    if (sender->output->group == NULL)
        return true;
    if (!kafka_producer_committed(sender->producer, sender->output->group, &position, err) ||
        !store_last_number(sender->store, &last, err))
        return false;
    if (position > last) { /* of a store that had more in it */
        LOG_EVENT(LEVEL_WARNING, "the group's offset is behind the store's end",
                  log_str("output", sender->output->name), log_number("offset", (int64_t)position),
                  log_number("end", (int64_t)last));
        position = last;
    }
    output_ring_pass(&sender->ring, position);
    sender->committed = sender->ring.position;
    if (sender->tried == position && position > 0)
        sender->ring.delivered = sender->committed_delivered = sender->tried_delivered;
    return true;
}

static void reach(struct output_sender *sender)
{
    struct err err;
    enum kafka_trouble trouble = kafka_producer_reach(sender->producer, &err);
    if (trouble == KAFKA_FINE && !take_committed(sender, &err))
        trouble = KAFKA_AGAIN;
    if (trouble == KAFKA_FINE) {
        sender->reached = true;
        sender->ring.bytes_max = kafka_producer_window(sender->producer);
        return;
    }
    struct err ignored;
    int code = kafka_producer_code(sender->producer);
    if (kafka_producer_trouble(sender->producer, &ignored) != KAFKA_FINE)
        start_over(sender);
    back_off(sender, trouble == KAFKA_BLOCKED ? OUTPUT_BLOCKED : OUTPUT_WAITING, code, &err);
}

/* ---- Putting ----------------------------------------------------------------------------------------------------------------------- */

static void push_record(struct output_sender *sender)
{
    const struct scan_record *rec = &sender->rec;
    sender->token = output_ring_push(&sender->ring, rec->number, sender->parts, output_message_bytes(sender->message),
                                     sender->ahead);
    sender->slice_records++;
    sender->slice_bytes += rec->record.raw.size;
    if (!sender->ahead)
        return;
    must(pthread_mutex_lock(&sender->output->mutex) == 0);
    output_aheads_add(&sender->output->aheads, rec, output_message_key(sender->message), sender->token);
    must(pthread_mutex_unlock(&sender->output->mutex) == 0);
}

static bool begin_transaction(struct output_sender *sender)
{
    if (sender->output->group == NULL || sender->transaction)
        return true;
    sender->transaction = kafka_producer_begin(sender->producer);
    return sender->transaction;
}

/* What is left of the record at hand goes to the producer. False: later. */
static bool put_record(struct output_sender *sender)
{
    if (!sender->begun && (output_ring_is_full(&sender->ring) || !begin_transaction(sender)))
        return false;
    if (!sender->begun)
        push_record(sender);
    sender->begun = true;
    while (sender->part < sender->parts) {
        struct kafka_message message;
        output_message_part(sender->message, sender->part, &message);
        message.token = sender->token;
        enum kafka_put result = kafka_producer_put(sender->producer, &message);
        if (result != KAFKA_PUT_DONE)
            return false;
        sender->part++;
    }
    sender->holds = false;
    return true;
}

static void too_small(struct output_sender *sender)
{
    struct err err;
    size_t bytes_max = kafka_producer_bytes_max(sender->producer);
    err_set(&err, ERR_LIMIT, 0, "a message may be %zu bytes, which is too little for the headers of a record of '%.*s'",
            bytes_max, STR_ARG(str_slice(output_message_source(sender->message), 0, 100)));
    start_over(sender);
    back_off(sender, OUTPUT_BLOCKED, 0, &err);
}

static bool has_slice(const struct output_sender *sender)
{
    return sender->transaction && (sender->slice_records >= SLICE_RECORDS || sender->slice_bytes >= SLICE_BYTES);
}

/* Some records. False when there is nothing to do now. */
static bool send_some(struct output_sender *sender)
{
    struct err err;
    for (int i = 0; i < TURN_RECORDS; i++) {
        if (sender->holds && sender->parts == 0) {
            too_small(sender);
            return false;
        }
        if ((sender->holds && !put_record(sender)) || has_slice(sender))
            return false;
        int found = output_read_next(sender, &err);
        if (found == 0)
            found = output_read_pending(sender, &err);
        if (found < 0)
            store_failed(sender, &err);
        if (found <= 0)
            return false;
    }
    return true;
}

/* ---- Transactions -------------------------------------------------------------------------------------------------------------------- */

/* One ends when it has enough records, or there are no more now; then all of them are waited for. True: there is more to do. */
static bool tend_transaction(struct output_sender *sender, bool more)
{
    if (!sender->transaction) {
        if (output_ring_is_empty(&sender->ring))
            sender->committed = sender->ring.position;
        return more;
    }
    sender->committing = sender->committing || ((has_slice(sender) || !more) && !sender->holds);
    if (!sender->committing)
        return more;
    if (!output_ring_is_empty(&sender->ring))
        return false;
    sender->committing = sender->transaction = false;
    sender->slice_records = sender->slice_bytes = 0;
    sender->tried = sender->ring.seen;
    sender->tried_delivered = sender->ring.delivered;
    if (kafka_producer_commit(sender->producer, sender->output->group, sender->ring.seen)) {
        sender->committed = sender->tried;
        sender->committed_delivered = sender->tried_delivered;
    }
    return true;
}

/* ---- The loop ------------------------------------------------------------------------------------------------------------------------ */

/* True: there is more to do at once. */
static bool work(struct output_sender *sender, bool reads)
{
    if (look_after_producer(sender))
        return true;
    bool more = reads && !sender->committing && send_some(sender);
    return sender->reached ? tend_transaction(sender, more) : false;
}

/* The next step on the way to delivering, or of it. */
static bool step(struct output_sender *sender, bool reads)
{
    if (service_now_us() < sender->retry_us)
        return false;
    if (sender->store == NULL)
        return open_store(sender);
    if (sender->producer == NULL)
        return make_producer(sender);
    if (!sender->reached) {
        reach(sender);
        return sender->reached;
    }
    return work(sender, reads);
}

static bool is_idle(const struct output_sender *sender)
{
    return sender->reached && sender->caught_up && !sender->holds && !sender->transaction &&
           output_ring_is_empty(&sender->ring);
}

static enum output_state state_of(struct output_sender *sender)
{
    struct err err;
    bool blocked;
    if (!sender->reached)
        return sender->trouble != OUTPUT_STARTING ? sender->trouble : OUTPUT_STARTING;
    if (is_idle(sender)) {
        sender->progress.caught_up_us = clock_now_us();
        sender->trouble = OUTPUT_STARTING;
        return OUTPUT_IDLE;
    }
    if (kafka_producer_complaint(sender->producer, &blocked, &err)) {
        note_error(sender, blocked ? OUTPUT_BLOCKED : OUTPUT_WAITING, kafka_producer_code(sender->producer), &err);
        return sender->trouble;
    }
    if (sender->ring.position != sender->backoff_position)
        sender->trouble = OUTPUT_STARTING;
    return sender->trouble != OUTPUT_STARTING ? sender->trouble : OUTPUT_DELIVERING;
}

static void publish(struct output_sender *sender, enum output_state state)
{
    struct output_progress *progress = &sender->progress;
    bool transactional = sender->output->group != NULL;
    progress->state = state;
    progress->position = transactional ? sender->committed : sender->ring.position;
    progress->delivered = sender->output->delivered_before;
    progress->delivered += transactional ? sender->committed_delivered : sender->ring.delivered;
    output_publish(sender->output, progress);
}

/* Until something is committed, acknowledged or due. */
static void wait_for_work(struct output_sender *sender)
{
    uint64_t ignored;
    int64_t now_us = service_now_us(), until_us = now_us + TIME_SECOND;
    if (sender->retry_us > now_us && sender->retry_us < until_us)
        until_us = sender->retry_us;
    bool looks_for_pending = sender->reached && sender->caught_up && !sender->holds && sender->output->group == NULL;
    if (looks_for_pending && sender->pendings.due_us < until_us)
        until_us = sender->pendings.due_us;
    struct pollfd fd = {.fd = sender->output->wake, .events = POLLIN};
    int timeout_ms = until_us > now_us ? (int)((until_us - now_us + 999) / 1000) : 0;
    if (poll(&fd, 1, timeout_ms) > 0 && read(fd.fd, &ignored, sizeof ignored) < 0)
        must(errno == EAGAIN || errno == EINTR);
}

/* After a stop: whether nothing more can be done in time. */
static bool may_end(const struct output_sender *sender, int64_t since_us)
{
    int64_t late_us = service_now_us() - since_us;
    if (!sender->reached || late_us >= OUTPUT_FLUSH_US)
        return true;
    if (late_us >= STOP_READ_US &&
        (sender->progress.state == OUTPUT_WAITING || sender->progress.state == OUTPUT_BLOCKED))
        return true;
    return output_ring_is_empty(&sender->ring) && !sender->transaction && (is_idle(sender) || late_us >= STOP_READ_US);
}

static void send_all(struct output_sender *sender)
{
    struct output *output = sender->output;
    for (;;) {
        int64_t stop_us = output->stop_us;
        bool reads = stop_us == 0 || service_now_us() - stop_us < STOP_READ_US;
        bool more = step(sender, reads);
        publish(sender, state_of(sender));
        if (stop_us != 0 && !more && may_end(sender, stop_us))
            return;
        if (!more)
            wait_for_work(sender);
    }
}

void *output_run(void *context)
{
    struct output *output = context;
    struct output_sender sender = {
        .output = output,
        .progress = output->progress,
        .committed = output->position,
        .backoff_position = output->position,
    };
    output_ring_init(&sender.ring, output->position);
    send_all(&sender);
    publish(&sender, OUTPUT_STOPPED);
    kafka_producer_free(sender.producer);
    scan_free(sender.scan);
    output_message_free(sender.message);
    store_free(sender.store);
    output_pendings_release(&sender.pendings);
    output_ring_release(&sender.ring);
    output->over = true;
    output_owner_wake(output);
    return NULL;
}
