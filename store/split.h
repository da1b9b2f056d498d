/* split: a text cut into fixed words and variables, so that many texts share one template.
 *
 * A template is the text with one NUL in the place of each variable; a text that holds a NUL is not split. Five ways to cut:
 *   SPLIT_LINES   variables are the lines, or what stands behind "key: " in them; lines end with the two characters \n of a JSON
 *                 escape
 *   SPLIT_PAIRS   variables are the values of an object that is JSON text within a JSON string
 *   SPLIT_WORDS   variables are the tokens with a digit in them        "retry 3 of 5"   -> "retry \0 of \0"
 *   SPLIT_ALL     every token is a variable                            "retry 3 of 5"   -> "\0 \0 \0 \0"
 *   SPLIT_DIGITS  variables are the runs of digits within a token      "q_2024_000045"  -> "q_\0_\0"
 * No way cuts between two letters (or _, or bytes from 0x80 on), but behind the t, n or r of an escape: find.c counts on it.
 * A token is a run of letters, digits, bytes from 0x80 on and _ . / : @ + -, without such marks at its end. */
#ifndef WINNOW_STORE_SPLIT_H
#define WINNOW_STORE_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum split_way { SPLIT_LINES, SPLIT_PAIRS, SPLIT_WORDS, SPLIT_ALL, SPLIT_DIGITS };
enum { SPLIT_VARIABLES_MAX = 160, SPLIT_TEXT_MAX = 16384 };

struct split {
    uint32_t count;
    struct str variables[SPLIT_VARIABLES_MAX]; /* views into the text */
};

enum split_lines { LINES_NONE, LINES_PLAIN, LINES_KEYED, LINES_JSON };
/* Has the text lines in this sense, and do most of them have a key? Or is it an object? */
enum split_lines split_lines_kind(struct str text);
/* The first line of *rest, which moves behind its end; absent when that was the last. */
struct str split_take_line(struct str *rest);
/* Appends the template to *template. False when the text cannot be split this way (NUL inside, too long, too many). */
bool split_text(struct str text, enum split_way way, struct buf *template, struct split *ret);
/* Cuts the text into the variables of a template that split_text made the same way (SPLIT_WORDS or SPLIT_DIGITS) of another
 * text, given the texts before, between and behind its variables. False when split_text would make another template of it. */
bool split_like(struct str text, enum split_way way, const struct str *fixed, uint32_t variables, struct str *ret);

#endif
