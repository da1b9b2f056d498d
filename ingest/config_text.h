/* Values of a configuration's keys as text, which means the same when it is read (but for secrets, which are hidden). One thread. */
#ifndef WINNOW_INGEST_CONFIG_TEXT_H
#define WINNOW_INGEST_CONFIG_TEXT_H

#include "base/buf.h"
#include "ingest/config_key.h"

/* False when the key has no value in base, and is not to be shown. */
bool config_text_has(const struct config_key *key, const void *base);
/* The value as it is written in JSON, or in YAML with quotes only where they are needed. */
void config_text_add(const struct config_key *key, const void *base, bool json, struct buf *out);
/* "10s", "90d", "2h30m" of microseconds; "50G" of bytes. */
void config_text_add_duration(struct buf *out, int64_t value);
void config_text_add_size(struct buf *out, int64_t value);

#endif
