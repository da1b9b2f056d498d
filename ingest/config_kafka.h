/* What a configuration says of Kafka, checked: its rows are in config_key.h. One thread. */
#ifndef WINNOW_INGEST_CONFIG_KAFKA_H
#define WINNOW_INGEST_CONFIG_KAFKA_H

#include "ingest/config.h"

/* What is missing or cannot stand together, and properties that nobody knows or that are winnow's to set. *ret_line is where it
 * stands, if that is known better than before. */
bool config_kafka_check(struct config_kafka *kafka, bool output, unsigned *ret_line, struct err *err);

/* The value as it may be seen: "(hidden)" where it is a secret and no "env:" or "file:" that tells where it is. */
const char *config_property_shown(const struct config_property *property);
/* By its name: a password, a private key and the like. */
bool config_property_is_secret(const char *name);

/* All texts in arena. */
struct config_kafka config_kafka_copy(const struct config_kafka *kafka, struct arena *arena);
/* False also when a property is read from a file, which may say something else now. */
bool config_kafka_is_same(const struct config_kafka *a, const struct config_kafka *b);

/* BROKERS and TOPIC as a configuration has them, for command lines. */
bool config_check_brokers(struct str text, struct err *err);
bool config_check_topic(struct str text, struct err *err);

#endif
