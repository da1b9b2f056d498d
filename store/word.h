/* word: the first id index. A word is a maximal run of [A-Za-z0-9_] within one record; indexed are those of 6..128 bytes
 * that hold a digit (store_word_indexable in store.h). Per block one row of block_word keeps the fingerprints of its
 * words; two words may share one, which costs a needless look into a block and never a wrong answer. */
#ifndef WINNOW_STORE_WORD_H
#define WINNOW_STORE_WORD_H

#include "base/batch.h"
#include "base/buf.h"
#include "base/str.h"

enum { WORD_BYTES_MIN = 6, WORD_BYTES_MAX = 128 };

uint32_t word_fingerprint(struct str word);
/* Appends the index of the batch's records, tails left out, to *out. Any thread. */
void word_index(const struct batch *batch, struct buf *out);

enum word_found { WORD_ABSENT, WORD_PRESENT, WORD_DAMAGED };
enum word_found word_find(struct str index, uint32_t fingerprint);

#endif
