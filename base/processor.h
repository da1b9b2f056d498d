/* processor: what the machine at hand can do beyond what winnow is compiled for. A function that uses it has the attribute of that
 * ability, and is called only where the question here says yes; another does the same without. Any thread. */
#ifndef WINNOW_BASE_PROCESSOR_H
#define WINNOW_BASE_PROCESSOR_H

#include <stdbool.h>

#ifdef __x86_64__

#include <immintrin.h>

#define PROCESSOR_WIDE 1
/* 32 bytes at a time, and the bits of words. */
#define TARGET_WIDE __attribute__((target("avx2,bmi,bmi2")))

/* Set by tests, before there are threads: to be taken for a machine that can do nothing more. */
extern bool processor_is_narrow;

static inline bool processor_is_wide(void)
{
    return !processor_is_narrow && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

#endif

#endif
