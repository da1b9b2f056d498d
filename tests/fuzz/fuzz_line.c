/* Any bytes as a line. It is never changed; slots are views into it, in order and apart, and JSON's rebuild it; what is left
 * for `fields` is JSON; every question can be asked; and a line means the same when its skeleton is known. */
#include <stdlib.h>

#include "analyze/analyze.h"
#include "analyze/json.h"
#include "base/hash.h"
#include "base/must.h"

static volatile uint64_t sink;

static void use(struct str s)
{
    sink += hash_bytes(s.data, s.size, 0);
}

static bool use_value(void *context, const struct record_value *value)
{
    (void)context;
    must(value->kind <= SLOT_TEXT && value->field <= FIELD_COUNT);
    must(path_matches(value->path, value->path));
    use(value->path);
    use(value->text);
    return true;
}

/* Several lines of a container runtime: the message is put together, and what docker wrote is decoded. */
static bool is_put_together(const struct record *part)
{
    return memchr(part->raw.data, '\n', part->raw.size) &&
           (part->format == FORMAT_CRI || (part->format == FORMAT_JSON && !part->shape->literals));
}

/* The severity of a syslog priority is one digit that stands nowhere in the line. */
static bool is_elsewhere(const struct record *part, uint32_t slot)
{
    if (is_put_together(part))
        return true;
    return part->format != FORMAT_JSON && part->slots[slot].size == 1 &&
           (part->slots[slot].data < part->raw.data || part->slots[slot].data >= part->raw.data + part->raw.size);
}

static void check_slots(const struct record *part)
{
    size_t at = 0;
    for (uint32_t i = 0; i < part->shape->slot_count; i++) {
        struct str slot = part->slots[i];
        if (is_elsewhere(part, i))
            continue;
        must(slot.data >= part->raw.data + at && slot.data + slot.size <= part->raw.data + part->raw.size);
        size_t from = (size_t)(slot.data - part->raw.data);
        if (part->shape->literals)
            must(str_equal(part->shape->literals[i], str_slice(part->raw, at, from)));
        at = from + slot.size;
    }
    if (part->shape->literals)
        must(str_equal(part->shape->literals[part->shape->slot_count], str_slice(part->raw, at, part->raw.size)));
    must(is_put_together(part) || (part->format == FORMAT_JSON) == (part->shape->literals != NULL));
}

static void ask(const struct record *rec, struct arena *arena)
{
    for (unsigned f = 0; f < FIELD_COUNT; f++)
        use(record_field(rec, (enum field)f, arena));
    double ms;
    record_duration_ms(rec, arena, &ms);
    unsigned status = record_status(rec);
    must(status == 0 || (status >= 100 && status <= 599));
    use(record_template(rec, arena));
    record_visit(rec, arena, use_value, NULL);
    SCOPED(buf) out = BUF(64 << 20);
    bool any = record_fields_json(rec, &out);
    must(any == (out.size > 0) && (!any || json_valid(buf_str(&out))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct analyzer *analyzer;
    if (!analyzer) {
        struct err err = {0};
        struct field_table *table = field_table_new(STR_ABSENT, NULL, &err);
        must(table);
        analyzer = analyzer_new(table);
    }
    SCOPED(arena) arena = {0};
    struct str line = str_from((const char *)data, size);
    struct str before = arena_str(&arena, line);
    struct record rec = {.raw = line, .time_us = TIME_NONE}, again = rec;
    analyzer_record(analyzer, &rec, INT64_C(1795168800000000), &arena);
    analyzer_record(analyzer, &again, INT64_C(1795168800000000), &arena);
    must(rec.raw.data == line.data && rec.raw.size == line.size && str_equal(line, before));
    must(rec.kinds == again.kinds && rec.level == again.level && rec.format == again.format &&
         rec.time_us == again.time_us);
    must(!rec.shape == !!(rec.flags & RECORD_UNPARSED));
    must((rec.shape && rec.format == FORMAT_JSON && rec.shape->literals) == json_valid(line));
    for (const struct record *part = &rec; part && part->shape; part = part->inner)
        check_slots(part);
    ask(&rec, &arena);
    return 0;
}
