/* Any bytes as a block: the first two tell slots and records, the third how long the directory is. It decodes or says
 * what is wrong; if it decodes, every record is readable to its last byte. And any bytes as an id index. */
#include <stdlib.h>

#include "base/hash.h"
#include "store/block.h"
#include "store/word.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static volatile uint64_t sink;
    struct str rest = str_from((const char *)data, size);
    word_find(rest, 0x12345678);
    if (size < 3)
        return 0;
    size_t split = 3u + data[2];
    struct block_row row = {.id = 1, .first_record = 1, .slots = data[0], .records = data[1], .codec = BLOCK_CODEC};
    row.directory = str_slice(rest, 3, split);
    row.body = str_slice(rest, split, size);
    SCOPED(block) block = {0};
    if (!block_decode(&block, &row, NULL) || !block_decode_text(&block, NULL))
        return 0;
    for (uint32_t slot = 0; slot < block.slots; slot++) {
        struct scan_record rec;
        if (block_is_hole(&block, slot))
            continue;
        block_record(&block, slot, &rec);
        sink += hash_bytes(rec.record.raw.data, rec.record.raw.size, rec.record.offset);
    }
    return 0;
}
