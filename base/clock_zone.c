#include "base/clock_zone.h"

#include <string.h>

enum { LETTERS_MAX = 5, AMBIGUOUS = 10000 };

struct zone_name {
    char name[LETTERS_MAX + 1];
    int minutes; /* east of UTC */
};

/* The tz database's abbreviations that mean one offset, and the zones of RFC 5322 section 4.3. All end with T, C or K. */
static const struct zone_name zone_names[] = {
    {"UTC", 0},         {"GMT", 0},         {"UT", 0},          {"CET", 60},        {"CEST", 120},
    {"EST", -300},      {"EDT", -240},      {"CDT", -300},      {"MST", -420},      {"MDT", -360},
    {"PST", -480},      {"PDT", -420},      {"WET", 0},         {"WEST", 60},       {"MET", 60},
    {"MEST", 120},      {"EET", 120},       {"EEST", 180},      {"MSK", 180},       {"AKST", -540},
    {"AKDT", -480},     {"HST", -600},      {"HDT", -540},      {"NST", -210},      {"NDT", -150},
    {"ADT", -180},      {"IDT", 180},       {"SAST", 120},      {"CAT", 120},       {"EAT", 180},
    {"WAT", 60},        {"PKT", 300},       {"HKT", 480},       {"SGT", 480},       {"AWST", 480},
    {"JST", 540},       {"KST", 540},       {"ACST", 570},      {"ACDT", 630},      {"AEST", 600},
    {"AEDT", 660},      {"NZST", 720},      {"NZDT", 780},      {"CST", AMBIGUOUS}, {"IST", AMBIGUOUS},
    {"BST", AMBIGUOUS}, {"AST", AMBIGUOUS}, {"GST", AMBIGUOUS}, {"SST", AMBIGUOUS},
};

/* The offset the process's zone has under that name at that reading; also for the second of a doubled hour. */
static bool own_zone_offset(const struct clock_civil *civil, const char *name, int *ret_seconds)
{
    int64_t first_us = clock_from_civil(civil);
    for (int hour = 0; hour < 2; hour++) {
        if (clock_offset_named(first_us / TIME_SECOND + 3600 * hour, name, ret_seconds))
            return true;
    }
    return false;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_word(char c)
{
    return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || memchr("_-+/.=", c, 6);
}

size_t clock_zone_name(struct str text, const struct clock_civil *civil, int *ret_offset_seconds)
{
    size_t size = 0;
    while (size < text.size && size <= LETTERS_MAX && is_upper(text.data[size]))
        size++;
    if (size < 2 || size > LETTERS_MAX || !memchr("TCK", text.data[size - 1], 3)) /* "INFO", "WARN", "ERROR" end here */
        return 0;
    if (size < text.size && is_word(text.data[size]))
        return 0;
    char name[LETTERS_MAX + 1] = {0};
    memcpy(name, text.data, size);
    for (size_t i = 0; i < sizeof zone_names / sizeof *zone_names; i++) {
        if (memcmp(zone_names[i].name, name, sizeof name) != 0)
            continue;
        *ret_offset_seconds = zone_names[i].minutes * 60;
        return zone_names[i].minutes != AMBIGUOUS || own_zone_offset(civil, name, ret_offset_seconds) ? size : 0;
    }
    return 0;
}
