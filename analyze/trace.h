/* trace: what a stack trace in a message is known by: the exception's type and the innermost frame of the application.
 *
 *     Python   Traceback..., File "/srv/shop/orders.py", line 7, in load, KeyError: 'id'       KeyError, orders.py:load
 *     Java     java.lang.IllegalStateException: x, at com.acme.Order.load(Order.java:7)         ..., com.acme.Order.load
 *     Node     TypeError: x, at load (/srv/shop/orders.js:7:3)                                  TypeError, orders.js:load
 *     Go       panic: x, goroutine 1 [running]:, main.load(0x1)                                 main.load
 *
 * Of several exceptions it is the last: Python's final one, Java's innermost cause. Frames of the language and of libraries
 * count only where there is no other. Line numbers are left out: they change with every release. Any thread. */
#ifndef WINNOW_ANALYZE_TRACE_H
#define WINNOW_ANALYZE_TRACE_H

#include <stdbool.h>

#include "base/str.h"

struct trace {
    struct str exception; /* its type, a view; absent when unknown */
    bool in_first_line;   /* the exception is what the message begins with */
    struct str file;      /* the frame's, absent where the function alone tells it */
    struct str function;  /* absent: no frame */
};

/* False when the message, of several lines, has no frames. */
bool trace_of(struct str message, struct trace *ret);

#endif
