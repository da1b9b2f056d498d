/* Any bytes as what is counted: the first byte tells as what. What can be read is written as bytes that read the same again. */
#include <stdlib.h>

#include "base/must.h"
#include "store/codec.h"
#include "store/known.h"
#include "store/pack.h"
#include "store/request.h"

static volatile uint64_t sink;

static void try_sketch(struct str bytes)
{
    SCOPED(sketch) read = {0};
    SCOPED(sketch) again = {0};
    SCOPED(buf) once = BUF(PACK_TEXT_MAX);
    SCOPED(buf) twice = BUF(PACK_TEXT_MAX);
    if (!sketch_unpack(&read, &bytes))
        return;
    for (unsigned i = 0; i <= 10; i++) {
        double value = 0;
        must(sketch_quantile(&read, i / 10.0, &value) == (read.count > 0));
        must(read.count == 0 || (value >= read.least && value <= read.greatest));
    }
    sketch_pack(&read, &once);
    struct str rest = buf_str(&once);
    must(sketch_unpack(&again, &rest) && rest.size == 0);
    sketch_pack(&again, &twice);
    must(str_equal(buf_str(&once), buf_str(&twice)));
    sketch_merge(&again, &read);
    must(again.count == 2 * read.count);
}

static void try_minutes(struct str bytes)
{
    struct request_row read = {0}, again = {0};
    SCOPED(buf) once = BUF(PACK_TEXT_MAX);
    SCOPED(buf) twice = BUF(PACK_TEXT_MAX);
    if (request_row_unpack(&read, bytes)) {
        request_row_pack(&read, &once);
        must(request_row_unpack(&again, buf_str(&once)) && again.count == read.count);
        request_row_pack(&again, &twice);
        must(str_equal(buf_str(&once), buf_str(&twice)));
    }
    request_row_release(&read);
    request_row_release(&again);
}

static void try_users(struct str bytes)
{
    struct user_row read = {0}, again = {0};
    SCOPED(buf) once = BUF(PACK_TEXT_MAX);
    if (user_row_unpack(&read, bytes)) {
        user_row_pack(&read, &once);
        must(user_row_unpack(&again, buf_str(&once)) && again.users.count == read.users.count);
    }
    user_row_release(&read);
    user_row_release(&again);
}

static void try_names(struct str bytes)
{
    struct endpoint endpoint;
    struct pending_request request;
    struct store_pattern pattern;
    if (endpoint_unpack(bytes, &endpoint))
        sink += endpoint.names.service.size + endpoint.names.method.size + endpoint.names.route.size;
    if (pending_request_unpack(bytes, &request))
        sink += request.user.size + request.status + (request.duration_ms >= 0);
    if (known_unpack(bytes, &pattern))
        sink += pattern.template;
}

static void try_text(struct str bytes)
{
    struct codec_text *codec = codec_text_new();
    SCOPED(arena) arena = {0};
    SCOPED(buf) pressed = BUF(PACK_TEXT_MAX);
    struct str text;
    if (codec_text_open(codec, bytes, 1 << 20, &arena, &text)) {
        struct str again;
        codec_text_press(codec, text, &pressed);
        must(codec_text_open(codec, buf_str(&pressed), 1 << 20, &arena, &again) && str_equal(text, again));
    }
    codec_text_free(codec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct str) = {try_sketch, try_minutes, try_users, try_names, try_text};
    if (size == 0)
        return 0;
    /* Its own memory, so that reading too far is seen. */
    char *copy = mem_alloc(size);
    memcpy(copy, data, size);
    tries[data[0] % (sizeof tries / sizeof *tries)](str_from(copy + 1, size - 1));
    free(copy);
    return 0;
}
