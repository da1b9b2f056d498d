#include "ingest/ingest.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "analyze/analyze.h"
#include "base/io.h"
#include "base/log.h"
#include "base/must.h"
#include "base/place.h"
#include "base/scope.h"
#include "ingest/fields.h"
#include "ingest/pattern_ids.h"
#include "ingest/pipeline.h"
#include "ingest/reader.h"
#include "ingest/settle.h"
#include "base/stop.h"
#include "ingest/tally.h"
#include "ingest/worker.h"
#include "store/store.h"

enum { THREADS_MIN = 2 };

struct ingest_options {
    const char *store, *output, *source_name, *fields, *progress, *group;
    struct opt_list properties;
    int64_t threads;
    bool text, quiet;
};

static const char *const outputs[] = {"text", "json", NULL};
static const char *const progress_choices[] = {"auto", "always", "never", NULL};

#define AT(member) offsetof(struct ingest_options, member)
static const struct opt rows[] = {
    {.long_name = "store",
     .type = OPT_TEXT,
     .offset = AT(store),
     .argument = "PATH",
     .help = "the store to write (else $WINNOW_STORE, else the usual place)"},
    {.long_name = "output",
     .short_name = 'o',
     .type = OPT_CHOICE,
     .offset = AT(output),
     .argument = "FORMAT",
     .fallback = "text",
     .choices = outputs,
     .help = "how the summary is printed"},
    {.long_name = "source-name",
     .type = OPT_TEXT,
     .offset = AT(source_name),
     .argument = "NAME",
     .help = "the name standard input is kept under (else stdin)"},
    {.long_name = "text",
     .short_name = 'a',
     .type = OPT_FLAG,
     .offset = AT(text),
     .help = "read files that do not look like logs, too"},
    {.long_name = "threads",
     .short_name = 'j',
     .type = OPT_INT,
     .offset = AT(threads),
     .argument = "N",
     .min = 1,
     .max = PIPELINE_THREADS_MAX,
     .help = "working threads (else one per processor, at least 2)"},
    {.long_name = "fields",
     .type = OPT_TEXT,
     .offset = AT(fields),
     .argument = "FILE",
     .help = "YAML with more key paths for the canonical fields"},
    {.long_name = "group",
     .type = OPT_TEXT,
     .offset = AT(group),
     .argument = "GROUP",
     .help = "Kafka's consumer group: reading begins behind what it has taken, and it is told what is stored"},
    {.long_name = "property",
     .type = OPT_LIST,
     .offset = AT(properties),
     .argument = "NAME=VALUE",
     .help = "a property of librdkafka, for TLS and SASL; VALUE may be env:NAME or file:PATH; may be given again"},
    {.long_name = "quiet",
     .short_name = 'q',
     .type = OPT_FLAG,
     .offset = AT(quiet),
     .help = "no summary for people and no notes; errors are still told"},
    {.long_name = "progress",
     .type = OPT_CHOICE,
     .offset = AT(progress),
     .argument = "WHEN",
     .fallback = "auto",
     .choices = progress_choices,
     .help = "when a progress line is drawn; auto: on a terminal"},
    {0},
};
static const struct opt_group groups[] = {{"Options", rows, 0}, {0}};

/* What one run works with. The committer uses store and tally while the pipeline runs, the main thread the rest. */
struct ingest {
    const struct ingest_options *options;
    const struct field_table *fields;
    struct store *store;
    bool ids_given; /* of the patterns it finds */
    struct tally tally;
    struct catalog catalog;
    struct expand expand;
};

static void ingest_release(struct ingest *ingest)
{
    catalog_release(&ingest->catalog);
    expand_release(&ingest->expand);
}

/* ---- The pipeline's steps --------------------------------------------------------------------------------------------- */

static bool commit(void *context, struct batch *batch, struct err *err)
{
    struct ingest *ingest = context;
    if (!ingest->ids_given && !pattern_ids_give(ingest->store, err))
        return false;
    ingest->ids_given = true;
    if (!store_commit(ingest->store, batch, err))
        return false;
    tally_add(&ingest->tally, batch);
    return true;
}

static struct batch *take(void *pipeline)
{
    return pipeline_take(pipeline);
}

static void put(void *pipeline, struct batch *batch)
{
    pipeline_put(pipeline, batch);
}

/* ---- A run ---------------------------------------------------------------------------------------------------------------- */

static double monotonic_seconds(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static unsigned thread_count(const struct ingest_options *options)
{
    if (options->threads > 0)
        return (unsigned)options->threads;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < THREADS_MIN ? THREADS_MIN : online > PIPELINE_THREADS_MAX ? PIPELINE_THREADS_MAX : (unsigned)online;
}

static bool wants_progress(const struct ingest_options *options)
{
    if (options->progress[1] == 'l') /* always */
        return true;
    return options->progress[0] == 'a' && !options->quiet && io_is_terminal(STDERR_FILENO);
}

static void print_notes(const struct ingest *ingest, const struct reader *reader)
{
    if (reader->not_logs > 0 && !ingest->options->quiet) {
        char number[AMOUNT_TEXT_MAX];
        uint64_t unnamed = reader->not_logs > READER_NAMES_SHOWN ? reader->not_logs - READER_NAMES_SHOWN : 0;
        log_note("skipped %s %s: %s%s%s%s", amount_number(reader->not_logs, number),
                 reader->not_logs == 1 ? "file that is not a log" : "files that are not logs",
                 buf_str(&reader->not_log_names).data, unnamed ? " and " : "",
                 unnamed ? amount_number(unnamed, (char[AMOUNT_TEXT_MAX]){0}) : "", unnamed ? " more" : "");
    }
    uint64_t held = store_log_held(ingest->store);
    if (held > 0) {
        char size[AMOUNT_TEXT_MAX];
        log_note("another program kept a read of the store open, so its write-ahead log grew to %s; it is used anew "
                 "once that read ends",
                 amount_size((double)held, size));
    }
    if (reader->interrupted)
        log_note("interrupted: %llu lines are stored; run the same command again to continue",
                 (unsigned long long)ingest->tally.count.lines);
}

static bool print_summary(const struct ingest *ingest, struct err *err)
{
    SCOPED(out) out;
    out_init(&out, STDOUT_FILENO);
    if (ingest->options->output[0] == 'j')
        tally_print_json(&ingest->tally, &out);
    else if (!ingest->options->quiet)
        tally_print_text(&ingest->tally, &out);
    return out_flush(&out, err);
}

/* Of all inputs, in bytes, as they lie on the disk. */
static uint64_t total_size(const struct expand *expand)
{
    uint64_t total = 0;
    for (size_t i = 0; i < expand->count; i++)
        total += expand->inputs[i].size;
    return total;
}

/* Reads all inputs through a pipeline. False with the failure that stopped it; *reader tells about the inputs. */
static bool read_all(struct ingest *ingest, struct reader *reader, struct err *err)
{
    struct pipeline_steps steps = {worker_steps(ingest->fields), commit, ingest};
    SCOPED_FREE(pipeline) *pipeline = pipeline_new(thread_count(ingest->options), &steps, err);
    if (pipeline == NULL)
        return false;
    struct progress progress;
    reader_init(reader, &ingest->catalog, (struct frame_batches){.take = take, .put = put, .context = pipeline},
                &progress);
    reader->any_content = ingest->options->text;
    reader->store_path = store_path(ingest->store);
    reader->kafka_group = ingest->options->group;
    reader->kafka_properties = ingest->options->properties.items;
    reader->kafka_property_count = ingest->options->properties.count;
    if (ingest->options->source_name != NULL)
        reader->stdin_name = ingest->options->source_name;
    progress_begin(&progress, wants_progress(ingest->options), total_size(&ingest->expand));
    reader_run(reader, ingest->expand.inputs, ingest->expand.count);
    progress_end(&progress);
    bool fine = pipeline_finish(pipeline, err);
#ifdef WINNOW_KAFKA
    reader_end_kafka(reader, fine);
#endif
    return fine && (reader->interrupted || pattern_ids_end(ingest->store, err));
}

static int run_inputs(const struct cmd *cmd, struct ingest *ingest, double begin)
{
    struct err err;
    if (!stop_install(&err))
        return cmd_fail(cmd, &err);
    SCOPED(reader) reader = {.not_log_names = BUF(1)};
    bool fine = read_all(ingest, &reader, &err);
    stop_restore();
    int status = CMD_MATCHED;
    if (!fine)
        status = cmd_fail(cmd, &err);
    else if (reader.interrupted)
        status = CMD_INTERRUPTED;
    else if (reader.failed || ingest->expand.failures > 0)
        status = CMD_FAILED;
    ingest->tally.skipped_lines = reader.skipped_lines;
    ingest->tally.sources = reader.sources;
    ingest->tally.seconds = monotonic_seconds() - begin;
    print_notes(ingest, &reader);
    if (!print_summary(ingest, &err) && status == CMD_MATCHED)
        status = cmd_fail(cmd, &err);
    return status;
}

static void report(void *context, const struct err *err)
{
    (void)context;
    log_error_of(cmd_ingest.name, "%s", err->text);
}

static bool check_usage(const struct cmd_call *call, const struct ingest_options *options, struct err *err)
{
    if (call->operand_count == 0)
        return err_set(err, ERR_USAGE, 0, "nothing to read: name files, folders, globs, or - for standard input");
    bool has_stdin = false, has_kafka = false;
    for (int i = 0; i < call->operand_count; i++) {
        has_stdin = has_stdin || strcmp(call->operands[i], "-") == 0;
        has_kafka = has_kafka || str_starts(str_of(call->operands[i]), STR("kafka://"));
    }
    if (!has_kafka && (options->group != NULL || options->properties.count > 0))
        return err_set(err, ERR_USAGE, 0, "--group and --property are Kafka's, so they need kafka://HOST:PORT/TOPIC");
    if (options->source_name != NULL && !has_stdin)
        return err_set(err, ERR_USAGE, 0, "--source-name names standard input, so it needs - among what is read");
    if (options->source_name != NULL && options->source_name[0] == '\0')
        return err_set(err, ERR_USAGE, 0, "--source-name is empty");
    return true;
}

static int run(struct cmd_call *call)
{
    struct err err;
    double begin = monotonic_seconds();
    const struct ingest_options *options = call->values;
    SCOPED(buf) path = BUF(PATH_MAX);
    if (!check_usage(call, options, &err) || !place_store(options->store, &path, &err))
        return cmd_fail(call->cmd, &err);
    SCOPED(ingest) ingest = {.options = options};
    SCOPED_FREE(field_table) *fields = fields_load(options->fields, &err);
    if (fields == NULL)
        return cmd_fail(call->cmd, &err);
    ingest.fields = fields;
    expand_init(&ingest.expand, report, NULL);
    expand_ignore_store(&ingest.expand, buf_str(&path).data);
    for (int i = 0; i < call->operand_count; i++)
        expand_operand(&ingest.expand, call->operands[i]);
    if (ingest.expand.count == 0 && ingest.expand.failures > 0)
        return CMD_FAILED; /* all told; no store is made for nothing */
    bool large = total_size(&ingest.expand) >= STORE_LARGE_BYTES;
    SCOPED_FREE(store) *store = store_open(buf_str(&path).data, large ? STORE_WRITE_LARGE : STORE_WRITE, &err);
    ingest.store = store;
    if (store == NULL || !catalog_load(&ingest.catalog, store, &err) || !settle_rest(store, fields, &err))
        return cmd_fail(call->cmd, &err);
    return run_inputs(call->cmd, &ingest, begin);
}

const struct cmd cmd_ingest = {
    .name = "ingest",
    .summary = "read logs to their end into the store; again: only what is new",
    .usage = "PATH|GLOB|DIR|-|kafka://HOST:PORT/TOPIC...",
    .examples = "winnow ingest /var/log/app\n    every log in a folder, gzipped ones too\n"
                "winnow ingest '/var/log/nginx/*.log*'\n    what a pattern names\n"
                "winnow ingest kafka://localhost:9092/logs\n    what the topic holds now\n"
                "journalctl -o json | winnow ingest - --source-name journal\n    standard input, under a name\n",
    .groups = groups,
    .values_size = sizeof(struct ingest_options),
    .run = run,
};
