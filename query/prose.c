#include "query/prose.h"

#include "base/must.h"
#include "query/safe.h"

enum { PROSE_MIN = 20 }; /* columns that text gets on the narrowest terminal */

static const struct str variable = {"<*>", 3};

void prose_pad(struct buf *line, size_t columns)
{
    while (columns-- > 0)
        buf_add_char(line, ' ');
}

void prose_add(struct buf *line, struct str text, enum tint tint)
{
    if (tint != TINT_NONE)
        buf_add_text(line, render_tint_code(tint));
    buf_add_str(line, text);
    if (tint != TINT_NONE)
        buf_add_text(line, RENDER_TINT_END);
}

/* A word that has its place. */
static void add_word(struct prose *prose, struct str word)
{
    while (word.size > 0) {
        size_t at = prose->variables != TINT_NONE && prose->all == TINT_NONE ? str_find(word, variable) : STR_NONE;
        prose_add(prose->line, str_slice(word, 0, at), prose->all);
        if (at == STR_NONE)
            return;
        prose_add(prose->line, variable, prose->variables);
        word = str_slice(word, at + variable.size, word.size);
    }
}

static void new_line(struct prose *prose)
{
    buf_add_char(prose->line, '\n');
    prose_pad(prose->line, prose->indent);
}

/* The bytes of whole characters that fit into the columns, at least one. */
static size_t fitting(struct str word, size_t columns)
{
    size_t size = 0;
    while (size < word.size) {
        uint32_t point;
        size_t step = utf8_decode(str_slice(word, size, word.size), &point);
        step = step ? step : 1;
        if (size > 0 && safe_columns(str_slice(word, 0, size + step), SAFE_TABLE, columns) > columns)
            break;
        size += step;
    }
    return size;
}

void prose_text(struct prose *prose, struct str text)
{
    struct buf safe = BUF(RENDER_LINE_MAX);
    size_t room = prose->width == 0                          ? SIZE_MAX
                  : prose->width > prose->indent + PROSE_MIN ? prose->width - prose->indent
                                                             : PROSE_MIN;
    size_t column = 0;
    safe_add(&safe, text, SAFE_TABLE, SIZE_MAX);
    struct str rest = buf_str(&safe);
    while (rest.data) {
        struct str word = prose->as_it_is ? rest : str_cut(&rest, ' ');
        rest = prose->as_it_is ? STR_ABSENT : rest;
        while (word.size > 0) {
            size_t columns = safe_columns(word, SAFE_TABLE, SIZE_MAX);
            if (column > 0 && column + 1 + columns > room) {
                new_line(prose);
                column = 0;
            }
            size_t size = columns > room ? fitting(word, room) : word.size;
            if (column > 0)
                buf_add_char(prose->line, ' ');
            add_word(prose, str_slice(word, 0, size));
            column += (column > 0) + (size == word.size ? columns : room);
            word = str_slice(word, size, word.size);
        }
    }
    buf_release(&safe);
}

static uint64_t sum_of(const uint64_t *counts, size_t from, size_t to)
{
    uint64_t sum = 0;
    for (size_t i = from; i < to; i++)
        sum += counts[i];
    return sum;
}

void prose_curve(struct buf *line, const uint64_t *counts, size_t count, size_t each, enum tint tint)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    enum { HIGHEST = sizeof bars / sizeof *bars - 1 };
    uint64_t most = 1;
    must(each > 0);
    for (size_t from = 0; from < count; from += each) {
        uint64_t sum = sum_of(counts, from, from + each < count ? from + each : count);
        most = sum > most ? sum : most;
    }
    if (tint != TINT_NONE)
        buf_add_text(line, render_tint_code(tint));
    for (size_t from = 0; from < count; from += each) {
        uint64_t sum = sum_of(counts, from, from + each < count ? from + each : count);
        buf_add_text(line, sum == 0 ? "·" : bars[(size_t)((double)sum / (double)most * HIGHEST + 0.5)]);
    }
    if (tint != TINT_NONE)
        buf_add_text(line, RENDER_TINT_END);
}
