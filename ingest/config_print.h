/* A merged configuration as text, each value with where it comes from; and the keys' documentation. One thread. */
#ifndef WINNOW_INGEST_CONFIG_PRINT_H
#define WINNOW_INGEST_CONFIG_PRINT_H

#include "base/buf.h"
#include "ingest/config.h"

enum { CONFIG_PRINTED_MAX = 256 << 20 };

/* YAML that means this configuration when it is read, but for secrets, which are hidden; origins in comments. */
void config_print_yaml(const struct config *config, struct buf *out);
/* One JSON object: the same keys, `files` (read, in order) and `origins` (path of a key -> where it was told). */
void config_print_json(const struct config *config, struct buf *out);
/* Every key with what it does, its default and what it takes. */
void config_print_keys(struct buf *out);

#endif
