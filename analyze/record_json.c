/* What is left of a record's members once the canonical fields are taken out: the contract's `fields`. */
#include "analyze/json.h"
#include "analyze/record.h"

/* Writes JSON members that are left once the canonical ones are taken out. */
struct leftover {
    struct str text;
    size_t at;
    const char *taken[FIELD_CONTRACT_COUNT + 1]; /* where taken values start */
    size_t taken_count;
    struct buf *out;
};

static bool is_taken(const struct leftover *l, const char *value)
{
    for (size_t i = 0; i < l->taken_count; i++)
        if (l->taken[i] == value)
            return true;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blank(struct leftover *l)
{
    while (l->at < l->text.size && is_blank(l->text.data[l->at]))
        l->at++;
}

/* Moves behind the string that starts at at (its quote). */
static struct str take_string(struct leftover *l)
{
    size_t end = json_scan_string(l->text, l->at + 1);
    struct str inside = str_slice(l->text, l->at + 1, end);
    l->at = end == STR_NONE ? l->text.size : end + 1;
    return inside;
}

/* Moves behind the value at at, whatever it is, and returns its text. */
static struct str take_any(struct leftover *l)
{
    size_t start = l->at, depth = 0;
    while (l->at < l->text.size) {
        char c = l->text.data[l->at];
        if (c == '"') {
            take_string(l);
        } else if (c == '{' || c == '[') {
            depth++;
            l->at++;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                break;
            depth--;
            l->at++;
        } else if (depth == 0 && (c == ',' || c == '\0' || is_blank(c))) {
            break;
        } else {
            l->at++;
            continue;
        }
        if (depth == 0)
            break;
    }
    return str_slice(l->text, start, l->at);
}

static bool add_object(struct leftover *l, unsigned depth, bool braces);

/* Adds the member at at unless nothing is left of it. */
static bool add_member(struct leftover *l, unsigned depth, bool first)
{
    size_t rollback = l->out->size;
    struct str key = take_string(l);
    skip_blank(l);
    l->at++; /* the colon */
    skip_blank(l);
    if (!first)
        buf_add_char(l->out, ',');
    buf_add_char(l->out, '"');
    buf_add_str(l->out, key);
    buf_add_text(l->out, "\":");
    char c = l->at < l->text.size ? l->text.data[l->at] : 0;
    bool kept;
    if (c == '{' && depth < JSON_DEPTH_MAX) {
        kept = add_object(l, depth + 1, true);
    } else {
        const char *start = l->text.data + l->at + (c == '"');
        struct str value = take_any(l);
        kept = !is_taken(l, start);
        if (kept)
            buf_add_str(l->out, value);
    }
    if (!kept)
        buf_cut(l->out, rollback);
    return kept;
}

/* The object at at without its taken members. False when it had members and none is left. */
static bool add_object(struct leftover *l, unsigned depth, bool braces)
{
    bool any = false, empty = true;
    if (braces)
        buf_add_char(l->out, '{');
    l->at++;
    for (;;) {
        skip_blank(l);
        if (l->at >= l->text.size || l->text.data[l->at] == '}')
            break;
        if (l->text.data[l->at] == ',') {
            l->at++;
            continue;
        }
        if (l->text.data[l->at] != '"')
            break; /* not an object after all: cannot happen for a line the judge has passed */
        empty = false;
        any = add_member(l, depth, !any) || any;
    }
    l->at++;
    if (braces)
        buf_add_char(l->out, '}');
    return any || (empty && braces);
}

static void note_taken(struct leftover *l, const struct record *rec, const struct record *whole, struct arena *arena)
{
    for (unsigned f = 0; f < FIELD_CONTRACT_COUNT; f++) {
        int slot;
        struct str text;
        if (record_giver(whole, (enum field)f, arena, &slot, &text) == rec)
            l->taken[l->taken_count++] = rec->slots[slot].data;
    }
}

/* The members of one part, without braces. */
static bool add_part(const struct record *rec, const struct record *whole, struct arena *arena, struct buf *out)
{
    struct leftover l = {.text = rec->raw, .out = out};
    note_taken(&l, rec, whole, arena);
    if (rec == whole && whole->inner)
        l.taken[l.taken_count++] = rec->slots[rec->inner_slot].data;
    if (rec->shape->format == FORMAT_JSON) {
        if (str_starts(l.text, STR("\xef\xbb\xbf")))
            l.at = 3;
        skip_blank(&l);
        return l.at < l.text.size && l.text.data[l.at] == '{' && add_object(&l, 0, false);
    }
    bool any = false;
    for (uint32_t i = 0; i < rec->shape->slot_count; i++) {
        if (is_taken(&l, rec->slots[i].data))
            continue;
        buf_add_text(out, any ? ",\"" : "\"");
        buf_add_json(out, rec->shape->slots[i].path);
        buf_add_text(out, "\":\"");
        buf_add_json(out, rec->slots[i]);
        buf_add_char(out, '"');
        any = true;
    }
    return any;
}

bool record_fields_json(const struct record *rec, struct buf *out)
{
    if (!rec->shape)
        return false;
    SCOPED(arena) arena = {0};
    size_t rollback = out->size;
    buf_add_char(out, '{');
    bool any = add_part(rec, rec, &arena, out);
    if (rec->inner) {
        size_t before = out->size;
        if (any)
            buf_add_char(out, ',');
        if (add_part(rec->inner, rec, &arena, out))
            any = true;
        else
            buf_cut(out, before);
    }
    if (!any) {
        buf_cut(out, rollback);
        return false;
    }
    buf_add_char(out, '}');
    return true;
}
