#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void must_fail(const char *file, int line, const char *function, const char *condition)
{
    fprintf(stderr, "winnow: bug: %s:%d: %s: must(%s) does not hold\n", file, line, function, condition);
    abort();
}
