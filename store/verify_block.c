#include <stdlib.h>

#include "base/clock.h"
#include "base/must.h"
#include "store/run.h"
#include "store/verify.h"

/* ---- The row ----------------------------------------------------------------------------------------------------------- */

static bool take_u32(struct sqlite3_stmt *stmt, int column, uint32_t *ret)
{
    int64_t value = sql_i64(stmt, column);
    *ret = (uint32_t)value;
    return value >= 0 && value <= UINT32_MAX;
}

static bool take_row(struct sqlite3_stmt *stmt, struct block_row *row)
{
    *row = (struct block_row){
        .id = sql_i64(stmt, 0),
        .first_record = (uint64_t)sql_i64(stmt, 1),
        .raw_bytes = (uint64_t)sql_i64(stmt, 6),
        .time_min = sql_time(stmt, 7),
        .time_max = sql_time(stmt, 8),
        .directory = sql_str(stmt, 10),
        .body = sql_str(stmt, 11),
    };
    return take_u32(stmt, 2, &row->slots) && take_u32(stmt, 3, &row->records) && take_u32(stmt, 4, &row->unparsed) &&
           take_u32(stmt, 5, &row->timeless) && take_u32(stmt, 9, &row->codec) && row->first_record >= 1 &&
           row->first_record <= INT64_MAX - BATCH_RECORDS_MAX && row->slots >= 1 && row->slots <= BATCH_RECORDS_MAX;
}

/* ---- The index of the blocks ------------------------------------------------------------------------------------------- */

static bool check_index(struct verify *v, const struct block_row *row, struct err *err)
{
    struct sql *sql = &v->store->sql;
    struct err why = {0};
    struct sqlite3_stmt *stmt = sql_use(sql, "block_indexed", err);
    if (stmt == NULL)
        return false;
    sql_bind_u64(stmt, 1, row->first_record);
    sql_bind_i64(stmt, 2, row->slots);
    sql_bind_i64(stmt, 3, row->timeless);
    sql_bind_time(stmt, 4, row->time_min);
    sql_bind_time(stmt, 5, row->time_max);
    int step = sql_step(sql, stmt, &why);
    bool there = step == 1 && sql_i64(stmt, 0) == row->id;
    if (step == 1)
        sql_rest(stmt);
    if (step < 0)
        return verify_damage(v, "index", row->id, &why, err);
    if (!there)
        verify_find(v, "index", row->id, "the index of blocks does not have block %lld as it is", (long long)row->id);
    return true;
}

/* ---- The content, when deep -------------------------------------------------------------------------------------------- */

static bool same_run(const struct run_row *row, const struct run_row *found)
{
    return row->records == found->records && row->unparsed == found->unparsed && row->raw_bytes == found->raw_bytes &&
           row->time_min == found->time_min && row->time_max == found->time_max && row->slots == found->slots &&
           row->first == found->first && row->source == found->source && row->offset_from == found->offset_from &&
           row->offset_to == found->offset_to;
}

static struct run_row run_of(const struct block *block, const struct batch_run *run)
{
    struct run_row found = {
        .source = run->source,
        .first = run->first,
        .slots = run->count,
        .offset_from = run->offset,
        .offset_to = run->offset,
        .time_min = TIME_NONE,
        .time_max = TIME_NONE,
    };
    for (uint32_t slot = run->first; slot < run->first + run->count; slot++) {
        if (block_is_hole(block, slot))
            continue;
        uint64_t size = block->starts[slot + 1] - block->starts[slot] + block_ends_with_newline(block->flags[slot]);
        found.records++;
        found.unparsed += (block->flags[slot] & RECORD_UNPARSED) != 0;
        found.raw_bytes += size;
        found.offset_to = block->offsets[slot] + size;
        clock_widen(&found.time_min, &found.time_max, block->times[slot]);
    }
    return found;
}

/* What the block decodes to must be what its row and its runs say. */
static void compare_content(struct verify *v, const struct block_row *row)
{
    const struct block *block = &v->block;
    struct block_row sum = {.time_min = TIME_NONE, .time_max = TIME_NONE};
    bool runs_fit = true;
    SCOPED(arena) arena = {0};
    struct run_row *found = ARENA_ARRAY(&arena, struct run_row, block->run_count + 1);
    for (uint32_t r = 0; r < block->run_count; r++) {
        found[sum.run_count] = run_of(block, &block->runs[r]);
        sum.run_count += found[sum.run_count].records > 0;
    }
    sum.run_count = run_rows_join(found, sum.run_count);
    for (uint32_t r = 0; r < sum.run_count; r++) {
        runs_fit &= r < row->run_count && same_run(&row->runs[r], &found[r]);
        sum.records += found[r].records;
        sum.unparsed += found[r].unparsed;
        sum.raw_bytes += found[r].raw_bytes;
        clock_widen(&sum.time_min, &sum.time_max, found[r].time_min);
        clock_widen(&sum.time_min, &sum.time_max, found[r].time_max);
    }
    for (uint32_t slot = 0; slot < block->slots; slot++)
        sum.timeless += !block_is_hole(block, slot) && block->times[slot] == TIME_NONE;
    if (!runs_fit || sum.run_count != row->run_count)
        verify_find(v, "block", row->id, "block %lld decodes to other sources or ranges than its rows say",
                    (long long)row->id);
    if (sum.records != row->records || sum.unparsed != row->unparsed || sum.timeless != row->timeless ||
        sum.raw_bytes != row->raw_bytes || sum.time_min != row->time_min || sum.time_max != row->time_max)
        verify_find(v, "block", row->id, "block %lld decodes to other counts or times than its row says",
                    (long long)row->id);
}

/* The fingerprints the index has of the block, sorted; NULL when they are damaged, which is told. */
static const struct words *words_of(struct verify *v, int64_t id)
{
    int64_t segment = (id - 1) / SEGMENT_BLOCKS, first = segment * SEGMENT_BLOCKS + 1;
    if (v->segment == NULL)
        v->segment = mem_alloc(SEGMENT_BLOCKS * sizeof *v->segment);
    if (segment != v->segment_number) {
        struct err why = {0};
        v->segment_number = segment;
        if (!segment_lists(v->store, segment, v->segment, &why)) {
            verify_find(v, "index", 0, "the id index of blocks %lld to %lld: %s", (long long)first,
                        (long long)first + SEGMENT_BLOCKS - 1, why.text);
            for (unsigned i = 0; i < SEGMENT_BLOCKS; i++)
                v->segment[i].count = 0;
            v->segment[0].count = SIZE_MAX; /* not to be asked */
        }
    }
    return v->segment[0].count == SIZE_MAX ? NULL : &v->segment[(id - 1) % SEGMENT_BLOCKS];
}

static bool is_word_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool indexes(const struct words *indexed, struct str word)
{
    uint32_t wanted = word_fingerprint(word);
    size_t low = 0, high = indexed->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (indexed->values[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return !store_word_indexable(word) || (low < indexed->count && indexed->values[low] == wanted);
}

/* Blanks the words that stand right behind a backslash. The index has such a word with the letter of the escape or, where the
 * codec took the text apart at it, without (\tab12 as tab12 or as ab12); the number of those it has neither way. */
static size_t take_escaped(const struct words *indexed, char *text, size_t size)
{
    enum { UNICODE_LETTERS = 5 }; /* of an escape \u00e9, behind the backslash */
    size_t lost = 0;
    for (size_t i = 0; i + 1 < size; i++) {
        if (text[i] != '\\' || !is_word_byte(text[i + 1]))
            continue;
        size_t end = i + 1;
        while (end < size && is_word_byte(text[end]))
            end++;
        struct str word = str_from(text + i + 1, end - i - 1);
        lost += !indexes(indexed, word) && !indexes(indexed, str_slice(word, 1, word.size)) &&
                !(word.size > UNICODE_LETTERS && indexes(indexed, str_slice(word, UNICODE_LETTERS, word.size)));
        memset(text + i + 1, ' ', word.size);
    }
    return lost;
}

static size_t count_lost(const struct words *indexed, struct words *words)
{
    words_sort(words);
    size_t at = 0, lost = 0;
    for (size_t i = 0; i < words->count; i++) {
        while (at < indexed->count && indexed->values[at] < words->values[i])
            at++;
        lost += at == indexed->count || indexed->values[at] != words->values[i];
    }
    return lost;
}

/* Every word that is to be indexed must be: else a trace would pass the block by. The text is changed. */
static void compare_words(struct verify *v, int64_t id)
{
    struct block *block = &v->block;
    const struct words *indexed = words_of(v, id);
    if (indexed == NULL)
        return;
    SCOPED(words) words = {0};
    size_t lost = take_escaped(indexed, block->text.data, block->text.size);
    for (uint32_t slot = 0; slot < block->slots; slot++)
        words_add(&words, str_slice(buf_str(&block->text), block->starts[slot], block->starts[slot + 1]));
    lost += count_lost(indexed, &words);
    if (lost > 0)
        verify_find(v, "index", id, "%zu words of block %lld are not in the id index", lost, (long long)id);
}

static void check_content(struct verify *v, const struct block_row *row, struct verify_block *at)
{
    struct err why = {0};
    if (!block_decode(&v->block, row, &why) || !block_decode_text(&v->block, &why)) {
        verify_find(v, "block", row->id, "%s", why.text);
        return;
    }
    at->decoded = true;
    verify_facts_expect(at, &v->block);
    compare_content(v, row);
    compare_words(v, row->id);
}

/* ---- A block ------------------------------------------------------------------------------------------------------------- */

static struct verify_block *add_block(struct verify *v, const struct block_row *row)
{
    if (v->block_count == 0 || (v->block_count >= 64 && (v->block_count & (v->block_count - 1)) == 0))
        v->blocks = mem_resize_array(v->blocks, v->block_count ? v->block_count * 2 : 64, sizeof *v->blocks);
    struct verify_block *at = &v->blocks[v->block_count++];
    *at = (struct verify_block){.id = row->id, .first_record = row->first_record, .slots = row->slots};
    return at;
}

static void check_numbers(struct verify *v, const struct block_row *row)
{
    const struct verify_block *before = v->block_count > 0 ? &v->blocks[v->block_count - 1] : NULL;
    if (before != NULL && row->first_record < before->first_record + before->slots)
        verify_find(v, "block", row->id, "block %lld takes record numbers of block %lld", (long long)row->id,
                    (long long)before->id);
    if (v->next_record > 0 && row->first_record + row->slots > v->next_record)
        verify_find(v, "counter", row->id, "block %lld goes up to record %llu, but the record counter stands at %llu",
                    (long long)row->id, (unsigned long long)(row->first_record + row->slots - 1),
                    (unsigned long long)v->next_record);
}

/* `previous` is the digest this block must be chained to, if *ret_certain; then the block's own as the row has it, so that
 * damage to one block is not told of all that follow. */
static void check_digest(struct verify *v, const struct block_row *row, struct str stored,
                         uint8_t previous[DIGEST_SIZE], bool *ret_certain)
{
    uint8_t digest[DIGEST_SIZE];
    digest_block(previous, row, digest);
    bool sized = stored.size == DIGEST_SIZE;
    if (*ret_certain && (!sized || memcmp(stored.data, digest, DIGEST_SIZE) != 0))
        verify_find(v, "block", row->id,
                    "block %lld is not what was written, or not what followed block %lld: its digest is another one",
                    (long long)row->id, (long long)row->id - 1);
    *ret_certain = sized;
    if (sized)
        memcpy(previous, stored.data, DIGEST_SIZE);
}

/* The last of the blocks that are missing from id on. */
static bool last_missing(struct verify *v, int64_t id, int64_t last, int64_t *ret, struct err *err)
{
    *ret = last;
    struct sqlite3_stmt *stmt = sql_use(&v->store->sql, "block_after", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, id);
    int step = sql_step(&v->store->sql, stmt, err);
    if (step == 1) {
        if (sql_i64(stmt, 0) <= last)
            *ret = sql_i64(stmt, 0) - 1;
        sql_rest(stmt);
    }
    return step >= 0;
}

/* They may have been pruned since the beginning. */
static bool missing(struct verify *v, int64_t *id, int64_t last, struct err *err)
{
    bool pruned;
    struct err why = {0};
    int64_t first = *id;
    if (!chain_pruned(v->store, first, &pruned, &why))
        return verify_damage(v, "head", 0, &why, err);
    if (pruned)
        return true;
    if (!last_missing(v, first, last, id, &why))
        return verify_damage(v, "table", first, &why, err);
    SCOPED(buf) text = BUF(ERR_TEXT_MAX);
    buf_printf(&text, first == *id ? "block %lld is not there" : "blocks %lld to %lld are not there", (long long)first,
               (long long)*id);
    buf_add_text(&text, ", so the one behind cannot be proved to have been written there");
    verify_find_blocks(v, "missing", first, *id, buf_str(&text));
    size_t count;
    struct verify_run **runs = verify_runs_of(v, first, *id, &count);
    for (size_t i = 0; i < count; i++)
        runs[i]->seen = true;
    return true;
}

static const struct run_row *copy_runs(struct verify_run **runs, size_t count, struct arena *arena)
{
    struct run_row *rows = ARENA_ARRAY(arena, struct run_row, count + 1);
    for (size_t i = 0; i < count; i++) {
        rows[i] = runs[i]->row;
        runs[i]->seen = true;
    }
    return rows;
}

bool verify_block_check(struct verify *v, int64_t *id, int64_t last, uint8_t previous[DIGEST_SIZE], bool *ret_certain,
                        struct err *err)
{
    SCOPED(arena) arena = {0};
    struct block_row row;
    size_t run_count;
    struct verify_run **runs = verify_runs_of(v, *id, *id, &run_count);
    const struct run_row *rows = copy_runs(runs, run_count, &arena);
    struct err why = {0};
    struct sqlite3_stmt *stmt = sql_use(&v->store->sql, "block_verify", err);
    if (stmt == NULL)
        return false;
    sql_bind_i64(stmt, 1, *id);
    int step = sql_step(&v->store->sql, stmt, &why);
    if (step <= 0) {
        *ret_certain = false;
        return step == 0 ? missing(v, id, last, err) : verify_damage(v, "block", *id, &why, err);
    }
    bool sound = take_row(stmt, &row);
    row.runs = rows;
    row.run_count = (uint32_t)run_count;
    check_digest(v, &row, sql_str(stmt, 12), previous, ret_certain);
    if (sound) {
        check_numbers(v, &row);
        struct verify_block *at = add_block(v, &row);
        if (v->ask->deep)
            check_content(v, &row, at);
    }
    sql_rest(stmt);
    v->result->blocks++;
    v->result->records += row.records;
    v->result->raw_bytes += row.raw_bytes;
    return !sound || check_index(v, &row, err);
}
