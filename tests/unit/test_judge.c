#include "store_case.h"

#include "query/group.h"
#include "query/judge.h"
#include "slow_build.h"

/* Every question is answered twice over the same store: by a judge on columns, and line by line. */

/* ---- Lines --------------------------------------------------------------------------------------------------------- */

static const char *const odd[] = {
    /* a key twice, also with another type; null, "" and "-" are none; aliases by priority, at several depths */
    "{\"user\":\"a\",\"user\":\"b\",\"msg\":\"dup\"}",
    "{\"user\":\"a\",\"user\":5}",
    "{\"user\":5,\"user\":null}",
    "{\"user\":null,\"username\":\"x\",\"msg\":\"m\"}",
    "{\"user\":\"\",\"user_id\":7}",
    "{\"user\":\"-\",\"user_name\":\"-\"}",
    "{\"a\":{\"b\":{\"user_id\":\"deep\"},\"user_id\":\"bob\"}}",
    "{\"user_id\":11,\"user\":\"bob\",\"session\":{\"user_id\":\"bob\"}}",
    "{\"user\":{\"name\":\"bob\"}}",
    "{\"a.b\":1,\"a\":{\"b\":2}}",
    /* escaped keys and values */
    "{\"user\":\"z\\u00eb\"}",
    "{\"us\\u0065r\":\"bob\"}",
    "{\"user\":\"\\u0062ob\"}",
    "{\"user\":\"a\\/b\"}",
    "{\"user\":\"a\\tb\"}",
    "{\"user\":\"bad\\q\"}",
    /* arrays, containers kept whole, empty ones */
    "{\"user\":[\"a\",\"bob\"],\"tags\":[\"red\",\"blue\"]}",
    "{\"items\":[{\"id\":1},{\"id\":2}],\"tags\":[]}",
    "{\"n\":[0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4],\"user\":\"bob\"}",
    "{\"tags\":{},\"status\":500}",
    /* a line within a line */
    "{\"log\":\"{\\\"user\\\":\\\"bob\\\",\\\"level\\\":\\\"error\\\"}\\n\",\"stream\":\"stdout\"}",
    "{\"log\":\"Failed password for bob from 10.0.0.1 port 22 ssh2\\n\",\"stream\":\"stderr\",\"user\":\"x\"}",
    "{\"MESSAGE\":\"level=error user=bob msg=x\",\"_HOSTNAME\":\"h\",\"PRIORITY\":\"3\"}",
    "{\"message\":\" {\\\"user\\\":\\\"bob\\\",\\\"status\\\":503}\",\"user\":\"out\"}",
    "{\"message\":\"\\u007b\\\"user\\\":\\\"bob\\\"}\",\"user\":\"out\"}",
    "{\"message\":\"@cee: {\\\"user\\\":\\\"bob\\\"}\",\"status\":200}",
    "{\"message\":\"\\t{\\\"tags\\\":[\\\"red\\\"]}\\n\",\"user\":\"out\"}",
    "{\"message\":\"{}\",\"user\":\"out\"}",
    "{\"message\":\"{not json}\",\"user\":\"out\"}",
    "{\"msg\":\"\",\"message\":null,\"text\":\"{\\\"user\\\":\\\"bob\\\"}\",\"user\":\"out\"}",
    /* what a message tells of a login */
    "{\"message\":\"login failed for user bob from 10.1.1.1\",\"status\":401}",
    "{\"service\":\"sshd\",\"message\":\"Failed password for invalid user bob from 10.3.3.3 port 5 ssh2\"}",
    "{\"service\":\"sshd\",\"message\":\"Connection closed by authenticating user bob 10.4.4.4 port 9 [preauth]\"}",
    "{\"service\":\"api\",\"message\":\"Connection closed by authenticating user bob 10.4.4.4 port 9 [preauth]\"}",
    "{\"message\":\"Access denied for user 'bob'@'10.1.1.9' (using password: YES)\",\"user\":\"-\"}",
    /* numbers, units, addresses */
    "{\"status\":500,\"user\":\"bob\"}",
    "{\"status\":500.0}",
    "{\"status\":\"500\"}",
    "{\"status\":\"abc\",\"status_code\":404}",
    "{\"status\":999,\"code\":500}",
    "{\"status\":5e2}",
    "{\"duration_ms\":1500}",
    "{\"duration\":\"1.5s\"}",
    "{\"latency\":1.5}",
    "{\"duration_ms\":\"soon\",\"took\":3}",
    "{\"duration_us\":1500000}",
    "{\"elapsed\":0.333333333333333333}",
    "{\"client_ip\":\"10.0.0.1:5000\"}",
    "{\"client_ip\":\"host.example\",\"remote_addr\":\"::ffff:10.0.0.2\"}",
    "{\"client_ip\":\"10.0.0.3, 192.0.2.4\",\"level\":\"warn\"}",
    "{\"x_forwarded_for\":\"[2001:db8::1]:80\"}",
    /* names that are something else on the command line */
    "{\"kind\":\"x\",\"format\":\"y\",\"source\":\"z\",\"offset\":\"3\",\"raw\":\"bob\",\"fields\":{\"user\":\"bob\"}}",
    "{\"level\":\"30\",\"lvl\":\"error\"}",
    /* no JSON objects */
    "  {\"user\":\"bob\"}  ",
    "\xef\xbb\xbf{\"user\":\"bob\"}",
    "level=error user=bob status=500",
    "\"bob\"",
    "[\"bob\",2]",
    "{}",
    "",
    "192.0.2.1 - bob [10/Oct/2026:13:55:36 +0000] \"GET /x HTTP/1.1\" 500 23",
    "Nov 20 10:00:00 h sshd[1]: Failed password for bob from 10.0.0.9 port 1 ssh2",
};

static uint32_t chance;

static uint32_t below(uint32_t limit)
{
    chance = chance * 1664525 + 1013904223;
    return (chance >> 8) % limit;
}

static const char *one_of(const char *const *texts, uint32_t count)
{
    return texts[below(count)];
}

/* The same few skeletons with many values, some of which mean something else than they seem to. */
static void put_varied(struct batch *batch)
{
    static const char *const users[] = {"\"bob\"", "null", "\"\"", "\"-\"", "7", "\"\\u0062ob\"", "[\"p\",\"bob\"]"};
    static const char *const services[] = {"\"api\"", "\"sshd\"", "\"web\"", "\"\"", "null"};
    static const char *const codes[] = {"200", "\"401\"", "403", "429", "500", "599.0", "\"x\""};
    static const char *const messages[] = {"plain",
                                           "{\\\"user\\\":\\\"bob\\\",\\\"status\\\":500}",
                                           "user bob failed login",
                                           "",
                                           "-",
                                           "@x",
                                           "\\u007bq",
                                           "Connection closed by authenticating user eve 10.4.4.4 port 9 [preauth]",
                                           "{}",
                                           "it took 5 ms"};
    char line[400], message[200];
    snprintf(message, sizeof message, "%s%.0u", one_of(messages, 10), below(2));
    if (below(3) == 0)
        snprintf(message, sizeof message, "%u requests, %s", below(5000), one_of(messages, 2) + 1);
    const char *user = one_of(users, 7), *service = one_of(services, 5), *code = one_of(codes, 7);
    switch (below(4)) {
    case 0:
        snprintf(line, sizeof line, "{\"service\":%s,\"user\":%s,\"user_id\":%u,\"status\":%s,\"message\":\"%s\"}",
                 service, user, below(9), code, message);
        break;
    case 1:
        snprintf(line, sizeof line,
                 "{\"service\":%s,\"status\":%s,\"code\":%u,\"msg\":\"%s\",\"client_ip\":\"10.%u.0.1\"}", service, code,
                 below(600), message, below(256));
        break;
    case 2:
        snprintf(line, sizeof line, "{\"message\":\"%s\",\"ctx\":{\"user_id\":%s,\"n\":%u},\"latency\":%u.%03u}",
                 message, user, below(5), below(3), below(1000));
        break;
    default:
        snprintf(line, sizeof line, "{\"message\":\"%s\",\"path\":\"/u/%u\",\"user\":%s,\"tags\":[\"red\",%s]}",
                 message, below(4000), user, user);
    }
    batch_add(batch, arena_str(&batch->arena, str_of(line)), 0);
}

enum { BLOCKS = 6, SOURCES = 4 };

/* Some sources tell a service where lines do not, or take nothing for JSON. */
static void begin_source(struct batch *batch, unsigned source, uint64_t offset)
{
    static const char *const names[SOURCES] = {"/a", "/b", "/c", "/d"};
    static const struct source_defaults defaults[SOURCES] = {
        {.service = {NULL, 0}},
        {.service = {"sshd", 4}},
        {.service = {"web", 3}, .format = FORMAT_JSON},
        {.format = FORMAT_SYSLOG},
    };
    put_run(batch, 1 + source, names[source], offset);
    batch->sources[batch->source_count - 1].defaults = defaults[source];
}

static struct store *odd_store(const struct store_case *test_case, struct analyzer *analyzer)
{
    struct store *store = store_case_open(test_case, STORE_WRITE);
    struct batch *batch = test_case->batch;
    uint64_t offsets[SOURCES] = {0};
    const unsigned half = SLOW_BUILD ? 75 : 400;
    chance = 1;
    for (unsigned b = 0; b < BLOCKS; b++) {
        for (unsigned i = 0; i < 2 * half; i++) {
            struct str line = str_of(odd[(i / 3 + b) % (sizeof odd / sizeof *odd)]);
            unsigned source = (b + i / half) % SOURCES;
            if (i % half == 0)
                begin_source(batch, source, offsets[source]);
            if (i % 3 == 0)
                batch_add(batch, line, 0);
            else
                put_varied(batch);
            offsets[source] = batch->runs[batch->run_count - 1].end;
            batch->sources[batch->source_count - 1].position = offsets[source];
        }
        analyzer_batch(analyzer, batch);
        for (uint32_t i = 0; i < batch->record_count; i++)
            if (i % 5)
                batch->records[i].time_us = T0 + (int64_t)below(100000) * TIME_SECOND;
        put_commit(store, batch);
    }
    return store;
}

/* ---- Two ways ------------------------------------------------------------------------------------------------------ */

struct asking {
    struct store *store;
    struct field_table *fields;
    struct analyzer *analyzer;
    struct select select;
    struct stored_patterns *patterns;
    struct pattern_memo memo;
    struct subject keys[2];
    size_t key_count;
    struct arena arena;
    struct buf numbers; /* of the records found, uint64_t each */
    struct group group;
    uint64_t found, handed_out;
    bool believes_kinds;
};

static void open_asking(struct asking *asking, const char *words, const char *keys)
{
    struct err err = {0};
    struct store_source *sources;
    size_t count;
    static const struct opt_list all = {0};
    struct select_options none = {0};
    struct str rest = str_of(words);
    assert_true(select_init(&asking->select, &none, 0, &err));
    while (rest.size > 0) {
        struct str word = str_cut(&rest, ' ');
        bool fine = word.data[0] == '/' ? select_add_grep(&asking->select, str_slice(word, 1, word.size), &err)
                                        : select_add_filter(&asking->select, word, 0, &err);
        if (!fine)
            fail_msg("%s", err.text);
    }
    rest = str_of(keys);
    for (asking->key_count = 0; rest.size > 0;) {
        asking->keys[asking->key_count] = subject_of(str_cut(&rest, ','));
        asking->keys[asking->key_count++].patterns = &asking->memo;
    }
    SCOPED(buf) unknown = BUF(1 << 16);
    assert_non_null(asking->patterns = stored_patterns_new(asking->store, false, &err));
    asking->memo.set = asking->patterns->set;
    assert_true(select_use_patterns(&asking->select, asking->patterns, &asking->memo, &unknown, &err));
    assert_true(store_sources(asking->store, &asking->arena, &sources, &count, &err));
    select_sources(&asking->select, &all, sources, count, &asking->arena);
    select_prepare(&asking->select);
    asking->numbers = BUF(1 << 24);
    group_init(&asking->group, asking->key_count ? asking->key_count : 1);
}

static void close_asking(struct asking *asking)
{
    select_release(&asking->select);
    pattern_memo_release(&asking->memo);
    stored_patterns_free(asking->patterns);
    buf_release(&asking->numbers);
    group_release(&asking->group);
    arena_release(&asking->arena);
}

static bool take(void *context, const struct total *total, struct err *err)
{
    struct asking *asking = context;
    asking->found += total->records;
    for (size_t i = 0; i < total->row_count; i++) {
        const struct total_row *row = &total->rows[i];
        assert_non_null(
            group_add_all(&asking->group, row->keys, row->count, row->first_us, row->last_us, row->latest, err));
    }
    return true;
}

static bool may_hold(void *context, const struct scan_record *rec)
{
    return select_may_hold(context, &rec->record);
}

static void take_record(struct asking *asking, const struct scan_record *rec)
{
    struct arena scratch = {0};
    struct err err = {0};
    struct event event = {.number = rec->number,
                          .record = rec->record,
                          .believes_kinds = asking->believes_kinds,
                          .analyzer = asking->analyzer,
                          .arena = &scratch};
    event_set_source(&event, &select_source(&asking->select, rec->source)->state);
    asking->handed_out++;
    assert_true(rec->sure || rec->record.raw.data);
    if (rec->sure || select_holds(&asking->select, &event)) {
        struct str keys[2];
        asking->found++;
        buf_add(&asking->numbers, &rec->number, sizeof rec->number);
        for (size_t i = 0; i < asking->key_count; i++)
            keys[i] = subject_text(&asking->keys[i], &event);
        if (asking->key_count)
            assert_non_null(group_add(&asking->group, keys, rec->record.time_us, rec->number, &err));
    }
    arena_release(&scratch);
}

static void run_scan(struct asking *asking, bool by_columns)
{
    struct err err = {0};
    const struct judge_ask by = {.select = &asking->select,
                                 .fields = asking->fields,
                                 .believes_kinds = asking->believes_kinds,
                                 .way = asking->key_count ? TOTAL_KEYS : TOTAL_NONE,
                                 .keys = asking->keys,
                                 .key_count = asking->key_count,
                                 .take = take,
                                 .context = asking};
    SCOPED_FREE(judge) *judge = by_columns ? judge_new(&by) : NULL;
    struct scan_ask ask = ASK_ALL;
    if (by_columns) {
        ask.needs = asking->select.needs;
        ask.need_count = asking->select.need_count;
        ask.wants = may_hold;
        ask.context = &asking->select;
        ask.judge = judge_of_scan(judge);
        ask.textless = judge && asking->key_count == 0;
    }
    SCOPED_FREE(scan) *scan = scan_new(asking->store, &ask, &err);
    struct scan_record rec;
    int step;
    assert_non_null(scan);
    while ((step = scan_next(scan, &rec, &err)) == 1)
        take_record(asking, &rec);
    assert_int_equal(step, 0);
    assert_int_equal(scan_counts(scan).blocks_damaged, 0);
    group_sort(&asking->group);
}

static void same_answers(const struct asking *a, const struct asking *b, const char *words, const char *keys)
{
    if (a->found != b->found)
        fail_msg("'%s' by '%s': %llu by columns, %llu by lines", words, keys, (unsigned long long)a->found,
                 (unsigned long long)b->found);
    if (a->key_count == 0) {
        assert_true(str_equal(buf_str(&a->numbers), buf_str(&b->numbers)));
        return;
    }
    assert_int_equal(group_count(&a->group), group_count(&b->group));
    for (size_t i = 0; i < group_count(&a->group); i++) {
        const struct group_row *x = &a->group.rows[i], *y = &b->group.rows[i];
        if (!str_equal(x->key, y->key) || x->count != y->count || x->first_us != y->first_us ||
            x->last_us != y->last_us || x->latest != y->latest)
            fail_msg("'%s' by '%s': row %zu is another one", words, keys, i);
    }
}

struct fixture {
    struct field_table *fields;
    struct analyzer *analyzer;
    struct store *store;
};

static struct fixture fixture_of(const struct store_case *test_case)
{
    struct err err = {0};
    struct fixture fixture = {.fields = field_table_new(STR_ABSENT, NULL, &err)};
    assert_non_null(fixture.fields);
    fixture.analyzer = analyzer_new(fixture.fields);
    fixture.store = odd_store(test_case, fixture.analyzer);
    return fixture;
}

static void fixture_release(struct fixture *fixture)
{
    store_free(fixture->store);
    analyzer_free(fixture->analyzer);
    field_table_free(fixture->fields);
}

/* Returns the records that were handed out to be looked at, when columns answered. */
static uint64_t ask_both(const struct fixture *fixture, const char *words, const char *keys, bool believes_kinds)
{
    struct asking ways[2];
    for (int i = 0; i < 2; i++) {
        ways[i] = (struct asking){.store = fixture->store,
                                  .fields = fixture->fields,
                                  .analyzer = fixture->analyzer,
                                  .believes_kinds = believes_kinds};
        open_asking(&ways[i], words, keys);
        run_scan(&ways[i], i == 0);
    }
    same_answers(&ways[0], &ways[1], words, keys);
    uint64_t handed_out = ways[0].handed_out;
    for (int i = 0; i < 2; i++)
        close_asking(&ways[i]);
    return handed_out;
}

/* The id of the template "plain". */
#define OF_PLAIN "pattern=p892e17dc70a48aff"

/* ---- Tests --------------------------------------------------------------------------------------------------------- */

static void columns_and_lines_say_the_same(void **state)
{
    static const char *const questions[] = {
        "",
        "user=bob",
        "user=",
        "user!=",
        "user!=bob",
        "user~^B",
        "user!~o",
        "user=bob user=7",
        "user=bob status=500",
        "status=500",
        "status>=429",
        "status=",
        "status~00$",
        "level=error",
        "level~^err",
        "level=",
        "kind=error status!=500",
        "kind=auth_failure user=bob",
        "service=",
        "service=sshd",
        "service!=sshd user=eve",
        "service=web user=bob",
        "user=eve",
        "duration_ms>1000",
        "duration_ms=1500",
        "duration_ms<=1.5s",
        "client_ip=10.0.0.1",
        "client_ip~^10[.]4",
        "tags=red",
        "tags!=red",
        "tags=",
        "message=",
        "message=-",
        "message~failed",
        "items.id=2",
        "a.b=2",
        "fields.user=bob",
        "format=json user=bob",
        "format~^j",
        "source=/a user=bob",
        "unparsed=true",
        "unparsed=false status=500",
        "offset>1000 user=bob",
        "raw~bob status=500",
        "/bob status=500",
        "/bob user!=bob",
        "time>2026-11-20 user=bob",
        "time~^2026 user=bob",
        "request_id=x",
        "ctx.n=3 user=bob",
        "log!=",
        "pattern=none",
        "pattern!=none user=bob",
        "pattern=p0000000000000000",
        "pattern~^p[0-7]",
        "pattern!~^p[0-7] level=error",
        "pattern= user=bob",
        OF_PLAIN,
        OF_PLAIN " pattern=other status=500",
    };
    static const char *const keys[] = {"",     "user",       "service,status", "duration_ms",  "client_ip",
                                       "tags", "level,user", "source",         "kind,format",  "message",
                                       "time", "offset",     "pattern",        "level,pattern"};
    struct fixture fixture = fixture_of(*state);
    for (size_t q = 0; q < sizeof questions / sizeof *questions; q++)
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            if (k < 2 || (q + k) % 3 == 0)
                ask_both(&fixture, questions[q], keys[k], (q + k) % 4 != 0);
    fixture_release(&fixture);
}

/* Else the ways would agree because they are one. */
static void few_lines_are_looked_at(void **state)
{
    struct fixture fixture = {0};
    struct err err = {0};
    struct store_case *test_case = *state;
    fixture.fields = field_table_new(STR_ABSENT, NULL, &err);
    fixture.analyzer = analyzer_new(fixture.fields);
    fixture.store = store_case_open(test_case, STORE_WRITE);
    uint64_t offset = 0;
    for (unsigned b = 0; b < BLOCKS; b++) {
        put_run(test_case->batch, 1, "/a", offset);
        for (unsigned i = 0; i < 500; i++) {
            char line[200];
            snprintf(line, sizeof line, "{\"user\":\"u%u\",\"status\":%u,\"message\":\"%u things {done}\"}", i % 7,
                     i % 2 ? 200 : 500, i);
            batch_add(test_case->batch, arena_str(&test_case->batch->arena, str_of(line)), 0);
        }
        analyzer_batch(fixture.analyzer, test_case->batch);
        offset = test_case->batch->runs[0].end;
        test_case->batch->sources[0].position = offset;
        put_commit(fixture.store, test_case->batch);
    }
    assert_int_equal(ask_both(&fixture, "status=500", "user", true), 0);
    assert_int_equal(ask_both(&fixture, "user=u3", "status", true), 0);
    assert_int_equal(ask_both(&fixture, "", "user,status", true), 0);
    assert_int_equal(ask_both(&fixture, "user=u3", "", true), BLOCKS * 71);
    assert_int_equal(ask_both(&fixture, "user=nobody", "", true), 0);
    assert_int_equal(ask_both(&fixture, "/done user=u3", "", true), BLOCKS * 71);
    assert_int_equal(ask_both(&fixture, "", "pattern", true), 0);
    assert_int_equal(ask_both(&fixture, "pattern~^p status=500", "user", true), 0);
    assert_int_equal(ask_both(&fixture, "pattern=none", "", true), 0);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(columns_and_lines_say_the_same, store_case_begin, store_case_end),
        cmocka_unit_test_setup_teardown(few_lines_are_looked_at, store_case_begin, store_case_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
