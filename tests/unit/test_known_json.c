/* What well known programs and libraries write as JSON is understood without a user's table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/scope.h"
#include "tests/unit/analyzed.h"

#define TIME "2026-11-20T10:00:00Z"

static const struct known_case {
    const char *name, *line;
    const char *level;
    const char *fields; /* without time and level; "name=value|name=value" in the order of the contract */
    double duration_ms; /* 0: none */
    const char *kinds;
} cases[] = {
    {"ECS",
     "{\"@timestamp\":\"2026-11-20T10:00:00.000Z\",\"log.level\":\"ERROR\",\"message\":\"m\",\"ecs.version\":\"8.0\","
     "\"service.name\":\"shop\",\"log.logger\":\"auth\",\"event\":{\"action\":\"login\",\"outcome\":\"failure\",\"duration\":2500000},"
     "\"user\":{\"id\":\"7\",\"name\":\"amy\"},\"source\":{\"ip\":\"192.0.2.6\",\"port\":5},\"http\":{\"request\":{\"id\":\"h1\","
     "\"method\":\"POST\"},\"response\":{\"status_code\":401}},\"url\":{\"path\":\"/l\"},\"trace\":{\"id\":\"t1\"},\"host\":{\"name\":\"a\"}}",
     "error",
     "service=shop|host=a|logger=auth|message=m|event=login|request_id=h1|trace_id=t1|user=amy|client_ip=192.0.2.6|method=POST|"
     "path=/l|status=401|outcome=failure",
     2.5, "auth_failure error"},
    {"ECS, an error without a message",
     "{\"@timestamp\":\"2026-11-20T10:00:00.000Z\",\"log\":{\"level\":\"error\",\"logger\":\"a.B\"},\"error\":{\"type\":\"java.io.IOException\","
     "\"message\":\"broken\"}}",
     "error", "logger=a.B|message=broken|error_code=java.io.IOException", 0, "error"},
    {"pino",
     "{\"level\":30,\"time\":1795168800000,\"pid\":6,\"hostname\":\"a\",\"req\":{\"id\":1,\"method\":\"GET\",\"url\":\"/a\","
     "\"remoteAddress\":\"192.0.2.7\",\"remotePort\":5},\"res\":{\"statusCode\":429},\"responseTime\":5,\"msg\":\"request completed\"}",
     "info", "host=a|message=request completed|request_id=1|client_ip=192.0.2.7|method=GET|path=/a|status=429", 5,
     "rate_limit"},
    {"bunyan",
     "{\"name\":\"shop\",\"hostname\":\"a\",\"pid\":1,\"level\":50,\"err\":{\"message\":\"no\",\"name\":\"E\",\"stack\":\"s\"},\"msg\":\"m\","
     "\"time\":\"2026-11-20T10:00:00.000Z\",\"v\":0}",
     "error", "host=a|logger=shop|message=m", 0, "error"},
    {"winston",
     "{\"level\":\"warn\",\"message\":\"m\",\"service\":\"shop\",\"timestamp\":\"2026-11-20T10:00:00.000Z\"}",
     "warning", "service=shop|message=m", 0, ""},
    {"structlog",
     "{\"event\":\"cache miss\",\"level\":\"info\",\"logger\":\"a.b\",\"timestamp\":\"" TIME "\",\"user_id\":7}",
     "info", "logger=a.b|event=cache miss|user=7", 0, ""},
    {"loguru, serialised",
     "{\"text\":\"2026-11-20 10:00:00.000 | ERROR | m:f:1 - no\\n\",\"record\":{\"elapsed\":{\"repr\":\"0:00:00.01\",\"seconds\":0.01},"
     "\"exception\":null,\"extra\":{\"request_id\":\"r1\"},\"file\":{\"name\":\"m.py\",\"path\":\"/m.py\"},\"function\":\"f\",\"level\":{"
     "\"icon\":\"x\",\"name\":\"ERROR\",\"no\":40},\"line\":1,\"message\":\"no\",\"module\":\"m\",\"name\":\"a.m\",\"process\":{\"id\":1,"
     "\"name\":\"MainProcess\"},\"thread\":{\"id\":2,\"name\":\"MainThread\"},\"time\":{\"repr\":\"2026-11-20 10:00:00.000000+00:00\","
     "\"timestamp\":1795168800.0}}}",
     "error", "logger=a.m|message=no|request_id=r1", 0, "error"},
    {"zap",
     "{\"level\":\"info\",\"ts\":1795168800.0,\"logger\":\"a\",\"caller\":\"m.go:1\",\"msg\":\"m\",\"requestId\":\"r\"}",
     "info", "logger=a|message=m|request_id=r", 0, ""},
    {"zerolog", "{\"level\":\"error\",\"error\":\"EOF\",\"time\":1795168800,\"caller\":\"m.go:1\",\"message\":\"m\"}",
     "error", "message=m|error_code=EOF", 0, "error"},
    {"logrus", "{\"level\":\"fatal\",\"msg\":\"m\",\"time\":\"" TIME "\"}", "critical", "message=m", 0, "error"},
    {"slog", "{\"time\":\"2026-11-20T10:00:00.000000000Z\",\"level\":\"DEBUG\",\"msg\":\"m\",\"user\":\"bob\"}",
     "debug", "message=m|user=bob", 0, ""},
    {"Rust tracing",
     "{\"timestamp\":\"2026-11-20T10:00:00.000000Z\",\"level\":\"WARN\",\"fields\":{\"message\":\"m\",\"n\":1},\"target\":\"shop::db\"}",
     "warning", "logger=shop::db|message=m", 0, ""},
    {"Django, python-json-logger",
     "{\"asctime\":\"2026-11-20 10:00:00,000\",\"levelname\":\"ERROR\",\"name\":\"django.request\",\"message\":\"Internal Server Error: /x\","
     "\"status_code\":500}",
     "error", "logger=django.request|message=Internal Server Error: /x|status=500", 0, "error"},
    {"django-structlog",
     "{\"code\":200,\"request\":\"GET /x\",\"event\":\"request_finished\",\"user_id\":7,\"ip\":\"192.0.2.1\",\"request_id\":\"r\","
     "\"timestamp\":\"2026-11-20T10:00:00.000000Z\",\"logger\":\"django_structlog.middlewares.request\",\"level\":\"info\"}",
     "info",
     "logger=django_structlog.middlewares.request|event=request_finished|request_id=r|user=7|client_ip=192.0.2.1|status=200",
     0, ""},
    {"uvicorn",
     "{\"timestamp\":\"" TIME
     "\",\"level\":\"INFO\",\"logger\":\"uvicorn.access\",\"client_addr\":\"192.0.2.1:5000\",\"method\":\"GET\","
     "\"path\":\"/x\",\"status_code\":403,\"message\":\"m\"}",
     "info", "logger=uvicorn.access|message=m|client_ip=192.0.2.1|method=GET|path=/x|status=403", 0, "denial"},
    {"FastAPI middleware",
     "{\"timestamp\":\"" TIME
     "\",\"level\":\"INFO\",\"message\":\"m\",\"request_id\":\"r\",\"method\":\"GET\",\"path\":\"/x\","
     "\"status_code\":200,\"process_time\":0.25}",
     "info", "message=m|request_id=r|method=GET|path=/x|status=200", 250, ""},
    {"Spring, logstash encoder",
     "{\"@timestamp\":\"2026-11-20T10:00:00.000Z\",\"@version\":\"1\",\"message\":\"m\",\"logger_name\":\"com.A\",\"thread_name\":\"main\","
     "\"level\":\"WARN\",\"level_value\":30000,\"traceId\":\"t\",\"spanId\":\"s\"}",
     "warning", "logger=com.A|message=m|trace_id=t", 0, ""},
    {"Log4j 2 JsonLayout",
     "{\"instant\":{\"epochSecond\":1795168800,\"nanoOfSecond\":0},\"thread\":\"main\",\"level\":\"FATAL\",\"loggerName\":\"com.A\","
     "\"message\":\"m\"}",
     "critical", "logger=com.A|message=m", 0, "error"},
    {"Serilog, compact",
     "{\"@t\":\"2026-11-20T10:00:00.0000000Z\",\"@mt\":\"Hello {Name}\",\"@l\":\"Warning\",\"@tr\":\"t\",\"SourceContext\":\"A.B\",\"Name\":\"x\"}",
     "warning", "logger=A.B|message=Hello {Name}|trace_id=t", 0, ""},
    {"Serilog, requests",
     "{\"Timestamp\":\"2026-11-20T10:00:00.0000000+00:00\",\"Level\":\"Error\",\"MessageTemplate\":\"x\",\"RenderedMessage\":\"m\","
     "\"RequestMethod\":\"GET\",\"RequestPath\":\"/x\",\"StatusCode\":500,\"Elapsed\":12.5,\"RequestId\":\"r\"}",
     "error", "message=m|request_id=r|method=GET|path=/x|status=500", 12.5, "error"},
    {".NET console",
     "{\"Timestamp\":\"2026-11-20T10:00:00.000Z\",\"EventId\":0,\"LogLevel\":\"Information\",\"Category\":\"A.B\",\"Message\":\"m\"}",
     "info", "logger=A.B|message=m", 0, ""},
    {"GELF",
     "{\"version\":\"1.1\",\"host\":\"a\",\"short_message\":\"m\",\"timestamp\":1795168800.0,\"level\":3,\"_request_id\":\"r\"}",
     "error", "host=a|message=m|request_id=r", 0, "error"},
    {"journald export",
     "{\"__REALTIME_TIMESTAMP\":\"1795168800000000\",\"PRIORITY\":\"4\",\"_HOSTNAME\":\"a\",\"_SYSTEMD_UNIT\":\"x.service\","
     "\"SYSLOG_IDENTIFIER\":\"x\",\"MESSAGE\":\"m\",\"_PID\":\"1\"}",
     "warning", "service=x|host=a|unit=x.service|message=m", 0, ""},
    {"Google Cloud",
     "{\"severity\":\"ERROR\",\"textPayload\":\"boom\",\"timestamp\":\"2026-11-20T10:00:00.0Z\",\"insertId\":\"x\",\"httpRequest\":{"
     "\"requestMethod\":\"POST\",\"requestUrl\":\"https://a/p\",\"status\":403,\"remoteIp\":\"192.0.2.9\",\"latency\":\"0.25s\"},"
     "\"resource\":{\"type\":\"k8s_container\",\"labels\":{\"container_name\":\"web\",\"pod_name\":\"web-1\"}}}",
     "error", "service=web|host=web-1|message=boom|client_ip=192.0.2.9|method=POST|path=https://a/p|status=403", 250,
     "denial error"},
    {"Google Cloud, payload",
     "{\"severity\":\"WARNING\",\"jsonPayload\":{\"message\":\"m\",\"request_id\":\"r\"},\"timestamp\":\"2026-11-20T10:00:00.0Z\"}",
     "warning", "message=m|request_id=r", 0, ""},
    {"Google Cloud audit",
     "{\"protoPayload\":{\"@type\":\"type.googleapis.com/google.cloud.audit.AuditLog\",\"status\":{\"code\":7,\"message\":"
     "\"PERMISSION_DENIED\"},\"authenticationInfo\":{\"principalEmail\":\"a@example.com\"},\"requestMetadata\":{\"callerIp\":\"192.0.2.12\"},"
     "\"serviceName\":\"storage.googleapis.com\",\"methodName\":\"storage.objects.get\"},\"severity\":\"ERROR\",\"timestamp\":\"" TIME
     "\"}",
     "error",
     "service=storage.googleapis.com|message=PERMISSION_DENIED|event=storage.objects.get|user=a@example.com|client_ip=192.0.2.12",
     0, "denial error"},
    {"CloudTrail",
     "{\"eventVersion\":\"1.08\",\"userIdentity\":{\"type\":\"IAMUser\",\"principalId\":\"AIDA\",\"arn\":\"arn:aws:iam::1:user/bob\","
     "\"userName\":\"bob\"},\"eventTime\":\"" TIME
     "\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetObject\","
     "\"sourceIPAddress\":\"192.0.2.1\",\"errorCode\":\"AccessDenied\",\"errorMessage\":\"Access Denied\",\"requestID\":\"R\","
     "\"eventType\":\"AwsApiCall\"}",
     "",
     "service=s3.amazonaws.com|message=Access Denied|event=GetObject|request_id=R|user=bob|client_ip=192.0.2.1|error_code=AccessDenied",
     0, "denial"},
    {"CloudTrail, assumed role",
     "{\"userIdentity\":{\"type\":\"AssumedRole\",\"principalId\":\"AROA:job\",\"arn\":\"arn:aws:sts::1:assumed-role/r/job\"},\"eventTime\":"
     "\"" TIME "\",\"eventName\":\"AssumeRole\"}",
     "", "event=AssumeRole|user=AROA:job", 0, ""},
    {"AWS API Gateway",
     "{\"requestId\":\"r\",\"ip\":\"192.0.2.1\",\"requestTime\":\"20/Nov/2026:10:00:00 +0000\",\"httpMethod\":\"GET\",\"resourcePath\":\"/x\","
     "\"status\":\"429\"}",
     "", "request_id=r|client_ip=192.0.2.1|method=GET|path=/x|status=429", 0, "rate_limit"},
    {"MongoDB",
     "{\"t\":{\"$date\":\"2026-11-20T10:00:00.000+00:00\"},\"s\":\"W\",\"c\":\"NETWORK\",\"id\":1,\"ctx\":\"conn1\",\"msg\":\"m\",\"attr\":{"
     "\"remote\":\"192.0.2.8:5000\",\"durationMillis\":150}}",
     "warning", "logger=NETWORK|message=m|client_ip=192.0.2.8", 150, ""},
    {"MongoDB, a failed login",
     "{\"t\":{\"$date\":\"2026-11-20T10:00:00.000+00:00\"},\"s\":\"I\",\"c\":\"ACCESS\",\"id\":5286307,\"ctx\":\"conn1\",\"msg\":"
     "\"Failed to authenticate\",\"attr\":{\"client\":\"192.0.2.8:5000\",\"mechanism\":\"SCRAM-SHA-256\",\"user\":\"bob\",\"db\":\"admin\","
     "\"error\":\"AuthenticationFailed: x\",\"result\":18}}",
     "info", "logger=ACCESS|message=Failed to authenticate|user=bob|client_ip=192.0.2.8", 0, "auth_failure"},
    {"PostgreSQL jsonlog",
     "{\"timestamp\":\"2026-11-20 10:00:00.000 UTC\",\"user\":\"bob\",\"dbname\":\"d\",\"pid\":1,\"remote_host\":\"192.0.2.2\","
     "\"remote_port\":5,\"session_id\":\"s\",\"state_code\":\"28P01\",\"error_severity\":\"FATAL\",\"message\":\"password authentication "
     "failed for user \\\"bob\\\"\",\"backend_type\":\"client backend\",\"query_id\":17}",
     "critical",
     "logger=client backend|message=password authentication failed for user \"bob\"|query_id=17|session=s|user=bob|client_ip=192.0.2.2",
     0, "auth_failure error"},
    {"PostgreSQL jsonlog, a socket",
     "{\"timestamp\":\"2026-11-20 10:00:00.000 UTC\",\"user\":\"bob\",\"remote_host\":\"[local]\",\"error_severity\":\"LOG\",\"message\":\"m\"}",
     "info", "message=m|user=bob", 0, ""},
    {"CloudNativePG",
     "{\"level\":\"info\",\"ts\":1795168800.0,\"logger\":\"postgres\",\"msg\":\"record\",\"logging_pod\":\"pg-1\",\"record\":{\"log_time\":"
     "\"2026-11-20 10:00:00.000 UTC\",\"user_name\":\"bob\",\"connection_from\":\"192.0.2.1:5000\",\"session_id\":\"s\",\"error_severity\":"
     "\"ERROR\",\"message\":\"m\",\"backend_type\":\"client backend\",\"query_id\":\"0\"}}",
     "error", "host=pg-1|logger=postgres|message=m|query_id=0|session=s|user=bob|client_ip=192.0.2.1", 0, "error"},
    {"Kubernetes audit",
     "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\",\"auditID\":\"a-1\",\"stage\":\"ResponseComplete\","
     "\"requestURI\":\"/api/v1/secrets\",\"verb\":\"list\",\"user\":{\"username\":\"eve\",\"groups\":[\"g\"]},\"sourceIPs\":[\"192.0.2.3\"],"
     "\"objectRef\":{\"resource\":\"secrets\"},\"responseStatus\":{\"metadata\":{},\"status\":\"Failure\",\"code\":403},"
     "\"requestReceivedTimestamp\":\"2026-11-20T10:00:00.000000Z\",\"stageTimestamp\":\"2026-11-20T10:00:01.000000Z\",\"annotations\":{"
     "\"authorization.k8s.io/decision\":\"forbid\",\"authorization.k8s.io/reason\":\"\"}}",
     "", "request_id=a-1|user=eve|client_ip=192.0.2.3|method=list|path=/api/v1/secrets|status=403", 0, "denial"},
    {"Caddy",
     "{\"level\":\"info\",\"ts\":1795168800.0,\"logger\":\"http.log.access\",\"msg\":\"handled request\",\"request\":{\"remote_ip\":"
     "\"192.0.2.1\",\"remote_port\":\"5\",\"client_ip\":\"203.0.113.5\",\"proto\":\"HTTP/2.0\",\"method\":\"GET\",\"host\":\"a\",\"uri\":\"/\","
     "\"headers\":{\"Accept\":[\"*/*\"]}},\"bytes_read\":0,\"user_id\":\"\",\"duration\":0.0125,\"size\":1,\"status\":200,\"resp_headers\":{}}",
     "info", "logger=http.log.access|message=handled request|client_ip=203.0.113.5|method=GET|path=/|status=200", 12.5,
     ""},
    {"Traefik",
     "{\"ClientAddr\":\"192.0.2.4:5\",\"ClientHost\":\"192.0.2.4\",\"ClientUsername\":\"-\",\"DownstreamStatus\":401,\"Duration\":1250000,"
     "\"OriginStatus\":0,\"RequestMethod\":\"GET\",\"RequestPath\":\"/x\",\"ServiceName\":\"web@docker\",\"StartUTC\":\"" TIME
     "\",\"level\":"
     "\"info\",\"msg\":\"\",\"time\":\"" TIME "\"}",
     "info", "service=web@docker|client_ip=192.0.2.4|method=GET|path=/x|status=401", 1.25, "auth_failure"},
    {"Envoy",
     "{\"start_time\":\"2026-11-20T10:00:00.000Z\",\"method\":\"GET\",\"path\":\"/e\",\"protocol\":\"HTTP/1.1\",\"response_code\":503,"
     "\"response_flags\":\"UH\",\"x_forwarded_for\":\"192.0.2.5, 10.0.0.1\",\"request_id\":\"r\",\"downstream_remote_address\":\"10.0.0.1:5\"}",
     "", "request_id=r|client_ip=192.0.2.5|method=GET|path=/e|status=503", 0, "error"},
    {"nginx, escape=json",
     "{\"time_iso8601\":\"2026-11-20T10:00:00+00:00\",\"remote_addr\":\"192.0.2.1\",\"remote_user\":\"\",\"request_method\":\"GET\","
     "\"request_uri\":\"/a?b\",\"status\":200,\"request_time\":0.005}",
     "", "client_ip=192.0.2.1|method=GET|path=/a?b|status=200", 5, ""},
    {"Windows, NXLog",
     "{\"EventTime\":\"2026-11-20 10:00:00\",\"Hostname\":\"PC\",\"EventID\":4625,\"Severity\":\"ERROR\",\"SourceName\":"
     "\"Microsoft-Windows-Security-Auditing\",\"Channel\":\"Security\",\"TargetUserName\":\"admin\",\"IpAddress\":\"192.0.2.10\",\"IpPort\":\"0\"}",
     "error", "service=Microsoft-Windows-Security-Auditing|host=PC|logger=Security|user=admin|client_ip=192.0.2.10", 0,
     "auth_failure error"},
    {"Windows, EVTX as JSON",
     "{\"Event\":{\"System\":{\"EventID\":4624,\"Level\":0,\"TimeCreated\":{\"#attributes\":{\"SystemTime\":\"2026-11-20T10:00:00.000000Z\"}},"
     "\"Channel\":\"Security\",\"Computer\":\"PC\"},\"EventData\":{\"TargetUserName\":\"bob\",\"IpAddress\":\"-\"}}}",
     "", "host=PC|logger=Security|user=bob", 0, "auth_success"},
    {"Windows, Winlogbeat",
     "{\"@timestamp\":\"2026-11-20T10:00:00.000Z\",\"winlog\":{\"event_id\":4625,\"event_data\":{\"TargetUserName\":\"u\",\"IpAddress\":"
     "\"192.0.2.11\"},\"channel\":\"Security\",\"computer_name\":\"PC\"},\"log\":{\"level\":\"information\"},\"message\":\"m\"}",
     "info", "host=PC|logger=Security|message=m|user=u|client_ip=192.0.2.11", 0, "auth_failure"},
    {"gRPC",
     "{\"level\":\"error\",\"ts\":1795168800.0,\"msg\":\"finished call\",\"grpc.service\":\"s\",\"grpc.method\":\"Get\",\"grpc.code\":"
     "\"PermissionDenied\"}",
     "error", "message=finished call|error_code=PermissionDenied", 0, "denial error"},
};

static void check(const struct known_case *known)
{
    SCOPED(buf) found = BUF(65536);
    struct record rec = analyzed(str_of(known->line));
    assert_int_equal(rec.format, FORMAT_JSON);
    if (rec.time_us / TIME_SECOND != INT64_C(1795168800))
        fail_msg("%s: time %lld", known->name, (long long)rec.time_us);
    if (strcmp(level_name((enum level)rec.level), known->level) != 0)
        fail_msg("%s: level '%s'", known->name, level_name((enum level)rec.level));
    for (unsigned f = FIELD_LEVEL + 1; f < FIELD_COUNT; f++) {
        struct str value = f == FIELD_DURATION ? STR_ABSENT : record_field(&rec, (enum field)f, &analyzed_arena);
        if (value.data)
            buf_printf(&found, "%s%s=%.*s", found.size ? "|" : "", field_name((enum field)f), STR_ARG(value));
    }
    if (!str_equal(buf_str(&found), str_of(known->fields)))
        fail_msg("%s:\n%.*s\ninstead of\n%s", known->name, STR_ARG(buf_str(&found)), known->fields);
    double ms = 0;
    if (record_duration_ms(&rec, &analyzed_arena, &ms) != (known->duration_ms > 0) || ms < known->duration_ms - 1e-6 ||
        ms > known->duration_ms + 1e-6)
        fail_msg("%s: %g ms", known->name, ms);
    SCOPED(buf) kinds = BUF(256);
    analyzed_kinds(rec.kinds, &kinds);
    if (!str_equal(buf_str(&kinds), str_of(known->kinds)))
        fail_msg("%s: kinds '%.*s'", known->name, STR_ARG(buf_str(&kinds)));
    analyzed_forget();
}

static void known_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(&cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_lines)};
    return cmocka_run_group_tests_name("known_json", tests, analyzed_open, analyzed_close);
}
