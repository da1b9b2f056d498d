/* journal_entry, journal_choice: what line an entry becomes, and which entries are chosen. */
#include "ingest/journal_entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ingest/journal_choice.h"

static const char boot[] = "0123456789abcdef0123456789abcdef";

enum { FIELDS = 8 };

static void fill(struct journal_entry *entry, const struct str fields[FIELDS])
{
    journal_entry_reset(entry);
    entry->cursor = "s=1;i=2";
    entry->realtime_us = 7;
    entry->monotonic_us = 8;
    memcpy(entry->boot, boot, sizeof boot);
    for (size_t i = 0; i < FIELDS && fields[i].data != NULL; i++)
        journal_entry_add(entry, fields[i]);
}

#define HEAD                                                                                                           \
    "{\"__CURSOR\":\"s=1;i=2\",\"__REALTIME_TIMESTAMP\":\"7\",\"__MONOTONIC_TIMESTAMP\":\"8\","                        \
    "\"_BOOT_ID\":\"0123456789abcdef0123456789abcdef\""

static const struct {
    const char *name;
    struct str fields[FIELDS];
    const char *line;
    bool cut;
} lines[] = {
    {"none", {STR_ABSENT}, HEAD "}", false},
    {"order", {STR("B=2"), STR("A=1")}, HEAD ",\"B\":\"2\",\"A\":\"1\"}", false},
    {"empty value, '=' in it", {STR("A="), STR("B=x=y")}, HEAD ",\"A\":\"\",\"B\":\"x=y\"}", false},
    {"repeated",
     {STR("A=1"), STR("B=x"), STR("A=2"), STR("A=1")},
     HEAD ",\"A\":[\"1\",\"2\",\"1\"],\"B\":\"x\"}",
     false},
    {"escapes", {STR("A=\"\\\n\t\x1b[1m\r")}, HEAD ",\"A\":\"\\\"\\\\\\n\\t\\u001b[1m\\r\"}", false},
    {"UTF-8", {STR("A=gr\xc3\xbc\xc3\x9f")}, HEAD ",\"A\":\"gr\xc3\xbc\xc3\x9f\"}", false},
    {"NUL in text", {STR("A=a\0b")}, HEAD ",\"A\":\"a\\u0000b\"}", false},
    {"not UTF-8", {STR("A=a\xff\0")}, HEAD ",\"A\":[97,255,0]}", false},
    {"repeated, not UTF-8", {STR("A=\xc3"), STR("A=x")}, HEAD ",\"A\":[[195],\"x\"]}", false},
    {"message not UTF-8",
     {STR("MESSAGE=gr\xfc\xdf"), STR("A=1")},
     HEAD ",\"MESSAGE\":[103,114,252,223],\"__MESSAGE_TEXT\":\"gr\xef\xbf\xbd\xef\xbf\xbd\",\"A\":\"1\"}",
     false},
    {"its boot", {STR("_BOOT_ID=0123456789abcdef0123456789abcdef"), STR("A=1")}, HEAD ",\"A\":\"1\"}", false},
    {"another boot", {STR("_BOOT_ID=00")}, HEAD ",\"_BOOT_ID\":\"00\"}", false},
    {"no field", {STR("nothing"), STR("=x"), STR("A=1")}, HEAD ",\"A\":\"1\"}", true},
};

static void entries_become_lines(void **unused)
{
    (void)unused;
    struct journal_entry entry = {0};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        fill(&entry, lines[i].fields);
        struct buf line = BUF(JOURNAL_LINE_BYTES_MAX);
        journal_entry_line(&entry, &line);
        if (strcmp(line.data, lines[i].line) != 0)
            fail_msg("%s: %s", lines[i].name, line.data);
        assert_int_equal(entry.cut, lines[i].cut);
        buf_release(&line);
    }
    journal_entry_release(&entry);
}

/* The worst a hostile file can hold fits the line's maximum, and is told. */
static void limits_hold(void **unused)
{
    (void)unused;
    struct journal_entry entry = {0};
    char *value = malloc(JOURNAL_FIELD_BYTES_MAX + 3);
    assert_non_null(value);
    memset(value, 1, JOURNAL_FIELD_BYTES_MAX + 3);
    value[0] = 'A';
    value[1] = '=';
    fill(&entry, (struct str[FIELDS]){STR_ABSENT});
    journal_entry_add(&entry, str_from(value, JOURNAL_FIELD_BYTES_MAX + 2));
    assert_false(entry.cut);
    journal_entry_add(&entry, str_from(value, JOURNAL_FIELD_BYTES_MAX + 3));
    assert_true(entry.cut);
    assert_null(entry.fields[1].value.data);
    journal_entry_add(&entry, str_from(value, JOURNAL_FIELD_BYTES_MAX + 2));
    assert_int_equal(entry.bytes, JOURNAL_ENTRY_BYTES_MAX);
    for (unsigned i = 0; i < JOURNAL_FIELDS_MAX; i++) {
        char field[80];
        int size = snprintf(field, sizeof field, "%060u=x", i);
        journal_entry_add(&entry, str_from(field, (size_t)size));
    }
    assert_int_equal(entry.count, JOURNAL_FIELDS_MAX);
    struct buf line = BUF(JOURNAL_LINE_BYTES_MAX);
    journal_entry_line(&entry, &line);
    assert_true(line.size > 6UL * JOURNAL_ENTRY_BYTES_MAX);
    buf_release(&line);
    journal_entry_release(&entry);
    free(value);
}

/* ---- Choosing ------------------------------------------------------------------------------------------------------------ */

static const struct str sshd[FIELDS] = {STR("_SYSTEMD_UNIT=ssh.service"),
                                        STR("PRIORITY=6"),
                                        STR("_UID=1000"),
                                        STR("_SYSTEMD_SLICE=system.slice"),
                                        STR("A=1"),
                                        STR("A=2"),
                                        STR("B=x")};
static const struct str manager[FIELDS] = {STR("_SYSTEMD_UNIT=init.scope"), STR("_PID=1"), STR("UNIT=ssh.service"),
                                           STR("PRIORITY=3"), STR("_UID=0")};
static const struct str liar[FIELDS] = {STR("_SYSTEMD_UNIT=x.service"), STR("_PID=7"), STR("UNIT=ssh.service"),
                                        STR("OBJECT_SYSTEMD_UNIT=ssh.service"), STR("_UID=1000")};
static const struct str object[FIELDS] = {STR("OBJECT_SYSTEMD_UNIT=ssh.service"), STR("_UID=0"), STR("PRIORITY=x")};
static const struct str core[FIELDS] = {STR("MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1"), STR("_UID=0"),
                                        STR("COREDUMP_UNIT=ssh.service"), STR("PRIORITY=2")};

#define WORDS(...)                                                                                                     \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
static const struct {
    const char *name;
    size_t units, matches;
    const char *const *unit, *const *match;
    int priority;
    const char *boot;
    unsigned taken; /* bits: sshd, manager, liar, object, core */
} choices[] = {
    {"all", 0, 0, NULL, NULL, 7, NULL, 31},
    {"unit", 1, 0, WORDS("ssh.service"), NULL, 7, NULL, 27},
    {"unit without its type", 1, 0, WORDS("ssh"), NULL, 7, NULL, 27},
    {"no prefix", 1, 0, WORDS("ss"), NULL, 7, NULL, 0},
    {"pattern", 1, 0, WORDS("s*.service"), NULL, 7, NULL, 27},
    {"pattern for whole names", 1, 0, WORDS("s?h"), NULL, 7, NULL, 0},
    {"any of several", 2, 0, WORDS("x.service", "nothing"), NULL, 7, NULL, 4},
    {"slice", 1, 0, WORDS("system.slice"), NULL, 7, NULL, 1},
    {"priority", 0, 0, NULL, NULL, 6, NULL, 19},
    {"worse", 0, 0, NULL, NULL, 3, NULL, 18},
    {"worst", 0, 0, NULL, NULL, 0, NULL, 0},
    {"match", 0, 1, NULL, WORDS("A=2"), 7, NULL, 1},
    {"match of a whole value", 0, 1, NULL, WORDS("A="), 7, NULL, 0},
    {"same field: any", 0, 2, NULL, WORDS("A=7", "A=1"), 7, NULL, 1},
    {"different fields: all", 0, 2, NULL, WORDS("A=1", "B=y"), 7, NULL, 0},
    {"alternatives", 0, 4, NULL, WORDS("A=1", "B=y", "+", "_PID=7"), 7, NULL, 4},
    {"unit and match", 1, 1, WORDS("ssh"), WORDS("_UID=0"), 7, NULL, 26},
    {"this boot", 0, 0, NULL, NULL, 7, boot, 31},
    {"another boot", 0, 0, NULL, NULL, 7, "ff", 0},
};

static void entries_are_chosen(void **unused)
{
    (void)unused;
    static const struct str *const all[] = {sshd, manager, liar, object, core};
    struct journal_entry entry = {0};
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        struct journal_choice choice = {.units = choices[i].unit,
                                        .unit_count = choices[i].units,
                                        .matches = choices[i].match,
                                        .match_count = choices[i].matches,
                                        .priority = choices[i].priority};
        unsigned taken = 0;
        for (unsigned k = 0; k < 5; k++) {
            fill(&entry, all[k]);
            taken |= (unsigned)journal_choice_takes(&choice, choices[i].boot, &entry) << k;
        }
        if (taken != choices[i].taken)
            fail_msg("%s: %u", choices[i].name, taken);
    }
    journal_entry_release(&entry);
}

static void sources_are_named(void **unused)
{
    (void)unused;
    const struct {
        struct journal_choice choice;
        const char *name;
    } cases[] = {
        {{.priority = 3}, "journal:local"},
        {{.units = WORDS("a", "b-*"), .unit_count = 2}, "journal:a,b-*"},
        {{.directory = "/j"}, "journal:/j"},
        {{.directory = "/j", .units = WORDS("a", "b"), .unit_count = 2}, "journal:/j:a,b"},
        {{.file = "/j/x.journal"}, "journal:/j/x.journal"},
        {{.namespace = "n"}, "journal:@n"},
        {{.namespace = "n", .units = WORDS("a"), .unit_count = 1}, "journal:@n:a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf name = BUF(100);
        journal_choice_name(&cases[i].choice, &name);
        assert_string_equal(name.data, cases[i].name);
        buf_release(&name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_become_lines),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(entries_are_chosen),
        cmocka_unit_test(sources_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
