#include "ingest/ingest.h"

#include <limits.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "ingest/config_key.h"
#include "ingest/config_print.h"
#ifdef WINNOW_KAFKA
#include "ingest/source_kafka.h"
#endif

struct config_options {
    const char *file, *store, *output;
    bool check, keys;
};

static const char *const outputs[] = {"yaml", "json", NULL};

#define AT(member) offsetof(struct config_options, member)
static const struct opt rows[] = {
    {.long_name = "config",
     .short_name = 'c',
     .type = OPT_TEXT,
     .offset = AT(file),
     .argument = "FILE",
     .help = "a configuration file read after all others"},
    {.long_name = "check",
     .type = OPT_FLAG,
     .offset = AT(check),
     .help = "print ok, or what is wrong, and nothing else"},
    {.long_name = "keys", .type = OPT_FLAG, .offset = AT(keys), .help = "print every key there is and what it does"},
    {.long_name = "output",
     .short_name = 'o',
     .type = OPT_CHOICE,
     .offset = AT(output),
     .argument = "FORMAT",
     .fallback = "yaml",
     .choices = outputs,
     .help = "how the configuration is printed"},
    {.long_name = "store",
     .type = OPT_TEXT,
     .offset = AT(store),
     .argument = "PATH",
     .help = "the store (else $WINNOW_STORE, else the configured one, else the usual place)"},
    {0},
};
#undef AT
static const struct opt_group groups[] = {{"Options", rows, 0}, {0}};

static void report(void *context, const struct err *err)
{
    (void)context;
    log_error_of(cmd_config.name, "%s", err->text);
}

static bool print(struct config *config, const struct config_options *options, struct buf *text, struct err *err)
{
    SCOPED(buf) path = BUF(PATH_MAX);
    if (!config_store(config, options->store, &path, &config->origins[config_key_row("store")], err))
        return false;
    char cwd[PATH_MAX];
    struct str store = buf_str(&path);
    bool relative = store.data[0] != '/' && getcwd(cwd, sizeof cwd) != NULL;
    config->store = arena_printf(&config->arena, "%s%s%s", relative ? cwd : "", relative ? "/" : "", store.data).data;
    if (options->output[0] == 'j')
        config_print_json(config, text);
    else
        config_print_yaml(config, text);
    return !text->full || err_set(err, ERR_LIMIT, 0, "the configuration is longer than %d bytes", CONFIG_PRINTED_MAX);
}

/* What the configuration needs at run time. */
static bool has_library(const struct config *config, struct err *err)
{
    bool needed = config->output_count > 0;
    for (size_t i = 0; i < config->source_count; i++)
        needed = needed || config->sources[i].kind == CONFIG_KAFKA;
#ifdef WINNOW_KAFKA
    return !needed || source_kafka_is_available(err) ||
           err_within(err, "the configuration is right, but has Kafka in it");
#else
    (void)err;
    return !needed; /* such a configuration was refused */
#endif
}

static int run(struct cmd_call *call)
{
    const struct config_options *options = call->values;
    struct err err;
    SCOPED(buf) text = BUF(CONFIG_PRINTED_MAX);
    if (call->operand_count > 0) {
        err_set(&err, ERR_USAGE, 0, "'%s': a file is named with -c FILE", call->operands[0]);
        return cmd_fail(call->cmd, &err);
    }
    if (options->keys) {
        config_print_keys(&text);
    } else {
        SCOPED_FREE(config) *config = config_new(options->file, report, NULL);
        if (config == NULL)
            return CMD_FAILED; /* all told */
        if (options->check && !has_library(config, &err))
            return cmd_fail(call->cmd, &err);
        if (options->check)
            buf_add_text(&text, "ok\n");
        else if (!print(config, options, &text, &err))
            return cmd_fail(call->cmd, &err);
    }
    SCOPED(out) out;
    out_init(&out, STDOUT_FILENO);
    out_add(&out, buf_str(&text));
    return out_flush(&out, &err) ? CMD_MATCHED : cmd_fail(call->cmd, &err);
}

const struct cmd cmd_config = {
    .name = "config",
    .summary = "show the configuration of 'winnow run' and where each value comes from",
    .examples = "winnow config\n    what is in force, merged from all files\n"
                "winnow config --check -c new.yaml\n    whether a file is right, before it is used\n"
                "winnow config --keys\n    every key there is\n",
    .groups = groups,
    .values_size = sizeof(struct config_options),
    .run = run,
};
