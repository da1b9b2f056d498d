#include "bench/gen_random.h"
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

/* xoshiro256**, seeded by splitmix64 */
static uint64_t state[4];

static uint64_t rotated(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

static uint64_t draw(void)
{
    uint64_t result = rotated(state[1] * 5, 7) * 9, shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotated(state[3], 45);
    return result;
}

void draw_init(uint64_t seed)
{
    for (size_t i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15;
        uint64_t x = seed;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        state[i] = x ^ (x >> 31);
    }
}

unsigned below(unsigned bound)
{
    return (unsigned)(draw() % bound);
}

double unit(void)
{
    return (double)(draw() >> 11) * (1.0 / 9007199254740992.0);
}

unsigned skewed(unsigned bound)
{
    double x = unit();
    return (unsigned)(bound * x * x * x);
}

struct uuid draw_uuid(void)
{
    struct uuid uuid;
    uint64_t a = draw(), b = draw();
    snprintf(uuid.text, sizeof uuid.text, "%08x-%04x-4%03x-%x%03x-%012" PRIx64, (unsigned)(a >> 32),
             (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff, 8 + (unsigned)(b >> 62), (unsigned)(b >> 48) & 0xfff,
             b & 0xffffffffffff);
    return uuid;
}
