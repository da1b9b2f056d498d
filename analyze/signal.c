#include "analyze/signal.h"

#include <stdlib.h>

#include "analyze/yaml.h"
#include "base/asset.h"
#include "base/map.h"
#include "base/must.h"

enum {
    MARK_TEXT_SHIFT = 0, /* KIND_ bits of phrases valid anywhere */
    MARK_CODE_SHIFT = 8, /* KIND_ bits of whole codes */
    MARK_LOGIN = 1 << 16,
    MARK_FAILURE = 1 << 17,
    MARK_SUCCESS = 1 << 18,
};

struct state {
    uint32_t mark;   /* of the phrase that ends here, or 0 */
    uint16_t length; /* of that phrase */
    uint16_t fail;   /* longest proper suffix that is a state */
    uint16_t output; /* nearest state along fail that has a mark, or 0 */
};

struct signal_table {
    uint8_t classes[256]; /* byte -> class; 0 is "in no phrase" */
    bool word[256];       /* byte is part of a word */
    unsigned class_count;
    struct state *states; /* states[0] is the root */
    uint16_t *next;       /* state * class_count + class -> state */
    size_t count, capacity;
    struct map values; /* path -> 0, and path '\0' value -> kinds */
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
        table->states = mem_resize_array(table->states, table->capacity, sizeof *table->states);
        table->next = mem_resize_array(table->next, table->capacity * table->class_count, sizeof *table->next);
    }
    must(table->count < UINT16_MAX);
    table->states[table->count] = (struct state){0};
    memset(table->next + table->count * table->class_count, 0, table->class_count * sizeof *table->next);
    return (uint16_t)table->count++;
}

static uint16_t *next_of(const struct signal_table *table, size_t state, unsigned class)
{
    return &table->next[state * table->class_count + class];
}

static void add_phrase(struct signal_table *table, struct str phrase, uint32_t mark)
{
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
    table->states[state].mark |= mark;
    table->states[state].length = (uint16_t)phrase.size;
}

/* Breadth first: a state's fail link and its missing transitions come from shallower states. */
static void link_states(struct signal_table *table)
{
    uint16_t *queue = mem_alloc(table->count * sizeof *queue);
    size_t head = 0, tail = 0;
    for (unsigned class = 0; class < table->class_count; class ++)
        if (*next_of(table, 0, class))
            queue[tail++] = *next_of(table, 0, class);
    while (head < tail) {
        uint16_t state = queue[head++];
        struct state *s = &table->states[state];
        const struct state *fail = &table->states[s->fail];
        s->output = fail->mark ? s->fail : fail->output;
        for (unsigned class = 0; class < table->class_count; class ++) {
            uint16_t *next = next_of(table, state, class);
            uint16_t other = *next_of(table, s->fail, class);
            if (*next) {
                table->states[*next].fail = other;
                queue[tail++] = *next;
            } else {
                *next = other;
            }
        }
    }
    free(queue);
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
    link_states(table);
    return table;
}

void signal_table_free(struct signal_table *table)
{
    if (!table)
        return;
    free(table->states);
    free(table->next);
    map_release(&table->values);
    free(table);
}

struct found {
    uint32_t words; /* marks of phrases standing as whole words */
    uint32_t whole; /* marks of the phrase that is the whole text */
};

static void note_phrases(const struct signal_table *table, struct str text, size_t end, uint16_t state,
                         struct found *found)
{
    if (!table->states[state].mark)
        state = table->states[state].output;
    for (; state; state = table->states[state].output) {
        size_t start = end - table->states[state].length;
        bool whole_words = (start == 0 || !table->word[(unsigned char)text.data[start - 1]]) &&
                           (end == text.size || !table->word[(unsigned char)text.data[end]]);
        if (whole_words)
            found->words |= table->states[state].mark;
        if (start == 0 && end == text.size)
            found->whole |= table->states[state].mark;
    }
}

static struct found search(const struct signal_table *table, struct str text)
{
    struct found found = {0};
    uint16_t state = 0;
    for (size_t i = 0; i < text.size; i++) {
        state = *next_of(table, state, table->classes[(unsigned char)text.data[i]]);
        if (table->states[state].mark | table->states[state].output)
            note_phrases(table, text, i + 1, state, &found);
    }
    return found;
}

unsigned signal_in_text(const struct signal_table *table, struct str text)
{
    return search(table, text).words >> MARK_TEXT_SHIFT & 0xff;
}

struct signal_code signal_of_code(const struct signal_table *table, struct str text)
{
    struct found found = search(table, text);
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
