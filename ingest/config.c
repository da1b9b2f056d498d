#include "ingest/config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze/analyze.h"
#include "base/io.h"
#include "base/must.h"
#include "base/opt.h"
#include "base/place.h"
#include "ingest/config_kafka.h"
#include "ingest/config_value.h"
#include "ingest/fields.h"

struct reader {
    struct config *config;
    void (*report)(void *context, const struct err *err);
    void *context;
    size_t failures;
    /* Of the file being read: */
    const char *file, *folder;
    bool adds; /* its sources are added to those before */
};

static void fail(struct reader *reader, const struct err *err)
{
    reader->failures++;
    reader->report(reader->context, err);
}

static void __attribute__((format(printf, 3, 4))) fail_at(struct reader *reader, unsigned line, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct err err;
    err_set(&err, ERR_USAGE, 0, "%s:%u: %s", reader->file, line, text);
    fail(reader, &err);
}

/* ---- Maps --------------------------------------------------------------------------------------------------------------- */

/* A map whose members are rows of one table: the whole of it, or one section. */
struct scope {
    const struct config_key *keys;
    void *base;
    struct config_origin *origins;
    const char *section; /* "" for the whole */
};

static struct str section_of(const struct config_key *key)
{
    struct str rest = str_of(key->path);
    struct str section = str_cut(&rest, '.');
    return rest.data != NULL ? section : STR("");
}

static struct str name_of(const struct config_key *key)
{
    struct str section = section_of(key);
    return section.size == 0 ? str_of(key->path) : str_slice(str_of(key->path), section.size + 1, SIZE_MAX);
}

static bool is_section(const struct scope *scope, struct str name)
{
    if (scope->section[0] != '\0')
        return false;
    for (const struct config_key *key = scope->keys; key->path != NULL; key++) {
        if (str_equal(section_of(key), name))
            return true;
    }
    return false;
}

static const struct config_key *find_key(const struct scope *scope, struct str name)
{
    for (const struct config_key *key = scope->keys; key->path != NULL; key++) {
        if (str_equal(section_of(key), str_of(scope->section)) && str_equal(name_of(key), name))
            return key;
    }
    return NULL;
}

/* The names one may write in the scope, in the order of the rows. */
static size_t names_in(const struct scope *scope, struct arena *arena, const char *names[CONFIG_KEYS_MAX])
{
    size_t count = 0;
    for (const struct config_key *key = scope->keys; key->path != NULL; key++) {
        struct str section = section_of(key);
        struct str name = str_equal(section, str_of(scope->section)) ? name_of(key) : section;
        if ((scope->section[0] != '\0' && name.data == section.data) || key->type == CONFIG_LATER)
            continue;
        if (count == 0 || !str_equal(str_of(names[count - 1]), name))
            names[count++] = arena_str(arena, name).data;
    }
    return count;
}

/* A key that is known elsewhere: "keep" is meant to stand in "retention". */
static const struct config_key *find_elsewhere(const struct scope *scope, struct str name)
{
    for (const struct config_key *key = scope->keys; key->path != NULL; key++) {
        if (str_equal(name_of(key), name))
            return key;
    }
    return NULL;
}

static void fail_unknown(struct reader *reader, const struct scope *scope, const struct yaml_node *key)
{
    struct arena *arena = &reader->config->arena;
    const char *names[CONFIG_KEYS_MAX];
    size_t count = names_in(scope, arena, names);
    const char *near = opt_nearest(key->text.data, names, count);
    const struct config_key *elsewhere = find_elsewhere(scope, key->text);
    SCOPED(buf) what = BUF(512);
    buf_printf(&what, "unknown key '%.100s'", key->text.data);
    if (scope->section[0] != '\0')
        buf_printf(&what, " in '%s'", scope->section);
    if (near == NULL && elsewhere != NULL)
        near = elsewhere->path;
    if (near != NULL) {
        fail_at(reader, key->line, "%s; did you mean '%s'?", what.data, near);
        return;
    }
    buf_add_text(&what, "; known here:");
    for (size_t i = 0; i < count; i++)
        buf_printf(&what, "%s %s", i ? "," : "", names[i]);
    fail_at(reader, key->line, "%s", what.data);
}

static bool is_nothing(const struct yaml_node *node)
{
    return node->type == YAML_SCALAR && node->plain && node->text.size == 0;
}

static void read_sources(struct reader *reader, const struct yaml_node *list);
static void read_outputs(struct reader *reader, const struct yaml_node *list);
static void read_kafka(struct reader *reader, const struct config_key *keys, void *base, struct config_kafka *kafka,
                       const struct yaml_node *map);

static void fail_slo(void *context, unsigned line, const char *text)
{
    fail_at(context, line, "%s", text);
}

static void read_value(struct reader *reader, const struct scope *scope, const struct config_key *key,
                       const struct yaml_node *node)
{
    struct config_origin *origin = &scope->origins[key - scope->keys];
    struct err err;
    unsigned line;
    if (key->type == CONFIG_SOURCES)
        read_sources(reader, node);
    else if (key->type == CONFIG_OUTPUTS)
        read_outputs(reader, node);
    else if (key->type == CONFIG_NESTED)
        read_kafka(reader, config_kafka_source_keys, scope->base, &((struct config_source *)scope->base)->kafka, node);
    else if (key->type == CONFIG_SLO)
        slo_read(&reader->config->slo, node, &reader->config->arena, fail_slo, reader);
    else if (!config_value_set(key, scope->base, node, reader->folder, &reader->config->arena, &line, &err))
        fail_at(reader, line, "%s", err.text);
    *origin = (struct config_origin){reader->file, node->key->line};
}

static void read_map(struct reader *reader, const struct scope *scope, const struct yaml_node *map)
{
    for (const struct yaml_node *node = map->first; node != NULL; node = node->next) {
        struct str name = node->key->text;
        const struct config_key *key = find_key(scope, name);
        bool section = is_section(scope, name);
        if (section && (node->type == YAML_MAP || (is_nothing(node) && key == NULL))) {
            struct scope inner = *scope;
            inner.section = name.data;
            read_map(reader, &inner, node);
        } else if (key != NULL) {
            read_value(reader, scope, key, node);
        } else if (section) {
            fail_at(reader, node->line, "'%s' must be a map", name.data);
        } else {
            fail_unknown(reader, scope, node->key);
        }
    }
}

/* ---- Sources -------------------------------------------------------------------------------------------------------------- */

static bool has_key(const struct yaml_node *map, const char *name)
{
    return yaml_get(map, name) != NULL;
}

/* A key that does not go with the kind of source. */
static void check_kind(struct reader *reader, const struct config_source *source, const struct config_key *key)
{
    struct config_origin origin = source->origins[key - config_source_keys];
    if (origin.file == NULL || key->kinds == 0 || (key->kinds >> source->kind & 1) != 0)
        return;
    struct scope kafka = {.keys = config_kafka_source_keys, .section = "kafka"};
    if (source->kind == CONFIG_KAFKA && find_key(&kafka, str_of(key->path)) != NULL)
        fail_at(reader, origin.line, "'%s' of topics of Kafka stands within 'kafka'", key->path);
    else
        fail_at(reader, origin.line, "'%s' is for files; this source is %s", key->path,
                source->kind == CONFIG_KAFKA ? "Kafka" : "the journal");
}

/* What cannot stand together in one source. */
static void check_source(struct reader *reader, const struct config_source *source, const struct yaml_node *map)
{
    unsigned line = map->line;
    if (has_key(map, "file") + has_key(map, "journal") + has_key(map, "kafka") != 1) {
        fail_at(reader, line, "a source is either 'file: GLOB' or 'journal: {...}' or 'kafka: {...}'");
        return;
    }
    for (const struct config_key *key = config_source_keys; key->path != NULL; key++)
        check_kind(reader, source, key);
    if (source->namespace != NULL && source->directory != NULL)
        fail_at(reader, line, "'journal.directory' names the files already, so it goes without 'journal.namespace'");
    const struct yaml_node *multiline = yaml_get(map, "multiline");
    if (has_key(multiline, "start") && has_key(multiline, "continue"))
        fail_at(reader, multiline->line, "'multiline' is either 'start: REGEX' or 'continue: REGEX'");
}

static struct config_source *add_source(struct config *config)
{
    if (config->source_count == config->source_capacity) {
        config->source_capacity = config->source_capacity ? 2 * config->source_capacity : 16;
        config->sources = mem_resize_array(config->sources, config->source_capacity, sizeof *config->sources);
    }
    struct config_source *source = &config->sources[config->source_count++];
    *source = (struct config_source){0};
    config_value_defaults(config_source_keys, source, &config->arena);
    config_value_defaults(config_kafka_source_keys, source, &config->arena);
    return source;
}

static void read_source(struct reader *reader, const struct yaml_node *node)
{
    if (node->type != YAML_MAP) {
        fail_at(reader, node->line, "a source is a map: 'file: GLOB', 'journal: {...}' or 'kafka: {...}'");
        return;
    }
    struct config_source *source = add_source(reader->config);
    source->kind = has_key(node, "journal") ? CONFIG_JOURNAL : has_key(node, "kafka") ? CONFIG_KAFKA : CONFIG_FILE;
    source->origin = (struct config_origin){reader->file, node->line};
    struct scope scope = {config_source_keys, source, source->origins, ""};
    size_t failures = reader->failures;
    read_map(reader, &scope, node);
    if (reader->failures == failures) /* else what seems to be missing may be what was mistyped */
        check_source(reader, source, node);
}

static void read_sources(struct reader *reader, const struct yaml_node *list)
{
    if (list->type != YAML_LIST && !is_nothing(list)) {
        fail_at(reader, list->line,
                "'sources' must be a list: lines that begin with '- file:', '- journal:' or '- kafka:'");
        return;
    }
    if (!reader->adds)
        reader->config->source_count = 0;
    for (const struct yaml_node *node = list->first; node != NULL; node = node->next) {
        if (reader->config->source_count == CONFIG_SOURCES_MAX) {
            fail_at(reader, node->line, "more than %d sources", CONFIG_SOURCES_MAX);
            return;
        }
        read_source(reader, node);
    }
}

/* ---- Kafka ---------------------------------------------------------------------------------------------------------------- */

static void read_kafka(struct reader *reader, const struct config_key *keys, void *base, struct config_kafka *kafka,
                       const struct yaml_node *map)
{
    struct scope scope = {keys, base, kafka->origins, "kafka"};
    struct err err;
    size_t failures = reader->failures;
    if (map->type != YAML_MAP) {
        fail_at(reader, map->line, "'kafka' must be a map");
        return;
    }
    read_map(reader, &scope, map);
    if (reader->failures > failures)
        return;
    unsigned line = map->key->line;
    if (!config_kafka_check(kafka, keys == config_kafka_output_keys, &line, &err))
        fail_at(reader, line, "%s", err.text);
}

static struct config_output *add_output(struct config *config)
{
    if (config->output_count == config->output_capacity) {
        config->output_capacity = config->output_capacity ? 2 * config->output_capacity : 4;
        config->outputs = mem_resize_array(config->outputs, config->output_capacity, sizeof *config->outputs);
    }
    struct config_output *output = &config->outputs[config->output_count++];
    *output = (struct config_output){0};
    config_value_defaults(config_kafka_output_keys, output, &config->arena);
    return output;
}

static void read_output(struct reader *reader, const struct yaml_node *node)
{
    const struct yaml_node *kafka = yaml_get(node, "kafka");
    if (kafka == NULL || node->first->next != NULL) {
        fail_at(reader, node->line, "an output is 'kafka: {name: NAME, brokers: HOST, topic: TOPIC}'");
        return;
    }
    struct config_output *output = add_output(reader->config);
    output->origin = (struct config_origin){reader->file, node->line};
    read_kafka(reader, config_kafka_output_keys, output, &output->kafka, kafka);
    for (size_t i = 0; output->kafka.name != NULL && i + 1 < reader->config->output_count; i++) {
        const char *name = reader->config->outputs[i].kafka.name;
        if (name != NULL && strcmp(name, output->kafka.name) == 0)
            fail_at(reader, node->line, "there is an output '%s' already; its position is kept under its name", name);
    }
}

static void read_outputs(struct reader *reader, const struct yaml_node *list)
{
    if (list->type != YAML_LIST && !is_nothing(list)) {
        fail_at(reader, list->line, "'outputs' must be a list: lines that begin with '- kafka:'");
        return;
    }
    if (!reader->adds)
        reader->config->output_count = 0;
    for (const struct yaml_node *node = list->first; node != NULL; node = node->next) {
        if (reader->config->output_count == CONFIG_OUTPUTS_MAX) {
            fail_at(reader, node->line, "more than %d outputs", CONFIG_OUTPUTS_MAX);
            return;
        }
        read_output(reader, node);
    }
}

/* ---- Files ---------------------------------------------------------------------------------------------------------------- */

/* The absolute folder of a file. */
static const char *folder_of(struct arena *arena, const char *path)
{
    struct str whole = str_of(path);
    size_t slash = str_find_last(whole, STR("/"));
    if (path[0] == '/')
        return arena_str(arena, str_slice(whole, 0, slash)).data;
    char cwd[PATH_MAX];
    if (getcwd(cwd, sizeof cwd) == NULL)
        cwd[0] = '\0';
    if (slash == STR_NONE)
        return arena_printf(arena, "%s", cwd).data;
    return arena_printf(arena, "%s/%.*s", cwd, (int)slash, path).data;
}

static void read_file(struct reader *reader, const char *path, bool adds)
{
    struct config *config = reader->config;
    struct err err;
    SCOPED(buf) text = BUF(YAML_BYTES_MAX);
    reader->file = path;
    reader->folder = folder_of(&config->arena, path);
    reader->adds = adds;
    if (!io_read_file(path, &text, &err)) {
        fail(reader, &err);
        return;
    }
    config->files.items[config->files.count++] = reader->file;
    const struct yaml_node *root = yaml_load(buf_str(&text), reader->file, &config->arena, &err);
    struct scope scope = {config_keys, config, config->origins, ""};
    if (root == NULL)
        fail(reader, &err);
    else if (root->type != YAML_MAP)
        fail_at(reader, root->line, "a configuration is a map: lines such as 'store: PATH' and 'sources:'");
    else
        read_map(reader, &scope, root);
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static void read_all(struct reader *reader, const char *named)
{
    struct config *config = reader->config;
    struct place_file *files;
    size_t count;
    struct err err;
    if (!place_configuration(named, &config->arena, &files, &count, &err))
        fail(reader, &err);
    config->files.items = ARENA_ARRAY(&config->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        read_file(reader, files[i].path, files[i].adds);
}

/* ---- The whole --------------------------------------------------------------------------------------------------------------- */

/* A table of fields that is wrong is told here and not when the first line comes. */
static void check_fields(struct reader *reader)
{
    struct config *config = reader->config;
    struct err err;
    if (config->fields == NULL)
        return;
    SCOPED_FREE(field_table) *table = fields_load(config->fields, &err);
    if (table != NULL)
        return;
    struct config_origin origin = config->origins[config_key_row("fields")];
    if (err.kind != ERR_USAGE) /* else it names a place in that file */
        err_within(&err, "%s:%u: 'fields'", origin.file, origin.line);
    fail(reader, &err);
}

struct config *config_new(const char *named, void (*report)(void *context, const struct err *err), void *context)
{
    struct config *config = mem_alloc(sizeof *config);
    config->slo = slo_defaults();
    config_value_defaults(config_keys, config, &config->arena);
    struct reader reader = {.config = config, .report = report, .context = context};
    read_all(&reader, named);
    check_fields(&reader);
    if (reader.failures == 0)
        return config;
    config_free(config);
    return NULL;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    free(config->sources);
    free(config->outputs);
    arena_release(&config->arena);
    free(config);
}

struct source_defaults config_defaults(const struct config_source *source)
{
    return (struct source_defaults){
        .service = str_of(source->service),
        .timezone = str_of(source->timezone),
        .format = (uint8_t)source->format,
    };
}

bool config_store(const struct config *config, const char *option, struct buf *ret_path,
                  struct config_origin *ret_origin, struct err *err)
{
    struct config_origin origin = {0};
    const char *path = option;
    if (option != NULL) {
        origin.file = "--store";
    } else if (variable("WINNOW_STORE") != NULL) {
        origin.file = "$WINNOW_STORE";
    } else if (config->store != NULL) {
        origin = config->origins[config_key_row("store")];
        path = config->store;
    }
    if (ret_origin != NULL)
        *ret_origin = origin;
    return place_store(path, ret_path, err);
}
