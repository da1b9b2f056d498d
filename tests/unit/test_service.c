/* service: what a service manager is told, and how signals come to the loop. */
#include "ingest/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/must.h"
#include "tests/unit/scratch.h"

/* The service manager's end. */
static int manager;

static int enter(void **unused)
{
    scratch_enter(unused);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%.90s/notify", scratch_path);
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    must(manager >= 0 && bind(manager, (struct sockaddr *)&address, sizeof address) == 0);
    must(setenv("NOTIFY_SOCKET", address.sun_path, 1) == 0);
    must(unsetenv("WATCHDOG_USEC") == 0 && unsetenv("WATCHDOG_PID") == 0);
    return 0;
}

static int leave(void **unused)
{
    close(manager);
    must(unsetenv("NOTIFY_SOCKET") == 0 && unsetenv("WATCHDOG_USEC") == 0 && unsetenv("WATCHDOG_PID") == 0);
    return scratch_leave(unused);
}

/* The next message begins with text; NULL: there is none. */
static void told(const char *text)
{
    char message[1024];
    ssize_t size = recv(manager, message, sizeof message - 1, 0);
    if (text == NULL) {
        assert_int_equal(size, -1);
        return;
    }
    assert_true(size > 0);
    message[size] = '\0';
    message[strlen(text) < (size_t)size ? strlen(text) : (size_t)size] = '\0';
    assert_string_equal(message, text);
}

static void tells_its_states(void **unused)
{
    (void)unused;
    SCOPED(service) service = {.fd = -1};
    assert_true(service_begin(&service, NULL));
    told(NULL);
    service_ready(&service);
    told("READY=1");
    service_reloading(&service);
    told("RELOADING=1\nMONOTONIC_USEC=");
    service_stopping(&service);
    told("STOPPING=1");
    told(NULL);
    assert_true(service_due_us(&service) == INT64_MAX);
}

static void tells_at_most_one_status_a_second_and_the_newest(void **unused)
{
    (void)unused;
    SCOPED(service) service = {.fd = -1};
    assert_true(service_begin(&service, NULL));
    int64_t now_us = 1000 * TIME_SECOND;
    service_status(&service, now_us, "%d sources\nREADY=1", 2);
    told("STATUS=2 sources READY=1");
    service_status(&service, now_us + 1, "three");
    service_status(&service, now_us + 2, "four");
    told(NULL);
    assert_true(service_due_us(&service) == now_us + TIME_SECOND);
    service_tick(&service, now_us + TIME_SECOND - 1);
    told(NULL);
    service_tick(&service, now_us + TIME_SECOND);
    told("STATUS=four");
    service_status(&service, now_us + 9 * TIME_SECOND, "four");
    told(NULL);
    assert_true(service_due_us(&service) == INT64_MAX);
}

static void gives_the_watchdog_a_sign_of_life_at_half_time(void **unused)
{
    (void)unused;
    must(setenv("WATCHDOG_USEC", "10000000", 1) == 0);
    SCOPED(service) service = {.fd = -1};
    assert_true(service_begin(&service, NULL));
    int64_t now_us = service_due_us(&service);
    assert_true(now_us <= service_now_us());
    service_tick(&service, now_us);
    told("WATCHDOG=1");
    service_tick(&service, now_us + 5 * TIME_SECOND - 1);
    told(NULL);
    assert_true(service_due_us(&service) == now_us + 5 * TIME_SECOND);
    service_tick(&service, now_us + 5 * TIME_SECOND);
    told("WATCHDOG=1");
}

static void needs_no_service_manager(void **unused)
{
    (void)unused;
    must(unsetenv("NOTIFY_SOCKET") == 0);
    SCOPED(service) service = {.fd = -1};
    assert_true(service_begin(&service, NULL));
    service_ready(&service);
    service_status(&service, 0, "fine");
    service_tick(&service, TIME_SECOND);
    assert_false(service_stop_asked(&service));
    told(NULL);
}

static bool readable(const struct service *service)
{
    struct pollfd wait = {.fd = service_descriptor(service), .events = POLLIN};
    return poll(&wait, 1, 0) == 1;
}

static void signals_come_out_of_the_descriptor(void **unused)
{
    (void)unused;
    {
        SCOPED(service) service = {.fd = -1};
        assert_int_equal(service_descriptor(&service), -1);
        assert_true(service_begin(&service, NULL));
        assert_false(readable(&service));
        must(kill(getpid(), SIGHUP) == 0);
        assert_true(readable(&service));
        assert_false(service_reload_asked(&service));
        service_tick(&service, 0);
        assert_false(readable(&service));
        assert_true(service_reload_asked(&service));
        assert_false(service_reload_asked(&service));
        assert_false(service_stop_asked(&service));
        must(kill(getpid(), SIGTERM) == 0 && kill(getpid(), SIGINT) == 0);
        service_tick(&service, 0);
        assert_true(service_stop_asked(&service));
        service_tick(&service, 0);
        assert_true(service_stop_asked(&service));
    }
    sigset_t after;
    must(sigprocmask(SIG_SETMASK, NULL, &after) == 0);
    assert_int_equal(sigismember(&after, SIGHUP) + sigismember(&after, SIGINT) + sigismember(&after, SIGTERM), 0);
}

static void a_second_stop_ends_the_process(void **unused)
{
    (void)unused;
    pid_t child = fork();
    must(child >= 0);
    if (child == 0) {
        struct service service;
        must(service_begin(&service, NULL));
        (void)raise(SIGINT);
        service_tick(&service, 0);
        if (service_stop_asked(&service))
            (void)raise(SIGTERM);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_its_states, enter, leave),
        cmocka_unit_test_setup_teardown(tells_at_most_one_status_a_second_and_the_newest, enter, leave),
        cmocka_unit_test_setup_teardown(gives_the_watchdog_a_sign_of_life_at_half_time, enter, leave),
        cmocka_unit_test_setup_teardown(needs_no_service_manager, enter, leave),
        cmocka_unit_test_setup_teardown(signals_come_out_of_the_descriptor, enter, leave),
        cmocka_unit_test_setup_teardown(a_second_stop_ends_the_process, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
