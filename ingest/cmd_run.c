#include "ingest/ingest.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/analyze.h"
#include "base/amount.h"
#include "base/io.h"
#include "base/log.h"
#include "base/must.h"
#include "base/scope.h"
#include "ingest/config.h"
#include "ingest/fields.h"
#include "ingest/follow.h"
#include "ingest/live.h"
#ifdef WINNOW_KAFKA
#include "ingest/outputs.h"
#endif
#include "ingest/service.h"
#include "ingest/source_journal.h"
#include "ingest/source_kafka.h"
#include "store/store.h"

enum { JOURNALS_MAX = 200, KAFKAS_MAX = 50 };

struct run_options {
    const char *config, *store;
};

#define AT(member) offsetof(struct run_options, member)
static const struct opt rows[] = {
    {.long_name = "config",
     .short_name = 'c',
     .type = OPT_TEXT,
     .offset = AT(config),
     .argument = "FILE",
     .help = "read this configuration after those in the usual places"},
    {.long_name = "store",
     .type = OPT_TEXT,
     .offset = AT(store),
     .argument = "PATH",
     .help = "the store to write (else $WINNOW_STORE, the configured one, the usual place)"},
    {0},
};
static const struct opt_group groups[] = {{"Options", rows, 0}, {0}};

struct running {
    const struct run_options *options;
    struct config *config;
    struct catalog catalog;
    struct follow *follow;
    struct live *live;
    struct store *store;
    struct outputs *outputs;                 /* NULL in a build without Kafka */
    struct source_kafka *kafkas[KAFKAS_MAX]; /* by their place among the configured ones; NULL: none */
};

static void report(void *context, const struct err *err)
{
    (void)context;
    log_error("%s", err->text);
}

static bool has_sources(const struct config *config, struct err *err)
{
    if (config->source_count > 0)
        return true;
    return err_set(
        err, ERR_USAGE, 0,
        "no sources are configured; write some to /etc/winnow/winnow.yaml, or name a file: winnow run -c FILE");
}

static bool set_durability(struct store *store, const struct config *config, struct err *err)
{
    return store_set_durability(store, config->durability == CONFIG_FULL ? STORE_FULL : STORE_NORMAL, err);
}

static void tell_journal(void *context, struct str source, const struct err *err)
{
    (void)context;
    LOG_EVENT(err->kind == ERR_MISSING ? LEVEL_WARNING : LEVEL_ERROR, "journal", log_str("source", source),
              log_text("why", err->text));
}

static struct journal_choice choose_journal(const struct config_source *source)
{
    return (struct journal_choice){
        .directory = source->directory,
        .namespace = source->namespace,
        .boot = source->boot,
        .units = source->units.items,
        .unit_count = source->units.count,
        .matches = source->matches.items,
        .match_count = source->matches.count,
        .priority = (int)source->priority,
        .service = source->service != NULL ? source->service : "",
    };
}

static bool add_journal(struct running *running, const struct config_source *source, struct err *err)
{
    struct journal_choice choice = choose_journal(source);
    struct journal_tell tell = {.tell = tell_journal};
    struct source_journal *journal =
        source_journal_new(&choice, source->from == CONFIG_END, &running->catalog, &tell, err);
    if (journal == NULL)
        return err_within(err, "%s:%u", source->origin.file, source->origin.line);
    live_add(running->live, (struct feeder){&source_journal_feeder, journal});
    LOG_EVENT(LEVEL_INFO, "following", log_str("source", source_journal_name(journal)));
    return true;
}

/* Sources of the same name would be one source with two cursors. */
static bool is_named_twice(const struct config *config, size_t index, struct err *err)
{
    SCOPED(buf) name = BUF(PATH_MAX * 4);
    struct journal_choice choice = choose_journal(&config->sources[index]);
    journal_choice_name(&choice, &name);
    for (size_t i = 0; i < index; i++) {
        SCOPED(buf) other = BUF(PATH_MAX * 4);
        if (config->sources[i].kind != CONFIG_JOURNAL)
            continue;
        choice = choose_journal(&config->sources[i]);
        journal_choice_name(&choice, &other);
        const struct config_origin *here = &config->sources[index].origin, *there = &config->sources[i].origin;
        if (str_equal(buf_str(&name), buf_str(&other)))
            return !err_set(err, ERR_USAGE, 0,
                            "%s:%u: '%.*s' is followed already, by %s:%u; journals are told apart by folder, namespace "
                            "and units only: make them one",
                            here->file, here->line, STR_ARG(buf_str(&name)), there->file, there->line);
    }
    return false;
}

/* The journals of the configuration take the place of those before, and go on where these were. All that can be followed are; false
 * with what is wrong with the first that cannot. */
static bool set_journals(struct running *running, const struct config *config, struct err *err)
{
    size_t count = 0;
    bool fine = true;
    live_drop(running->live, &source_journal_feeder);
    for (size_t i = 0; i < config->source_count; i++) {
        const struct config_source *source = &config->sources[i];
        struct err why;
        if (source->kind != CONFIG_JOURNAL)
            continue;
        bool added = count++ < JOURNALS_MAX ? !is_named_twice(config, i, &why) && add_journal(running, source, &why)
                                            : err_set(&why, ERR_LIMIT, 0, "%s:%u: more than %d journals",
                                                      source->origin.file, source->origin.line, JOURNALS_MAX);
        if (!added && fine)
            *err = why;
        fine = fine && added;
    }
    return fine;
}

#ifdef WINNOW_KAFKA

static void tell_kafka(void *context, struct str source, const struct err *err)
{
    (void)context;
    LOG_EVENT(err->kind == ERR_MISSING || err->kind == ERR_FORMAT ? LEVEL_WARNING : LEVEL_ERROR, "kafka",
              log_str("source", source), log_text("why", err->text));
}

static struct source_kafka_ask ask_kafka(struct running *running, const struct config_source *source, unsigned ordinal)
{
    return (struct source_kafka_ask){
        .kafka = &source->kafka,
        .defaults = config_defaults(source),
        .catalog = &running->catalog,
        .store = running->store,
        .tell = tell_kafka,
        .ordinal = ordinal,
    };
}

static bool add_kafka(struct running *running, const struct config_source *source, unsigned ordinal, struct err *err)
{
    struct source_kafka_ask ask = ask_kafka(running, source, ordinal);
    struct source_kafka *kafka = source_kafka_new(&ask, err);
    if (kafka == NULL)
        return err_within(err, "%s:%u", source->origin.file, source->origin.line);
    running->kafkas[ordinal] = kafka;
    live_add(running->live, (struct feeder){&source_kafka_feeder, kafka});
    LOG_EVENT(LEVEL_INFO, "consuming", log_text("brokers", source->kafka.brokers),
              log_text("group", source->kafka.group));
    return true;
}

/* Those that are not as configured any more go, all together within the time that one has: meanwhile nothing is read. What they have
 * read is committed first, since who reads on asks the store for what is pending. */
static void drop_kafkas(struct running *running, const struct config *config)
{
    unsigned count = 0;
    bool kept[KAFKAS_MAX] = {false};
    int64_t until_us = service_now_us() + (int64_t)KAFKA_WAIT_MS * 1000;
    for (size_t i = 0; i < config->source_count && count < KAFKAS_MAX; i++) {
        if (config->sources[i].kind != CONFIG_KAFKA)
            continue;
        struct source_kafka_ask ask = ask_kafka(running, &config->sources[i], count);
        kept[count] = running->kafkas[count] != NULL && source_kafka_keep(running->kafkas[count], &ask);
        count++;
    }
    live_flush(running->live);
    for (unsigned i = 0; i < KAFKAS_MAX; i++) {
        if (running->kafkas[i] == NULL || kept[i])
            continue;
        source_kafka_leave_by(running->kafkas[i], until_us);
        live_drop_one(running->live, &(struct feeder){&source_kafka_feeder, running->kafkas[i]});
        running->kafkas[i] = NULL;
    }
}

static size_t count_kafkas(const struct config *config)
{
    size_t count = 0;
    for (size_t i = 0; i < config->source_count; i++)
        count += config->sources[i].kind == CONFIG_KAFKA;
    return count;
}

/* Topics are read from where the store has them; those whose configuration is as it was go on undisturbed. Without the library the
 * other sources are followed, if there are any. */
static bool set_kafkas(struct running *running, const struct config *config, struct err *err)
{
    unsigned count = 0;
    bool fine = true;
    drop_kafkas(running, config);
    size_t kafkas = count_kafkas(config);
    if (kafkas > 0 && !source_kafka_is_available(err)) {
        if (kafkas == config->source_count)
            return false;
        LOG_EVENT(LEVEL_ERROR, "no topic is consumed", log_text("why", err->text));
        return true;
    }
    for (size_t i = 0; i < config->source_count; i++) {
        const struct config_source *source = &config->sources[i];
        struct err why;
        if (source->kind != CONFIG_KAFKA)
            continue;
        bool added = count < KAFKAS_MAX ? running->kafkas[count] != NULL || add_kafka(running, source, count, &why)
                                        : err_set(&why, ERR_LIMIT, 0, "%s:%u: more than %d sources of Kafka",
                                                  source->origin.file, source->origin.line, KAFKAS_MAX);
        count++;
        if (!added && fine)
            *err = why;
        fine = fine && added;
    }
    return fine;
}

#else

/* The configuration has refused them. */
static bool set_kafkas(struct running *running, const struct config *config, struct err *err)
{
    (void)running, (void)config, (void)err;
    return true;
}

#endif

struct comparison {
    uint64_t offset, at; /* of the bytes, and of what is to be compared next */
    struct str bytes;
    bool differs;
};

/* Compares what of the record's line lies where the bytes should. Pieces come in offset order. */
static void compare_bytes(struct comparison *comparison, uint64_t offset, struct str piece)
{
    uint64_t end = comparison->offset + comparison->bytes.size;
    uint64_t from = offset > comparison->offset ? offset : comparison->offset;
    uint64_t to = offset + piece.size < end ? offset + piece.size : end;
    if (from >= to)
        return;
    comparison->differs = comparison->differs || from != comparison->at ||
                          memcmp(comparison->bytes.data + (from - comparison->offset), piece.data + (from - offset),
                                 (size_t)(to - from)) != 0;
    comparison->at = to;
}

static bool holds_bytes(void *context, int64_t source, uint64_t offset, struct str bytes)
{
    struct err ignored;
    struct scan_ask ask = {
        .since_us = TIME_NONE, .until_us = TIME_NONE, .sources = &source, .source_count = 1, .offsets = true};
    SCOPED_FREE(scan) *scan = scan_new(context, &ask, &ignored);
    if (scan == NULL)
        return false;
    struct comparison comparison = {.offset = offset, .at = offset, .bytes = bytes};
    struct scan_record found;
    while (!comparison.differs && comparison.at < offset + bytes.size && scan_next(scan, &found, &ignored) == 1) {
        const struct record *rec = &found.record;
        compare_bytes(&comparison, rec->offset, rec->raw);
        if (record_has_newline(rec->flags))
            compare_bytes(&comparison, rec->offset + rec->raw.size, STR("\n"));
    }
    return !comparison.differs && comparison.at == offset + bytes.size;
}

#ifdef WINNOW_KAFKA
static bool set_outputs(struct running *running, const struct config *config, struct err *err)
{
    return outputs_configure(running->outputs, config, err);
}

static void wake_outputs(void *context)
{
    outputs_wake(((struct running *)context)->outputs);
}
#else
static bool set_outputs(struct running *running, const struct config *config, struct err *err)
{
    (void)running, (void)config, (void)err; /* a configuration with outputs was refused */
    return true;
}
#define wake_outputs NULL
#endif

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void note_unchangeable(const struct config *before, const struct config *after)
{
    if (!same_text(before->store, after->store))
        LOG_EVENT(LEVEL_WARNING, "another store is written after a restart only");
    if (!same_text(before->fields, after->fields))
        LOG_EVENT(LEVEL_WARNING, "other fields are read after a restart only");
}

static void reload(void *context)
{
    struct running *running = context;
    struct err err;
    struct config *config = config_new(running->options->config, report, NULL);
    if (config == NULL || !has_sources(config, &err)) {
        LOG_EVENT(LEVEL_ERROR, "the new configuration is not used");
        config_free(config);
        return;
    }
    follow_configure(running->follow, config);
    note_unchangeable(running->config, config);
    if (!set_durability(running->store, config, &err))
        LOG_EVENT(LEVEL_ERROR, "durability is as it was", log_text("why", err.text));
    if (!set_journals(running, config, &err))
        LOG_EVENT(LEVEL_ERROR, "a journal is not followed", log_text("why", err.text));
    if (!set_kafkas(running, config, &err))
        LOG_EVENT(LEVEL_ERROR, "a topic is not consumed", log_text("why", err.text));
    live_keep(running->live, config->keep_us, config->max_size, config->outputs_wait == CONFIG_IGNORE);
    if (!set_outputs(running, config, &err))
        LOG_EVENT(LEVEL_ERROR, "an output is not as configured", log_text("why", err.text));
    config_free(running->config);
    running->config = config;
    LOG_EVENT(LEVEL_NOTICE, "configuration read again", log_number("sources", (int64_t)config->source_count));
}

static void status(void *context, char *text, size_t size)
{
    const struct running *running = context;
    uint64_t files, unread;
    char number[AMOUNT_TEXT_MAX], bytes[AMOUNT_TEXT_MAX];
    follow_summary(running->follow, &files, &unread);
    snprintf(text, size, "following %s files, %s unread", amount_number(files, number),
             amount_size((double)unread, bytes));
}

static bool run_live(struct running *running, struct store *store, const struct field_table *fields, struct err *err)
{
    SCOPED(service) service = {0};
    if (!catalog_load(&running->catalog, store, err) || !service_begin(&service, err))
        return false;
    SCOPED_FREE(live) *live = live_new(store, fields, &service);
    running->live = live;
    running->store = store;
    running->follow = follow_new(running->config, &running->catalog, store_path(store), holds_bytes, store);
    live_add(live, (struct feeder){&follow_ops, running->follow});
#ifdef WINNOW_KAFKA
    SCOPED_FREE(outputs) *outputs = outputs_new(store, fields);
    live_add(live, (struct feeder){&outputs_feeder, outputs});
    running->outputs = outputs;
#endif
    if (!set_journals(running, running->config, err) || !set_kafkas(running, running->config, err) ||
        !set_outputs(running, running->config, err))
        return false;
    live_keep(live, running->config->keep_us, running->config->max_size,
              running->config->outputs_wait == CONFIG_IGNORE);
    LOG_EVENT(LEVEL_NOTICE, "started", log_text("store", store_path(store)),
              log_number("sources", (int64_t)running->config->source_count));
    struct live_hooks hooks = {reload, status, wake_outputs, running};
    bool fine = live_run(live, &hooks, err);
#ifdef WINNOW_KAFKA
    outputs_finish(outputs, &service);
#endif
    if (fine)
        LOG_EVENT(LEVEL_NOTICE, "stopped");
    return fine;
}

static int run(struct cmd_call *call)
{
    struct err err;
    const struct run_options *options = call->values;
    SCOPED(buf) path = BUF(PATH_MAX);
    if (call->operand_count > 0) {
        err_set(&err, ERR_USAGE, 0, "takes no operands; sources stand in the configuration");
        return cmd_fail(call->cmd, &err);
    }
    struct config *config = config_new(options->config, report, NULL);
    if (config == NULL)
        return CMD_FAILED;
    log_structure();
    struct running running = {.options = options, .config = config};
    SCOPED_FREE(field_table) *fields = NULL;
    SCOPED_FREE(store) *store = NULL;
    bool fine = has_sources(config, &err) && config_store(config, options->store, &path, NULL, &err) &&
                (fields = fields_load(config->fields, &err)) != NULL &&
                (store = store_open(buf_str(&path).data, STORE_WRITE_LARGE, &err)) != NULL &&
                set_durability(store, config, &err) && run_live(&running, store, fields, &err);
    catalog_release(&running.catalog);
    config_free(running.config);
    return fine ? CMD_MATCHED : cmd_fail(call->cmd, &err);
}

const struct cmd cmd_run = {
    .name = "run",
    .summary = "follow the configured sources until told to stop",
    .usage = "",
    .examples = "winnow run -c winnow.yaml\n    in the foreground; Ctrl-C reads what is there and ends\n"
                "systemctl enable --now winnow\n    as a service (packaging/winnow.service)\n",
    .groups = groups,
    .values_size = sizeof(struct run_options),
    .run = run,
};
