#include "analyze/bake/bake.h"

#include <stdlib.h>

#include "analyze/table.h"
#include "analyze/yaml.h"
#include "base/batch.h"
#include "base/buf.h"
#include "base/must.h"
#include "base/scope.h"

/* struct signal_table on its way. */
struct phrases {
    uint8_t classes[256], word[256];
    unsigned class_count;
    uint32_t *marks;
    uint16_t *next;
    size_t count, capacity;
    uint8_t starts[(1 << 16) / 8];
    struct map values;
};

static void phrases_release(struct phrases *p)
{
    free(p->marks);
    free(p->next);
    map_release(&p->values);
}

static unsigned char fold(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned char)(c | 0x20);
    return c == '_' || c == '-' || c == '.' || c == '/' || c == ':' ? ' ' : c;
}

static uint16_t add_state(struct phrases *p)
{
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? p->capacity * 2 : 256;
        p->marks = mem_resize_array(p->marks, p->capacity, sizeof *p->marks);
        p->next = mem_resize_array(p->next, p->capacity * p->class_count, sizeof *p->next);
    }
    must(p->count < UINT16_MAX);
    p->marks[p->count] = 0;
    memset(p->next + p->count * p->class_count, 0, p->class_count * sizeof *p->next);
    return (uint16_t)p->count++;
}

static uint16_t *next_of(const struct phrases *p, size_t state, unsigned class)
{
    return &p->next[state * p->class_count + class];
}

static void add_phrase(struct phrases *p, struct str phrase, uint32_t mark)
{
    must(phrase.size >= 2);
    size_t state = 0;
    for (size_t i = 0; i < phrase.size; i++) {
        unsigned class = p->classes[(unsigned char)phrase.data[i]];
        uint16_t *next = next_of(p, state, class);
        if (!*next) {
            uint16_t added = add_state(p);
            next = next_of(p, state, class); /* add_state may have moved it */
            *next = added;
        }
        state = *next;
    }
    p->marks[state] |= mark;
}

static void add_classes(struct phrases *p)
{
    /* Letters, digits and the one separator each have a class; what is in no phrase shares class 0. */
    p->class_count = 1;
    uint8_t of_folded[256] = {0};
    for (unsigned c = 0; c < 256; c++) {
        unsigned char folded = fold((unsigned char)c);
        bool alphanumeric = (folded >= 'a' && folded <= 'z') || (folded >= '0' && folded <= '9');
        p->word[c] = alphanumeric;
        if (!alphanumeric && folded != ' ')
            continue;
        if (!of_folded[folded])
            of_folded[folded] = (uint8_t)p->class_count++;
        p->classes[c] = of_folded[folded];
    }
}

static unsigned kind_by_name(struct str name)
{
    for (unsigned i = 0; i < KIND_COUNT; i++)
        if (str_equal(name, str_of(kind_name(i))))
            return 1u << i;
    return 0;
}

static bool has_digit(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] >= '0' && text.data[i] <= '9')
            return true;
    return false;
}

static void add_list(struct phrases *p, const struct yaml_node *list, uint32_t mark)
{
    must(list && list->type == YAML_LIST);
    for (const struct yaml_node *item = list->first; item; item = item->next) {
        must(mark >= 1 << MARK_CODE_SHIFT || !has_digit(item->text)); /* struct signal_memo relies on it */
        add_phrase(p, item->text, mark);
    }
}

static void add_values(struct phrases *p, const struct yaml_node *values, unsigned kind)
{
    for (const struct yaml_node *member = values ? values->first : NULL; member; member = member->next) {
        SCOPED(buf) key = BUF(1024);
        map_at(&p->values, member->key->text, NULL);
        buf_add_str(&key, member->key->text);
        buf_add_char(&key, 0);
        buf_add_str(&key, member->text);
        map_at(&p->values, buf_str(&key), NULL)->value |= kind;
    }
}

static void note_starts(struct phrases *p)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint16_t first = *next_of(p, 0, p->classes[byte]);
        for (unsigned second = 0; first && second < 256; second++)
            if (*next_of(p, first, p->classes[second]))
                p->starts[byte << 5 | second / 8] |= (uint8_t)(1u << second % 8);
    }
}

static void add_file(struct phrases *p, struct str text)
{
    SCOPED(arena) arena = {0};
    struct err err;
    const struct yaml_node *root = yaml_load(text, "signals.yml", &arena, &err);
    must(root && root->type == YAML_MAP);
    for (const struct yaml_node *member = root->first; member; member = member->next) {
        unsigned kind = kind_by_name(member->key->text);
        if (kind) {
            add_list(p, yaml_get(member, "text"), kind << MARK_TEXT_SHIFT);
            add_list(p, yaml_get(member, "code"), kind << MARK_CODE_SHIFT);
            add_values(p, yaml_get(member, "value"), kind);
        } else if (str_equal(member->key->text, STR("login_event"))) {
            add_list(p, member, MARK_LOGIN);
        } else {
            bool failure = str_equal(member->key->text, STR("outcome_failure"));
            must(failure || str_equal(member->key->text, STR("outcome_success")));
            add_list(p, member, failure ? MARK_FAILURE : MARK_SUCCESS);
        }
    }
    note_starts(p);
}

void bake_signals(struct str text, FILE *out)
{
    SCOPED(phrases) p = {0};
    add_classes(&p);
    add_state(&p);
    add_file(&p, text);
    bake_bytes("uint8_t signal_classes", p.classes, sizeof p.classes, out);
    bake_bytes("uint8_t signal_word", p.word, sizeof p.word, out);
    bake_bytes("uint8_t signal_starts", p.starts, sizeof p.starts, out);
    fprintf(out, "static const uint32_t signal_marks[] = {");
    for (size_t i = 0; i < p.count; i++)
        fprintf(out, "%lu,%s", (unsigned long)p.marks[i], i % 16 == 15 ? "\n" : "");
    fprintf(out, "};\nstatic const uint16_t signal_next[] = {");
    for (size_t i = 0; i < p.count * p.class_count; i++)
        fprintf(out, "%u,%s", p.next[i], i % 32 == 31 ? "\n" : "");
    fprintf(out, "};\n");
    bake_map("signal_values", &p.values, out);
    fprintf(out,
            "const struct signal_table table_signals = {signal_classes, signal_word, %u, signal_marks, signal_next, "
            "signal_starts, {signal_values_texts, signal_values, %zu}};\n",
            p.class_count, p.values.count);
}
