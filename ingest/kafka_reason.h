/* What librdkafka says of a broker, for people: what is wrong comes first, then where, and nothing of its states and counters.
 * Any thread. */
#ifndef WINNOW_INGEST_KAFKA_REASON_H
#define WINNOW_INGEST_KAFKA_REASON_H

#include "base/err.h"

/* err becomes an ERR_IO of this text. */
void kafka_reason(const char *text, struct err *err);

#endif
