/* store/split.h: a text is cut like a template exactly if it makes that template itself, into the same variables. */
#include "store/split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/must.h"

enum { TEXTS = 60, TEXT_SIZE_MAX = 24, ROUNDS = 300, FIXED_MAX = SPLIT_VARIABLES_MAX + 1 };

struct sample {
    char bytes[TEXT_SIZE_MAX];
    struct str text;
    struct buf template;
    struct str fixed[FIXED_MAX];
    struct split split;
    bool cut;
};

/* Few bytes and few sizes, so that templates are often equal, and differ in the last place. */
static void make_sample(struct sample *s, enum split_way way)
{
    static const char bytes[] = "  aab__::.--/112345(\xc3\xa4\n\"";
    static const char *starts[] = {"", "", "job 7 ", "q_2024_", "at 10.0.0.1: "};
    struct str start = str_of(starts[(size_t)rand() % (sizeof starts / sizeof *starts)]);
    size_t size = start.size + (size_t)rand() % 6;
    memcpy(s->bytes, start.data, start.size);
    for (size_t i = start.size; i < size; i++)
        s->bytes[i] = rand() % 97 == 0 ? '\0' : bytes[(size_t)rand() % (sizeof bytes - 1)];
    s->text = str_from(s->bytes, size);
    buf_reset(&s->template);
    s->cut = split_text(s->text, way, &s->template, &s->split);
    struct str rest = buf_str(&s->template);
    for (uint32_t v = 0; s->cut && v <= s->split.count; v++)
        s->fixed[v] = v < s->split.count ? str_cut(&rest, '\0') : rest;
}

static void check(const struct sample *like, const struct sample *s, enum split_way way)
{
    struct str variables[SPLIT_VARIABLES_MAX];
    bool same = s->cut && str_equal(buf_str(&like->template), buf_str(&s->template));
    assert_int_equal(split_like(s->text, way, like->fixed, like->split.count, variables), same);
    for (uint32_t v = 0; same && v < s->split.count; v++) {
        assert_ptr_equal(variables[v].data, s->split.variables[v].data);
        assert_int_equal(variables[v].size, s->split.variables[v].size);
    }
}

static void cuts_what_makes_the_template(void **state)
{
    static const enum split_way ways[] = {SPLIT_WORDS, SPLIT_DIGITS};
    struct sample *samples = mem_alloc(TEXTS * sizeof *samples);
    unsigned same = 0;
    (void)state;
    srand(42);
    for (unsigned i = 0; i < TEXTS; i++)
        samples[i].template = BUF(1 << 10);
    for (unsigned round = 0; round < ROUNDS; round++) {
        enum split_way way = ways[round % 2];
        for (unsigned i = 0; i < TEXTS; i++)
            make_sample(&samples[i], way);
        for (unsigned i = 0; i < TEXTS; i++) {
            for (unsigned k = 0; samples[i].cut && k < TEXTS; k++) {
                check(&samples[i], &samples[k], way);
                same +=
                    i != k && samples[k].cut && str_equal(buf_str(&samples[i].template), buf_str(&samples[k].template));
            }
        }
    }
    assert_true(same > 10000); /* else it has shown nothing */
    for (unsigned i = 0; i < TEXTS; i++)
        buf_release(&samples[i].template);
    free(samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_what_makes_the_template),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
