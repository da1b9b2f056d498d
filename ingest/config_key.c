#include "ingest/config_key.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"

/* ---- Checks of texts --------------------------------------------------------------------------------------------------- */

static bool check_glob(struct str text, struct err *err)
{
    if (str_ends(text, STR("/")))
        return err_set(err, ERR_USAGE, 0, "'%s' names a folder; '%s*.log' would name the logs in it", text.data,
                       text.data);
    return true;
}

/* A field of the journal: upper case, digits and '_'. */
static bool check_match(struct str text, struct err *err)
{
    struct str value = text;
    struct str name = str_cut(&value, '=');
    bool good = name.size > 0 && value.data != NULL;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        good = good && ((c >= 'A' && c <= 'Z') || c == '_' || (i > 0 && c >= '0' && c <= '9'));
    }
    return good || err_set(err, ERR_USAGE, 0, "'%s' is no match; one looks like _SYSTEMD_UNIT=sshd.service", text.data);
}

/* As journalctl -b takes it: 0 is this boot, -1 the one before, 1 the oldest; or an id, or an id and an offset. */
static bool check_boot(struct str text, struct err *err)
{
    struct str rest = text;
    size_t digits = 0;
    while (digits < rest.size && isxdigit((unsigned char)rest.data[digits]))
        digits++;
    if (digits == 32)
        rest = str_slice(rest, digits, rest.size);
    if (digits == 32 && rest.size == 0)
        return true;
    if (rest.size > 1 && (rest.data[0] == '+' || rest.data[0] == '-'))
        rest = str_slice(rest, 1, rest.size);
    uint64_t number;
    return (str_to_u64(rest, &number) && number <= INT32_MAX) ||
           err_set(err, ERR_USAGE, 0, "'%s' is no boot; give 0 (this one), -1 (the one before) or an id", text.data);
}

bool config_check_service(struct str text, struct err *err)
{
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.data[i] <= ' ')
            return err_set(err, ERR_USAGE, 0, "'%s': a service's name has no spaces", text.data);
    }
    return true;
}

bool config_check_timezone(struct str text, struct err *err)
{
    return clock_zone_load(text.data) != NULL ||
           err_set(err, ERR_USAGE, 0, "'%s' is no time zone this system knows; one looks like Europe/Berlin or +02:00",
                   text.data);
}

/* ---- The rows ------------------------------------------------------------------------------------------------------------ */

static const char *const durabilities[] = {"normal", "full", NULL};         /* enum config_durability */
static const char *const waits[] = {"wait", "ignore", NULL};                /* enum config_wait */
static const char *const beginnings[] = {"last", "beginning", "end", NULL}; /* enum config_from */
const char *const config_joins[] = {"auto", "off", NULL};                   /* enum config_join */

const char *const config_priorities[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", NULL};
/* enum format */
const char *const config_formats[] = {"auto",        "json",   "syslog", "rfc5424", "access",
                                      "nginx_error", "logfmt", "cri",    "text",    NULL};
_Static_assert(sizeof config_formats / sizeof *config_formats == FORMAT_COUNT + 1, "");

#define AT(member) offsetof(struct config, member)
const struct config_key config_keys[] = {
    {.path = "store",
     .type = CONFIG_PATH,
     .offset = AT(store),
     .argument = "PATH",
     .help = "the store to write; --store and $WINNOW_STORE go before it"},
    {.path = "durability",
     .type = CONFIG_CHOICE,
     .offset = AT(durability),
     .argument = "normal|full",
     .fallback = "normal",
     .choices = durabilities,
     .help = "full: what was committed also outlives a power failure, at the price of a disk flush per commit"},
    {.path = "fields",
     .type = CONFIG_PATH,
     .offset = AT(fields),
     .argument = "FILE",
     .help = "YAML with more key paths for the canonical fields"},
    {.path = "rescan",
     .type = CONFIG_DURATION,
     .offset = AT(rescan_us),
     .argument = "DURATION",
     .fallback = "10s",
     .min = TIME_SECOND / 10,
     .max = TIME_DAY,
     .help = "how often the patterns are looked through again, beside being told of changes"},
    {.path = "retention.keep",
     .type = CONFIG_DURATION,
     .offset = AT(keep_us),
     .argument = "DURATION",
     .fallback = "none",
     .max = 36500 * TIME_DAY,
     .help = "records older than this are let go"},
    {.path = "retention.max_size",
     .type = CONFIG_SIZE,
     .offset = AT(max_size),
     .argument = "SIZE",
     .fallback = "none",
     .max = INT64_MAX,
     .help = "the oldest records are let go while the store is larger"},
    {.path = "retention.outputs",
     .type = CONFIG_CHOICE,
     .offset = AT(outputs_wait),
     .argument = "wait|ignore",
     .fallback = "wait",
     .choices = waits,
     .help = "wait: records that an output has not delivered yet stay; ignore: they go, and the output misses them"},
    {.path = "slo",
     .type = CONFIG_SLO,
     .offset = AT(slo),
     .argument = "MAP",
     .help =
         "targets of 'winnow report': availability, error_rate and classes (name, services, routes, methods, p50, p95, p99)",
     .fallback = "{availability: 99.5%, error_rate: 1%}"},
    {.path = "sources", .type = CONFIG_SOURCES, .argument = "LIST", .help = "what is followed, see below"},
    {.path = "outputs", .type = CONFIG_OUTPUTS, .argument = "LIST", .help = "where records are sent, see below"},
    {.path = "rules", .type = CONFIG_LATER},
    {0},
};
#undef AT

#define AT(member) offsetof(struct config_source, member)
const struct config_key config_source_keys[] = {
    {.path = "file",
     .type = CONFIG_PATHS,
     .offset = AT(globs),
     .argument = "GLOB",
     .check = check_glob,
     .kinds = 1 << CONFIG_FILE,
     .help = "a file, a pattern or a list of them"},
    {.path = "journal.units",
     .type = CONFIG_TEXTS,
     .offset = AT(units),
     .argument = "UNIT",
     .kinds = 1 << CONFIG_JOURNAL,
     .help = "units, or patterns of them"},
    {.path = "journal.matches",
     .type = CONFIG_TEXTS,
     .offset = AT(matches),
     .argument = "FIELD=VALUE",
     .check = check_match,
     .kinds = 1 << CONFIG_JOURNAL,
     .help = "as journalctl has it: the same field, either; different fields, both"},
    {.path = "journal.priority",
     .type = CONFIG_PRIORITY,
     .offset = AT(priority),
     .argument = "PRIORITY",
     .fallback = "debug",
     .kinds = 1 << CONFIG_JOURNAL,
     .help = "that or worse: emerg, alert, crit, err, warning, notice, info, debug or 0..7"},
    {.path = "journal.boot",
     .type = CONFIG_TEXT,
     .offset = AT(boot),
     .argument = "BOOT",
     .check = check_boot,
     .kinds = 1 << CONFIG_JOURNAL,
     .help = "one boot only: 0 (this one), -1 (the one before), an id"},
    {.path = "journal.namespace",
     .type = CONFIG_TEXT,
     .offset = AT(namespace),
     .argument = "NAME",
     .kinds = 1 << CONFIG_JOURNAL,
     .help = "another namespace than the default one"},
    {.path = "journal.directory",
     .type = CONFIG_PATH,
     .offset = AT(directory),
     .argument = "FOLDER",
     .kinds = 1 << CONFIG_JOURNAL,
     .help = "a folder of journal files instead of the system's journal"},
    {.path = "kafka",
     .type = CONFIG_NESTED,
     .argument = "MAP",
     .kinds = 1 << CONFIG_KAFKA,
     .help = "topics of Kafka, see below"},
    {.path = "service",
     .type = CONFIG_TEXT,
     .offset = AT(service),
     .argument = "NAME",
     .check = config_check_service,
     .kinds = 1 << CONFIG_FILE | 1 << CONFIG_JOURNAL,
     .help = "the service of records that name none"},
    {.path = "timezone",
     .type = CONFIG_TEXT,
     .offset = AT(timezone),
     .argument = "ZONE",
     .check = config_check_timezone,
     .kinds = 1 << CONFIG_FILE,
     .help = "of time stamps that name none: Europe/Berlin, UTC, +02:00"},
    {.path = "format",
     .type = CONFIG_CHOICE,
     .offset = AT(format),
     .argument = "FORMAT",
     .fallback = "auto",
     .choices = config_formats,
     .kinds = 1 << CONFIG_FILE,
     .help = "lines in any other are kept as unparsed: json, syslog, rfc5424, access, nginx_error, logfmt, cri, text"},
    {.path = "from",
     .type = CONFIG_CHOICE,
     .offset = AT(from),
     .argument = "last|beginning|end",
     .fallback = "last",
     .choices = beginnings,
     .kinds = 1 << CONFIG_FILE | 1 << CONFIG_JOURNAL,
     .help = "where to begin: last goes on where the store ends and reads what it never saw from its beginning"},
    {.path = "multiline",
     .type = CONFIG_CHOICE,
     .offset = AT(join),
     .argument = "auto|off",
     .fallback = "auto",
     .choices = config_joins,
     .kinds = 1 << CONFIG_FILE,
     .help = "whether stack traces and other continuation lines join their record"},
    {.path = "multiline.start",
     .type = CONFIG_PATTERN,
     .offset = AT(join_pattern),
     .argument = "REGEX",
     .mode = CONFIG_JOIN_START,
     .kinds = 1 << CONFIG_FILE,
     .help = "a line that fits begins a record, any other continues one"},
    {.path = "multiline.continue",
     .type = CONFIG_PATTERN,
     .offset = AT(join_pattern),
     .argument = "REGEX",
     .mode = CONFIG_JOIN_CONTINUE,
     .kinds = 1 << CONFIG_FILE,
     .help = "a line that fits continues a record, any other begins one"},
    {0},
};
#undef AT

size_t config_key_row(const char *path)
{
    size_t row = 0;
    while (strcmp(config_keys[row].path, path) != 0) {
        row++;
        must(config_keys[row].path != NULL);
    }
    return row;
}
