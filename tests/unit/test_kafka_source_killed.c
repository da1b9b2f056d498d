/* source_kafka: each message once, though it is killed at its commits. */
#include "tests/unit/kafka_source_case.h"

static void once_though_killed(void **state)
{
    (void)state;
    struct process process;
    produce_lines(0, 400);
    for (uint64_t commits = 1; commits <= 3; commits++) {
        start(&process, "a.db", commits);
        if (commits == 2)
            produce_lines(400, 600);
        read_until(&process, 600);
        stop(&process);
    }
    produce_lines(600, 700);
    start(&process, "a.db", 0);
    read_until(&process, 700);
    for (unsigned i = 0; i < 20; i++)
        turn(&process);
    struct process *all[] = {&process};
    check_lines(all, 1, 700);
    stop(&process);
}

int main(void)
{
    const struct CMUnitTest tests[] = {SOURCE_TEST(once_though_killed)};
    return cmocka_run_group_tests(tests, begin, end);
}
