#include "base/opt.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/scope.h"

enum {
    WORD_MAX = 64,   /* longer words are nobody's typing mistake */
    NAMES_MAX = 256, /* long names and aliases of one command */
};

/* ---- Rows --------------------------------------------------------------------------------------------------------- */

/* A row and where its value lies. */
struct target {
    const struct opt *row;
    void *value;
};

struct parse {
    const struct opt_group *groups;
    void *values;
    int argc;
    char **argv;
    int at; /* the next word of argv */
    struct err *err;
};

static struct target target_of(const struct parse *parse, const struct opt_group *group, const struct opt *row)
{
    return (struct target){row, (char *)parse->values + group->offset + row->offset};
}

static struct target find_short(const struct parse *parse, char name)
{
    for (const struct opt_group *group = parse->groups; group->rows != NULL; group++) {
        for (const struct opt *row = group->rows; row->long_name != NULL; row++) {
            if (row->short_name == name)
                return target_of(parse, group, row);
        }
    }
    return (struct target){0};
}

static size_t long_names(const struct opt_group *groups, const char *names[NAMES_MAX])
{
    size_t count = 0;
    for (const struct opt_group *group = groups; group->rows != NULL; group++) {
        for (const struct opt *row = group->rows; row->long_name != NULL; row++) {
            must(count + 2 <= NAMES_MAX);
            names[count++] = row->long_name;
            if (row->alias != NULL)
                names[count++] = row->alias;
        }
    }
    return count;
}

static bool fail_unknown(const struct parse *parse, const char *name)
{
    const char *names[NAMES_MAX];
    const char *near = opt_nearest(name, names, long_names(parse->groups, names));
    if (near == NULL)
        return err_set(parse->err, ERR_USAGE, 0, "unknown option '--%s'", name);
    return err_set(parse->err, ERR_USAGE, 0, "unknown option '--%s' (did you mean '--%s'?)", name, near);
}

/* The row of a long name, of an alias or of a unique prefix of one. */
static bool find_long(const struct parse *parse, struct str name, struct target *ret)
{
    *ret = (struct target){0};
    const char *matched = NULL;
    for (const struct opt_group *group = parse->groups; group->rows != NULL; group++) {
        for (const struct opt *row = group->rows; row->long_name != NULL; row++) {
            const char *names[] = {row->long_name, row->alias};
            for (int i = 0; i < 2; i++) {
                struct str candidate = str_of(names[i]);
                if (names[i] == NULL || name.size == 0 || !str_starts(candidate, name))
                    continue;
                if (candidate.size == name.size) {
                    *ret = target_of(parse, group, row);
                    return true;
                }
                if (ret->row != NULL && ret->row != row)
                    return err_set(parse->err, ERR_USAGE, 0, "ambiguous option '--%.*s' ('--%s' or '--%s'?)",
                                   STR_ARG(name), matched, names[i]);
                if (ret->row == NULL)
                    matched = names[i];
                *ret = target_of(parse, group, row);
            }
        }
    }
    if (ret->row != NULL)
        return true;
    char text[WORD_MAX * 4];
    size_t size = name.size < sizeof text ? name.size : sizeof text - 1;
    memcpy(text, name.data, size);
    text[size] = '\0';
    return fail_unknown(parse, text);
}

/* ---- Values --------------------------------------------------------------------------------------------------------- */

bool opt_parse_size(struct str text, int64_t *ret_bytes)
{
    size_t at = 0;
    uint64_t whole = 0, part = 0, scale = 1;
    bool fraction = false;
    for (; at < text.size; at++) {
        char c = text.data[at];
        if (c == '.' && !fraction && at > 0) {
            fraction = true;
        } else if (c < '0' || c > '9') {
            break;
        } else if (!fraction) {
            if (__builtin_mul_overflow(whole, UINT64_C(10), &whole) ||
                __builtin_add_overflow(whole, (uint64_t)(c - '0'), &whole))
                return false;
        } else if (scale < 1000000) { /* finer fractions are cut */
            part = part * 10 + (uint64_t)(c - '0');
            scale *= 10;
        }
    }
    if (at == 0 || text.data[at - 1] == '.')
        return false;
    struct str unit = str_trim(str_slice(text, at, text.size));
    static const char letters[] = "KMGTPE";
    uint64_t factor = 1;
    if (unit.size > 0) {
        struct str letter = str_slice(unit, 0, 1);
        for (unsigned i = 0; letters[i] != '\0' && factor == 1; i++) {
            if (str_equal_nocase(letter, str_from(&letters[i], 1)))
                factor = UINT64_C(1) << (10 * (i + 1));
        }
        struct str rest = factor > 1 ? str_slice(unit, 1, unit.size) : unit;
        bool known =
            str_equal_nocase(rest, STR("B")) || (factor > 1 && (rest.size == 0 || str_equal_nocase(rest, STR("iB"))));
        if (!known)
            return false;
    }
    if (fraction && factor == 1)
        return false;
    unsigned __int128 bytes = (unsigned __int128)whole * factor + (unsigned __int128)part * factor / scale;
    if (bytes > (unsigned __int128)INT64_MAX)
        return false;
    *ret_bytes = (int64_t)bytes;
    return true;
}

/* 65536 as "64K": for messages about OPT_SIZE. */
static void add_number(struct buf *buf, const struct opt *row, int64_t value)
{
    static const char letters[] = "\0KMGTPE";
    unsigned step = 0;
    while (row->type == OPT_SIZE && value != 0 && value % 1024 == 0 && step < 6) {
        value /= 1024;
        step++;
    }
    buf_add_i64(buf, value);
    if (step > 0)
        buf_add_char(buf, letters[step]);
}

static bool check_range(const struct opt *row, const char *text, int64_t value, struct err *err)
{
    must(row->min <= row->max);
    if ((row->min == 0 && row->max == 0) || (value >= row->min && value <= row->max))
        return true;
    SCOPED(buf) range = BUF(128);
    if (row->max == INT64_MAX) {
        buf_add_text(&range, "at least ");
        add_number(&range, row, row->min);
    } else if (row->min == INT64_MIN) {
        buf_add_text(&range, "at most ");
        add_number(&range, row, row->max);
    } else {
        add_number(&range, row, row->min);
        buf_add_text(&range, "..");
        add_number(&range, row, row->max);
    }
    return err_set(err, ERR_USAGE, 0, "option '--%s': %s is out of range (%s)", row->long_name, text, range.data);
}

static bool set_choice(struct target target, const char *text, struct err *err)
{
    const struct opt *row = target.row;
    SCOPED(buf) list = BUF(512);
    size_t count = 0;
    for (; row->choices[count] != NULL; count++) {
        if (strcmp(row->choices[count], text) == 0) {
            *(const char **)target.value = row->choices[count];
            return true;
        }
        buf_printf(&list, "%s%s", count ? ", " : "", row->choices[count]);
    }
    const char *near = opt_nearest(text, row->choices, count);
    if (near != NULL)
        return err_set(err, ERR_USAGE, 0, "option '--%s': '%s' is none of %s (did you mean '%s'?)", row->long_name,
                       text, list.data, near);
    return err_set(err, ERR_USAGE, 0, "option '--%s': '%s' is none of %s", row->long_name, text, list.data);
}

static bool add_item(struct target target, const char *text, struct err *err)
{
    struct opt_list *list = target.value;
    if (list->count == OPT_LIST_MAX)
        return err_set(err, ERR_USAGE, 0, "option '--%s' is given more than %d times", target.row->long_name,
                       (int)OPT_LIST_MAX);
    list->items[list->count++] = text;
    return true;
}

static bool set_value(struct target target, const char *text, struct err *err)
{
    const struct opt *row = target.row;
    int64_t *number = target.value;
    switch (row->type) {
    case OPT_FLAG:
        *(bool *)target.value = true;
        return true;
    case OPT_TEXT:
        *(const char **)target.value = text;
        return true;
    case OPT_CHOICE:
        return set_choice(target, text, err);
    case OPT_LIST:
        return add_item(target, text, err);
    case OPT_INT:
        if (!str_to_i64(str_of(text), number))
            return err_set(err, ERR_USAGE, 0, "option '--%s' needs a whole number, not '%s'", row->long_name, text);
        return check_range(row, text, *number, err);
    case OPT_SIZE:
        if (!opt_parse_size(str_of(text), number))
            return err_set(err, ERR_USAGE, 0, "option '--%s' needs a size such as 64K or 1.5G, not '%s'",
                           row->long_name, text);
        return check_range(row, text, *number, err);
    case OPT_DURATION:
        if (!clock_parse_duration(str_of(text), number))
            return err_set(err, ERR_USAGE, 0, "option '--%s' needs a duration such as 90s or 2h30m, not '%s'",
                           row->long_name, text);
        return true;
    }
    must(false);
    return false;
}

static void set_fallbacks(const struct parse *parse)
{
    for (const struct opt_group *group = parse->groups; group->rows != NULL; group++) {
        for (const struct opt *row = group->rows; row->long_name != NULL; row++) {
            if (row->fallback == NULL)
                continue;
            must(row->type != OPT_LIST && row->type != OPT_FLAG);
            bool good = set_value(target_of(parse, group, row), row->fallback, NULL);
            must(good);
        }
    }
}

/* ---- The command line ----------------------------------------------------------------------------------------------- */

/* Sets a row whose argument is `attached` (behind '=' or behind the short name), or else is the next word. */
static bool take_value(struct parse *parse, struct target target, const char *attached)
{
    const struct opt *row = target.row;
    const char *text = attached;
    if (text == NULL && row->optional) {
        must(row->fallback_bare != NULL);
        text = row->fallback_bare;
    }
    if (text == NULL) {
        if (parse->at == parse->argc)
            return err_set(parse->err, ERR_USAGE, 0, "option '--%s' needs a value (%s)", row->long_name, row->argument);
        text = parse->argv[parse->at++];
    }
    return set_value(target, text, parse->err);
}

static bool take_long(struct parse *parse, char *word)
{
    struct str value = str_of(word + 2);
    struct str name = str_cut(&value, '=');
    struct target target;
    if (!find_long(parse, name, &target))
        return false;
    if (target.row->type != OPT_FLAG)
        return take_value(parse, target, value.data);
    if (value.data != NULL)
        return err_set(parse->err, ERR_USAGE, 0, "option '--%s' takes no value", target.row->long_name);
    return set_value(target, NULL, parse->err);
}

static bool take_short(struct parse *parse, char *word)
{
    for (char *letter = word + 1; *letter != '\0'; letter++) {
        struct target target = find_short(parse, *letter);
        if (target.row == NULL) {
            const char *names[NAMES_MAX];
            size_t count = long_names(parse->groups, names);
            for (size_t i = 0; i < count; i++) {
                if (strcmp(names[i], word + 1) == 0)
                    return err_set(parse->err, ERR_USAGE, 0, "unknown option '%s' (did you mean '--%s'?)", word,
                                   names[i]);
            }
            uint32_t point;
            size_t size = utf8_decode(str_of(letter), &point);
            return err_set(parse->err, ERR_USAGE, 0, "unknown option '-%.*s'", (int)(size ? size : 1), letter);
        }
        if (target.row->type != OPT_FLAG)
            return take_value(parse, target, letter[1] != '\0' ? letter + 1 : NULL);
        if (!set_value(target, NULL, parse->err))
            return false;
    }
    return true;
}

/* "-" (standard input) and "-3h" (a time) are operands. */
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && !(word[1] >= '0' && word[1] <= '9');
}

bool opt_parse(const struct opt_group *groups, void *values, int argc, char **argv, char **ret_operands, int *ret_count,
               struct err *err)
{
    struct parse parse = {.groups = groups, .values = values, .argc = argc, .argv = argv, .at = 1, .err = err};
    bool options = true; /* no "--" yet */
    *ret_count = 0;
    set_fallbacks(&parse);
    while (parse.at < argc) {
        char *word = argv[parse.at++];
        bool done = true;
        if (!options || !is_option(word))
            ret_operands[(*ret_count)++] = word;
        else if (strcmp(word, "--") == 0)
            options = false;
        else
            done = word[1] == '-' ? take_long(&parse, word) : take_short(&parse, word);
        if (!done)
            return false;
    }
    return true;
}

/* ---- Suggestions ---------------------------------------------------------------------------------------------------- */

/* Edits (insert, delete, replace, swap two neighbours) that make b of a: optimal string alignment. */
static size_t edit_distance(struct str a, struct str b)
{
    size_t rows[3][WORD_MAX + 1];
    must(a.size <= WORD_MAX && b.size <= WORD_MAX);
    size_t *older = rows[0], *old = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b.size; j++)
        old[j] = older[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            size_t best = old[j - 1] + (a.data[i - 1] != b.data[j - 1]);
            if (best > old[j] + 1)
                best = old[j] + 1;
            if (best > now[j - 1] + 1)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1] &&
                best > older[j - 2] + 1)
                best = older[j - 2] + 1;
            now[j] = best;
        }
        size_t *spare = older;
        older = old;
        old = now;
        now = spare;
    }
    return old[b.size];
}

const char *opt_nearest(const char *word, const char *const *candidates, size_t count)
{
    struct str asked = str_of(word);
    if (asked.size == 0 || asked.size > WORD_MAX)
        return NULL;
    size_t limit = asked.size / 3 > 1 ? asked.size / 3 : 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        struct str candidate = str_of(candidates[i]);
        if (candidate.size > WORD_MAX)
            continue;
        size_t distance = edit_distance(asked, candidate);
        if (distance <= limit) {
            nearest = candidates[i];
            if (distance == 0)
                break;
            limit = distance - 1;
        }
    }
    return nearest;
}
