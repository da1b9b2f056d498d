#include "ingest/config_print.h"

#include "ingest/config_text.h"

/* The rows of one map, written in order. A section is opened with the first of its keys. */
struct map_printer {
    bool json;
    struct buf *out;
    const char *first, *indent; /* YAML: in front of the first line, of every other */
    bool begun;
    struct str section; /* that is open, or empty */
};

static void add_origin(struct buf *out, struct config_origin origin)
{
    if (origin.file == NULL) {
        buf_add_text(out, "default");
        return;
    }
    buf_add_json(out, str_of(origin.file)); /* escapes what a file's name must not do to a line */
    if (origin.line > 0)
        buf_printf(out, ":%u", origin.line);
}

/* JSON's comma, unless something was just opened. */
static void separate(struct buf *out)
{
    char last = out->size > 0 ? out->data[out->size - 1] : '{';
    if (last != '{' && last != '[')
        buf_add_char(out, ',');
}

static void close_section(struct map_printer *printer)
{
    if (printer->section.size > 0 && printer->json)
        buf_add_char(printer->out, '}');
    printer->section = STR("");
}

static void begin_line(struct map_printer *printer)
{
    buf_add_text(printer->out, printer->begun ? printer->indent : printer->first);
    printer->begun = true;
}

static void open_section(struct map_printer *printer, struct str section)
{
    close_section(printer);
    printer->section = section;
    if (section.size == 0)
        return;
    if (printer->json) {
        separate(printer->out);
        buf_printf(printer->out, "\"%.*s\":{", STR_ARG(section));
    } else {
        begin_line(printer);
        buf_printf(printer->out, "%.*s:\n", STR_ARG(section));
    }
}

static void add_name(struct map_printer *printer, const char *path)
{
    struct str name = str_of(path), section = str_cut(&name, '.');
    if (name.data == NULL) {
        name = section;
        section = STR("");
    }
    if (!str_equal(section, printer->section))
        open_section(printer, section);
    if (printer->json) {
        separate(printer->out);
        buf_printf(printer->out, "\"%.*s\":", STR_ARG(name));
    } else {
        begin_line(printer);
        buf_printf(printer->out, "%s%.*s: ", section.size ? "  " : "", STR_ARG(name));
    }
}

static void print_map(struct map_printer *printer, const struct config_key *keys, const void *base,
                      const struct config_origin *origins)
{
    for (const struct config_key *key = keys; key->path != NULL; key++) {
        if (!config_text_has(key, base))
            continue;
        add_name(printer, key->path);
        config_text_add(key, base, printer->json, printer->out);
        if (printer->json)
            continue;
        buf_add_text(printer->out, "  # ");
        add_origin(printer->out, origins[key - keys]);
        buf_add_char(printer->out, '\n');
    }
    close_section(printer);
}

static void print_source(struct map_printer *printer, const struct config_source *source)
{
    print_map(printer, config_source_keys, source, source->origins);
    if (source->kind == CONFIG_KAFKA)
        print_map(printer, config_kafka_source_keys, source, source->kafka.origins);
}

/* What is in a list that is empty, or its head. */
static void begin_list(const struct config *config, const char *name, size_t count, struct buf *out)
{
    buf_printf(out, count ? "%s:\n" : "%s: []  # ", name);
    if (count == 0) {
        add_origin(out, config->origins[config_key_row(name)]);
        buf_add_char(out, '\n');
    }
}

void config_print_yaml(const struct config *config, struct buf *out)
{
    buf_add_text(out, config->files.count ? "# Read, in this order:" : "# No configuration file was found.");
    for (size_t i = 0; i < config->files.count; i++) {
        buf_add_text(out, "\n#   ");
        buf_add_json(out, str_of(config->files.items[i]));
    }
    buf_add_char(out, '\n');
    struct map_printer printer = {.out = out, .first = "", .indent = ""};
    print_map(&printer, config_keys, config, config->origins);
    begin_list(config, "sources", config->source_count, out);
    for (size_t i = 0; i < config->source_count; i++) {
        printer = (struct map_printer){.out = out, .first = "  - ", .indent = "    "};
        print_source(&printer, &config->sources[i]);
    }
    begin_list(config, "outputs", config->output_count, out);
    for (size_t i = 0; i < config->output_count; i++) {
        const struct config_output *output = &config->outputs[i];
        printer = (struct map_printer){.out = out, .first = "  - ", .indent = "    "};
        print_map(&printer, config_kafka_output_keys, output, output->kafka.origins);
    }
}

static void print_origins(const struct config_key *keys, const void *base, const struct config_origin *origins,
                          const char *prefix, struct buf *out)
{
    for (const struct config_key *key = keys; key->path != NULL; key++) {
        if (!config_text_has(key, base))
            continue;
        separate(out);
        buf_printf(out, "\"%s%s\":\"", prefix, key->path);
        add_origin(out, origins[key - keys]);
        buf_add_char(out, '"');
    }
}

void config_print_json(const struct config *config, struct buf *out)
{
    struct map_printer printer = {.json = true, .out = out};
    buf_add_char(out, '{');
    print_map(&printer, config_keys, config, config->origins);
    buf_add_text(out, ",\"sources\":[");
    for (size_t i = 0; i < config->source_count; i++) {
        separate(out);
        buf_add_char(out, '{');
        print_source(&printer, &config->sources[i]);
        buf_add_char(out, '}');
    }
    buf_add_text(out, "],\"outputs\":[");
    for (size_t i = 0; i < config->output_count; i++) {
        const struct config_output *output = &config->outputs[i];
        separate(out);
        buf_add_char(out, '{');
        print_map(&printer, config_kafka_output_keys, output, output->kafka.origins);
        buf_add_char(out, '}');
    }
    buf_add_text(out, "],\"files\":[");
    for (size_t i = 0; i < config->files.count; i++) {
        separate(out);
        buf_add_char(out, '"');
        buf_add_json(out, str_of(config->files.items[i]));
        buf_add_char(out, '"');
    }
    buf_add_text(out, "],\"origins\":{");
    print_origins(config_keys, config, config->origins, "", out);
    for (size_t i = 0; i < config->source_count; i++) {
        const struct config_source *source = &config->sources[i];
        SCOPED(buf) prefix = BUF(64);
        buf_printf(&prefix, "sources.%zu.", i);
        print_origins(config_source_keys, source, source->origins, prefix.data, out);
        if (source->kind == CONFIG_KAFKA)
            print_origins(config_kafka_source_keys, source, source->kafka.origins, prefix.data, out);
    }
    for (size_t i = 0; i < config->output_count; i++) {
        const struct config_output *output = &config->outputs[i];
        SCOPED(buf) prefix = BUF(64);
        buf_printf(&prefix, "outputs.%zu.", i);
        print_origins(config_kafka_output_keys, output, output->kafka.origins, prefix.data, out);
    }
    buf_add_text(out, "}}\n");
}

static void print_rows(struct map_printer *printer, const struct config_key *keys)
{
    for (const struct config_key *key = keys; key->path != NULL; key++) {
        if (key->type == CONFIG_LATER || key->type == CONFIG_NESTED)
            continue;
        add_name(printer, key->path);
        buf_printf(printer->out, "%s  # %s", key->argument, key->help);
        if (key->fallback != NULL)
            buf_printf(printer->out, "; default: %s", key->fallback);
        buf_add_char(printer->out, '\n');
    }
    close_section(printer);
}

void config_print_keys(struct buf *out)
{
    struct map_printer printer = {.out = out, .first = "", .indent = ""};
    print_rows(&printer, config_keys);
    buf_add_text(
        out,
        "\n# Each of the list of sources; file and multiline for files, journal for the journal, kafka (by itself) for topics of Kafka:\n");
    printer = (struct map_printer){.out = out, .first = "  - ", .indent = "    "};
    print_rows(&printer, config_source_keys);
    print_rows(&printer, config_kafka_source_keys);
    buf_add_text(out, "\n# Each of the list of outputs:\n");
    printer = (struct map_printer){.out = out, .first = "  - ", .indent = "    "};
    print_rows(&printer, config_kafka_output_keys);
}
