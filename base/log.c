#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

enum { LOG_TEXT_MAX = 4096 };

static _Atomic(void (*)(void)) before_line;

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
static void __attribute__((format(printf, 2, 0))) write_line(const char *prefix, const char *format, va_list arguments)
{
    int saved_errno = errno;
    char text[LOG_TEXT_MAX];
    int size = vsnprintf(text, sizeof text, format, arguments);
    bool cut = size >= (int)sizeof text;
    size_t text_size = size < 0 ? 0 : cut ? sizeof text - 1 : (size_t)size;

    char line[64 + 4 * LOG_TEXT_MAX];
    int prefix_size = snprintf(line, 48, "%s", prefix);
    size_t at = prefix_size < 0 ? 0 : prefix_size < 48 ? (size_t)prefix_size : 47;
    at += escape(str_from(text, text_size), line + at);
    if (cut) {
        memcpy(line + at, "...", 3);
        at += 3;
    }
    line[at++] = '\n';

    void (*before)(void) = atomic_load(&before_line);
    if (before != NULL)
        before();
    ssize_t done;
    do {
        done = write(STDERR_FILENO, line, at);
    } while (done < 0 && errno == EINTR);
    errno = saved_errno;
}

void log_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line("winnow: ", format, arguments);
    va_end(arguments);
}

void log_error_of(const char *command, const char *format, ...)
{
    char prefix[48];
    (void)snprintf(prefix, sizeof prefix, "winnow %.32s: ", command);
    va_list arguments;
    va_start(arguments, format);
    write_line(prefix, format, arguments);
    va_end(arguments);
}

void log_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_line("winnow: note: ", format, arguments);
    va_end(arguments);
}
