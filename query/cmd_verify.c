#include <unistd.h>

#include "base/amount.h"
#include "base/log.h"
#include "base/must.h"
#include "base/progress.h"
#include "query/query.h"
#include "query/question.h"
#include "query/safe.h"

enum { FINDINGS_TOLD_MAX = 10000, ANSWER_BYTES_MAX = 1 << 28, HEX_SIZE = 2 * STORE_DIGEST_SIZE };

struct verify_options {
    const char *store, *head, *progress;
    struct output_options output;
    bool deep;
};

static const char *const progress_choices[] = {"auto", "always", "never", NULL};

#define AT(member) offsetof(struct verify_options, member)
static const struct opt rows[] = {
    {.long_name = "store",
     .type = OPT_TEXT,
     .offset = AT(store),
     .argument = "PATH",
     .help = "the store to prove (else $WINNOW_STORE, else the usual place)"},
    {.long_name = "deep",
     .type = OPT_FLAG,
     .offset = AT(deep),
     .help = "also decode every block and compare counts, times, facts and the id index with it"},
    {.long_name = "head",
     .type = OPT_TEXT,
     .offset = AT(head),
     .argument = "[BLOCK:]DIGEST",
     .help = "the head an earlier verify printed must be in the chain: who can rewrite the whole file can also make a "
             "new chain, and only a head kept elsewhere tells the two apart"},
    {.long_name = "progress",
     .type = OPT_CHOICE,
     .offset = AT(progress),
     .argument = "WHEN",
     .fallback = "auto",
     .choices = progress_choices,
     .help = "when a progress line is drawn; auto: on a terminal"},
    {0},
};
#undef AT

static const struct opt_group groups[] = {
    {"Proof", rows, 0},
    {"Output", output_rows, offsetof(struct verify_options, output)},
    {NULL, output_look_rows, offsetof(struct verify_options, output)},
    {0},
};

struct verifying {
    struct output output;
    struct buf answer;
    struct progress progress;
    uint64_t told;
};

/* ---- The head ---------------------------------------------------------------------------------------------------- */

static void add_link(struct buf *line, const struct store_link *link)
{
    buf_printf(line, "%lld:", (long long)link->block);
    for (size_t i = 0; i < STORE_DIGEST_SIZE; i++)
        buf_printf(line, "%02x", link->digest[i]);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_link(const char *text, struct store_link *ret, struct err *err)
{
    struct str rest = str_of(text);
    size_t colon = str_find_char(rest, ':');
    uint64_t block = 0;
    ret->block = -1;
    bool sound = true;
    if (colon != STR_NONE) {
        sound = str_to_u64(str_slice(rest, 0, colon), &block) && block <= INT64_MAX;
        ret->block = (int64_t)block;
        rest = str_slice(rest, colon + 1, rest.size);
    }
    sound &= rest.size == HEX_SIZE;
    for (size_t i = 0; sound && i < STORE_DIGEST_SIZE; i++) {
        int high = hex_value(rest.data[2 * i]), low = hex_value(rest.data[2 * i + 1]);
        sound = high >= 0 && low >= 0;
        ret->digest[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    return sound || err_set(err, ERR_USAGE, 0,
                            "--head: '%s' is no head: give what 'winnow verify' printed, BLOCK:DIGEST or the %d hex "
                            "digits of the digest alone",
                            text, HEX_SIZE);
}

/* ---- Findings ---------------------------------------------------------------------------------------------------- */

static void add_json(struct buf *line, const struct verify_finding *finding)
{
    buf_printf(line, "{\"finding\":\"%s\"", finding->what);
    if (finding->block > 0)
        buf_printf(line, ",\"block\":%lld", (long long)finding->block);
    member_text(line, "text", finding->text);
    buf_add_text(line, ",\"ranges\":[");
    for (size_t i = 0; i < finding->range_count; i++) {
        const struct verify_range *range = &finding->ranges[i];
        buf_printf(line, "%s{\"source\":\"", i ? "," : "");
        buf_add_json(line, range->source);
        buf_printf(line, "\",\"offset_from\":%llu,\"offset_to\":%llu}", (unsigned long long)range->offset_from,
                   (unsigned long long)range->offset_to);
    }
    buf_add_char(line, ']');
    member_time(line, "first", finding->time_min);
    member_time(line, "last", finding->time_max);
    buf_add_text(line, "}\n");
}

static void add_table(struct buf *line, const struct verify_finding *finding)
{
    char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];
    buf_printf(line, "%-9s", finding->what);
    safe_add(line, finding->text, SAFE_TABLE, SIZE_MAX);
    buf_add_char(line, '\n');
    for (size_t i = 0; i < finding->range_count; i++) {
        const struct verify_range *range = &finding->ranges[i];
        buf_add_text(line, "         ");
        safe_add(line, range->source, SAFE_TABLE, SIZE_MAX);
        buf_printf(line, " bytes %llu to %llu\n", (unsigned long long)range->offset_from,
                   (unsigned long long)range->offset_to);
    }
    if (finding->time_min != TIME_NONE)
        buf_printf(line, "         %s - %s\n", clock_print_local(finding->time_min, first),
                   clock_print_local(finding->time_max, last));
}

static void find(void *context, const struct verify_finding *finding)
{
    struct verifying *verifying = context;
    if (verifying->told++ >= FINDINGS_TOLD_MAX)
        return;
    if (verifying->output.format == RENDER_JSON)
        add_json(&verifying->answer, finding);
    else
        add_table(&verifying->answer, finding);
}

static void advance(void *context, uint64_t done, uint64_t total)
{
    struct verifying *verifying = context;
    verifying->progress.total_bytes = total;
    progress_show(&verifying->progress, "", done, 0);
}

/* ---- The sum ----------------------------------------------------------------------------------------------------- */

static void sum_json(struct verifying *verifying, const struct verify_result *result)
{
    struct buf *line = &verifying->answer;
    buf_printf(line, "{\"sound\":%s,\"findings\":%llu,\"blocks\":%llu,\"records\":%llu,\"raw_bytes\":%llu,\"head\":\"",
               result->findings ? "false" : "true", (unsigned long long)result->findings,
               (unsigned long long)result->blocks, (unsigned long long)result->records,
               (unsigned long long)result->raw_bytes);
    if (result->head.block >= 0)
        add_link(line, &result->head);
    buf_printf(line, "\",\"pruned_blocks\":%llu", (unsigned long long)result->pruned_blocks);
    member_time(line, "pruned", result->pruned_us);
    buf_printf(line, ",\"pages_unsummed\":%llu}\n", (unsigned long long)result->pages_unsummed);
}

static void sum_table(struct verifying *verifying, const struct verify_result *result)
{
    struct buf *line = &verifying->answer;
    char blocks[AMOUNT_TEXT_MAX], records[AMOUNT_TEXT_MAX], bytes[AMOUNT_TEXT_MAX], pruned[CLOCK_TEXT_MAX];
    buf_printf(line, "checked  %s %s, %s %s, %s of lines\n", amount_number(result->blocks, blocks),
               result->blocks == 1 ? "block" : "blocks", amount_number(result->records, records),
               result->records == 1 ? "record" : "records", amount_size((double)result->raw_bytes, bytes));
    if (result->pruned_blocks > 0 && result->pruned_us != TIME_NONE)
        buf_printf(line, "pruned   %s %s before, last at %s\n", amount_number(result->pruned_blocks, blocks),
                   result->pruned_blocks == 1 ? "block" : "blocks", clock_print_local(result->pruned_us, pruned));
    if (result->head.block >= 0) {
        buf_add_text(line, "head     ");
        add_link(line, &result->head);
        buf_add_char(line, '\n');
    }
    if (result->findings == 0)
        buf_add_text(line, "sound    everything is as it was written\n");
    else
        buf_printf(line, "DAMAGED  %llu finding%s\n", (unsigned long long)result->findings,
                   result->findings == 1 ? "" : "s");
}

static bool wants_progress(const struct verify_options *options)
{
    return options->progress[1] == 'l' || (options->progress[0] == 'a' && io_is_terminal(STDERR_FILENO));
}

static bool verify(struct verifying *verifying, const struct verify_options *options, struct verify_result *result,
                   struct err *err)
{
    struct store_link kept;
    if (options->head != NULL && !parse_link(options->head, &kept, err))
        return false;
    SCOPED_FREE(store) *store = question_open_store(options->store, err);
    if (store == NULL)
        return false;
    struct verify_ask ask = {
        .deep = options->deep,
        .kept = options->head != NULL ? &kept : NULL,
        .context = verifying,
        .find = find,
        .progress = advance,
    };
    progress_begin(&verifying->progress, wants_progress(options), 0);
    bool ok = store_verify(store, &ask, result, err);
    progress_end(&verifying->progress);
    return ok;
}

static bool answer(struct verifying *verifying, const struct verify_options *options, struct verify_result *result,
                   struct err *err)
{
    struct output *output = &verifying->output;
    verifying->answer = BUF(ANSWER_BYTES_MAX);
    if (!output_set_zone(&options->output, err) ||
        !output_choose(output, &options->output, 1U << RENDER_TABLE | 1U << RENDER_JSON, "verify", err) ||
        !verify(verifying, options, result, err))
        return false;
    if (verifying->output.format == RENDER_JSON)
        sum_json(verifying, result);
    else
        sum_table(verifying, result);
    output_open(output, &options->output, false);
    out_add(&output->out, buf_str(&verifying->answer));
    if (verifying->told > FINDINGS_TOLD_MAX)
        log_note("only the first %d findings are shown", FINDINGS_TOLD_MAX);
    if (result->pages_unsummed > 0)
        log_note("%llu pages of the file have no checksum, because another program wrote them",
                 (unsigned long long)result->pages_unsummed);
    return output_close(output, err);
}

static int run(struct cmd_call *call)
{
    struct err err = {0};
    struct verifying verifying = {0};
    struct verify_result result = {0};
    bool ok = false;
    if (call->operand_count > 0)
        err_set(&err, ERR_USAGE, 0, "'%s': verify takes no operands", call->operands[0]);
    else
        ok = answer(&verifying, call->values, &result, &err);
    output_close(&verifying.output, NULL);
    buf_release(&verifying.answer);
    if (!ok)
        return cmd_fail(call->cmd, &err);
    return result.findings == 0 ? CMD_MATCHED : CMD_NOTHING;
}

const struct cmd cmd_verify = {
    .name = "verify",
    .summary = "prove that the store holds what was written to it",
    .usage = "",
    .examples = "winnow verify\n"
                "    every block against its digest and the chain, positions, tables; prints the head of the chain\n"
                "winnow verify --head 512:9f86d0...\n"
                "    also: the head kept elsewhere is in the chain, so nothing up to it was rewritten\n"
                "winnow verify --deep -o json\n"
                "    the content too; status 0: sound, 1: not as it was written (as cmp), 2: it could not be done\n",
    .groups = groups,
    .values_size = sizeof(struct verify_options),
    .run = run,
};
