#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/scope.h"
#include "base/str.h"

enum { LOG_TEXT_MAX = 4096, LOG_EVENT_MAX = 1 << 20 };

static _Atomic(void (*)(void)) before_line;
static bool structured, to_journal;

void log_set_before(void (*before)(void))
{
    atomic_store(&before_line, before);
}

static bool is_control(uint32_t point)
{
    return (point < 0x20 && point != '\t') || (point >= 0x7f && point < 0xa0);
}

/* Writes text to out with every byte a terminal could obey as \xNN; out holds 4 bytes per byte of text. */
static size_t escape(struct str text, char *out)
{
    static const char hex[] = "0123456789abcdef";
    size_t written = 0;
    while (text.size > 0) {
        uint32_t point;
        size_t size = utf8_decode(text, &point);
        bool plain = size > 0 && !is_control(point);
        if (size == 0)
            size = 1;
        for (size_t i = 0; i < size; i++) {
            unsigned char byte = (unsigned char)text.data[i];
            if (plain) {
                out[written++] = (char)byte;
                continue;
            }
            out[written++] = '\\';
            out[written++] = 'x';
            out[written++] = hex[byte >> 4];
            out[written++] = hex[byte & 15];
        }
        text = str_slice(text, size, text.size);
    }
    return written;
}

/* One write(2) per line, so that lines of several threads and processes do not mix. */
static void write_stderr(const char *line, size_t size)
{
    void (*before)(void) = atomic_load(&before_line);
    if (before != NULL)
        before();
    ssize_t done;
    do {
        done = write(STDERR_FILENO, line, size);
    } while (done < 0 && errno == EINTR);
}

/* ---- Lines for people ------------------------------------------------------------------------------------------------ */

static void __attribute__((format(printf, 3, 0)))
write_line(enum level level, const char *prefix, const char *format, va_list arguments)
{
    int saved_errno = errno;
    char text[LOG_TEXT_MAX];
    int size = vsnprintf(text, sizeof text, format, arguments);
    bool cut = size >= (int)sizeof text;
    size_t text_size = size < 0 ? 0 : cut ? sizeof text - 1 : (size_t)size;
    if (structured) {
        text[text_size] = '\0';
        log_event(level, text, (const struct log_pair[]){{.key = NULL}});
        errno = saved_errno;
        return;
    }
    char line[64 + 4 * LOG_TEXT_MAX];
    int prefix_size = snprintf(line, 48, "%s", prefix);
    size_t at = prefix_size < 0 ? 0 : prefix_size < 48 ? (size_t)prefix_size : 47;
    at += escape(str_from(text, text_size), line + at);
    if (cut) {
        memcpy(line + at, "...", 3);
        at += 3;
    }
    line[at++] = '\n';
    write_stderr(line, at);
    errno = saved_errno;
}

void log_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(LEVEL_ERROR, "winnow: ", format, arguments);
    va_end(arguments);
}

void log_error_of(const char *command, const char *format, ...)
{
    char prefix[48];
    (void)snprintf(prefix, sizeof prefix, "winnow %.32s: ", command);
    va_list arguments;
    va_start(arguments, format);
    write_line(LEVEL_ERROR, prefix, format, arguments);
    va_end(arguments);
}

void log_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line(LEVEL_NOTICE, "winnow: note: ", format, arguments);
    va_end(arguments);
}

/* ---- Structured lines ------------------------------------------------------------------------------------------------ */

/* $JOURNAL_STREAM is "DEVICE:INODE" of what the service manager made stderr; it may have been turned elsewhere since. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat info;
    if (stream == NULL || fstat(STDERR_FILENO, &info) != 0)
        return false;
    char expected[48];
    (void)snprintf(expected, sizeof expected, "%llu:%llu", (unsigned long long)info.st_dev,
                   (unsigned long long)info.st_ino);
    return strcmp(stream, expected) == 0;
}

void log_structure(void)
{
    structured = true;
    to_journal = stderr_is_journal();
}

static void add_quoted(struct buf *buf, struct str text)
{
    char piece[4 * 4];
    buf_add_char(buf, '"');
    while (text.size > 0) {
        uint32_t point;
        size_t size = utf8_decode(text, &point);
        size = size == 0 ? 1 : size;
        char c = text.data[0];
        if (c == '"' || c == '\\')
            buf_printf(buf, "\\%c", c);
        else if (c == '\n')
            buf_add_text(buf, "\\n");
        else
            buf_add(buf, piece, escape(str_slice(text, 0, size), piece));
        text = str_slice(text, size, text.size);
    }
    buf_add_char(buf, '"');
}

static bool is_bare(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return text.size > 0;
}

static void add_pair(struct buf *buf, const struct log_pair *pair)
{
    buf_printf(buf, " %s=", pair->key);
    if (pair->text.data == NULL)
        buf_add_i64(buf, pair->number);
    else if (is_bare(pair->text))
        buf_add_str(buf, pair->text);
    else
        add_quoted(buf, pair->text);
}

/* As syslog counts, which is what the journal's priorities are. */
static int priority_of(enum level level)
{
    switch (level) {
    case LEVEL_CRITICAL:
        return 2;
    case LEVEL_ERROR:
        return 3;
    case LEVEL_WARNING:
        return 4;
    case LEVEL_NOTICE:
        return 5;
    case LEVEL_INFO:
        return 6;
    case LEVEL_DEBUG:
    case LEVEL_TRACE:
    case LEVEL_UNKNOWN:
        break;
    }
    return 7;
}

void log_event(enum level level, const char *message, const struct log_pair *pairs)
{
    int saved_errno = errno;
    SCOPED(buf) line = BUF(LOG_EVENT_MAX);
    char now[CLOCK_TEXT_MAX];
    if (to_journal)
        buf_printf(&line, "<%d>", priority_of(level));
    else
        buf_printf(&line, "ts=%s ", clock_print_utc(clock_now_us(), now));
    buf_printf(&line, "level=%s msg=", level_name(level));
    add_quoted(&line, str_of(message));
    for (; pairs->key != NULL; pairs++)
        add_pair(&line, pairs);
    buf_cut(&line, LOG_EVENT_MAX - 1); /* room for the newline, whatever was too long */
    buf_add_char(&line, '\n');
    write_stderr(line.data, line.size);
    errno = saved_errno;
}
