/* What the tests of clocks share: moments, numbers at random but the same each time, and UTC. */
#ifndef WINNOW_TESTS_UNIT_CLOCK_CASE_H
#define WINNOW_TESTS_UNIT_CLOCK_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const int64_t FIRST_US = INT64_C(-62135596800) * TIME_SECOND;

/* An RFC 3339 stamp's moment. */
static inline int64_t at(const char *text)
{
    int64_t time_us;
    assert_true(clock_parse(str_of(text), 0, &time_us));
    return time_us;
}

static uint64_t random_state = 88172645463325252u;

static inline uint64_t random_u64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static inline int in_utc(void **state)
{
    (void)state;
    unsetenv("WINNOW_NOW");
    return clock_set_zone("UTC") ? 0 : -1;
}

#endif
