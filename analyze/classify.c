#include "analyze/classify.h"

#include "analyze/login.h"
#include "analyze/record.h"

enum { KIND_LOGINS = KIND_AUTH_FAILURE | KIND_AUTH_SUCCESS };

enum { FREE_TEXT_MAX = 4096 }; /* of a line without a format, what is searched for phrases */

static unsigned kinds_of_program(unsigned kinds, struct str service, struct str message)
{
    if (str_starts(service, STR("sshd"))) {
        enum login_line line = login_of_sshd(message);
        kinds &= ~(unsigned)KIND_LOGINS;
        return line == LOGIN_FAILED     ? kinds | KIND_AUTH_FAILURE
               : line == LOGIN_ACCEPTED ? kinds | KIND_AUTH_SUCCESS
                                        : kinds;
    }
    if (login_is_cron_command(service, message))
        return 0;
    if (str_equal(service, STR("sudo")) && login_refused_by_sudo(message).data)
        kinds |= KIND_DENIAL;
    if ((kinds & KIND_LOGINS) && login_repeats_pam(service) && !str_starts(message, STR("pam_")))
        kinds &= ~(unsigned)KIND_LOGINS;
    return kinds;
}

static unsigned kinds_of_values(const struct signal_table *signals, const struct record *rec, struct arena *arena)
{
    unsigned kinds = 0;
    for (uint32_t i = 0; i < rec->shape->watched_count; i++) {
        uint32_t slot = rec->shape->watched[i];
        kinds |= signal_of_value(signals, rec->shape->slots[slot].path, record_slot_text(rec, slot, arena));
    }
    return kinds;
}

static unsigned kinds_of_codes(const struct signal_table *signals, const struct record *rec, struct arena *arena)
{
    struct str event = record_text(rec, FIELD_EVENT, arena);
    struct str code = record_text(rec, FIELD_ERROR_CODE, arena);
    struct signal_code of_event = {0};
    unsigned kinds = 0;
    if (event.data) {
        of_event = signal_of_code(signals, event);
        kinds |= of_event.kinds;
    }
    if (code.data)
        kinds |= signal_of_code(signals, code).kinds;
    if (of_event.login_event && !(kinds & KIND_LOGINS)) {
        struct str outcome = record_text(rec, FIELD_OUTCOME, arena);
        struct signal_code of_outcome = outcome.data ? signal_of_code(signals, outcome) : (struct signal_code){0};
        kinds |= of_outcome.failure ? KIND_AUTH_FAILURE : of_outcome.success ? KIND_AUTH_SUCCESS : 0u;
    }
    return kinds;
}

/* What the status says: RFC 9110 (401, 403, 5xx) and RFC 6585 (429). */
static unsigned kinds_of_status(unsigned status)
{
    return status == 401   ? KIND_AUTH_FAILURE
           : status == 403 ? KIND_DENIAL
           : status == 429 ? KIND_RATE_LIMIT
           : status >= 500 ? KIND_ERROR
                           : 0u;
}

static struct login login_of(const struct record *rec, struct str service, struct str message)
{
    if (!kinds_tell_login(rec->kinds))
        return login_about(message);
    if (str_equal(service, STR("sudo"))) {
        struct str user = login_refused_by_sudo(message);
        if (user.data)
            return (struct login){user, STR_ABSENT};
    }
    return login_parse(message);
}

static void derive_login(struct record *rec, struct str service, struct str message, struct arena *arena)
{
    /* Of a line that counts for nothing only what sshd says is believed. */
    if (!kinds_tell_login(rec->kinds) && !str_starts(service, STR("sshd")))
        return;
    bool user = !record_text(rec, FIELD_USER, arena).data, address = !record_text(rec, FIELD_CLIENT_IP, arena).data;
    if (!user && !address)
        return;
    struct login login = login_of(rec, service, message);
    user = user && login.user.data;
    login.client_ip = address && login.client_ip.data ? record_address(login.client_ip) : STR_ABSENT;
    if (!user && !login.client_ip.data)
        return;
    struct str *derived = arena_zalloc(arena, sizeof(struct str) * FIELD_COUNT);
    if (user)
        derived[FIELD_USER] = login.user;
    derived[FIELD_CLIENT_IP] = login.client_ip;
    rec->derived = derived;
}

void classify_record(const struct signal_table *signals, struct signal_memo *memo, struct record *rec,
                     struct str message, struct arena *arena, struct told_record *ret)
{
    unsigned kinds = rec->level >= LEVEL_ERROR ? KIND_ERROR : 0u;
    *ret = (struct told_record){.message = message, .status = record_status(rec)};
    if (!rec->shape)
        message = str_slice(rec->raw, 0, FREE_TEXT_MAX);
    kinds |= kinds_of_status(ret->status);
    kinds |= kinds_of_codes(signals, rec, arena);
    for (const struct record *part = rec; part; part = part->inner)
        if (part->shape && part->shape->watched_count > 0)
            kinds |= kinds_of_values(signals, part, arena);
    struct str service = STR_ABSENT;
    if (message.data) {
        ret->sketch = template_sketch(message);
        service = record_text(rec, FIELD_SERVICE, arena);
        unsigned told = kinds_of_program(signal_in_message(signals, memo, message, ret->sketch), service, message);
        if (told & KIND_AUTH_FAILURE) /* "Access denied for user 'root'": refused at the door, not inside */
            told &= ~(unsigned)KIND_DENIAL;
        /* A code says more than prose ("login success, 3 failed logins since the last one"). */
        kinds |= kinds & KIND_LOGINS ? told & ~(unsigned)KIND_LOGINS : told;
    }
    if ((kinds & KIND_LOGINS) == KIND_LOGINS)
        kinds &= ~(unsigned)KIND_AUTH_SUCCESS;
    rec->kinds = (uint8_t)kinds;
    if (message.data)
        derive_login(rec, service, message, arena);
}

void classify_fact(const struct record *rec, struct arena *arena, struct fact *ret)
{
    ret->kinds = rec->kinds;
    ret->level = rec->level;
    ret->status = (uint16_t)record_status(rec);
    ret->user = record_field(rec, FIELD_USER, arena);
    ret->client_ip = record_field(rec, FIELD_CLIENT_IP, arena);
    ret->service = record_field(rec, FIELD_SERVICE, arena);
    ret->logger = record_field(rec, FIELD_LOGGER, arena);
    ret->method = record_field(rec, FIELD_METHOD, arena);
    ret->path = record_field(rec, FIELD_PATH, arena);
    if (!ret->template.data)
        ret->template = record_template(rec, arena);
}
