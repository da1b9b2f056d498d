#include "analyze/analyze.h"
#include "analyze/json.h"

static size_t skip_space(struct str text, size_t at)
{
    while (at < text.size &&
           (text.data[at] == ' ' || text.data[at] == '\t' || text.data[at] == '\r' || text.data[at] == '\n'))
        at++;
    return at;
}

static bool stands(struct str text, size_t at, char c)
{
    return at < text.size && text.data[at] == c;
}

/* The string whose opening quote is at *at; moves *at behind it. False when there is none. */
static bool take_string(struct str text, size_t *at, struct str *ret)
{
    if (!stands(text, *at, '"'))
        return false;
    size_t from = *at + 1, end = json_scan_string(text, from);
    if (end == STR_NONE)
        return false;
    *ret = str_slice(text, from, end);
    *at = end + 1;
    return true;
}

/* Moves *at behind the value; *ret is absent unless it is a string. */
static bool take_value(struct str text, size_t *at, struct str *ret)
{
    *ret = STR_ABSENT;
    if (stands(text, *at, '"'))
        return take_string(text, at, ret);
    bool container = stands(text, *at, '{') || stands(text, *at, '[');
    size_t end = container ? json_scan_container(text, *at) : json_scan_bare(text, *at);
    if (end == STR_NONE || end == 0)
        return false;
    *at = end;
    return true;
}

/* "KEY": VALUE. */
static bool take_member(struct str text, size_t *at, struct str *ret_key, struct str *ret_value)
{
    if (!take_string(text, at, ret_key))
        return false;
    *at = skip_space(text, *at);
    if (!stands(text, *at, ':'))
        return false;
    *at = skip_space(text, *at + 1);
    return take_value(text, at, ret_value);
}

bool json_member(struct str object, struct str key, struct arena *arena, struct str *ret)
{
    struct str found = STR_ABSENT, name, value;
    bool met = false;
    size_t at = skip_space(object, 0);
    if (!stands(object, at, '{'))
        return false;
    do {
        at = skip_space(object, at + 1);
        if (!take_member(object, &at, &name, &value))
            return false;
        if (str_equal(name, key)) {
            if (met)
                return false;
            met = true;
            found = value;
        }
        at = skip_space(object, at);
    } while (stands(object, at, ','));
    if (!stands(object, at, '}') || skip_space(object, at + 1) != object.size || found.data == NULL)
        return false;
    *ret = json_decode(found, arena);
    return true;
}
