#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "base/hash.h"
#include "base/scope.h"
#include "base/sketch.h"

enum { VALUES = 20000, PACKED_MAX = 1 << 16 };

/* ---- Distributions --------------------------------------------------------------------------------------------------- */

/* Evenly between 0 and 1, the same in every run. */
static double even(uint64_t n)
{
    return (double)(hash_mix(n, 17) >> 11) / 9007199254740992.0;
}

static double uniform(uint64_t n)
{
    return 5 + 100 * even(n);
}

static double exponential(uint64_t n)
{
    return -20 * log(1 - even(n));
}

static double lognormal(uint64_t n)
{
    return exp(3 + 1.5 * sqrt(-2 * log(1 - even(2 * n))) * cos(6.283185307179586 * even(2 * n + 1)));
}

static double pareto(uint64_t n)
{
    return 0.001 / pow(1 - even(n), 1.2);
}

static double two_peaks(uint64_t n)
{
    return n % 10 == 0 ? 30000 + even(n) : 0.5 + even(n) / 100;
}

static double constant(uint64_t n)
{
    (void)n;
    return 12.345;
}

static double rounded(uint64_t n)
{
    return floor(lognormal(n));
}

static double (*const distributions[])(uint64_t n) = {uniform,   exponential, lognormal, pareto,
                                                      two_peaks, constant,    rounded};
enum { DISTRIBUTIONS = sizeof distributions / sizeof *distributions };

static int compare_values(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------------ */

static void quantiles_are_within_the_bound(void **state)
{
    (void)state;
    static const double quantiles[] = {0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1};
    static double values[VALUES];
    for (unsigned d = 0; d < DISTRIBUTIONS; d++) {
        struct sketch sketch = {0};
        for (unsigned i = 0; i < VALUES; i++)
            sketch_add(&sketch, values[i] = distributions[d](i));
        qsort(values, VALUES, sizeof *values, compare_values);
        assert_int_equal(sketch_count(&sketch), VALUES);
        assert_true(sketch.least == values[0] && sketch.greatest == values[VALUES - 1]);
        for (unsigned q = 0; q < sizeof quantiles / sizeof *quantiles; q++) {
            double told, exact = values[(size_t)(quantiles[q] * (VALUES - 1))];
            assert_true(sketch_quantile(&sketch, quantiles[q], &told));
            if (fabs(told - exact) > SKETCH_ERROR * exact)
                fail_msg("distribution %u, quantile %g: %g instead of %g", d, quantiles[q], told, exact);
        }
        sketch_release(&sketch);
    }
}

/* Every value for itself: just above and below powers of two, where the curve has its knees, and between. */
static void every_value_is_within_the_bound(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 130000; i++) {
        double value = SKETCH_VALUE_MIN * exp(i * 0.00037);
        struct sketch sketch = {0};
        double told;
        sketch_add(&sketch, value / 2); /* so that the middle one is not the least or greatest, which are exact */
        sketch_add(&sketch, value);
        sketch_add(&sketch, value * 2);
        assert_true(sketch_quantile(&sketch, 0.5, &told));
        if (value * 2 < SKETCH_VALUE_MAX && fabs(told - value) > SKETCH_ERROR * value)
            fail_msg("%.17g is told as %.17g", value, told);
        sketch_release(&sketch);
    }
}

static struct str packed(const struct sketch *sketch, struct buf *out)
{
    buf_reset(out);
    sketch_pack(sketch, out);
    assert_false(out->full);
    return buf_str(out);
}

static void merging_does_not_depend_on_the_order(void **state)
{
    (void)state;
    enum { PARTS = 7 };
    struct sketch parts[PARTS] = {0}, upwards = {0}, downwards = {0}, whole = {0};
    SCOPED(buf) a = BUF(PACKED_MAX);
    SCOPED(buf) b = BUF(PACKED_MAX);
    for (unsigned i = 0; i < VALUES; i++) {
        double value = i % 97 == 0 ? 0 : exp(25 * (even(i) - 0.4)) * 1e3; /* wider than the buckets reach */
        sketch_add(&parts[i % PARTS], value);
        sketch_add(&whole, value);
    }
    for (unsigned i = 0; i < PARTS; i++) {
        sketch_merge(&upwards, &parts[i]);
        sketch_merge(&downwards, &parts[PARTS - 1 - i]);
    }
    assert_int_equal(whole.size, SKETCH_BUCKETS_MAX);
    struct str expected = packed(&whole, &a);
    assert_true(str_equal(packed(&upwards, &b), expected));
    assert_true(str_equal(packed(&downwards, &b), expected));
    for (unsigned i = 0; i < PARTS; i++)
        sketch_release(&parts[i]);
    sketch_release(&upwards);
    sketch_release(&downwards);
    sketch_release(&whole);
}

static void packing_keeps_everything(void **state)
{
    (void)state;
    SCOPED(buf) once = BUF(PACKED_MAX);
    SCOPED(buf) twice = BUF(PACKED_MAX);
    for (unsigned d = 0; d < DISTRIBUTIONS; d++) {
        for (unsigned count = 0; count < 300; count = count < 5 ? count + 1 : count * 2) {
            struct sketch sketch = {0}, read = {0};
            for (unsigned i = 0; i < count; i++)
                sketch_add(&sketch, i % 7 == 3 ? 0 : distributions[d](i));
            struct str bytes = packed(&sketch, &once), rest = bytes;
            assert_true(sketch_unpack(&read, &rest));
            assert_int_equal(rest.size, 0);
            assert_true(read.count == count && read.size == sketch.size && read.zeros == sketch.zeros);
            assert_true(count == 0 || (read.least == sketch.least && read.greatest == sketch.greatest));
            assert_true(read.size == 0 || read.first == sketch.first);
            for (uint32_t i = 0; read.buckets != NULL && sketch.buckets != NULL && i < read.size; i++)
                assert_int_equal(read.buckets[i], sketch.buckets[i]);
            assert_true(str_equal(packed(&read, &twice), bytes));
            for (size_t cut = 0; cut < bytes.size; cut++) {
                rest = str_slice(bytes, 0, cut);
                assert_false(sketch_unpack(&read, &rest));
                assert_int_equal(read.count, 0);
            }
            sketch_release(&sketch);
            sketch_release(&read);
        }
    }
}

static void odd_values_count(void **state)
{
    (void)state;
    struct sketch sketch = {0};
    double told;
    assert_false(sketch_quantile(&sketch, 0.5, &told));
    sketch_add(&sketch, NAN);
    sketch_add(&sketch, -5);
    sketch_add(&sketch, 1e-9);
    sketch_add(&sketch, INFINITY);
    assert_int_equal(sketch_count(&sketch), 4);
    assert_true(sketch_quantile(&sketch, 0.5, &told) && told == 0);
    assert_true(sketch_quantile(&sketch, 1, &told) && told == SKETCH_VALUE_MAX);
    sketch_reset(&sketch);
    assert_false(sketch_quantile(&sketch, 0.5, &told));
    sketch_release(&sketch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_within_the_bound),
        cmocka_unit_test(every_value_is_within_the_bound),
        cmocka_unit_test(merging_does_not_depend_on_the_order),
        cmocka_unit_test(packing_keeps_everything),
        cmocka_unit_test(odd_values_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
