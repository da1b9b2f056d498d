#include "analyze/told.h"

#include <stdlib.h>

#include "analyze/record.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/must.h"

/* A cache of sketches: each may stand in the SETS_WAYS places of its set, the one met last takes the place of another. So a look-up
 * costs the same whatever is in the log; what is not found is only worked out again. */
enum {
    SKETCH_SETS = 4096,
    SETS_WAYS = 4,
    ROUTES_MAX = 8192, /* routes are forgotten when there are so many */
    RECENT_MAX = 256,  /* endpoints, and users, found without a look into their map */
};

#define NOT_MET UINT32_MAX

struct sketch_set {
    uint64_t sketches[SETS_WAYS]; /* 0: nothing here */
    uint32_t texts[SETS_WAYS];    /* indexes into a map's entries */
    uint32_t next;                /* the way that is replaced next */
};

struct teller {
    uint64_t batch;       /* counts them, from 1 */
    struct map templates; /* distinct ones -> nothing */
    struct note {
        uint64_t batch; /* it was told to last */
        uint32_t told;  /* its place there */
        uint32_t origin;
    } notes[TEMPLATES_MAX];                     /* of each template */
    uint16_t origins[TEMPLATE_ORIGINS];         /* templates met of each */
    struct sketch_set of_messages[SKETCH_SETS]; /* texts: entries of templates */
    struct map routes;                          /* distinct ones -> nothing */
    struct sketch_set of_paths[SKETCH_SETS];    /* texts: entries of routes */
    struct map endpoints, users;                /* of this batch: -> index in told */
    uint32_t recent[RECENT_MAX];                /* of a hash of its parts: such an endpoint's index in told + 1, or 0 */
    uint32_t recent_users[RECENT_MAX];          /* of a hash: such a user's */
    struct buf key;
};

struct teller *teller_new(void)
{
    struct teller *teller = mem_alloc(sizeof *teller);
    teller->key = BUF(4 * RECORD_BYTES_MAX);
    return teller;
}

void teller_free(struct teller *teller)
{
    if (!teller)
        return;
    map_release(&teller->templates);
    map_release(&teller->routes);
    map_release(&teller->endpoints);
    map_release(&teller->users);
    buf_release(&teller->key);
    free(teller);
}

void teller_begin(struct teller *teller)
{
    teller->batch++;
    memset(teller->recent, 0, sizeof teller->recent);
    memset(teller->recent_users, 0, sizeof teller->recent_users);
    map_reset(&teller->endpoints);
    map_reset(&teller->users);
}

/* ---- Sketches -------------------------------------------------------------------------------------------------------- */

/* The text's index, if the sketch is known; else the place it is to be put in is made its, and the index is up to the caller. */
static bool find_sketch(struct sketch_set *sets, uint64_t sketch, uint32_t **ret_text)
{
    struct sketch_set *set = &sets[sketch % SKETCH_SETS];
    for (unsigned way = 0; way < SETS_WAYS; way++) {
        if (set->sketches[way] == sketch) {
            *ret_text = &set->texts[way];
            return true;
        }
    }
    unsigned way = set->next++ % SETS_WAYS;
    set->sketches[way] = sketch;
    *ret_text = &set->texts[way];
    return false;
}

static uint64_t sketch_of_text(struct str text)
{
    return template_sketch(text) | 1; /* never 0 */
}

/* ---- Templates -------------------------------------------------------------------------------------------------------- */

/* Equal sketches are equal templates, as record_template makes them. */
static uint64_t sketch_of(const struct record *rec, const struct told_record *known, struct arena *arena)
{
    if (!rec->shape)
        return sketch_of_text(rec->raw);
    if (known->message.data)
        return known->sketch | 1;
    struct str path = record_text(rec, FIELD_PATH, arena);
    if (!path.data) {
        struct str event = record_text(rec, FIELD_EVENT, arena);
        return event.data ? sketch_of_text(event) : 1;
    }
    struct str method = record_text(rec, FIELD_METHOD, arena);
    return hash_mix(sketch_of_text(str_slice(path, 0, str_find_char(path, '?'))),
                    hash_bytes(method.data, method.size, known->status)) |
           1;
}

/* The same for all records of a logger of a service. */
static uint32_t origin_of(const struct record *rec, struct arena *arena)
{
    struct str service = record_field(rec, FIELD_SERVICE, arena), logger = record_field(rec, FIELD_LOGGER, arena);
    uint64_t hash = hash_bytes(service.data, service.size, 0);
    return (uint32_t)(hash_bytes(logger.data, logger.size, hash) % TEMPLATE_ORIGINS);
}

/* The place of the record's template among those met; NOT_MET: there is none, or it is one too many, as for the store. */
static uint32_t meet_template(struct teller *teller, const struct record *rec, struct arena *arena)
{
    uint32_t origin = origin_of(rec, arena);
    if (teller->origins[origin] == TEMPLATES_ORIGIN_MAX || teller->templates.count == TEMPLATES_MAX)
        return NOT_MET;
    struct str template = record_template(rec, arena);
    if (!template.data)
        return NOT_MET;
    bool is_new;
    uint32_t index = (uint32_t)(map_at(&teller->templates, template, &is_new) - teller->templates.entries);
    if (is_new) {
        teller->origins[origin]++;
        teller->notes[index] = (struct note){.origin = origin};
    }
    return index;
}

static struct str tell_template(struct teller *teller, struct batch *batch, const struct record *rec,
                                const struct told_record *known)
{
    uint32_t *index;
    if (!find_sketch(teller->of_messages, sketch_of(rec, known, &batch->arena), &index))
        *index = meet_template(teller, rec, &batch->arena);
    if (*index == NOT_MET)
        return STR_ABSENT;
    struct note *note = &teller->notes[*index];
    if (note->batch != teller->batch) {
        struct str text = arena_str(&batch->arena, teller->templates.entries[*index].key);
        note->batch = teller->batch;
        note->told = batch_tell_template(batch, text, note->origin);
    }
    return batch->told.templates[note->told].text;
}

/* ---- Requests --------------------------------------------------------------------------------------------------------- */

/* Lives until the next one is asked for, or longer. */
static struct str route_of(struct teller *teller, struct str path, struct arena *arena)
{
    struct str bare = str_slice(path, 0, str_find_char(path, '?'));
    if (teller->routes.count == ROUTES_MAX) {
        map_reset(&teller->routes);
        memset(teller->of_paths, 0, sizeof teller->of_paths);
    }
    uint32_t *index;
    if (!find_sketch(teller->of_paths, sketch_of_text(bare), &index))
        *index = (uint32_t)(map_at(&teller->routes, template_of(bare, arena), NULL) - teller->routes.entries);
    return teller->routes.entries[*index].key;
}

static uint32_t find_endpoint(struct teller *teller, struct batch *batch, const struct batch_endpoint *endpoint)
{
    const struct str parts[] = {endpoint->service, endpoint->method, endpoint->route};
    buf_reset(&teller->key);
    for (unsigned i = 0; i < 3; i++) {
        buf_add_varint(&teller->key, parts[i].size);
        buf_add_str(&teller->key, parts[i]);
    }
    bool is_new;
    struct map_entry *entry = map_at(&teller->endpoints, buf_str(&teller->key), &is_new);
    if (is_new) {
        struct arena *arena = &batch->arena;
        struct batch_endpoint kept = {arena_str(arena, parts[0]), arena_str(arena, parts[1]),
                                      arena_str(arena, parts[2])};
        entry->value = batch_tell_endpoint(batch, &kept);
    }
    return (uint32_t)entry->value;
}

static bool endpoints_equal(const struct batch_endpoint *a, const struct batch_endpoint *b)
{
    return str_equal(a->route, b->route) && str_equal(a->method, b->method) && str_equal(a->service, b->service);
}

static uint32_t endpoint_of(struct teller *teller, struct batch *batch, const struct batch_endpoint *endpoint)
{
    const struct str parts[] = {endpoint->service, endpoint->method, endpoint->route};
    uint64_t hash = 0;
    for (unsigned i = 0; i < 3; i++)
        hash = hash_link(hash, parts[i].data, parts[i].size, parts[i].size);
    uint32_t *recent = &teller->recent[hash % RECENT_MAX];
    if (*recent == 0 || !endpoints_equal(endpoint, &batch->told.endpoints[*recent - 1]))
        *recent = find_endpoint(teller, batch, endpoint) + 1;
    return *recent - 1;
}

static uint32_t user_of(struct teller *teller, struct batch *batch, struct str user)
{
    if (!user.data)
        return BATCH_NO_USER;
    uint32_t *recent = &teller->recent_users[hash_link(0, user.data, user.size, user.size) % RECENT_MAX];
    if (*recent > 0 && str_equal(user, batch->told.users[*recent - 1]))
        return *recent - 1;
    bool is_new;
    struct map_entry *entry = map_at(&teller->users, user, &is_new);
    if (is_new)
        entry->value = batch_tell_user(batch, arena_str(&batch->arena, user));
    *recent = (uint32_t)entry->value + 1;
    return *recent - 1;
}

static void tell_request(struct teller *teller, struct batch *batch, uint32_t i, unsigned status)
{
    const struct record *rec = &batch->records[i];
    struct arena *arena = &batch->arena;
    struct str path = record_text(rec, FIELD_PATH, arena);
    if (!path.data)
        return;
    struct batch_endpoint endpoint = {
        .service = record_text(rec, FIELD_SERVICE, arena),
        .method = record_text(rec, FIELD_METHOD, arena),
        .route = route_of(teller, path, arena),
    };
    struct batch_request request = {
        .record = i,
        .endpoint = endpoint_of(teller, batch, &endpoint),
        .user = user_of(teller, batch, record_text(rec, FIELD_USER, arena)),
        .status = (uint16_t)status,
    };
    if (!record_duration_ms(rec, arena, &request.duration_ms) || request.duration_ms < 0)
        request.duration_ms = -1;
    batch_tell_request(batch, &request);
}

void teller_record(struct teller *teller, struct batch *batch, uint32_t i, const struct told_record *known,
                   struct str *ret_template)
{
    const struct record *rec = &batch->records[i];
    /* What stands in a line that is not whole is no template of anything. */
    bool whole = !(rec->flags & RECORD_TAIL) || record_has_newline(rec->flags);
    *ret_template = whole ? tell_template(teller, batch, rec, known) : STR_ABSENT;
    if (known->status != 0)
        tell_request(teller, batch, i, known->status);
}
