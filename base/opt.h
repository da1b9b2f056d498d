/* Options are rows. One row drives argv, --help, and later the configuration file, the man page and completion.
 *
 * A command declares a struct for its values and groups of rows that write into it by offset:
 *     OPT_FLAG bool · OPT_TEXT, OPT_CHOICE const char * · OPT_INT, OPT_SIZE, OPT_DURATION int64_t · OPT_LIST struct opt_list
 * Defaults are written first (from `fallback`, parsed like an argument; none = zero). GNU habits: --name VALUE, --name=VALUE,
 * -xVALUE, -x VALUE, -abc for flags, "--" ends options, operands may stand between options, a unique prefix of a long
 * name is enough. A negative number after an option that takes a value is its value ("-S -3h"). A mistyped name is
 * answered with the nearest known one. One thread. */
#ifndef WINNOW_BASE_OPT_H
#define WINNOW_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/io.h"

enum opt_type {
    OPT_FLAG,     /* no argument */
    OPT_TEXT,     /* any string */
    OPT_INT,      /* decimal within min..max */
    OPT_SIZE,     /* bytes: 4096, 64K, 1.5M, 50G, 2T (powers of 1024; "50GB", "50GiB" too) within min..max */
    OPT_DURATION, /* microseconds: "90d", "2h30m" (clock_parse_duration) */
    OPT_CHOICE,   /* one of choices, stored as the row's own pointer */
    OPT_LIST,     /* any string, may be given again */
};

enum { OPT_LIST_MAX = 256 };
struct opt_list {
    size_t count;
    const char *items[OPT_LIST_MAX]; /* point into argv */
};

struct opt {
    const char *long_name; /* without dashes */
    char short_name;       /* or 0 */
    const char *alias;     /* a second long name, or NULL */
    enum opt_type type;
    size_t offset;              /* of the value in the group's struct */
    const char *argument;       /* as help shows it: "N", "LEVEL"; NULL for flags */
    const char *fallback;       /* default as text, shown in help; NULL = none */
    const char *help;           /* one line, no final period */
    const char *const *choices; /* OPT_CHOICE: NULL-terminated */
    int64_t min, max;           /* OPT_INT, OPT_SIZE; both 0 = no limit */
    bool optional; /* the argument may be left out: only "--name=VALUE" or "-xVALUE" gives one, else fallback_bare */
    const char *fallback_bare; /* value when given without an argument */
};

struct opt_group {
    const char *title;      /* heading in help: "Choosing lines"; NULL: the group goes on with the one before */
    const struct opt *rows; /* ends with a row whose long_name is NULL */
    size_t offset;          /* of the group's struct in the command's struct */
};

/* Reads argv[1..argc-1] into `values` (zeroed, at least as large as the rows say). Operands are moved to the front of
 * *ret_operands (an array of argc pointers given by the caller). `groups` ends with a group whose rows are NULL. */
bool opt_parse(const struct opt_group *groups, void *values, int argc, char **argv, char **ret_operands, int *ret_count,
               struct err *err);
/* The help of all groups: "  -n, --lines=N   text (default: all)", wrapped to width. */
void opt_help(const struct opt_group *groups, struct out *out, unsigned width);
/* The candidate nearest to word by edit distance (at most a third of its length, at least 1), or NULL. */
const char *opt_nearest(const char *word, const char *const *candidates, size_t count);
/* "64K", "50G" as OPT_SIZE reads them; also for configuration values. */
bool opt_parse_size(struct str text, int64_t *ret_bytes);

#endif
