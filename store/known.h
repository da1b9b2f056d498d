/* known: ids of patterns that were given once, a roll of pack:
 *
 *     item    the id's hash, eight bytes, little-endian; varint the place of its template in the roll of templates
 *
 * store_patterns_given and store_pattern_known are in store.h. */
#ifndef WINNOW_STORE_KNOWN_H
#define WINNOW_STORE_KNOWN_H

#include "store/handle.h"

enum { KNOWN_HASH_SIZE = 8, KNOWN_ITEM_MAX = KNOWN_HASH_SIZE + 10 };

bool known_unpack(struct str item, struct store_pattern *ret);

#endif
