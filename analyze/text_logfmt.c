/* logfmt: key=value key="quoted value" ..., separated by spaces and covering the whole line.
 *
 * 1. A key is letters, digits and _ . - @ / : and begins with a letter, '_' or '@'.
 * 2. A value without quotes goes to the next space and has no quote in it; it may be empty.
 * 3. A quoted value has backslash escapes; a space or the end follows its closing quote.
 * 4. Fewer than three pairs are taken for prose ("a=b").
 *
 * The kernel's audit log: type=TYPE msg=audit(SECONDS.MS:SERIAL): key=value ... msg='key=value ...', a 0x1d before what
 * auditd adds. What stands in the single quotes are pairs like the others; "?" means none. */
#include "analyze/text_part.h"

enum {
    PAIRS_MIN = 3,
    KEY_SIZE_MAX = 128,
};

static bool key_char(char c)
{
    return text_is_letter(c) || text_is_digit(c) || c == '_' || c == '.' || c == '-' || c == '@' || c == '/' ||
           c == ':';
}

static bool take_key(struct str *rest, struct str *ret_key)
{
    if (rest->size == 0)
        return false;
    char first = rest->data[0];
    if (!text_is_letter(first) && first != '_' && first != '@')
        return false;
    size_t size = 1;
    while (size < rest->size && size < KEY_SIZE_MAX && key_char(rest->data[size]))
        size++;
    if (!text_at(*rest, size, '='))
        return false;
    *ret_key = str_slice(*rest, 0, size);
    *rest = text_from(*rest, size + 1);
    return true;
}

static bool take_value(struct str *rest, struct str *ret_value)
{
    if (text_at(*rest, 0, '"')) {
        return text_take_quoted(rest, ret_value) && (rest->size == 0 || text_is_space(rest->data[0]));
    }
    size_t size = 0;
    while (size < rest->size && !text_is_space(rest->data[size])) {
        if (rest->data[size] == '"')
            return false;
        size++;
    }
    *ret_value = str_slice(*rest, 0, size);
    *rest = text_from(*rest, size);
    return true;
}

bool text_logfmt(struct str line, struct text_line *ret)
{
    text_begin(ret, FORMAT_LOGFMT);
    size_t pairs = 0;
    struct str rest = line;
    while (rest.size > 0) {
        struct str key, value;
        if (!take_key(&rest, &key) || !take_value(&rest, &value))
            return false;
        text_add(ret, key, value);
        pairs++;
        rest = text_skip_spaces(rest);
    }
    return pairs >= PAIRS_MIN;
}

/* ---- The audit log ---------------------------------------------------------------------------------------------------- */

static bool audit_space(char c)
{
    return text_is_space(c) || c == 0x1d || c == '\'';
}

static struct str audit_name(struct str key)
{
    if (str_equal(key, STR("acct")))
        return STR("user");
    return str_equal(key, STR("addr")) ? STR("client_ip") : key;
}

/* One pair; a word that is none is passed over. */
static void take_audit_pair(struct str *rest, struct text_line *ret)
{
    struct str key, value;
    struct str behind = *rest;
    bool pair = take_key(&behind, &key);
    if (pair)
        *rest = behind;
    if (pair && text_at(*rest, 0, '"') && text_take_quoted(rest, &value)) {
        text_add_known(ret, audit_name(key), value);
        return;
    }
    size_t size = 0;
    while (size < rest->size && !audit_space(rest->data[size]))
        size++;
    value = str_slice(*rest, 0, size);
    *rest = text_from(*rest, size);
    if (pair && !str_equal(value, STR("?")))
        text_add_known(ret, audit_name(key), value);
}

bool text_audit(struct str line, struct text_line *ret)
{
    struct str rest = text_from(line, 5), type = text_take_word(&rest);
    if (type.size == 0 || !str_starts(rest, STR("msg=audit(")))
        return false;
    rest = text_from(rest, 10);
    size_t close = str_find(str_slice(rest, 0, KEY_SIZE_MAX), STR("):"));
    struct str serial = str_slice(rest, 0, close), stamp = str_cut(&serial, ':');
    if (close == STR_NONE || stamp.size == 0 || !text_is_number(serial, 20))
        return false;
    text_begin(ret, FORMAT_LOGFMT);
    text_add(ret, STR("type"), type);
    text_add(ret, STR("timestamp"), stamp);
    text_add(ret, STR("serial"), serial);
    rest = text_from(rest, close + 2);
    while (rest.size > 0) {
        if (audit_space(rest.data[0]))
            rest = text_from(rest, 1);
        else
            take_audit_pair(&rest, ret);
    }
    return true;
}
