/* Text formats: what stands where in a line that is not JSON.
 *
 * text_match names the format and the pieces in order of appearance. It looks only at the line's own bytes: one pass
 * per format that its first bytes allow, no regular expressions, no memory. A value is a view into the line (quotes
 * left out, escapes as they were), never overlapping another; the severity of a syslog <PRI> and of Redis's sign is the one
 * exception, a static digit. A name is static, a key of the line (logfmt), or kept in the text_line (RFC 5424), which
 * therefore must not be copied. Any thread.
 *
 * The piece "message" is what the program's log statement printed; what the logger put before it (or Kafka's behind it) are
 * pieces of their own. Names: timestamp host service pid message level logger client_ip user method path protocol status bytes
 * referer user_agent request_time elapsed_ms server upstream request stream priority msgid request_id query_id trace_id
 * thread process. Also connection and http_host (nginx error log), function and line (loguru, ZooKeeper), database, client_app
 * (PostgreSQL), caller (Go), container_name (docker compose), error_code and category (MySQL), uptime (the kernel, logrus), clock
 * (a time without a date), job (launchd), file, user_id and project_id (OpenStack), span_id (Spring), context (zap), role
 * (Redis), bits (Proxifier), alert, local_time, location, reporter, serial, state and flag (clusters), cache, content_type,
 * frontend, query and port (proxies, IIS). A piece whose value is "-" where that means "none"
 * is left out. Lines with more pieces than TEXT_PIECES_MAX lose the last ones here, never in the stored line. */
#ifndef WINNOW_ANALYZE_TEXT_H
#define WINNOW_ANALYZE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/batch.h"
#include "base/str.h"

enum {
    TEXT_PIECES_MAX = 64,
    TEXT_NAMES_MAX = 4096,
};

struct text_piece {
    struct str name;
    struct str value;
};

struct text_line {
    enum format format;
    uint32_t count;
    struct text_piece pieces[TEXT_PIECES_MAX];
    uint32_t names_size;
    char names[TEXT_NAMES_MAX]; /* the SDID.PARAM names of RFC 5424 */
};

/* False when no format fits: a line of free text without a time stamp or a level is none. Of several lines the first decides;
 * the others belong to the message, or are the piece "continuation" where that does not end the first line. */
bool text_match(struct str line, struct text_line *ret);

#endif
