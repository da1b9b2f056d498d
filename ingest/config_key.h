/* The configuration's keys as rows: what is known, of what type, where it is kept, and how it is told (read by
 * config_value.h, written by config_text.h). One thread.
 *
 * A path is a key or SECTION.KEY; a section is a map and has no row of its own, unless it may be a plain value as well
 * ("multiline: off", "multiline: {start: REGEX}"). */
#ifndef WINNOW_INGEST_CONFIG_KEY_H
#define WINNOW_INGEST_CONFIG_KEY_H

#include "analyze/analyze.h"
#include "ingest/config.h"

enum config_type {
    CONFIG_TEXT,     /* const char * */
    CONFIG_TEXTS,    /* struct config_list: a text or a list of texts */
    CONFIG_PATH,     /* const char *, absolute */
    CONFIG_PATHS,    /* struct config_list: a path or a list of paths */
    CONFIG_CHOICE,   /* unsigned: index into choices */
    CONFIG_SIZE,     /* int64_t bytes within min..max, or "none": 0 */
    CONFIG_DURATION, /* int64_t microseconds within min..max, or "none": 0, where min is 0 */
    CONFIG_PRIORITY, /* int64_t: the journal's priorities by name or number, 0..7 */
    CONFIG_PATTERN,  /* const char *: a regular expression; sets join to mode */
    CONFIG_WORDS,    /* struct config_list: a list of texts, or a text that is cut at its spaces */
    CONFIG_MAP,      /* struct config_properties: a map of texts */
    CONFIG_SOURCES,  /* the list of sources, read by config.c */
    CONFIG_OUTPUTS,  /* the list of outputs, as well */
    CONFIG_NESTED,   /* of a source: Kafka's keys, as well */
    CONFIG_SLO,      /* struct slo, read by config.c */
    CONFIG_LATER,    /* known, but not to this build */
};

struct config_key {
    const char *path;
    enum config_type type;
    size_t offset;        /* of the value in struct config, config_source or config_output */
    const char *argument; /* as documentation shows it */
    const char *fallback; /* default as text; NULL: none */
    const char *help;     /* one line, no final period */
    const char *const *choices;
    int64_t min, max;
    enum config_join mode;
    bool (*check)(struct str text, struct err *err); /* of a text or each of them; may be NULL */
    unsigned kinds; /* of a source's keys: bits, 1 << enum config_kind, of those it is for; 0: all */
    bool other;     /* another name for a key of the same offset: read, never shown */
};

/* All end with a row whose path is NULL. The rows of Kafka (config_kafka.c) are of a struct config_source and config_output. */
extern const struct config_key config_keys[], config_source_keys[], config_kafka_source_keys[],
    config_kafka_output_keys[];

/* Checks and choices that rows have in common. */
bool config_check_service(struct str text, struct err *err);
bool config_check_timezone(struct str text, struct err *err);
extern const char *const config_formats[], *const config_joins[], *const config_priorities[];

/* The index of a path in config_keys, which is that of its origin. */
size_t config_key_row(const char *path);

#endif
