#include "analyze/member.h"

void member_key(struct buf *line, const char *key)
{
    size_t size = strlen(key);
    if (line->data[line->size - 1] != '{')
        buf_add_char(line, ',');
    char *at = buf_reserve(line, size + 3);
    if (at == NULL)
        return;
    at[0] = '"';
    memcpy(at + 1, key, size);
    memcpy(at + 1 + size, "\":", 2);
    line->size += size + 3;
}

void member_string(struct buf *line, struct str text)
{
    buf_add_char(line, '"');
    buf_add_json(line, text);
    buf_add_char(line, '"');
}

void member_text(struct buf *line, const char *key, struct str text)
{
    if (!text.data)
        return;
    member_key(line, key);
    member_string(line, text);
}

void member_time(struct buf *line, const char *key, int64_t time_us)
{
    char text[CLOCK_TEXT_MAX];
    if (time_us != TIME_NONE)
        member_text(line, key, str_of(clock_print_utc(time_us, text)));
}
