#include "query/panel.h"

enum { PLAIN_UNKNOWN, PLAIN_YES, PLAIN_NO };
enum { LINE_MAX = 64 << 20 };

void panel_release(struct panel *panel)
{
    buf_release(&panel->text);
    arena_release(&panel->arena);
    *panel = (struct panel){0};
}

void panel_begin(struct panel *panel, const struct scan_block *block, struct analyzer *analyzer)
{
    arena_reset(&panel->arena);
    panel->block = block;
    panel->analyzer = analyzer;
    panel->damaged = false;
    panel->text.size_max = LINE_MAX;
    buf_reserve(&panel->text, 4096); /* then an empty text is not an absent one */
    panel->columns = arena_zalloc(&panel->arena, (block->column_count + 1) * sizeof *panel->columns);
    panel->defaults[0] = NULL;
    panel->default_count = 1;
    panel->default_of = arena_zalloc(&panel->arena, block->slots);
    panel->skeletons = arena_zalloc(&panel->arena, (block->skeleton_count + 1) * sizeof *panel->skeletons);
    for (uint32_t slot = 0; slot < block->slots; slot++)
        panel->skeletons[block->skeletons[slot]].slots++;
}

const struct panel_column *panel_column(struct panel *panel, uint32_t index)
{
    struct panel_column *column = &panel->columns[index];
    if (!column->codes && !scan_block_codes(panel->block, index, &column->codes, &column->count))
        panel->damaged = true;
    return column;
}

bool panel_default(struct panel *panel, const struct source_defaults *defaults, uint32_t from, uint32_t to)
{
    if (defaults->format != FORMAT_NONE && defaults->format != FORMAT_JSON)
        return false; /* what looks like JSON is none */
    if (defaults->service.size == 0)
        return true;
    uint32_t index = 1;
    while (index < panel->default_count && !str_equal(panel->defaults[index]->service, defaults->service))
        index++;
    if (index == PANEL_DEFAULTS_MAX)
        return false;
    if (index == panel->default_count)
        panel->defaults[panel->default_count++] = defaults;
    memset(panel->default_of + from, (int)index, to - from);
    return true;
}

/* ---- Messages --------------------------------------------------------------------------------------------------------- */

static bool text_is_plain(struct panel *panel, uint32_t index, uint32_t code)
{
    buf_reset(&panel->text);
    if (!scan_block_text(panel->block, index, code, &panel->text)) {
        panel->damaged = true;
        return false;
    }
    struct str text = buf_str(&panel->text), begins = message_json_begins();
    return text.size == 0 || !memchr(begins.data, text.data[0], begins.size);
}

/* Of most columns the beginnings tell. */
static bool know_plain(struct panel *panel, uint32_t index)
{
    struct panel_column *column = &panel->columns[index];
    const uint8_t *begins;
    column->plain_known = true;
    if (!scan_block_begins(panel->block, index, message_json_begins(), &begins) ||
        (begins && !panel_column(panel, index)->codes)) {
        panel->damaged = true;
        return false;
    }
    if (!begins)
        return true;
    column->plain = ARENA_ARRAY(&panel->arena, uint8_t, column->count + 1);
    for (uint32_t i = 0; i < column->count; i++)
        column->plain[i] = begins[i] ? PLAIN_UNKNOWN : PLAIN_YES;
    return true;
}

/* Does none of its values, taken as a message, carry anything? */
static bool column_is_plain(struct panel *panel, uint32_t index)
{
    const struct panel_column *column = &panel->columns[index];
    return !panel->damaged && (column->plain_known || know_plain(panel, index)) && !column->plain;
}

/* Does a value of the column, taken as a message, carry nothing? */
static bool value_is_plain(struct panel *panel, uint32_t index, uint32_t slot)
{
    struct panel_column *column = &panel->columns[index];
    if (panel->damaged || (!column->plain_known && !know_plain(panel, index)))
        return false;
    if (!column->plain)
        return true;
    uint32_t code = column->codes[slot];
    if (code >= column->count)
        return false;
    if (column->plain[code] == PLAIN_UNKNOWN)
        column->plain[code] = text_is_plain(panel, index, code) ? PLAIN_YES : PLAIN_NO;
    return column->plain[code] == PLAIN_YES;
}

/* ---- Skeletons -------------------------------------------------------------------------------------------------------- */

/* A line of the skeleton with an empty text or a 0 for each value. False when there is none. */
static bool make_line(struct panel *panel, uint32_t skeleton, uint32_t pieces)
{
    buf_reset(&panel->text);
    for (uint32_t i = 0; i < pieces; i++) {
        struct scan_piece piece = scan_block_piece(panel->block, skeleton, i);
        if (piece.kind != SLOT_STRING && piece.kind != SLOT_BARE)
            return false;
        buf_add_str(&panel->text, piece.literal);
        if (piece.kind == SLOT_BARE)
            buf_add_char(&panel->text, '0');
    }
    return buf_add_str(&panel->text, scan_block_tail(panel->block, skeleton)) && !panel->text.full;
}

/* Does the analyzer cut the lines where the store did? */
static bool is_cut_alike(const struct panel *panel, uint32_t skeleton, uint32_t pieces, const struct shape *shape)
{
    if (!shape || shape->format != FORMAT_JSON || shape->slot_count != pieces ||
        !str_equal(shape->literals[pieces], scan_block_tail(panel->block, skeleton)))
        return false;
    for (uint32_t i = 0; i < pieces; i++) {
        struct scan_piece piece = scan_block_piece(panel->block, skeleton, i);
        if (piece.kind != shape->slots[i].kind || !str_equal(piece.literal, shape->literals[i]))
            return false;
    }
    return true;
}

static void look_through(struct panel *panel, uint32_t index)
{
    struct panel_skeleton *skeleton = &panel->skeletons[index];
    uint32_t pieces = scan_block_pieces(panel->block, index);
    if (!make_line(panel, index, pieces))
        return;
    struct record rec = {.raw = buf_str(&panel->text), .time_us = TIME_NONE};
    analyzer_record(panel->analyzer, &rec, TIME_NONE, &panel->arena);
    if (!is_cut_alike(panel, index, pieces, rec.shape) || shape_carries_text(rec.shape))
        return;
    uint32_t *columns = ARENA_ARRAY(&panel->arena, uint32_t, pieces + 1);
    skeleton->values = ARENA_ARRAY(&panel->arena, struct str, pieces + 1);
    for (uint32_t i = 0; i < pieces; i++) {
        columns[i] = scan_block_piece(panel->block, index, i).column;
        skeleton->values[i] = PANEL_VALUE;
    }
    if (rec.shape->field_slot[FIELD_MESSAGE] >= 0) {
        bool *messages = arena_zalloc(&panel->arena, pieces * sizeof *messages);
        shape_field_slots(rec.shape, FIELD_MESSAGE, messages);
        skeleton->messages = messages;
    }
    skeleton->columns = columns;
    skeleton->shape = rec.shape;
    skeleton->plain = true;
    for (uint32_t i = 0; skeleton->messages && i < pieces; i++)
        skeleton->plain = skeleton->plain && (!skeleton->messages[i] || column_is_plain(panel, columns[i]));
}

const struct panel_skeleton *panel_skeleton(struct panel *panel, uint32_t index)
{
    struct panel_skeleton *skeleton = &panel->skeletons[index];
    if (!skeleton->looked)
        look_through(panel, index);
    skeleton->looked = true;
    return skeleton;
}

bool panel_is_plain(struct panel *panel, const struct panel_skeleton *skeleton, uint32_t slot)
{
    for (uint32_t i = 0; !skeleton->plain && i < skeleton->shape->slot_count; i++)
        if (skeleton->messages[i] && !value_is_plain(panel, skeleton->columns[i], slot))
            return false;
    return true;
}
