#include "query/subject_fact.h"

static bool fact_field(enum field field, const struct fact_row *fact, struct arena *arena, struct str *ret_text)
{
    const char *level = level_name((enum level)fact->level);
    switch (field) {
    case FIELD_USER:
        *ret_text = fact->user;
        return true;
    case FIELD_CLIENT_IP:
        *ret_text = fact->client_ip;
        return true;
    case FIELD_SERVICE:
        *ret_text = fact->service;
        return true;
    case FIELD_LOGGER:
        *ret_text = fact->logger;
        return true;
    case FIELD_METHOD:
        *ret_text = fact->method;
        return true;
    case FIELD_PATH:
        *ret_text = fact->path;
        return true;
    case FIELD_LEVEL:
        *ret_text = level[0] ? str_of(level) : STR_ABSENT;
        return true;
    case FIELD_STATUS:
        *ret_text = fact->status ? arena_printf(arena, "%u", fact->status) : STR_ABSENT;
        return true;
    default:
        return false;
    }
}

bool subject_fact_text(const struct subject *subject, const struct fact_row *fact, const struct store_source *source,
                       struct arena *arena, struct str *ret_text)
{
    *ret_text = STR_ABSENT;
    if (subject->kind == SUBJECT_SOURCE) {
        *ret_text = source->state.name;
        return true;
    }
    if (subject->kind == SUBJECT_PATTERN) {
        const struct pattern_set *set = subject->patterns->set;
        *ret_text = pattern_set_id(set, pattern_set_of(set, fact->template));
        return true;
    }
    if (subject->kind != SUBJECT_FIELD || !fact_field(subject->field, fact, arena, ret_text))
        return false;
    if (ret_text->size == 0) /* as record_field has it */
        *ret_text = STR_ABSENT;
    return true;
}
