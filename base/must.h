/* must(cond): an invariant. Alive in every build, unlike assert. A failure is a bug in winnow, never bad input:
 * it prints the condition and its place and aborts. Use it freely; it documents what the code relies on. */
#ifndef WINNOW_BASE_MUST_H
#define WINNOW_BASE_MUST_H

_Noreturn void must_fail(const char *file, int line, const char *function, const char *condition);

#define must(cond) ((cond) ? (void)0 : must_fail(__FILE__, __LINE__, __func__, #cond))

#endif
