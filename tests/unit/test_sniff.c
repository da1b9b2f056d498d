/* sniff: what is no log, and what must not be taken for something else. */
#include "ingest/sniff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    struct str head;
    const char *what; /* NULL: may be a log */
} cases[] = {
    {STR(""), NULL},
    {STR("plain text\n"), NULL},
    {STR("{\"a\":1}\n"), NULL},
    {STR("\x1b[31mcolours\x1b[0m\t\r\n\f\b"), NULL},
    {STR("gr\xc3\xbc\xc3\x9f"
         "e \xe2\x82\xac\n"),
     NULL},
    {STR("latin 1: gr\xfc\xdf"
         "e and so on\n"),
     NULL},
    {STR("a few NULs at the end of it \0\0\0\0"), NULL},
    {STR("user1AY&SY logged in"), NULL},
    {STR("PKG installed\n"), NULL},
    {STR("BZh is how it begins"), NULL},
    {STR("\0\0\0\0abcd"), "binary data"},
    {STR("\xff\xfe\xfd\xfc"
         "ab"),
     "binary data"},
    {STR("h\0e\0l\0l\0o\0"), "binary data"},
    {STR("\x7f"
         "ELF\x02\x01\x01"),
     "an ELF program"},
    {STR("PK\x03\x04plain enough behind it"), "a zip archive"},
    {STR("\xfd"
         "7zXZ\0text text text"),
     "xz data"},
    {STR("\x28\xb5\x2f\xfdtext text text text"), "zstd data"},
    {STR("BZh91AY&SYtext"), "bzip2 data"},
    {STR("SQLite format 3\0text"), "an SQLite database"},
    {STR("LPKSHHRHtext text"), "a systemd journal"},
    {STR("%PDF-1.7\ntext"), "a PDF document"},
    {STR("\x89PNG\r\n\x1a\ntext text text"), "a PNG picture"},
};

static void beginnings(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sniff *sniff = sniff_bytes(cases[i].head);
        assert_string_equal(sniff ? sniff->what : "a log", cases[i].what ? cases[i].what : "a log");
    }
}

static void tar(void **unused)
{
    (void)unused;
    char head[512];
    memset(head, 'x', sizeof head);
    assert_null(sniff_bytes(str_from(head, sizeof head)));
    memcpy(head + 257, "ustar", 5);
    assert_string_equal(sniff_bytes(str_from(head, sizeof head))->what, "a tar archive");
    assert_null(sniff_bytes(str_from(head, 261))); /* too short to tell */
}

/* Every byte alone, so that the table and the limit of 30 % cannot both be wrong unseen. */
static void single_bytes(void **unused)
{
    (void)unused;
    for (unsigned byte = 0; byte < 256; byte++) {
        char c = (char)byte;
        bool text = (byte >= 0x20 && byte < 0x7f) || (c != '\0' && strchr("\t\n\r\f\b\x1b", c) != NULL);
        assert_int_equal(sniff_bytes(str_from(&c, 1)) == NULL, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beginnings),
        cmocka_unit_test(tar),
        cmocka_unit_test(single_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
