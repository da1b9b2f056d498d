#include "store/pool.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/must.h"

enum { POOL_BYTES_MAX = 256 << 20 };

void pools_init(struct pools *pools)
{
    for (int i = 0; i < POOL_COUNT; i++)
        pools->bufs[i] = BUF(POOL_BYTES_MAX);
}

void pools_reset(struct pools *pools)
{
    for (int i = 0; i < POOL_COUNT; i++)
        buf_reset(&pools->bufs[i]);
}

void pools_release(struct pools *pools)
{
    for (int i = 0; i < POOL_COUNT; i++)
        buf_release(&pools->bufs[i]);
}

bool pool_take(struct pool_reader *reader, enum pool pool, size_t size, struct str *ret)
{
    struct str *rest = &reader->rest[pool];
    if (rest->size < size)
        return false;
    *ret = str_from(rest->data, size);
    if (size > 0) /* a pool that is not there has no data */
        *rest = str_from(rest->data + size, rest->size - size);
    return true;
}

bool pool_all_read(const struct pool_reader *reader)
{
    for (unsigned p = 0; p < POOL_COUNT; p++)
        if (reader->rest[p].size > 0)
            return false;
    return true;
}

bool pool_take_varint(struct pool_reader *reader, uint64_t *ret)
{
    return str_take_varint(&reader->rest[POOL_META], ret);
}

bool pool_take_zigzag(struct pool_reader *reader, int64_t *ret)
{
    return str_take_zigzag(&reader->rest[POOL_META], ret);
}

enum { WEIGHTS = 1025 };

static double weights[WEIGHTS];

static void fill_weights(void)
{
    for (unsigned n = 2; n < WEIGHTS; n++)
        weights[n] = n * log2(n);
}

/* Only who writes blocks needs them. */
static void need_weights(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    must(pthread_once(&once, fill_weights) == 0);
}

/* n * log2(n) */
static double weight_of(uint32_t n)
{
    return n < WEIGHTS ? weights[n] : n * log2(n);
}

double entropy_bits(const uint32_t histogram[256], size_t count)
{
    need_weights();
    /* sum of n * log2(count / n) = count * log2(count) - sum of n * log2(n) */
    double bits = weight_of((uint32_t)count);
    for (int i = 0; i < 256; i++)
        bits -= weight_of(histogram[i]);
    return bits;
}

/* ---- Numbers --------------------------------------------------------------------------------------------------------- */

enum { SAMPLE_MAX = 512 };
_Static_assert((int)SAMPLE_MAX < (int)WEIGHTS, "a sample's weights are known");

static uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ -(value & 1));
}

static unsigned width_of(uint64_t max)
{
    unsigned width = 0;
    while (max) {
        width++;
        max >>= 8;
    }
    return width;
}

/* As entropy_bits of each byte, without looking through histograms that are nearly empty. count <= SAMPLE_MAX. */
static double planes_cost(const uint64_t *values, size_t count, unsigned width)
{
    need_weights();
    double bits = width * weight_of((uint32_t)count);
    for (unsigned plane = 0; plane < width; plane++) {
        uint16_t histogram[256] = {0};
        for (size_t i = 0; i < count; i++) {
            uint16_t *seen = &histogram[values[i] >> (8 * plane) & 0xff];
            bits -= weights[*seen + 1] - weights[*seen];
            ++*seen;
        }
    }
    return bits;
}

static uint64_t max_of(const uint64_t *values, size_t count)
{
    uint64_t max = 0;
    for (size_t i = 0; i < count; i++)
        max = values[i] > max ? values[i] : max;
    return max;
}

void pool_add_numbers(struct pools *pools, const int64_t *numbers, size_t count, struct arena *scratch)
{
    uint64_t *plain = ARENA_ARRAY(scratch, uint64_t, count);
    uint64_t *deltas = ARENA_ARRAY(scratch, uint64_t, count);
    int64_t min = count ? numbers[0] : 0;
    for (size_t i = 1; i < count; i++)
        min = numbers[i] < min ? numbers[i] : min;
    for (size_t i = 0; i < count; i++) { /* unsigned arithmetic: wrapping round trips */
        plain[i] = (uint64_t)numbers[i] - (uint64_t)min;
        deltas[i] = zigzag((int64_t)((uint64_t)numbers[i] - (uint64_t)(i ? numbers[i - 1] : min)));
    }
    unsigned plain_width = width_of(max_of(plain, count)), delta_width = width_of(max_of(deltas, count));
    size_t sample = count < SAMPLE_MAX ? count : SAMPLE_MAX;
    bool use_deltas = count > 2 && planes_cost(deltas, sample, delta_width) < planes_cost(plain, sample, plain_width);
    const uint64_t *values = use_deltas ? deltas : plain;
    unsigned width = use_deltas ? delta_width : plain_width;
    buf_add_char(&pools->bufs[POOL_META], (char)(width | (use_deltas ? 16 : 0)));
    buf_add_zigzag(&pools->bufs[POOL_META], min);
    for (unsigned plane = 0; plane < width; plane++) {
        struct buf *buf = &pools->bufs[plane ? POOL_HIGH : POOL_LOW];
        char *to = buf_reserve(buf, count);
        must(to);
        for (size_t i = 0; i < count; i++)
            to[i] = (char)(values[i] >> (8 * plane));
        buf->size += count;
    }
}

bool pool_skip_numbers(struct pool_reader *reader, size_t count, struct pool_numbers *ret)
{
    struct str head;
    *ret = (struct pool_numbers){.count = count};
    if (!pool_take(reader, POOL_META, 1, &head) || !pool_take_zigzag(reader, &ret->min))
        return false;
    ret->width = (unsigned char)head.data[0] & 15;
    ret->deltas = (unsigned char)head.data[0] & 16;
    return ret->width <= 8 && (ret->width < 1 || pool_take(reader, POOL_LOW, count, &ret->low)) &&
           (ret->width < 2 || pool_take(reader, POOL_HIGH, count * (ret->width - 1), &ret->high));
}

void pool_read_numbers(const struct pool_numbers *numbers, int64_t *ret)
{
    uint64_t *values = (uint64_t *)ret;
    size_t count = numbers->count;
    if (count == 0) /* the planes have no data to count from */
        return;
    if (numbers->width == 0)
        memset(values, 0, count * sizeof *values);
    for (unsigned plane = 0; plane < numbers->width; plane++) {
        const char *bytes = plane ? numbers->high.data + count * (plane - 1) : numbers->low.data;
        for (size_t i = 0; i < count; i++) {
            uint64_t byte = (uint64_t)(unsigned char)bytes[i] << (8 * plane);
            values[i] = plane ? values[i] | byte : byte;
        }
    }
    uint64_t last = (uint64_t)numbers->min;
    if (numbers->deltas)
        for (size_t i = 0; i < count; i++)
            values[i] = last += (uint64_t)unzigzag(values[i]);
    else
        for (size_t i = 0; i < count; i++)
            values[i] += last;
}

int64_t pool_number_at(const struct pool_numbers *numbers, size_t i)
{
    uint64_t value = numbers->width > 0 ? (uint8_t)numbers->low.data[i] : 0;
    for (unsigned plane = 1; plane < numbers->width; plane++)
        value |= (uint64_t)(uint8_t)numbers->high.data[numbers->count * (plane - 1) + i] << (8 * plane);
    return (int64_t)(value + (uint64_t)numbers->min);
}

bool pool_take_numbers(struct pool_reader *reader, int64_t *ret, size_t count)
{
    struct pool_numbers numbers;
    if (!pool_skip_numbers(reader, count, &numbers))
        return false;
    pool_read_numbers(&numbers, ret);
    return true;
}

/* ---- Codes ------------------------------------------------------------------------------------------------------------ */

void pool_add_codes(struct pools *pools, const uint32_t *codes, size_t count, uint32_t limit)
{
    must(limit <= 65536);
    unsigned planes = limit <= 1 ? 0 : limit <= 256 ? 1 : 2;
    for (unsigned plane = 0; plane < planes; plane++) {
        struct buf *buf = &pools->bufs[plane ? POOL_HIGH : POOL_CODE];
        char *to = buf_reserve(buf, count);
        must(to);
        for (size_t i = 0; i < count; i++)
            to[i] = (char)(codes[i] >> (8 * plane));
        buf->size += count;
    }
}

bool pool_skip_codes(struct pool_reader *reader, size_t count, uint32_t limit, struct pool_codes *ret)
{
    *ret = (struct pool_codes){.count = count, .limit = limit};
    return (limit <= 1 || pool_take(reader, POOL_CODE, count, &ret->low)) &&
           (limit <= 256 || pool_take(reader, POOL_HIGH, count, &ret->high));
}

bool pool_read_codes(const struct pool_codes *codes, uint32_t *ret)
{
    const unsigned char *low = (const unsigned char *)codes->low.data, *high = (const unsigned char *)codes->high.data;
    size_t count = codes->count;
    uint32_t most = 0;
    if (codes->limit <= 1)
        memset(ret, 0, count * sizeof *ret);
    else if (codes->limit <= 256)
        for (size_t i = 0; i < count; i++)
            ret[i] = low[i];
    else
        for (size_t i = 0; i < count; i++)
            ret[i] = low[i] | (uint32_t)high[i] << 8;
    for (size_t i = 0; i < count; i++)
        most = ret[i] > most ? ret[i] : most;
    return count == 0 || most < codes->limit;
}

uint32_t pool_count_codes(const struct pool_codes *codes, uint32_t end, uint32_t code)
{
    const unsigned char *low = (const unsigned char *)codes->low.data, *high = (const unsigned char *)codes->high.data;
    unsigned char low_byte = (unsigned char)code, high_byte = (unsigned char)(code >> 8);
    uint32_t count = 0;
    if (codes->high.size == 0)
        for (uint32_t i = 0; i < end; i++)
            count += low[i] == low_byte;
    else
        for (uint32_t i = 0; i < end; i++)
            count += (low[i] == low_byte) & (high[i] == high_byte);
    return count;
}

bool pool_take_codes(struct pool_reader *reader, uint32_t *ret, size_t count, uint32_t limit)
{
    struct pool_codes codes;
    return pool_skip_codes(reader, count, limit, &codes) && pool_read_codes(&codes, ret);
}
