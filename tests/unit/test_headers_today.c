/* Line headers of the loggers, servers and proxies of today; and lines that only look like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/header_case.h"

static const struct header_case python_lines[] = {
    {"2024-06-03 10:00:00,123 INFO app.db: slow query",
     "text 2024-06-03T10:00:00.123000Z info|logger=app.db|message=slow query"},
    {"2024-06-03 10:00:00,123 - app - ERROR - failed: x - y",
     "text 2024-06-03T10:00:00.123000Z error|logger=app|message=failed: x - y"},
    {"2024-06-03 10:00:00,123 app.views ERROR Internal Server Error: /x",
     "text 2024-06-03T10:00:00.123000Z error|logger=app.views|message=Internal Server Error: /x"},
    {"2024-06-03 10:00:00,123 root         INFO     Jackdaws love my big sphinx",
     "text 2024-06-03T10:00:00.123000Z info|logger=root|message=Jackdaws love my big sphinx"},
    {"2024-06-03 10:00:00,123:INFO:root:started", "text 2024-06-03T10:00:00.123000Z info|logger=root|message=started"},
    {"2024-06-03 10:00:00,123 [INFO] app.db: up", "text 2024-06-03T10:00:00.123000Z info|logger=app.db|message=up"},
    {"2024-06-03 10:00:00,123 [12345] WARNING app.db: slow",
     "text 2024-06-03T10:00:00.123000Z warning|pid=12345|logger=app.db|message=slow"},
    {"2024-06-03 10:00:00,123 INFO sqlalchemy.engine.Engine SELECT 1",
     "text 2024-06-03T10:00:00.123000Z info|logger=sqlalchemy.engine.Engine|message=SELECT 1"},
    {"2024-06-03 10:00:00,123 INFO config.yaml loaded",
     "text 2024-06-03T10:00:00.123000Z info|message=config.yaml loaded"},
    {"2024-06-03 10:00:00,123 ERROR it broke: badly", "text 2024-06-03T10:00:00.123000Z error|message=it broke: badly"},
    {"2024-06-03 10:00:00,123 the ERROR was here",
     "text 2024-06-03T10:00:00.123000Z error|logger=the|message=was here"},
    {"WARNING:root:msg", "text - warning|logger=root|message=msg"},
    {"WARNING:urllib3.connectionpool:Retrying (Retry(total=2))",
     "text - warning|logger=urllib3.connectionpool|message=Retrying (Retry(total=2))"},
};

static const struct header_case loguru_lines[] = {
    {"2024-06-03 10:00:00.123 | WARNING  | app.mod:func:12 - it works",
     "text 2024-06-03T10:00:00.123000Z warning|logger=app.mod|function=func|line=12|message=it works"},
};

static const struct header_case python_servers_lines[] = {
    {"INFO:     127.0.0.1:50000 - \"GET /x HTTP/1.1\" 200 OK",
     "text - info|client_ip=127.0.0.1|method=GET|path=/x|protocol=HTTP/1.1|status=200"},
    {"INFO:     Application startup complete.", "text - info|message=Application startup complete."},
    {"[2024-06-03 10:00:00 +0000] [12345] [INFO] Listening at: http://0.0.0.0:8000 (12345)",
     "text 2024-06-03T10:00:00Z info|pid=12345|message=Listening at: http://0.0.0.0:8000 (12345)"},
    {"[03/Jun/2024 10:00:00] \"GET /admin/ HTTP/1.1\" 302 0",
     "text 2024-06-03T10:00:00Z -|method=GET|path=/admin/|protocol=HTTP/1.1|status=302|bytes=0"},
    {"INFO 2024-06-03 10:00:00,123 views 1234 140 Hello",
     "text 2024-06-03T10:00:00.123000Z info|message=views 1234 140 Hello"},
    {"ERROR 2024-06-03 10:00:00,123 app.views: broke",
     "text 2024-06-03T10:00:00.123000Z error|logger=app.views|message=broke"},
    {"[2024-06-03 10:00:00,123: INFO/ForkPoolWorker-1] Task app.add[6f1b] succeeded in 0.01s: 4",
     "text 2024-06-03T10:00:00.123000Z info|process=ForkPoolWorker-1|message=Task app.add[6f1b] succeeded in 0.01s: 4"},
};

static const struct header_case java_lines[] = {
    {"10:00:00.123 [main] DEBUG com.example.App - Hello",
     "text - debug|clock=10:00:00.123|thread=main|logger=com.example.App|message=Hello"},
    {"10:00:00,123 INFO  [org.jboss.as] (MSC service thread 1-1) WFLYSRV0049: WildFly starting",
     "text - info|clock=10:00:00,123|logger=org.jboss.as|thread=MSC service thread 1-1|message=WFLYSRV0049: WildFly starting"},
    {"2024-06-03 10:00:00.123 [main] INFO  Main - Hello",
     "text 2024-06-03T10:00:00.123000Z info|thread=main|logger=Main|message=Hello"},
    {"2024-06-03 10:00:00.123 [http-nio-8080-exec-1] ERROR c.e.App - Failed: x",
     "text 2024-06-03T10:00:00.123000Z error|thread=http-nio-8080-exec-1|logger=c.e.App|message=Failed: x"},
    {"2024-06-03 10:00:00,123 INFO  [io.quarkus] (main) Installed features: [cdi]",
     "text 2024-06-03T10:00:00.123000Z info|logger=io.quarkus|thread=main|message=Installed features: [cdi]"},
    {"2024-06-03 10:00:00.123  INFO 12345 --- [           main] c.e.demo.DemoApplication                 : Started DemoApplication in 2.1 seconds",
     "text 2024-06-03T10:00:00.123000Z info|pid=12345|thread=main|logger=c.e.demo.DemoApplication|message=Started DemoApplication in 2.1 seconds"},
    {"2024-06-03T10:00:00.123+02:00  INFO 12345 --- [demo] [           main] c.e.d.DemoApplication                  : Starting",
     "text 2024-06-03T08:00:00.123000Z info|pid=12345|service=demo|thread=main|logger=c.e.d.DemoApplication|message=Starting"},
    {"2024-06-03T10:00:00.123Z ERROR 1 --- [nio-8080-exec-1] o.a.c.c.C.[.[.[/].[dispatcherServlet]    : Servlet.service() threw",
     "text 2024-06-03T10:00:00.123000Z error|pid=1|thread=nio-8080-exec-1|logger=o.a.c.c.C.[.[.[/].[dispatcherServlet]|message=Servlet.service() threw"},
    {"2024-06-03 10:00:00.123  INFO [shop,4bf92f3577b34da6,00f067aa0ba902b7] 12345 --- [nio-1] c.e.Shop : Sold",
     "text 2024-06-03T10:00:00.123000Z info|service=shop|trace_id=4bf92f3577b34da6|span_id=00f067aa0ba902b7|pid=12345|thread=nio-1|logger=c.e.Shop|message=Sold"},
    {"03-Jun-2024 10:00:00.123 INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [1234] milliseconds",
     "text 2024-06-03T10:00:00.123000Z info|thread=main|logger=org.apache.catalina.startup.Catalina.start|message=Server startup in [1234] milliseconds"},
    {"INFO  [main] 2024-06-03 10:00:00,123 CassandraDaemon.java:500 - Starting",
     "text 2024-06-03T10:00:00.123000Z info|thread=main|logger=CassandraDaemon.java|message=Starting"},
    {"INFO  [2024-06-03 10:00:00,123] io.dropwizard.Server: Starting app",
     "text 2024-06-03T10:00:00.123000Z info|logger=io.dropwizard.Server|message=Starting app"},
    {"2024-06-03 10:00:00,123 INFO  Main:12 - hello",
     "text 2024-06-03T10:00:00.123000Z info|logger=Main|message=hello"},
    {"[2019-01-01T00:00:00,000][INFO ][o.e.n.Node               ] [node-1] started",
     "text 2019-01-01T00:00:00Z info|logger=o.e.n.Node|host=node-1|message=started"},
    {"[2019-01-01T00:00:00,000][WARN ][o.e.d.x.Y] [node-1] [logs-1][0] slow",
     "text 2019-01-01T00:00:00Z warning|logger=o.e.d.x.Y|host=node-1|message=[logs-1][0] slow"},
    {"[2020-01-01 00:00:00,000] INFO [Controller id=0] Starting the controller scheduler (kafka.controller.KafkaController)",
     "text 2020-01-01T00:00:00Z info|message=[Controller id=0] Starting the controller scheduler|logger=kafka.controller.KafkaController"},
    {"[2020-01-01 00:00:00,000] INFO Registered kafka:type=kafka.Log4jController MBean (kafka.utils.Log4jControllerRegistration$)",
     "text 2020-01-01T00:00:00Z info|message=Registered kafka:type=kafka.Log4jController MBean|logger=kafka.utils.Log4jControllerRegistration$"},
    {"[2020-01-01 00:00:00,000] ERROR Could not do it (twice)",
     "text 2020-01-01T00:00:00Z error|message=Could not do it (twice)"},
    {"2024-06-03 10:00:00.123 INFO (MainThread) [homeassistant.setup] Setting up light",
     "text 2024-06-03T10:00:00.123000Z info|thread=MainThread|logger=homeassistant.setup|message=Setting up light"},
};

static const struct header_case go_lines[] = {
    {"2024/06/03 10:00:00 listening on :8080", "text 2024-06-03T10:00:00Z -|message=listening on :8080"},
    {"2024/06/03 10:00:00.123456 /src/main.go:23: started",
     "text 2024-06-03T10:00:00.123456Z -|caller=/src/main.go:23|message=started"},
    {"2024/06/03 10:00:00 main.go:23: started", "text 2024-06-03T10:00:00Z -|caller=main.go:23|message=started"},
    {"I0603 10:00:00.123456       1 server.go:12] Starting",
     "text 2026-06-03T10:00:00.123456Z info|thread=1|caller=server.go:12|message=Starting"},
    {"2024-06-03T10:00:00.123Z\tINFO\tserver/main.go:12\tlistening\t{\"port\": 8080}",
     "text 2024-06-03T10:00:00.123000Z info|caller=server/main.go:12|message=listening|context={\"port\": 8080}"},
    {"2024-06-03T10:00:00.123+0200\terror\thttp.api\tapi/x.go:9\tfailed to do it",
     "text 2024-06-03T08:00:00.123000Z error|logger=http.api|caller=api/x.go:9|message=failed to do it"},
    {"2024-06-03T10:00:00.123Z\tWARN\tjust a message",
     "text 2024-06-03T10:00:00.123000Z warning|message=just a message"},
    {"INFO[0012] starting worker                               id=3",
     "text - info|uptime=0012|message=starting worker                               id=3"},
    {"2024-06-03T10:00:00Z INF starting up port=8080", "text 2024-06-03T10:00:00Z info|message=starting up port=8080"},
};

static const struct header_case rust_lines[] = {
    {"[2024-06-03T10:00:00Z INFO  my_crate::module] starting",
     "text 2024-06-03T10:00:00Z info|logger=my_crate::module|message=starting"},
    {"[2024-06-03T10:00:00Z WARN  app] careful", "text 2024-06-03T10:00:00Z warning|logger=app|message=careful"},
    {"2024-06-03T10:00:00.123456Z  INFO my_app::server: listening on 0.0.0.0:80",
     "text 2024-06-03T10:00:00.123456Z info|logger=my_app::server|message=listening on 0.0.0.0:80"},
    {"2024-06-03T10:00:00.123456Z ERROR my_app: broke",
     "text 2024-06-03T10:00:00.123456Z error|logger=my_app|message=broke"},
};

static const struct header_case ruby_and_php_lines[] = {
    {"I, [2024-06-03T10:00:00.123456 #12345]  INFO -- : Started GET \"/\" for 1.2.3.4",
     "text 2024-06-03T10:00:00.123456Z info|pid=12345|message=Started GET \"/\" for 1.2.3.4"},
    {"E, [2024-06-03T10:00:00.123456 #12345] ERROR -- sidekiq: job failed",
     "text 2024-06-03T10:00:00.123456Z error|pid=12345|logger=sidekiq|message=job failed"},
    {"[03-Jun-2024 10:00:00] NOTICE: fpm is running, pid 1",
     "text 2024-06-03T10:00:00Z notice|message=fpm is running, pid 1"},
    {"[03-Jun-2024 10:00:00] WARNING: [pool www] server reached pm.max_children setting (5)",
     "text 2024-06-03T10:00:00Z warning|message=[pool www] server reached pm.max_children setting (5)"},
    {"[03-Jun-2024 10:00:00 UTC] PHP Warning:  Undefined variable $x in /x.php on line 3",
     "text 2024-06-03T10:00:00Z warning|service=PHP|message=Undefined variable $x in /x.php on line 3"},
    {"[03-Jun-2024 10:00:00 Europe/Berlin] PHP Fatal error:  Uncaught Error: x",
     "text 2024-06-03T10:00:00Z critical|service=PHP|message=Uncaught Error: x"},
    {"[03-Jun-2024 10:00:00 UTC] PHP Parse error:  syntax error",
     "text 2024-06-03T10:00:00Z error|service=PHP|message=syntax error"},
};

static const struct header_case databases_lines[] = {
    {"2024-06-03T10:00:00.123456Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections.",
     "text 2024-06-03T10:00:00.123456Z -|thread=0|category=System|error_code=MY-010931|logger=Server|message=/usr/sbin/mysqld: ready for connections."},
    {"2024-06-03T10:00:00.123456Z 8 [ERROR] [MY-012345] [InnoDB] Cannot open '/x'",
     "text 2024-06-03T10:00:00.123456Z error|thread=8|error_code=MY-012345|logger=InnoDB|message=Cannot open '/x'"},
    {"2024-06-03 10:00:00 0 [Note] InnoDB: Buffer pool(s) load completed",
     "text 2024-06-03T10:00:00Z notice|thread=0|message=InnoDB: Buffer pool(s) load completed"},
    {"131019 12:34:56 [ERROR] Can't start server: Bind on TCP/IP port",
     "text 2013-10-19T12:34:56Z error|message=Can't start server: Bind on TCP/IP port"},
    {"131019 12:34:56 mysqld_safe Starting mysqld daemon",
     "text 2013-10-19T12:34:56Z -|message=mysqld_safe Starting mysqld daemon"},
    {"2024-06-03 10:00:00.123 UTC [12345] LOG:  checkpoint starting: time",
     "text 2024-06-03T10:00:00.123000Z info|pid=12345|message=checkpoint starting: time"},
    {"2024-06-03 10:00:00.123 UTC [12345] bob@shop ERROR:  relation \"x\" does not exist",
     "text 2024-06-03T10:00:00.123000Z error|pid=12345|user=bob|database=shop|message=relation \"x\" does not exist"},
    {"2024-06-03 10:00:00 UTC [12345]: [3-1] user=bob,db=shop,app=psql,client=10.0.0.1 ERROR:  syntax error",
     "text 2024-06-03T10:00:00Z error|pid=12345|user=bob|database=shop|client_app=psql|client_ip=10.0.0.1|message=syntax error"},
    {"2024-06-03 10:00:00 UTC [12345]: user=,db=,app=,client= LOG:  ready",
     "text 2024-06-03T10:00:00Z info|pid=12345|message=ready"},
    {"1:M 03 Jun 2024 10:00:00.123 * Ready to accept connections",
     "text 2024-06-03T10:00:00.123000Z notice|pid=1|role=M|message=Ready to accept connections"},
    {"12345:C 03 Jun 2024 10:00:00.123 # WARNING overcommit_memory is set to 0!",
     "text 2024-06-03T10:00:00.123000Z warning|pid=12345|role=C|message=WARNING overcommit_memory is set to 0!"},
    {"2015-06-03T10:00:00.123+0200 I NETWORK  [conn1] received client metadata from 127.0.0.1:1",
     "text 2015-06-03T08:00:00.123000Z info|logger=NETWORK|thread=conn1|message=received client metadata from 127.0.0.1:1"},
    {"2015-06-03T10:00:00.123+0200 W -        [initandlisten] ** WARNING: x",
     "text 2015-06-03T08:00:00.123000Z warning|thread=initandlisten|message=** WARNING: x"},
    {"2015-06-03T10:00:00.123+0200 D2 COMMAND  [conn7] run command admin.$cmd",
     "text 2015-06-03T08:00:00.123000Z debug|logger=COMMAND|thread=conn7|message=run command admin.$cmd"},
    {"2024-06-03 10:00:00.123456+00:00 [info] <0.222.0> Server startup complete; 4 plugins started.",
     "text 2024-06-03T10:00:00.123456Z info|process=0.222.0|message=Server startup complete; 4 plugins started."},
    {"2024-06-03 10:00:00.123 [warning] <0.1.0> closing AMQP connection",
     "text 2024-06-03T10:00:00.123000Z warning|process=0.1.0|message=closing AMQP connection"},
    {"2024.06.03 10:00:00.123456 [ 1234 ] {} <Information> Application: Ready",
     "text 2024-06-03T10:00:00.123456Z info|pid=1234|logger=Application|message=Ready"},
};

static const struct header_case proxies_lines[] = {
    {"Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} \"GET /index.html HTTP/1.1\"",
     "syslog 2009-02-06T12:14:14.655000Z -|host=localhost|service=haproxy|pid=14389|message=10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} \"GET /index.html HTTP/1.1\"|client_ip=10.0.1.2|frontend=http-in|upstream=static/srv1|elapsed_ms=109|status=200|bytes=2750|method=GET|path=/index.html|protocol=HTTP/1.1"},
    {"1066036250.603    310 192.168.0.1 TCP_MISS/200 1234 GET http://example.com/x - DIRECT/1.2.3.4 text/html",
     "access 2003-10-13T09:10:50.603000Z -|elapsed_ms=310|client_ip=192.168.0.1|cache=TCP_MISS|status=200|bytes=1234|method=GET|path=http://example.com/x|upstream=DIRECT/1.2.3.4|content_type=text/html"},
    {"2024-06-03 10:00:00 10.0.0.1 GET /app/x id=3 443 - 192.0.2.7 Mozilla/5.0+(X11) https://r/ 200 0 0 15",
     "access 2024-06-03T10:00:00Z -|server=10.0.0.1|method=GET|path=/app/x|query=id=3|port=443|client_ip=192.0.2.7|user_agent=Mozilla/5.0+(X11)|referer=https://r/|status=200|elapsed_ms=15"},
    {"2024-06-03 10:00:00 10.0.0.1 GET /app/x - 443 CORP\\bob 192.0.2.7 curl 404 0 2 15",
     "access 2024-06-03T10:00:00Z -|server=10.0.0.1|method=GET|path=/app/x|port=443|user=CORP\\bob|client_ip=192.0.2.7|user_agent=curl|status=404|elapsed_ms=15"},
    {"Jun  3 10:00:00 mx postfix/smtpd[2]: connect from unknown[1.2.3.4]",
     "syslog 2026-06-03T10:00:00Z -|host=mx|service=postfix/smtpd|pid=2|message=connect from unknown[1.2.3.4]"},
    {"Jun  3 10:00:00 mx postfix/submission/smtpd[2]: NOQUEUE: reject: RCPT",
     "syslog 2026-06-03T10:00:00Z -|host=mx|service=postfix/submission/smtpd|pid=2|message=NOQUEUE: reject: RCPT"},
};

static const struct header_case kernels_and_others_lines[] = {
    {"[    0.000000] Linux version 5.15.0", "text - -|uptime=0.000000|message=Linux version 5.15.0"},
    {"[12345.678901] usb 1-1: new device", "text - -|uptime=12345.678901|message=usb 1-1: new device"},
    {"[Mon Jun  3 10:00:00 2024] usb 1-1: new device", "text 2024-06-03T10:00:00Z -|message=usb 1-1: new device"},
    {"[1717408800] SERVICE ALERT: web;HTTP;CRITICAL;SOFT;1;timeout",
     "text 2024-06-03T10:00:00Z -|message=SERVICE ALERT: web;HTTP;CRITICAL;SOFT;1;timeout"},
    {"type=USER_LOGIN msg=audit(1700474400.123:458): pid=1 uid=0 msg='op=login acct=\"bob\" res=failed'",
     "logfmt 2023-11-20T10:00:00.123000Z -|type=USER_LOGIN|serial=458|pid=1|uid=0|op=login|user=bob|res=failed"},
    {"2024-06-03 10:00:00.1234|INFO|MyApp.Program|Hello|x",
     "text 2024-06-03T10:00:00.123400Z info|logger=MyApp.Program|message=Hello|x"},
    {"2024-06-03 10:00:00|hello|world", "text 2024-06-03T10:00:00Z -|logger=hello|message=world"},
};

static const struct header_case prose_lines[] = {
    {"131019 apples were sold", NULL},
    {"110203 101112 some numbers", NULL},
    {"10.12.2024 is a date", NULL},
    {"10.10.10.10 said hello", NULL},
    {"12:30:00 lunch", NULL},
    {"12:30:00.5 ERROR ", "text - error|clock=12:30:00.5"},
    {"- 1117838570 is a number", NULL},
    {"A/B testing (3): results", NULL},
    {"I/O error (5): disk failing", NULL},
    {"I/O error (12345): disk failing", "text - info|logger=O error|pid=12345|message=disk failing"},
    {"D/x: y", NULL},
    {"[12] footnote", NULL},
    {"[1.5] x", NULL},
    {"Error: a", "text - error|message=a"},
    {"I, Robot", NULL},
    {"INFO[abc] x", NULL},
    {"1:M", NULL},
    {"2024-06-03 10:00:00, then we left", "text 2024-06-03T10:00:00Z -|message=then we left"},
    {"2024-06-03 10:00:00 [x] y: z", "text 2024-06-03T10:00:00Z -|message=[x] y: z"},
    {"134681 a b c d e f g", NULL},
    {"2024-06-03 10:00:00 I went home", "text 2024-06-03T10:00:00Z -|message=I went home"},
    {"2024-06-03 10:00:00 A BIG [thing]", "text 2024-06-03T10:00:00Z -|message=A BIG [thing]"},
    {"Mar 27 13:06:56 h some prose: with a colon", "text 2026-03-27T13:06:56Z -|message=h some prose: with a colon"},
    {"Mar 27 13:06:56 h Two Words: with capitals",
     "syslog 2026-03-27T13:06:56Z -|host=h|service=Two Words|message=with capitals"},
};

static const struct header_case more_loggers_lines[] = {
    {"2024.06.03 10:00:00.123456 [ 1234 ] {6f-1} <Error> executeQuery: Code: 60. DB::Exception",
     "text 2024-06-03T10:00:00.123456Z error|pid=1234|query_id=6f-1|logger=executeQuery|message=Code: 60. DB::Exception"},
    {"[INFO]\t2024-06-03T10:00:00.123Z\t79104EXA-723B-4e2c-9d1a-0123456789ab\tHello",
     "text 2024-06-03T10:00:00.123000Z info|request_id=79104EXA-723B-4e2c-9d1a-0123456789ab|message=Hello"},
    {"2024-06-03T10:00:00.123Z\t79104EXA-723B-4e2c-9d1a-0123456789ab\tINFO\tHello there",
     "text 2024-06-03T10:00:00.123000Z info|request_id=79104EXA-723B-4e2c-9d1a-0123456789ab|message=Hello there"},
    {"[INFO ] 2024-06-03 10:00:00,123 [main] com.x.Y - up",
     "text 2024-06-03T10:00:00.123000Z info|thread=main|logger=com.x.Y|message=up"},
    {"I, [2024-06-03T10:00:00.123456 #12345]  INFO -- : [79104abc-723b-4e2c-9d1a-0123456789ab] Started GET \"/\"",
     "text 2024-06-03T10:00:00.123456Z info|pid=12345|request_id=79104abc-723b-4e2c-9d1a-0123456789ab|message=Started GET \"/\""},
    {"[ERROR] [x] y", "text - error|message=[x] y"},
    {"[ERROR] 2024 was bad", "text - error|message=2024 was bad"},
};

static const struct header_case nearly_headers_lines[] = {
    {"Jul  1 00:20:00 combo kernel:  CPU0: x",
     "syslog 2026-07-01T00:20:00Z -|host=combo|service=kernel|message=CPU0: x"},
    {"Mar 27 13:06:56 h kernel: [ 1.23] not a kernel's stamp",
     "syslog 2026-03-27T13:06:56Z -|host=h|service=kernel|message=[ 1.23] not a kernel's stamp"},
    {"Feb 30 13:06:56 h app: x", NULL},
    {"Jul  1 00:20:00 combo tag[12] x", "syslog 2026-07-01T00:20:00Z -|host=combo|service=tag|pid=12|message=x"},
    {"Jul  1 00:20:00 combo tag[a] x", "text 2026-07-01T00:20:00Z -|message=combo tag[a] x"},
    {"Jul  1 00:20:00 tag[12] x", "text 2026-07-01T00:20:00Z -|message=tag[12] x"},
};

static const struct header_case other_loggers_lines[] = {
    {"2024-06-03 10:00:00,123 fail2ban.actions        [1234]: NOTICE  [sshd] Ban 192.0.2.1",
     "text 2024-06-03T10:00:00.123000Z notice|logger=fail2ban.actions|pid=1234|message=[sshd] Ban 192.0.2.1"},
    {"2024-06-03 10:00:00,123 - util.py[DEBUG]: Cloud-init v. 23.1 running",
     "text 2024-06-03T10:00:00.123000Z debug|logger=util.py|message=Cloud-init v. 23.1 running"},
    {"2024-06-03 10:00:00,123 - x]: y", "text 2024-06-03T10:00:00.123000Z -|message=x]: y"},
    {"2024-06-03 10:00:00.123 [main] [INFO] started",
     "text 2024-06-03T10:00:00.123000Z info|thread=main|message=started"},
    {"2024-06-03 10:00:00,123 [salt.minion      :1234][ERROR   ][12345] Error while bringing up minion",
     "text 2024-06-03T10:00:00.123000Z error|thread=salt.minion      :1234|pid=12345|message=Error while bringing up minion"},
    {"2024-06-03 10:00:00 [x] [y] z", "text 2024-06-03T10:00:00Z -|message=[x] [y] z"},
    {"Mar 27 13:06:56 INFO worker: x", "text 2026-03-27T13:06:56Z info|message=worker: x"},
    {"2026-11-20 10:00 INFO worker: x", "text 2026-11-20T10:00:00Z info|message=worker: x"},
    {"20261120T100000Z INFO worker: x", "text 2026-11-20T10:00:00Z info|logger=worker|message=x"},
    {"20 Nov 2026 10:00:00 INFO worker: x", "text 2026-11-20T10:00:00Z info|message=worker: x"},
    {"2024-06-03 10:00:00 INFO worker: x", "text 2024-06-03T10:00:00Z info|message=worker: x"},
    {"2024-06-03 10:00:00 INFO a.b.Worker: x", "text 2024-06-03T10:00:00Z info|logger=a.b.Worker|message=x"},
    {"[2024-06-03 10:00:00,123] [main] ERROR x", "text 2024-06-03T10:00:00.123000Z error|thread=main|message=x"},
    {"[2024-06-03 10:00:00,123] ERROR in app: Exception on /x [GET]",
     "text 2024-06-03T10:00:00.123000Z error|logger=app|message=Exception on /x [GET]"},
    {"[2024-06-03T10:00:00.123] [ERROR] default - it broke",
     "text 2024-06-03T10:00:00.123000Z error|message=default - it broke"},
};

static void python_test(void **state)
{
    (void)state;
    header_case_check_all(python_lines, sizeof python_lines / sizeof *python_lines);
}

static void loguru_test(void **state)
{
    (void)state;
    header_case_check_all(loguru_lines, sizeof loguru_lines / sizeof *loguru_lines);
}

static void python_servers_test(void **state)
{
    (void)state;
    header_case_check_all(python_servers_lines, sizeof python_servers_lines / sizeof *python_servers_lines);
}

static void java_test(void **state)
{
    (void)state;
    header_case_check_all(java_lines, sizeof java_lines / sizeof *java_lines);
}

static void go_test(void **state)
{
    (void)state;
    header_case_check_all(go_lines, sizeof go_lines / sizeof *go_lines);
}

static void rust_test(void **state)
{
    (void)state;
    header_case_check_all(rust_lines, sizeof rust_lines / sizeof *rust_lines);
}

static void ruby_and_php_test(void **state)
{
    (void)state;
    header_case_check_all(ruby_and_php_lines, sizeof ruby_and_php_lines / sizeof *ruby_and_php_lines);
}

static void databases_test(void **state)
{
    (void)state;
    header_case_check_all(databases_lines, sizeof databases_lines / sizeof *databases_lines);
}

static void proxies_test(void **state)
{
    (void)state;
    header_case_check_all(proxies_lines, sizeof proxies_lines / sizeof *proxies_lines);
}

static void kernels_and_others_test(void **state)
{
    (void)state;
    header_case_check_all(kernels_and_others_lines, sizeof kernels_and_others_lines / sizeof *kernels_and_others_lines);
}

static void prose_test(void **state)
{
    (void)state;
    header_case_check_all(prose_lines, sizeof prose_lines / sizeof *prose_lines);
}

static void more_loggers_test(void **state)
{
    (void)state;
    header_case_check_all(more_loggers_lines, sizeof more_loggers_lines / sizeof *more_loggers_lines);
}

static void nearly_headers_test(void **state)
{
    (void)state;
    header_case_check_all(nearly_headers_lines, sizeof nearly_headers_lines / sizeof *nearly_headers_lines);
}

static void other_loggers_test(void **state)
{
    (void)state;
    header_case_check_all(other_loggers_lines, sizeof other_loggers_lines / sizeof *other_loggers_lines);
}

/* Quadratic work would take minutes here. */
static void long_lines_test(void **state)
{
    (void)state;
    static const char *const heads[] = {"2024-06-03 10:00:00,123 INFO ",
                                        "03-17 16:13:38.811  1 2 D ",
                                        "- 1117838570 2005.06.03 n 2005-06-03-15.42.50.675872 n ",
                                        "2024-06-03 10:00:00 s GET / - 80 - c a ",
                                        "[2020-01-01 00:00:00,000] INFO ",
                                        "Jul  1 00:20:00 combo ",
                                        "2024-06-03T10:00:00.123Z\tINFO\t",
                                        "2024-06-03 10:00:00|",
                                        "10.0.1.2:1 [06/Feb/2009:12:14:14.655] f s/a "};
    static const char *const units[] = {"[", "a ", "[a] ", " (a", "a|", "1 ", "a: ", "\t{", "1/"};
    SCOPED(buf) line = BUF(8 << 20);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
            buf_reset(&line);
            buf_add_text(&line, heads[i]);
            while (line.size < 1 << 20)
                buf_add_text(&line, units[k]);
            text_case_check(buf_str(&line));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(python_test),
                                       cmocka_unit_test(loguru_test),
                                       cmocka_unit_test(python_servers_test),
                                       cmocka_unit_test(java_test),
                                       cmocka_unit_test(go_test),
                                       cmocka_unit_test(rust_test),
                                       cmocka_unit_test(ruby_and_php_test),
                                       cmocka_unit_test(databases_test),
                                       cmocka_unit_test(proxies_test),
                                       cmocka_unit_test(kernels_and_others_test),
                                       cmocka_unit_test(prose_test),
                                       cmocka_unit_test(more_loggers_test),
                                       cmocka_unit_test(nearly_headers_test),
                                       cmocka_unit_test(other_loggers_test),
                                       cmocka_unit_test(long_lines_test)};
    return cmocka_run_group_tests(tests, header_case_open, analyzed_close);
}
