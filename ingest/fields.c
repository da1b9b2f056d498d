#include "ingest/fields.h"

#include "base/io.h"

struct field_table *fields_load(const char *path, struct err *err)
{
    SCOPED(buf) text = BUF(FIELDS_BYTES_MAX);
    if (path == NULL)
        return field_table_new(STR_ABSENT, NULL, err);
    if (!io_read_file(path, &text, err))
        return NULL;
    return field_table_new(buf_str(&text), path, err);
}
