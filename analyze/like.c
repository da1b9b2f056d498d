#include "analyze/like.h"

#include "base/must.h"

static const struct str variable = {"<*>", 3};

/* ---- Words ------------------------------------------------------------------------------------------------------- */

static size_t split(struct str text, struct str *words)
{
    size_t count = 0;
    while (text.size > 0 && count < LIKE_WORDS_MAX) {
        size_t from = 0;
        while (from < text.size && (unsigned char)text.data[from] <= ' ')
            from++;
        size_t to = from;
        while (to < text.size && (unsigned char)text.data[to] > ' ')
            to++;
        if (to > from)
            words[count++] = str_slice(text, from, to);
        text = str_slice(text, to, text.size);
    }
    return count;
}

/* The longest sequence of words that both have in this order. */
static size_t common(const struct str *a, size_t a_count, const struct str *b, size_t b_count)
{
    size_t lengths[LIKE_WORDS_MAX + 1] = {0};
    for (size_t i = 0; i < a_count; i++) {
        size_t diagonal = 0;
        for (size_t k = 0; k < b_count; k++) {
            size_t above = lengths[k + 1];
            if (str_equal_nocase(a[i], b[k]))
                lengths[k + 1] = diagonal + 1;
            else if (lengths[k] > above)
                lengths[k + 1] = lengths[k];
            diagonal = above;
        }
    }
    return lengths[b_count];
}

/* ---- Fitting ----------------------------------------------------------------------------------------------------- */

/* The offset behind the part of the text that the literal covers, or STR_NONE. A space of the literal covers a run of white space. */
static size_t fit(struct str literal, struct str text, size_t at)
{
    for (size_t i = 0; i < literal.size; i++) {
        if (at >= text.size)
            return STR_NONE;
        if (literal.data[i] != ' ') {
            if (literal.data[i] != text.data[at++])
                return STR_NONE;
            continue;
        }
        size_t from = at;
        while (at < text.size && (unsigned char)text.data[at] <= ' ')
            at++;
        if (at == from)
            return STR_NONE;
    }
    return at;
}

/* Each variable takes as little as it can, the last one all that is left. */
int like_values(struct str pattern, struct str text, struct str *ret_values, int max)
{
    int count = 0;
    text = str_trim(text);
    size_t next = str_find(pattern, variable);
    size_t at = fit(str_slice(pattern, 0, next), text, 0);
    while (at != STR_NONE && next != STR_NONE) {
        pattern = str_slice(pattern, next + variable.size, pattern.size);
        next = str_find(pattern, variable);
        struct str literal = str_slice(pattern, 0, next);
        size_t from = at, behind = STR_NONE;
        if (count == max)
            return -1;
        for (bool last = next == STR_NONE; from <= text.size; from++) {
            behind = fit(literal, text, from);
            if (behind != STR_NONE && (!last || behind == text.size))
                break;
            behind = STR_NONE;
        }
        if (behind != STR_NONE)
            ret_values[count++] = str_slice(text, at, from);
        at = behind;
    }
    return at == text.size ? count : -1;
}

double like_score(struct str pattern, struct str text, struct str template)
{
    struct str values[LIKE_WORDS_MAX], a[LIKE_WORDS_MAX], b[LIKE_WORDS_MAX];
    if (like_values(pattern, template, values, LIKE_WORDS_MAX) >= 0 ||
        like_values(pattern, text, values, LIKE_WORDS_MAX) >= 0)
        return LIKE_HELD;
    if (text.size > 0 && str_find_nocase(pattern, text) != STR_NONE)
        return LIKE_PART;
    size_t a_count = split(pattern, a), b_count = split(template, b);
    size_t longer = a_count > b_count ? a_count : b_count;
    return longer ? (double)common(a, a_count, b, b_count) / (double)longer : 0;
}
