#include "query/filter_fact.h"

#include "query/subject_fact.h"

struct asking {
    const struct fact_row *fact;
    const struct store_source *source;
    struct arena *arena;
    bool known;
};

static bool fact_holds(void *context, const struct filter *filter)
{
    struct asking *asking = context;
    const struct fact_row *fact = asking->fact;
    bool holds;
    struct str text;
    /* A fact row has one bit of its record's kinds, so it can confirm a kind but not deny it. */
    if (filter->subject.kind != SUBJECT_KIND && filter_marks_hold(filter, fact->level, 0, fact->time_us, &holds))
        return holds;
    if (subject_fact_text(&filter->subject, fact, asking->source, asking->arena, &text))
        return filter_text_holds(filter, text);
    asking->known = false;
    return true;
}

bool filters_hold_fact(const struct filter *filters, size_t count, const struct fact_row *fact,
                       const struct store_source *source, struct arena *arena, bool *ret_known)
{
    struct asking asking = {.fact = fact, .source = source, .arena = arena, .known = true};
    bool holds = filters_hold_by(filters, count, fact_holds, &asking);
    *ret_known = asking.known || !holds;
    return holds;
}
