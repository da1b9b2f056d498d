/* librdkafka's texts:
 *
 *     [PROTOCOL://]HOST:PORT/ID: WHAT (after 3ms in state CONNECT, 72 identical error(s) suppressed)
 *
 * ID is a number or "bootstrap"; of a connection refused WHAT is "Connect to ipv4#ADDRESS failed: WHY". Others have none of this. */
#include "ingest/kafka_reason.h"

#include "base/str.h"

static struct str without_counters(struct str text)
{
    size_t at = str_find(text, STR(" (after "));
    bool counters =
        at != STR_NONE && str_find(str_from(text.data + at, text.size - at), STR("ms in state ")) != STR_NONE;
    return counters ? str_from(text.data, at) : text;
}

/* HOST:PORT of HOST:PORT/ID, or absent when it is none. */
static struct str address_of(struct str name)
{
    size_t protocol = str_find(name, STR("://"));
    if (protocol != STR_NONE)
        name = str_from(name.data + protocol + 3, name.size - protocol - 3);
    size_t slash = str_find_char(name, '/');
    if (slash == STR_NONE || slash == 0 || str_find_char(name, ' ') != STR_NONE)
        return STR_ABSENT;
    return str_from(name.data, slash);
}

void kafka_reason(const char *text, struct err *err)
{
    struct str whole = without_counters(str_of(text));
    size_t colon = str_find(whole, STR(": "));
    struct str address = colon != STR_NONE ? address_of(str_from(whole.data, colon)) : STR_ABSENT;
    if (address.data == NULL) {
        err_set(err, ERR_IO, 0, "%.*s", STR_ARG(whole));
        return;
    }
    struct str what = str_from(whole.data + colon + 2, whole.size - colon - 2);
    size_t failed = str_starts(what, STR("Connect to ")) ? str_find(what, STR(" failed: ")) : STR_NONE;
    if (failed == STR_NONE)
        err_set(err, ERR_IO, 0, "%.*s, at %.*s", STR_ARG(what), STR_ARG(address));
    else
        err_set(err, ERR_IO, 0, "no broker answers at %.*s: %.*s", STR_ARG(address), (int)(what.size - failed - 9),
                what.data + failed + 9);
}
