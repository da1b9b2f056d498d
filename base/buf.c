#include "base/buf.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/must.h"

enum { CAPACITY_MIN = 64 };

void buf_release(struct buf *buf)
{
    free(buf->data);
    *buf = BUF(buf->size_max);
}

void buf_reset(struct buf *buf)
{
    buf->size = 0;
    buf->full = false;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

/* Back to an earlier size, so that a write of several parts happens as a whole or not at all. */
static bool back_to(struct buf *buf, size_t size)
{
    buf->size = size;
    if (buf->data != NULL)
        buf->data[size] = '\0';
    return false;
}

char *buf_reserve_more(struct buf *buf, size_t more)
{
    must(buf->size_max > 0 && buf->size_max < SIZE_MAX && buf->size <= buf->size_max);
    if (more > buf->size_max - buf->size) {
        buf->full = true;
        return NULL;
    }
    size_t needed = buf->size + more + 1; /* the NUL */
    if (buf->data == NULL || needed > buf->capacity) {
        size_t capacity = buf->capacity > SIZE_MAX / 2 ? needed : buf->capacity * 2;
        if (capacity < needed)
            capacity = needed;
        if (capacity < CAPACITY_MIN)
            capacity = CAPACITY_MIN;
        if (capacity > buf->size_max + 1)
            capacity = buf->size_max + 1;
        buf->data = mem_resize(buf->data, capacity);
        buf->capacity = capacity;
    }
    buf->data[needed - 1] = '\0';
    return buf->data + buf->size;
}

bool buf_add(struct buf *buf, const void *data, size_t size)
{
    char *at = buf_reserve(buf, size);
    if (at == NULL)
        return false;
    if (size > 0)
        memcpy(at, data, size);
    buf->size += size;
    return true;
}

bool buf_add_str(struct buf *buf, struct str s)
{
    return buf_add(buf, s.data, s.size);
}

bool buf_add_text(struct buf *buf, const char *text)
{
    return buf_add(buf, text, strlen(text));
}

bool buf_add_u64(struct buf *buf, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return buf_add(buf, digits + at, sizeof digits - at);
}

bool buf_add_i64(struct buf *buf, int64_t value)
{
    if (value >= 0)
        return buf_add_u64(buf, (uint64_t)value);
    size_t before = buf->size;
    if (buf_add_char(buf, '-') && buf_add_u64(buf, 0 - (uint64_t)value))
        return true;
    return back_to(buf, before);
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    bool done = buf_vprintf(buf, format, arguments);
    va_end(arguments);
    return done;
}

bool buf_vprintf(struct buf *buf, const char *format, va_list arguments)
{
    must(buf->size_max > 0);
    va_list again;
    va_copy(again, arguments);
    size_t room = buf->data ? buf->capacity - buf->size : 0; /* the NUL's place included */
    int size = vsnprintf(buf->data ? buf->data + buf->size : NULL, room, format, arguments);
    must(size >= 0);
    bool done = true;
    if ((size_t)size >= room) {
        char *at = buf_reserve(buf, (size_t)size);
        if (at != NULL)
            (void)vsnprintf(at, (size_t)size + 1, format, again);
        done = at != NULL;
    }
    va_end(again);
    if (!done)
        return back_to(buf, buf->size);
    buf->size += (size_t)size;
    return true;
}

/* The escape of a character that may not stand in a JSON string as it is (or should not reach a terminal: DEL and the
 * C1 controls, which RFC 8259 leaves free to escape). Empty when it needs none. */
static struct str json_escape(uint32_t point, char memory[6])
{
    switch (point) {
    case '"':
        return STR("\\\"");
    case '\\':
        return STR("\\\\");
    case '\b':
        return STR("\\b");
    case '\f':
        return STR("\\f");
    case '\n':
        return STR("\\n");
    case '\r':
        return STR("\\r");
    case '\t':
        return STR("\\t");
    default:
        break;
    }
    if (point >= 0x20 && (point < 0x7f || point >= 0xa0))
        return STR_ABSENT;
    static const char hex[] = "0123456789abcdef";
    memcpy(memory, "\\u00", 4);
    memory[4] = hex[point >> 4];
    memory[5] = hex[point & 15];
    return str_from(memory, 6);
}

static inline bool json_plain(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* How many of the first 16 characters are plain, up to one that is not. */
static inline size_t count_plain(const char *data, size_t size)
{
    size_t count = 0;
#ifdef __SSE2__
    if (size >= 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)data);
        __m128i quoted =
            _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
        __m128i outside =
            _mm_or_si128(_mm_cmplt_epi8(block, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7f)));
        unsigned special =
            (unsigned)_mm_movemask_epi8(_mm_or_si128(quoted, outside)); /* 0x80 and above are below zero */
        return special ? (size_t)__builtin_ctz(special) : 16;
    }
#endif
    while (count < size && count < 16 && json_plain(data[count]))
        count++;
    return count;
}

/* Printable ASCII, as far as it goes and there is room without asking for more: returns how much of s that was. */
static size_t add_printable(struct buf *buf, struct str s)
{
    size_t at = 0;
    if (buf->data == NULL || s.size > (buf->capacity - 1 - buf->size) / 2)
        return 0;
    char *out = buf->data + buf->size;
    while (at < s.size) {
        size_t plain = count_plain(s.data + at, s.size - at);
        if (s.size - at >= 16)
            memcpy(out, s.data + at, 16);
        else
            memcpy(out, s.data + at, plain);
        out += plain;
        at += plain;
        if (plain == 16 || at == s.size)
            continue;
        if (s.data[at] != '"' && s.data[at] != '\\')
            break;
        *out++ = '\\';
        *out++ = s.data[at++];
    }
    *out = '\0';
    buf->size = (size_t)(out - buf->data);
    return at;
}

bool buf_add_json(struct buf *buf, struct str s)
{
    size_t before = buf->size;
    size_t at = 0;
    while (at < s.size) {
        at += add_printable(buf, str_slice(s, at, s.size));
        size_t from = at;
        while (at < s.size && json_plain(s.data[at]))
            at++;
        if (!buf_add(buf, s.data + from, at - from))
            return back_to(buf, before);
        if (at == s.size)
            break;
        uint32_t point;
        struct str rest = str_from(s.data + at, s.size - at);
        size_t size = utf8_decode(rest, &point);
        char memory[6];
        struct str out = size ? json_escape(point, memory) : STR("\xef\xbf\xbd");
        if (out.size == 0)
            out = str_from(rest.data, size);
        if (!buf_add_str(buf, out))
            return back_to(buf, before);
        at += size ? size : 1;
    }
    return true;
}

bool buf_add_base64(struct buf *buf, struct str s)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (s.size > SIZE_MAX / 2) {
        buf->full = true;
        return false;
    }
    size_t size = (s.size + 2) / 3 * 4;
    char *out = buf_reserve(buf, size);
    if (out == NULL)
        return false;
    for (size_t at = 0; at < s.size; at += 3) {
        size_t count = s.size - at < 3 ? s.size - at : 3;
        uint32_t bits = 0;
        for (size_t i = 0; i < 3; i++)
            bits = bits << 8 | (i < count ? (unsigned char)s.data[at + i] : 0U);
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = count > 1 ? alphabet[bits >> 6 & 63] : '=';
        *out++ = count > 2 ? alphabet[bits & 63] : '=';
    }
    buf->size += size;
    return true;
}

/* 0..63, or 64 for what is no digit. */
static uint32_t base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* Four digits are three bytes, or fewer where the last ones are '='. 0: they are neither. */
static size_t unbase64(const char *digits, bool last, char out[3])
{
    uint32_t bits = 0;
    size_t count = !last || digits[3] != '=' ? 3 : digits[2] != '=' ? 2 : 1;
    for (size_t i = 0; i < 4; i++) {
        uint32_t value = i <= count ? base64_value(digits[i]) : 0;
        if (value == 64)
            return 0;
        bits = bits << 6 | value;
    }
    if ((bits & ((UINT32_C(1) << (8 * (3 - count))) - 1)) != 0)
        return 0;
    for (size_t i = 0; i < 3; i++)
        out[i] = (char)(bits >> (16 - 8 * i));
    return count;
}

bool buf_add_unbase64(struct buf *buf, struct str text)
{
    size_t before = buf->size;
    if (text.size % 4 != 0)
        return false;
    for (size_t at = 0; at < text.size; at += 4) {
        char bytes[3];
        size_t count = unbase64(text.data + at, at + 4 == text.size, bytes);
        if (count == 0 || !buf_add(buf, bytes, count)) {
            buf_cut(buf, before);
            return false;
        }
    }
    return true;
}

bool buf_add_long_varint(struct buf *buf, uint64_t value)
{
    unsigned char bytes[10];
    size_t size = 0;
    while (value >= 0x80) {
        bytes[size++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    bytes[size++] = (unsigned char)value;
    return buf_add(buf, bytes, size);
}

bool buf_add_zigzag(struct buf *buf, int64_t value)
{
    return buf_add_varint(buf, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

bool str_take_long_varint(struct str *s, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < s->size && i < 10; i++) {
        unsigned char byte = (unsigned char)s->data[i];
        if (i == 9 && byte > 1)
            return false;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            *s = str_slice(*s, i + 1, s->size);
            *ret_value = value;
            return true;
        }
    }
    return false;
}

bool str_take_zigzag(struct str *s, int64_t *ret_value)
{
    uint64_t value;
    if (!str_take_varint(s, &value))
        return false;
    *ret_value = (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
    return true;
}
