#include "query/address.h"

#include <arpa/inet.h>
#include <stdint.h>

enum { ADDRESS_TEXT_MAX = 64 };

/* Reads exactly text. *ret_mapped tells IPv4. */
static bool parse_exact(struct str text, struct address *ret, bool *ret_mapped)
{
    char copy[ADDRESS_TEXT_MAX];
    if (text.size == 0 || text.size >= sizeof copy || memchr(text.data, '\0', text.size))
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    struct in_addr four;
    *ret_mapped = inet_pton(AF_INET, copy, &four) == 1;
    if (*ret_mapped) {
        static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        memcpy(ret->bytes, mapped, sizeof mapped);
        memcpy(ret->bytes + 12, &four, 4);
        return true;
    }
    return inet_pton(AF_INET6, copy, ret->bytes) == 1;
}

bool address_parse(struct str text, struct address *ret)
{
    bool mapped;
    text = str_trim(text);
    if (parse_exact(text, ret, &mapped))
        return true;
    if (text.size > 0 && text.data[0] == '[') {
        size_t end = str_find_char(text, ']');
        return end != STR_NONE && parse_exact(str_slice(text, 1, end), ret, &mapped);
    }
    size_t zone = str_find_char(text, '%');
    if (zone != STR_NONE)
        return parse_exact(str_slice(text, 0, zone), ret, &mapped);
    size_t port = str_find_last(text, STR(":"));
    return port != STR_NONE && parse_exact(str_slice(text, 0, port), ret, &mapped) && mapped;
}

bool address_net_parse(struct str text, struct address_net *ret)
{
    bool mapped;
    struct str rest = str_trim(text);
    struct str address = str_cut(&rest, '/');
    if (!parse_exact(address, &ret->address, &mapped))
        return false;
    uint64_t bits = mapped ? 32 : 128;
    if (rest.data) {
        uint64_t given;
        if (!str_to_u64(rest, &given) || given > bits)
            return false;
        bits = given;
    }
    ret->prefix_bits = (unsigned)bits + (mapped ? 96 : 0);
    return true;
}

bool address_in_net(const struct address *address, const struct address_net *net)
{
    unsigned bytes = net->prefix_bits / 8, bits = net->prefix_bits % 8;
    if (memcmp(address->bytes, net->address.bytes, bytes) != 0)
        return false;
    unsigned different = bits ? (unsigned)(address->bytes[bytes] ^ net->address.bytes[bytes]) : 0;
    return bits == 0 || different >> (8 - bits) == 0;
}

bool address_text_in_net(struct str text, const struct address_net *net)
{
    while (text.data) {
        struct address address;
        if (address_parse(str_cut(&text, ','), &address) && address_in_net(&address, net))
            return true;
    }
    return false;
}
