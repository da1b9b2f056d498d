/* Files of schemas/ embedded at build time (CMake generates the table). Program lifetime, read-only, any thread. */
#ifndef WINNOW_BASE_ASSET_H
#define WINNOW_BASE_ASSET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct asset {
    const char *name; /* path below schemas/, such as "sql/statements.sql" */
    struct str content;
};

/* The asset of that name; naming one that does not exist is a bug. */
struct str asset_get(const char *name);
size_t asset_count(void);
struct asset asset_at(size_t index); /* sorted by name */

#endif
