/* Commands are rows. Each cmd_*.c exports one `const struct cmd`; main.c holds the table and nothing else.
 * cmd_main finds the command, parses its options and runs it. `winnow`, `winnow --help`, `winnow help [COMMAND]`,
 * `winnow COMMAND --help` and `winnow --version` are answered here; a mistyped command gets a suggestion. Help shows
 * examples first. Errors print "winnow COMMAND: text" and exit 2. SIGPIPE is ignored, so writes fail with EPIPE. */
#ifndef WINNOW_BASE_CMD_H
#define WINNOW_BASE_CMD_H

#include "base/opt.h"

enum cmd_status {
    CMD_MATCHED = 0,       /* something matched; or simply: done */
    CMD_NOTHING = 1,       /* nothing matched */
    CMD_FAILED = 2,        /* it could not be done */
    CMD_INCOMPLETE = 3,    /* --strict: the range asked for is not fully covered */
    CMD_INTERRUPTED = 130, /* stopped by SIGINT, what was committed is kept */
};

struct cmd;
struct cmd_call {
    const struct cmd *cmd;
    void *values; /* the command's option struct */
    char **operands;
    int operand_count;
};

struct cmd {
    const char *name;
    const char *summary;  /* one line */
    const char *usage;    /* operands: "[REGEX] [FIELD=VALUE...]" */
    const char *examples; /* lines "command\n    what it does\n" */
    const struct opt_group *groups;
    size_t values_size;
    int (*run)(struct cmd_call *call); /* returns enum cmd_status */
};

/* commands ends with NULL. Returns the exit status. */
int cmd_main(const struct cmd *const *commands, int argc, char **argv);
/* Prints "winnow NAME: text" for a failure and returns CMD_FAILED (CMD_INTERRUPTED for ERR_INTERRUPTED). */
int cmd_fail(const struct cmd *cmd, const struct err *err);

#endif
