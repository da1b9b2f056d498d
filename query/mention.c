#include "query/mention.h"

#include "base/must.h"
#include "store/store.h"

bool mention_is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool mention_is(struct str raw, struct str id)
{
    must(id.size > 0);
    bool word_first = mention_is_word(id.data[0]), word_last = mention_is_word(id.data[id.size - 1]);
    for (size_t from = 0;;) {
        size_t found = str_find(str_slice(raw, from, raw.size), id);
        if (found == STR_NONE)
            return false;
        size_t begin = from + found, end = begin + id.size;
        bool inside = (word_first && begin > 0 && mention_is_word(raw.data[begin - 1])) ||
                      (word_last && end < raw.size && mention_is_word(raw.data[end]));
        if (!inside)
            return true;
        from = begin + 1;
    }
}

/* An address in the id, if it is one that the index keeps as a whole. */
static struct str mention_address(struct str id)
{
    for (size_t i = 0; i < id.size;) {
        size_t begin = i;
        while (i < id.size && ((id.data[i] >= '0' && id.data[i] <= '9') || id.data[i] == '.'))
            i++;
        struct str address = str_slice(id, begin, i);
        bool alone =
            (begin == 0 || !mention_is_word(id.data[begin - 1])) && (i == id.size || !mention_is_word(id.data[i]));
        if (address.size > 0 && alone && store_word_indexable(address))
            return address;
        if (i == begin)
            i++;
    }
    return STR_ABSENT;
}

/* The run of word characters at begin; with the '-' before it, if there is a word before that: digits alone are an indexed word only so. */
static struct str mention_run(struct str id, size_t begin, size_t end)
{
    struct str word = str_slice(id, begin, end);
    bool joined = begin > 1 && id.data[begin - 1] == '-' && mention_is_word(id.data[begin - 2]);
    return joined && !store_word_indexable(word) ? str_slice(id, begin - 1, end) : word;
}

struct str mention_word(struct str id)
{
    struct str best = mention_address(id);
    for (size_t i = 0; i < id.size;) {
        size_t begin = i;
        while (i < id.size && mention_is_word(id.data[i]))
            i++;
        struct str word = mention_run(id, begin, i);
        if (word.size > best.size && store_word_indexable(word))
            best = word;
        if (i == begin)
            i++;
    }
    return best;
}
