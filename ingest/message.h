/* message: what winnow says of a record in the headers of its Kafka message. Fan-out writes them, the Kafka source reads them.
 *
 * All values are text. Names that do not begin with "winnow-" are not ours and are passed over.
 *
 *     winnow-source     the name of the record's source, not empty
 *     winnow-offset     of the record in its source, decimal
 *     winnow-kind       names of enum kind, with commas between them; empty: none
 *     winnow-sequence   of the record in the agent's store, decimal: grows, and is never given twice by one agent
 *     winnow-agent      STORE/OUTPUT NAME=VALUE...: 32 hexadecimal digits, made with the agent's store, and the output's name, without
 *                       blanks; then what else is known, a blank before each. What is absent says nothing:
 *
 *         file          the agent's id of the source, decimal: a rotated file keeps its name, not this. Never absent
 *         value         "json": the value is the record's JSON, the line is its `raw` or `raw_base64`; absent: the value is the line
 *         host          the agent's host
 *         service, timezone, format   the source's defaults (struct source_defaults)
 *         time          microseconds since 1970, decimal; absent: the record has no time
 *         flags         no-newline,piece,time-borrowed,pending: those that are set; absent: none
 *         part          K/N: the K-th of N pieces of a value that no single message may carry, in order; absent: all of it
 *
 * Of host, service and timezone bytes other than letters, digits and -._~/:,@+ are %XX. librdkafka takes and gives memory for each
 * header of each message, which is why there are few of them. The words up to format are the same for all records of a source.
 *
 * The JSON of a value has the pattern of the moment it was made ("other" while its template is not known yet): what is sent again is the
 * same record, its headers and its line the same, but the pattern may be another.
 *
 * A message without winnow-agent is foreign. Whoever can write to a topic can write any of them, so reading checks each: what is
 * missing (but winnow-kind), given twice or out of its range makes the message damaged, and whoever consumes it keeps it as if
 * it were foreign. Names that are not known are of a newer winnow, and passed over. Pure; any thread. */
#ifndef WINNOW_INGEST_MESSAGE_H
#define WINNOW_INGEST_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/batch.h"
#include "base/mem.h"
#include "base/str.h"

enum {
    MESSAGE_HEADERS = 5,     /* so many message_head_print makes */
    MESSAGE_NAME_MAX = 4096, /* bytes of a source's name; a longer one is cut by whoever prints it, and damaged here */
    MESSAGE_TEXT_MAX = 255,  /* of the other texts */
    MESSAGE_PARTS_MAX = RECORD_BYTES_MAX / 512,
};
/* Offsets and sequences: what is added to them later does not wrap. */
#define MESSAGE_NUMBER_MAX ((uint64_t)INT64_MAX / 2)

struct message_header {
    struct str name, value; /* value may be absent: Kafka's null */
};

struct message_head {
    struct str agent, source, host; /* host: absent when unknown */
    uint64_t file, offset, sequence;
    int64_t time_us;      /* or TIME_NONE */
    uint8_t flags;        /* of enum record_flag: NO_NEWLINE, PIECE, TAIL, TIME_BORROWED */
    uint8_t kinds;        /* bits of enum kind; reading passes over names it does not know */
    bool json;            /* the value is the record's JSON */
    uint32_t part, parts; /* 1..parts of parts; 0 of 0: whole */
    struct source_defaults defaults;
};

/* The beginning of winnow-agent, in arena: what is the same for all records of agent, file, value, host and defaults. */
struct str message_agent_print(const struct message_head *head, struct arena *arena);
/* Makes the headers, their texts in arena or views into head; agent: made by message_agent_print. */
void message_head_print(const struct message_head *head, struct str agent, struct arena *arena,
                        struct message_header ret[MESSAGE_HEADERS]);

enum message_kind { MESSAGE_FOREIGN, MESSAGE_AGENTS, MESSAGE_DAMAGED };
/* Reads headers in any order into *ret, which views them, or texts in arena. *ret_why, unless NULL, gets the name of what is wrong. */
enum message_kind message_head_read(const struct message_header *headers, size_t count, struct arena *arena,
                                    struct message_head *ret, const char **ret_why);

#endif
