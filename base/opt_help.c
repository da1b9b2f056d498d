#include "base/opt.h"

#include "base/scope.h"

enum { HELP_COLUMN_MAX = 30 }; /* where the text starts at the latest */

/* "  -n, --lines=N" */
static void add_synopsis(struct buf *buf, const struct opt *row)
{
    if (row->short_name != 0)
        buf_printf(buf, "  -%c, --%s", row->short_name, row->long_name);
    else
        buf_printf(buf, "      --%s", row->long_name);
    if (row->type != OPT_FLAG)
        buf_printf(buf, row->optional ? "[=%s]" : "=%s", row->argument);
}

/* "text (also --from; one of: a, b; default: all)" */
static void add_help(struct buf *buf, const struct opt *row)
{
    buf_add_text(buf, row->help);
    const char *join = " (";
    if (row->alias != NULL) {
        buf_printf(buf, "%salso --%s", join, row->alias);
        join = "; ";
    }
    if (row->type == OPT_CHOICE) {
        buf_printf(buf, "%sone of: ", join);
        for (size_t i = 0; row->choices[i] != NULL; i++)
            buf_printf(buf, "%s%s", i ? ", " : "", row->choices[i]);
        join = "; ";
    }
    if (row->fallback != NULL) {
        buf_printf(buf, "%sdefault: %s", join, row->fallback);
        join = "; ";
    }
    if (join[0] == ';')
        buf_add_char(buf, ')');
}

/* Columns a text takes, counting each character as one. */
static size_t columns_of(struct str text)
{
    size_t columns = 0;
    for (size_t i = 0; i < text.size; i++)
        columns += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    return columns;
}

/* Prints words from column `indent` on, wrapped before `width`; `at` is the column the line has reached. */
static void print_wrapped(struct out *out, struct str text, size_t at, size_t indent, size_t width)
{
    bool first = true; /* on this line */
    while (text.data != NULL) {
        struct str word = str_cut(&text, ' ');
        if (!first && at + 1 + columns_of(word) > width) {
            out_text(out, "\n");
            at = 0;
            first = true;
        }
        if (first)
            out_printf(out, "%*s", (int)(indent > at ? indent - at : 0), "");
        else
            out_text(out, " ");
        at = (first ? (indent > at ? indent : at) : at + 1) + columns_of(word);
        out_add(out, word);
        first = false;
    }
    out_text(out, "\n");
}

void opt_help(const struct opt_group *groups, struct out *out, unsigned width)
{
    SCOPED(buf) text = BUF(4096);
    size_t column = 0;
    for (const struct opt_group *group = groups; group->rows != NULL; group++) {
        for (const struct opt *row = group->rows; row->long_name != NULL; row++) {
            buf_reset(&text);
            add_synopsis(&text, row);
            if (text.size + 2 > column && text.size + 2 <= HELP_COLUMN_MAX)
                column = text.size + 2;
        }
    }
    for (const struct opt_group *group = groups; group->rows != NULL; group++) {
        if (group->rows->long_name == NULL)
            continue;
        if (group->title != NULL)
            out_printf(out, "%s%s:\n", group == groups ? "" : "\n", group->title);
        for (const struct opt *row = group->rows; row->long_name != NULL; row++) {
            buf_reset(&text);
            add_synopsis(&text, row);
            size_t at = text.size;
            out_add(out, buf_str(&text));
            if (at + 2 > column) {
                out_text(out, "\n");
                at = 0;
            }
            buf_reset(&text);
            add_help(&text, row);
            print_wrapped(out, buf_str(&text), at, column, width);
        }
    }
}
