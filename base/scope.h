/* SCOPED(buf) line; releases `line` with buf_release() when the scope ends, on every path, so no function needs goto.
 * SCOPED_FREE(store) *s = NULL; frees an object with store_free(): the type declares it with SCOPE_FREE(store).
 * The variable must be initialised where it is declared. */
#ifndef WINNOW_BASE_SCOPE_H
#define WINNOW_BASE_SCOPE_H

#define SCOPED(type) __attribute__((cleanup(type##_release))) struct type
#define SCOPED_FREE(type) __attribute__((cleanup(type##_scope_free))) struct type

/* Declares the cleanup of a heap object: TYPE_free(struct TYPE *) must exist and accept NULL. */
#define SCOPE_FREE(type)                                                                                               \
    static inline void type##_scope_free(struct type **object)                                                         \
    {                                                                                                                  \
        type##_free(*object);                                                                                          \
    }

#endif
