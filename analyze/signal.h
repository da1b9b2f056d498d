/* Signals: the words that make a record count as something, from schemas/signals.yml (table.h).
 *
 * All phrases stand in one tree that is walked from the beginning of each word of a text, in which letters are lower case and
 * space _ - . / : are one character. A phrase counts only as whole words. Immutable; any thread. */
#ifndef WINNOW_ANALYZE_SIGNAL_H
#define WINNOW_ANALYZE_SIGNAL_H

#include "analyze/analyze.h"

struct signal_table;

/* Kinds whose phrases stand in the text, as KIND_ bits. A phrase that is said not to be ("rate_limit_exceeded=false", ": 0") does not
 * count, nor does one that the prose quotes (searched for 'login failed'); one in the quotes of a value (error: "login failed") does.
 * *ret_silent: no phrase stands there, whether it counts or not. */
unsigned signal_in_text(const struct signal_table *table, struct str text, bool *ret_silent);

/* The sketches of messages met lately in which no phrase stands: in none that has such a sketch does one, since no phrase has a digit. One
 * for each thread, zeroed in the beginning. */
enum { SIGNAL_MEMO_SETS = 8192 };
struct signal_memo {
    uint64_t silent[SIGNAL_MEMO_SETS][2]; /* a sketch has its place in one of them, the one that came last first */
};
/* The same as signal_in_text; sketch: template_sketch of the message. */
unsigned signal_in_message(const struct signal_table *table, struct signal_memo *memo, struct str message,
                           uint64_t sketch);

struct signal_code {
    unsigned kinds;        /* kinds that have this text as a code, or as a phrase in it */
    bool login_event;      /* it names an event about logging in */
    bool failure, success; /* it is an outcome word */
};
/* What a whole event name, error code or outcome says. */
struct signal_code signal_of_code(const struct signal_table *table, struct str text);

/* Kinds for which this key path has this value. */
bool signal_path_known(const struct signal_table *table, struct str path);
unsigned signal_of_value(const struct signal_table *table, struct str path, struct str value);

#endif
