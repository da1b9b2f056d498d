#include "query/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const formats_known[] = {"table", "short", "json", "csv", "md", "raw", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};

#define AT(member) offsetof(struct output_options, member)

const struct opt output_rows[] = {
    {.long_name = "output",
     .short_name = 'o',
     .type = OPT_CHOICE,
     .offset = AT(format),
     .argument = "FORM",
     .fallback = "table",
     .choices = formats_known,
     .help = "table or short (for people), json (one object per line), csv, md (a table to paste), raw (the lines, "
             "byte for byte); each answer says which it has"},
    {0},
};

const struct opt output_look_rows[] = {
    {.long_name = "utc", .type = OPT_FLAG, .offset = AT(utc), .help = "read and print times in UTC"},
    {.long_name = "timezone",
     .type = OPT_TEXT,
     .offset = AT(timezone),
     .argument = "ZONE",
     .help = "read and print times in this zone: Europe/Berlin, +02:00 (json and csv are always UTC)"},
    {.long_name = "color",
     .type = OPT_CHOICE,
     .offset = AT(color),
     .argument = "WHEN",
     .fallback = "auto",
     .choices = colors,
     .help = "auto colours on a terminal, unless $NO_COLOR is set"},
    {.long_name = "no-pager",
     .type = OPT_FLAG,
     .offset = AT(no_pager),
     .help = "do not page ($WINNOW_PAGER, $PAGER, less) on a terminal"},
    {0},
};

bool output_set_zone(const struct output_options *options, struct err *err)
{
    if (options->utc)
        return clock_set_zone("UTC") || err_set(err, ERR_USAGE, 0, "--utc: the system knows no UTC");
    if (options->timezone && !clock_set_zone(options->timezone))
        return err_set(err, ERR_USAGE, 0,
                       "--timezone '%s' is not known here; give a name such as Europe/Berlin, or +02:00",
                       options->timezone);
    return true;
}

static enum render_format format_of(const char *name)
{
    return strcmp(name, "json") == 0  ? RENDER_JSON
           : strcmp(name, "csv") == 0 ? RENDER_CSV
           : strcmp(name, "md") == 0  ? RENDER_MD
           : strcmp(name, "raw") == 0 ? RENDER_RAW
                                      : RENDER_TABLE;
}

bool output_choose(struct output *output, const struct output_options *options, unsigned formats, const char *what,
                   struct err *err)
{
    static const char *const names[] = {"table", "json", "csv", "raw", "md"};
    output->format = format_of(options->format);
    if (formats & 1U << output->format)
        return true;
    char list[64] = "";
    size_t size = 0;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (formats & 1U << i)
            size += (size_t)snprintf(list + size, sizeof list - size, "%s%s", size ? ", " : "", names[i]);
    return err_set(err, ERR_USAGE, 0, "%s has no form '%s'; it has %s", what, options->format, list);
}

static bool wants_color(const struct output_options *options, bool terminal)
{
    const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
    if (strcmp(options->color, "auto") != 0)
        return strcmp(options->color, "always") == 0;
    return terminal && !(none && none[0]) && !(term && strcmp(term, "dumb") == 0);
}

void output_open(struct output *output, const struct output_options *options, bool endless)
{
    bool terminal = io_is_terminal(STDOUT_FILENO);
    bool for_people = output->format == RENDER_TABLE || output->format == RENDER_RAW || output->format == RENDER_MD;
    output->color = for_people && wants_color(options, terminal);
    output->note_color = io_is_terminal(STDERR_FILENO) && wants_color(options, true);
    output->width = terminal ? io_terminal_width(STDOUT_FILENO) : 0;
    bool paged = terminal && for_people && !endless && !options->no_pager && pager_start(&output->pager);
    out_init(&output->out, paged ? output->pager.fd : STDOUT_FILENO);
    output->out.terminal = terminal; /* the pager shows it on one */
    output->opened = true;
}

bool output_close(struct output *output, struct err *err)
{
    if (!output->opened)
        return true;
    output->opened = false;
    bool written = out_flush(&output->out, err);
    pager_finish(&output->pager);
    out_release(&output->out);
    return written;
}
