/* SLOW_BUILD is 1 under a sanitizer: tests then take smaller inputs and measure no times. */
#ifndef WINNOW_TESTS_UNIT_SLOW_BUILD_H
#define WINNOW_TESTS_UNIT_SLOW_BUILD_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOW_BUILD 1
#endif
#endif
#ifndef SLOW_BUILD
#define SLOW_BUILD 0
#endif

#endif
