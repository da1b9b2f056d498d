/* winnow's own diagnostics: one line each to stderr, "winnow: " first. Only commands and the pipeline's top loop call
 * these; library code returns struct err. Control bytes in the text are escaped. Any thread.
 *
 * A service's lines are structured instead (logfmt), those of log_error and log_note too:
 *     ts=2026-11-20T02:15:00Z level=info msg="following" source=/var/log/app.log
 * Where stderr is the journal ($JOURNAL_STREAM) the line begins with its priority, "<6>", and has no ts. */
#ifndef WINNOW_BASE_LOG_H
#define WINNOW_BASE_LOG_H

#include <stdint.h>

#include "base/batch.h"

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same with "winnow COMMAND: " first. */
void log_error_of(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "winnow: note: " first. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* From now on lines are structured. Before threads start. */
void log_structure(void);

struct log_pair {
    const char *key; /* letters and '_'; NULL ends a list */
    struct str text; /* absent: the number */
    int64_t number;
};
static inline struct log_pair log_text(const char *key, const char *text)
{
    return (struct log_pair){.key = key, .text = str_of(text != NULL ? text : "")};
}
static inline struct log_pair log_str(const char *key, struct str text)
{
    return (struct log_pair){.key = key, .text = text};
}
static inline struct log_pair log_number(const char *key, int64_t number)
{
    return (struct log_pair){.key = key, .number = number};
}
/* A structured line, whatever log_structure said. LEVEL_DEBUG, _INFO, _NOTICE, _WARNING, _ERROR or _CRITICAL.
 *     LOG_EVENT(LEVEL_INFO, "following", log_str("source", name), log_number("position", 0)); */
void log_event(enum level level, const char *message, const struct log_pair *pairs);
#define LOG_EVENT(level, message, ...)                                                                                 \
    log_event((level), (message), (const struct log_pair[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}})

/* A hook run before a line is written, so that a progress bar can clear itself; NULL removes it. */
void log_set_before(void (*before)(void));

#endif
