/* library: a shared library that is loaded when it is needed, and not with every start: what most commands have no use for, and takes
 * others with it, costs more than the answer to a small question. Any thread. */
#ifndef WINNOW_BASE_LIBRARY_H
#define WINNOW_BASE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct library {
    const char *file;    /* "libsystemd.so.0" */
    const char *package; /* of Debian, to tell who has not got it */
    const char *oldest;  /* the first version that has all the calls */
};

struct library_call {
    const char *name;
    void *at; /* a pointer to the function's type, which gets the function */
};
/* Sets them all; the library stays. ERR_MISSING when there is no such library, or it lacks one of them; then none may be called.
 * Again: does the same again. */
bool library_load(const struct library *library, const struct library_call *calls, size_t count, struct err *err);

#endif
