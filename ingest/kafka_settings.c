#include "ingest/kafka_settings.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/must.h"
#include "base/opt.h"
#include "ingest/config_kafka.h"
#include "ingest/kafka_library.h"

enum { VALUE_BYTES_MAX = 64 << 10 };

enum side { BOTH, SOURCE, OUTPUT };

/* What is winnow's to set, and why. */
static const struct {
    const char *name, *why;
    enum side side; /* where that is so */
} refused[] = {
    {"bootstrap.servers", "'brokers' says it", BOTH},
    {"metadata.broker.list", "'brokers' says it", BOTH},
    {"group.id", "'group' says it", BOTH},
    {"compression.codec", "'compression' says it", OUTPUT},
    {"compression.type", "'compression' says it", OUTPUT},
    {"transactional.id", "'transactional' says it, and the name is made of the store's id", BOTH},
    {"enable.idempotence", "without it messages could be lost or change their order", BOTH},
    {"enable.gapless.guarantee", "without it messages could be lost", BOTH},
    {"acks", "all replicas acknowledge, else messages could be lost", BOTH},
    {"request.required.acks", "all replicas acknowledge, else messages could be lost", BOTH},
    {"retries", "what is not acknowledged is sent again until it is", BOTH},
    {"message.send.max.retries", "what is not acknowledged is sent again until it is", BOTH},
    {"message.timeout.ms", "what is not acknowledged is sent again until it is", BOTH},
    {"delivery.timeout.ms", "what is not acknowledged is sent again until it is", BOTH},
    {"max.in.flight", "the order of messages rests on it", BOTH},
    {"max.in.flight.requests.per.connection", "the order of messages rests on it", BOTH},
    {"delivery.report.only.error", "the position rests on the reports", BOTH},
    {"queue.buffering.max.messages", "the memory that is promised rests on it", BOTH},
    {"queue.buffering.max.kbytes", "the memory that is promised rests on it", BOTH},
    {"queued.max.messages.kbytes", "the memory that is promised rests on it", BOTH},
    {"queued.min.messages", "the memory that is promised rests on it", BOTH},
    {"enable.auto.commit", "offsets are committed after the store has the records", BOTH},
    {"auto.commit.enable", "offsets are committed after the store has the records", BOTH},
    {"enable.auto.offset.store", "offsets are committed after the store has the records", BOTH},
    {"auto.offset.reset", "'from' says it", BOTH},
    {"isolation.level", "what was not committed is nobody's record", BOTH},
    {"partition.assignment.strategy", "partitions move without stopping the others", BOTH},
    {"enable.partition.eof", "the end of a partition is told by it", BOTH},
    {"offset.store.method", "offsets are committed after the store has the records", BOTH},
    {"offset.store.path", "offsets are committed after the store has the records", BOTH},
    {"offset.store.sync.interval.ms", "offsets are committed after the store has the records", BOTH},
    {"group.protocol.type", "members of the group would not know each other", BOTH},
    {"partitioner", "a key has one partition, and what is sent again goes where it went before", BOTH},
    {"queuing.strategy", "the order of messages rests on it", BOTH},
    {"queue.buffering.backpressure.threshold", "the memory that is promised rests on it", BOTH},
    {"enabled_events", "the reports would not arrive", BOTH},
    {"log.queue", "nobody reads that queue", BOTH},
    {"internal.termination.signal", "signals are winnow's", BOTH},
    {"plugin.library.paths", "no other code is loaded into this process", BOTH},
    {"ssl.engine.location", "no other code is loaded into this process", BOTH},
};

/* Properties that are pointers of a program: librdkafka would take the text for one. Those that end in _cb are, as well. */
static const char *const pointers[] = {
    "opaque",  "default_topic_conf", "interceptors", "msg_order_cmp",
    "ssl_key", "ssl_certificate",    "ssl_ca",       "ssl_engine_callback_data",
};

/* Sizes that memory is bounded by. A message that does not fit into the producer would wait for ever. */
static const struct {
    const char *name;
    uint64_t max;
} bounded[] = {
    {"message.max.bytes", 8 << 20},          {"batch.size", 8 << 20},
    {"fetch.max.bytes", 64 << 20},           {"fetch.message.max.bytes", 64 << 20},
    {"max.partition.fetch.bytes", 64 << 20}, {"receive.message.max.bytes", 128 << 20},
    {"socket.send.buffer.bytes", 16 << 20},  {"socket.receive.buffer.bytes", 16 << 20},
};

static bool is_elsewhere(struct str value)
{
    return str_starts(value, STR("env:")) || str_starts(value, STR("file:"));
}

/* ---- Names ---------------------------------------------------------------------------------------------------------------- */

static bool may_be_set(const char *name, enum side side, struct err *err)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (strcmp(refused[i].name, name) == 0 && (refused[i].side == BOTH || refused[i].side == side))
            return err_set(err, ERR_USAGE, 0, "'%s' is not to be set: %s", name, refused[i].why);
    }
    bool pointer = str_ends(str_of(name), STR("_cb"));
    for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++)
        pointer = pointer || strcmp(pointers[i], name) == 0;
    return !pointer || err_set(err, ERR_USAGE, 0, "'%.100s' is not to be set: it is for programs", name);
}

static bool fail_unknown(const char *name, struct err *err)
{
    static const char *const known[] = {
        "security.protocol",
        "ssl.ca.location",
        "ssl.certificate.location",
        "ssl.key.location",
        "ssl.key.password",
        "ssl.ca.pem",
        "ssl.certificate.pem",
        "ssl.key.pem",
        "ssl.keystore.location",
        "ssl.keystore.password",
        "enable.ssl.certificate.verification",
        "ssl.endpoint.identification.algorithm",
        "sasl.mechanism",
        "sasl.mechanisms",
        "sasl.username",
        "sasl.password",
        "sasl.kerberos.keytab",
        "sasl.kerberos.principal",
        "sasl.kerberos.service.name",
        "sasl.oauthbearer.config",
        "socket.timeout.ms",
        "socket.keepalive.enable",
        "linger.ms",
        "batch.size",
        "message.max.bytes",
        "fetch.max.bytes",
        "session.timeout.ms",
        "max.poll.interval.ms",
        "group.instance.id",
        "compression.level",
        "broker.address.family",
        "client.rack",
        "debug",
    };
    const char *near = opt_nearest(name, known, sizeof known / sizeof *known);
    if (near != NULL)
        return err_set(err, ERR_USAGE, 0, "librdkafka knows no property '%.100s'; did you mean '%s'?", name, near);
    return err_set(err, ERR_USAGE, 0, "librdkafka knows no property '%.100s'", name);
}

/* ---- Values --------------------------------------------------------------------------------------------------------------- */

/* The property into conf; what librdkafka says of a value is told, but of a secret. */
static bool set_one(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *err)
{
    char text[512] = "";
    const struct kafka_library *kafka = kafka_library(err);
    if (kafka == NULL)
        return false;
    switch (kafka->conf_set(conf, name, value, text, sizeof text)) {
    case RD_KAFKA_CONF_OK:
        return true;
    case RD_KAFKA_CONF_UNKNOWN:
        return fail_unknown(name, err);
    case RD_KAFKA_CONF_INVALID:
        break;
    }
    if (config_property_is_secret(name))
        return err_set(err, ERR_USAGE, 0, "'%s' has a value that librdkafka does not take", name);
    return err_set(err, ERR_USAGE, 0, "'%s': %s", name, text);
}

static bool is_within(const char *name, const char *value, struct err *err)
{
    uint64_t number;
    for (size_t i = 0; i < sizeof bounded / sizeof *bounded; i++) {
        if (strcmp(bounded[i].name, name) != 0)
            continue;
        if (!str_to_u64(str_of(value), &number))
            return err_set(err, ERR_USAGE, 0, "'%s' must be a number of bytes", name);
        if (number > bounded[i].max)
            return err_set(err, ERR_USAGE, 0, "'%s' is at most %llu: the memory that is promised rests on it", name,
                           (unsigned long long)bounded[i].max);
    }
    return true;
}

/* A property of the user's. */
static bool set_users(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *err)
{
    return is_within(name, value, err) && set_one(conf, name, value, err);
}

/* Whether there is such a property, by setting it to what may be right or wrong. */
static bool is_known(rd_kafka_conf_t *conf, const char *name, struct err *err)
{
    const struct kafka_library *kafka = kafka_library(err);
    if (kafka == NULL)
        return false;
    return kafka->conf_set(conf, name, "0", NULL, 0) != RD_KAFKA_CONF_UNKNOWN || fail_unknown(name, err);
}

/* Appends what a value stands for. */
static bool read_value(const struct config_property *property, struct buf *out, struct err *err)
{
    struct str value = str_of(property->value);
    if (str_starts(value, STR("env:"))) {
        const char *text = getenv(property->value + 4);
        if (text == NULL)
            return err_set(err, ERR_USAGE, 0, "'%s': the environment has no %s", property->name, property->value + 4);
        buf_add_text(out, text);
    } else if (str_starts(value, STR("file:"))) {
        if (!io_read_file(property->value + 5, out, err))
            return err_within(err, "'%s'", property->name);
        if (str_ends(buf_str(out), STR("\n")))
            buf_cut(out, out->size - 1);
        if (str_find_char(buf_str(out), '\0') != STR_NONE)
            return err_set(err, ERR_USAGE, 0, "'%s': '%s' is no text", property->name, property->value + 5);
    } else {
        buf_add_str(out, value);
    }
    return !out->full || err_set(err, ERR_LIMIT, 0, "'%s' is longer than %d bytes", property->name, VALUE_BYTES_MAX);
}

/* ---- The whole ------------------------------------------------------------------------------------------------------------ */

static bool check_one(rd_kafka_conf_t *conf, const struct config_property *property, bool output, struct err *err)
{
    if (!may_be_set(property->name, output ? OUTPUT : SOURCE, err))
        return false;
    return is_elsewhere(str_of(property->value)) ? is_known(conf, property->name, err)
                                                 : set_users(conf, property->name, property->value, err);
}

bool kafka_settings_check(const struct config_kafka *config, bool output, unsigned *ret_line, struct err *err)
{
    const struct kafka_library *kafka = kafka_library(err);
    if (kafka == NULL)
        return false;
    rd_kafka_conf_t *conf = kafka->conf_new();
    bool fine = true;
    for (size_t i = 0; i < config->properties.count && fine; i++) {
        fine = check_one(conf, &config->properties.items[i], output, err);
        if (!fine)
            *ret_line = config->properties.items[i].line;
    }
    kafka->conf_destroy(conf);
    return fine;
}

bool kafka_settings_check_one(const struct config_property *property, bool output, struct err *err)
{
    const struct config_kafka config = {
        .properties = {.items = (struct config_property[]){*property}, .count = 1},
    };
    unsigned line;
    return kafka_settings_check(&config, output, &line, err);
}

void kafka_settings_set(struct rd_kafka_conf_s *conf, const char *name, const char *value)
{
    struct err err;
    bool fine = set_one(conf, name, value, &err);
    if (!fine)
        LOG_EVENT(LEVEL_CRITICAL, "librdkafka", log_text("why", err.text));
    must(fine);
}

/* What librdkafka would print itself is told as an event; what matters comes by callbacks. */
static void tell(const rd_kafka_t *client, int severity, const char *facility, const char *text)
{
    const struct kafka_library *kafka = kafka_library(NULL);
    if (str_find(str_of(text), STR("enable.gapless.guarantee is experimental")) != STR_NONE)
        return; /* winnow's own choice, and no news */
    if (strcmp(facility, "FAIL") == 0)
        return; /* of a connection, at each try; the error callbacks, which all clients have, tell the same */
    LOG_EVENT(severity <= 3   ? LEVEL_ERROR
              : severity <= 4 ? LEVEL_WARNING
              : severity <= 6 ? LEVEL_INFO
                              : LEVEL_DEBUG,
              "kafka", log_text("client", client != NULL ? kafka->name(client) : ""), log_text("facility", facility),
              log_text("text", text));
}

struct rd_kafka_conf_s *kafka_settings_new(const struct config_kafka *config, struct err *err)
{
    const struct kafka_library *kafka = kafka_library(err);
    if (kafka == NULL)
        return NULL;
    rd_kafka_conf_t *conf = kafka->conf_new();
    bool fine = set_one(conf, "bootstrap.servers", config->brokers, err);
    kafka_settings_set(conf, "client.id", "winnow");
    kafka_settings_set(conf, "log.connection.close", "false");
    kafka->conf_set_log_cb(conf, tell);
    for (size_t i = 0; i < config->properties.count && fine; i++) {
        const struct config_property *property = &config->properties.items[i];
        SCOPED(buf) value = BUF(VALUE_BYTES_MAX);
        fine = read_value(property, &value, err) && set_users(conf, property->name, buf_str(&value).data, err);
        if (value.data != NULL)
            explicit_bzero(value.data, value.capacity);
    }
    if (fine)
        return conf;
    kafka->conf_destroy(conf);
    return NULL;
}
