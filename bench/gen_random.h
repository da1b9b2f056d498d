/* Numbers that look random and are the same on every machine. */
#ifndef BENCH_GEN_RANDOM_H
#define BENCH_GEN_RANDOM_H

#include <stdint.h>

struct uuid {
    char text[40];
};

void draw_init(uint64_t seed);

unsigned below(unsigned bound);
double unit(void);               /* from 0 to below 1 */
unsigned skewed(unsigned bound); /* below bound; small ones are much more frequent */
struct uuid draw_uuid(void);

#endif
