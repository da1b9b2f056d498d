#include "analyze/joined.h"

#include "analyze/json.h"
#include "analyze/text_part.h"

/* Takes the next line, without its newline and '\r'. */
static struct str take_line(struct str *rest)
{
    struct str line = str_cut(rest, '\n');
    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    return line;
}

/* ---- What a container runtime wrote ---------------------------------------------------------------------------------- */

static const struct str docker_head = {"{\"log\":\"", 8};

/* The text of one line. *ret_part: it goes on in the next one. */
static struct str docker_text(struct str line, struct arena *arena, bool *ret_part)
{
    *ret_part = false;
    if (!str_starts(line, docker_head))
        return line;
    size_t end = json_scan_string(line, docker_head.size);
    if (end == STR_NONE)
        return line;
    struct str text = json_decode(str_slice(line, docker_head.size, end), arena);
    *ret_part = !str_ends(text, STR("\n"));
    return str_slice(text, 0, text.size - !*ret_part);
}

static struct str cri_text(struct str line, struct arena *arena, bool *ret_part)
{
    (void)arena;
    struct str rest = line;
    text_take_word(&rest);
    struct str stream = text_take_word(&rest), flags = text_take_word(&rest);
    *ret_part = false;
    if (!str_equal(stream, STR("stdout")) && !str_equal(stream, STR("stderr")))
        return line;
    *ret_part = text_at(flags, 0, 'P');
    return rest;
}

static struct str put_together(struct str raw, struct arena *arena,
                               struct str (*text_of)(struct str line, struct arena *arena, bool *ret_part))
{
    char *out = arena_alloc(arena, raw.size + 1); /* no line's text is longer than the line */
    size_t size = 0;
    bool part = true;
    for (struct str rest = raw; rest.data != NULL;) {
        if (!part)
            out[size++] = '\n';
        struct str text = text_of(take_line(&rest), arena, &part);
        if (text.size > 0)
            memcpy(out + size, text.data, text.size);
        size += text.size;
    }
    return str_from(out, size);
}

struct str joined_cri(struct str raw, struct arena *arena)
{
    return put_together(raw, arena, cri_text);
}

struct str joined_docker(struct str raw, struct arena *arena)
{
    return put_together(raw, arena, docker_text);
}

bool joined_is_docker(struct str raw)
{
    return str_starts(raw, docker_head) && str_find_char(raw, '\n') != STR_NONE;
}

/* ---- Traces ---------------------------------------------------------------------------------------------------------- */

static const struct str python_head = {"Traceback (most recent call last):", 34};

static bool is_frame(struct str text)
{
    return (str_starts(text, STR("at ")) &&
            (str_find_char(text, '(') != STR_NONE || str_find(text, STR("js:")) != STR_NONE)) ||
           str_starts(text, STR("File \"")) || str_starts(text, STR("+ Exception Group Traceback"));
}

/* app.rb:3:in `run' */
static bool is_ruby(struct str line)
{
    size_t file = str_find(line, STR(".rb:"));
    return file != STR_NONE && file + 4 < line.size && text_is_digit(line.data[file + 4]) &&
           str_find(line, STR(":in ")) != STR_NONE;
}

static bool is_trace_line(struct str line)
{
    static const struct str heads[] = {{"panic: ", 7},       {"fatal error: ", 13}, {"Caused by: ", 11},
                                       {"Stack trace:", 12}, {"[stacktrace]", 12},  {"stack backtrace:", 16}};
    if (line.size == 0 || text_is_space(line.data[0]))
        return is_frame(str_trim(line));
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (str_starts(line, heads[i]))
            return true;
    if (str_starts(line, STR("goroutine ")))
        return str_ends(line, STR("]:"));
    if (str_starts(line, STR("thread '")))
        return str_find(line, STR(" panicked at ")) != STR_NONE;
    return str_starts(line, python_head) || is_ruby(line);
}

bool joined_has_trace(struct str text)
{
    for (struct str rest = text; rest.data != NULL;)
        if (is_trace_line(take_line(&rest)))
            return true;
    return false;
}

struct str joined_headline(struct str message)
{
    struct str first = joined_first(message), rest = message, found = first;
    if (!str_starts(first, python_head))
        return first;
    bool inside = false;
    while (rest.data != NULL) {
        struct str line = take_line(&rest);
        if (str_starts(line, python_head)) {
            inside = true;
        } else if (inside && line.size > 0 && !text_is_space(line.data[0])) {
            found = line;
            inside = false;
        }
    }
    return found;
}
