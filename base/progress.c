#include "base/progress.h"

#include <time.h>
#include <unistd.h>

#include "base/amount.h"
#include "base/buf.h"
#include "base/io.h"
#include "base/log.h"
#include "base/must.h"
#include "base/scope.h"

enum { REDRAW_US = 100000, LINE_MAX_BYTES = 1024 };

static struct progress *current;

static int64_t monotonic_us(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void clear(void)
{
    if (current == NULL || !current->drawn)
        return;
    (void)io_write_all(STDERR_FILENO, STR("\r\x1b[K"), NULL);
    current->drawn = false;
    current->drawn_us = 0;
}

void progress_begin(struct progress *progress, bool shown, uint64_t total_bytes)
{
    must(current == NULL);
    *progress = (struct progress){.shown = shown, .total_bytes = total_bytes, .begin_us = monotonic_us()};
    current = progress;
    log_set_before(clear);
}

void progress_end(struct progress *progress)
{
    must(current == progress);
    clear();
    log_set_before(NULL);
    current = NULL;
}

static void add_duration(struct buf *line, double seconds)
{
    uint64_t whole = (uint64_t)(seconds + 0.5);
    if (whole >= 3600)
        buf_printf(line, " · %llu:%02llu:%02llu left", (unsigned long long)(whole / 3600),
                   (unsigned long long)(whole / 60 % 60), (unsigned long long)(whole % 60));
    else
        buf_printf(line, " · %llu:%02llu left", (unsigned long long)(whole / 60), (unsigned long long)(whole % 60));
}

/* The end of the name, which tells files apart, in at most columns. What is not printable ASCII becomes '?'. */
static void add_name(struct buf *line, struct str name, size_t columns)
{
    if (columns < 8)
        return;
    buf_add_text(line, " · ");
    columns -= 3;
    if (name.size > columns) {
        buf_add_text(line, "…");
        name = str_slice(name, name.size - (columns - 1), name.size);
    }
    for (size_t i = 0; i < name.size; i++)
        buf_add_char(line, name.data[i] >= ' ' && name.data[i] <= '~' ? name.data[i] : '?');
}

static size_t columns_of(const struct buf *line)
{
    size_t columns = 0;
    for (size_t i = 0; i < line->size; i++)
        columns += ((unsigned char)line->data[i] & 0xc0) != 0x80;
    return columns;
}

void progress_line(struct buf *line, unsigned width, uint64_t done, uint64_t total, uint64_t read, double seconds,
                   struct str name)
{
    char text[AMOUNT_TEXT_MAX];
    buf_add_text(line, amount_size((double)done, text));
    if (total > 0) {
        if (done > total)
            total = done; /* files grow while they are read */
        buf_printf(line, " of %s", amount_size((double)total, text));
        buf_printf(line, " · %u%%", (unsigned)((double)done * 100.0 / (double)total));
    }
    double rate = seconds > 0 ? (double)read / seconds : 0;
    if (rate > 0) {
        buf_printf(line, " · %s/s", amount_size(rate, text));
        if (total > done)
            add_duration(line, (double)(total - done) / rate);
    }
    size_t columns = columns_of(line);
    if (columns < width)
        add_name(line, name, width - columns);
}

void progress_show(struct progress *progress, const char *name, uint64_t taken, uint64_t passed)
{
    if (!progress->shown)
        return;
    int64_t now = monotonic_us();
    if (now - progress->drawn_us < REDRAW_US)
        return;
    uint64_t done = progress->done_bytes + taken;
    uint64_t not_read = progress->passed_bytes + passed;
    SCOPED(buf) line = BUF(LINE_MAX_BYTES);
    buf_add_text(&line, "\r");
    unsigned width = io_terminal_width(STDERR_FILENO);
    progress_line(&line, width > 1 ? width - 1 : 1, done, progress->total_bytes, done > not_read ? done - not_read : 0,
                  (double)(now - progress->begin_us) / 1e6, str_of(name));
    buf_add_text(&line, "\x1b[K");
    (void)io_write_all(STDERR_FILENO, buf_str(&line), NULL);
    progress->drawn = true;
    progress->drawn_us = now;
}

void progress_next(struct progress *progress, uint64_t size, uint64_t passed)
{
    progress->done_bytes += size;
    progress->passed_bytes += passed < size ? passed : size;
}
