/* skeletons: the literal text around the values of a block's records, each distinct skeleton once.
 *
 * A skeleton is a list of pieces and a tail: a piece is literal text followed by one value of one column. Pieces are numbered
 * block-wide, so that lines which differ only in the order of their keys share them. Written into the pools as
 *     varint columns, then for each: u8 kind, varint size, path (TEXT)
 *     varint pieces, then for each: varint column, varint size, literal (TEXT)
 *     varint tails, then for each: varint size, literal (TEXT)
 *     varint skeletons, numbers: pieces of each; codes: tail of each; codes: all pieces, skeleton by skeleton
 *     codes: skeleton of each record
 * A record without known literals (a text format, or unparsed) is one piece: no literal and the column with the empty path.
 * Decoding checks every count and number. */
#ifndef WINNOW_STORE_SKELETON_H
#define WINNOW_STORE_SKELETON_H

#include "base/batch.h"
#include "store/column.h"

enum { SKELETON_PIECES_MAX = 65000, SKELETON_TOTAL_MAX = 8 << 20 };

struct skeleton_column {
    struct str path;
    uint8_t kind;   /* enum slot_kind */
    uint32_t count; /* records that have it: values it has */
};

struct skeleton_piece {
    uint32_t column;
    struct str literal;
};

struct skeleton {
    uint32_t count;
    const uint32_t *pieces;
    struct str tail;
    size_t literal_size; /* decoding: bytes of all literals and the tail */
    bool whole;          /* encoding: its one value is the whole line */
};

struct skeletons {
    uint32_t column_count, piece_count, count;
    struct skeleton_column *columns;
    struct skeleton_piece *pieces;
    struct skeleton *skeletons;
    uint32_t *of_record; /* skeleton of each record */
};

/* Made from a batch, in arena. False when the batch has too many columns or pieces for one block; then every record is to be
 * kept as text (skeletons_plain). */
bool skeletons_make(const struct batch *batch, struct skeletons *ret, struct arena *arena);
void skeletons_plain(const struct batch *batch, struct skeletons *ret, struct arena *arena);
/* ret_first[c] is the first column that stands in exactly the records c stands in, once in each: c itself if there is none before. */
void skeletons_group(const struct skeletons *s, uint32_t *ret_first, struct arena *scratch);
void skeletons_encode(const struct skeletons *skeletons, uint32_t records, struct pools *out, struct arena *scratch);
/* Texts point into the pools' bytes. Counts of the columns are filled. */
bool skeletons_decode(struct pool_reader *in, uint32_t records, struct skeletons *ret, struct arena *arena);

#endif
