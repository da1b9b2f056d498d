#include "query/render_form.h"

#include "query/safe.h"

/* CSV as RFC 4180 has it, with a heading. A record is always one line: a newline in it is shown as \x0a. The columns of
 * a record are the contract's JSON keys, without `fields`, which has no fixed columns (raw holds them). */

static const char event_head[] = "time,time_us,source,offset,format,level,service,host,unit,logger,message,event,"
                                 "request_id,query_id,trace_id,session,user,client_ip,method,path,status,duration_ms,"
                                 "kind,pattern,raw,unparsed\n";

void render_csv_event_head(struct buf *line)
{
    buf_add_text(line, event_head);
}

static void end_cell(struct buf *line)
{
    buf_add_char(line, ',');
}

static void add_text(struct buf *line, struct str text)
{
    safe_add_csv(line, text, true);
    end_cell(line);
}

static void add_time(struct buf *line, int64_t time_us)
{
    char text[CLOCK_TEXT_MAX];
    if (time_us != TIME_NONE)
        buf_add_text(line, clock_print_utc(time_us, text));
    end_cell(line);
}

static void add_measures(struct buf *line, struct event *event)
{
    double ms;
    unsigned status = record_status(&event->record);
    if (status)
        buf_add_u64(line, status);
    end_cell(line);
    if (record_duration_ms(&event->record, event->arena, &ms))
        number_add(line, ms);
    end_cell(line);
}

void render_csv_event(struct buf *line, struct event *event, struct pattern_memo *patterns)
{
    const struct record *rec = &event->record;
    event_analyze(event);
    bool has_time = event_has_time(event);
    add_time(line, has_time ? rec->time_us : TIME_NONE);
    if (has_time)
        buf_add_i64(line, rec->time_us);
    end_cell(line);
    add_text(line, event->source);
    buf_add_u64(line, rec->offset);
    end_cell(line);
    add_text(line, rec->format == FORMAT_NONE ? STR_ABSENT : str_of(format_name((enum format)rec->format)));
    for (enum field field = FIELD_LEVEL; field < FIELD_STATUS; field++)
        add_text(line, event_field(event, field));
    add_measures(line, event);
    add_text(line, event_kinds(event));
    add_text(line, pattern_memo_id(patterns, rec, event->arena));
    add_text(line, rec->raw);
    buf_add_text(line, rec->flags & RECORD_UNPARSED ? "true\n" : "\n");
}

void render_csv_head(struct buf *line, const struct column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i].name)
            add_text(line, str_of(columns[i].name));
    if (line->size > 0)
        line->data[line->size - 1] = '\n';
}

static void add_list(struct buf *line, const struct cell *cell)
{
    SCOPED(buf) joined = BUF(RENDER_LINE_MAX);
    for (uint64_t i = 0; i < cell->count; i++) {
        buf_add_text(&joined, i > 0 ? " " : "");
        buf_add_str(&joined, cell->list[i]);
    }
    add_text(line, buf_str(&joined));
}

void render_csv_row(struct buf *line, const struct column *columns, size_t count, const struct cell *cells)
{
    for (size_t i = 0; i < count; i++) {
        if (!columns[i].name)
            continue;
        switch (columns[i].kind) {
        case CELL_TEXT:
            add_text(line, cells[i].text);
            break;
        case CELL_NUMBER:
            if (!number_is(cells[i].text)) {
                add_text(line, cells[i].text);
                break;
            }
            buf_add_str(line, cells[i].text);
            end_cell(line);
            break;
        case CELL_TIME:
            add_time(line, cells[i].time_us);
            break;
        case CELL_COUNT:
            buf_add_u64(line, cells[i].count);
            end_cell(line);
            break;
        case CELL_LIST:
            add_list(line, &cells[i]);
            break;
        }
    }
    if (line->size > 0)
        line->data[line->size - 1] = '\n';
}
