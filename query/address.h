/* address: IP addresses and networks, as filters compare them. IPv4 is kept as IPv4-mapped IPv6, so ::ffff:10.0.0.1 and
 * 10.0.0.1 are the same. Pure functions, any thread. */
#ifndef WINNOW_QUERY_ADDRESS_H
#define WINNOW_QUERY_ADDRESS_H

#include <stdbool.h>

#include "base/str.h"

struct address {
    unsigned char bytes[16];
};

struct address_net {
    struct address address;
    unsigned prefix_bits; /* 0..128, over the mapped form */
};

/* An address as logs write them: "10.0.0.1", "10.0.0.1:5123", "::1", "[::1]:80", "fe80::1%eth0". */
bool address_parse(struct str text, struct address *ret);
/* "10.0.0.0/8", "2001:db8::/32", or one address. */
bool address_net_parse(struct str text, struct address_net *ret);
bool address_in_net(const struct address *address, const struct address_net *net);
/* True when text is an address in the net, or a comma separated list ("X-Forwarded-For") with one in it. */
bool address_text_in_net(struct str text, const struct address_net *net);

#endif
