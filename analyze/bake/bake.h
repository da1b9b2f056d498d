/* bake: a program that is built and run while winnow is built, and makes the tables of analyze/table.h from the files of schemas/.
 *
 *     bake fields.yml signals.yml TABLES.c */
#ifndef WINNOW_ANALYZE_BAKE_BAKE_H
#define WINNOW_ANALYZE_BAKE_BAKE_H

#include <stdio.h>

#include "base/map.h"

void bake_signals(struct str text, FILE *out);

/* A static array; the name stands behind its type. */
void bake_bytes(const char *name, const uint8_t *bytes, size_t size, FILE *out);
/* A map as rows of a struct table, called NAME, and their texts, called NAME_texts. */
void bake_map(const char *name, const struct map *map, FILE *out);

#endif
