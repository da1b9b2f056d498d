/* Values of a configuration's keys, read and checked: from YAML, or from the text of a default. One thread. */
#ifndef WINNOW_INGEST_CONFIG_VALUE_H
#define WINNOW_INGEST_CONFIG_VALUE_H

#include "ingest/config_key.h"

/* Writes every fallback into base, a struct config, config_source or config_output. */
void config_value_defaults(const struct config_key *keys, void *base, struct arena *arena);
/* Reads a node into base. Relative paths are meant from folder. The error has no place in front; *ret_line is where it
 * is. */
bool config_value_set(const struct config_key *key, void *base, const struct yaml_node *node, const char *folder,
                      struct arena *arena, unsigned *ret_line, struct err *err);

#endif
