/* query: answers go out. The door of the room.
 *
 *     argv ─▶ select (which records) ─▶ scan or facts (store) ─▶ analyze (what they mean) ─▶ render (table, json, csv, raw)
 *
 * Every command reads a snapshot, never writes the store, and says what its answer covers. */
#ifndef WINNOW_QUERY_QUERY_H
#define WINNOW_QUERY_QUERY_H

#include "base/cmd.h"

extern const struct cmd cmd_trace;
extern const struct cmd cmd_search;
extern const struct cmd cmd_logins;
extern const struct cmd cmd_limits;
extern const struct cmd cmd_errors;
extern const struct cmd cmd_patterns;
extern const struct cmd cmd_status;
extern const struct cmd cmd_verify;
extern const struct cmd cmd_backup;
extern const struct cmd cmd_report;

#endif
