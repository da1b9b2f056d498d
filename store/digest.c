#include "store/digest.h"

#include <nettle/sha2.h>

#include "store/block.h"

static void take(struct sha256_ctx *context, const void *data, size_t size)
{
    sha256_update(context, size, data);
}

static void take_u64(struct sha256_ctx *context, uint64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    take(context, bytes, sizeof bytes);
}

static void take_u32(struct sha256_ctx *context, uint32_t value)
{
    uint8_t bytes[4];
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    take(context, bytes, sizeof bytes);
}

static void take_str(struct sha256_ctx *context, struct str s)
{
    take_u64(context, s.size);
    take(context, s.data, s.size);
}

void digest_block(const uint8_t previous[DIGEST_SIZE], const struct block_row *row, uint8_t ret[DIGEST_SIZE])
{
    struct sha256_ctx hash, *context = &hash;
    sha256_init(context);
    take(context, previous, DIGEST_SIZE);
    take_u64(context, (uint64_t)row->id);
    take_u64(context, row->first_record);
    take_u32(context, row->slots);
    take_u32(context, row->records);
    take_u32(context, row->unparsed);
    take_u32(context, row->timeless);
    take_u64(context, row->raw_bytes);
    take_u64(context, (uint64_t)row->time_min);
    take_u64(context, (uint64_t)row->time_max);
    take_u32(context, row->codec);
    take_u32(context, row->run_count);
    for (uint32_t i = 0; i < row->run_count; i++) {
        const struct run_row *run = &row->runs[i];
        take_u64(context, (uint64_t)run->source);
        take_str(context, run->name);
        take_u32(context, run->first);
        take_u32(context, run->slots);
        take_u64(context, run->offset_from);
        take_u64(context, run->offset_to);
        take_u32(context, run->records);
        take_u32(context, run->unparsed);
        take_u64(context, run->raw_bytes);
        take_u64(context, (uint64_t)run->time_min);
        take_u64(context, (uint64_t)run->time_max);
    }
    take_str(context, row->directory);
    take_str(context, row->body);
    sha256_digest(context, DIGEST_SIZE, ret);
}
