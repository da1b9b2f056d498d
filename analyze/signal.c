#include "analyze/signal.h"

#include "analyze/table.h"
#include "base/buf.h"
#include "base/chars.h"
#include "base/scope.h"

static size_t next_of(const struct signal_table *table, size_t state, unsigned class)
{
    return table->next[state * table->class_count + class];
}

static unsigned pair_of(const char *bytes)
{
    return (unsigned)(unsigned char)bytes[0] << 8 | (unsigned char)bytes[1];
}

struct found {
    uint32_t words; /* marks of phrases standing as whole words */
    uint32_t whole; /* marks of the phrase that is the whole text */
    bool careful;   /* leave out phrases that are said not to be */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Does "=false", ": 0" or the like stand here, behind a phrase? Quotes around name and value are passed over. */
static bool negated(const struct signal_table *table, struct str behind)
{
    static const struct str words[] = {STR("false"), STR("no"), STR("none"), STR("null"), STR("0"), STR("off")};
    size_t at = 0;
    while (at < behind.size && (behind.data[at] == '"' || behind.data[at] == '\'' || is_blank(behind.data[at])))
        at++;
    if (at == behind.size || (behind.data[at] != '=' && behind.data[at] != ':'))
        return false;
    for (at++; at < behind.size && (behind.data[at] == '"' || behind.data[at] == '\'' || is_blank(behind.data[at]));)
        at++;
    struct str value = str_slice(behind, at, behind.size);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = words[i].size;
        if (value.size < size || !str_equal_nocase(str_slice(value, 0, size), words[i]))
            continue;
        char next = value.size > size ? value.data[size] : ' ';
        bool ends_value =
            is_blank(next) || strchr(",;)}]\"'\r\n", next) || next == '\0' ||
            (next == '.' && (value.size == size + 1 || !table->word[(unsigned char)value.data[size + 1]]));
        if (ends_value)
            return true;
    }
    return false;
}

/* The phrases that start at `start`, the beginning of a word. */
static void match_from(const struct signal_table *table, struct str text, size_t start, struct found *found)
{
    size_t state = 0;
    for (size_t at = start; at < text.size; at++) {
        state = next_of(table, state, table->classes[(unsigned char)text.data[at]]);
        if (!state)
            return;
        uint32_t mark = table->marks[state];
        if (mark && (at + 1 == text.size || !table->word[(unsigned char)text.data[at + 1]])) {
            if (found->careful && negated(table, str_slice(text, at + 1, text.size)))
                continue;
            found->words |= mark;
            if (start == 0 && at + 1 == text.size)
                found->whole |= mark;
        }
    }
}

/* A phrase counts only as whole words, so it is looked for only where a word begins; most words fail at their first letters. */
static inline __attribute__((always_inline)) struct found search_by(const struct signal_table *table, struct str text,
                                                                    bool careful,
                                                                    void (*find)(const char *, size_t, struct chars *))
{
    struct found found = {.careful = careful};
    uint64_t before = 0; /* was the byte before part of a word? */
    for (size_t from = 0; from < text.size; from += CHARS_STEP) {
        struct chars chars;
        find(text.data + from, text.size - from < CHARS_STEP ? text.size - from : CHARS_STEP, &chars);
        uint64_t words = chars.letter | chars.digit;
        uint64_t starts = words & ~(words << 1 | before);
        for (; starts; starts &= starts - 1) {
            size_t at = from + (size_t)__builtin_ctzll(starts);
            unsigned pair = at + 1 < text.size ? pair_of(text.data + at) : 0;
            if (table->starts[pair / 8] >> pair % 8 & 1)
                match_from(table, text, at, &found);
        }
        before = words >> 63;
    }
    return found;
}

#ifdef PROCESSOR_WIDE
TARGET_WIDE static struct found search_wide(const struct signal_table *table, struct str text, bool careful)
{
    return search_by(table, text, careful, chars_of_wide);
}
#endif

static struct found search(const struct signal_table *table, struct str text, bool careful)
{
#ifdef PROCESSOR_WIDE
    if (processor_is_wide())
        return search_wide(table, text, careful);
#endif
    return search_by(table, text, careful, chars_of);
}

/* ---- Quotations ------------------------------------------------------------------------------------------------------- */

enum { QUOTATION_MAX = 512 };

/* Words behind which a quotation is what went wrong, not something somebody has written. */
static bool introduces(struct str before)
{
    static const struct str words[] = {STR("error"),   STR("exception"), STR("failure"),  STR("failed"),
                                       STR("reason"),  STR("response"),  STR("returned"), STR("returns"),
                                       STR("status"),  STR("code"),      STR("with"),     STR("got"),
                                       STR("says"),    STR("said"),      STR("answered"), STR("received"),
                                       STR("replied"), STR("raised"),    STR("event"),    STR("due to")};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = words[i].size;
        if (before.size >= size && str_equal_nocase(str_slice(before, before.size - size, before.size), words[i]))
            return true;
    }
    return false;
}

/* The size of the quotation of prose that starts at `at`, quotes included, or 0: behind a word and a space, closed, and
 * not introduced as an error. */
static size_t quotation(const struct signal_table *table, struct str text, size_t at)
{
    char quote = text.data[at];
    if ((quote != '\'' && quote != '"' && quote != '`') || at < 2 || text.data[at - 1] != ' ' ||
        !table->word[(unsigned char)text.data[at - 2]] || introduces(str_slice(text, 0, at - 1)))
        return 0;
    struct str inside = str_slice(text, at + 1, at + 1 + QUOTATION_MAX);
    for (size_t i = 0; i < inside.size; i++) {
        if (inside.data[i] == quote && (i + 1 == inside.size || !table->word[(unsigned char)inside.data[i + 1]]))
            return i + 2;
    }
    return 0;
}

/* What the text says outside of quotations: each stretch between them is searched by itself. */
static uint32_t unquoted_words(const struct signal_table *table, struct str text)
{
    uint32_t words = 0;
    size_t from = 0;
    for (size_t at = 0; at < text.size;) {
        size_t size = quotation(table, text, at);
        if (size) {
            words |= search(table, str_slice(text, from, at), true).words;
            from = at + size;
        }
        at += size ? size : 1;
    }
    return words | search(table, str_slice(text, from, text.size), true).words;
}

unsigned signal_in_text(const struct signal_table *table, struct str text, bool *ret_silent)
{
    uint32_t words = search(table, text, false).words >> MARK_TEXT_SHIFT & 0xff;
    *ret_silent = words == 0;
    return *ret_silent ? 0 : words & unquoted_words(table, text) >> MARK_TEXT_SHIFT; /* seldom, so that costs little */
}

unsigned signal_in_message(const struct signal_table *table, struct signal_memo *memo, struct str message,
                           uint64_t sketch)
{
    uint64_t *silent = memo->silent[sketch % SIGNAL_MEMO_SETS];
    if ((silent[0] == sketch || silent[1] == sketch) && sketch != 0 && message.size <= TEMPLATE_SKETCH_MAX)
        return 0;
    bool is_silent;
    unsigned kinds = signal_in_text(table, message, &is_silent);
    if (is_silent) {
        silent[1] = silent[0];
        silent[0] = sketch;
    }
    return kinds;
}

struct signal_code signal_of_code(const struct signal_table *table, struct str text)
{
    struct found found = search(table, text, false);
    return (struct signal_code){
        .kinds = (found.words >> MARK_TEXT_SHIFT | found.whole >> MARK_CODE_SHIFT) & 0xff,
        .login_event = found.words & MARK_LOGIN,
        .failure = found.whole & MARK_FAILURE,
        .success = found.whole & MARK_SUCCESS,
    };
}

bool signal_path_known(const struct signal_table *table, struct str path)
{
    uint64_t none;
    return table_find(&table->values, path, &none);
}

unsigned signal_of_value(const struct signal_table *table, struct str path, struct str value)
{
    SCOPED(buf) key = BUF(1024);
    buf_add_str(&key, path);
    buf_add_char(&key, 0);
    buf_add_str(&key, value);
    uint64_t kinds;
    return !key.full && table_find(&table->values, buf_str(&key), &kinds) ? (unsigned)kinds : 0;
}
