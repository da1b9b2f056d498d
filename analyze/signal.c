#include "analyze/signal.h"

#include <stdlib.h>

#include "analyze/yaml.h"
#include "base/asset.h"
#include "base/chars.h"
#include "base/map.h"
#include "base/must.h"

enum {
    MARK_TEXT_SHIFT = 0, /* KIND_ bits of phrases valid anywhere */
    MARK_CODE_SHIFT = 8, /* KIND_ bits of whole codes */
    MARK_LOGIN = 1 << 16,
    MARK_FAILURE = 1 << 17,
    MARK_SUCCESS = 1 << 18,
};

struct signal_table {
    uint8_t classes[256]; /* byte -> class; 0 is "in no phrase" */
    bool word[256];       /* byte is part of a word */
    unsigned class_count;
    uint32_t *marks; /* of the phrase that ends in a state, or 0; state 0 is the root */
    uint16_t *next;  /* state * class_count + class -> state, 0 = none */
    size_t count, capacity;
    uint8_t starts[(1 << 16) / 8]; /* a bit for each two bytes that some phrase starts with */
    struct map values;             /* path -> 0, and path '\0' value -> kinds */
};

static unsigned char fold(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned char)(c | 0x20);
    return c == '_' || c == '-' || c == '.' || c == '/' || c == ':' ? ' ' : c;
}

static uint16_t add_state(struct signal_table *table)
{
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? table->capacity * 2 : 256;
        table->marks = mem_resize_array(table->marks, table->capacity, sizeof *table->marks);
        table->next = mem_resize_array(table->next, table->capacity * table->class_count, sizeof *table->next);
    }
    must(table->count < UINT16_MAX);
    table->marks[table->count] = 0;
    memset(table->next + table->count * table->class_count, 0, table->class_count * sizeof *table->next);
    return (uint16_t)table->count++;
}

static uint16_t *next_of(const struct signal_table *table, size_t state, unsigned class)
{
    return &table->next[state * table->class_count + class];
}

static void add_phrase(struct signal_table *table, struct str phrase, uint32_t mark)
{
    must(phrase.size >= 2);
    size_t state = 0;
    for (size_t i = 0; i < phrase.size; i++) {
        unsigned class = table->classes[(unsigned char)phrase.data[i]];
        uint16_t *next = next_of(table, state, class);
        if (!*next) {
            uint16_t added = add_state(table);
            next = next_of(table, state, class); /* add_state may have moved it */
            *next = added;
        }
        state = *next;
    }
    table->marks[state] |= mark;
}

static void add_classes(struct signal_table *table)
{
    /* Letters, digits and the one separator each have a class; what is in no phrase shares class 0. */
    table->class_count = 1;
    uint8_t of_folded[256] = {0};
    for (unsigned c = 0; c < 256; c++) {
        unsigned char folded = fold((unsigned char)c);
        bool alphanumeric = (folded >= 'a' && folded <= 'z') || (folded >= '0' && folded <= '9');
        table->word[c] = alphanumeric;
        if (!alphanumeric && folded != ' ')
            continue;
        if (!of_folded[folded])
            of_folded[folded] = (uint8_t)table->class_count++;
        table->classes[c] = of_folded[folded];
    }
}

static unsigned kind_by_name(struct str name)
{
    for (unsigned i = 0; i < KIND_COUNT; i++)
        if (str_equal(name, str_of(kind_name(i))))
            return 1u << i;
    return 0;
}

static void add_list(struct signal_table *table, const struct yaml_node *list, uint32_t mark)
{
    must(list && list->type == YAML_LIST);
    for (const struct yaml_node *item = list->first; item; item = item->next)
        add_phrase(table, item->text, mark);
}

static void add_values(struct signal_table *table, const struct yaml_node *values, unsigned kind)
{
    for (const struct yaml_node *member = values ? values->first : NULL; member; member = member->next) {
        SCOPED(buf) key = BUF(1024);
        map_at(&table->values, member->key->text, NULL);
        buf_add_str(&key, member->key->text);
        buf_add_char(&key, 0);
        buf_add_str(&key, member->text);
        map_at(&table->values, buf_str(&key), NULL)->value |= kind;
    }
}

static unsigned pair_of(const char *bytes)
{
    return (unsigned)(unsigned char)bytes[0] << 8 | (unsigned char)bytes[1];
}

static void note_starts(struct signal_table *table)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint16_t first = *next_of(table, 0, table->classes[byte]);
        for (unsigned second = 0; first && second < 256; second++)
            if (*next_of(table, first, table->classes[second]))
                table->starts[byte << 5 | second / 8] |= (uint8_t)(1u << second % 8);
    }
}

struct signal_table *signal_table_new(void)
{
    struct signal_table *table = mem_alloc(sizeof *table);
    add_classes(table);
    add_state(table);
    SCOPED(arena) arena = {0};
    struct err err;
    const struct yaml_node *root = yaml_load(asset_get("signals.yml"), "signals.yml", &arena, &err);
    must(root && root->type == YAML_MAP);
    for (const struct yaml_node *member = root->first; member; member = member->next) {
        unsigned kind = kind_by_name(member->key->text);
        if (kind) {
            add_list(table, yaml_get(member, "text"), kind << MARK_TEXT_SHIFT);
            add_list(table, yaml_get(member, "code"), kind << MARK_CODE_SHIFT);
            add_values(table, yaml_get(member, "value"), kind);
        } else if (str_equal(member->key->text, STR("login_event"))) {
            add_list(table, member, MARK_LOGIN);
        } else {
            bool failure = str_equal(member->key->text, STR("outcome_failure"));
            must(failure || str_equal(member->key->text, STR("outcome_success")));
            add_list(table, member, failure ? MARK_FAILURE : MARK_SUCCESS);
        }
    }
    note_starts(table);
    return table;
}

void signal_table_free(struct signal_table *table)
{
    if (!table)
        return;
    free(table->marks);
    free(table->next);
    map_release(&table->values);
    free(table);
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
        state = *next_of(table, state, table->classes[(unsigned char)text.data[at]]);
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
static struct found search(const struct signal_table *table, struct str text, bool careful)
{
    struct found found = {.careful = careful};
    uint64_t before = 0; /* was the byte before part of a word? */
    for (size_t from = 0; from < text.size; from += CHARS_STEP) {
        struct chars chars;
        chars_of(text.data + from, text.size - from < CHARS_STEP ? text.size - from : CHARS_STEP, &chars);
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

unsigned signal_in_text(const struct signal_table *table, struct str text)
{
    uint32_t words = search(table, text, false).words;
    if (words >> MARK_TEXT_SHIFT & 0xff) /* seldom, so the second look costs little */
        words &= unquoted_words(table, text);
    return words >> MARK_TEXT_SHIFT & 0xff;
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
    return map_find(&table->values, path) != NULL;
}

unsigned signal_of_value(const struct signal_table *table, struct str path, struct str value)
{
    SCOPED(buf) key = BUF(1024);
    buf_add_str(&key, path);
    buf_add_char(&key, 0);
    buf_add_str(&key, value);
    const struct map_entry *entry = key.full ? NULL : map_find(&table->values, buf_str(&key));
    return entry ? (unsigned)entry->value : 0;
}
