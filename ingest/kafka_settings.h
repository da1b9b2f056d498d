/* Brokers and properties as librdkafka takes them.
 *
 * A property is librdkafka's, by its name; a value "env:NAME" or "file:/path" is read from there, a newline at its end off, when a
 * client is made and not before. What winnow's promises rest on is refused by name, with the reason. No error tells a secret.
 * Any thread. */
#ifndef WINNOW_INGEST_KAFKA_SETTINGS_H
#define WINNOW_INGEST_KAFKA_SETTINGS_H

#include "ingest/config.h"

struct rd_kafka_conf_s;

/* What is wrong with the properties, without reading what they are read from. *ret_line is the line of the wrong one. */
bool kafka_settings_check(const struct config_kafka *config, bool output, unsigned *ret_line, struct err *err);
/* One property by itself, for command lines. */
bool kafka_settings_check_one(const struct config_property *property, bool output, struct err *err);

/* A configuration of librdkafka with brokers, client.id and the properties; NULL when one cannot be read or is refused. It belongs
 * to the caller (conf_destroy), or to the client that is made of it. */
struct rd_kafka_conf_s *kafka_settings_new(const struct config_kafka *config, struct err *err);
/* Sets a property of winnow's own, which must be right. */
void kafka_settings_set(struct rd_kafka_conf_s *conf, const char *name, const char *value);

#endif
