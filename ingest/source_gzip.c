/* gzip data, RFC 1952: one or more members, each
 *
 *     1f 8b | method 8 | flags | modification time, 4 bytes | extra flags | system | optional header fields
 *     deflate data | CRC-32 of the content | its size mod 2^32
 *
 * 1. Members stand behind one another and their contents are one content.
 * 2. Zero bytes behind a member are padding (tapes) and mean nothing.
 * 3. Anything else behind a member is not gzip: it is told, and all members before it are kept.
 * 4. Data that ends or breaks within a member is told after everything decoded before that was given. */
#include "ingest/source.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/must.h"

enum { INPUT_BYTES = 256 << 10 };

struct source_gzip {
    z_stream z;
    bool in_member;
    bool ended;              /* no more compressed bytes will come */
    enum source_result over; /* SOURCE_DATA while there may be more; then what every later read returns */
    struct err err;
    unsigned char input[INPUT_BYTES];
};

struct source_gzip *source_gzip_new(void)
{
    struct source_gzip *gzip = mem_alloc(sizeof *gzip);
    gzip->z.next_in = gzip->input;
    must(inflateInit2(&gzip->z, 16 + MAX_WBITS) == Z_OK); /* 16: gzip members only */
    return gzip;
}

void source_gzip_free(struct source_gzip *gzip)
{
    if (gzip == NULL)
        return;
    inflateEnd(&gzip->z);
    free(gzip);
}

bool source_gzip_rewind(struct source *source, struct err *err)
{
    struct source_gzip *gzip = source->gzip;
    must(source->bytes->rewind != NULL);
    if (!source->bytes->rewind(source, 0, err))
        return false;
    gzip->z.next_in = gzip->input;
    gzip->z.avail_in = 0;
    must(inflateReset(&gzip->z) == Z_OK);
    gzip->in_member = gzip->ended = false;
    gzip->over = SOURCE_DATA;
    return true;
}

static unsigned long long compressed_offset(const struct source *source)
{
    return source->taken - source->gzip->z.avail_in;
}

/* Gets more compressed bytes behind those not yet used. SOURCE_END sets `ended` and is remembered there. */
static enum source_result refill(struct source *source, struct err *err)
{
    struct source_gzip *gzip = source->gzip;
    memmove(gzip->input, gzip->z.next_in, gzip->z.avail_in);
    gzip->z.next_in = gzip->input;
    must(gzip->z.avail_in < INPUT_BYTES);
    size_t got = 0;
    enum source_result result =
        source->bytes->read(source, (char *)gzip->input + gzip->z.avail_in, INPUT_BYTES - gzip->z.avail_in, &got, err);
    if (result == SOURCE_DATA)
        gzip->z.avail_in += (uInt)got;
    gzip->ended = result == SOURCE_END;
    return result;
}

/* Stands between members with at least one byte, and two unless the data has ended. */
static void next_member(struct source *source)
{
    struct source_gzip *gzip = source->gzip;
    z_stream *z = &gzip->z;
    if (z->avail_in >= 2 && z->next_in[0] == 0x1f && z->next_in[1] == 0x8b) {
        must(inflateReset(z) == Z_OK);
        gzip->in_member = true;
    } else if (z->next_in[0] == 0) {
        z->next_in++;
        z->avail_in--;
    } else {
        err_set(&gzip->err, ERR_FORMAT, 0, "%s: bytes after the gzip data at offset %llu are not gzip; ignored",
                source->path, compressed_offset(source));
        gzip->over = SOURCE_FAILED;
    }
}

static void inflate_some(struct source *source)
{
    struct source_gzip *gzip = source->gzip;
    int result = inflate(&gzip->z, Z_NO_FLUSH);
    must(result != Z_STREAM_ERROR && result != Z_MEM_ERROR);
    if (result == Z_STREAM_END) {
        gzip->in_member = false;
    } else if (result == Z_DATA_ERROR || result == Z_NEED_DICT) {
        err_set(&gzip->err, ERR_FORMAT, 0,
                "%s: gzip data is damaged at compressed byte %llu (%s); what could be read was stored", source->path,
                compressed_offset(source), gzip->z.msg ? gzip->z.msg : "no reason known");
        gzip->over = SOURCE_FAILED;
    }
}

static void end_of_input(struct source *source)
{
    struct source_gzip *gzip = source->gzip;
    gzip->over = SOURCE_END;
    if (!gzip->in_member)
        return;
    gzip->over = SOURCE_FAILED;
    err_set(&gzip->err, ERR_FORMAT, 0,
            "%s: gzip data ends early at compressed byte %llu; what could be read was stored", source->path,
            compressed_offset(source));
}

enum source_result source_gzip_read(struct source *source, char *data, size_t size, size_t *ret_size, struct err *err)
{
    struct source_gzip *gzip = source->gzip;
    z_stream *z = &gzip->z;
    uInt room = size < INPUT_BYTES ? (uInt)size : (uInt)INPUT_BYTES;
    z->next_out = (Bytef *)data;
    z->avail_out = room;
    while (gzip->over == SOURCE_DATA && z->avail_out == room) {
        bool hungry = z->avail_in < (gzip->in_member ? 1u : 2u);
        if (hungry && !gzip->ended) {
            enum source_result result = refill(source, err);
            if (result == SOURCE_QUIET || result == SOURCE_FAILED)
                return result;
        } else if (z->avail_in == 0) {
            end_of_input(source);
        } else if (gzip->in_member) {
            inflate_some(source);
        } else {
            next_member(source);
        }
    }
    *ret_size = room - z->avail_out;
    if (*ret_size > 0)
        return SOURCE_DATA;
    if (gzip->over == SOURCE_FAILED)
        *err = gzip->err;
    return gzip->over;
}
