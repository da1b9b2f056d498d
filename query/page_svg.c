#include "query/page_svg.h"

#include <math.h>
#include <stdio.h>

#include "base/amount.h"

enum { WIDTH = 880, HEIGHT = 150, LEFT = 52, RIGHT = 8, TOP = 12, BOTTOM = 22, STEPS_MAX = 5 };
enum { SMALL_BAR = 4, SMALL_HEIGHT = 20 };
#define BLUE "#3b6fb5"
#define RED "#b3261e"
#define GRID "#e3e5e8"
#define DIM "#5f6368"

/* ---- Scale ----------------------------------------------------------------------------------------------------------------- */

/* 1, 2 or 5 times a power of ten, so that at most STEPS_MAX of them reach the greatest value. */
static double step_of(double most)
{
    double step = 1e-3;
    for (;;) {
        if (most <= step * STEPS_MAX)
            return step;
        if (most <= 2 * step * STEPS_MAX)
            return 2 * step;
        if (most <= 5 * step * STEPS_MAX)
            return 5 * step;
        step *= 10;
    }
}

static double most_of(const struct page_chart *chart)
{
    double most = 0;
    for (unsigned i = 0; i < chart->count; i++)
        if (isfinite(chart->bars[i]) && chart->bars[i] > most)
            most = chart->bars[i];
    return most;
}

static const char *value_text(double value, char text[AMOUNT_TEXT_MAX])
{
    if (value >= 1000)
        return amount_number((uint64_t)llround(value), text);
    (void)snprintf(text, AMOUNT_TEXT_MAX, "%.3g", value);
    return text;
}

/* ---- Chart ----------------------------------------------------------------------------------------------------------------- */

struct drawing {
    const struct page_chart *chart;
    double top;  /* the value at the upper edge */
    double slot; /* width of one hour */
    struct buf *out;
};

static double height_of(const struct drawing *drawing, double value)
{
    return value / drawing->top * (HEIGHT - TOP - BOTTOM);
}

static double left_of(const struct drawing *drawing, unsigned i)
{
    return LEFT + drawing->slot * i;
}

static void draw_grid(const struct drawing *drawing, double step)
{
    char text[AMOUNT_TEXT_MAX];
    const struct page_chart *chart = drawing->chart;
    for (unsigned i = 0; step * i <= drawing->top * 1.0001; i++) {
        double y = HEIGHT - BOTTOM - height_of(drawing, step * i);
        buf_printf(drawing->out,
                   "<line class=\"grid\" stroke=\"" GRID "\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                   "<text class=\"tick\" fill=\"" DIM
                   "\" font-size=\"11\" text-anchor=\"end\" x=\"%d\" y=\"%.1f\">%s</text>",
                   LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4, value_text(step * i, text));
    }
    for (unsigned i = 0; i < chart->count; i += 3)
        buf_printf(drawing->out,
                   "<text class=\"tick\" fill=\"" DIM
                   "\" font-size=\"11\" text-anchor=\"middle\" x=\"%.1f\" y=\"%d\">%s</text>",
                   left_of(drawing, i) + drawing->slot / 2, HEIGHT - 6, chart->labels[i]);
}

static void draw_rectangle(const struct drawing *drawing, unsigned i, double value, const char *class, const char *fill)
{
    double height = height_of(drawing, value);
    buf_printf(drawing->out, "<rect class=\"%s\" fill=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
               class, fill, left_of(drawing, i) + 2, HEIGHT - BOTTOM - height, drawing->slot - 4, height);
}

static void draw_bar(const struct drawing *drawing, unsigned i)
{
    char text[AMOUNT_TEXT_MAX], part[AMOUNT_TEXT_MAX];
    const struct page_chart *chart = drawing->chart;
    buf_printf(drawing->out, "<g><title>%s:00 · %s %s", chart->labels[i], value_text(chart->bars[i], text),
               chart->unit);
    if (chart->part_unit)
        buf_printf(drawing->out, ", %s %s", value_text(chart->part[i], part), chart->part_unit);
    buf_add_text(drawing->out, "</title>");
    draw_rectangle(drawing, i, chart->bars[i], "bar", BLUE);
    if (chart->part[i] > 0)
        draw_rectangle(drawing, i, chart->part[i], "part", RED);
    buf_add_text(drawing->out, "</g>");
}

/* A line from dot to dot, broken where a value is missing. */
static void draw_line(const struct drawing *drawing)
{
    char text[AMOUNT_TEXT_MAX];
    const struct page_chart *chart = drawing->chart;
    bool down = false;
    buf_add_text(drawing->out, "<path class=\"line\" fill=\"none\" stroke=\"" BLUE "\" stroke-width=\"2\" d=\"M0 0");
    for (unsigned i = 0; i < chart->known; i++) {
        bool there = isfinite(chart->bars[i]);
        if (there)
            buf_printf(drawing->out, "%c%.1f %.1f", down ? 'L' : 'M', left_of(drawing, i) + drawing->slot / 2,
                       HEIGHT - BOTTOM - height_of(drawing, chart->bars[i]));
        down = there;
    }
    buf_add_text(drawing->out, "\"/>");
    for (unsigned i = 0; i < chart->known; i++)
        if (isfinite(chart->bars[i]))
            buf_printf(drawing->out,
                       "<circle class=\"bar\" fill=\"" BLUE
                       "\" r=\"3\" cx=\"%.1f\" cy=\"%.1f\"><title>%s:00 · %s %s</title></circle>",
                       left_of(drawing, i) + drawing->slot / 2, HEIGHT - BOTTOM - height_of(drawing, chart->bars[i]),
                       chart->labels[i], value_text(chart->bars[i], text), chart->unit);
}

static void describe(const struct page_chart *chart, struct buf *out)
{
    char text[AMOUNT_TEXT_MAX];
    buf_printf(out, "<title>%s</title><desc>", chart->title);
    for (unsigned i = 0; i < chart->known; i++)
        if (isfinite(chart->bars[i]))
            buf_printf(out, "%s:00 %s %s. ", chart->labels[i], value_text(chart->bars[i], text), chart->unit);
    buf_add_text(out, "</desc>");
}

void page_svg_chart(const struct page_chart *chart, struct buf *out)
{
    double most = most_of(chart), step = step_of(most > 0 ? most : 1);
    struct drawing drawing = {.chart = chart,
                              .top = step * ceil((most > 0 ? most : 1) / step - 1e-9),
                              .slot = (double)(WIDTH - LEFT - RIGHT) / chart->count,
                              .out = out};
    buf_printf(
        out,
        "<svg role=\"img\" viewBox=\"0 0 %d %d\" width=\"100%%\" style=\"display:block;max-width:%dpx;height:auto\" "
        "font-family=\"system-ui,sans-serif\">",
        WIDTH, HEIGHT, WIDTH);
    describe(chart, out);
    draw_grid(&drawing, step);
    if (chart->gaps)
        draw_line(&drawing);
    for (unsigned i = 0; !chart->gaps && i < chart->known; i++)
        if (chart->bars[i] > 0)
            draw_bar(&drawing, i);
    buf_add_text(out, "</svg>");
}

/* ---- Small ----------------------------------------------------------------------------------------------------------------- */

void page_svg_bars(const uint64_t *counts, unsigned count, struct buf *out)
{
    uint64_t most = 1;
    for (unsigned i = 0; i < count; i++)
        most = counts[i] > most ? counts[i] : most;
    buf_printf(out,
               "<svg role=\"img\" width=\"%u\" height=\"%d\" viewBox=\"0 0 %u %d\"><title>by hour:", count * SMALL_BAR,
               SMALL_HEIGHT, count * SMALL_BAR, SMALL_HEIGHT);
    for (unsigned i = 0; i < count; i++)
        buf_printf(out, " %llu", (unsigned long long)counts[i]);
    buf_printf(out,
               "</title><path class=\"base\" fill=\"" GRID "\" d=\"M0 %dh%uv1h-%uz\"/><path class=\"bar\" fill=\"" BLUE
               "\" d=\"",
               SMALL_HEIGHT - 1, count * SMALL_BAR, count * SMALL_BAR);
    for (unsigned i = 0; i < count; i++) {
        unsigned height = (unsigned)((double)counts[i] / (double)most * (SMALL_HEIGHT - 2) + 0.999);
        if (counts[i] > 0)
            buf_printf(out, "M%u %uh%dv%uh-%dz", i * SMALL_BAR, SMALL_HEIGHT - 1 - height, SMALL_BAR - 1, height,
                       SMALL_BAR - 1);
    }
    buf_add_text(out, "\"/>");
    buf_add_text(out, "</svg>");
}
