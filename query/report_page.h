/* report_page: a report in words: the sections and tables that text, Markdown and HTML show. One thread. */
#ifndef WINNOW_QUERY_REPORT_PAGE_H
#define WINNOW_QUERY_REPORT_PAGE_H

#include "query/page.h"
#include "query/report.h"

/* Lives in arena and points into the report. */
const struct page *report_page(const struct report *report, struct arena *arena);

/* ---- Private to query/report_page*.c ---- */

struct paging {
    const struct report *report;
    struct page *page;
    struct arena *arena;
    const char *const *hours; /* their labels: "00", "01", ... */
    const char *axis;         /* every sixth of them, in its column */
};

/* Numbers as people read them. */
struct str page_count(struct paging *paging, uint64_t count);                                      /* "1,234" */
struct str page_counted(struct paging *paging, uint64_t count, const char *one, const char *many); /* "1,234 errors" */
struct str page_share(struct paging *paging, double share);                                        /* "99.52%", "–" */
struct str page_target(struct paging *paging, double share);    /* "99.5%": as it was written */
struct str page_ms(struct paging *paging, double ms);           /* "12 ms", "1.25 s", "–" */
struct str page_size(struct paging *paging, uint64_t bytes);    /* "1.2 MB" */
struct str page_clock(struct paging *paging, int64_t time_us);  /* "14:05", of the day */
struct str page_moment(struct paging *paging, int64_t time_us); /* "2026-11-20 14:05" */
/* A name, or what stands for an unknown one. */
struct page_cell page_name(struct str name);
/* "and 12 more: 345 errors" below a table, when it does not show all; the noun in the singular. */
void page_set_more(struct paging *paging, struct page_block *table, uint64_t names, uint64_t count, const char *noun);

void page_coverage(struct paging *paging);
void page_figures(struct paging *paging);
void page_errors(struct paging *paging);
void page_logins(struct paging *paging);
void page_limits(struct paging *paging);
void page_denials(struct paging *paging);
void page_requests(struct paging *paging);
void page_routes(struct paging *paging);
void page_users(struct paging *paging);
void page_unparsed(struct paging *paging);

#endif
