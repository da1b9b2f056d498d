#include "analyze/slo.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/opt.h"

const double slo_quantiles[SLO_QUANTILES] = {0.5, 0.95, 0.99};
static const char *const quantile_names[SLO_QUANTILES] = {"p50", "p95", "p99"};

const char *slo_quantile_name(enum slo_quantile quantile)
{
    return quantile_names[quantile];
}

struct slo slo_defaults(void)
{
    return (struct slo){.availability = 0.995, .error_rate = 0.01};
}

/* ---- Reading ------------------------------------------------------------------------------------------------------------- */

struct reader {
    struct arena *arena;
    void (*fail)(void *context, unsigned line, const char *text);
    void *context;
    bool good;
};

static void __attribute__((format(printf, 3, 4))) refuse(struct reader *reader, unsigned line, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    reader->good = false;
    reader->fail(reader->context, line, text);
}

/* A scalar without control characters; absent when it is none. */
static struct str scalar(struct reader *reader, const struct yaml_node *node, const char *what, const char *wanted)
{
    bool good = node->type == YAML_SCALAR && node->text.size > 0 && node->text.size <= 1024;
    for (size_t i = 0; good && i < node->text.size; i++)
        good = (unsigned char)node->text.data[i] >= ' ' && node->text.data[i] != 0x7f;
    if (good)
        return node->text;
    refuse(reader, node->line, "'%s' must be %s", what, wanted);
    return STR_ABSENT;
}

static void read_share(struct reader *reader, const struct yaml_node *node, const char *what, double *ret)
{
    struct str text = scalar(reader, node, what, "a percentage such as 99.5%");
    double percent;
    if (!text.data)
        return;
    bool marked = str_ends(text, STR("%"));
    if (!marked || !str_to_double(str_trim(str_slice(text, 0, text.size - 1)), &percent) ||
        !(percent >= 0 && percent <= 100))
        refuse(reader, node->line, "'%s' needs a percentage such as 99.5%%, not '%.100s'", what, text.data);
    else
        *ret = percent / 100;
}

static void read_duration(struct reader *reader, const struct yaml_node *node, const char *what, double *ret)
{
    struct str text = scalar(reader, node, what, "a duration such as 200ms or 2s");
    int64_t us;
    if (!text.data)
        return;
    if (!clock_parse_duration(text, &us) || us <= 0 || us > TIME_DAY)
        refuse(reader, node->line, "'%s' needs a duration up to a day, such as 200ms or 2s, not '%.100s'", what,
               text.data);
    else
        *ret = (double)us / 1000;
}

static void read_patterns(struct reader *reader, const struct yaml_node *node, const char *what,
                          struct slo_patterns *ret)
{
    static const char wanted[] = "a pattern or a list of patterns";
    size_t count = node->type == YAML_SCALAR;
    for (const struct yaml_node *item = node->first; node->type == YAML_LIST && item; item = item->next)
        count++;
    if (count == 0 || count > SLO_PATTERNS_MAX) {
        refuse(reader, node->line, "'%s' must be %s, at most %d", what, wanted, SLO_PATTERNS_MAX);
        return;
    }
    *ret = (struct slo_patterns){.items = ARENA_ARRAY(reader->arena, struct str, count)};
    const struct yaml_node *item = node->type == YAML_LIST ? node->first : node;
    for (size_t i = 0; i < count; i++, item = item->next)
        ret->items[ret->count++] = arena_str(reader->arena, scalar(reader, item, what, wanted));
}

static const char *const general_keys[] = {"availability", "error_rate", "classes"};
static const char *const class_keys[] = {"name", "services", "routes",       "methods",   "p50",
                                         "p95",  "p99",      "availability", "error_rate"};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void refuse_key(struct reader *reader, const struct yaml_node *key, const char *where, const char *const *names,
                       size_t count)
{
    char list[256] = "";
    const char *near = opt_nearest(key->text.data, names, count);
    for (size_t i = 0, size = 0; i < count && size < sizeof list; i++)
        size += (size_t)snprintf(list + size, sizeof list - size, "%s%s", i ? ", " : "", names[i]);
    if (near)
        refuse(reader, key->line, "unknown key '%.100s' in '%s'; did you mean '%s'?", key->text.data, where, near);
    else
        refuse(reader, key->line, "unknown key '%.100s' in '%s'; known here: %s", key->text.data, where, list);
}

/* services and service are the same. */
static bool is_key(struct str name, const char *many)
{
    struct str plural = str_of(many);
    return str_equal(name, plural) || str_equal(name, str_slice(plural, 0, plural.size - 1));
}

static void read_name(struct reader *reader, const struct yaml_node *node, struct str *ret)
{
    struct str name = scalar(reader, node, "name", "a name");
    if (!name.data)
        return;
    if (name.size > SLO_NAME_MAX)
        refuse(reader, node->line, "'name' is longer than %d bytes", SLO_NAME_MAX);
    else if (str_equal(name, STR("reads")) || str_equal(name, STR("writes")) || str_equal(name, STR("other")))
        refuse(reader, node->line, "'%s' is what requests of no class are called; choose another name", name.data);
    else
        *ret = arena_str(reader->arena, name);
}

static void read_member(struct reader *reader, const struct yaml_node *node, struct slo_class *class)
{
    struct str key = node->key->text;
    if (str_equal(key, STR("name")))
        read_name(reader, node, &class->name);
    else if (is_key(key, "services"))
        read_patterns(reader, node, "services", &class->services);
    else if (is_key(key, "routes"))
        read_patterns(reader, node, "routes", &class->routes);
    else if (is_key(key, "methods"))
        read_patterns(reader, node, "methods", &class->methods);
    else if (str_equal(key, STR("availability")))
        read_share(reader, node, "availability", &class->availability);
    else if (str_equal(key, STR("error_rate")))
        read_share(reader, node, "error_rate", &class->error_rate);
    else {
        for (unsigned i = 0; i < SLO_QUANTILES; i++) {
            if (!str_equal(key, str_of(quantile_names[i])))
                continue;
            read_duration(reader, node, quantile_names[i], &class->targets_ms[i]);
            return;
        }
        refuse_key(reader, node->key, "slo.classes", class_keys, COUNT(class_keys));
    }
}

static void read_class(struct reader *reader, const struct yaml_node *node, struct slo *slo)
{
    struct slo_class *class = &slo->classes[slo->class_count];
    *class = (struct slo_class){.availability = SLO_NO_TARGET, .error_rate = SLO_NO_TARGET};
    for (unsigned i = 0; i < SLO_QUANTILES; i++)
        class->targets_ms[i] = SLO_NO_TARGET;
    if (node->type != YAML_MAP) {
        refuse(reader, node->line, "a class is a map: 'name: NAME', then services, routes, methods, p50, p95, p99");
        return;
    }
    bool good = reader->good;
    reader->good = true;
    for (const struct yaml_node *member = node->first; member; member = member->next)
        read_member(reader, member, class);
    if (reader->good && !class->name.data) /* else the name may be what was mistyped */
        refuse(reader, node->line, "a class needs a 'name'");
    for (size_t i = 0; reader->good && i < slo->class_count; i++)
        if (str_equal(slo->classes[i].name, class->name))
            refuse(reader, node->line, "there is a class '%s' already", class->name.data);
    slo->class_count += reader->good;
    reader->good = reader->good && good;
}

static void read_classes(struct reader *reader, const struct yaml_node *list, struct slo *slo)
{
    bool nothing = list->type == YAML_SCALAR && list->plain && list->text.size == 0;
    size_t count = 0;
    if (list->type != YAML_LIST && !nothing) {
        refuse(reader, list->line, "'classes' must be a list: lines that begin with '- name:'");
        return;
    }
    for (const struct yaml_node *item = list->first; item; item = item->next)
        count++;
    if (count > SLO_CLASSES_MAX) {
        refuse(reader, list->line, "more than %d classes", SLO_CLASSES_MAX);
        return;
    }
    slo->classes = ARENA_ARRAY(reader->arena, struct slo_class, count + 1);
    slo->class_count = 0;
    for (const struct yaml_node *item = list->first; item; item = item->next)
        read_class(reader, item, slo);
}

bool slo_read(struct slo *slo, const struct yaml_node *node, struct arena *arena,
              void (*fail)(void *context, unsigned line, const char *text), void *context)
{
    struct reader reader = {arena, fail, context, true};
    if (node->type != YAML_MAP) {
        refuse(&reader, node->line, "'slo' must be a map: lines such as 'availability: 99.5%%'");
        return false;
    }
    for (const struct yaml_node *member = node->first; member; member = member->next) {
        if (str_equal(member->key->text, STR("availability")))
            read_share(&reader, member, "availability", &slo->availability);
        else if (str_equal(member->key->text, STR("error_rate")))
            read_share(&reader, member, "error_rate", &slo->error_rate);
        else if (str_equal(member->key->text, STR("classes")))
            read_classes(&reader, member, slo);
        else
            refuse_key(&reader, member->key, "slo", general_keys, COUNT(general_keys));
    }
    return reader.good;
}

/* ---- Printing ------------------------------------------------------------------------------------------------------------ */

static void print_key(struct buf *out, const char *key, bool json, bool first)
{
    buf_printf(out, json ? "%s\"%s\":" : "%s%s: ", first ? "" : json ? "," : ", ", key);
}

static void print_text(struct buf *out, struct str text)
{
    buf_add_char(out, '"');
    buf_add_json(out, text);
    buf_add_char(out, '"');
}

static void print_amount(struct buf *out, double value, const char *unit, bool json)
{
    buf_printf(out, json ? "\"%.10g%s\"" : "%.10g%s", value, unit);
}

static void print_patterns(struct buf *out, const char *key, const struct slo_patterns *patterns, bool json)
{
    if (patterns->count == 0)
        return;
    print_key(out, key, json, false);
    buf_add_char(out, '[');
    for (size_t i = 0; i < patterns->count; i++) {
        buf_add_text(out, i == 0 ? "" : json ? "," : ", ");
        print_text(out, patterns->items[i]);
    }
    buf_add_char(out, ']');
}

static void print_share(struct buf *out, const char *key, double share, bool json, bool first)
{
    if (share < 0)
        return;
    print_key(out, key, json, first);
    print_amount(out, share * 100, "%", json);
}

static void print_class(struct buf *out, const struct slo_class *class, bool json)
{
    buf_add_char(out, '{');
    print_key(out, "name", json, true);
    print_text(out, class->name);
    print_patterns(out, "services", &class->services, json);
    print_patterns(out, "routes", &class->routes, json);
    print_patterns(out, "methods", &class->methods, json);
    for (unsigned i = 0; i < SLO_QUANTILES; i++) {
        if (class->targets_ms[i] < 0)
            continue;
        print_key(out, quantile_names[i], json, false);
        print_amount(out, class->targets_ms[i], "ms", json);
    }
    print_share(out, "availability", class->availability, json, false);
    print_share(out, "error_rate", class->error_rate, json, false);
    buf_add_char(out, '}');
}

void slo_print(const struct slo *slo, bool json, struct buf *out)
{
    buf_add_char(out, '{');
    print_share(out, "availability", slo->availability, json, true);
    print_share(out, "error_rate", slo->error_rate, json, false);
    if (slo->class_count > 0) {
        print_key(out, "classes", json, false);
        buf_add_char(out, '[');
        for (size_t i = 0; i < slo->class_count; i++) {
            buf_add_text(out, i == 0 ? "" : json ? "," : ", ");
            print_class(out, &slo->classes[i], json);
        }
        buf_add_char(out, ']');
    }
    buf_add_char(out, '}');
}

/* ---- Classes --------------------------------------------------------------------------------------------------------------- */

/* Goes back to the last '*' only, which is enough, so the time is at most the product of the sizes. */
static bool fits(struct str pattern, struct str text)
{
    size_t at = 0, i = 0, star = SIZE_MAX, resume = 0;
    while (i < text.size) {
        if (at < pattern.size && pattern.data[at] == '*') {
            star = at++;
            resume = i;
        } else if (at < pattern.size && (pattern.data[at] == '?' || pattern.data[at] == text.data[i])) {
            at++;
            i++;
        } else if (star != SIZE_MAX) {
            at = star + 1;
            i = ++resume;
        } else {
            return false;
        }
    }
    while (at < pattern.size && pattern.data[at] == '*')
        at++;
    return at == pattern.size;
}

static bool fits_any(const struct slo_patterns *patterns, struct str text)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (fits(patterns->items[i], text))
            return true;
    return patterns->count == 0;
}

static bool is_one_of(struct str method, const char *const *names)
{
    for (; *names; names++)
        if (str_equal_nocase(method, str_of(*names)))
            return true;
    return false;
}

struct str slo_classify(const struct slo *slo, struct str service, struct str method, struct str route,
                        const struct slo_class **ret_class)
{
    static const char *const reads[] = {"GET", "HEAD", "OPTIONS", NULL};
    static const char *const writes[] = {"POST", "PUT", "PATCH", "DELETE", NULL};
    for (size_t i = 0; i < slo->class_count; i++) {
        const struct slo_class *class = &slo->classes[i];
        if (!fits_any(&class->services, service) || !fits_any(&class->routes, route) ||
            !fits_any(&class->methods, method))
            continue;
        *ret_class = class;
        return class->name;
    }
    *ret_class = NULL;
    return is_one_of(method, reads) ? STR("reads") : is_one_of(method, writes) ? STR("writes") : STR("other");
}

double slo_availability(const struct slo *slo, const struct slo_class *class)
{
    return class && class->availability >= 0 ? class->availability : slo->availability;
}

double slo_error_rate(const struct slo *slo, const struct slo_class *class)
{
    return class && class->error_rate >= 0 ? class->error_rate : slo->error_rate;
}
