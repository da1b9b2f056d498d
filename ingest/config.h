/* config: what `winnow run` is told by its YAML files, merged and checked.
 *
 *     /etc/winnow/winnow.yaml ─▶ /etc/winnow/conf.d/NAME.yaml ─▶ $XDG_CONFIG_HOME/winnow/winnow.yaml ─▶ $WINNOW_CONFIG ─▶ -c FILE
 *                                 (each, by name)                 (else ~/.config/winnow/winnow.yaml)
 *
 * All that exist are read, in this order, and merged key by key: a later value takes the place of an earlier one, within
 * `retention` too. `sources` and `outputs` are lists: a file of conf.d adds its items to those before, any other file that has
 * such a list puts its own in their place (`sources: []` means none). $WINNOW_CONFIG and FILE must exist; empty variables
 * count as unset. $WINNOW_CONFIG_DIR stands for another folder than /etc/winnow. Relative paths and patterns are meant
 * from the folder of the file they stand in.
 *
 * The keys are rows (config_key.h); they drive reading, messages, `winnow config` and its comments. Every error names
 * file and line, and all of them are told, not only the first. A struct config is immutable and belongs to whoever made
 * it; a reload makes a new one. One thread. */
#ifndef WINNOW_INGEST_CONFIG_H
#define WINNOW_INGEST_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/analyze.h"
#include "base/batch.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/scope.h"

enum {
    CONFIG_SOURCES_MAX = 10000,
    CONFIG_OUTPUTS_MAX = 64,
    CONFIG_KEYS_MAX = 32, /* rows of one table */
};

enum config_durability { CONFIG_NORMAL, CONFIG_FULL };
enum config_wait { CONFIG_WAIT, CONFIG_IGNORE }; /* retention, for outputs that are behind */
enum config_from { CONFIG_LAST, CONFIG_BEGINNING, CONFIG_END };
/* How lines become records: by the built-in rules; each line one; by a pattern that fits first lines; by a pattern
 * that fits all others. */
enum config_join { CONFIG_JOIN_AUTO, CONFIG_JOIN_OFF, CONFIG_JOIN_START, CONFIG_JOIN_CONTINUE };
enum config_kind { CONFIG_FILE, CONFIG_JOURNAL, CONFIG_KAFKA };
enum config_kafka_from { CONFIG_KAFKA_BEGINNING, CONFIG_KAFKA_END };
/* What an agent's source is called where its records come in: as it was, or HOST:NAME. */
enum config_kafka_names { CONFIG_KAFKA_AS_SENT, CONFIG_KAFKA_BY_HOST };
enum config_value { CONFIG_VALUE_JSON, CONFIG_VALUE_RAW };

/* Texts, NUL-terminated; items is never NULL. */
struct config_list {
    const char **items;
    size_t count;
};

/* Where a value comes from: a file, or with line 0 an option or a variable ("--store", "$WINNOW_STORE"). file is NULL
 * for a default. */
struct config_origin {
    const char *file;
    unsigned line;
};

/* A property of librdkafka, by its name there. A value "env:NAME" or "file:/path" is read from there when it is used. */
struct config_property {
    const char *name, *value;
    unsigned line; /* 0: from the command line */
};
struct config_properties {
    struct config_property *items;
    size_t count;
};

/* A source or an output that is Kafka. */
struct config_kafka {
    const char *brokers; /* HOST[:PORT],... */
    struct config_properties properties;
    enum config_kafka_from from; /* where a source begins in a partition, an output in the store, that it never saw */
    struct config_origin origins[CONFIG_KEYS_MAX]; /* by row of config_kafka_source_keys or config_kafka_output_keys */
    /* A source. */
    struct config_list topics; /* names, or patterns that begin with '^' */
    const char *group;
    enum config_kafka_names names;
    /* An output. */
    const char *name;
    const char *topic;
    const char *key;           /* "source", "none" or a field's name */
    const char *compression;   /* as librdkafka calls it */
    struct config_list filter; /* FIELD=VALUE words; of no items: all records */
    enum config_value value;
    unsigned transactional; /* 0 or 1 */
};

struct config_output {
    struct config_origin origin; /* of the list's item */
    struct config_kafka kafka;
};

struct config_source {
    enum config_kind kind;
    struct config_origin origin; /* of the list's item */
    /* Files: absolute glob patterns. */
    struct config_list globs;
    /* The journal. Units may be glob patterns; matches are FIELD=VALUE, checked. */
    struct config_list units, matches;
    int64_t priority;      /* 0 (emerg) .. 7 (debug): that or worse; 7 lets all pass */
    const char *boot;      /* as journalctl -b takes it: "0", "-1", an id; NULL: all */
    const char *namespace; /* NULL: the default one */
    const char *directory; /* absolute; NULL: the system's journal */
    const char *timezone;  /* of stamps that name none: known to the system, and loaded; NULL: the process's zone */
    enum format format;    /* lines in any other are kept as unparsed; FORMAT_NONE: any */
    struct config_kafka kafka;
    /* All, but from and join of Kafka. */
    const char *service;   /* of records that name none; NULL: none */
    enum config_from from; /* where a source that was never read begins */
    enum config_join join;
    const char *join_pattern; /* a regular expression that compiles; NULL unless CONFIG_JOIN_START or _CONTINUE */
    struct config_origin origins[CONFIG_KEYS_MAX]; /* by row of config_source_keys */
};

struct config {
    const char *store; /* absolute, or NULL: not configured; see config_store */
    enum config_durability durability;
    const char *fields;            /* absolute path of a file that was read and found right, or NULL */
    int64_t rescan_us;             /* how often patterns are looked through again beside inotify */
    int64_t keep_us, max_size;     /* retention; 0: none */
    enum config_wait outputs_wait; /* of retention */
    struct slo slo;                /* not for `winnow run`, but for questions */
    struct config_source *sources;
    size_t source_count, source_capacity;
    struct config_output *outputs;
    size_t output_count, output_capacity;
    struct config_origin origins[CONFIG_KEYS_MAX]; /* by row of config_keys */
    struct config_list files;                      /* that were read, in order */
    struct arena arena;                            /* holds it all */
};

/* What its records are read with, for the source's state; points into the configuration. */
struct source_defaults config_defaults(const struct config_source *source);

/* Reads the files; named is the value of -c or NULL. Each error goes to report; NULL when there was any. No file at all
 * is not an error. */
struct config *config_new(const char *named, void (*report)(void *context, const struct err *err), void *context);
void config_free(struct config *config); /* NULL is fine */
SCOPE_FREE(config)

/* Appends the path of the store: option (--store, or NULL), else $WINNOW_STORE, else the configured one, else the usual
 * place. *ret_origin, which may be NULL, tells which. */
bool config_store(const struct config *config, const char *option, struct buf *ret_path,
                  struct config_origin *ret_origin, struct err *err);

#endif
