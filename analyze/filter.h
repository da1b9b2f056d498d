/* filter: the FIELD=VALUE words of a question.
 *
 *     FIELD=VALUE FIELD!=VALUE   equal as text, or as numbers; FIELD= means "has none", FIELD!= "has one"
 *     FIELD~REGEX FIELD!~REGEX   PCRE2; all lower case ignores case
 *     FIELD>N >= < <=            numbers as numbers, levels by severity, times as times, anything else as text
 *
 * A field that a record has several times (a path into an array) holds when one of its values does; != and !~ hold when
 * none does. A filter belongs to one thread (its regex does). */
#ifndef WINNOW_ANALYZE_FILTER_H
#define WINNOW_ANALYZE_FILTER_H

#include "analyze/subject.h"
#include "base/err.h"

struct re;

enum filter_op {
    FILTER_EQUAL,
    FILTER_NOT_EQUAL,
    FILTER_MATCH,
    FILTER_NOT_MATCH,
    FILTER_GREATER,
    FILTER_GREATER_EQUAL,
    FILTER_LESS,
    FILTER_LESS_EQUAL,
};

struct filter {
    struct subject subject;
    enum filter_op op;
    struct str value;         /* decoded text to compare with */
    struct re *re;            /* FILTER_MATCH, FILTER_NOT_MATCH */
    int64_t time_us;          /* FIELD_TIME */
    enum level level;         /* FIELD_LEVEL */
    uint8_t kinds;            /* SUBJECT_KIND with = or != */
    struct str asked;         /* SUBJECT_PATTERN, the id as it was typed, absent for a regex; */
    char id[PATTERN_ID_SIZE]; /* and what is compared with */
    struct str needle; /* a raw line without this and without a backslash cannot hold; absent when nothing is known */
};

/* True when the word has the form of a filter: [A-Za-z_@$][A-Za-z0-9_.@$-]* and an operator. */
bool filter_is(struct str word);
/* The word must be a filter. It must outlive the filter. ERR_USAGE tells what is wrong with the value. */
bool filter_init(struct filter *filter, struct str word, int64_t now_us, struct err *err);
/* FIELD=VALUE from its parts, for options such as --user. */
bool filter_init_equal(struct filter *filter, struct str field, struct str value, int64_t now_us, struct err *err);
/* For a filter of SUBJECT_PATTERN, before it is asked, and again when the set has changed: the id becomes that of the pattern
 * there is now, which is the one that pattern_set_find, or who remembers more ids, tells of filter->asked; set->count: nobody knows
 * it. */
void filter_use_patterns(struct filter *filter, struct pattern_memo *patterns, uint32_t pattern);
void filter_release(struct filter *filter);

/* PCRE2 with the rule of the command line: all lower case (outside of escapes) ignores case. */
struct re *filter_re_new(struct str pattern, struct err *err);

/* The filters of one field: either of = and ~ holds, and all of the others. Several fields: all of them. */
bool filters_hold(const struct filter *filters, size_t count, struct event *event);
/* The filters that belong together: those with = or ~ of one field, of which any must hold; each of the others by itself. True
 * when such a group begins at index, so that the groups of all such make up filters_hold. */
bool filters_begin_group(const struct filter *filters, size_t index);
bool filters_group_holds(const struct filter *filters, size_t count, size_t index, struct event *event);
/* True when filters_may_hold decides the group. */
bool filters_group_is_stored(const struct filter *filters, size_t count, size_t index);
/* The same filter for another thread. */
void filter_copy(struct filter *filter, const struct filter *from);
/* False when they do not hold by what the store knows of a record without its text. Any thread. */
bool filters_may_hold(const struct filter *filters, size_t count, const struct record *rec);
/* True when that decides. */
bool filters_are_stored(const struct filter *filters, size_t count);
/* Texts of which every raw line contains one that holds the filter and those it shares its field with; 0 when none are known, or
 * when they were told with an earlier filter. In arena. */
size_t filters_needles(const struct filter *filters, size_t count, size_t index, struct arena *arena,
                       const struct str **ret_needles);

/* Do they hold by what `holds` tells of each, for who knows a record by other means than an event? */
bool filters_hold_by(const struct filter *filters, size_t count,
                     bool (*holds)(void *context, const struct filter *filter), void *context);
/* One, by the one text its subject has; absent: none. */
bool filter_text_holds(const struct filter *filter, struct str text);
/* One, by what the store knows of every record. False when that does not decide. */
bool filter_marks_hold(const struct filter *filter, uint8_t level, uint8_t kinds, int64_t time_us, bool *ret_holds);

#endif
