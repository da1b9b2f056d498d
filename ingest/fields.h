/* fields: the table of canonical fields, with those of a user's file. Any thread. */
#ifndef WINNOW_INGEST_FIELDS_H
#define WINNOW_INGEST_FIELDS_H

#include "analyze/analyze.h"

enum { FIELDS_BYTES_MAX = 4 << 20 };

/* path: of a YAML file of the form of schemas/fields.yml, or NULL for the built-in table alone. NULL with err on failure; the caller
 * frees the table. */
struct field_table *fields_load(const char *path, struct err *err);

#endif
