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

void tally_add(struct tally *tally, const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->record_count; i++) {
        const struct record *record = &batch->records[i];
        tally->lines += !(record->flags & RECORD_PIECE);
        tally->bytes += record->raw.size + !(record->flags & RECORD_NO_NEWLINE);
        tally->unparsed += (record->flags & RECORD_UNPARSED) && !(record->flags & RECORD_PIECE);
        for (unsigned bit = 0; bit < KIND_COUNT; bit++)
            tally->kinds[bit] += record->kinds >> bit & 1;
    }
}

void tally_print_json(const struct tally *tally, struct out *out)
{
    out_printf(out, "{\"lines\":%llu,\"bytes\":%llu,\"unparsed\":%llu", (unsigned long long)tally->lines,
               (unsigned long long)tally->bytes, (unsigned long long)tally->unparsed);
    for (unsigned bit = 0; bit < KIND_COUNT; bit++)
        out_printf(out, ",\"%s\":%llu", kind_words[bit].key, (unsigned long long)tally->kinds[bit]);
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
    if (tally->lines == 0 && tally->skipped_lines > 0)
        out_printf(out, "nothing new in %s %s", from, noun);
    else
        out_printf(out, "%s %s (%s) from %s %s in %.2f s", amount_number(tally->lines, lines),
                   tally->lines == 1 ? "line" : "lines", amount_size((double)tally->bytes, size), from, noun,
                   tally->seconds);
    if (tally->bytes >= 1000000 && tally->seconds > 0)
        out_printf(out, ", %s/s", amount_size((double)tally->bytes / tally->seconds, rate));
    out_text(out, "\n");
    const char *separator = "";
    for (unsigned bit = 0; bit < KIND_COUNT; bit++)
        print_count(out, &separator, tally->kinds[bit], kind_words[bit].one, kind_words[bit].several);
    print_count(out, &separator, tally->unparsed, "line of no known format", "lines of no known format");
    print_count(out, &separator, tally->skipped_lines, "line was already stored", "lines were already stored");
    if (*separator != '\0')
        out_text(out, "\n");
}
