#include "ingest/sniff.h"

struct magic {
    size_t offset;
    struct str bytes;
    struct sniff sniff;
    struct str start; /* must stand at the beginning too; absent = nothing more */
};

static const struct magic magics[] = {
    {0, STR("\x7f\x45LF"), {"an ELF program", NULL}, STR_ABSENT},
    {0, STR("PK\x03\x04"), {"a zip archive", NULL}, STR_ABSENT},
    {0, STR("PK\x05\x06"), {"a zip archive", NULL}, STR_ABSENT},
    {0, STR("\xfd\x37zXZ\0"), {"xz data", "xz"}, STR_ABSENT},
    {0, STR("\x28\xb5\x2f\xfd"), {"zstd data", "zstd"}, STR_ABSENT},
    {0, STR("\x04\x22\x4d\x18"), {"lz4 data", "lz4"}, STR_ABSENT},
    {4, STR("\x31\x41\x59\x26\x53\x59"), {"bzip2 data", "bzip2"}, STR("BZh")},
    {0, STR("\x89PNG\r\n\x1a\n"), {"a PNG picture", NULL}, STR_ABSENT},
    {0, STR("\xff\xd8\xff"), {"a JPEG picture", NULL}, STR_ABSENT},
    {0, STR("GIF87a"), {"a GIF picture", NULL}, STR_ABSENT},
    {0, STR("GIF89a"), {"a GIF picture", NULL}, STR_ABSENT},
    {0, STR("%PDF-"), {"a PDF document", NULL}, STR_ABSENT},
    {0, STR("SQLite format 3\0"), {"an SQLite database", NULL}, STR_ABSENT},
    {0, STR("LPKSHHRH"), {"a systemd journal", NULL}, STR_ABSENT},
    {257, STR("ustar"), {"a tar archive", NULL}, STR_ABSENT},
};

static const struct sniff binary = {"binary data", NULL};

/* Bytes that text does not have: controls other than \b \t \n \f \r ESC, and what is not UTF-8. */
static size_t count_odd(struct str head)
{
    size_t odd = 0;
    for (size_t i = 0; i < head.size;) {
        unsigned char c = (unsigned char)head.data[i];
        if (c < 0x80) {
            odd += (c < 0x20 && !(c >= '\b' && c <= '\r' && c != '\v') && c != 0x1b) || c == 0x7f;
            i++;
            continue;
        }
        uint32_t point;
        size_t size = utf8_decode(str_from(head.data + i, head.size - i), &point);
        odd += size == 0;
        i += size ? size : 1;
    }
    return odd;
}

const struct sniff *sniff_bytes(struct str head)
{
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        const struct magic *magic = &magics[i];
        if (str_equal(str_slice(head, magic->offset, magic->offset + magic->bytes.size), magic->bytes) &&
            str_starts(head, magic->start))
            return &magic->sniff;
    }
    return count_odd(head) * 100 > head.size * 30 ? &binary : NULL;
}
