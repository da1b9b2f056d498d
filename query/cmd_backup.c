#include <stdio.h>
#include <unistd.h>

#include "base/amount.h"
#include "base/progress.h"
#include "base/stop.h"
#include "query/query.h"
#include "query/question.h"

struct backup_options {
    const char *store, *output, *progress;
    bool force, quiet;
};

static const char *const outputs[] = {"text", "json", NULL};
static const char *const progress_choices[] = {"auto", "always", "never", NULL};

#define AT(member) offsetof(struct backup_options, member)
static const struct opt rows[] = {
    {.long_name = "force", .type = OPT_FLAG, .offset = AT(force), .help = "replace the file, once the copy is whole"},
    {.long_name = "store",
     .type = OPT_TEXT,
     .offset = AT(store),
     .argument = "PATH",
     .help = "the store to copy (else $WINNOW_STORE, else the usual place)"},
    {.long_name = "output",
     .short_name = 'o',
     .type = OPT_CHOICE,
     .offset = AT(output),
     .argument = "FORMAT",
     .fallback = "text",
     .choices = outputs,
     .help = "how the summary is printed"},
    {.long_name = "quiet", .short_name = 'q', .type = OPT_FLAG, .offset = AT(quiet), .help = "no summary for people"},
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
static const struct opt_group groups[] = {{"Options", rows, 0}, {0}};

static bool go_on(void *context, uint64_t bytes_done, uint64_t bytes)
{
    struct progress *progress = context;
    progress->total_bytes = bytes;
    progress_show(progress, "", bytes_done, 0);
    return !stop_asked();
}

static bool wants_progress(const struct backup_options *options)
{
    return options->progress[1] == 'l' ||
           (options->progress[0] == 'a' && !options->quiet && io_is_terminal(STDERR_FILENO));
}

static bool make_copy(const struct backup_options *options, const char *path, struct backup_result *result,
                      struct err *err)
{
    SCOPED_FREE(store) *store = question_open_store(options->store, err);
    if (store == NULL || !stop_install(err))
        return false;
    struct progress progress;
    struct backup_ask ask = {.path = path, .replace = options->force, .context = &progress, .go_on = go_on};
    progress_begin(&progress, wants_progress(options), 0);
    bool ok = store_backup(store, &ask, result, err);
    progress_end(&progress);
    stop_restore();
    return ok;
}

static bool print_summary(const struct backup_options *options, const char *path, const struct backup_result *result,
                          struct err *err)
{
    SCOPED(out) out;
    out_init(&out, STDOUT_FILENO);
    char digest[2 * STORE_DIGEST_SIZE + 1], size[AMOUNT_TEXT_MAX], records[AMOUNT_TEXT_MAX];
    for (size_t i = 0; i < STORE_DIGEST_SIZE; i++)
        snprintf(digest + 2 * i, 3, "%02x", result->head.digest[i]);
    if (options->output[0] == 'j')
        out_printf(&out, "{\"bytes\":%llu,\"records\":%llu,\"head\":\"%lld:%s\"}\n", (unsigned long long)result->bytes,
                   (unsigned long long)result->records, (long long)result->head.block, digest);
    else if (!options->quiet)
        out_printf(&out, "%s: %s, %s %s, head %lld:%s\n", path, amount_size((double)result->bytes, size),
                   amount_number(result->records, records), result->records == 1 ? "record" : "records",
                   (long long)result->head.block, digest);
    return out_flush(&out, err);
}

static int run(struct cmd_call *call)
{
    struct err err = {0};
    const struct backup_options *options = call->values;
    struct backup_result result;
    bool ok;
    if (call->operand_count != 1 || call->operands[0][0] == '\0')
        ok = err_set(&err, ERR_USAGE, 0, "name the one file the copy is to be");
    else
        ok = make_copy(options, call->operands[0], &result, &err) &&
             print_summary(options, call->operands[0], &result, &err);
    return ok ? CMD_MATCHED : cmd_fail(call->cmd, &err);
}

const struct cmd cmd_backup = {
    .name = "backup",
    .summary = "copy the store to one file, also while it is written",
    .usage = "FILE",
    .examples =
        "winnow backup /mnt/backup/winnow.db\n"
        "    the store as it is at one moment, verified; keep the head it prints elsewhere (see verify --head)\n"
        "winnow status --store /mnt/backup/winnow.db\n"
        "    a copy is a store like any other\n",
    .groups = groups,
    .values_size = sizeof(struct backup_options),
    .run = run,
};
