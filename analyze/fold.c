#include "analyze/fold.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    STEP = 64, /* bytes looked at together: bit i of a mask stands for byte i */
    HEX_SIZE_MIN = 8,
    TERM_SIZE_MAX = 6,
    VERSION_SIZE_MAX = 3,
    COMPOUND_WORD_MIN = 4,
};

/* ---- Which bytes are what ------------------------------------------------------------------------------------------ */

struct masks {
    uint64_t word;  /* letters and digits */
    uint64_t digit; /* 0-9 */
    uint64_t hex;   /* 0-9 a-f A-F */
    uint64_t space; /* blanks and control bytes */
    uint64_t odd;   /* '\\' and control bytes but the blank */
};

#ifdef __SSE2__

static inline __m128i in_range(__m128i bytes, char first, char last)
{
    __m128i from = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8((char)(last - first))), from);
}

static inline void add_lane(struct masks *m, __m128i bytes, unsigned at)
{
    __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    __m128i digit = in_range(bytes, '0', '9'), letter = in_range(lower, 'a', 'z'), af = in_range(lower, 'a', 'f');
    __m128i control = _mm_or_si128(in_range(bytes, 0, 0x1f), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
    __m128i blank = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(' '));
    __m128i odd = _mm_or_si128(control, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    m->digit |= (uint64_t)(unsigned)_mm_movemask_epi8(digit) << at;
    m->word |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(digit, letter)) << at;
    m->hex |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(digit, af)) << at;
    m->space |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(control, blank)) << at;
    m->odd |= (uint64_t)(unsigned)_mm_movemask_epi8(odd) << at;
}

static inline void look(const char *data, size_t size, struct masks *ret)
{
    *ret = (struct masks){0};
    char rest[STEP];
    if (size < STEP) { /* what lies behind the line must not be read */
        memset(rest, ' ', sizeof rest);
        memcpy(rest, data, size);
        data = rest;
    }
    for (unsigned at = 0; at < size; at += 16)
        add_lane(ret, _mm_loadu_si128((const __m128i *)(const void *)(data + at)), at);
}

#else

static inline void look(const char *data, size_t size, struct masks *ret)
{
    *ret = (struct masks){0};
    for (size_t i = 0; i < size; i++) {
        char c = data[i], lower = (char)(c | 0x20);
        uint64_t bit = UINT64_C(1) << i;
        bool digit = c >= '0' && c <= '9', control = (c >= 0 && c < ' ') || c == 0x7f;
        ret->digit |= digit ? bit : 0;
        ret->word |= digit || (lower >= 'a' && lower <= 'z') ? bit : 0;
        ret->hex |= digit || (lower >= 'a' && lower <= 'f') ? bit : 0;
        ret->space |= control || c == ' ' ? bit : 0;
        ret->odd |= control || c == '\\' ? bit : 0;
    }
}

#endif

static inline uint64_t below(size_t bit)
{
    return bit >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << bit) - 1;
}

/* ---- What stays --------------------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* v1, v12 between slashes: the bytes around it count. */
static bool is_version(struct str line, size_t from, size_t to)
{
    if (to - from < 2 || to - from > VERSION_SIZE_MAX || line.data[from] != 'v' || from == 0 ||
        !strchr("/\\?&", line.data[from - 1]) || !is_digit(line.data[from + 1]) || !is_digit(line.data[to - 1]))
        return false;
    return to == line.size || (unsigned char)line.data[to] <= ' ' || strchr("/\\?&,;()[]{}<>\"'=|", line.data[to]);
}

/* Names that only look as if they had a number. */
static bool is_term(const char *data, size_t size)
{
    static const char terms[][TERM_SIZE_MAX + 1] = {
        "amd64",  "arm64", "base64", "cp1252", "ext2",  "ext3",   "ext4", "http2", "i18n",   "i386",   "i686",
        "ipv4",   "ipv6",  "k8s",    "log4j",  "md5",   "oauth2", "s3",   "sha1",  "sha256", "sha512", "socks4",
        "socks5", "ssh2",  "utf16",  "utf8",   "win32", "win64",  "x509", "x64",   "x86"};
    if (size > TERM_SIZE_MAX || is_digit(data[0]))
        return false;
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        if ((data[0] | 0x20) == terms[i][0] && strlen(terms[i]) == size &&
            str_equal_nocase(str_from(data, size), str_from(terms[i], size)))
            return true;
    return false;
}

static bool is_small(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* S3UploadError, Http2Session: letters, one digit, and words of four letters and more, each with its capital. */
static bool is_compound(const char *data, size_t size)
{
    size_t at = 0;
    while (at < size && (is_small(data[at]) || is_capital(data[at])))
        at++;
    if (at == 0 || at + 1 + COMPOUND_WORD_MIN > size)
        return false;
    for (at++; at < size;) {
        size_t from = at++;
        while (at < size && is_small(data[at]))
            at++;
        if (!is_capital(data[from]) || at - from < COMPOUND_WORD_MIN)
            return false;
    }
    return true;
}

/* ---- Folding ------------------------------------------------------------------------------------------------------- */

static void put(struct folded *f, const char *data, size_t size)
{
    memcpy(f->text + f->size, data, size);
    f->size += size;
}

/* Letters and digits that are to be folded unless they stay. */
static void put_number(struct folded *f, struct str line, size_t from, size_t to)
{
    const char *data = line.data + from;
    if (is_version(line, from, to) || is_term(data, to - from) || is_compound(data, to - from))
        put(f, line.data + from, to - from);
    else
        f->text[f->size++] = FOLD_NUMBER;
}

/* A control byte, a blank after another one or a '\\'. Returns how many bytes it took. */
static size_t put_odd(struct folded *f, struct str rest)
{
    if (rest.data[0] != '\\') {
        if (f->size > 0 && f->text[f->size - 1] != ' ')
            f->text[f->size++] = ' ';
        return 1;
    }
    bool quote = str_starts(rest, STR("\\042"));
    f->text[f->size++] = quote ? '"' : '\\';
    return quote ? 4 : 1;
}

static bool is_word(char c)
{
    char lower = (char)(c | 0x20);
    return is_digit(c) || (lower >= 'a' && lower <= 'z');
}

/* A run of letters and digits that fills a whole step. Returns its end. */
static size_t put_long(struct folded *f, struct str line, size_t from)
{
    bool digit = false, hex = true;
    size_t to = from;
    for (; to < line.size && is_word(line.data[to]); to++) {
        digit = digit || is_digit(line.data[to]);
        hex = hex && (is_digit(line.data[to]) || (line.data[to] | 0x20) <= 'f');
    }
    if (digit || hex)
        put_number(f, line, from, to);
    else
        put(f, line.data + from, to - from);
    return to;
}

/* The bytes from..from + size, of which the last is no letter or digit, or the line's last. Returns where it stopped. */
static size_t put_step(struct folded *f, struct str line, size_t from, size_t size, const struct masks *m)
{
    uint64_t hex = m->hex & m->hex >> 1;
    hex &= hex >> 2;
    hex &= hex >> 4; /* the first of eight */
    uint64_t numbers = (m->digit | hex) & below(size);
    uint64_t odd = (m->odd | (m->space & (m->space << 1 | 1))) & below(size);
    size_t at = 0;
    while ((numbers | odd) != 0) {
        size_t next = (size_t)__builtin_ctzll(numbers | odd), end;
        if (odd >> next & 1) {
            put(f, line.data + from + at, next - at);
            end = next + put_odd(f, str_slice(line, from + next, line.size));
        } else {
            uint64_t before = ~m->word & below(next), behind = ~m->word >> next;
            size_t start = before ? 64 - (size_t)__builtin_clzll(before) : 0;
            start = start > at ? start : at;
            end = behind ? next + (size_t)__builtin_ctzll(behind) : size;
            end = end < size ? end : size;
            uint64_t run = below(end) & ~below(start);
            put(f, line.data + from + at, start - at);
            if ((m->digit & run) || !(~m->hex & run))
                put_number(f, line, from + start, from + end);
            else
                put(f, line.data + from + start, end - start);
        }
        at = end;
        numbers &= ~below(at);
        odd &= ~below(at);
    }
    if (at < size) {
        put(f, line.data + from + at, size - at);
        at = size;
    }
    return from + at;
}

void fold(struct str message, struct folded *ret)
{
    struct str line = str_trim(message);
    line = str_slice(line, 0, str_find_char(line, '\n'));
    ret->longer = line.size > FOLD_BYTES_MAX;
    line = str_slice(line, 0, FOLD_BYTES_MAX);
    ret->size = 0;
    for (size_t at = 0; at < line.size;) {
        struct masks m;
        size_t size = line.size - at < STEP ? line.size - at : STEP;
        look(line.data + at, size, &m);
        if (at + size < line.size) { /* a run of letters and digits goes on in the next step: it is taken whole there */
            uint64_t breaks = ~m.word;
            size = breaks ? 64 - (size_t)__builtin_clzll(breaks) : 0;
        }
        at = size > 0 ? put_step(ret, line, at, size, &m) : put_long(ret, line, at);
    }
    while (ret->size > 0 && ret->text[ret->size - 1] == ' ')
        ret->size--;
}
