/* winnow's own diagnostics: one line each to stderr, "winnow: " first. Only commands and the pipeline's top loop call
 * these; library code returns struct err. Control bytes in the text are escaped. Any thread. */
#ifndef WINNOW_BASE_LOG_H
#define WINNOW_BASE_LOG_H

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same with "winnow COMMAND: " first. */
void log_error_of(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "winnow: note: " first. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A hook run before a line is written, so that a progress bar can clear itself; NULL removes it. */
void log_set_before(void (*before)(void));

#endif
