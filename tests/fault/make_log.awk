# Writes a log of about `bytes` bytes: JSON of an API, or what sshd writes. The same seed gives the same bytes with any awk.
#
#     awk -v form=json -v bytes=9000000 -v seed=7 -f make_log.awk
#
# Some lines are no log at all, some are empty, some are long; the last one has no newline.

function random(limit) { # 0 .. limit-1
    state = (state * 16807) % 2147483647 # exact in a double
    return state % limit
}

function hex(digits, text) {
    text = ""
    while (digits-- > 0)
        text = text substr("0123456789abcdef", random(16) + 1, 1)
    return text
}

function address() { return "10." random(4) "." random(8) "." random(250) }

function json(time, kind) {
    kind = random(100)
    time = sprintf("2026-11-%02dT%02d:%02d:%02d.%03dZ", 1 + int(n / 86400) % 28, int(n / 3600) % 24, int(n / 60) % 60, n % 60, random(1000))
    if (kind < 80)
        return "{\"ts\":\"" time "\",\"level\":\"info\",\"service\":\"api-" random(4) "\",\"msg\":\"request served\",\"method\":\"GET\",\"path\":\"/v1/items/" n % 500 "\",\"user\":\"user" n % 40 "\",\"request_id\":\"" hex(16) "\",\"client_ip\":\"" address() "\",\"status\":200,\"duration_ms\":" random(100000) / 100 "}"
    if (kind < 84)
        return "{\"ts\":\"" time "\",\"level\":\"warning\",\"service\":\"auth\",\"msg\":\"login failed\",\"user\":\"user" random(40) "\",\"client_ip\":\"" address() "\"}"
    if (kind < 86)
        return "{\"ts\":\"" time "\",\"level\":\"info\",\"service\":\"auth\",\"msg\":\"login succeeded\",\"user\":\"user" random(40) "\",\"client_ip\":\"" address() "\"}"
    if (kind < 90)
        return "{\"ts\":\"" time "\",\"level\":\"warning\",\"service\":\"api-0\",\"msg\":\"rate limit exceeded\",\"user\":\"user" random(40) "\",\"status\":429}"
    if (kind < 96)
        return "{\"ts\":\"" time "\",\"level\":\"error\",\"service\":\"worker\",\"msg\":\"job " random(100000) " failed after " random(9) " tries\",\"error\":{\"type\":\"Timeout\",\"code\":" random(6) "}}"
    if (kind < 98)
        return "  at frame " random(50) " of a stack " hex(30)
    if (kind < 99)
        return ""
    return "{\"ts\":\"" time "\",\"blob\":\"" hex(2000) "\"}"
}

function sshd(head, kind) {
    head = sprintf("Nov %2d %02d:%02d:%02d gate sshd[%d]: ", 1 + int(n / 86400) % 28, int(n / 3600) % 24, int(n / 60) % 60, n % 60, 1000 + random(9000))
    kind = random(10)
    if (kind < 5)
        return head "Failed password for user" random(40) " from " address() " port " random(60000) " ssh2"
    if (kind < 6)
        return head "Accepted password for user" random(40) " from " address() " port " random(60000) " ssh2"
    return head "Connection closed by " address() " port " random(60000) " [preauth]"
}

BEGIN {
    state = seed * 7919 + 1
    for (written = 0; written < bytes; written += length(line) + 1) {
        line = form == "json" ? json() : sshd()
        printf "%s%s", n++ ? "\n" : "", line
    }
}
