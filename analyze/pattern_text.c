/* A group's text: its templates' common one, piece by piece, with <*> where they differ. */
#include "analyze/pattern_part.h"

static struct str span(const struct cutting *cutting, uint32_t template, uint32_t place)
{
    const struct piece *piece = &cutting->pieces[cutting->first[template] + place];
    return str_slice(cutting->templates[template], piece->from, piece->to);
}

/* The common text of a place: that of all, or the shortest one of the same word (file, files), or <*>. */
static struct str common(const struct cutting *cutting, const uint32_t *members, size_t count, uint32_t place)
{
    uint32_t word = cutting->pieces[cutting->first[members[0]] + place].word;
    struct str shortest = span(cutting, members[0], place);
    for (size_t i = 1; i < count; i++) {
        struct str other = span(cutting, members[i], place);
        if (str_equal(shortest, other))
            continue;
        if (word == WORD_VARIABLE || cutting->pieces[cutting->first[members[i]] + place].word != word)
            return STR("<*>");
        if (other.size < shortest.size || (other.size == shortest.size && str_compare(other, shortest) < 0))
            shortest = other;
    }
    return shortest;
}

/* Does a space stand before the piece, in any of the templates? */
static bool is_apart(const struct cutting *cutting, const uint32_t *members, size_t count, uint32_t place)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t from = cutting->pieces[cutting->first[members[i]] + place].from;
        if (from > 0 && cutting->templates[members[i]].data[from - 1] == ' ')
            return true;
    }
    return false;
}

/* <*> with only spaces and commas between them are one: how many there are varies. */
static void fold(struct buf *text, size_t from)
{
    size_t kept = from, end = STR_NONE; /* behind the last <*> that was kept */
    for (size_t at = from; at < text->size;) {
        bool variable = text->size - at >= 3 && memcmp(text->data + at, "<*>", 3) == 0;
        size_t gap = end;
        while (variable && gap != STR_NONE && gap < kept && (text->data[gap] == ' ' || text->data[gap] == ','))
            gap++;
        if (variable && end != STR_NONE && gap == kept) {
            kept = end;
            at += 3;
            continue;
        }
        for (size_t i = variable ? 3 : 1; i > 0; i--)
            text->data[kept++] = text->data[at++];
        end = variable ? kept : end;
    }
    text->size = kept;
}

void pattern_text(const struct cutting *cutting, const uint32_t *members, size_t count, struct buf *out)
{
    if (count == 1) {
        buf_add_str(out, cutting->templates[members[0]]);
        return;
    }
    size_t from = out->size;
    uint32_t pieces = cutting->first[members[0] + 1] - cutting->first[members[0]];
    for (uint32_t place = 0; place < pieces; place++) {
        if (place > 0 && is_apart(cutting, members, count, place))
            buf_add_char(out, ' ');
        buf_add_str(out, common(cutting, members, count, place));
    }
    fold(out, from);
}
