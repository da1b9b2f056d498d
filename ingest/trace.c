#include "ingest/trace.h"

#include "base/batch.h"
#include "base/clock.h"

enum {
    NAME_SIZE_MAX = 256, /* of an exception's class, a function */
    HEAD_SIZE_MAX = 256, /* how much of a line is looked at for a header */
    PATH_SIZE_MAX = 4096,
    STAMP_SIZE_MAX = 64,
    ACCESS_FIELDS_MAX = 6, /* before the stamp */
};

/* Only whether there is a stamp is asked, not its time; but the year-less 29 February needs a leap year. */
#define REFERENCE_US (INT64_C(1735603200) * TIME_SECOND) /* 2024-12-31 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool at(struct str s, size_t index, char c)
{
    return index < s.size && s.data[index] == c;
}

static struct str from(struct str s, size_t index)
{
    return str_slice(s, index, s.size);
}

static size_t digits(struct str s, size_t start)
{
    size_t end = start;
    while (end < s.size && is_digit(s.data[end]))
        end++;
    return end - start;
}

/* The size of a name with dots and dollars in it, at the front. */
static size_t name_size(struct str s)
{
    size_t size = 0;
    while (size < s.size && size < NAME_SIZE_MAX &&
           (is_letter(s.data[size]) || (size > 0 && (is_digit(s.data[size]) || strchr(".$<>", s.data[size])))))
        size++;
    return size;
}

static bool ends_or_colon(struct str s, size_t size)
{
    return size == s.size || (s.data[size] == ':' && (size + 1 == s.size || s.data[size + 1] == ' '));
}

/* java.io.IOException: closed; TypeError: x is not a function; Error [ERR_X]: y; System.Exception */
static bool is_exception(struct str line)
{
    static const struct str ends[] = {{"Exception", 9}, {"Error", 5}, {"Throwable", 9}, {"Failure", 7}, {"Fault", 5}};
    size_t size = name_size(line);
    struct str name = str_slice(line, 0, size);
    bool named = false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        named = named || str_ends(name, ends[i]);
    if (!named)
        return false;
    if (at(line, size, ' ') && at(line, size + 1, '[')) {
        size_t close = str_find_char(str_slice(line, 0, HEAD_SIZE_MAX), ']');
        size = close == STR_NONE ? size : close + 1;
    }
    return ends_or_colon(line, size);
}

/* main.(*Server).run(0x1, {0x2, 0x3}) and main.main() */
static bool is_go_call(struct str line)
{
    if (line.size < 3 || line.data[line.size - 1] != ')' || !is_letter(line.data[0]))
        return false;
    struct str head = str_slice(line, 0, HEAD_SIZE_MAX);
    size_t dot = str_find_char(head, '.'), open = str_find_char(head, '('), space = str_find_char(head, ' ');
    return dot != STR_NONE && open != STR_NONE && dot < line.size && (space == STR_NONE || open < space);
}

/* /srv/app.js:10 and node:internal/modules/cjs/loader:1080 */
static bool is_node(struct str line)
{
    static const struct str ends[] = {{".js", 3}, {".ts", 3}, {".mjs", 4}, {".cjs", 4}, {".jsx", 4}, {".tsx", 4}};
    size_t end = line.size;
    while (end > 0 && is_digit(line.data[end - 1]))
        end--;
    if (end == line.size || end < 2 || line.data[end - 1] != ':' || line.size > PATH_SIZE_MAX)
        return false;
    struct str path = str_slice(line, 0, end - 1);
    if (str_starts(path, STR("node:")))
        return str_find_char(path, ' ') == STR_NONE;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (str_ends(path, ends[i]))
            return path.data[0] == '/' || str_starts(path, STR("file://")) || at(path, 1, ':');
    return false;
}

/* app.rb:3:in `run' */
static bool is_ruby(struct str line)
{
    struct str head = str_slice(line, 0, PATH_SIZE_MAX);
    size_t file = str_find(head, STR(".rb:"));
    if (file == STR_NONE)
        return false;
    size_t number = digits(head, file + 4);
    return number > 0 && str_starts(from(head, file + 4 + number), STR(":in "));
}

static bool is_close(struct str line)
{
    if (line.size > 8 || !strchr("}])", line.data[0]) || line.data[0] == '\0')
        return false;
    for (size_t i = 1; i < line.size; i++)
        if (!strchr("}]),;", line.data[i]) || line.data[i] == '\0')
            return false;
    return true;
}

struct beginning {
    struct str text;
    enum trace_line line;
    bool number; /* a digit follows */
};

static const struct beginning beginnings[] = {
    {STR("Traceback (most recent call last):"), TRACE_PYTHON, false},
    {STR("During handling of the above exception, another exception occurred:"), TRACE_PYTHON_CHAIN, false},
    {STR("The above exception was the direct cause of the following exception:"), TRACE_PYTHON_CHAIN, false},
    {STR("Current thread 0x"), TRACE_PYTHON_THREAD, false},
    {STR("Thread 0x"), TRACE_PYTHON_THREAD, false},
    {STR("[SQL: "), TRACE_PYTHON_NOTE, false},
    {STR("[parameters: "), TRACE_PYTHON_NOTE, false},
    {STR("(Background on this error at: "), TRACE_PYTHON_NOTE, false},
    {STR("Exception in thread \""), TRACE_EXCEPTION, false},
    {STR("Caused by: "), TRACE_CAUSE, false},
    {STR("Wrapped by: "), TRACE_CAUSE, false},
    {STR("Suppressed: "), TRACE_CAUSE, false},
    {STR("... "), TRACE_CAUSE, true},
    {STR("panic: "), TRACE_GO_PANIC, false},
    {STR("fatal error: "), TRACE_GO_PANIC, false},
    {STR("goroutine "), TRACE_GOROUTINE, true},
    {STR("runtime stack:"), TRACE_GO_NOTE, false},
    {STR("[signal "), TRACE_GO_NOTE, false},
    {STR("created by "), TRACE_GO_NOTE, false},
    {STR("exit status "), TRACE_GO_NOTE, true},
    {STR("...additional frames elided..."), TRACE_GO_NOTE, false},
    {STR("Node.js v"), TRACE_NODE_VERSION, true},
    {STR("Did you mean?"), TRACE_RUBY, false},
    {STR("--- End of "), TRACE_DOTNET, false},
    {STR("Stack trace:"), TRACE_PHP, false},
    {STR("PHP Stack trace:"), TRACE_PHP, false},
    {STR("[stacktrace]"), TRACE_PHP, false},
    {STR("[previous exception]"), TRACE_PHP, false},
    {STR("#"), TRACE_PHP_STEP, true},
    {STR("PHP   "), TRACE_PHP_STEP, true},
    {STR("PHP  "), TRACE_PHP_STEP, true},
    {STR("Next "), TRACE_PHP_STEP, false},
    {STR("\"}"), TRACE_PHP_STEP, false},
    {STR("note: "), TRACE_RUST_NOTE, false},
    {STR("stack backtrace:"), TRACE_RUST_NOTE, false},
};

static enum trace_line line_beginning(struct str line)
{
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        const struct beginning *beginning = &beginnings[i];
        if (beginning->text.data[0] == line.data[0] && str_starts(line, beginning->text) &&
            (!beginning->number || digits(line, beginning->text.size) > 0))
            return beginning->line;
    }
    return TRACE_OTHER;
}

static enum trace_line indented_line(struct str line)
{
    static const struct str frames[] = {{"at ", 3}, {"from ", 5}, {"File \"", 6}, {"... ", 4}, {"| ", 2}};
    struct str text = str_trim(line);
    if (text.size == 0)
        return TRACE_EMPTY;
    if (text.data[0] == '{' && text.data[text.size - 1] == '}')
        return TRACE_JSON;
    if (str_starts(text, STR("+ Exception Group Traceback (most recent call last):")))
        return TRACE_PYTHON_GROUP;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        if (str_starts(text, frames[i]))
            return TRACE_FRAME;
    return TRACE_INDENTED;
}

enum trace_line trace_line_of(struct str line)
{
    if (line.size == 0)
        return TRACE_EMPTY;
    char first = line.data[0];
    if (is_digit(first)) /* most lines: a stamp or an address */
        return TRACE_OTHER;
    if (is_blank(first))
        return indented_line(line);
    if (first == '{')
        return line.size == 1 ? TRACE_OPEN : TRACE_JSON;
    if (is_close(line))
        return TRACE_CLOSE;
    enum trace_line found = line_beginning(line);
    if (found != TRACE_OTHER)
        return found;
    if (str_starts(line, STR("thread '")))
        return str_find(str_slice(line, 0, HEAD_SIZE_MAX), STR(" panicked at ")) != STR_NONE ? TRACE_RUST : TRACE_OTHER;
    if (is_exception(line))
        return TRACE_EXCEPTION;
    if (is_node(line))
        return TRACE_NODE;
    if (is_ruby(line))
        return TRACE_RUBY;
    return is_go_call(line) ? TRACE_GO_CALL : TRACE_OTHER;
}

bool trace_ends_python(struct str line)
{
    size_t size = name_size(line);
    return size > 0 && ends_or_colon(line, size) && level_parse(str_slice(line, 0, size)) == LEVEL_UNKNOWN;
}

static bool has_stamp(struct str line)
{
    int64_t unused;
    return clock_parse_prefix(str_slice(line, 0, STAMP_SIZE_MAX), REFERENCE_US, &unused) > 0;
}

bool trace_is_header(struct str line)
{
    static const struct str starts[] = {{"time=", 5}, {"ts=", 3}, {"level=", 6}, {"Exception ", 10}};
    if (line.size > 0 && line.data[0] == '<') /* <PRI> */
        return digits(line, 1) > 0 && at(line, 1 + digits(line, 1), '>');
    bool bracket = at(line, 0, '[');
    struct str text = from(line, bracket);
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (str_starts(text, starts[i]))
            return true;
    if (has_stamp(text) || (bracket && digits(text, 0) > 0))
        return true;
    if (text.size > 5 && strchr("IWEF", text.data[0]) && digits(text, 1) == 4) /* klog */
        return at(text, 5, ' ');
    size_t size = 0;
    while (size < text.size && size < STAMP_SIZE_MAX && is_letter(text.data[size]))
        size++;
    return size > 0 && size < text.size && strchr(":,| ]\t", text.data[size]) && text.data[size] != '\0' &&
           level_parse(str_slice(text, 0, size)) != LEVEL_UNKNOWN;
}

bool trace_is_access(struct str line)
{
    struct str head = str_slice(line, 0, HEAD_SIZE_MAX);
    size_t open = str_find(head, STR(" ["));
    if (open == STR_NONE || digits(head, open + 2) != 2 || !at(head, open + 4, '/') || !at(head, open + 8, '/'))
        return false;
    size_t fields = 1;
    for (size_t i = 0; i < open; i++)
        fields += head.data[i] == ' ';
    return fields >= 3 && fields <= ACCESS_FIELDS_MAX;
}
