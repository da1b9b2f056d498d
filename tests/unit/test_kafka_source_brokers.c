/* source_kafka: each message once, though brokers go and come. */
#include "tests/unit/kafka_source_case.h"

static void brokers_go_and_come(void **state)
{
    (void)state;
    struct process process;
    produce_lines(0, 100);
    start(&process, "a.db", 0);
    read_until(&process, 100);
    must(rd_kafka_mock_broker_set_down(cluster, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    for (unsigned i = 0; i < 60; i++)
        turn(&process);
    assert_int_not_equal(process.c.told, 0); /* but not each time */
    assert_true(process.c.told < 10);
    must(rd_kafka_mock_broker_set_up(cluster, 1) == RD_KAFKA_RESP_ERR_NO_ERROR);
    produce_lines(100, 200);
    read_until(&process, 200);
    struct process *all[] = {&process};
    check_lines(all, 1, 200);
    stop(&process);
}

int main(void)
{
    const struct CMUnitTest tests[] = {SOURCE_TEST(brokers_go_and_come)};
    return cmocka_run_group_tests(tests, begin, end);
}
