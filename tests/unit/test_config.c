/* config: what the files say comes out as values; what they say wrong is told with its line. */
#include "ingest/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/place.h"
#include "ingest/config_key.h"
#include "ingest/config_print.h"
#include "tests/unit/scratch.h"

static struct buf reported;

static void report(void *context, const struct err *err)
{
    assert_ptr_equal(context, &reported);
    buf_printf(&reported, "%s\n", err->text);
}

static int enter(void **unused)
{
    scratch_enter(unused);
    must(setenv("WINNOW_CONFIG_DIR", "etc", 1) == 0 && unsetenv("WINNOW_CONFIG") == 0 && unsetenv("WINNOW_STORE") == 0);
    must(unsetenv("XDG_CONFIG_HOME") == 0 && unsetenv("HOME") == 0);
    reported = BUF(1 << 20);
    return 0;
}

static int leave(void **unused)
{
    buf_release(&reported);
    return scratch_leave(unused);
}

static struct config *load(const char *text)
{
    scratch_write("x.yaml", str_of(text));
    buf_reset(&reported);
    return config_new("x.yaml", report, &reported);
}

static void wrong(void **unused)
{
    (void)unused;
    static const struct {
        const char *text, *expected; /* the errors; NULL: none */
    } cases[] = {
        {"", NULL},
        {"# nothing\n", NULL},
        {"sources:\nretention:\n", NULL},
        {"retention: {keep: none, max_size: none}", NULL},
        {"retention: {keep: 0s}", NULL},
        {"retention: {keep: 1d, outputs: wait}", NULL},
        {"retention: {outputs: ignore}", NULL},
        {"retention: {outputs: ignored}", "x.yaml:1: 'retention.outputs': 'ignored' is none of wait, ignore; did you "
                                          "mean 'ignore'?\n"},
        {"sources: [{journal: }]", NULL},
        {"sources: [{journal: {boot: -1}}, {journal: {boot: 0123456789abcdef0123456789abcdef}}]", NULL},
        {"sources: [{journal: {priority: 0}}, {journal: {priority: error}}]", NULL},
        {"sources: [{file: a, multiline: auto}, {file: a, multiline: {continue: '^\\s'}}]", NULL},
        {"sorces: []", "x.yaml:1: unknown key 'sorces'; did you mean 'sources'?\n"},
        {"\n\nretentoin: {}\nStore: a\n", "x.yaml:3: unknown key 'retentoin'; did you mean 'retention'?\n"
                                          "x.yaml:4: unknown key 'Store'; did you mean 'store'?\n"},
        {"sources:\n  - file: a\n    multilin: off\n", "x.yaml:3: unknown key 'multilin'; did you mean 'multiline'?\n"},
        {"sources:\n  - journal:\n      unit: [a]\n",
         "x.yaml:3: unknown key 'unit' in 'journal'; did you mean 'units'?\n"},
        {"units: [a]", "x.yaml:1: unknown key 'units'; known here: store, durability, fields, rescan, retention, "
                       "slo, sources, outputs\n"},
        {"sources: [{units: [a]}]", "x.yaml:1: unknown key 'units'; did you mean 'journal.units'?\n"},
        {"slo: {availability: 99.95 %, error_rate: '0%', classes: []}", NULL},
        {"slo: {classes: [{name: a, route: /a*, p95: 1s, error_rate: 0.1%}, {name: b, methods: [PUT, POST]}]}", NULL},
        {"slo: 99%", "x.yaml:1: 'slo' must be a map: lines such as 'availability: 99.5%'\n"},
        {"slo:\n  availabilty: 99%\n  error_rate: 5\n",
         "x.yaml:2: unknown key 'availabilty' in 'slo'; did you mean 'availability'?\n"
         "x.yaml:3: 'error_rate' needs a percentage such as 99.5%, not '5'\n"},
        {"slo: {availability: 101%, error_rate: nan%}",
         "x.yaml:1: 'availability' needs a percentage such as 99.5%, not '101%'\n"
         "x.yaml:1: 'error_rate' needs a percentage such as 99.5%, not 'nan%'\n"},
        {"slo:\n  classes:\n  - p95: 1s\n  - {name: a, p96: 1s}\n  - {name: a, p99: 0s}\n  - b\n",
         "x.yaml:3: a class needs a 'name'\n"
         "x.yaml:4: unknown key 'p96' in 'slo.classes'; did you mean 'p95'?\n"
         "x.yaml:5: 'p99' needs a duration up to a day, such as 200ms or 2s, not '0s'\n"
         "x.yaml:6: a class is a map: 'name: NAME', then services, routes, methods, p50, p95, p99\n"},
        {"slo: {classes: [{name: a}, {name: a}, {name: reads}, {name: b, routes: []}]}",
         "x.yaml:1: there is a class 'a' already\n"
         "x.yaml:1: 'reads' is what requests of no class are called; choose another name\n"
         "x.yaml:1: 'routes' must be a pattern or a list of patterns, at most 100\n"},
        {"slo: {classes: a}", "x.yaml:1: 'classes' must be a list: lines that begin with '- name:'\n"},
        {"retention: 90d", "x.yaml:1: 'retention' must be a map\n"},
        {"retention:\n  keep: -1d\n", "x.yaml:2: 'retention.keep' needs a duration such as 90d or 2h30m, not '-1d'\n"},
        {"retention:\n  keep: 40000d\n", "x.yaml:2: 'retention.keep': 40000d is out of range (0..36500d)\n"},
        {"retention:\n  max_size: big\n",
         "x.yaml:2: 'retention.max_size' needs a size such as 500M or 50G, not 'big'\n"},
        {"rescan: none", "x.yaml:1: 'rescan' needs a duration such as 90d or 2h30m, not 'none'\n"},
        {"rescan: 2d", "x.yaml:1: 'rescan': 2d is out of range (100ms..1d)\n"},
        {"store: [a]", "x.yaml:1: 'store' must be PATH, not a list\n"},
        {"store: ~", "x.yaml:1: 'store' has no value\n"},
        {"store: \"a\\0b\"", "x.yaml:1: 'store' has a control character in it\n"},
        {"store: a\nrules: [b]\n", "x.yaml:2: 'rules' is not in this version of winnow\n"},
        {"sources: a",
         "x.yaml:1: 'sources' must be a list: lines that begin with '- file:', '- journal:' or '- kafka:'\n"},
        {"sources:\n  - a.log\n", "x.yaml:2: a source is a map: 'file: GLOB', 'journal: {...}' or 'kafka: {...}'\n"},
        {"sources:\n  - {file: [a, b/]}\n", "x.yaml:2: 'b/' names a folder; 'b/*.log' would name the logs in it\n"},
        {"sources:\n  - {file: [a,\n     [b]]}\n", "x.yaml:3: 'file' must be GLOB, not a list\n"},
        {"sources:\n  - {file: a, multiline: on}\n", "x.yaml:2: 'multiline': 'on' is none of auto, off\n"},
        {"sources:\n  - {file: a, multiline: {}}\n  - {journal: {}, multiline: {start: a}}\n",
         "x.yaml:3: 'multiline.start' is for files; this source is the journal\n"},
        {"sources: [{journal: {matches: [=a]}}, {journal: {matches: 9A=a}}]",
         "x.yaml:1: '=a' is no match; one looks like _SYSTEMD_UNIT=sshd.service\n"
         "x.yaml:1: '9A=a' is no match; one looks like _SYSTEMD_UNIT=sshd.service\n"},
        {"sources: [{file: a, timezone: Mars/Olympus}]",
         "x.yaml:1: 'Mars/Olympus' is no time zone this system knows; one looks like Europe/Berlin or +02:00\n"},
        {"sources: [{file: a, format: jsno}]",
         "x.yaml:1: 'format': 'jsno' is none of auto, json, syslog, rfc5424, access, "
         "nginx_error, logfmt, cri, text; did you mean 'json'?\n"},
        {"sources: [{file: a, service: two words}]", "x.yaml:1: 'two words': a service's name has no spaces\n"},
        {"sources: [{journal: {}, format: json, service: a}]",
         "x.yaml:1: 'format' is for files; this source is the journal\n"},
        {"[", "x.yaml:2: did not find expected node content (while parsing a flow node)\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED_FREE(config) *config = load(cases[i].text);
        assert_string_equal(buf_str(&reported).data, cases[i].expected ? cases[i].expected : "");
        assert_int_equal(config == NULL, cases[i].expected != NULL);
    }
}

#ifdef WINNOW_KAFKA
static void wrong_of_kafka(void **unused)
{
    (void)unused;
    static const struct {
        const char *inner, *expected; /* of 'kafka', in a source or an output */
    } sources
        [] =
            {
                {"brokers: h, topics: [a, '^b-.*']", NULL},
                {"brokers: 'h:1,[::1]:2,10.0.0.1', topics: a, format: json, service: s, timezone: UTC, from: end",
                 NULL},
                {"brokers: h, topics: a, properties: {security.protocol: sasl_ssl, sasl.password: 'env:NOT_SET'}",
                 NULL},
                {"topics: a", "x.yaml:1: 'kafka' needs 'brokers: HOST:9092'\n"},
                {"brokers: h", "x.yaml:1: 'kafka' needs 'topics: [TOPIC]'\n"},
                {"brokers: 'h:0', topics: a",
                 "x.yaml:1: 'h:0' names no brokers; it looks like host1:9092,host2:9092\n"},
                {"brokers: 'h,,i', topics: a",
                 "x.yaml:1: 'h,,i' names no brokers; it looks like host1:9092,host2:9092\n"},
                {"brokers: h, topics: [a b]",
                 "x.yaml:1: 'a b' is no topic: letters, digits, '.', '_' and '-', 249 at most\n"},
                {"brokers: h, topics: ['^(']",
                 "x.yaml:1: regular expression: missing closing parenthesis at character offset 2\n"},
                {"broker: h, topics: a", "x.yaml:1: unknown key 'broker' in 'kafka'; did you mean 'brokers'?\n"},
                {"brokers: h, topics: a, sources: host",
                 "x.yaml:1: 'kafka.sources': 'host' is none of as-sent, by-host\n"},
                {"brokers: h, topics: a, properties: {auto.offset.reset: latest}",
                 "x.yaml:1: 'auto.offset.reset' is not to be set: 'from' says it\n"},
                {"brokers: h, topics: a, properties: {sasl.pasword: x}",
                 "x.yaml:1: librdkafka knows no property 'sasl.pasword'; did you mean 'sasl.password'?\n"},
                {"brokers: h, topics: a, properties: {error_cb: x}",
                 "x.yaml:1: 'error_cb' is not to be set: it is for programs\n"},
                {"brokers: h, topics: a, properties: {interceptors: 'env:HOME'}",
                 "x.yaml:1: 'interceptors' is not to be set: it is for programs\n"},
                {"brokers: h, topics: a, properties: {fetch.max.bytes: 67108864}", NULL},
                {"brokers: h, topics: a, properties: {fetch.max.bytes: 67108865}",
                 "x.yaml:1: 'fetch.max.bytes' is at most 67108864: the memory that is promised rests on it\n"},
                {"brokers: h, topics: a, properties: {fetch.max.bytes: '0x7fffffff'}",
                 "x.yaml:1: 'fetch.max.bytes' must be a number of bytes\n"},
                {"brokers: h, topics: a, properties: [x]",
                 "x.yaml:1: 'kafka.properties' must be a map: lines such as '{NAME: VALUE}'\n"},
                {"brokers: h, topics: a, properties: {linger.ms: [5]}",
                 "x.yaml:1: 'linger.ms': 'kafka.properties' must be {NAME: VALUE}, not a list\n"},
            },
 outputs[] = {
     {"name: o, brokers: h, topic: t", NULL},
     {"name: o, brokers: h, topic: t, filter: level>=warning user=alice, format: raw, transactional: true", NULL},
     {"brokers: h, topic: t", "x.yaml:1: 'kafka' needs 'name: NAME'\n"},
     {"name: o, brokers: h", "x.yaml:1: 'kafka' needs 'topic: TOPIC'\n"},
     {"name: o/p, brokers: h, topic: t",
      "x.yaml:1: 'o/p': an output's name is letters, digits, '.', '_' and '-', 64 at most\n"},
     {"name: o, brokers: h, topic: t, value: raw, format: raw",
      "x.yaml:1: 'kafka.format' is 'kafka.value' by another name: give one of them\n"},
     {"name: o, brokers: h, topic: t, compression: lz5",
      "x.yaml:1: 'kafka.compression': 'lz5' is none of lz4, zstd, gzip, snappy, none\n"},
     {"name: o, brokers: h, topic: t, transactional: maybe",
      "x.yaml:1: 'kafka.transactional': 'maybe' is none of false, true\n"},
     {"name: o, brokers: h, topic: t, properties: {acks: 1}",
      "x.yaml:1: 'acks' is not to be set: all replicas acknowledge, else messages could be lost\n"},
     {"name: o, brokers: h, topic: t, properties: {partitioner: random}",
      "x.yaml:1: 'partitioner' is not to be set: a key has one partition, and what is sent again goes where it went "
      "before\n"},
     {"name: o, brokers: h, topic: t, properties: {batch.size: fast}",
      "x.yaml:1: 'batch.size' must be a number of bytes\n"},
     {"name: o, brokers: h, topic: t, properties: {retry.backoff.ms: fast}",
      "x.yaml:1: 'retry.backoff.ms': Invalid value for configuration property \"retry.backoff.ms\"\n"},
 };
    SCOPED(buf) text = BUF(4096);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        buf_reset(&text);
        buf_printf(&text, "sources: [{kafka: {%s}}]", sources[i].inner);
        SCOPED_FREE(config) *config = load(text.data);
        assert_string_equal(buf_str(&reported).data, sources[i].expected ? sources[i].expected : "");
        assert_int_equal(config == NULL, sources[i].expected != NULL);
    }
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        buf_reset(&text);
        buf_printf(&text, "outputs: [{kafka: {%s}}]", outputs[i].inner);
        SCOPED_FREE(config) *config = load(text.data);
        assert_string_equal(buf_str(&reported).data, outputs[i].expected ? outputs[i].expected : "");
        assert_int_equal(config == NULL, outputs[i].expected != NULL);
    }
    assert_null(load("outputs:\n- kafka: {name: a, brokers: h, topic: t}\n- kafka: {name: a, brokers: h, topic: u}\n"
                     "- file: x\n"));
    assert_string_equal(reported.data, "x.yaml:3: there is an output 'a' already; its position is kept under its name\n"
                                       "x.yaml:4: an output is 'kafka: {name: NAME, brokers: HOST, topic: TOPIC}'\n");
    assert_null(load("sources: [{kafka: {brokers: h, topics: t}, service: a, multiline: off}]"));
    assert_string_equal(reported.data, "x.yaml:1: 'service' of topics of Kafka stands within 'kafka'\n"
                                       "x.yaml:1: 'multiline' is for files; this source is Kafka\n");
}

static void values_of_kafka(void **unused)
{
    (void)unused;
    SCOPED_FREE(config) *config = load(
        "sources:\n"
        "- kafka: {brokers: 'h:1,i:2', topics: [a, '^b'], group: g, sources: by-host, service: shop, from: end}\n"
        "outputs:\n"
        "- kafka: {name: o, brokers: h, topic: t, filter: ' level>=warning  user=alice', format: raw,\n"
        "          key: request_id, properties: {sasl.password: tiger, ssl.key.password: env:KEY, linger.ms: 7}}\n"
        "- kafka: {name: p, brokers: h, topic: t, filter: [message=a b], compression: none, transactional: true}\n");
    assert_non_null(config);
    const struct config_source *source = &config->sources[0];
    assert_int_equal(source->kind, CONFIG_KAFKA);
    assert_string_equal(source->kafka.brokers, "h:1,i:2");
    assert_string_equal(source->kafka.group, "g");
    assert_true(source->kafka.topics.count == 2 && source->kafka.names == CONFIG_KAFKA_BY_HOST);
    assert_true(source->kafka.from == CONFIG_KAFKA_END && str_equal(config_defaults(source).service, STR("shop")));
    assert_int_equal(config->output_count, 2);
    const struct config_kafka *first = &config->outputs[0].kafka, *second = &config->outputs[1].kafka;
    assert_int_equal(first->filter.count, 2);
    assert_string_equal(first->filter.items[0], "level>=warning");
    assert_string_equal(first->filter.items[1], "user=alice");
    assert_true(first->value == CONFIG_VALUE_RAW && second->value == CONFIG_VALUE_JSON);
    assert_true(first->transactional == 0 && second->transactional == 1);
    assert_string_equal(first->key, "request_id");
    assert_string_equal(second->key, "source");
    assert_string_equal(second->filter.items[0], "message=a b");
    assert_string_equal(first->compression, "lz4");
    assert_int_equal(first->properties.count, 3);
    /* What is a secret is not printed; where one is, is. */
    SCOPED(buf) text = BUF(CONFIG_PRINTED_MAX);
    config_print_yaml(config, &text);
    config_print_json(config, &text);
    assert_true(str_find(buf_str(&text), STR("tiger")) == STR_NONE);
    assert_true(str_find(buf_str(&text), STR("env:KEY")) != STR_NONE);
    assert_true(str_find(buf_str(&text), STR("sasl.password: \"(hidden)\"")) != STR_NONE);
    assert_true(str_find(buf_str(&text), STR("\"linger.ms\":\"7\"")) != STR_NONE);
}
#endif

static void values(void **unused)
{
    (void)unused;
    SCOPED_FREE(config) *config = load("store: s.db\n"
                                       "durability: full\n"
                                       "rescan: 1.5s\n"
                                       "retention: {keep: 90d, max_size: 1.5G}\n"
                                       "sources:\n"
                                       "  - file: [/a/*.log, ./b]\n"
                                       "    from: end\n"
                                       "    multiline: off\n"
                                       "  - journal: {units: x.service, matches: [A_1=b=c], priority: crit, boot: -1,\n"
                                       "              directory: j}\n"
                                       "    from: beginning\n"
                                       "  - file: c\n"
                                       "    service: shop\n"
                                       "    timezone: +02:00\n"
                                       "    format: nginx_error\n"
                                       "    multiline: {continue: '^\\s'}\n");
    assert_non_null(config);
    char path[PATH_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/s.db", scratch_path);
    assert_string_equal(config->store, path);
    assert_int_equal(config->durability, CONFIG_FULL);
    assert_true(config->rescan_us == 1500000 && config->keep_us == 90 * TIME_DAY);
    assert_true(config->max_size == INT64_C(3) << 29);
    assert_int_equal(config->source_count, 3);
    const struct config_source *file = &config->sources[0], *journal = &config->sources[1],
                               *third = &config->sources[2];
    assert_int_equal(file->kind, CONFIG_FILE);
    assert_int_equal(file->globs.count, 2);
    assert_string_equal(file->globs.items[0], "/a/*.log");
    (void)snprintf(path, sizeof path, "%s/b", scratch_path);
    assert_string_equal(file->globs.items[1], path);
    assert_true(file->from == CONFIG_END && file->join == CONFIG_JOIN_OFF && file->join_pattern == NULL);
    assert_int_equal(file->origin.line, 6);
    assert_int_equal(journal->kind, CONFIG_JOURNAL);
    assert_string_equal(journal->units.items[0], "x.service");
    assert_string_equal(journal->matches.items[0], "A_1=b=c");
    assert_true(journal->priority == 2 && journal->from == CONFIG_BEGINNING && journal->namespace == NULL);
    assert_string_equal(journal->boot, "-1");
    (void)snprintf(path, sizeof path, "%s/j", scratch_path);
    assert_string_equal(journal->directory, path);
    assert_true(third->from == CONFIG_LAST && third->join == CONFIG_JOIN_CONTINUE);
    assert_string_equal(third->join_pattern, "^\\s");
    struct source_defaults defaults = config_defaults(third);
    assert_true(str_equal(defaults.service, STR("shop")) && str_equal(defaults.timezone, STR("+02:00")));
    assert_int_equal(defaults.format, FORMAT_NGINX_ERROR);
    defaults = config_defaults(journal);
    assert_true(!defaults.service.data && !defaults.timezone.data && defaults.format == FORMAT_NONE);
}

static void defaults(void **unused)
{
    (void)unused;
    SCOPED_FREE(config) *config = config_new(NULL, report, &reported);
    assert_non_null(config);
    assert_null(config->store);
    assert_true(config->durability == CONFIG_NORMAL && config->rescan_us == 10 * TIME_SECOND);
    assert_true(config->keep_us == 0 && config->max_size == 0 && config->source_count == 0);
    assert_int_equal(config->files.count, 0);
}

static void the_store_s_place(void **unused)
{
    (void)unused;
    static const struct {
        const char *configured, *variable, *option, *expected, *origin;
    } cases[] = {
        {"store: /c", NULL, NULL, "/c", "x.yaml"},
        {"store: /c", "/v", NULL, "/v", "$WINNOW_STORE"},
        {"store: /c", "/v", "/o", "/o", "--store"},
        {"store: /c", "", NULL, "/c", "x.yaml"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        must((cases[i].variable ? setenv("WINNOW_STORE", cases[i].variable, 1) : unsetenv("WINNOW_STORE")) == 0);
        SCOPED_FREE(config) *config = load(cases[i].configured);
        SCOPED(buf) path = BUF(PATH_MAX);
        struct config_origin origin;
        assert_true(config_store(config, cases[i].option, &path, &origin, NULL));
        assert_string_equal(path.data, cases[i].expected);
        assert_string_equal(origin.file, cases[i].origin);
    }
}

/* More files than are read, more sources than are held. */
static void limits(void **unused)
{
    (void)unused;
    SCOPED(buf) text = BUF(1 << 20);
    buf_add_text(&text, "sources:\n");
    for (int i = 0; i < CONFIG_SOURCES_MAX; i++)
        buf_add_text(&text, "- {file: a}\n");
    SCOPED_FREE(config) *config = load(text.data);
    assert_non_null(config);
    assert_int_equal(config->source_count, CONFIG_SOURCES_MAX);
    buf_add_text(&text, "- {file: a}\n");
    assert_null(load(text.data));
    assert_string_equal(reported.data, "x.yaml:10002: more than 10000 sources\n");

    must(mkdir("etc", 0755) == 0 && mkdir("etc/conf.d", 0755) == 0);
    for (int i = 0; i <= PLACE_FILES_MAX; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "etc/conf.d/%d.yaml", i);
        scratch_write(path, STR(""));
    }
    assert_null(load(""));
    assert_string_equal(reported.data, "more than 1000 files in 'etc/conf.d'\n");
}

/* Every row is right in itself: documented, and its default is among what it takes. */
static void rows(void **unused)
{
    (void)unused;
    const struct config_key *tables[] = {config_keys, config_source_keys, config_kafka_source_keys,
                                         config_kafka_output_keys};
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        size_t count = 0;
        for (const struct config_key *key = tables[t]; key->path != NULL; key++, count++) {
            if (key->type == CONFIG_LATER)
                continue;
            assert_non_null(key->help);
            assert_non_null(key->argument);
            assert_int_not_equal(key->help[strlen(key->help) - 1], '.');
        }
        assert_true(count < CONFIG_KEYS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wrong, enter, leave),
        cmocka_unit_test_setup_teardown(values, enter, leave),
#ifdef WINNOW_KAFKA
        cmocka_unit_test_setup_teardown(wrong_of_kafka, enter, leave),
        cmocka_unit_test_setup_teardown(values_of_kafka, enter, leave),
#endif
        cmocka_unit_test_setup_teardown(defaults, enter, leave),
        cmocka_unit_test_setup_teardown(the_store_s_place, enter, leave),
        cmocka_unit_test_setup_teardown(limits, enter, leave),
        cmocka_unit_test_setup_teardown(rows, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
