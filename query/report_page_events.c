#include "query/report_page.h"
#include "query/report_words.h"

/* A bounded table of names: name, count, others, first, last. */
static void add_top(struct paging *paging, struct page_section *section, const char *heading, const struct top *top,
                    const struct page_column *columns, const char *noun)
{
    size_t shown = top_count(top) < REPORT_ROWS_SHORT ? top_count(top) : REPORT_ROWS_SHORT;
    uint64_t rest = top->total;
    if (top->total == 0)
        return;
    struct page_block *table = page_add_table(paging->page, section, str_of(heading), columns, 5);
    table->beside = true;
    for (size_t i = 0; i < shown; i++) {
        struct page_row *row = page_add_row(paging->page, table);
        row->cells[0].text = page_count(paging, top->rows[i].count);
        row->cells[0].tone = PAGE_STRONG;
        row->cells[1].text = page_count(paging, top->rows[i].others);
        row->cells[2].text = page_clock(paging, top->rows[i].first_us);
        row->cells[3].text = page_clock(paging, top->rows[i].last_us);
        row->cells[4] = page_name(top->rows[i].name);
        rest -= top->rows[i].count;
    }
    page_set_more(paging, table, top_count(top) - shown, rest, noun);
}

/* ---- Logins ---------------------------------------------------------------------------------------------------------------- */

static struct page_cell kinds_cell(struct paging *paging, const struct burst *burst)
{
    SCOPED(buf) text = BUF(1 << 16);
    if (burst->kinds & BURST_FORCE)
        buf_add_text(&text, "brute force");
    if (burst->kinds & BURST_SPRAY)
        buf_add_text(&text, burst->kinds & BURST_FORCE ? ", many users" : "many users");
    if (!(burst->kinds & BURST_BREACH) && burst->user.size > 0)
        buf_printf(&text, ", always %.*s", STR_ARG(burst->user));
    if (burst->kinds & BURST_BREACH) {
        buf_add_text(&text, ", then ");
        buf_add_str(&text, burst->user.size > 0 ? burst->user : STR("somebody"));
        buf_printf(&text, " GOT IN at %s", page_clock(paging, burst->success_us).data);
    }
    return (struct page_cell){.text = arena_str(paging->arena, buf_str(&text)),
                              .tone = burst->kinds & BURST_BREACH ? PAGE_BAD : PAGE_WARN};
}

static void add_bursts(struct paging *paging, struct page_section *section)
{
    static const struct page_column columns[] = {
        {"failures", PAGE_RIGHT}, {"users", PAGE_RIGHT | PAGE_SPARE}, {"from", 0}, {"to", PAGE_SPARE},
        {"address", PAGE_CODE},   {"what", PAGE_CODE | PAGE_FLEX}};
    const struct bursts *bursts = &paging->report->bursts;
    uint64_t rest = 0;
    if (bursts->count == 0) {
        page_add_note(paging->page, section, PAGE_GOOD,
                      STR("no bursts: five failures in ten minutes, or five users in an hour, from one address"));
        return;
    }
    struct page_block *table =
        page_add_table(paging->page, section, STR("Bursts"), columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < bursts->count; i++) {
        const struct burst *burst = &bursts->items[i];
        if (i >= REPORT_ROWS) {
            rest += burst->failures;
            continue;
        }
        struct page_row *row = page_add_row(paging->page, table);
        row->cells[0] = (struct page_cell){.text = page_count(paging, burst->failures), .tone = PAGE_STRONG};
        row->cells[1].text = page_count(paging, burst->users);
        row->cells[2].text = page_clock(paging, burst->first_us);
        row->cells[3].text = page_clock(paging, burst->last_us);
        row->cells[4].text = burst->address;
        row->cells[5] = kinds_cell(paging, burst);
    }
    if (bursts->count > REPORT_ROWS)
        page_set_more(paging, table, bursts->count - REPORT_ROWS, rest, "failure");
}

void page_logins(struct paging *paging)
{
    static const struct page_column by_address[] = {{"failures", PAGE_RIGHT},
                                                    {"users", PAGE_RIGHT},
                                                    {"first", PAGE_SPARE},
                                                    {"last", PAGE_SPARE},
                                                    {"address", PAGE_CODE | PAGE_FLEX}};
    static const struct page_column by_user[] = {{"failures", PAGE_RIGHT},
                                                 {"addresses", PAGE_RIGHT},
                                                 {"first", PAGE_SPARE},
                                                 {"last", PAGE_SPARE},
                                                 {"user", PAGE_CODE | PAGE_FLEX}};
    const struct report *report = paging->report;
    uint64_t failures = report->figures[FIGURE_LOGINS].count;
    struct str summary =
        arena_printf(paging->arena, "%s · %s", page_counted(paging, failures, "failure", "failures").data,
                     page_counted(paging, report->login_successes, "success", "successes").data);
    struct page_section *section = page_add_section(paging->page, "logins", "Failed logins", summary);
    add_bursts(paging, section);
    if (report->bursts.left_out > 0)
        page_add_note(paging->page, section, PAGE_DIM,
                      arena_printf(paging->arena, "%s without an address or beyond a limit: not judged",
                                   page_counted(paging, report->bursts.left_out, "login", "logins").data));
    add_top(paging, section, "By address", &report->login_addresses, by_address, "failure");
    add_top(paging, section, "By user", &report->login_users, by_user, "failure");
}

/* ---- Limits and denials ---------------------------------------------------------------------------------------------------- */

static const struct page_column by_principal[] = {{"count", PAGE_RIGHT},
                                                  {"routes", PAGE_RIGHT},
                                                  {"first", PAGE_SPARE},
                                                  {"last", PAGE_SPARE},
                                                  {"user or address", PAGE_CODE | PAGE_FLEX}};
static const struct page_column by_route[] = {{"count", PAGE_RIGHT},
                                              {"who", PAGE_RIGHT | PAGE_SPARE},
                                              {"first", PAGE_SPARE},
                                              {"last", PAGE_SPARE},
                                              {"route", PAGE_CODE | PAGE_FLEX}};

void page_limits(struct paging *paging)
{
    const struct report *report = paging->report;
    struct page_section *section =
        page_add_section(paging->page, "limits", "Rate limits",
                         page_counted(paging, report->figures[FIGURE_LIMITS].count, "hit", "hits"));
    if (report->figures[FIGURE_LIMITS].count == 0)
        page_add_note(paging->page, section, PAGE_GOOD, STR("none"));
    add_top(paging, section, "By principal", &report->limit_principals, by_principal, "hit");
    add_top(paging, section, "By route", &report->limit_routes, by_route, "hit");
}

void page_denials(struct paging *paging)
{
    const struct report *report = paging->report;
    struct page_section *section =
        page_add_section(paging->page, "denials", "Denials",
                         page_counted(paging, report->figures[FIGURE_DENIALS].count, "refusal", "refusals"));
    if (report->figures[FIGURE_DENIALS].count == 0)
        page_add_note(paging->page, section, PAGE_GOOD, STR("none"));
    add_top(paging, section, "By principal", &report->denial_principals, by_principal, "refusal");
    add_top(paging, section, "By route", &report->denial_routes, by_route, "refusal");
}

/* ---- What could not be parsed ---------------------------------------------------------------------------------------------- */

void page_unparsed(struct paging *paging)
{
    static const struct page_column columns[] = {{"records", PAGE_RIGHT}, {"source", PAGE_CODE | PAGE_FLEX}};
    const struct report_coverage *coverage = &paging->report->coverage;
    struct page_section *section = page_add_section(paging->page, "unparsed", "Not parsed",
                                                    page_counted(paging, coverage->unparsed, "record", "records"));
    size_t shown = 0, sources = 0;
    uint64_t rest = 0;
    if (coverage->unparsed == 0) {
        page_add_note(paging->page, section, PAGE_GOOD, STR("everything was understood"));
        return;
    }
    struct page_block *table = page_add_table(paging->page, section, STR_ABSENT, columns, 2);
    for (size_t i = 0; i < coverage->count; i++) {
        const struct report_source *source = &coverage->sources[i];
        sources += source->unparsed > 0;
        if (source->unparsed == 0 || shown == REPORT_ROWS_SHORT) {
            rest += source->unparsed;
            continue;
        }
        struct page_row *row = page_add_row(paging->page, table);
        shown++;
        row->cells[0] = (struct page_cell){.text = page_count(paging, source->unparsed), .tone = PAGE_STRONG};
        row->cells[1].text = source->state.state.name;
        for (uint64_t k = 0; k < source->unparsed && k < REPORT_UNPARSED_MAX; k++)
            page_add_detail(row, "e.g.", source->examples[k])->fit = PAGE_CUT;
    }
    page_set_more(paging, table, sources - shown, rest, "record");
}
