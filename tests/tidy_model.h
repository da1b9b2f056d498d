/* What clang-tidy cannot see, because it looks at one file at a time: err_set and err_within always return false, so
 * `return err_set(...)` is a failure. Included by tests/tidy before each file but base/err.c. */
#ifndef WINNOW_TESTS_TIDY_MODEL_H
#define WINNOW_TESTS_TIDY_MODEL_H

#include "base/err.h"

#define err_set(...) ((void)err_set(__VA_ARGS__), false)
#define err_within(...) ((void)err_within(__VA_ARGS__), false)

#endif
