#include "analyze/trace.h"

#include "analyze/joined.h"
#include "analyze/text_part.h"

struct frame {
    struct str file, function;
    bool library;
};

struct walk {
    struct trace *trace;
    struct str first, before; /* the message's first line, and the line before this one */
    bool any, application;    /* a frame was found; one of the application */
    bool python, go;          /* within a traceback; within the first goroutine */
};

/* ---- Frames ------------------------------------------------------------------------------------------------------- */

static bool has_any(struct str text, const struct str *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_find(text, parts[i]) != STR_NONE)
            return true;
    return false;
}

static bool starts_any(struct str text, const struct str *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_starts(text, parts[i]))
            return true;
    return false;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The last segment of a path. */
static struct str base_name(struct str path)
{
    for (size_t i = path.size; i > 0; i--)
        if (path.data[i - 1] == '/' || path.data[i - 1] == '\\')
            return str_slice(path, i, path.size);
    return path;
}

/* File "/srv/shop/orders.py", line 7, in load */
static bool python_frame(struct str line, struct frame *ret)
{
    static const struct str libraries[] = {
        {"site-packages", 13}, {"dist-packages", 13}, {"/lib/python", 11}, {"<frozen", 7}};
    if (!str_starts(line, STR("File \"")))
        return false;
    struct str path = str_slice(line, 6, line.size);
    struct str rest = path;
    path = str_cut(&rest, '"');
    size_t in = rest.data ? str_find(rest, STR(", in ")) : STR_NONE;
    if (in == STR_NONE)
        return false;
    *ret = (struct frame){base_name(path), str_trim(str_slice(rest, in + 5, rest.size)),
                          has_any(path, libraries, COUNT(libraries))};
    return true;
}

/* at load (/srv/shop/orders.js:7:3), at /srv/shop/orders.js:7:3, at async load (...) */
static bool node_frame(struct str inside, struct str place, struct frame *ret)
{
    static const struct str libraries[] = {{"node_modules", 12}, {"node:", 5}, {"internal/", 9}, {"<anonymous>", 11}};
    size_t colon = str_find(place, STR("js:"));
    if (colon == STR_NONE)
        colon = str_find(place, STR("ts:"));
    if (colon == STR_NONE && !str_starts(place, STR("node:")) && !str_equal(place, STR("<anonymous>")))
        return false;
    if (str_starts(inside, STR("async ")))
        inside = str_slice(inside, 6, inside.size);
    *ret = (struct frame){base_name(str_slice(place, 0, colon == STR_NONE ? place.size : colon + 2)),
                          inside.size ? inside : STR("<top>"), has_any(place, libraries, COUNT(libraries))};
    return true;
}

/* at com.acme.Order.load(Order.java:7); what a framework generated is named with a '$$' */
static bool java_frame(struct str inside, struct frame *ret)
{
    static const struct str libraries[] = {{"java.", 5},
                                           {"javax.", 6},
                                           {"jdk.", 4},
                                           {"sun.", 4},
                                           {"com.sun.", 8},
                                           {"kotlin", 6},
                                           {"scala.", 6},
                                           {"org.apache.", 11},
                                           {"org.springframework.", 20},
                                           {"io.netty.", 9},
                                           {"org.hibernate.", 14},
                                           {"jakarta.", 8},
                                           {"org.eclipse.", 12},
                                           {"reactor.", 8},
                                           {"com.fasterxml.", 14},
                                           {"org.postgresql.", 15}};
    size_t module = str_find_char(inside, '/'); /* java.base/java.util.ArrayList.get */
    if (module != STR_NONE)
        inside = str_slice(inside, module + 1, inside.size);
    if (str_find_char(inside, '.') == STR_NONE || str_find_char(inside, ' ') != STR_NONE)
        return false;
    *ret = (struct frame){STR_ABSENT, str_slice(inside, 0, str_find(inside, STR("$$"))),
                          starts_any(inside, libraries, COUNT(libraries))};
    return true;
}

static bool at_frame(struct str line, struct frame *ret)
{
    if (!str_starts(line, STR("at ")))
        return false;
    struct str inside = str_slice(line, 3, line.size);
    size_t open = str_find_char(inside, '(');
    if (open == STR_NONE)
        return node_frame(STR(""), inside, ret);
    struct str place = str_slice(inside, open + 1, str_find_last(inside, STR(")")));
    inside = str_trim(str_slice(inside, 0, open));
    return node_frame(inside, place, ret) || java_frame(inside, ret);
}

/* main.load(0x1, 0x2), github.com/acme/shop.(*Order).Load(...) */
static bool go_frame(struct str line, struct frame *ret)
{
    static const struct str libraries[] = {{"runtime.", 8}, {"runtime/", 8}, {"net/http.", 9}, {"panic", 5},
                                           {"reflect.", 8}, {"testing.", 8}, {"sync.", 5},     {"created by ", 11}};
    size_t open = str_find_last(line, STR("("));
    if (open == STR_NONE || open == 0 || line.data[line.size - 1] != ')' || text_is_space(line.data[0]))
        return false;
    struct str function = str_slice(line, 0, open);
    *ret = (struct frame){STR_ABSENT, base_name(function), starts_any(function, libraries, COUNT(libraries))};
    return true;
}

/* ---- Exceptions --------------------------------------------------------------------------------------------------- */

/* "java.lang.IllegalStateException" of "java.lang.IllegalStateException: x"; absent when the line begins otherwise. */
static struct str exception_type(struct str line)
{
    static const struct str before[] = {{"Caused by: ", 11}, {"Uncaught ", 9}, {"Exception in thread \"main\" ", 27}};
    for (size_t i = 0; i < COUNT(before); i++)
        if (str_starts(line, before[i]))
            line = str_slice(line, before[i].size, line.size);
    size_t size = 0;
    bool upper = false;
    for (; size < line.size; size++) {
        char c = line.data[size];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !text_is_digit(c) && c != '.' && c != '$')
            break;
        upper = upper || (c >= 'A' && c <= 'Z');
    }
    bool ends = size == line.size || line.data[size] == ':';
    return ends && upper && size > 3 ? str_slice(line, 0, size) : STR_ABSENT;
}

static void take_exception(struct walk *w, struct str line)
{
    struct str exception = exception_type(line);
    if (!exception.data)
        return;
    w->trace->exception = exception;
    w->trace->in_first_line = line.data == w->first.data;
}

/* ---- Walking ------------------------------------------------------------------------------------------------------ */

/* Python's innermost frame is the last one, elsewhere it is the first. */
static void take_frame(struct walk *w, const struct frame *frame)
{
    bool better = !w->any || (!frame->library && !w->application) || (w->python && frame->library == !w->application);
    w->any = true;
    w->application = w->application || !frame->library;
    if (!better)
        return;
    w->trace->file = frame->file;
    w->trace->function = frame->function;
}

static void forget_frames(struct walk *w)
{
    w->any = w->application = false;
}

static void take_line(struct walk *w, struct str line)
{
    struct str text = str_trim(line);
    bool indented = line.size > 0 && text_is_space(line.data[0]);
    struct frame frame;
    if (str_equal(text, STR("Traceback (most recent call last):"))) {
        w->python = true;
        forget_frames(w);
    } else if (w->python && indented) {
        if (python_frame(text, &frame))
            take_frame(w, &frame);
    } else if (w->python && text.size > 0) {
        take_exception(w, line);
        w->python = false;
    } else if (at_frame(text, &frame)) {
        if (!w->any)
            take_exception(w, w->before);
        take_frame(w, &frame);
    } else if (str_starts(line, STR("Caused by: "))) {
        forget_frames(w);
    } else if (str_starts(line, STR("goroutine ")) && str_ends(line, STR("]:"))) {
        w->go = !w->any;
    } else if (w->go && text.size > 0 && go_frame(line, &frame)) {
        take_frame(w, &frame);
    } else if (text.size == 0) {
        w->go = w->go && !w->any;
    }
    w->before = line;
}

bool trace_of(struct str message, struct trace *ret)
{
    *ret = (struct trace){.exception = STR_ABSENT, .file = STR_ABSENT, .function = STR_ABSENT};
    struct walk w = {.trace = ret, .first = joined_first(message)};
    w.before = w.first;
    for (struct str rest = message; rest.data != NULL;) {
        struct str line = str_cut(&rest, '\n');
        if (line.size > 0 && line.data[line.size - 1] == '\r')
            line.size--;
        take_line(&w, line);
    }
    return ret->function.size > 0;
}
