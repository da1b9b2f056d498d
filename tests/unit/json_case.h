/* What the tests of JSON share. After cmocka.h. */
#ifndef WINNOW_TESTS_UNIT_JSON_CASE_H
#define WINNOW_TESTS_UNIT_JSON_CASE_H

#include "base/buf.h"

/* open and close so many times, around inside. */
static inline struct str repeated(struct buf *buf, const char *open, const char *inside, const char *close,
                                  size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_add_text(buf, open);
    buf_add_text(buf, inside);
    for (size_t i = 0; i < count; i++)
        buf_add_text(buf, close);
    assert_false(buf->full);
    return buf_str(buf);
}

#endif
