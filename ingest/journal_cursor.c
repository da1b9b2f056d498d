#include "ingest/journal_cursor.h"

bool journal_cursor_place(struct str cursor, struct journal_place *ret)
{
    struct str sequence = str_cut(&cursor, ';'), number = str_cut(&cursor, ';');
    if (!str_starts(sequence, STR("s=")) || !str_starts(number, STR("i=")) || number.size < 3 || number.size > 17)
        return false; /* 15 digits: every distance fits */
    *ret = (struct journal_place){.sequence = sequence};
    for (size_t i = 2; i < number.size; i++) {
        char c = number.data[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;
        if (digit > 15)
            return false;
        ret->number = ret->number << 4 | digit;
    }
    return true;
}

bool journal_cursor_distance(struct str first, struct str second, int64_t *ret)
{
    struct journal_place before, now;
    if (!journal_cursor_place(first, &before) || !journal_cursor_place(second, &now) ||
        !str_equal(before.sequence, now.sequence))
        return false;
    *ret = (int64_t)(now.number - before.number);
    return true;
}

bool journal_cursor_same(struct str a, struct str b)
{
    for (unsigned i = 0; i < 2; i++) {
        (void)str_cut(&a, ';');
        (void)str_cut(&b, ';');
    }
    return str_starts(a, STR("b=")) && str_equal(a, b);
}
