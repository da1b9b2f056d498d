#include "query/select.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>

#include "base/must.h"
#include "query/filter_fact.h"
#include "query/safe.h"

#define AT(member) offsetof(struct select_options, member)

const struct opt select_rows[] = {
    {.long_name = "since",
     .short_name = 'S',
     .alias = "from",
     .type = OPT_TEXT,
     .offset = AT(since),
     .argument = "TIME",
     .help =
         "from this time on: -3h, today, yesterday, 2026-11-20, 2026-11-20T02:15, \"10 min ago\", RFC 3339, @EPOCH"},
    {.long_name = "until",
     .short_name = 'U',
     .alias = "to",
     .type = OPT_TEXT,
     .offset = AT(until),
     .argument = "TIME",
     .help = "before this time"},
    {.long_name = "lines",
     .short_name = 'n',
     .type = OPT_TEXT,
     .offset = AT(lines),
     .argument = "N|all",
     .help = "only the newest N; with --by the N most frequent (default: all; with -f 10, unless --since is given)"},
    {.long_name = "reverse", .short_name = 'r', .type = OPT_FLAG, .offset = AT(reverse), .help = "newest first"},
    {.long_name = "follow",
     .short_name = 'f',
     .type = OPT_FLAG,
     .offset = AT(follow),
     .help = "go on with the records that 'winnow run' or 'winnow ingest' stores from now on, until ^C"},
    {.long_name = "level",
     .short_name = 'p',
     .type = OPT_TEXT,
     .offset = AT(level),
     .argument = "LEVEL",
     .help = "this level or worse: trace debug info notice warning error critical"},
    {.long_name = "unit",
     .short_name = 'u',
     .type = OPT_LIST,
     .offset = AT(units),
     .argument = "UNIT",
     .help = "of this systemd unit; given again: either"},
    {.long_name = "service",
     .type = OPT_LIST,
     .offset = AT(services),
     .argument = "NAME",
     .help = "of this service; given again: either"},
    {.long_name = "user",
     .type = OPT_LIST,
     .offset = AT(users),
     .argument = "NAME",
     .help = "of this user; given again: either"},
    {.long_name = "ip",
     .type = OPT_LIST,
     .offset = AT(addresses),
     .argument = "ADDRESS",
     .help = "from this client address or network: 10.0.0.0/8, 2001:db8::/32"},
    {.long_name = "source",
     .type = OPT_LIST,
     .offset = AT(sources),
     .argument = "GLOB",
     .help = "only from sources of this name, or whose name ends in it behind a '/'; 'winnow status' lists them"},
    {.long_name = "grep",
     .short_name = 'g',
     .type = OPT_LIST,
     .offset = AT(greps),
     .argument = "REGEX",
     .help = "the raw line matches (PCRE2); all lower case ignores case; given again: all of them"},
    {.long_name = "pattern",
     .type = OPT_LIST,
     .offset = AT(patterns),
     .argument = "ID",
     .help =
         "of this pattern, as 'winnow patterns' names it; an id from before patterns merged will do; given again: either"},
    {.long_name = "strict",
     .type = OPT_FLAG,
     .offset = AT(strict),
     .help =
         "exit with status 3 when the range asked for (without one: all there ever was) is not fully covered by what "
         "is stored; what cannot be read is status 2, also without --strict"},
    {.long_name = "store",
     .type = OPT_TEXT,
     .offset = AT(store),
     .argument = "PATH",
     .help = "the store to ask (else $WINNOW_STORE, else the usual place)"},
    {.long_name = "fields",
     .type = OPT_TEXT,
     .offset = AT(fields),
     .argument = "FILE",
     .help = "additions to the table of field names (YAML: name: [key paths])"},
    {0},
};

void select_release(struct select *select)
{
    for (size_t i = 0; i < select->filter_count; i++)
        filter_release(&select->filters[i]);
    for (size_t i = 0; i < select->grep_count; i++)
        re_free(select->greps[i]);
    free(select->filters);
    free(select->greps);
    free(select->nets);
    free(select->missing);
    free(select->needs);
    arena_release(&select->words);
    arena_release(&select->needles);
    *select = (struct select){0};
}

static bool read_lines(const char *text, uint64_t *ret_lines, struct err *err)
{
    *ret_lines = UINT64_MAX;
    if (str_equal(str_of(text), STR("all")))
        return true;
    if (str_to_u64(str_of(text), ret_lines))
        return true;
    return err_set(err, ERR_USAGE, 0, "-n '%s': give a number of lines, or all", text);
}

/* One that follows shows the end of what is there, as tail and journalctl do. */
static bool choose_lines(struct select *select, const struct select_options *options, struct err *err)
{
    bool some = options->follow && !options->since;
    select->lines_max = some ? SELECT_FOLLOW_LINES : UINT64_MAX;
    return !options->lines || read_lines(options->lines, &select->lines_max, err);
}

static bool check_follow(const struct select_options *options, struct err *err)
{
    if (options->follow && options->reverse)
        return err_set(err, ERR_USAGE, 0, "--follow shows records as they come, --reverse the newest first: not both");
    if (options->follow && options->until)
        return err_set(err, ERR_USAGE, 0, "--follow goes on without end: not with --until");
    return true;
}

static bool read_level(const char *text, enum level *ret_level, struct err *err)
{
    *ret_level = text ? level_parse(str_of(text)) : LEVEL_UNKNOWN;
    if (!text || *ret_level != LEVEL_UNKNOWN)
        return true;
    return err_set(err, ERR_USAGE, 0, "-p '%s' is no level; there are trace debug info notice warning error critical",
                   text);
}

static bool read_times(struct select *select, const struct select_options *options, int64_t now_us, struct err *err)
{
    select->since_us = select->until_us = TIME_NONE;
    if (options->since && !timeexpr_parse(str_of(options->since), now_us, &select->since_us, err))
        return err_within(err, "--since");
    if (options->until && !timeexpr_parse(str_of(options->until), now_us, &select->until_us, err))
        return err_within(err, "--until");
    if (options->since && options->until && select->since_us >= select->until_us)
        return err_set(err, ERR_USAGE, 0, "--since %s is not before --until %s", options->since, options->until);
    return true;
}

static struct filter *new_filter(struct select *select, struct err *err)
{
    if (select->filter_count == SELECT_FILTERS_MAX) {
        err_set(err, ERR_LIMIT, 0, "more than %d filters", SELECT_FILTERS_MAX);
        return NULL;
    }
    select->filters = mem_resize_array(select->filters, select->filter_count + 1, sizeof *select->filters);
    select->filters[select->filter_count] = (struct filter){0};
    return &select->filters[select->filter_count++];
}

bool select_add_filter(struct select *select, struct str word, int64_t now_us, struct err *err)
{
    struct filter *filter = new_filter(select, err);
    if (!filter || !filter_init(filter, word, now_us, err))
        return false;
    select->offsets = select->offsets || filter->subject.kind == SUBJECT_OFFSET;
    return true;
}

bool select_add_grep(struct select *select, struct str pattern, struct err *err)
{
    struct re *re = filter_re_new(pattern, err);
    if (!re)
        return false;
    select->greps = mem_resize_array(select->greps, select->grep_count + 1, sizeof(struct re *));
    select->greps[select->grep_count++] = re;
    return true;
}

static bool add_options(struct select *select, struct str field, const struct opt_list *values, struct err *err)
{
    for (size_t i = 0; i < values->count; i++) {
        struct filter *filter = new_filter(select, err);
        if (!filter || !filter_init_equal(filter, field, str_of(values->items[i]), 0, err))
            return false;
    }
    return true;
}

bool select_add_pattern(struct select *select, const char *id, struct err *err)
{
    const struct opt_list one = {.count = 1, .items = {id}};
    return add_options(select, STR("pattern"), &one, err);
}

/* --unit sshd means sshd.service too, as systemctl has it: the unit's name, or its name up to the suffix. */
static bool add_units(struct select *select, const struct opt_list *units, struct err *err)
{
    static const char *const suffixes[] = {"", ".service", ".socket", ".timer", ".scope"};
    for (size_t i = 0; i < units->count; i++) {
        struct str name = str_of(units->items[i]);
        size_t count = str_find_char(name, '.') == STR_NONE ? sizeof suffixes / sizeof *suffixes : 1;
        for (size_t s = 0; s < count; s++) {
            struct filter *filter = new_filter(select, err);
            struct str full = arena_printf(&select->words, "%.*s%s", STR_ARG(name), suffixes[s]);
            if (!filter || !filter_init_equal(filter, STR("unit"), full, 0, err))
                return false;
        }
    }
    return true;
}

static bool add_nets(struct select *select, const struct opt_list *addresses, struct err *err)
{
    select->nets = addresses->count ? mem_alloc(addresses->count * sizeof *select->nets) : NULL;
    for (size_t i = 0; i < addresses->count; i++)
        if (!address_net_parse(str_of(addresses->items[i]), &select->nets[select->net_count++]))
            return err_set(err, ERR_USAGE, 0, "--ip '%s' is neither an address nor a network such as 10.0.0.0/8",
                           addresses->items[i]);
    return true;
}

bool select_init(struct select *select, const struct select_options *options, int64_t now_us, struct err *err)
{
    *select = (struct select){.reverse = options->reverse, .follow = options->follow, .strict = options->strict};
    if (!check_follow(options, err) || !choose_lines(select, options, err) ||
        !read_level(options->level, &select->level, err) || !read_times(select, options, now_us, err))
        return false;
    for (size_t i = 0; i < options->greps.count; i++)
        if (!select_add_grep(select, str_of(options->greps.items[i]), err))
            return err_within(err, "--grep '%s'", options->greps.items[i]);
    return add_options(select, STR("service"), &options->services, err) &&
           add_options(select, STR("user"), &options->users, err) &&
           add_options(select, STR("pattern"), &options->patterns, err) && add_units(select, &options->units, err) &&
           add_nets(select, &options->addresses, err);
}

/* ---- Sources ----------------------------------------------------------------------------------------------------- */

static bool glob_matches(const char *pattern, struct str text)
{
    char *copy = mem_alloc(text.size + 1);
    memcpy(copy, text.data, text.size);
    bool matches = fnmatch(pattern, copy, 0) == 0;
    free(copy);
    return matches;
}

bool select_source_is(const char *operand, struct str name)
{
    if (str_equal(str_of(operand), name) || glob_matches(operand, name))
        return true;
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] == '/' && glob_matches(operand, str_slice(name, i + 1, name.size)))
            return true;
    char real[PATH_MAX];
    return realpath(operand, real) && str_equal(str_of(real), name);
}

/* "TOPIC/PARTITION" of a partition, or of an agent's source that comes through it; absent of any other source. */
static struct str partition_of(const struct source_state *state)
{
    static const struct str scheme = {"kafka://", 8};
    if (state->kind != SOURCE_KAFKA)
        return STR_ABSENT;
    const char *space = state->cursor.size > 0 ? memchr(state->cursor.data, ' ', state->cursor.size) : NULL;
    if (space != NULL)
        return str_slice(state->cursor, 0, (size_t)(space - state->cursor.data));
    return str_starts(state->name, scheme) ? str_slice(state->name, scheme.size, state->name.size) : state->name;
}

/* What a source that was not chosen has still to bring may belong to one that was, when both come through one partition. */
static void find_behind(struct select *select, const struct store_source *all, size_t count, struct arena *arena)
{
    struct map partitions = {0};
    struct source_state *behind = ARENA_ARRAY(arena, struct source_state, count + 1);
    for (size_t i = 0; i < select->source_count; i++) {
        struct str partition = partition_of(&select->sources[i].state);
        if (partition.size > 0)
            map_at(&partitions, partition, NULL)->value = 1;
    }
    select->behind = behind;
    select->behind_count = 0;
    for (size_t i = 0; i < count && partitions.count > 0; i++) {
        struct str partition = partition_of(&all[i].state);
        if (partition.size > 0 && all[i].state.size > 0 && map_at(&partitions, partition, NULL)->value == 1)
            behind[select->behind_count++] = all[i].state;
    }
    map_release(&partitions);
}

void select_sources(struct select *select, const struct opt_list *wanted, const struct store_source *all, size_t count,
                    struct arena *arena)
{
    bool named[OPT_LIST_MAX] = {0};
    free(select->missing);
    select->source_count = select->missing_count = 0;
    select->sources = ARENA_ARRAY(arena, struct store_source, count + 1);
    select->source_ids = ARENA_ARRAY(arena, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        bool chosen = wanted->count == 0;
        for (size_t w = 0; w < wanted->count; w++)
            if (select_source_is(wanted->items[w], all[i].state.name))
                chosen = named[w] = true;
        if (!chosen)
            continue;
        select->source_ids[select->source_count] = all[i].state.id;
        select->sources[select->source_count++] = all[i];
    }
    select->all_sources = select->source_count == count;
    find_behind(select, all, count, arena);
    select->missing = wanted->count ? mem_alloc(wanted->count * sizeof *select->missing) : NULL;
    for (size_t w = 0; w < wanted->count; w++)
        if (!named[w])
            select->missing[select->missing_count++] = wanted->items[w];
}

const struct store_source *select_source(const struct select *select, int64_t id)
{
    size_t low = 0, high = select->source_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (select->source_ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < select->source_count && select->source_ids[low] == id ? &select->sources[low] : NULL;
}

/* ---- Patterns ---------------------------------------------------------------------------------------------------- */

bool select_asks_pattern(const struct select *select)
{
    for (size_t i = 0; i < select->filter_count; i++)
        if (select->filters[i].subject.kind == SUBJECT_PATTERN)
            return true;
    return false;
}

bool select_use_patterns(struct select *select, struct stored_patterns *patterns, struct pattern_memo *memo,
                         struct buf *ret_lines, struct err *err)
{
    for (size_t i = 0; i < select->filter_count; i++) {
        struct filter *filter = &select->filters[i];
        uint32_t pattern = 0;
        if (filter->subject.kind != SUBJECT_PATTERN)
            continue;
        if (filter->asked.size > 0 && !stored_patterns_resolve(patterns, filter->asked, &pattern, err))
            return false;
        filter_use_patterns(filter, memo, pattern);
        if (pattern < patterns->set->count)
            continue;
        buf_add_text(ret_lines, "no pattern of this store is or was called '");
        safe_add(ret_lines, filter->asked, SAFE_TABLE, SIZE_MAX);
        buf_add_text(ret_lines, "'\n");
    }
    return true;
}

/* ---- What the store can look for ------------------------------------------------------------------------------------ */

/* A record's service may be that of its source, and stand in no line. */
static bool is_told_by_source(const struct select *select, const struct filter *filter)
{
    if (filter->subject.kind != SUBJECT_FIELD || filter->subject.field != FIELD_SERVICE)
        return false;
    for (size_t i = 0; i < select->source_count; i++) {
        if (select->sources[i].state.defaults.service.size > 0)
            return true;
    }
    return false;
}

void select_prepare(struct select *select)
{
    free(select->needs);
    arena_reset(&select->needles);
    select->need_count = 0;
    select->needs = mem_alloc((select->grep_count + select->filter_count) * sizeof *select->needs);
    for (size_t i = 0; i < select->grep_count; i++) {
        struct scan_need *need = &select->needs[select->need_count];
        need->count = re_literals(select->greps[i], &need->any);
        need->ignore_case = re_ignores_case(select->greps[i]);
        select->need_count += need->count > 0;
    }
    for (size_t i = 0; i < select->filter_count; i++) {
        if (is_told_by_source(select, &select->filters[i]))
            select->filters[i].needle = STR_ABSENT;
    }
    for (size_t i = 0; i < select->filter_count; i++) {
        struct scan_need *need = &select->needs[select->need_count];
        need->count = filters_needles(select->filters, select->filter_count, i, &select->needles, &need->any);
        need->late =
            select->filters[i].subject.kind != SUBJECT_PATTERN; /* that takes longer to tell than to look for words */
        select->need_count += need->count > 0;
    }
}

bool select_may_hold(const struct select *select, const struct record *rec)
{
    return rec->level >= select->level && filters_may_hold(select->filters, select->filter_count, rec);
}

bool select_asks_stored(const struct select *select)
{
    bool asks = select->level != LEVEL_UNKNOWN;
    for (size_t i = 0; i < select->filter_count; i++)
        asks = asks || filters_group_is_stored(select->filters, select->filter_count, i);
    return asks;
}

bool select_is_textless(const struct select *select)
{
    return select->grep_count == 0 && select->net_count == 0 &&
           filters_are_stored(select->filters, select->filter_count);
}

/* ---- Holding ----------------------------------------------------------------------------------------------------- */

static bool in_nets(const struct select *select, struct str text)
{
    for (size_t i = 0; i < select->net_count; i++)
        if (text.data && address_text_in_net(text, &select->nets[i]))
            return true;
    return select->net_count == 0;
}

bool select_nets_hold(const struct select *select, struct event *event)
{
    return select->net_count == 0 || in_nets(select, event_field(event, FIELD_CLIENT_IP));
}

bool select_holds(struct select *select, struct event *event)
{
    if (event->record.level < select->level)
        return false;
    for (size_t i = 0; i < select->grep_count; i++)
        if (!re_match(select->greps[i], event->record.raw, NULL))
            return false;
    if (select->filter_count > 0 && !filters_hold(select->filters, select->filter_count, event))
        return false;
    return select_nets_hold(select, event);
}

bool select_holds_fact(const struct select *select, const struct fact_row *fact, const struct store_source *source,
                       struct arena *arena, bool *ret_known)
{
    *ret_known = true;
    if (fact->level < select->level || !in_nets(select, fact->client_ip))
        return false;
    if (!filters_hold_fact(select->filters, select->filter_count, fact, source, arena, ret_known))
        return false;
    *ret_known = *ret_known && select->grep_count == 0;
    return true;
}

uint64_t select_limit_hits(const struct select *select)
{
    uint64_t hits = 0;
    for (size_t i = 0; i < select->grep_count; i++)
        hits += re_limit_hits(select->greps[i]);
    for (size_t i = 0; i < select->filter_count; i++)
        if (select->filters[i].re)
            hits += re_limit_hits(select->filters[i].re);
    return hits;
}
