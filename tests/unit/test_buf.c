#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/scope.h"

static void check_content(const struct buf *buf, struct str expected)
{
    assert_int_equal(buf->size, expected.size);
    assert_memory_equal(buf_str(buf).data, expected.data, expected.size);
    if (buf->data != NULL)
        assert_int_equal(buf->data[buf->size], 0);
}

static void appending(void **state)
{
    (void)state;
    SCOPED(buf) buf = BUF(1000);
    check_content(&buf, STR(""));
    assert_true(buf_add(&buf, "a\0b", 3));
    assert_true(buf_add_str(&buf, STR_ABSENT));
    assert_true(buf_add_str(&buf, STR("cd")));
    assert_true(buf_add_text(&buf, "ef"));
    assert_true(buf_add_char(&buf, '\n'));
    assert_true(buf_printf(&buf, "%s-%d", "x", 42));
    assert_true(buf_add_u64(&buf, UINT64_MAX));
    assert_true(buf_add_i64(&buf, INT64_MIN));
    assert_true(buf_add_i64(&buf, 0));
    check_content(&buf, STR("a\0bcdef\nx-4218446744073709551615-92233720368547758080"));
    buf_reset(&buf);
    check_content(&buf, STR(""));
}

static void grows_to_its_maximum_and_no_further(void **state)
{
    (void)state;
    for (size_t max = 1; max < 300; max++) {
        SCOPED(buf) buf = BUF(max);
        for (size_t i = 0; i < max; i++)
            assert_true(buf_add_char(&buf, 'x'));
        assert_false(buf.full);
        assert_false(buf_add_char(&buf, 'y'));
        assert_true(buf.full);
        assert_int_equal(buf.size, max);
        assert_true(buf.capacity <= max + 1);
        assert_true(buf_add_str(&buf, STR("")));
        assert_true(buf.full);
        buf_reset(&buf);
        assert_false(buf.full);
        assert_true(buf_add_char(&buf, 'z'));
    }
}

/* A write that does not fit leaves what was there, for every kind of write. */
static void writes_all_or_nothing(void **state)
{
    (void)state;
    for (int kind = 0; kind < 7; kind++) {
        SCOPED(buf) buf = BUF(5);
        assert_true(buf_add_text(&buf, "abcd"));
        bool done = true;
        switch (kind) {
        case 0:
            done = buf_add_text(&buf, "xy");
            break;
        case 1:
            done = buf_printf(&buf, "%d", 12);
            break;
        case 2:
            done = buf_add_i64(&buf, -1);
            break;
        case 3:
            done = buf_add_json(&buf, STR("x\n"));
            break;
        case 4:
            done = buf_add_base64(&buf, STR("x"));
            break;
        case 5:
            done = buf_add_varint(&buf, 300);
            break;
        default:
            done = buf_reserve(&buf, 2) != NULL;
            break;
        }
        assert_false(done);
        assert_true(buf.full);
        check_content(&buf, STR("abcd"));
    }
}

static void absurd_sizes_do_not_fit(void **state)
{
    (void)state;
    SCOPED(buf) buf = BUF(100);
    assert_true(buf_add_text(&buf, "abc"));
    assert_null(buf_reserve(&buf, SIZE_MAX));
    assert_null(buf_reserve(&buf, SIZE_MAX - 2));
    assert_false(buf_add_base64(&buf, str_from("x", SIZE_MAX - 1)));
    check_content(&buf, STR("abc"));
}

static void reserving(void **state)
{
    (void)state;
    SCOPED(buf) buf = BUF(1 << 20);
    for (int i = 0; i < 1000; i++) {
        char *at = buf_reserve(&buf, 100);
        assert_non_null(at);
        memset(at, 'a' + i % 26, 100);
        buf.size += 100;
        assert_int_equal(buf.data[buf.size], 0);
    }
    for (size_t i = 0; i < buf.size; i++)
        assert_int_equal(buf.data[i], 'a' + (int)(i / 100 % 26));
}

static void printing_grows(void **state)
{
    (void)state;
    SCOPED(buf) buf = BUF(10000);
    assert_true(buf_printf(&buf, "%s", ""));
    for (int i = 0; i < 100; i++)
        assert_true(buf_printf(&buf, "%063d|", i));
    assert_int_equal(buf.size, 6400);
    assert_memory_equal(buf.data + 6400 - 4, "099|", 4);
}

static void json(void **state)
{
    (void)state;
    static const struct {
        struct str s;
        const char *expected;
    } cases[] = {
        {STR(""), ""},
        {STR("plain"), "plain"},
        {STR("a\"b\\c/"), "a\\\"b\\\\c/"},
        {STR("\b\f\n\r\t"), "\\b\\f\\n\\r\\t"},
        {STR("\0\x01\x1f\x20"), "\\u0000\\u0001\\u001f "},
        {STR("\x1b[31m\x7f\xc2\x9b"), "\\u001b[31m\\u007f\\u009b"},
        {STR("gr\xc3\xbcn \xf0\x9f\x98\x80"), "gr\xc3\xbcn \xf0\x9f\x98\x80"},
        {STR("\xff"
             "a\xc3"),
         "\xef\xbf\xbd"
         "a\xef\xbf\xbd"},
        {STR("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) buf = BUF(1000);
        assert_true(buf_add_json(&buf, cases[i].s));
        assert_string_equal(buf_str(&buf).data, cases[i].expected);
        assert_true(utf8_valid(buf_str(&buf)));
    }
}

static void base64(void **state) /* the vectors of RFC 4648 */
{
    (void)state;
    static const struct {
        struct str s;
        const char *expected;
    } cases[] = {
        {STR(""), ""},
        {STR("f"), "Zg=="},
        {STR("fo"), "Zm8="},
        {STR("foo"), "Zm9v"},
        {STR("foob"), "Zm9vYg=="},
        {STR("fooba"), "Zm9vYmE="},
        {STR("foobar"), "Zm9vYmFy"},
        {STR("\xff\xef\xbe\0"), "/+++AA=="},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) buf = BUF(1000);
        assert_true(buf_add_base64(&buf, cases[i].s));
        assert_string_equal(buf_str(&buf).data, cases[i].expected);
        SCOPED(buf) back = BUF(1000);
        assert_true(buf_add_unbase64(&back, str_of(cases[i].expected)));
        assert_true(str_equal(buf_str(&back), cases[i].s));
    }
    static const char *const none[] = {
        "Z", "Zg", "Zg=", "Zh==", "Zg==Zg==", "====", "Z===", "Zm9v\nZg", "Zm9 ", "Zm9-", "Zm9vZ", "Zm8=Zm8=", "Zm9="};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        SCOPED(buf) buf = BUF(1000);
        assert_true(buf_add_text(&buf, "kept"));
        if (buf_add_unbase64(&buf, str_of(none[i])))
            fail_msg("'%s'", none[i]);
        assert_string_equal(buf_str(&buf).data, "kept");
    }
}

static void varints(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        struct str bytes;
    } cases[] = {
        {0, STR("\0")},         {1, STR("\x01")},       {127, STR("\x7f")},
        {128, STR("\x80\x01")}, {300, STR("\xac\x02")}, {UINT64_MAX, STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) buf = BUF(20);
        assert_true(buf_add_varint(&buf, cases[i].value));
        check_content(&buf, cases[i].bytes);
        assert_true(buf_add_text(&buf, "rest"));
        struct str s = buf_str(&buf);
        uint64_t value = 42;
        assert_true(str_take_varint(&s, &value));
        assert_true(value == cases[i].value);
        assert_true(str_equal(s, STR("rest")));
    }
}

static void zigzags(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        size_t size;
    } cases[] = {{0, 1}, {-1, 1}, {1, 1}, {-64, 1}, {63, 1}, {64, 2}, {-65, 2}, {INT64_MAX, 10}, {INT64_MIN, 10}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(buf) buf = BUF(20);
        assert_true(buf_add_zigzag(&buf, cases[i].value));
        assert_int_equal(buf.size, cases[i].size);
        struct str s = buf_str(&buf);
        int64_t value = 42;
        assert_true(str_take_zigzag(&s, &value));
        assert_true(value == cases[i].value);
        assert_int_equal(s.size, 0);
    }
}

static void damaged_varints(void **state)
{
    (void)state;
    static const struct str cases[] = {
        STR_ABSENT,
        STR(""),
        STR("\x80"),
        STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff"),         /* cut short */
        STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),     /* 65 bits */
        STR("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), /* 11 bytes */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str s = cases[i];
        uint64_t value = 42;
        int64_t number = 42;
        assert_false(str_take_varint(&s, &value));
        assert_false(str_take_zigzag(&s, &number));
        assert_true(value == 42 && number == 42);
        assert_ptr_equal(s.data, cases[i].data);
        assert_int_equal(s.size, cases[i].size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appending),
        cmocka_unit_test(grows_to_its_maximum_and_no_further),
        cmocka_unit_test(writes_all_or_nothing),
        cmocka_unit_test(absurd_sizes_do_not_fit),
        cmocka_unit_test(reserving),
        cmocka_unit_test(printing_grows),
        cmocka_unit_test(json),
        cmocka_unit_test(base64),
        cmocka_unit_test(varints),
        cmocka_unit_test(zigzags),
        cmocka_unit_test(damaged_varints),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
