/* page_svg: the charts of a page as inline SVG: told in title and desc for those who do not see them, coloured by classes, with the
 * light colours as attributes for who drops the style sheet. Nothing in them comes from a log. Pure, any thread. */
#ifndef WINNOW_QUERY_PAGE_SVG_H
#define WINNOW_QUERY_PAGE_SVG_H

#include "query/page.h"

void page_svg_chart(const struct page_chart *chart, struct buf *out);
/* A small chart in the line of a table. */
void page_svg_bars(const uint64_t *counts, unsigned count, struct buf *out);

#endif
