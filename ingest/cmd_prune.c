#include <limits.h>
#include <unistd.h>

#include "base/amount.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/place.h"
#include "base/scope.h"
#include "ingest/ingest.h"
#include "base/stop.h"
#include "store/store.h"

struct prune_options {
    const char *store, *output;
    int64_t keep_us, bytes_max;
    bool dry, quiet, outputs_ignored;
};

static const char *const outputs[] = {"text", "json", NULL};

#define AT(member) offsetof(struct prune_options, member)
static const struct opt rows[] = {
    {.long_name = "keep",
     .type = OPT_DURATION,
     .offset = AT(keep_us),
     .argument = "TIME",
     .help = "blocks whose newest record is older go: 90d, 12h"},
    {.long_name = "max-size",
     .type = OPT_SIZE,
     .offset = AT(bytes_max),
     .argument = "SIZE",
     .min = 1,
     .max = INT64_MAX,
     .help = "the oldest blocks go until what is in use of the file is at most this: 50G, 800M"},
    {.long_name = "dry-run", .short_name = 'n', .type = OPT_FLAG, .offset = AT(dry), .help = "only tell what would go"},
    {.long_name = "ignore-outputs",
     .type = OPT_FLAG,
     .offset = AT(outputs_ignored),
     .help = "also what outputs have not delivered yet goes: they miss it"},
    {.long_name = "store",
     .type = OPT_TEXT,
     .offset = AT(store),
     .argument = "PATH",
     .help = "the store to prune (else $WINNOW_STORE, else the usual place)"},
    {.long_name = "output",
     .short_name = 'o',
     .type = OPT_CHOICE,
     .offset = AT(output),
     .argument = "FORMAT",
     .fallback = "text",
     .choices = outputs,
     .help = "how the summary is printed"},
    {.long_name = "quiet", .short_name = 'q', .type = OPT_FLAG, .offset = AT(quiet), .help = "no summary for people"},
    {0},
};
#undef AT
static const struct opt_group groups[] = {{"Options", rows, 0}, {0}};

enum { HELD_BY_TEXT_MAX = 1 << 16 };

/* ---- The summary --------------------------------------------------------------------------------------------------------- */

static void add_time(struct out *out, const char *key, int64_t time_us)
{
    char text[CLOCK_TEXT_MAX];
    if (time_us != TIME_NONE)
        out_printf(out, ",\"%s\":\"%s\"", key, clock_print_utc(time_us, text));
}

static void print_json(const struct prune_options *options, const struct prune_result *result, struct out *out)
{
    SCOPED(buf) held_by = BUF(HELD_BY_TEXT_MAX);
    out_printf(out, "{\"dry_run\":%s,\"blocks\":%llu,\"records\":%llu,\"raw_bytes\":%llu,\"freed_bytes\":%llu",
               options->dry ? "true" : "false", (unsigned long long)result->blocks, (unsigned long long)result->records,
               (unsigned long long)result->raw_bytes, (unsigned long long)result->freed_bytes);
    add_time(out, "first", result->time_min);
    add_time(out, "last", result->time_max);
    out_printf(out, ",\"used_bytes\":%llu,\"timeless_blocks\":%llu,\"held_blocks\":%llu",
               (unsigned long long)result->used_bytes, (unsigned long long)result->blocks_timeless,
               (unsigned long long)result->held_blocks);
    if (result->held_blocks > 0) {
        buf_add_json(&held_by, result->held_by);
        out_printf(out, ",\"held_by\":\"%s\"", held_by.data);
    }
    out_text(out, "}\n");
}

static void print_text(const struct prune_options *options, const struct prune_result *result, struct out *out)
{
    char number[AMOUNT_TEXT_MAX], records[AMOUNT_TEXT_MAX], raw[AMOUNT_TEXT_MAX], freed[AMOUNT_TEXT_MAX];
    char first[CLOCK_TEXT_MAX], last[CLOCK_TEXT_MAX];
    if (result->blocks == 0) {
        out_printf(out, "nothing to prune; %s in use\n", amount_size((double)result->used_bytes, raw));
        return;
    }
    out_printf(out, "%s %s %s (%s %s, %s of lines", options->dry ? "would prune" : "pruned",
               amount_number(result->blocks, number), result->blocks == 1 ? "block" : "blocks",
               amount_number(result->records, records), result->records == 1 ? "record" : "records",
               amount_size((double)result->raw_bytes, raw));
    if (result->time_min != TIME_NONE)
        out_printf(out, ", %s - %s", clock_print_local(result->time_min, first),
                   clock_print_local(result->time_max, last));
    out_printf(out, "); %s%s of the file %s free for what comes\n", options->dry ? "about " : "",
               amount_size((double)result->freed_bytes, freed), options->dry ? "would be" : "are");
}

/* Also of a dry run: what would be in the way. */
static bool note_held(struct store *store, const struct prune_result *result, struct err *err)
{
    uint64_t records, bytes;
    char blocks[AMOUNT_TEXT_MAX], number[AMOUNT_TEXT_MAX], size[AMOUNT_TEXT_MAX];
    if (result->held_blocks == 0)
        return true;
    if (!store_output_lag(store, result->held_position, &records, &bytes, err))
        return false;
    log_note("%s %s%s: output '%.*s' has not delivered %s yet (%s %s, %s behind); let it deliver, remove it from the "
             "configuration, or prune with --ignore-outputs",
             amount_number(result->held_blocks, blocks), result->blocks > 0 ? "more " : "",
             result->held_blocks == 1 ? "block stays" : "blocks stay", STR_ARG(result->held_by),
             result->held_blocks == 1 ? "it" : "them", amount_number(records, number),
             records == 1 ? "record" : "records", amount_size((double)bytes, size));
    return true;
}

static bool print_summary(struct store *store, const struct prune_options *options, const struct prune_result *result,
                          struct err *err)
{
    SCOPED(out) out;
    out_init(&out, STDOUT_FILENO);
    if (options->output[0] == 'j')
        print_json(options, result, &out);
    else if (!options->quiet)
        print_text(options, result, &out);
    if (result->blocks_timeless > 0 && !options->quiet)
        log_note("%llu %s no record with a time and %s: only --max-size removes such blocks",
                 (unsigned long long)result->blocks_timeless,
                 result->blocks_timeless == 1 ? "block has" : "blocks have",
                 result->blocks_timeless == 1 ? "stays" : "stay");
    return out_flush(&out, err) && (options->quiet || note_held(store, result, err));
}

/* ---- Running ------------------------------------------------------------------------------------------------------------- */

static bool go_on(void *context, uint64_t blocks_done, uint64_t blocks)
{
    (void)context;
    (void)blocks_done;
    (void)blocks;
    return !stop_asked();
}

/* Opened for reading first: writing would make a store that is not there. */
static struct store *open_store(const struct prune_options *options, struct err *err)
{
    SCOPED(buf) path = BUF(PATH_MAX);
    if (!place_store(options->store, &path, err))
        return NULL;
    struct store *store = store_open(buf_str(&path).data, STORE_READ, err);
    if (store == NULL || options->dry)
        return store;
    store_free(store);
    return store_open(buf_str(&path).data, STORE_WRITE, err);
}

static bool make_ask(const struct cmd_call *call, struct prune_ask *ret, struct err *err)
{
    const struct prune_options *options = call->values;
    if (call->operand_count > 0)
        return err_set(err, ERR_USAGE, 0, "'%s': prune takes no operands", call->operands[0]);
    if (options->keep_us == 0 && options->bytes_max == 0)
        return err_set(err, ERR_USAGE, 0, "say what to keep: --keep 90d, --max-size 50G, or both");
    if (options->keep_us < 0)
        return err_set(err, ERR_USAGE, 0, "--keep: a time to keep cannot be negative");
    int64_t now_us = clock_now_us();
    *ret = (struct prune_ask){
        .before_us = options->keep_us > 0 ? now_us - options->keep_us : TIME_NONE,
        .bytes_max = (uint64_t)options->bytes_max,
        .dry = options->dry,
        .outputs_ignored = options->outputs_ignored,
        .now_us = now_us,
        .go_on = go_on,
    };
    return true;
}

static int run(struct cmd_call *call)
{
    struct err err = {0};
    const struct prune_options *options = call->values;
    struct prune_ask ask;
    if (!make_ask(call, &ask, &err))
        return cmd_fail(call->cmd, &err);
    SCOPED_FREE(store) *store = open_store(options, &err);
    if (store == NULL || !stop_install(&err))
        return cmd_fail(call->cmd, &err);
    struct prune_result result;
    bool fine = store_prune(store, &ask, &result, &err);
    stop_restore();
    int status = fine ? CMD_MATCHED : cmd_fail(call->cmd, &err);
    if (fine && result.stopped) {
        log_note("interrupted: what is told below is gone; run the same command again to continue");
        status = CMD_INTERRUPTED;
    }
    if ((fine || result.blocks > 0) && !print_summary(store, options, &result, &err) && status == CMD_MATCHED)
        status = cmd_fail(call->cmd, &err);
    return status;
}

const struct cmd cmd_prune = {
    .name = "prune",
    .summary = "remove the oldest blocks of the store, by age or size",
    .usage = "",
    .examples = "winnow prune --keep 90d\n"
                "    blocks whose newest record is older go, with their facts; positions stay, nothing is read again\n"
                "winnow prune --max-size 50G --dry-run\n"
                "    what would go, oldest first, until 50 GiB are in use\n"
                "    (the file does not shrink: what becomes free is overwritten and used for what comes)\n",
    .groups = groups,
    .values_size = sizeof(struct prune_options),
    .run = run,
};
