/* pattern_mine: what the steps of mining (pattern.c) work on: sequences of words, one for templates that are the same so far.
 *
 *     pattern_cut.c ─ pieces ─▶ miner_begin ─▶ [steps: miner_join what belongs together, miner_settle] ─▶ pattern_group.c
 *
 * Sequences that are joined have equally many words; settling makes them one, with a variable wherever they differ. Words are
 * numbers in the cutting's dictionary, given in the order in which they came: nothing may depend on that order. One thread. */
#ifndef WINNOW_ANALYZE_PATTERN_MINE_H
#define WINNOW_ANALYZE_PATTERN_MINE_H

#include "analyze/pattern_part.h"

/* In quarters of an unknown word. */
enum {
    WEIGHT_VARIABLE = 12,
    WEIGHT_PATH = 12,
    WEIGHT_DOTTED = 8,
    WEIGHT_IDENTIFIER = 6,
    WEIGHT_NAME = 4,
    WEIGHT_LANGUAGE = 1,
    WEIGHT_NEEDED = 15,
};
enum { NO_SEQUENCE = UINT32_MAX };

struct sequence {
    uint32_t first; /* of its words in miner.words */
    uint32_t count;
    uint64_t hash; /* the sum of its places' hashes */
    uint32_t constants;
    uint32_t parent; /* union-find over sequences */
};

/* Sequences that are equal but for something. */
struct bucket {
    uint64_t hash;
    uint32_t size;
    uint32_t place; /* where they differ */
    uint32_t first; /* of its items */
};

struct buckets {
    struct bucket *buckets;
    uint32_t *slots; /* bucket + 1 */
    size_t count, capacity, slot_count;
};

struct miner {
    struct cutting cutting;
    struct sequence *sequences;
    uint32_t sequence_count;
    uint32_t *words;         /* of all sequences */
    uint16_t *evidence;      /* of each of them that is a variable: what the words weighed that stood there */
    uint32_t *of;            /* of each template: its sequence, or NO_SEQUENCE */
    uint8_t *announces;      /* of each word: the enum surroundings of what follows, or 0 */
    uint32_t *seen, columns; /* of each word: the last column it was seen in; how many there were */
    struct arena arena;
    struct arena scratch; /* of one step */
};

/* ---- Sequences, and tables of what is equal but for something (pattern_sequence.c) ---- */

uint64_t place_hash(uint32_t place, uint32_t word);
/* For so many items at most. */
void buckets_make(struct buckets *table, size_t items, struct arena *arena);
/* The bucket of the hash, one larger now. */
uint32_t buckets_add(struct buckets *table, uint64_t hash, uint32_t place);
/* Lists the items of the buckets with several, bucket by bucket; of_item[i] is item i's bucket. */
uint32_t *buckets_list(struct buckets *table, const uint32_t *of_item, const uint32_t *sequence_of, size_t items,
                       struct arena *arena);

/* From the cutting. */
void miner_begin(struct miner *m);
void miner_join(struct miner *m, uint32_t a, uint32_t b);
/* False when nothing was joined, nor became equal. */
bool miner_settle(struct miner *m);
bool miner_is_constant(const struct miner *m, uint32_t word);
/* Is it one of these marks? */
bool miner_is_mark(const struct miner *m, uint32_t word, const char *marks);

/* ---- Weighing (pattern_weigh.c) ---- */

/* How strongly a place's surroundings say that a name stands there. */
enum surroundings { PLAIN, MARKED, ANNOUNCED, NAMED }; /* NAMED: behind "user" and the like */
/* Learns which words announce names. */
void weigh_begin(struct miner *m);
enum surroundings weigh_surroundings(const struct miner *m, const struct sequence *s, uint32_t place);
/* Words of the lexicon in capitals are names of states as often as not, and single capitals (INT A) numbers of a kind. */
bool weigh_is_state(const struct miner *m, uint32_t word);
uint32_t weigh_word(const struct miner *m, uint32_t word, enum surroundings around);
/* What the words in a place must weigh to be a variable; UINT32_MAX: they cannot. */
uint32_t weigh_needed(const struct miner *m, const struct sequence *s, uint32_t place);
/* What speaks for a variable in a place so far. */
uint32_t weigh_place(const struct miner *m, const struct sequence *s, uint32_t place);

/* ---- The result (pattern_group.c) ---- */

/* Fills patterns; what it points to is in arena. */
void group_patterns(struct miner *m, struct arena *arena, struct patterns *ret);

/* What a caller of patterns_new has; the arena holds all of it. */
struct patterns_whole {
    struct patterns patterns;
    struct arena arena;
};

#endif
