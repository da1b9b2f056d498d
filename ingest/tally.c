#include "ingest/tally.h"

/* For each bit of enum kind: its key in the contract, and its words for one and for several. */
static const struct {
    const char *key, *one, *several;
} kind_words[KIND_COUNT] = {
    {"auth_failures", "auth failure", "auth failures"},
    {"auth_successes", "auth success", "auth successes"},
    {"rate_limits", "rate limit", "rate limits"},
    {"denials", "denial", "denials"},
    {"errors", "error", "errors"},
};

static uint64_t newlines(struct str text)
{
    uint64_t count = 0;
    for (size_t at; (at = str_find_char(text, '\n')) != STR_NONE; text = str_slice(text, at + 1, text.size))
        count++;
    return count;
}

/* factor is 1 or, to take it back, -1. */
static void add_count(struct tally_count *count, const struct tally_count *more, uint64_t factor)
{
    count->lines += factor * more->lines;
    count->bytes += factor * more->bytes;
    count->unparsed += factor * more->unparsed;
    for (unsigned bit = 0; bit < KIND_COUNT; bit++)
        count->kinds[bit] += factor * more->kinds[bit];
}

/* A record of one line, as most are. */
static void add_line(struct tally_count *count, const struct record *record)
{
    bool piece = record->flags & RECORD_PIECE;
    count->lines += !piece;
    count->bytes += record->raw.size + record_has_newline(record->flags);
    count->unparsed += (record->flags & RECORD_UNPARSED) && !piece;
    for (unsigned bit = 0; bit < KIND_COUNT && record->kinds >> bit; bit++)
        count->kinds[bit] += record->kinds >> bit & 1;
}

/* What the record adds that was not stored before `stored`: whole lines only. */
static struct tally_count count_of(const struct record *record, uint64_t stored, uint64_t inner)
{
    uint64_t size = record->raw.size + record_has_newline(record->flags);
    struct tally_count count = {.lines = !(record->flags & RECORD_PIECE) + inner, .bytes = size};
    if (stored > record->offset) {
        uint64_t known = stored - record->offset;
        if (known >= size)
            return (struct tally_count){0};
        struct str text = str_slice(record->raw, 0, (size_t)known);
        size_t newline = str_find_last(text, STR("\n"));
        count.lines -= newlines(text);
        count.bytes -= newline == STR_NONE ? 0 : newline + 1;
    }
    count.unparsed = (record->flags & RECORD_UNPARSED) && !(record->flags & RECORD_PIECE);
    for (unsigned bit = 0; bit < KIND_COUNT; bit++)
        count.kinds[bit] = record->kinds >> bit & 1;
    return count;
}

static void note_tail(struct tally *tally, int64_t source, const struct record *record, const struct tally_count *count,
                      uint64_t stored)
{
    if (tally->tail_source != source || tally->tail_end != record->offset) {
        tally->tail = (struct tally_count){0};
        tally->tail_source = source;
        tally->tail_offset = record->offset;
        tally->tail_stored = stored;
    }
    add_count(&tally->tail, count, 1);
    tally->tail_end = record->offset + record->raw.size + record_has_newline(record->flags);
}

void tally_add(struct tally *tally, const struct batch *batch)
{
    for (uint32_t r = 0; r < batch->run_count; r++) {
        const struct batch_run *run = &batch->runs[r];
        uint64_t stored = run->stored;
        if (tally->tail_source == run->source && run->offset <= tally->tail_offset) {
            add_count(&tally->count, &tally->tail, UINT64_MAX);
            tally->tail_source = 0;
            stored = tally->tail_stored;
        }
        for (uint32_t i = run->first; i < run->first + run->count; i++) {
            const struct record *record = &batch->records[i];
            if (run->joined == 0 && record->offset >= stored && !(record->flags & RECORD_TAIL)) {
                add_line(&tally->count, record);
                continue;
            }
            struct tally_count count = count_of(record, stored, run->joined > 0 ? newlines(record->raw) : 0);
            add_count(&tally->count, &count, 1);
            if (record->flags & RECORD_TAIL)
                note_tail(tally, run->source, record, &count, stored);
        }
    }
}

void tally_print_json(const struct tally *tally, struct out *out)
{
    out_printf(out, "{\"lines\":%llu,\"bytes\":%llu,\"unparsed\":%llu", (unsigned long long)tally->count.lines,
               (unsigned long long)tally->count.bytes, (unsigned long long)tally->count.unparsed);
    for (unsigned bit = 0; bit < KIND_COUNT; bit++)
        out_printf(out, ",\"%s\":%llu", kind_words[bit].key, (unsigned long long)tally->count.kinds[bit]);
    out_printf(out, ",\"skipped_lines\":%llu,\"seconds\":%.3f}\n", (unsigned long long)tally->skipped_lines,
               tally->seconds);
}

static void print_count(struct out *out, const char **separator, uint64_t count, const char *one, const char *several)
{
    char number[AMOUNT_TEXT_MAX];
    if (count == 0)
        return;
    out_printf(out, "%s%s %s", *separator, amount_number(count, number), count == 1 ? one : several);
    *separator = " · ";
}

void tally_print_text(const struct tally *tally, struct out *out)
{
    char lines[AMOUNT_TEXT_MAX], size[AMOUNT_TEXT_MAX], rate[AMOUNT_TEXT_MAX], sources[AMOUNT_TEXT_MAX];
    const char *from = amount_number(tally->sources, sources);
    const char *noun = tally->sources == 1 ? "source" : "sources";
    if (tally->count.lines == 0 && tally->skipped_lines > 0)
        out_printf(out, "nothing new in %s %s", from, noun);
    else
        out_printf(out, "%s %s (%s) from %s %s in %.2f s", amount_number(tally->count.lines, lines),
                   tally->count.lines == 1 ? "line" : "lines", amount_size((double)tally->count.bytes, size), from,
                   noun, tally->seconds);
    if (tally->count.bytes >= 1000000 && tally->seconds > 0)
        out_printf(out, ", %s/s", amount_size((double)tally->count.bytes / tally->seconds, rate));
    out_text(out, "\n");
    const char *separator = "";
    for (unsigned bit = 0; bit < KIND_COUNT; bit++)
        print_count(out, &separator, tally->count.kinds[bit], kind_words[bit].one, kind_words[bit].several);
    print_count(out, &separator, tally->count.unparsed, "line of no known format", "lines of no known format");
    print_count(out, &separator, tally->skipped_lines, "line was already stored", "lines were already stored");
    if (*separator != '\0')
        out_text(out, "\n");
}
