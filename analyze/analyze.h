/* analyze: what a line means. The door of the room.
 *
 *     raw line ─▶ shape (known skeleton? else yajl judges and a new skeleton is cut) ─▶ slots
 *              └▶ text formats (syslog, access log, ...)                              ─▶ slots
 *     slots ─▶ canonical fields (schemas/fields.yml) ─▶ time, level ─▶ classify ─▶ kinds, facts, templates
 *
 *     stored record ─▶ event ─▶ filter (FIELD=VALUE), pattern_memo ─▶ event_json: for whoever hands records on or answers with them
 *
 * Pure functions over batches and lines: no I/O but reading a user's YAML file handed in as text, no SQL, no threads of its own. One analyzer
 * belongs to one thread; field tables are immutable and may be shared. Nothing here fails on log data: what no format
 * fits is flagged RECORD_UNPARSED, and the bytes are never changed. */
#ifndef WINNOW_ANALYZE_ANALYZE_H
#define WINNOW_ANALYZE_ANALYZE_H

#include <stdbool.h>

#include "analyze/event.h"
#include "analyze/event_json.h"
#include "analyze/filter.h"
#include "analyze/like.h"
#include "analyze/member.h"
#include "analyze/number.h"
#include "analyze/pattern.h"
#include "analyze/pattern_memo.h"
#include "analyze/pattern_set.h"
#include "analyze/slo.h"
#include "analyze/subject.h"
#include "analyze/timeexpr.h"
#include "analyze/yaml.h" /* configuration is read with the same reader as field tables */
#include "base/batch.h"
#include "base/err.h"
#include "base/scope.h"

/* ---- Canonical fields ------------------------------------------------------------------------------------------- */

/* The table from key paths to canonical fields: the built-in schemas/fields.yml plus, if given, a user's file of the
 * same form, whose paths are tried before the built-in ones. Immutable once made. */
struct field_table;
/* extra is the text of the user's YAML (absent: none) and extra_name its file name for messages. ERR_USAGE names file
 * and line. NULL on failure. */
struct field_table *field_table_new(struct str extra, const char *extra_name, struct err *err);
void field_table_free(struct field_table *table);
SCOPE_FREE(field_table)

/* ---- Analyzing --------------------------------------------------------------------------------------------------- */

struct analyzer;
struct analyzer *analyzer_new(const struct field_table *table); /* the table must outlive it */
void analyzer_free(struct analyzer *analyzer);
SCOPE_FREE(analyzer)

/* Fills every record of the batch (all but raw, offset, run and the framing flags) and appends the facts. Where lines do not
 * tell, the defaults of their sources' states in the batch serve; a timezone that is not loaded is not used. A time told beside
 * a record is honoured. */
void analyzer_batch(struct analyzer *analyzer, struct batch *batch);

/* The same for one record, for a reader: rec->raw is given, rec->defaults too or NULL; the timezone is not used. A time_us other than TIME_NONE is taken as known and kept.
 * What the record points to lives in arena and, its shape, in the analyzer: use it before the next call with a reset
 * arena. */
void analyzer_record(struct analyzer *analyzer, struct record *rec, int64_t reference_us, struct arena *arena);
/* Its two steps: what the line says; then the kinds, and what only its message tells (rec->derived). */
void analyzer_read(struct analyzer *analyzer, struct record *rec, int64_t reference_us, struct arena *arena);
void analyzer_classify(struct analyzer *analyzer, struct record *rec, struct arena *arena);

/* ---- Asking an analyzed record ------------------------------------------------------------------------------------ */

/* A canonical field's text: escapes decoded, of the inner record first, then the outer, then what the message told.
 * Absent when the record has none (JSON null and "" count as none; "-" too, but for the message). FIELD_CLIENT_IP is an address or absent. FIELD_LEVEL, FIELD_STATUS and FIELD_DURATION give the text as it stood. */
struct str record_field(const struct record *rec, enum field field, struct arena *arena);
/* Milliseconds; false when unknown. Units come from the value's own suffix or from the key path's entry. */
bool record_duration_ms(const struct record *rec, struct arena *arena, double *ret_ms);
/* The HTTP status, 100..599, or 0. */
unsigned record_status(const struct record *rec);
/* The message's template for a record of any kind; that of its request line or else of its event when it has no message;
 * absent when it has none of these. */
struct str record_template(const struct record *rec, struct arena *arena);

/* The text it is made of, where nothing is replaced yet. */
struct str record_headline(const struct record *rec, struct arena *arena);

/* ---- Asking a shape ------------------------------------------------------------------------------------------------ */

/* All records of a JSON shape have their values in the same slots, so what a field of theirs is follows from the slots below alone,
 * save in two cases: a message carries a line of its own (rec->inner), or tells user and client address (rec->derived). */
/* Sets ret_slots[i], shape->slot_count flags, for those that the field of a record can come from. */
void shape_field_slots(const struct shape *shape, enum field field, bool *ret_slots);
/* May a message of this shape carry a line of text? */
bool shape_carries_text(const struct shape *shape);
/* A message, as it stands in the line, that begins with none of these bytes carries no JSON. */
struct str message_json_begins(void);
/* Only a record of these kinds, or one from sshd, may tell user and client address in its message. */
static inline bool kinds_tell_login(uint8_t kinds)
{
    return (kinds & (KIND_AUTH_FAILURE | KIND_AUTH_SUCCESS | KIND_DENIAL | KIND_RATE_LIMIT)) != 0;
}
bool record_is_of_sshd(const struct record *rec, struct arena *arena);

/* Every value in a record, canonical or not, in order of appearance (outer record first, then inner). */
struct record_value {
    struct str path; /* see shape_slot.path */
    struct str text; /* decoded */
    enum slot_kind kind;
    enum field field; /* the canonical field it is, or FIELD_COUNT */
};
/* Calls visit until it returns false. */
void record_visit(const struct record *rec, struct arena *arena,
                  bool (*visit)(void *context, const struct record_value *), void *context);
/* True when a path written by a user names a slot's path: equal, or equal with the array indexes left out. */
bool path_matches(struct str asked, struct str path);

/* Appends the JSON object of every member that is not a canonical field, nested as it was, values byte for byte as they
 * were: the contract's `fields`. Appends nothing and returns false when there is none. Text formats give an object of strings. */
bool record_fields_json(const struct record *rec, struct buf *out);

/* ---- JSON that is no record ------------------------------------------------------------------------------------------ */

/* The string that a JSON object has under the key, escapes decoded, in arena or a view into it. False when the text is no JSON
 * object, or the object has no such string, or more than one member of that name. What lies inside other members is only passed over. */
bool json_member(struct str object, struct str key, struct arena *arena, struct str *ret);

/* ---- Regular expressions (PCRE2) ----------------------------------------------------------------------------------- */

struct re;
/* ERR_USAGE tells what is wrong and at which character. Ignores case when ignore_case. Bytes, with UTF-8 tried first:
 * subjects that are not UTF-8 are matched all the same. ^ and $ match at every line of a subject, . no newline. */
struct re *re_new(struct str pattern, bool ignore_case, struct err *err);
void re_free(struct re *re);
SCOPE_FREE(re)
/* One struct re per thread. False on no match, and on a match that exceeded PCRE2's limits, which is counted. */
bool re_match(struct re *re, struct str subject, struct str *ret_match); /* ret_match may be NULL */
uint64_t re_limit_hits(const struct re *re);
/* Literals of which every line that matches contains one; 0 when none are known. They live as long as the re. When it ignores case
 * they are in lower case, and ASCII letters stand for both cases. */
size_t re_literals(const struct re *re, const struct str **ret_literals);
bool re_ignores_case(const struct re *re);

#endif
