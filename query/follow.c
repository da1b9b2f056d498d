#include "query/follow.h"

#include <poll.h>

#include "base/stop.h"

struct following {
    struct question *q;
    const struct follow_ask *ask;
};

bool follow_check(const struct select_options *select, const char *what, struct err *err)
{
    return !select->follow || err_set(err, ERR_USAGE, 0, "--follow lists records as they come: not with %s", what);
}

/* Leaves the lines that were not shown yet, and all of the one that had no end. */
static void cut_shown(struct record *rec, size_t shown)
{
    size_t from = shown;
    if (rec->raw.data[from] == '\n')
        from++;
    else
        while (from > 0 && rec->raw.data[from - 1] != '\n')
            from--;
    rec->raw = str_slice(rec->raw, from, rec->raw.size);
    rec->offset += from;
}

static bool show(void *context, struct event *event, bool holds, struct err *err)
{
    const struct following *following = context;
    struct question *q = following->q;
    size_t size;
    (void)holds;
    (void)err;
    bool again = shown_take(&q->shown, event, &size);
    bool pending = event->record.flags & RECORD_TAIL;
    if (again && size == event->record.raw.size) {
        if (pending)
            shown_note(&q->shown, event);
        return !stop_asked();
    }
    if (following->ask->wants && !following->ask->wants(following->ask->context, event))
        return !stop_asked();
    if (again && q->output.format == RENDER_RAW) {
        if (pending)
            shown_note(&q->shown, event);
        event->record.flags &= (uint8_t)~RECORD_TAIL; /* noted as it was before the cut */
        cut_shown(&event->record, size);
    }
    q->matched += !again;
    question_write(q, event);
    return !stop_asked();
}

static bool write_out(struct question *q, struct err *err)
{
    render_flush(q->render);
    return out_flush(&q->output.out, err);
}

/* Shows what has come since the last time. */
static bool look(struct following *following, struct err *err)
{
    struct question *q = following->q;
    struct question_scan scan = {
        .after = q->newest, .visit = show, .context = following, .writes = true, .offsets = true};
    if (!store_last_number(q->store, &q->newest, err))
        return false;
    if (q->newest <= scan.after)
        return true;
    return question_renew(q, err) && question_scan(q, &scan, err) && write_out(q, err);
}

/* False when there is nobody to go on for. */
static bool wait(const struct question *q)
{
    struct pollfd fds[] = {{.fd = stop_fd(), .events = POLLIN}, {.fd = q->output.out.fd}};
    (void)poll(fds, sizeof fds / sizeof *fds, FOLLOW_PACE_MS);
    return !stop_asked() && out_alive(&q->output.out) && !(fds[1].revents & (POLLERR | POLLHUP | POLLNVAL));
}

bool follow(struct question *q, const struct follow_ask *ask, struct err *err)
{
    struct following following = {.q = q, .ask = ask};
    if (!q->select.follow)
        return true;
    if (!stop_install(err))
        return false;
    bool fine = write_out(q, err);
    if (fine)
        question_tell(q);
    while (fine && wait(q))
        fine = look(&following, err);
    stop_restore();
    return fine;
}
