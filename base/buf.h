/* struct buf: bytes that grow up to a mandatory maximum. A write that would pass the maximum writes nothing, sets
 * `full` and returns false; `full` stays set until buf_reset, so a run of appends is checked once at its end.
 * One NUL always follows the content (not counted). One thread at a time. */
#ifndef WINNOW_BASE_BUF_H
#define WINNOW_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf {
    char *data;
    size_t size;
    size_t capacity;
    size_t size_max; /* 0 is a bug: a buffer cannot exist without its maximum */
    bool full;
};

#define BUF(max) ((struct buf){.size_max = (max)})

void buf_release(struct buf *buf);
void buf_reset(struct buf *buf); /* empties, keeps the memory */
/* Makes room for `more` bytes behind the content and returns where they go, NULL (and full) past the maximum. The
 * caller then adds what it wrote to buf->size; if that is less than `more`, it also puts the NUL behind it. */
char *buf_reserve_more(struct buf *buf, size_t more);
static inline char *buf_reserve(struct buf *buf, size_t more)
{
    if (buf->data == NULL || more >= buf->capacity - buf->size)
        return buf_reserve_more(buf, more);
    buf->data[buf->size + more] = '\0';
    return buf->data + buf->size;
}
bool buf_add(struct buf *buf, const void *data, size_t size);
bool buf_add_str(struct buf *buf, struct str s);
bool buf_add_text(struct buf *buf, const char *text);
static inline bool buf_add_char(struct buf *buf, char c)
{
    char *at = buf_reserve(buf, 1);
    if (at == NULL)
        return false;
    *at = c;
    buf->size++;
    return true;
}
bool buf_add_u64(struct buf *buf, uint64_t value); /* decimal */
bool buf_add_i64(struct buf *buf, int64_t value);
bool buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buf_vprintf(struct buf *buf, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
/* JSON string content without the quotes, RFC 8259: escapes quotes, backslash and controls. Bytes that are not UTF-8
 * become U+FFFD, so the result is always valid JSON. */
bool buf_add_json(struct buf *buf, struct str s);
bool buf_add_base64(struct buf *buf, struct str s);
/* The bytes that buf_add_base64 would print so; false, and nothing is added, when there are none. */
bool buf_add_unbase64(struct buf *buf, struct str text);
/* Takes back what was added behind the first `size` bytes. */
static inline void buf_cut(struct buf *buf, size_t size)
{
    if (size < buf->size) {
        buf->size = size;
        buf->data[size] = 0;
    }
}
static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){buf->data ? buf->data : "", buf->size};
}

/* Unsigned LEB128 and zigzag, the store's integers: 1..10 bytes. */
bool buf_add_long_varint(struct buf *buf, uint64_t value);
static inline bool buf_add_varint(struct buf *buf, uint64_t value)
{
    return value < 0x80 ? buf_add_char(buf, (char)value) : buf_add_long_varint(buf, value);
}
bool buf_add_zigzag(struct buf *buf, int64_t value);
/* Reads one off the front of *s. False (and *s unchanged) when it is cut short or longer than 64 bits. */
bool str_take_long_varint(struct str *s, uint64_t *ret_value);
static inline bool str_take_varint(struct str *s, uint64_t *ret_value)
{
    if (s->size == 0 || (unsigned char)*s->data >= 0x80)
        return str_take_long_varint(s, ret_value);
    *ret_value = (unsigned char)*s->data;
    s->data++;
    s->size--;
    return true;
}
bool str_take_zigzag(struct str *s, int64_t *ret_value);

#endif
