/* trace: what a line looks like to somebody who reads stack traces. One line at a time, from its own bytes only; constant
 * time but for the end of the line. Pure functions, any thread.
 *
 *     Python   Traceback (most recent call last):        Java   java.lang.IllegalStateException: no pool
 *                File "app.py", line 3, in main                     at com.example.Pool.take(Pool.java:42)
 *              ValueError: bad                                  Caused by: java.io.IOException: closed
 *     Go       panic: boom                                      ... 12 more
 *              (empty)                                   Node   /srv/app.js:10
 *              goroutine 1 [running]:                               throw new Error("x");
 *              main.main()                                          ^
 *                  /srv/main.go:12 +0x1f                        (empty)
 *              exit status 2                                    Error: x
 *     Ruby     app.rb:3:in `run': bad (RuntimeError)                at main (/srv/app.js:10:9)
 *                  from app.rb:9:in `<main>'                    (empty)
 *     .NET     System.Exception: bad                            Node.js v20.11.0
 *                 at App.Run() in App.cs:line 3          Rust   thread 'main' panicked at src/main.rs:2:5:
 *              --- End of stack trace from previous ...         index out of bounds
 *     PHP      Stack trace:                                     stack backtrace:
 *              #0 /srv/a.php(3): run()                             0: rust_begin_unwind */
#ifndef WINNOW_INGEST_TRACE_H
#define WINNOW_INGEST_TRACE_H

#include <stdbool.h>

#include "base/str.h"

enum trace_line {
    TRACE_OTHER,
    TRACE_EMPTY,         /* nothing, or blanks only */
    TRACE_INDENTED,      /* begins with a blank */
    TRACE_FRAME,         /* the same, and is a frame: at, from, File, ... */
    TRACE_JSON,          /* an object, all on the line */
    TRACE_OPEN,          /* "{", nothing else */
    TRACE_CLOSE,         /* } ] or ), alone or before more of them or , ; */
    TRACE_EXCEPTION,     /* a class of an exception, then a colon or the end */
    TRACE_CAUSE,         /* Caused by:, ... 12 more */
    TRACE_PYTHON,        /* Traceback (most recent call last): */
    TRACE_PYTHON_GROUP,  /* the same of an exception group; begins with blanks */
    TRACE_PYTHON_CHAIN,  /* During handling of the above exception, ... */
    TRACE_PYTHON_THREAD, /* Current thread 0x... (most recent call first): */
    TRACE_PYTHON_NOTE,   /* what SQLAlchemy adds behind the message */
    TRACE_GO_PANIC,
    TRACE_GOROUTINE,
    TRACE_GO_CALL, /* main.f(...) */
    TRACE_GO_NOTE, /* [signal ...], created by ..., exit status 2 */
    TRACE_NODE,    /* /srv/app.js:10 */
    TRACE_NODE_VERSION,
    TRACE_RUBY, /* app.rb:3:in `run' */
    TRACE_DOTNET,
    TRACE_PHP,      /* Stack trace: */
    TRACE_PHP_STEP, /* #0 ..., Next ..., "} */
    TRACE_RUST,
    TRACE_RUST_NOTE,
};

/* line is without its newline and '\r'. */
enum trace_line trace_line_of(struct str line);
/* A name, maybe dotted, then ':' or the end, and no level: what ends a Python traceback. */
bool trace_ends_python(struct str line);
/* Begins with a time stamp, a level or the like: a log line a trace may belong to. */
bool trace_is_header(struct str line);
/* A line of an access log (common, combined, with a virtual host before it or not). */
bool trace_is_access(struct str line);

#endif
