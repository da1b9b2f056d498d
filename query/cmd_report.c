#include "query/query.h"

#include <unistd.h>

#include "base/log.h"
#include "base/place.h"
#include "query/cover.h"
#include "query/output.h"
#include "query/page.h"
#include "query/question.h"
#include "query/report.h"
#include "query/report_page.h"

struct report_options {
    const char *store, *config, *day;
    bool strict;
    struct opt_list fail_on;
    struct output_options output;
};

static const char *const formats[] = {"text", "md", "html", "json", NULL};
static const char *const reasons[] = {"new", "surge", "burst", NULL};

#define AT(member) offsetof(struct report_options, member)
static const struct opt rows[] = {
    {.long_name = "day",
     .type = OPT_TEXT,
     .offset = AT(day),
     .argument = "DAY",
     .fallback = "yesterday",
     .help = "the day: today, yesterday, 2026-11-20, -2d, monday"},
    {.long_name = "fail-on",
     .type = OPT_LIST,
     .offset = AT(fail_on),
     .argument = "WHAT",
     .help = "exit with status 1 when there is one: new (a pattern never seen before), surge (of a pattern), burst (of "
             "failed logins); several with commas or by giving it again"},
    {.long_name = "config",
     .short_name = 'c',
     .type = OPT_TEXT,
     .offset = AT(config),
     .argument = "FILE",
     .help = "a configuration file read after all others, for its slo"},
    {.long_name = "strict",
     .type = OPT_FLAG,
     .offset = AT(strict),
     .help = "exit with status 3 when the day is not fully covered by what is stored"},
    {.long_name = "store",
     .type = OPT_TEXT,
     .offset = AT(store),
     .argument = "PATH",
     .help = "the store to read (else $WINNOW_STORE, else the usual place)"},
    {0},
};

static const struct opt output[] = {
    {.long_name = "output",
     .short_name = 'o',
     .type = OPT_CHOICE,
     .offset = AT(output.format),
     .argument = "FORM",
     .fallback = "text",
     .choices = formats,
     .help = "text (for a terminal or a mail), md (for a chat), html (one file, nothing beside it), json (one object)"},
    {0},
};
static const struct opt_group groups[] = {
    {"Report", rows, 0},
    {"Output", output, 0},
    {NULL, output_look_rows, AT(output)},
    {0},
};
#undef AT

/* ---- Targets ------------------------------------------------------------------------------------------------------------- */

struct slo_reading {
    const struct cmd *cmd;
    const char *file;
};

static void tell(void *context, unsigned line, const char *text)
{
    const struct slo_reading *reading = context;
    log_error_of(reading->cmd->name, "%s:%u: %s", reading->file, line, text);
}

/* The slo of the configuration: the same files in the same order as `winnow run` reads; what else they say is not looked at. All
 * that is wrong with it is told, and one error left to fail with. */
static bool read_slo(const struct cmd *cmd, const char *named, struct arena *arena, struct slo *ret, struct err *err)
{
    struct place_file *files;
    size_t count;
    struct slo_reading reading = {.cmd = cmd};
    bool good = true;
    *ret = slo_defaults();
    if (!place_configuration(named, arena, &files, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        SCOPED(buf) text = BUF(YAML_BYTES_MAX);
        if (!io_read_file(files[i].path, &text, err))
            return false;
        const struct yaml_node *root = yaml_load(buf_str(&text), files[i].path, arena, err);
        if (!root)
            return false;
        const struct yaml_node *node = yaml_get(root, "slo");
        reading.file = files[i].path;
        good = (!node || slo_read(ret, node, arena, tell, &reading)) && good;
    }
    return good || err_set(err, ERR_USAGE, 0, "the configuration is wrong; 'winnow config --check' looks at all of it");
}

/* ---- The whole ----------------------------------------------------------------------------------------------------------- */

struct making {
    const struct report_options *options;
    struct report report;
    struct slo slo;
    struct store *store;
    struct output output;
    struct arena arena;
    unsigned reasons; /* bits 1 << index into reasons */
};

static void making_release(struct making *making)
{
    report_release(&making->report);
    output_close(&making->output, NULL);
    store_free(making->store);
    arena_release(&making->arena);
}

static bool read_reasons(struct making *making, struct err *err)
{
    for (size_t i = 0; i < making->options->fail_on.count; i++) {
        struct str rest = str_of(making->options->fail_on.items[i]);
        while (rest.data) {
            struct str word = str_trim(str_cut(&rest, ','));
            unsigned at = 0;
            while (reasons[at] && !str_equal(str_of(reasons[at]), word))
                at++;
            if (!reasons[at])
                return err_set(err, ERR_USAGE, 0, "--fail-on '%.*s': choose from new, surge, burst", STR_ARG(word));
            making->reasons |= 1U << at;
        }
    }
    return true;
}

static bool load(const struct cmd *cmd, struct making *making, struct err *err)
{
    const struct report_options *options = making->options;
    int64_t day_us, now_us = clock_now_us();
    if (!output_set_zone(&options->output, err) || !read_reasons(making, err))
        return false;
    if (!timeexpr_parse(str_of(options->day), now_us, &day_us, err))
        return err_within(err, "--day");
    if (!read_slo(cmd, options->config, &making->arena, &making->slo, err))
        return false;
    making->store = question_open_store(options->store, err);
    struct report_ask ask = {.day_us = day_us, .now_us = now_us, .slo = &making->slo, .zone = ""};
    if (options->output.utc)
        ask.zone = "--utc";
    else if (options->output.timezone)
        ask.zone = arena_printf(&making->arena, "--timezone %s", options->output.timezone).data;
    return making->store && report_load(&making->report, making->store, &ask, err);
}

static bool show(struct making *making, struct err *err)
{
    const struct output_options *options = &making->options->output;
    bool text = strcmp(options->format, "text") == 0;
    SCOPED(buf) out = BUF(PAGE_BYTES_MAX);
    making->output.format = text ? RENDER_TABLE : RENDER_JSON;
    output_open(&making->output, options, false);
    if (strcmp(options->format, "json") == 0) {
        report_json(&making->report, &out);
    } else {
        const struct page *page = report_page(&making->report, &making->arena);
        if (text)
            page_text(page, making->output.width, making->output.color, &out);
        else if (strcmp(options->format, "md") == 0)
            page_md(page, &out);
        else
            page_html(page, &out);
    }
    if (out.full)
        return err_set(err, ERR_LIMIT, 0, "the report is longer than %d bytes", PAGE_BYTES_MAX);
    out_add(&making->output.out, buf_str(&out));
    return output_close(&making->output, err);
}

static int status_of(const struct making *making)
{
    const struct report *report = &making->report;
    const bool there[] = {report->flag_counts[COMPARE_NEW] > 0, report->flag_counts[COMPARE_SURGE] > 0,
                          report->bursts.count > 0};
    for (unsigned i = 0; i < sizeof there / sizeof *there; i++)
        if (there[i] && making->reasons & 1U << i)
            return CMD_NOTHING;
    if (making->options->strict && !report_is_whole(report))
        return CMD_INCOMPLETE;
    return report_has_records(report) ? CMD_MATCHED : CMD_NOTHING;
}

static int run(struct cmd_call *call)
{
    struct err err = {0};
    SCOPED(making) making = {.options = call->values};
    if (call->operand_count > 0)
        err_set(&err, ERR_USAGE, 0, "'%s': a day is named with --day DAY", call->operands[0]);
    else if (load(call->cmd, &making, &err) && show(&making, &err))
        return status_of(&making);
    output_close(&making.output, NULL);
    return cmd_fail(call->cmd, &err);
}

const struct cmd cmd_report = {
    .name = "report",
    .summary = "what happened on a day: errors, logins, limits, requests against their targets",
    .usage = "",
    .examples = "winnow report\n"
                "    yesterday, compared with the day before and with the same weekday of the weeks before\n"
                "winnow report --day today\n"
                "    so far\n"
                "winnow report --day 2026-11-20 -o html > report.html\n"
                "    one file to open, print or send\n"
                "winnow report -o md --fail-on new,surge,burst\n"
                "    for a chat; status 1 when there is something to act on, or nothing stored of the day\n",
    .groups = groups,
    .values_size = sizeof(struct report_options),
    .run = run,
};
