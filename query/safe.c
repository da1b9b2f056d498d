#include "query/safe.h"

#include <stdint.h>
#include <stdio.h>

/* A character as it will be shown: `size` bytes taken, `text` of `text_size` bytes written, `columns` wide. */
struct shown {
    size_t size;
    size_t text_size;
    size_t columns;
    char text[12];
};

struct range {
    uint32_t first, last;
};

static const struct range wide_ranges[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x2614, 0x2615},   {0x26a1, 0x26a1},
    {0x26d4, 0x26d4},   {0x2705, 0x2705},   {0x274c, 0x274c},   {0x2753, 0x2755},   {0x2757, 0x2757},
    {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf},
    {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
    {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff},
    {0x20000, 0x3fffd},
};

static const struct range zero_ranges[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a},   {0x064b, 0x065f},
    {0x0900, 0x0902}, {0x093c, 0x093c}, {0x0941, 0x0948}, {0x0e31, 0x0e31},   {0x0e34, 0x0e3a},
    {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200d},   {0x2060, 0x2064},
    {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef},
};

static const struct range hidden_ranges[] = {
    {0x0080, 0x009f}, {0x061c, 0x061c}, {0x200e, 0x200f}, {0x2028, 0x202e},
    {0x2066, 0x2069}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
};

static bool in_ranges(uint32_t point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count && point >= ranges[i].first; i++)
        if (point <= ranges[i].last)
            return true;
    return false;
}
#define IN_RANGES(point, ranges) in_ranges((point), (ranges), sizeof(ranges) / sizeof *(ranges))

static void show_escape(struct shown *ret, size_t size, char letter, int digits, unsigned value)
{
    int length = snprintf(ret->text, sizeof ret->text, "\\%c%0*x", letter, digits, value);
    ret->size = size;
    ret->text_size = (size_t)length;
    ret->columns = (size_t)length;
}

static void show_control(struct shown *ret, unsigned char byte, enum safe_style style)
{
    const char *name = byte == '\t' ? "\\t" : byte == '\n' ? "\\n" : byte == '\r' ? "\\r" : NULL;
    if (byte == '\t' && style == SAFE_LINE) {
        *ret = (struct shown){.size = 1, .text_size = 1, .columns = 1, .text = "\t"};
    } else if (name && style != SAFE_CSV) {
        *ret = (struct shown){.size = 1, .text_size = 2, .columns = 2};
        memcpy(ret->text, name, 2);
    } else {
        show_escape(ret, 1, 'x', 2, byte);
    }
}

/* s is not empty. */
static void show_next(struct str s, enum safe_style style, struct shown *ret)
{
    unsigned char byte = (unsigned char)s.data[0];
    if (byte < 0x20 || byte == 0x7f) {
        show_control(ret, byte, style);
        return;
    }
    uint32_t point = byte;
    size_t size = byte < 0x80 ? 1 : utf8_decode(s, &point);
    if (size == 0) {
        show_escape(ret, 1, 'x', 2, byte);
        return;
    }
    if (byte >= 0x80 && IN_RANGES(point, hidden_ranges)) {
        show_escape(ret, size, point > 0xffff ? 'U' : 'u', point > 0xffff ? 8 : 4, point);
        return;
    }
    ret->size = ret->text_size = size;
    memcpy(ret->text, s.data, size);
    ret->columns = 1;
    if (byte >= 0x80)
        ret->columns = IN_RANGES(point, zero_ranges) ? 0 : IN_RANGES(point, wide_ranges) ? 2 : 1;
}

/* The length of the run of plain printable ASCII at the front: most of any log. */
static size_t plain_prefix(struct str s)
{
    size_t i = 0;
    while (i < s.size && s.data[i] >= 0x20 && s.data[i] < 0x7f)
        i++;
    return i;
}

size_t safe_add(struct buf *out, struct str s, enum safe_style style, size_t columns_max)
{
    size_t columns = 0;
    while (s.size > 0) {
        size_t plain = plain_prefix(s);
        if (plain > 0) {
            size_t fits = plain < columns_max - columns ? plain : columns_max - columns;
            buf_add(out, s.data, fits);
            columns += fits;
            if (fits < plain)
                return columns;
            s = str_slice(s, plain, s.size);
            continue;
        }
        struct shown shown;
        show_next(s, style, &shown);
        if (shown.columns > columns_max - columns)
            return columns;
        buf_add(out, shown.text, shown.text_size);
        columns += shown.columns;
        s = str_slice(s, shown.size, s.size);
    }
    return columns;
}

size_t safe_columns(struct str s, enum safe_style style, size_t stop)
{
    size_t columns = 0;
    while (s.size > 0 && columns <= stop) {
        struct shown shown = {.size = plain_prefix(s)};
        shown.columns = shown.size;
        if (shown.size == 0)
            show_next(s, style, &shown);
        columns += shown.columns;
        s = str_slice(s, shown.size, s.size);
    }
    return columns;
}

static bool is_formula(struct str s)
{
    double number;
    if (s.size == 0 || !memchr("=+-@", s.data[0], 4))
        return false;
    struct str digits = s.data[0] == '+' ? str_slice(s, 1, s.size) : s;
    return !(str_to_double(digits, &number) && digits.size > 0 && digits.data[0] != '+');
}

void safe_add_csv(struct buf *out, struct str s, bool is_text)
{
    bool quote = false;
    for (size_t i = 0; i < s.size && !quote; i++)
        quote = s.data[i] == '"' || s.data[i] == ',' || s.data[i] == ';';
    quote = quote || (s.size > 0 && (s.data[0] == ' ' || s.data[s.size - 1] == ' '));
    if (quote)
        buf_add_char(out, '"');
    if (is_text && is_formula(s))
        buf_add_char(out, '\'');
    while (s.size > 0) {
        size_t end = str_find_char(s, '"');
        size_t piece = end == STR_NONE ? s.size : end;
        safe_add(out, str_slice(s, 0, piece), SAFE_CSV, SIZE_MAX);
        if (end != STR_NONE)
            buf_add(out, "\"\"", 2);
        s = str_slice(s, end == STR_NONE ? s.size : end + 1, s.size);
    }
    if (quote)
        buf_add_char(out, '"');
}
