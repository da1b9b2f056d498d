#define _GNU_SOURCE 1
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Appends what fits of text at *at and moves *at; text may be longer than the room. */
static void append(char out[ERR_TEXT_MAX], size_t *at, const char *text)
{
    size_t size = strlen(text);
    size_t room = ERR_TEXT_MAX - 1 - *at;
    if (size > room)
        size = room;
    memcpy(out + *at, text, size);
    *at += size;
    out[*at] = '\0';
}

/* The arguments may point into err->text, so the text is built aside and copied at the end. */
bool err_set(struct err *err, enum err_kind kind, int sys, const char *format, ...)
{
    if (err == NULL)
        return false;
    char formatted[ERR_TEXT_MAX] = "";
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(formatted, sizeof formatted, format, arguments);
    va_end(arguments);

    if (kind == ERR_IO && (sys == ENOSPC || sys == EDQUOT))
        kind = ERR_FULL;
    err->kind = kind;
    err->sys = sys;
    size_t at = 0;
    append(err->text, &at, formatted);
    if (sys != 0) {
        char memory[128];
        append(err->text, &at, ": ");
        append(err->text, &at, strerror_r(sys, memory, sizeof memory));
    }
    return false;
}

bool err_within(struct err *err, const char *format, ...)
{
    if (err == NULL)
        return false;
    char context[ERR_TEXT_MAX] = "";
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);

    char text[ERR_TEXT_MAX];
    size_t at = 0;
    append(text, &at, context);
    append(text, &at, ": ");
    append(text, &at, err->text);
    memcpy(err->text, text, at + 1);
    return false;
}
