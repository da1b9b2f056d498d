#include "store/find.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

/* The longest run of letters that stands whole in some pool of texts, if the wanted text has one that cannot be of hex digits.
 * Parts are never cut between two letters (split.h), but for the t, n or r of an escape. */
static struct str longest_run(struct str text)
{
    struct str best = STR_ABSENT;
    for (size_t at = 0; at < text.size;) {
        size_t from = at;
        while (at < text.size && is_letter(text.data[at]))
            at++;
        if (at > from && memchr("tnrTNR", text.data[from], 6))
            from++;
        bool hex = true;
        for (size_t i = from; i < at; i++)
            hex = hex && memchr("abcdefABCDEF", text.data[i], 12);
        if (at - from >= 2 && !hex && at - from > best.size)
            best = str_from(text.data + from, at - from);
        at++;
    }
    return best;
}

/* Does some value touch a letter of the literal beside it, or another value? */
static bool cuts_letters(const struct skeletons *s)
{
    for (uint32_t k = 0; k < s->count; k++) {
        const struct skeleton *skeleton = &s->skeletons[k];
        for (uint32_t p = 0; p <= skeleton->count; p++) {
            struct str literal = p < skeleton->count ? s->pieces[skeleton->pieces[p]].literal : skeleton->tail;
            bool inner = p > 0 && p < skeleton->count;
            if (literal.size == 0 ? inner
                                  : (p > 0 && is_letter(literal.data[0])) ||
                                        (p < skeleton->count && is_letter(literal.data[literal.size - 1])))
                return true;
        }
    }
    return false;
}

bool find_glance(struct block *block, const struct find_text *wanted, bool *ret_damaged)
{
    const struct find_text run = {longest_run(wanted->text), wanted->ignore_case};
    const struct skeletons *s = &block->skeletons;
    *ret_damaged = false;
    if (run.text.size == 0 || cuts_letters(s))
        return true;
    for (uint32_t i = 0; i < s->piece_count; i++)
        if (find_in(&run, s->pieces[i].literal))
            return true;
    for (uint32_t k = 0; k < s->count; k++)
        if (find_in(&run, s->skeletons[k].tail))
            return true;
    for (uint32_t c = 0; c < s->column_count; c++) {
        struct str meta, text;
        if (!block_column_pool(block, c, POOL_META, &meta) || !block_column_pool(block, c, POOL_TEXT, &text)) {
            *ret_damaged = true;
            return false;
        }
        if (find_in(&run, meta) || find_in(&run, text))
            return true;
    }
    return false;
}
