/* struct journal_files: the files of a journal, where the library looks for them: in its folders, and in those folders
 * within that are named by a machine's id. One thread. */
#ifndef WINNOW_INGEST_JOURNAL_FILES_H
#define WINNOW_INGEST_JOURNAL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "ingest/journal_choice.h"

enum { JOURNAL_PLACES_MAX = 2, JOURNAL_FILES_KNOWN_MAX = 10000 };

struct journal_files {
    struct {
        const char *path;
        uint64_t device, inode; /* when it was looked at; 0: it was not there */
    } places[JOURNAL_PLACES_MAX];
    size_t place_count;
    struct map known;
    bool any_machine;
    char folder[300]; /* that this machine's files of the namespace are in */
};

/* machine is this machine's id, or "". Zero-initialised = empty. */
void journal_files_look(struct journal_files *files, const struct journal_choice *choice, const char *machine);
void journal_files_release(struct journal_files *files);
/* Whether a folder has come, gone or become another one since. */
bool journal_files_moved(const struct journal_files *files);
/* Calls visit for each file not visited since journal_files_look. */
void journal_files_visit(struct journal_files *files, void (*visit)(void *context, const char *path), void *context);

#endif
