#include "ingest/config_key.h"

#include <ctype.h>

#include "base/clock.h"
#include "base/must.h"
#include "base/opt.h"
#include "ingest/config_kafka.h"

enum { TEXT_BYTES_MAX = 4096, LIST_ITEMS_MAX = 1000 };

/* ---- Checks of texts --------------------------------------------------------------------------------------------------- */

static bool check_glob(struct str text, struct err *err)
{
    if (str_ends(text, STR("/")))
        return err_set(err, ERR_USAGE, 0, "'%s' names a folder; '%s*.log' would name the logs in it", text.data,
                       text.data);
    return true;
}

/* A field of the journal: upper case, digits and '_'. */
static bool check_match(struct str text, struct err *err)
{
    struct str value = text;
    struct str name = str_cut(&value, '=');
    bool good = name.size > 0 && value.data != NULL;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        good = good && ((c >= 'A' && c <= 'Z') || c == '_' || (i > 0 && c >= '0' && c <= '9'));
    }
    return good || err_set(err, ERR_USAGE, 0, "'%s' is no match; one looks like _SYSTEMD_UNIT=sshd.service", text.data);
}

/* As journalctl -b takes it: 0 is this boot, -1 the one before, 1 the oldest; or an id, or an id and an offset. */
static bool check_boot(struct str text, struct err *err)
{
    struct str rest = text;
    size_t digits = 0;
    while (digits < rest.size && isxdigit((unsigned char)rest.data[digits]))
        digits++;
    if (digits == 32)
        rest = str_slice(rest, digits, rest.size);
    if (digits == 32 && rest.size == 0)
        return true;
    if (rest.size > 1 && (rest.data[0] == '+' || rest.data[0] == '-'))
        rest = str_slice(rest, 1, rest.size);
    uint64_t number;
    return (str_to_u64(rest, &number) && number <= INT32_MAX) ||
           err_set(err, ERR_USAGE, 0, "'%s' is no boot; give 0 (this one), -1 (the one before) or an id", text.data);
}

bool config_check_service(struct str text, struct err *err)
{
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.data[i] <= ' ')
            return err_set(err, ERR_USAGE, 0, "'%s': a service's name has no spaces", text.data);
    }
    return true;
}

bool config_check_timezone(struct str text, struct err *err)
{
    return clock_zone_load(text.data) != NULL ||
           err_set(err, ERR_USAGE, 0, "'%s' is no time zone this system knows; one looks like Europe/Berlin or +02:00",
                   text.data);
}

/* ---- The rows ------------------------------------------------------------------------------------------------------------ */

static const char *const durabilities[] = {"normal", "full", NULL};         /* enum config_durability */
static const char *const waits[] = {"wait", "ignore", NULL};                /* enum config_wait */
static const char *const beginnings[] = {"last", "beginning", "end", NULL}; /* enum config_from */
static const char *const joins[] = {"auto", "off", NULL};                   /* enum config_join */

/* enum format */
const char *const config_formats[] = {"auto",        "json",   "syslog", "rfc5424", "access",
                                      "nginx_error", "logfmt", "cri",    "text",    NULL};
_Static_assert(sizeof config_formats / sizeof *config_formats == FORMAT_COUNT + 1, "");

#define AT(member) offsetof(struct config, member)
const struct config_key config_keys[] = {
    {.path = "store",
     .type = CONFIG_PATH,
     .offset = AT(store),
     .argument = "PATH",
     .help = "the store to write; --store and $WINNOW_STORE go before it"},
    {.path = "durability",
     .type = CONFIG_CHOICE,
     .offset = AT(durability),
     .argument = "normal|full",
     .fallback = "normal",
     .choices = durabilities,
     .help = "full: what was committed also outlives a power failure, at the price of a disk flush per commit"},
    {.path = "fields",
     .type = CONFIG_PATH,
     .offset = AT(fields),
     .argument = "FILE",
     .help = "YAML with more key paths for the canonical fields"},
    {.path = "rescan",
     .type = CONFIG_DURATION,
     .offset = AT(rescan_us),
     .argument = "DURATION",
     .fallback = "10s",
     .min = TIME_SECOND / 10,
     .max = TIME_DAY,
     .help = "how often the patterns are looked through again, beside being told of changes"},
    {.path = "retention.keep",
     .type = CONFIG_DURATION,
     .offset = AT(keep_us),
     .argument = "DURATION",
     .fallback = "none",
     .max = 36500 * TIME_DAY,
     .help = "records older than this are let go"},
    {.path = "retention.max_size",
     .type = CONFIG_SIZE,
     .offset = AT(max_size),
     .argument = "SIZE",
     .fallback = "none",
     .max = INT64_MAX,
     .help = "the oldest records are let go while the store is larger"},
    {.path = "retention.outputs",
     .type = CONFIG_CHOICE,
     .offset = AT(outputs_wait),
     .argument = "wait|ignore",
     .fallback = "wait",
     .choices = waits,
     .help = "wait: records that an output has not delivered yet stay; ignore: they go, and the output misses them"},
    {.path = "slo",
     .type = CONFIG_SLO,
     .offset = AT(slo),
     .argument = "MAP",
     .help =
         "targets of 'winnow report': availability, error_rate and classes (name, services, routes, methods, p50, p95, p99)",
     .fallback = "{availability: 99.5%, error_rate: 1%}"},
    {.path = "sources", .type = CONFIG_SOURCES, .argument = "LIST", .help = "what is followed, see below"},
    {.path = "outputs", .type = CONFIG_OUTPUTS, .argument = "LIST", .help = "where records are sent, see below"},
    {.path = "rules", .type = CONFIG_LATER},
    {0},
};
#undef AT

#define AT(member) offsetof(struct config_source, member)
const struct config_key config_source_keys[] = {
    {.path = "file",
     .type = CONFIG_PATHS,
     .offset = AT(globs),
     .argument = "GLOB",
     .check = check_glob,
     .kinds = 1 << CONFIG_FILE,
     .help = "a file, a pattern or a list of them"},
    {.path = "journal.units",
     .type = CONFIG_TEXTS,
     .offset = AT(units),
     .argument = "UNIT",
     .kinds = 1 << CONFIG_JOURNAL,
     .help = "units, or patterns of them"},
    {.path = "journal.matches",
     .type = CONFIG_TEXTS,
     .offset = AT(matches),
     .argument = "FIELD=VALUE",
     .check = check_match,
     .kinds = 1 << CONFIG_JOURNAL,
     .help = "as journalctl has it: the same field, either; different fields, both"},
    {.path = "journal.priority",
     .type = CONFIG_PRIORITY,
     .offset = AT(priority),
     .argument = "PRIORITY",
     .fallback = "debug",
     .kinds = 1 << CONFIG_JOURNAL,
     .help = "that or worse: emerg, alert, crit, err, warning, notice, info, debug or 0..7"},
    {.path = "journal.boot",
     .type = CONFIG_TEXT,
     .offset = AT(boot),
     .argument = "BOOT",
     .check = check_boot,
     .kinds = 1 << CONFIG_JOURNAL,
     .help = "one boot only: 0 (this one), -1 (the one before), an id"},
    {.path = "journal.namespace",
     .type = CONFIG_TEXT,
     .offset = AT(namespace),
     .argument = "NAME",
     .kinds = 1 << CONFIG_JOURNAL,
     .help = "another namespace than the default one"},
    {.path = "journal.directory",
     .type = CONFIG_PATH,
     .offset = AT(directory),
     .argument = "FOLDER",
     .kinds = 1 << CONFIG_JOURNAL,
     .help = "a folder of journal files instead of the system's journal"},
    {.path = "kafka",
     .type = CONFIG_NESTED,
     .argument = "MAP",
     .kinds = 1 << CONFIG_KAFKA,
     .help = "topics of Kafka, see below"},
    {.path = "service",
     .type = CONFIG_TEXT,
     .offset = AT(service),
     .argument = "NAME",
     .check = config_check_service,
     .kinds = 1 << CONFIG_FILE | 1 << CONFIG_JOURNAL,
     .help = "the service of records that name none"},
    {.path = "timezone",
     .type = CONFIG_TEXT,
     .offset = AT(timezone),
     .argument = "ZONE",
     .check = config_check_timezone,
     .kinds = 1 << CONFIG_FILE,
     .help = "of time stamps that name none: Europe/Berlin, UTC, +02:00"},
    {.path = "format",
     .type = CONFIG_CHOICE,
     .offset = AT(format),
     .argument = "FORMAT",
     .fallback = "auto",
     .choices = config_formats,
     .kinds = 1 << CONFIG_FILE,
     .help = "lines in any other are kept as unparsed: json, syslog, rfc5424, access, nginx_error, logfmt, cri, text"},
    {.path = "from",
     .type = CONFIG_CHOICE,
     .offset = AT(from),
     .argument = "last|beginning|end",
     .fallback = "last",
     .choices = beginnings,
     .kinds = 1 << CONFIG_FILE | 1 << CONFIG_JOURNAL,
     .help = "where to begin: last goes on where the store ends and reads what it never saw from its beginning"},
    {.path = "multiline",
     .type = CONFIG_CHOICE,
     .offset = AT(join),
     .argument = "auto|off",
     .fallback = "auto",
     .choices = joins,
     .kinds = 1 << CONFIG_FILE,
     .help = "whether stack traces and other continuation lines join their record"},
    {.path = "multiline.start",
     .type = CONFIG_PATTERN,
     .offset = AT(join_pattern),
     .argument = "REGEX",
     .mode = CONFIG_JOIN_START,
     .kinds = 1 << CONFIG_FILE,
     .help = "a line that fits begins a record, any other continues one"},
    {.path = "multiline.continue",
     .type = CONFIG_PATTERN,
     .offset = AT(join_pattern),
     .argument = "REGEX",
     .mode = CONFIG_JOIN_CONTINUE,
     .kinds = 1 << CONFIG_FILE,
     .help = "a line that fits continues a record, any other begins one"},
    {0},
};
#undef AT

size_t config_key_row(const char *path)
{
    size_t row = 0;
    while (strcmp(config_keys[row].path, path) != 0) {
        row++;
        must(config_keys[row].path != NULL);
    }
    return row;
}

/* ---- Reading ------------------------------------------------------------------------------------------------------------- */

struct set {
    const struct config_key *key;
    void *base;
    const char *folder;
    struct arena *arena;
    unsigned *ret_line;
    struct err *err;
};

static void *value_of(const struct set *set)
{
    return (char *)set->base + set->key->offset;
}

static bool is_null(const struct yaml_node *node)
{
    return node->type == YAML_SCALAR && node->plain &&
           (node->text.size == 0 || str_equal(node->text, STR("~")) || str_equal(node->text, STR("null")));
}

/* A scalar that can be a C string. */
static bool take_text(const struct set *set, const struct yaml_node *node, struct str *ret)
{
    *set->ret_line = node->line;
    const char *path = set->key->path;
    if (node->type != YAML_SCALAR)
        return err_set(set->err, ERR_USAGE, 0, "'%s' must be %s, not a %s", path, set->key->argument,
                       node->type == YAML_LIST ? "list" : "map");
    if (is_null(node) || node->text.size == 0)
        return err_set(set->err, ERR_USAGE, 0, "'%s' has no value", path);
    if (node->text.size > TEXT_BYTES_MAX)
        return err_set(set->err, ERR_USAGE, 0, "'%s' is longer than %d bytes", path, TEXT_BYTES_MAX);
    for (size_t i = 0; i < node->text.size; i++) {
        if ((unsigned char)node->text.data[i] < ' ' || node->text.data[i] == 0x7f)
            return err_set(set->err, ERR_USAGE, 0, "'%s' has a control character in it", path);
    }
    *ret = node->text;
    return true;
}

static const char *absolute(const struct set *set, struct str path)
{
    if (path.data[0] == '/')
        return arena_str(set->arena, path).data;
    while (str_starts(path, STR("./")) && path.size > 2)
        path = str_slice(path, 2, path.size);
    return arena_printf(set->arena, "%s/%.*s", set->folder, STR_ARG(path)).data;
}

static bool take_checked(const struct set *set, const struct yaml_node *node, const char **ret)
{
    struct str text;
    if (!take_text(set, node, &text) || (set->key->check != NULL && !set->key->check(text, set->err)))
        return false;
    bool path = set->key->type == CONFIG_PATH || set->key->type == CONFIG_PATHS;
    *ret = path ? absolute(set, text) : arena_str(set->arena, text).data;
    return true;
}

static bool set_list(const struct set *set, const struct yaml_node *node)
{
    struct config_list *list = value_of(set);
    size_t count = 0;
    if (node->type != YAML_LIST) {
        const char **items = ARENA_ARRAY(set->arena, const char *, 1);
        *list = (struct config_list){.items = items, .count = 1};
        return take_checked(set, node, items);
    }
    *set->ret_line = node->line;
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next)
        count++;
    if (count == 0 || count > LIST_ITEMS_MAX)
        return err_set(set->err, ERR_USAGE, 0, "'%s' must have 1 to %d values", set->key->path, LIST_ITEMS_MAX);
    *list = (struct config_list){.items = ARENA_ARRAY(set->arena, const char *, count)};
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next) {
        if (!take_checked(set, item, &list->items[list->count]))
            return false;
        list->count++;
    }
    return true;
}

/* The words of a text; an item of a list is taken as it is, spaces and all. */
static bool set_words(const struct set *set, struct str text)
{
    struct config_list *list = value_of(set);
    size_t count = 0;
    struct str rest = text;
    *list = (struct config_list){.items = ARENA_ARRAY(set->arena, const char *, text.size / 2 + 1)};
    while (rest.data != NULL) {
        struct str word = str_cut(&rest, ' ');
        if (word.size == 0)
            continue;
        word = arena_str(set->arena, word);
        if (set->key->check != NULL && !set->key->check(word, set->err))
            return false;
        list->items[count++] = word.data;
    }
    list->count = count;
    return count > 0 || err_set(set->err, ERR_USAGE, 0, "'%s' has no value", set->key->path);
}

static bool set_map(const struct set *set, const struct yaml_node *node)
{
    struct config_properties *map = value_of(set);
    size_t count = 0;
    if (node->type != YAML_MAP)
        return err_set(set->err, ERR_USAGE, 0, "'%s' must be a map: lines such as '%s'", set->key->path,
                       set->key->argument);
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next)
        count++;
    if (count > LIST_ITEMS_MAX)
        return err_set(set->err, ERR_USAGE, 0, "'%s' must have at most %d members", set->key->path, LIST_ITEMS_MAX);
    *map = (struct config_properties){.items = ARENA_ARRAY(set->arena, struct config_property, count + 1)};
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next) {
        struct str text;
        if (!take_text(set, item, &text))
            return err_within(set->err, "'%.100s'", item->key->text.data);
        map->items[map->count++] = (struct config_property){
            .name = arena_str(set->arena, item->key->text).data,
            .value = arena_str(set->arena, text).data,
            .line = item->key->line,
        };
    }
    return true;
}

static bool set_choice(const struct set *set, struct str text)
{
    const struct config_key *key = set->key;
    size_t count = 0;
    for (; key->choices[count] != NULL; count++) {
        if (str_equal(str_of(key->choices[count]), text)) {
            *(unsigned *)value_of(set) = (unsigned)count;
            return true;
        }
    }
    SCOPED(buf) list = BUF(1024);
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", key->choices[i]);
    const char *near = opt_nearest(text.data, key->choices, count);
    if (near != NULL)
        return err_set(set->err, ERR_USAGE, 0, "'%s': '%s' is none of %s; did you mean '%s'?", key->path, text.data,
                       list.data, near);
    return err_set(set->err, ERR_USAGE, 0, "'%s': '%s' is none of %s", key->path, text.data, list.data);
}

static const char *const priorities[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", NULL};

static bool set_priority(const struct set *set, struct str text)
{
    static const struct {
        struct str name;
        int64_t priority;
    } other_names[] = {{{"critical", 8}, 2}, {{"error", 5}, 3}, {{"warn", 4}, 4}};
    int64_t *value = value_of(set);
    for (size_t i = 0; priorities[i] != NULL; i++) {
        if (str_equal(str_of(priorities[i]), text)) {
            *value = (int64_t)i;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof other_names / sizeof *other_names; i++) {
        if (str_equal(other_names[i].name, text)) {
            *value = other_names[i].priority;
            return true;
        }
    }
    if (str_to_i64(text, value) && *value >= 0 && *value <= 7)
        return true;
    return err_set(set->err, ERR_USAGE, 0,
                   "'%s': '%s' is none of emerg, alert, crit, err, warning, notice, info, debug or 0..7",
                   set->key->path, text.data);
}

/* "10s", "90d", "2h30m". */
static void add_duration(struct buf *out, int64_t value)
{
    static const struct {
        int64_t unit;
        const char *name;
    } units[] = {{TIME_DAY, "d"}, {TIME_HOUR, "h"}, {TIME_MINUTE, "m"}, {TIME_SECOND, "s"}, {1000, "ms"}, {1, "us"}};
    if (value == 0)
        buf_add_char(out, '0');
    for (size_t i = 0; value > 0; i++) {
        if (value >= units[i].unit)
            buf_printf(out, "%lld%s", (long long)(value / units[i].unit), units[i].name);
        value %= units[i].unit;
    }
}

static void add_size(struct buf *out, int64_t value)
{
    static const char letters[] = "\0KMGTPE";
    unsigned step = 0;
    while (value != 0 && value % 1024 == 0 && step < 6) {
        value /= 1024;
        step++;
    }
    buf_add_i64(out, value);
    if (step > 0)
        buf_add_char(out, letters[step]);
}

static bool set_amount(const struct set *set, struct str text)
{
    const struct config_key *key = set->key;
    bool size = key->type == CONFIG_SIZE;
    int64_t value = 0;
    if (!(key->min == 0 && str_equal(text, STR("none")))) {
        if (!(size ? opt_parse_size(text, &value) : clock_parse_duration(text, &value)))
            return err_set(set->err, ERR_USAGE, 0, "'%s' needs a %s, not '%s'", key->path,
                           size ? "size such as 500M or 50G" : "duration such as 90d or 2h30m", text.data);
        if (value < key->min || value > key->max) {
            SCOPED(buf) range = BUF(128);
            void (*add)(struct buf *, int64_t) = size ? add_size : add_duration;
            add(&range, key->min);
            buf_add_text(&range, "..");
            add(&range, key->max);
            return err_set(set->err, ERR_USAGE, 0, "'%s': %s is out of range (%s)", key->path, text.data, range.data);
        }
    }
    *(int64_t *)value_of(set) = value;
    return true;
}

static bool set_pattern(const struct set *set, struct str text)
{
    struct config_source *source = set->base;
    struct re *re = re_new(text, false, set->err);
    if (re == NULL)
        return err_within(set->err, "'%s'", set->key->path);
    re_free(re);
    source->join = set->key->mode;
    source->join_pattern = arena_str(set->arena, text).data;
    return true;
}

/* As the built-in default of the key, or from a file. */
static bool set_text(const struct set *set, struct str text)
{
    switch (set->key->type) {
    case CONFIG_CHOICE:
        return set_choice(set, text);
    case CONFIG_SIZE:
    case CONFIG_DURATION:
        return set_amount(set, text);
    case CONFIG_PRIORITY:
        return set_priority(set, text);
    case CONFIG_PATTERN:
        return set_pattern(set, text);
    case CONFIG_TEXT:
    case CONFIG_TEXTS:
    case CONFIG_PATH:
    case CONFIG_PATHS:
    case CONFIG_WORDS:
    case CONFIG_MAP:
    case CONFIG_SOURCES:
    case CONFIG_OUTPUTS:
    case CONFIG_NESTED:
    case CONFIG_SLO:
    case CONFIG_LATER:
        break;
    }
    must(false);
    return false;
}

bool config_key_set(const struct config_key *key, void *base, const struct yaml_node *node, const char *folder,
                    struct arena *arena, unsigned *ret_line, struct err *err)
{
    struct set set = {key, base, folder, arena, ret_line, err};
    struct str text;
    *ret_line = node->line;
    switch (key->type) {
    case CONFIG_LATER:
        *ret_line = node->key->line;
        return err_set(err, ERR_USAGE, 0, "'%s' is not in this version of winnow", key->path);
    case CONFIG_TEXTS:
    case CONFIG_PATHS:
        return set_list(&set, node);
    case CONFIG_WORDS:
        return node->type == YAML_LIST ? set_list(&set, node) : take_text(&set, node, &text) && set_words(&set, text);
    case CONFIG_MAP:
        return set_map(&set, node);
    case CONFIG_TEXT:
    case CONFIG_PATH:
        return take_checked(&set, node, value_of(&set));
    case CONFIG_CHOICE:
    case CONFIG_SIZE:
    case CONFIG_DURATION:
    case CONFIG_PRIORITY:
    case CONFIG_PATTERN:
        return take_text(&set, node, &text) && set_text(&set, text);
    case CONFIG_SOURCES:
    case CONFIG_OUTPUTS:
    case CONFIG_NESTED:
    case CONFIG_SLO:
        break;
    }
    must(false);
    return false;
}

void config_key_defaults(const struct config_key *keys, void *base, struct arena *arena)
{
    for (const struct config_key *key = keys; key->path != NULL; key++) {
        unsigned line;
        if (key->fallback != NULL && key->type == CONFIG_TEXT) {
            *(const char **)((char *)base + key->offset) = key->fallback;
        } else if (key->fallback != NULL && key->type != CONFIG_SLO) {
            struct set set = {key, base, NULL, arena, &line, NULL};
            must(set_text(&set, str_of(key->fallback)));
        }
        if (key->type == CONFIG_TEXTS || key->type == CONFIG_PATHS || key->type == CONFIG_WORDS)
            *(struct config_list *)((char *)base + key->offset) =
                (struct config_list){.items = ARENA_ARRAY(arena, const char *, 1)};
    }
}

/* ---- Printing ------------------------------------------------------------------------------------------------------------ */

/* Nothing that YAML could take for something else than this text. */
static bool is_plain(struct str text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (str_equal_nocase(text, str_of(words[i])))
            return false;
    }
    bool letter = false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        letter = letter || isalpha(c) || c == '/';
        if (!isalnum(c) && memchr(i == 0 ? "/_" : "/_.-+=@*?", c, i == 0 ? 2 : 9) == NULL)
            return false;
    }
    return letter;
}

static void add_text(struct buf *out, const char *text, bool json)
{
    bool quoted = json || !is_plain(str_of(text));
    if (quoted)
        buf_add_char(out, '"');
    if (quoted)
        buf_add_json(out, str_of(text));
    else
        buf_add_text(out, text);
    if (quoted)
        buf_add_char(out, '"');
}

static void add_map(struct buf *out, const struct config_properties *map, bool json)
{
    buf_add_char(out, '{');
    for (size_t i = 0; i < map->count; i++) {
        const struct config_property *property = &map->items[i];
        buf_add_text(out, i == 0 ? "" : json ? "," : ", ");
        add_text(out, property->name, json);
        buf_add_text(out, json ? ":" : ": ");
        add_text(out, config_property_shown(property), json);
    }
    buf_add_char(out, '}');
}

static void add_list(struct buf *out, const struct config_list *list, bool json)
{
    if (list->count != 1 || json)
        buf_add_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_add_text(out, json ? "," : ", ");
        add_text(out, list->items[i], json);
    }
    if (list->count != 1 || json)
        buf_add_char(out, ']');
}

/* One word may hold spaces, so that it stands in a list. */
static void add_words(struct buf *out, const struct config_list *list, bool json)
{
    if (json || list->count != 1) {
        add_list(out, list, json);
        return;
    }
    buf_add_char(out, '[');
    add_list(out, list, json);
    buf_add_char(out, ']');
}

bool config_key_shown(const struct config_key *key, const void *base)
{
    const char *value = (const char *)base + key->offset;
    if (key->other || (key->kinds != 0 && (key->kinds >> ((const struct config_source *)base)->kind & 1) == 0))
        return false;
    switch (key->type) {
    case CONFIG_LATER:
    case CONFIG_SOURCES: /* printed by themselves */
    case CONFIG_OUTPUTS:
    case CONFIG_NESTED:
        return false;
    case CONFIG_TEXT:
    case CONFIG_PATH:
        return *(const char *const *)value != NULL;
    case CONFIG_TEXTS:
    case CONFIG_PATHS:
    case CONFIG_WORDS:
        return ((const struct config_list *)value)->count > 0;
    case CONFIG_MAP:
        return ((const struct config_properties *)value)->count > 0;
    case CONFIG_PATTERN:
        return ((const struct config_source *)base)->join == key->mode;
    case CONFIG_CHOICE:
        return key->choices != joins || ((const struct config_source *)base)->join_pattern == NULL;
    case CONFIG_SIZE:
    case CONFIG_DURATION:
    case CONFIG_PRIORITY:
    case CONFIG_SLO:
        break;
    }
    return true;
}

void config_key_print(const struct config_key *key, const void *base, bool json, struct buf *out)
{
    const char *value = (const char *)base + key->offset;
    SCOPED(buf) text = BUF(128);
    int64_t amount;
    switch (key->type) {
    case CONFIG_TEXT:
    case CONFIG_PATH:
    case CONFIG_PATTERN:
        add_text(out, *(const char *const *)value, json);
        return;
    case CONFIG_TEXTS:
    case CONFIG_PATHS:
        add_list(out, (const struct config_list *)value, json);
        return;
    case CONFIG_WORDS:
        add_words(out, (const struct config_list *)value, json);
        return;
    case CONFIG_MAP:
        add_map(out, (const struct config_properties *)value, json);
        return;
    case CONFIG_SLO:
        slo_print((const struct slo *)value, json, out);
        return;
    case CONFIG_CHOICE:
        buf_add_text(&text, key->choices[*(const unsigned *)value]);
        break;
    case CONFIG_PRIORITY:
        buf_add_text(&text, priorities[*(const int64_t *)value]);
        break;
    case CONFIG_SIZE:
    case CONFIG_DURATION:
        amount = *(const int64_t *)value;
        if (amount == 0)
            buf_add_text(&text, "none");
        else if (key->type == CONFIG_SIZE)
            add_size(&text, amount);
        else
            add_duration(&text, amount);
        break;
    case CONFIG_SOURCES:
    case CONFIG_OUTPUTS:
    case CONFIG_NESTED:
    case CONFIG_LATER:
        must(false);
    }
    if (json)
        buf_printf(out, "\"%s\"", text.data);
    else
        buf_add_text(out, text.data); /* "off" is a text here, as it is wherever this is read */
}
