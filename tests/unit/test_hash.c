#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/hash.h"

/* Stores keep these values: a change that breaks this test breaks every store. The bytes are 0, 1, 2, ... The values
 * come from a second implementation, written from the comment in hash.c. */
static void pinned_values(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        uint64_t seed, hash;
    } cases[] = {
        {0, 0, UINT64_C(0x04112c1daacba2e9)},   {1, 0, UINT64_C(0x8ea1912adc56c3a9)},
        {3, 0, UINT64_C(0xd744433679c486ee)},   {4, 0, UINT64_C(0x384e578a799148d5)},
        {7, 0, UINT64_C(0xb96952778cf58761)},   {8, 0, UINT64_C(0x0bccd333f77f5075)},
        {15, 0, UINT64_C(0x8427f1248c9a0355)},  {16, 0, UINT64_C(0x25dc12ae0dcdbd58)},
        {17, 0, UINT64_C(0x4273cdba4faa1140)},  {32, 0, UINT64_C(0xe62c07ba2b952984)},
        {33, 0, UINT64_C(0xb39008129a4309f9)},  {64, 0, UINT64_C(0xc4c0891727ca8a9e)},
        {65, 0, UINT64_C(0x72471e4d3111df23)},  {128, 0, UINT64_C(0x6674b7f72b97ed0e)},
        {129, 0, UINT64_C(0xcae3157701faa7f1)}, {200, 0, UINT64_C(0x268afe786eb0067d)},
        {5, 1, UINT64_C(0xf4f722b8205def86)},
    };
    unsigned char bytes[256 + 8];
    for (size_t shift = 0; shift < 8; shift++) { /* where the bytes lie does not matter */
        for (size_t i = 0; i < 256; i++)
            bytes[i + shift] = (unsigned char)i;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            assert_true(hash_bytes(bytes + shift, cases[i].size, cases[i].seed) == cases[i].hash);
    }
    assert_true(hash_bytes(NULL, 0, 0) == cases[0].hash);
    assert_true(hash_mix(0, 0) == UINT64_C(0xdc9dc576b10fa48b));
    assert_true(hash_mix(1, 2) == UINT64_C(0x82987f11e9c45cab));
}

/* Turning one bit of the key or seed turns each bit of the hash in about half of the cases. */
static void avalanche(void **state)
{
    (void)state;
    enum { TRIALS = 400 };
    static const size_t sizes[] = {1, 3, 4, 8, 12, 16, 24, 64, 65, 100};
    uint64_t noise = 1;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t size = sizes[s];
        for (size_t bit = 0; bit < size * 8 + 1; bit++) {
            unsigned turned[64] = {0};
            for (int trial = 0; trial < TRIALS; trial++) {
                unsigned char key[128];
                for (size_t i = 0; i < size; i++)
                    key[i] = (unsigned char)((noise = noise * UINT64_C(6364136223846793005) + 1) >> 56);
                uint64_t before = hash_bytes(key, size, noise), after;
                if (bit < size * 8) {
                    key[bit / 8] ^= (unsigned char)(1 << bit % 8);
                    after = hash_bytes(key, size, noise);
                } else {
                    after = hash_bytes(key, size, noise ^ 1);
                }
                for (unsigned i = 0; i < 64; i++)
                    turned[i] += (unsigned)((before ^ after) >> i & 1);
            }
            for (unsigned i = 0; i < 64; i++) {
                if (turned[i] < TRIALS * 33 / 100 || turned[i] > TRIALS * 67 / 100)
                    fail_msg("size %zu: key bit %zu turns hash bit %u in %u of %d", size, bit, i, turned[i], TRIALS);
            }
        }
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

enum { KEYS = 100000 };

/* No two of KEYS hashes are equal, and their low and high 32 bits collide no more than chance has it (about 1.2). */
static void check_spread(const char *name, uint64_t *hashes)
{
    static uint64_t part[KEYS];
    for (int high = -1; high < 2; high++) {
        for (size_t i = 0; i < KEYS; i++)
            part[i] = high < 0 ? hashes[i] : high ? hashes[i] >> 32 : hashes[i] & UINT32_MAX;
        qsort(part, KEYS, sizeof *part, compare);
        unsigned same = 0;
        for (size_t i = 1; i < KEYS; i++)
            same += part[i] == part[i - 1];
        if (same > (high < 0 ? 0 : 12))
            fail_msg("%s: %u collisions (%d)", name, same, high);
    }
}

static void spread(void **state)
{
    (void)state;
    static uint64_t hashes[KEYS];
    for (uint64_t i = 0; i < KEYS; i++)
        hashes[i] = hash_bytes(&i, sizeof i, 0);
    check_spread("numbers", hashes);
    for (unsigned i = 0; i < KEYS; i++) {
        char text[64];
        int size = snprintf(text, sizeof text, "req-%06u", i);
        hashes[i] = hash_bytes(text, (size_t)size, 7);
    }
    check_spread("ids", hashes);
    for (unsigned i = 0; i < KEYS; i++) { /* two bits set in 224 zero bytes, and a growing length */
        unsigned char zeros[256] = {0};
        zeros[i % 224] = (unsigned char)(1 << i / 224 % 8);
        hashes[i] = hash_bytes(zeros, 224 + i / 1792 % 32, i / 1792 / 32);
    }
    check_spread("sparse", hashes);
    for (uint64_t i = 0; i < KEYS; i++)
        hashes[i] = hash_mix(i % 317, i / 317);
    check_spread("mix", hashes);
}

/* Zeros of different lengths differ, and the order of two values counts. */
static void size_and_order_count(void **state)
{
    (void)state;
    static const unsigned char zeros[300];
    for (size_t a = 0; a < 300; a++) {
        for (size_t b = 0; b < a; b++)
            assert_true(hash_bytes(zeros, a, 0) != hash_bytes(zeros, b, 0));
    }
    assert_true(hash_mix(1, 2) != hash_mix(2, 1));
}

/* Keys made of the algorithm's own constants collide under no seed. */
static void constants_do_not_cancel(void **state)
{
    (void)state;
    static const uint64_t constants[] = {UINT64_C(0x243f6a8885a308d3),
                                         UINT64_C(0x13198a2e03707344),
                                         UINT64_C(0xa4093822299f31d0),
                                         UINT64_C(0x082efa98ec4e6c89),
                                         UINT64_C(0x452821e638d01377),
                                         0,
                                         UINT64_MAX};
    enum { COUNT = sizeof constants / sizeof *constants };
    for (uint64_t seed = 0; seed < 4; seed++) {
        uint64_t hashes[2 * COUNT];
        for (size_t i = 0; i < 2 * COUNT; i++) {
            uint64_t key[2] = {constants[i / 2], i % 2};
            hashes[i] = hash_bytes(key, sizeof key, seed);
            for (size_t j = 0; j < i; j++)
                assert_true(hashes[i] != hashes[j]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pinned_values),
        cmocka_unit_test(avalanche),
        cmocka_unit_test(spread),
        cmocka_unit_test(size_and_order_count),
        cmocka_unit_test(constants_do_not_cancel),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
