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

enum { LANE = 16 };

static inline __m128i in_range(__m128i bytes, char first, char last)
{
    __m128i from = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8((char)(last - first))), from);
}

static inline void add_lane(struct masks *m, __m128i bytes, size_t at)
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

static inline __m128i lane_at(const char *data)
{
    return _mm_loadu_si128((const __m128i *)(const void *)data);
}

/* Of the bytes at..at + size: what lies behind the line is not read, what lies before it may be, or twice. */
static inline void look(struct str line, size_t at, size_t size, struct masks *ret)
{
    const char *data = line.data + at, *end = data + size;
    *ret = (struct masks){0};
#pragma GCC unroll 4
    for (size_t lane = 0; lane < STEP; lane += LANE) {
        if (lane + LANE > size)
            break;
        add_lane(ret, lane_at(data + lane), lane);
    }
    if (size % LANE == 0)
        return;
    if (size > LANE) {
        add_lane(ret, lane_at(end - LANE), size - LANE);
    } else if (at + size >= LANE) {
        size_t before = LANE - size;
        add_lane(ret, lane_at(end - LANE), 0);
        *ret = (struct masks){ret->word >> before, ret->digit >> before, ret->hex >> before, ret->space >> before,
                              ret->odd >> before};
    } else {
        char bytes[LANE] = {0};
        memcpy(bytes, data, size);
        add_lane(ret, lane_at(bytes), 0);
    }
}

#else

static inline void look(struct str line, size_t at, size_t size, struct masks *ret)
{
    *ret = (struct masks){0};
    for (size_t i = 0; i < size; i++) {
        char c = line.data[at + i], lower = (char)(c | 0x20);
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

/* Looks at the next bytes. Returns how many: of those that end in a run of letters and digits which goes on behind them only what is
 * before that run, which may be nothing. */
static inline size_t look_on(struct str line, size_t at, struct masks *ret)
{
    size_t left = line.size - at, size = left < STEP ? left : STEP;
    look(line, at, size, ret);
    if (size == left)
        return size;
    uint64_t breaks = ~ret->word;
    return breaks ? 64 - (size_t)__builtin_clzll(breaks) : 0;
}

/* The first bytes of what may be folded, of the first size bytes: digits, and eight hex digits in a row. */
static inline uint64_t numbers_of(const struct masks *m, size_t size)
{
    uint64_t hex = m->hex & m->hex >> 1;
    hex &= hex >> 2;
    hex &= hex >> 4; /* the first of eight */
    return (m->digit | hex) & below(size);
}

static inline uint64_t odd_of(const struct masks *m, size_t size)
{
    return (m->odd | (m->space & (m->space << 1 | 1))) & below(size);
}

/* The letters and digits around the lowest bit of numbers. Returns the bit behind them, 0 when that is none of these. */
static inline uint64_t run_around(const struct masks *m, uint64_t numbers, uint64_t *ret_run)
{
    uint64_t number = numbers & -numbers, breaks = ~m->word, before = breaks & (number - 1), behind = breaks & -number;
    uint64_t end = behind & -behind, start = UINT64_C(1) << (63 - __builtin_clzll(before << 1 | 1));
    *ret_run = (end - 1) & -start;
    return end;
}

static inline bool is_numeric(const struct masks *m, uint64_t run)
{
    return (m->digit & run) || !(~m->hex & run);
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
    static const char *const terms[TERM_SIZE_MAX + 1] = {
        "",
        "",
        "s3",
        "k8s"
        "md5"
        "x64"
        "x86",
        "ext2"
        "ext3"
        "ext4"
        "i18n"
        "i386"
        "i686"
        "ipv4"
        "ipv6"
        "sha1"
        "ssh2"
        "utf8"
        "x509",
        "amd64"
        "arm64"
        "http2"
        "log4j"
        "utf16"
        "win32"
        "win64",
        "base64"
        "cp1252"
        "oauth2"
        "sha256"
        "sha512"
        "socks4"
        "socks5",
    }; /* of each size */
    if (size > TERM_SIZE_MAX)
        return false;
    for (const char *term = terms[size]; *term != '\0'; term += size)
        if ((data[0] | 0x20) == *term && str_equal_nocase(str_from(data, size), str_from(term, size)))
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

bool fold_keeps(struct str line, size_t from, size_t to)
{
    const char *data = line.data + from;
    return !is_digit(*data) && (is_version(line, from, to) || is_term(data, to - from) || is_compound(data, to - from));
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
    if (fold_keeps(line, from, to))
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
    uint64_t numbers = numbers_of(m, size), odd = odd_of(m, size);
    size_t at = 0;
    while ((numbers | odd) != 0) {
        size_t next = (size_t)__builtin_ctzll(numbers | odd), end;
        if (odd >> next & 1) {
            put(f, line.data + from + at, next - at);
            end = next + put_odd(f, str_slice(line, from + next, line.size));
        } else {
            uint64_t run, behind = run_around(m, numbers, &run);
            size_t start = (size_t)__builtin_ctzll(run &= ~below(at));
            end = behind ? (size_t)__builtin_ctzll(behind) : size;
            put(f, line.data + from + at, start - at);
            if (is_numeric(m, run))
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
        size_t size = look_on(line, at, &m);
        at = size > 0 ? put_step(ret, line, at, size, &m) : put_long(ret, line, at);
    }
    while (ret->size > 0 && ret->text[ret->size - 1] == ' ')
        ret->size--;
}
