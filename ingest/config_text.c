#include "ingest/config_text.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/must.h"
#include "ingest/config_kafka.h"

void config_text_add_duration(struct buf *out, int64_t value)
{
    static const struct {
        int64_t unit;
        const char *name;
    } units[] = {{TIME_DAY, "d"}, {TIME_HOUR, "h"}, {TIME_MINUTE, "m"}, {TIME_SECOND, "s"}, {1000, "ms"}, {1, "us"}};
    if (value == 0)
        buf_add_char(out, '0');
    for (size_t i = 0; value > 0; i++) {
        if (value >= units[i].unit)
            buf_printf(out, "%lld%s", (long long)(value / units[i].unit), units[i].name);
        value %= units[i].unit;
    }
}

void config_text_add_size(struct buf *out, int64_t value)
{
    static const char letters[] = "\0KMGTPE";
    unsigned step = 0;
    while (value != 0 && value % 1024 == 0 && step < 6) {
        value /= 1024;
        step++;
    }
    buf_add_i64(out, value);
    if (step > 0)
        buf_add_char(out, letters[step]);
}

/* Nothing that YAML could take for something else than this text. */
static bool is_plain(struct str text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (str_equal_nocase(text, str_of(words[i])))
            return false;
    }
    bool letter = false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        letter = letter || isalpha(c) || c == '/';
        if (!isalnum(c) && memchr(i == 0 ? "/_" : "/_.-+=@*?", c, i == 0 ? 2 : 9) == NULL)
            return false;
    }
    return letter;
}

static void add_text(struct buf *out, const char *text, bool json)
{
    bool quoted = json || !is_plain(str_of(text));
    if (quoted)
        buf_add_char(out, '"');
    if (quoted)
        buf_add_json(out, str_of(text));
    else
        buf_add_text(out, text);
    if (quoted)
        buf_add_char(out, '"');
}

static void add_map(struct buf *out, const struct config_properties *map, bool json)
{
    buf_add_char(out, '{');
    for (size_t i = 0; i < map->count; i++) {
        const struct config_property *property = &map->items[i];
        buf_add_text(out, i == 0 ? "" : json ? "," : ", ");
        add_text(out, property->name, json);
        buf_add_text(out, json ? ":" : ": ");
        add_text(out, config_property_shown(property), json);
    }
    buf_add_char(out, '}');
}

static void add_list(struct buf *out, const struct config_list *list, bool json)
{
    if (list->count != 1 || json)
        buf_add_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_add_text(out, json ? "," : ", ");
        add_text(out, list->items[i], json);
    }
    if (list->count != 1 || json)
        buf_add_char(out, ']');
}

/* One word may hold spaces, so that it stands in a list. */
static void add_words(struct buf *out, const struct config_list *list, bool json)
{
    if (json || list->count != 1) {
        add_list(out, list, json);
        return;
    }
    buf_add_char(out, '[');
    add_list(out, list, json);
    buf_add_char(out, ']');
}

bool config_text_has(const struct config_key *key, const void *base)
{
    const char *value = (const char *)base + key->offset;
    if (key->other || (key->kinds != 0 && (key->kinds >> ((const struct config_source *)base)->kind & 1) == 0))
        return false;
    switch (key->type) {
    case CONFIG_LATER:
    case CONFIG_SOURCES: /* printed by themselves */
    case CONFIG_OUTPUTS:
    case CONFIG_NESTED:
        return false;
    case CONFIG_TEXT:
    case CONFIG_PATH:
        return *(const char *const *)value != NULL;
    case CONFIG_TEXTS:
    case CONFIG_PATHS:
    case CONFIG_WORDS:
        return ((const struct config_list *)value)->count > 0;
    case CONFIG_MAP:
        return ((const struct config_properties *)value)->count > 0;
    case CONFIG_PATTERN:
        return ((const struct config_source *)base)->join == key->mode;
    case CONFIG_CHOICE:
        return key->choices != config_joins || ((const struct config_source *)base)->join_pattern == NULL;
    case CONFIG_SIZE:
    case CONFIG_DURATION:
    case CONFIG_PRIORITY:
    case CONFIG_SLO:
        break;
    }
    return true;
}

void config_text_add(const struct config_key *key, const void *base, bool json, struct buf *out)
{
    const char *value = (const char *)base + key->offset;
    SCOPED(buf) text = BUF(128);
    int64_t amount;
    switch (key->type) {
    case CONFIG_TEXT:
    case CONFIG_PATH:
    case CONFIG_PATTERN:
        add_text(out, *(const char *const *)value, json);
        return;
    case CONFIG_TEXTS:
    case CONFIG_PATHS:
        add_list(out, (const struct config_list *)value, json);
        return;
    case CONFIG_WORDS:
        add_words(out, (const struct config_list *)value, json);
        return;
    case CONFIG_MAP:
        add_map(out, (const struct config_properties *)value, json);
        return;
    case CONFIG_SLO:
        slo_print((const struct slo *)value, json, out);
        return;
    case CONFIG_CHOICE:
        buf_add_text(&text, key->choices[*(const unsigned *)value]);
        break;
    case CONFIG_PRIORITY:
        buf_add_text(&text, config_priorities[*(const int64_t *)value]);
        break;
    case CONFIG_SIZE:
    case CONFIG_DURATION:
        amount = *(const int64_t *)value;
        if (amount == 0)
            buf_add_text(&text, "none");
        else if (key->type == CONFIG_SIZE)
            config_text_add_size(&text, amount);
        else
            config_text_add_duration(&text, amount);
        break;
    case CONFIG_SOURCES:
    case CONFIG_OUTPUTS:
    case CONFIG_NESTED:
    case CONFIG_LATER:
        must(false);
    }
    if (json)
        buf_printf(out, "\"%s\"", text.data);
    else
        buf_add_text(out, text.data); /* "off" is a text here, as it is wherever this is read */
}
