/* label FILE.events [LINES [SEED]]: a log of that system, each line with the number of the statement it came from.
 *
 * Prints EVENT TAB MESSAGE TAB RAW-LINE for each line: the last field of all of them is the log (cut -f3-), the first the
 * truth, the second for what is asked without the system's header. Types are read from values.types beside FILE. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/accuracy/events.h"

static void print_line(void *context, const struct label_line *line)
{
    (void)context;
    printf("%u\t%s\t%s\n", line->event, line->message, line->raw);
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 4) {
        fputs("usage: label FILE.events [LINES [SEED]]\n", stderr);
        return 2;
    }
    char types[4096];
    const char *slash = strrchr(argv[1], '/');
    snprintf(types, sizeof types, "%.*svalues.types", slash ? (int)(slash + 1 - argv[1]) : 0, argv[1]);
    struct events *events = events_open(types, argv[1]);
    unsigned long lines = argc > 2 ? strtoul(argv[2], NULL, 10) : 2000,
                  seed = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
    events_draw(events, lines > 10000000 ? 10000000 : (unsigned)lines, seed, print_line, NULL);
    events_close(events);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
