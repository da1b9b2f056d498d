#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/yaml.h"
#include "base/buf.h"
#include "base/scope.h"

/* The tree as one line: text, "text", [a, b], {k: v}; @N is the line. */
static void show(const struct yaml_node *node, struct buf *out)
{
    if (node->type == YAML_SCALAR) {
        buf_printf(out, node->plain ? "%.*s" : "\"%.*s\"", STR_ARG(node->text));
        assert_int_equal(node->text.data[node->text.size], '\0');
    } else {
        buf_add_char(out, node->type == YAML_LIST ? '[' : '{');
        for (const struct yaml_node *child = node->first; child; child = child->next) {
            if (child != node->first)
                buf_add_text(out, ", ");
            assert_int_equal(child->key != NULL, node->type == YAML_MAP);
            if (child->key)
                buf_printf(out, "%.*s: ", STR_ARG(child->key->text));
            show(child, out);
        }
        buf_add_char(out, node->type == YAML_LIST ? ']' : '}');
    }
    buf_printf(out, "@%u", node->line);
}

static void trees(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tree;
    } cases[] = {
        {"a: 1\nb: [x, 'y z']\n", "{a: 1@1, b: [x@2, \"y z\"@2]@2}@1"},
        {"# only a comment\n", "{}@1"},
        {"", "{}@1"},
        {"---\n...\n", "{}@1"},
        {"- one\n- k: v\n  l:\n    - m\n", "[one@1, {k: v@2, l: [m@4]@4}@2]@1"},
        {"text", "text@1"},
        {"a:\nb: ~\n", "{a: @1, b: ~@2}@1"},
        {"a: !!str 12\n", "{a: 12@1}@1"},
        {"a: |\n  x\n  y\nb: \"q\\n\"\n", "{a: \"x\ny\n\"@1, b: \"q\n\"@4}@1"},
        {"a: {b: {a: 1}}\n", "{a: {b: {a: 1@1}@1}@1}@1"}, /* the same key on another level */
        {"a: {}\nb: []\n", "{a: {}@1, b: []@2}@1"},
        {"\xc3\xa4: \xe2\x82\xac\n", "{\xc3\xa4: \xe2\x82\xac@1}@1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(arena) arena = {0};
        struct err err = {0};
        const struct yaml_node *root = yaml_load(str_of(cases[i].text), "x.yml", &arena, &err);
        if (!root)
            fail_msg("%s: %s", cases[i].text, err.text);
        SCOPED(buf) out = BUF(4096);
        show(root, &out);
        assert_string_equal(out.data, cases[i].tree);
    }
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"a: 1\nb: 2\na: 3\n", "x.yml:3: 'a' stands here a second time, first in line 1"},
        {"m: {k: 1, 'k': 2}\n", "x.yml:1: 'k' stands here a second time"},
        {"a: &n 1\nb: *n\n", "x.yml:2: aliases"},
        {"a: &n {b: 1}\nc:\n  <<: *n\n", "x.yml:3: aliases"},
        {"a: 1\n---\nb: 2\n", "x.yml:2: a second document"},
        {"a: !include other\n", "x.yml:1: tags"},
        {"a:\n  !map {b: c}\n", "x.yml:2: tags"},
        {"? [a, b]\n: c\n", "x.yml:1: a key must be a text"},
        {"a: [1,\nb: 2\n", "x.yml:3: did not find expected"},
        {"a: 1\n\tb: 2\n", "x.yml:2: "},
        {"a: 'open\n", "x.yml:2: found unexpected end of stream"},
        {"a: 1\nb: \xff\n", "x.yml:2: "},
        {"a: 1\n\nb: \x01\n", "x.yml:3: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(arena) arena = {0};
        struct err err = {0};
        assert_null(yaml_load(str_of(cases[i].text), "x.yml", &arena, &err));
        assert_int_equal(err.kind, ERR_USAGE);
        if (strncmp(err.text, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s: %s", cases[i].text, err.text);
    }
}

static const struct yaml_node *load_nested(size_t depth, struct arena *arena, struct err *err)
{
    SCOPED(buf) text = BUF(4096);
    for (size_t i = 0; i < depth; i++)
        buf_add_char(&text, '[');
    for (size_t i = 0; i < depth; i++)
        buf_add_char(&text, ']');
    return yaml_load(buf_str(&text), "deep", arena, err);
}

static const struct yaml_node *load_list(size_t items, struct arena *arena, struct err *err)
{
    SCOPED(buf) text = BUF(1 << 20);
    for (size_t i = 0; i < items; i++)
        buf_add_text(&text, "- a\n");
    return yaml_load(buf_str(&text), "long", arena, err);
}

static void limits(void **state)
{
    (void)state;
    SCOPED(arena) arena = {0};
    struct err err = {0};
    assert_non_null(load_nested(YAML_DEPTH_MAX, &arena, &err));
    assert_null(load_nested(YAML_DEPTH_MAX + 1, &arena, &err));
    assert_string_equal(err.text, "deep:1: nested more than 32 deep");
    assert_non_null(load_list(YAML_NODES_MAX - 1, &arena, &err)); /* and the list itself */
    assert_null(load_list(YAML_NODES_MAX, &arena, &err));
    assert_string_equal(err.text, "long:100000: more than 100000 values");
    SCOPED(buf) text = BUF(YAML_BYTES_MAX + 1);
    char *space = buf_reserve(&text, YAML_BYTES_MAX + 1);
    memset(space, '#', YAML_BYTES_MAX + 1);
    text.size = YAML_BYTES_MAX + 1;
    assert_null(yaml_load(buf_str(&text), "large", &arena, &err));
    assert_string_equal(err.text, "large:1: larger than 8388608 bytes");
}

static void getting(void **state)
{
    (void)state;
    SCOPED(arena) arena = {0};
    struct err err = {0};
    const struct yaml_node *root = yaml_load(STR("a: 1\nlist: [x]\n\"\": e\n"), "x", &arena, &err);
    assert_non_null(root);
    assert_true(str_equal(yaml_get(root, "a")->text, STR("1")));
    assert_true(str_equal(yaml_get(root, "")->text, STR("e")));
    assert_int_equal(yaml_get(root, "list")->type, YAML_LIST);
    assert_null(yaml_get(root, "b"));
    assert_null(yaml_get(yaml_get(root, "list"), "x"));
    assert_null(yaml_get(yaml_get(root, "a"), "x"));
    assert_null(yaml_get(NULL, "x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees),
        cmocka_unit_test(refusals),
        cmocka_unit_test(limits),
        cmocka_unit_test(getting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
