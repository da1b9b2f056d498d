/* pager: $WINNOW_PAGER, else $PAGER, else less, between an answer and the terminal. LESS=FRSX when LESS is unset.
 * While it runs SIGINT is the pager's business, so that ^C does not leave the terminal to two readers. */
#ifndef WINNOW_QUERY_PAGER_H
#define WINNOW_QUERY_PAGER_H

#include <stdbool.h>
#include <sys/types.h>

struct pager {
    pid_t pid; /* 0 = none runs */
    int fd;    /* write the answer here */
};

/* False when there is none to start (not installed, or asked for with an empty name or "cat"): write plainly. */
bool pager_start(struct pager *pager);
/* Closes its input and waits until the reader has left it. */
void pager_finish(struct pager *pager);

#endif
