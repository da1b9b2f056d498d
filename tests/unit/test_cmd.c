#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cmd.h"

struct search_values {
    int64_t lines;
    bool count;
};

static const struct opt search_rows[] = {
    {.long_name = "lines",
     .short_name = 'n',
     .type = OPT_INT,
     .argument = "N",
     .fallback = "10",
     .offset = offsetof(struct search_values, lines),
     .help = "at most N"},
    {.long_name = "count", .type = OPT_FLAG, .offset = offsetof(struct search_values, count), .help = "count only"},
    {0},
};

static const struct opt_group search_groups[] = {
    {.title = "Choosing lines", .rows = search_rows, .offset = 0},
    {0},
};

static struct {
    int calls;
    struct search_values values;
    int operand_count;
    char operand[32];
} seen;

static int run_search(struct cmd_call *call)
{
    seen.calls++;
    seen.values = *(struct search_values *)call->values;
    seen.operand_count = call->operand_count;
    if (call->operand_count > 0)
        (void)snprintf(seen.operand, sizeof seen.operand, "%s", call->operands[0]);
    return CMD_NOTHING;
}

static int run_broken(struct cmd_call *call)
{
    struct err err;
    err_set(&err, call->operand_count ? ERR_INTERRUPTED : ERR_MISSING, 0, "no store at 'w\x1b.db'");
    return cmd_fail(call->cmd, &err);
}

static const struct cmd cmd_search = {
    .name = "search",
    .summary = "records that match",
    .usage = "[REGEX] [FIELD=VALUE...]",
    .examples = "winnow search timeout\n    every record with \"timeout\"\n",
    .groups = search_groups,
    .values_size = sizeof(struct search_values),
    .run = run_search,
};

static const struct cmd cmd_broken = {.name = "broken", .summary = "always fails", .usage = "", .run = run_broken};

static const struct cmd *const commands[] = {&cmd_search, &cmd_broken, NULL};

enum { WORDS_MAX = 6 };

struct outcome {
    int status;
    char out[8192], err[8192];
};

static void read_back(FILE *file, char *text, size_t size)
{
    ssize_t got = io_pread(fileno(file), text, size - 1, 0);
    assert_true(got >= 0);
    text[got] = '\0';
    (void)fclose(file);
}

/* Runs cmd_main with standard output and error in files. */
static void run(struct outcome *ret, const char *const words[WORDS_MAX])
{
    static char memory[WORDS_MAX + 1][64] = {"winnow"};
    char *argv[WORDS_MAX + 2] = {memory[0]};
    int argc = 1;
    for (; argc <= WORDS_MAX && words[argc - 1] != NULL; argc++) {
        (void)snprintf(memory[argc], sizeof memory[argc], "%s", words[argc - 1]);
        argv[argc] = memory[argc];
    }
    FILE *out = tmpfile(), *err = tmpfile();
    int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);
    assert_true(out != NULL && err != NULL && saved_out >= 0 && saved_err >= 0);
    (void)fflush(NULL);
    dup2(fileno(out), STDOUT_FILENO);
    dup2(fileno(err), STDERR_FILENO);
    memset(&seen, 0, sizeof seen);
    ret->status = cmd_main(commands, argc, argv);
    dup2(saved_out, STDOUT_FILENO);
    dup2(saved_err, STDERR_FILENO);
    close(saved_out);
    close(saved_err);
    read_back(out, ret->out, sizeof ret->out);
    read_back(err, ret->err, sizeof ret->err);
}

static void runs_the_command(void **state)
{
    (void)state;
    struct outcome o;
    run(&o, (const char *const[WORDS_MAX]){"search", "-n3", "time", "--count", NULL});
    assert_int_equal(o.status, CMD_NOTHING);
    assert_int_equal(seen.calls, 1);
    assert_true(seen.values.lines == 3);
    assert_true(seen.values.count);
    assert_int_equal(seen.operand_count, 1);
    assert_string_equal(seen.operand, "time");
    assert_string_equal(o.out, "");
    assert_string_equal(o.err, "");
}

static const char overview[] = "Usage: winnow COMMAND [OPTION...] [OPERAND...]\n\n"
                               "Commands:\n"
                               "  search  records that match\n"
                               "  broken  always fails\n";

static const char search_help[] = "Usage: winnow search [OPTION...] [REGEX] [FIELD=VALUE...]\n\n"
                                  "records that match\n\n"
                                  "Examples:\n"
                                  "  winnow search timeout\n"
                                  "      every record with \"timeout\"\n\n"
                                  "Choosing lines:\n"
                                  "  -n, --lines=N  at most N (default: 10)\n"
                                  "      --count    count only\n\n"
                                  "Help:\n"
                                  "  -h, --help     show this help\n";

/* Answered without running the command. out and err must be part of what is printed; "" means nothing is. */
static void answers(void **state)
{
    (void)state;
    static const struct {
        const char *words[WORDS_MAX];
        int status;
        const char *out, *err;
    } cases[] = {
        {{NULL}, 2, "", overview},
        {{"--help"}, 0, overview, ""},
        {{"help"}, 0, overview, ""},
        {{"-h"}, 0, overview, ""},
        {{"--version"}, 0, "winnow 0.", ""},
        {{"help", "search"}, 0, search_help, ""},
        {{"search", "--help"}, 0, search_help, ""},
        {{"search", "-h"}, 0, search_help, ""},
        {{"search", "x", "-n", "5", "--help"}, 0, search_help, ""},
        {{"help", "broken"}, 0, "Usage: winnow broken [OPTION...]\n\nalways fails\n\nHelp:\n", ""},
        {{"serach"}, 2, "", "winnow: unknown command 'serach' (did you mean 'search'?)\n"},
        {{"help", "serach"}, 2, "", "winnow: unknown command 'serach' (did you mean 'search'?)\n"},
        {{"xyzzy"}, 2, "", "winnow: unknown command 'xyzzy' (see 'winnow --help')\n"},
        {{"se"}, 2, "", "winnow: unknown command 'se' (see 'winnow --help')\n"},
        {{"--hlep"}, 2, "", "winnow: unknown option '--hlep' (did you mean '--help'?)\n"},
        {{"search", "--cuont"}, 2, "", "winnow search: unknown option '--cuont' (did you mean '--count'?)\n"},
        {{"search", "-n", "x"}, 2, "", "winnow search: option '--lines' needs a whole number, not 'x'\n"},
        {{"broken"}, 2, "", "winnow broken: no store at 'w\\x1b.db'\n"},
        {{"broken", "x"}, 130, "", "winnow broken: no store at 'w\\x1b.db'\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outcome o;
        run(&o, cases[i].words);
        assert_int_equal(o.status, cases[i].status);
        assert_int_equal(seen.calls, 0);
        if (cases[i].out[0] == '\0')
            assert_string_equal(o.out, "");
        if (cases[i].err[0] == '\0')
            assert_string_equal(o.err, "");
        if (strstr(o.out, cases[i].out) == NULL)
            fail_msg("case %zu: expected '%s' in '%s'", i, cases[i].out, o.out);
        if (strstr(o.err, cases[i].err) == NULL)
            fail_msg("case %zu: expected '%s' in '%s'", i, cases[i].err, o.err);
    }
}

static void ignores_sigpipe(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_DFL);
    struct outcome o;
    run(&o, (const char *const[WORDS_MAX]){"search", NULL});
    struct sigaction now;
    assert_int_equal(sigaction(SIGPIPE, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_IGN);
}

static void help_to_a_full_disk_fails(void **state)
{
    (void)state;
    int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);
    int full = open("/dev/full", O_WRONLY), null = open("/dev/null", O_WRONLY);
    (void)fflush(NULL);
    dup2(full, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    char name[] = "winnow", help[] = "help";
    char *argv[] = {name, help, NULL};
    int status = cmd_main(commands, 2, argv);
    dup2(saved_out, STDOUT_FILENO);
    dup2(saved_err, STDERR_FILENO);
    close(saved_out);
    close(saved_err);
    close(full);
    close(null);
    assert_int_equal(status, CMD_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_the_command),
        cmocka_unit_test(answers),
        cmocka_unit_test(ignores_sigpipe),
        cmocka_unit_test(help_to_a_full_disk_fails),
    };
    return cmocka_run_group_tests_name("cmd", tests, NULL, NULL);
}
