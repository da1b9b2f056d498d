/* number: decimal numbers in log text, compared without losing digits: a 20-digit id is not rounded. */
#ifndef WINNOW_ANALYZE_NUMBER_H
#define WINNOW_ANALYZE_NUMBER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/* A number as JSON writes them, the whole text. */
bool number_is(struct str text);
/* Both must be numbers: <0, 0, >0. Integers exactly, whatever their length; others as doubles. */
int number_compare(struct str a, struct str b);
/* The shortest decimal text that reads back as the same double; finite. */
void number_add(struct buf *out, double value);
/* Writes it as "%.15g" does; returns the size. */
enum { NUMBER_TEXT_MAX = 32 };
size_t number_print(double value, char text[NUMBER_TEXT_MAX]);

#endif
