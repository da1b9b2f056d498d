/* Preloaded into the unit tests that ThreadSanitizer is not asked about: one that starts a thread all the same ends at once. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    void *found = dlsym(RTLD_NEXT, "pthread_create");
    memcpy(&next, &found, sizeof next);
    if (strncmp(program_invocation_short_name, "test_", 5) != 0) /* a program that the test has started */
        return next(thread, attributes, run, argument);
    fprintf(stderr, "%s starts a thread: it belongs into `threaded` of cmake/tests.cmake\n",
            program_invocation_short_name);
    abort();
}
