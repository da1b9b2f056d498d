#include "ingest/journal_choice.h"

#include <fnmatch.h>

void journal_choice_name(const struct journal_choice *choice, struct buf *name)
{
    buf_add_text(name, "journal:");
    size_t before = name->size;
    if (choice->file != NULL || choice->directory != NULL)
        buf_add_text(name, choice->file ? choice->file : choice->directory);
    else if (choice->namespace != NULL)
        buf_printf(name, "@%s", choice->namespace);
    for (size_t i = 0; i < choice->unit_count; i++) {
        if (i > 0 || name->size > before)
            buf_add_char(name, i > 0 ? ',' : ':');
        buf_add_text(name, choice->units[i]);
    }
    if (name->size == before)
        buf_add_text(name, "local");
}

/* ---- Units --------------------------------------------------------------------------------------------------------------- */

static bool has_type(struct str unit)
{
    static const struct str types[] = {
        STR(".service"), STR(".socket"), STR(".target"), STR(".device"), STR(".mount"), STR(".automount"),
        STR(".swap"),    STR(".timer"),  STR(".path"),   STR(".slice"),  STR(".scope"),
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_ends(unit, types[i]))
            return true;
    return false;
}

static bool is_unit(const char *asked, struct str value)
{
    if (value.data == NULL)
        return false;
    if (strpbrk(asked, "*?[") != NULL) /* the copy has a NUL behind it */
        return memchr(value.data, '\0', value.size) == NULL && fnmatch(asked, value.data, FNM_NOESCAPE) == 0;
    struct str unit = str_of(asked);
    return str_equal(value, unit) || (!has_type(unit) && value.size == unit.size + STR(".service").size &&
                                      str_starts(value, unit) && str_ends(value, STR(".service")));
}

static bool names_unit(const struct journal_entry *entry, struct str name, const char *asked)
{
    const struct journal_field *field = journal_entry_find(entry, name);
    while (field != NULL && !is_unit(asked, field->value))
        field = journal_entry_next(entry, field);
    return field != NULL;
}

static bool is_about(const struct journal_entry *entry, const char *unit)
{
    if (names_unit(entry, STR("_SYSTEMD_UNIT"), unit) || names_unit(entry, STR("_SYSTEMD_SLICE"), unit))
        return true;
    if (journal_entry_has(entry, STR("_PID"), STR("1")) && names_unit(entry, STR("UNIT"), unit))
        return true;
    if (!journal_entry_has(entry, STR("_UID"), STR("0")))
        return false;
    return names_unit(entry, STR("OBJECT_SYSTEMD_UNIT"), unit) ||
           (journal_entry_has(entry, STR("MESSAGE_ID"), STR("fc2e22bc6ee647b6b90729ab34a250b1")) &&
            names_unit(entry, STR("COREDUMP_UNIT"), unit));
}

static bool takes_unit(const struct journal_choice *choice, const struct journal_entry *entry)
{
    for (size_t i = 0; i < choice->unit_count; i++)
        if (is_about(entry, choice->units[i]))
            return true;
    return choice->unit_count == 0;
}

/* ---- Priority, matches ----------------------------------------------------------------------------------------------------- */

static bool takes_priority(const struct journal_choice *choice, const struct journal_entry *entry)
{
    if (choice->priority >= JOURNAL_PRIORITY_ALL)
        return true;
    const struct journal_field *field = journal_entry_find(entry, STR("PRIORITY"));
    return field != NULL && field->value.size == 1 && field->value.data[0] >= '0' &&
           field->value.data[0] - '0' <= choice->priority;
}

/* One alternative: of each field that it names, one of the values it gives. */
static bool takes_group(const char *const *matches, size_t count, const struct journal_entry *entry)
{
    for (size_t i = 0; i < count; i++) {
        struct str value = str_of(matches[i]), name = str_cut(&value, '=');
        bool any = false;
        for (size_t j = 0; j < count && !any; j++) {
            struct str other_value = str_of(matches[j]), other = str_cut(&other_value, '=');
            any = str_equal(other, name) && journal_entry_has(entry, name, other_value);
        }
        if (!any)
            return false;
    }
    return true;
}

static bool takes_match(const struct journal_choice *choice, const struct journal_entry *entry)
{
    size_t from = 0;
    for (size_t i = 0; i <= choice->match_count; i++) {
        if (i < choice->match_count && strcmp(choice->matches[i], "+") != 0)
            continue;
        if (i > from && takes_group(choice->matches + from, i - from, entry))
            return true;
        from = i + 1;
    }
    return false;
}

bool journal_choice_takes(const struct journal_choice *choice, const char *boot, const struct journal_entry *entry)
{
    return (boot == NULL || strcmp(entry->boot, boot) == 0) && takes_priority(choice, entry) &&
           takes_unit(choice, entry) && (choice->match_count == 0 || takes_match(choice, entry));
}
