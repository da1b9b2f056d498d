#include "ingest/config_kafka.h"

#include <ctype.h>

#include "base/clock.h"
#include "ingest/config_key.h"
#ifdef WINNOW_KAFKA
#include "ingest/kafka_settings.h"
#endif

enum { NAME_BYTES_MAX = 64, TOPIC_BYTES_MAX = 249 };

/* ---- Checks of texts --------------------------------------------------------------------------------------------------- */

static bool is_name(struct str text, size_t size_max)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!isalnum((unsigned char)text.data[i]) && memchr("._-", text.data[i], 3) == NULL)
            return false;
    }
    return text.size > 0 && text.size <= size_max;
}

static bool is_broker(struct str text)
{
    struct str host = text;
    size_t colon = str_find_last(text, STR(":"));
    bool six = str_starts(text, STR("[")) && str_find_char(text, ']') != STR_NONE; /* an address of IPv6 */
    if (colon != STR_NONE && (!six || colon > str_find_char(text, ']'))) {
        uint64_t port;
        host = str_slice(text, 0, colon);
        if (!str_to_u64(str_slice(text, colon + 1, text.size), &port) || port == 0 || port > 65535)
            return false;
    }
    for (size_t i = 0; i < host.size; i++) {
        if (!isalnum((unsigned char)host.data[i]) && memchr("._-:[]", host.data[i], 6) == NULL)
            return false;
    }
    return host.size > 0 && (six || str_find_char(host, ':') == STR_NONE);
}

bool config_check_brokers(struct str text, struct err *err)
{
    struct str rest = text;
    while (rest.data != NULL) {
        if (!is_broker(str_trim(str_cut(&rest, ','))))
            return err_set(err, ERR_USAGE, 0, "'%s' names no brokers; it looks like host1:9092,host2:9092", text.data);
    }
    return true;
}

bool config_check_topic(struct str text, struct err *err)
{
    return (is_name(text, TOPIC_BYTES_MAX) && !str_equal(text, STR(".")) && !str_equal(text, STR(".."))) ||
           err_set(err, ERR_USAGE, 0, "'%s' is no topic: letters, digits, '.', '_' and '-', %d at most", text.data,
                   TOPIC_BYTES_MAX);
}

static bool check_topics(struct str text, struct err *err)
{
    if (!str_starts(text, STR("^")))
        return config_check_topic(text, err);
    struct re *re = re_new(text, false, err);
    re_free(re);
    return re != NULL;
}

static bool check_filter(struct str text, struct err *err)
{
    struct filter filter;
    if (!filter_is(text))
        return err_set(err, ERR_USAGE, 0, "'%s' is no condition; one looks like level>=warning", text.data);
    if (!filter_init(&filter, text, clock_now_us(), err))
        return false;
    filter_release(&filter);
    return true;
}

static bool check_name(struct str text, struct err *err)
{
    return is_name(text, NAME_BYTES_MAX) ||
           err_set(err, ERR_USAGE, 0, "'%s': an output's name is letters, digits, '.', '_' and '-', %d at most",
                   text.data, NAME_BYTES_MAX);
}

static bool check_group(struct str text, struct err *err)
{
    return is_name(text, TOPIC_BYTES_MAX) ||
           err_set(err, ERR_USAGE, 0, "'%s': a group's name is letters, digits, '.', '_' and '-', %d at most",
                   text.data, TOPIC_BYTES_MAX);
}

/* ---- The rows ------------------------------------------------------------------------------------------------------------ */

static const char *const beginnings[] = {"beginning", "end", NULL}; /* enum config_kafka_from */
static const char *const namings[] = {"as-sent", "by-host", NULL};  /* enum config_kafka_names */
static const char *const values[] = {"json", "raw", NULL};          /* enum config_value */
static const char *const truths[] = {"false", "true", NULL};        /* 0, 1 */
static const char *const codecs[] = {"lz4", "zstd", "gzip", "snappy", "none", NULL};

static bool check_compression(struct str text, struct err *err)
{
    for (size_t i = 0; codecs[i] != NULL; i++) {
        if (str_equal(text, str_of(codecs[i])))
            return true;
    }
    return err_set(err, ERR_USAGE, 0, "'kafka.compression': '%s' is none of lz4, zstd, gzip, snappy, none", text.data);
}

#define PROPERTIES_HELP                                                                                                \
    "librdkafka's by name, TLS and SASL among them; a value env:NAME or file:/path is read from there"

#define AT(member) offsetof(struct config_source, member)
const struct config_key config_kafka_source_keys[] = {
    {.path = "kafka.brokers",
     .type = CONFIG_TEXT,
     .offset = AT(kafka.brokers),
     .argument = "HOST:PORT,...",
     .check = config_check_brokers,
     .help = "some of the cluster's brokers"},
    {.path = "kafka.topics",
     .type = CONFIG_TEXTS,
     .offset = AT(kafka.topics),
     .argument = "TOPIC",
     .check = check_topics,
     .help = "topics, or patterns of them that begin with '^'"},
    {.path = "kafka.group",
     .type = CONFIG_TEXT,
     .offset = AT(kafka.group),
     .argument = "GROUP",
     .fallback = "winnow",
     .check = check_group,
     .help = "the consumer group; members of one group share the partitions"},
    {.path = "kafka.from",
     .type = CONFIG_CHOICE,
     .offset = AT(kafka.from),
     .argument = "beginning|end",
     .fallback = "beginning",
     .choices = beginnings,
     .help = "where a partition begins that neither the store nor the group has read"},
    {.path = "kafka.sources",
     .type = CONFIG_CHOICE,
     .offset = AT(kafka.names),
     .argument = "as-sent|by-host",
     .fallback = "as-sent",
     .choices = namings,
     .help = "what the sources of winnow's agents are called here: as there, or HOST:NAME"},
    {.path = "kafka.service",
     .type = CONFIG_TEXT,
     .offset = AT(service),
     .argument = "NAME",
     .check = config_check_service,
     .help = "the service of records that name none"},
    {.path = "kafka.timezone",
     .type = CONFIG_TEXT,
     .offset = AT(timezone),
     .argument = "ZONE",
     .check = config_check_timezone,
     .help = "of time stamps that name none: Europe/Berlin, UTC, +02:00"},
    {.path = "kafka.format",
     .type = CONFIG_CHOICE,
     .offset = AT(format),
     .argument = "FORMAT",
     .fallback = "auto",
     .choices = config_formats,
     .help = "lines in any other are kept as unparsed: json, syslog, rfc5424, access, nginx_error, logfmt, cri, text"},
    {.path = "kafka.properties",
     .type = CONFIG_MAP,
     .offset = AT(kafka.properties),
     .argument = "{NAME: VALUE}",
     .help = PROPERTIES_HELP},
    {0},
};
#undef AT

#define AT(member) offsetof(struct config_output, member)
const struct config_key config_kafka_output_keys[] = {
    {.path = "kafka.name",
     .type = CONFIG_TEXT,
     .offset = AT(kafka.name),
     .argument = "NAME",
     .check = check_name,
     .help = "what its position is kept under"},
    {.path = "kafka.brokers",
     .type = CONFIG_TEXT,
     .offset = AT(kafka.brokers),
     .argument = "HOST:PORT,...",
     .check = config_check_brokers,
     .help = "some of the cluster's brokers"},
    {.path = "kafka.topic",
     .type = CONFIG_TEXT,
     .offset = AT(kafka.topic),
     .argument = "TOPIC",
     .check = config_check_topic,
     .help = "where the records go"},
    {.path = "kafka.filter",
     .type = CONFIG_WORDS,
     .offset = AT(kafka.filter),
     .argument = "FIELD=VALUE",
     .check = check_filter,
     .help = "which records, as 'winnow search' has it: \"level>=warning user=alice\", or a list of such words"},
    {.path = "kafka.value",
     .type = CONFIG_CHOICE,
     .offset = AT(kafka.value),
     .argument = "json|raw",
     .fallback = "json",
     .choices = values,
     .help = "a message is the record as 'winnow search -o json' prints it, or its line"},
    {.path = "kafka.format",
     .type = CONFIG_CHOICE,
     .offset = AT(kafka.value),
     .argument = "json|raw",
     .choices = values,
     .other = true,
     .help = "another name for value"},
    {.path = "kafka.key",
     .type = CONFIG_TEXT,
     .offset = AT(kafka.key),
     .argument = "FIELD",
     .fallback = "source",
     .help = "a message's key: source, request_id, query_id, any other field, or none"},
    {.path = "kafka.from",
     .type = CONFIG_CHOICE,
     .offset = AT(kafka.from),
     .argument = "beginning|end",
     .fallback = "beginning",
     .choices = beginnings,
     .help = "where an output begins that is new"},
    {.path = "kafka.compression",
     .type = CONFIG_TEXT,
     .offset = AT(kafka.compression),
     .argument = "lz4|zstd|gzip|snappy|none",
     .fallback = "lz4",
     .check = check_compression,
     .help = "of batches of messages"},
    {.path = "kafka.transactional",
     .type = CONFIG_CHOICE,
     .offset = AT(kafka.transactional),
     .argument = "true|false",
     .fallback = "false",
     .choices = truths,
     .help = "exactly once for readers of what is committed, at the price of some time and throughput"},
    {.path = "kafka.properties",
     .type = CONFIG_MAP,
     .offset = AT(kafka.properties),
     .argument = "{NAME: VALUE}",
     .help = PROPERTIES_HELP},
    {0},
};
#undef AT

/* ---- The whole ----------------------------------------------------------------------------------------------------------- */

bool config_property_is_secret(const char *name)
{
    static const char *const parts[] = {"password", "secret", "key.pem", "ssl_key", "oauthbearer.config", "token"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (str_find_nocase(str_of(name), str_of(parts[i])) != STR_NONE &&
            !str_ends(str_of(name), STR("token.endpoint.url")))
            return true;
    }
    return false;
}

const char *config_property_shown(const struct config_property *property)
{
    struct str value = str_of(property->value);
    bool told_elsewhere = str_starts(value, STR("env:")) || str_starts(value, STR("file:"));
    return config_property_is_secret(property->name) && !told_elsewhere ? "(hidden)" : property->value;
}

static bool must_have(const char *value, const char *name, const char *example, struct err *err)
{
    return value != NULL || err_set(err, ERR_USAGE, 0, "'kafka' needs '%s: %s'", name, example);
}

static struct config_origin *origin_of(struct config_kafka *kafka, const char *path)
{
    size_t row = 0;
    while (strcmp(config_kafka_output_keys[row].path, path) != 0)
        row++;
    return &kafka->origins[row];
}

/* 'format' is 'value' by another name. */
static bool check_value(struct config_kafka *kafka, unsigned *ret_line, struct err *err)
{
    struct config_origin *format = origin_of(kafka, "kafka.format"), *value = origin_of(kafka, "kafka.value");
    if (format->file == NULL)
        return true;
    if (value->file != NULL) {
        *ret_line = format->line;
        return err_set(err, ERR_USAGE, 0, "'kafka.format' is 'kafka.value' by another name: give one of them");
    }
    *value = *format;
    return true;
}

bool config_kafka_check(struct config_kafka *kafka, bool output, unsigned *ret_line, struct err *err)
{
    if (output && !must_have(kafka->name, "name", "NAME", err))
        return false;
    if (!must_have(kafka->brokers, "brokers", "HOST:9092", err))
        return false;
    if (output ? !must_have(kafka->topic, "topic", "TOPIC", err) || !check_value(kafka, ret_line, err)
               : !must_have(kafka->topics.count > 0 ? "" : NULL, "topics", "[TOPIC]", err))
        return false;
#ifdef WINNOW_KAFKA
    /* Without the library an output is blocked, and says so, and a source is told to be left out; what else there is to do is done. */
    return kafka_settings_check(kafka, output, ret_line, err) || err->kind == ERR_MISSING;
#else
    return err_set(err, ERR_USAGE, 0, "this winnow was built without Kafka (-DWINNOW_KAFKA=OFF)");
#endif
}

/* ---- Copies -------------------------------------------------------------------------------------------------------------- */

static const char *copy_text(const char *text, struct arena *arena)
{
    return arena_str(arena, str_of(text)).data;
}

static struct config_list copy_list(const struct config_list *list, struct arena *arena)
{
    struct config_list copy = {.items = ARENA_ARRAY(arena, const char *, list->count + 1), .count = list->count};
    for (size_t i = 0; i < list->count; i++)
        copy.items[i] = copy_text(list->items[i], arena);
    return copy;
}

struct config_kafka config_kafka_copy(const struct config_kafka *kafka, struct arena *arena)
{
    struct config_kafka copy = *kafka;
    const char **texts[] = {&copy.brokers, &copy.group, &copy.name, &copy.topic, &copy.key, &copy.compression};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = copy_text(*texts[i], arena);
    copy.topics = copy_list(&kafka->topics, arena);
    copy.filter = copy_list(&kafka->filter, arena);
    copy.properties.items = ARENA_ARRAY(arena, struct config_property, kafka->properties.count + 1);
    for (size_t i = 0; i < kafka->properties.count; i++) {
        const struct config_property *property = &kafka->properties.items[i];
        copy.properties.items[i] = (struct config_property){
            .name = copy_text(property->name, arena),
            .value = copy_text(property->value, arena),
            .line = property->line,
        };
    }
    memset(copy.origins, 0, sizeof copy.origins);
    return copy;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_same_list(const struct config_list *a, const struct config_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    }
    return true;
}

static bool are_same_properties(const struct config_properties *a, const struct config_properties *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->items[i].name, b->items[i].name) != 0 || strcmp(a->items[i].value, b->items[i].value) != 0 ||
            str_starts(str_of(a->items[i].value), STR("file:")))
            return false;
    }
    return true;
}

bool config_kafka_is_same(const struct config_kafka *a, const struct config_kafka *b)
{
    return is_same_text(a->brokers, b->brokers) && is_same_text(a->group, b->group) && is_same_text(a->name, b->name) &&
           is_same_text(a->topic, b->topic) && is_same_text(a->key, b->key) &&
           is_same_text(a->compression, b->compression) && is_same_list(&a->topics, &b->topics) &&
           is_same_list(&a->filter, &b->filter) && are_same_properties(&a->properties, &b->properties) &&
           a->from == b->from && a->names == b->names && a->value == b->value && a->transactional == b->transactional;
}
