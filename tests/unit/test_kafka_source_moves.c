/* source_kafka: each message once, though partitions move to another consumer and back. */
#include "tests/unit/kafka_source_case.h"

static bool is_everywhere(struct process *a, struct process *b, unsigned count)
{
    bool *found = mem_alloc(count * sizeof *found);
    struct process *all[] = {a, b};
    unsigned missing = count;
    for (size_t i = 0; i < 2; i++) {
        SCOPED(buf) dump = BUF(16 << 20);
        kafka_case_dump(&all[i]->c, &dump);
        for (struct str rest = buf_str(&dump); rest.size > 0;) {
            struct str line = str_cut(&rest, '\n');
            uint64_t number;
            assert_true(str_to_u64(str_slice(line, line.size - 6, line.size), &number) && number < count);
            missing -= !found[number];
            found[number] = true;
        }
    }
    free(found);
    return missing == 0;
}

/* Two share the partitions, then one leaves. The cluster lets a session end where brokers let its partitions move in order, and forgets
 * offsets with it, so that one may begin with what the other has; no store has a line twice, and none is lost. */
static void partitions_move(void **state)
{
    (void)state;
    struct process a, b;
    produce_lines(0, 200);
    start(&a, "a.db", 0);
    read_until(&a, 200);
    start(&b, "b.db", 0);
    unsigned produced = 200;
    int64_t until_us = service_now_us() + WAIT_S * TIME_SECOND;
    while (records(&b) < 50 && service_now_us() < until_us) {
        produce_lines(produced, produced + 8);
        produced += 8;
        for (unsigned i = 0; i < 4; i++) {
            turn(&a);
            turn(&b);
        }
    }
    assert_true(records(&b) >= 50);
    source_kafka_free(a.source);
    a.source = NULL;
    produce_lines(produced, produced + 100);
    produced += 100;
    until_us = service_now_us() + WAIT_S * TIME_SECOND;
    while (!is_everywhere(&a, &b, produced) && service_now_us() < until_us)
        for (unsigned i = 0; i < 10; i++)
            turn(&b);
    struct process *all[] = {&a, &b};
    check_lines(all, 2, produced);
    stop(&a);
    stop(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {SOURCE_TEST(partitions_move)};
    return cmocka_run_group_tests(tests, begin, end);
}
