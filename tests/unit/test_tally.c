/* tally and progress: what is counted and how it is shown. */
#include "ingest/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/scope.h"
#include "base/progress.h"

static void numbers(void **unused)
{
    (void)unused;
    char text[AMOUNT_TEXT_MAX];
    assert_string_equal(amount_number(0, text), "0");
    assert_string_equal(amount_number(999, text), "999");
    assert_string_equal(amount_number(1000, text), "1,000");
    assert_string_equal(amount_number(1234567, text), "1,234,567");
    assert_string_equal(amount_number(UINT64_MAX, text), "18,446,744,073,709,551,615");
    assert_string_equal(amount_size(512, text), "512 bytes");
    assert_string_equal(amount_size(100e6, text), "100.0 MB");
    assert_string_equal(amount_size(1.8446744e19, text), "18446744000.00 GB");
}

static void add(struct batch *batch, const char *raw, uint8_t flags, uint8_t kinds)
{
    batch_add(batch, str_of(raw), flags);
    batch->records[batch->record_count - 1].kinds = kinds;
    batch->records[batch->record_count - 1].flags = flags;
}

static void counting(void **unused)
{
    (void)unused;
    struct batch *batch = batch_new();
    batch_run_begin(batch, 1, 0, 0);
    add(batch, "abc", 0, KIND_AUTH_FAILURE | KIND_ERROR);
    add(batch, "", RECORD_UNPARSED, 0);
    add(batch, "long", RECORD_PIECE | RECORD_NO_NEWLINE | RECORD_UNPARSED, 0);
    add(batch, "er", RECORD_UNPARSED, KIND_DENIAL);
    add(batch, "end", RECORD_TAIL | RECORD_NO_NEWLINE, KIND_ERROR);
    struct tally tally = {.skipped_lines = 7, .seconds = 0.71049, .sources = 3};
    tally_add(&tally, batch);
    batch_free(batch);
    struct out out;
    out_init(&out, STDOUT_FILENO);
    tally_print_json(&tally, &out);
    assert_string_equal(buf_str(&out.buf).data,
                        "{\"lines\":4,\"bytes\":15,\"unparsed\":2,\"auth_failures\":1,\"auth_successes\":0,"
                        "\"rate_limits\":0,\"denials\":1,\"errors\":2,\"skipped_lines\":7,\"seconds\":0.710}\n");
    buf_reset(&out.buf);
    tally_print_text(&tally, &out);
    assert_string_equal(buf_str(&out.buf).data,
                        "4 lines (15 bytes) from 3 sources in 0.71 s\n1 auth failure · 1 denial · 2 errors · "
                        "2 lines of no known format · 7 lines were already stored\n");
    buf_reset(&out.buf);
    tally_print_text(&(struct tally){.count = {.lines = 233460, .bytes = 100000000}, .sources = 1, .seconds = 0.5},
                     &out);
    assert_string_equal(buf_str(&out.buf).data, "233,460 lines (100.0 MB) from 1 source in 0.50 s, 200.0 MB/s\n");
    out_release(&out);
}

static void progress_lines(void **unused)
{
    (void)unused;
    SCOPED(buf) line = BUF(1000);
    progress_line(&line, 100, 50000000, 200000000, 50000000, 1, STR("/var/log/\x1b[31m.log"));
    assert_string_equal(line.data, "50.0 MB of 200.0 MB · 25% · 50.0 MB/s · 0:03 left · /var/log/?[31m.log");
    buf_reset(&line);
    progress_line(&line, 63, 50000000, 200000000, 50000000, 1, STR("/var/log/nginx/access.log"));
    assert_string_equal(line.data, "50.0 MB of 200.0 MB · 25% · 50.0 MB/s · 0:03 left · …access.log");
    buf_reset(&line);
    progress_line(&line, 30, 50000000, 0, 0, 0, STR("-"));
    assert_string_equal(line.data, "50.0 MB · -");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(counting),
        cmocka_unit_test(progress_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
