#include "base/cmd.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/must.h"
#include "base/scope.h"

#ifndef WINNOW_VERSION
#define WINNOW_VERSION "0.1.0"
#endif

enum {
    COMMANDS_MAX = 64,
    GROUPS_MAX = 32,
    WIDTH_MIN = 60,
    WIDTH_MAX = 100,
};

/* The row every command has; its value lies behind the command's own. */
static const struct opt help_rows[] = {
    {.long_name = "help", .short_name = 'h', .type = OPT_FLAG, .help = "show this help"},
    {0},
};

int cmd_fail(const struct cmd *cmd, const struct err *err)
{
    log_error_of(cmd->name, "%s", err->text);
    return err->kind == ERR_INTERRUPTED ? CMD_INTERRUPTED : CMD_FAILED;
}

/* A file opened as descriptor 2 would get our messages: a closed standard descriptor becomes /dev/null. */
static void hold_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) == -1)
            return;
    }
}

static unsigned help_width(int fd)
{
    unsigned width = io_terminal_width(fd);
    return width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width;
}

/* Writes what was printed; status, or CMD_FAILED when that is not possible. */
static int finish(struct out *out, int status)
{
    struct err err;
    bool done = out_flush(out, &err);
    out_release(out);
    if (done)
        return status;
    log_error("%s", err.text);
    return CMD_FAILED;
}

static int print_overview(const struct cmd *const *commands, int fd, int status)
{
    struct out out;
    out_init(&out, fd);
    out_text(&out, "winnow reads logs where they are, keeps every line, and answers questions about them.\n\n"
                   "Usage: winnow COMMAND [OPTION...] [OPERAND...]\n\nCommands:\n");
    int widest = 0;
    for (size_t i = 0; commands[i] != NULL; i++) {
        int size = (int)strlen(commands[i]->name);
        widest = size > widest ? size : widest;
    }
    for (size_t i = 0; commands[i] != NULL; i++)
        out_printf(&out, "  %-*s  %s\n", widest, commands[i]->name, commands[i]->summary);
    out_text(&out, "\n'winnow COMMAND --help' shows a command's examples and options; "
                   "'winnow --version' the version.\n");
    return finish(&out, status);
}

static void print_examples(struct out *out, const char *examples)
{
    out_text(out, "Examples:\n");
    struct str rest = str_of(examples);
    while (rest.size > 0) {
        struct str line = str_cut(&rest, '\n');
        if (line.size > 0)
            out_text(out, "  ");
        out_add(out, line);
        out_text(out, "\n");
    }
    out_text(out, "\n");
}

static int print_help(const struct cmd *cmd, const struct opt_group *groups)
{
    struct out out;
    out_init(&out, STDOUT_FILENO);
    bool operands = cmd->usage != NULL && cmd->usage[0] != '\0';
    out_printf(&out, "Usage: winnow %s [OPTION...]%s%s\n\n%s\n\n", cmd->name, operands ? " " : "",
               operands ? cmd->usage : "", cmd->summary);
    if (cmd->examples != NULL)
        print_examples(&out, cmd->examples);
    opt_help(groups, &out, help_width(STDOUT_FILENO));
    return finish(&out, CMD_MATCHED);
}

/* The command's groups, then the one with --help. */
static void all_groups(const struct cmd *cmd, struct opt_group groups[GROUPS_MAX])
{
    size_t count = 0;
    for (const struct opt_group *group = cmd->groups; group != NULL && group->rows != NULL; group++) {
        must(count + 2 < GROUPS_MAX);
        groups[count++] = *group;
    }
    groups[count++] = (struct opt_group){.title = "Help", .rows = help_rows, .offset = cmd->values_size};
    groups[count] = (struct opt_group){0};
}

static int run_command(const struct cmd *cmd, int argc, char **argv)
{
    struct opt_group groups[GROUPS_MAX];
    all_groups(cmd, groups);
    char *values = mem_alloc(cmd->values_size + sizeof(bool));
    char **operands = mem_alloc((size_t)argc * sizeof *operands);
    struct cmd_call call = {.cmd = cmd, .values = values, .operands = operands};
    struct err err;
    int status;
    if (!opt_parse(groups, values, argc, argv, operands, &call.operand_count, &err)) {
        status = cmd_fail(cmd, &err);
        log_note("see 'winnow %s --help'", cmd->name);
    } else if (values[cmd->values_size]) {
        status = print_help(cmd, groups);
    } else {
        status = cmd->run(&call);
    }
    free(operands);
    free(values);
    return status;
}

/* NULL, and said so, when there is no such command. */
static const struct cmd *find_command(const struct cmd *const *commands, const char *name)
{
    const char *names[COMMANDS_MAX];
    size_t count = 0;
    for (; commands[count] != NULL; count++) {
        if (strcmp(commands[count]->name, name) == 0)
            return commands[count];
        must(count < COMMANDS_MAX);
        names[count] = commands[count]->name;
    }
    static const char *const options[] = {"--help", "--version"};
    const char *kind = name[0] == '-' ? "option" : "command";
    const char *near = name[0] == '-' ? opt_nearest(name, options, 2) : opt_nearest(name, names, count);
    if (near != NULL)
        log_error("unknown %s '%s' (did you mean '%s'?)", kind, name, near);
    else
        log_error("unknown %s '%s' (see 'winnow --help')", kind, name);
    return NULL;
}

static int print_version(void)
{
    struct out out;
    out_init(&out, STDOUT_FILENO);
    out_text(&out, "winnow " WINNOW_VERSION "\n");
    return finish(&out, CMD_MATCHED);
}

int cmd_main(const struct cmd *const *commands, int argc, char **argv)
{
    hold_standard_descriptors();
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        return print_overview(commands, STDERR_FILENO, CMD_FAILED);
    struct str first = str_of(argv[1]);
    if (str_equal(first, STR("--version")))
        return print_version();
    bool help = str_equal(first, STR("help")) || str_equal(first, STR("--help")) || str_equal(first, STR("-h"));
    if (help && argc == 2)
        return print_overview(commands, STDOUT_FILENO, CMD_MATCHED);
    const struct cmd *cmd = find_command(commands, help ? argv[2] : argv[1]);
    if (cmd == NULL)
        return CMD_FAILED;
    if (!help)
        return run_command(cmd, argc - 1, argv + 1);
    struct opt_group groups[GROUPS_MAX];
    all_groups(cmd, groups);
    return print_help(cmd, groups);
}
