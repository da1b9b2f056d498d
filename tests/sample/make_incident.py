#!/usr/bin/env python3
"""Writes the sample incident of ./demo into incident/. The same seed gives the same bytes.

The story, 2026-11-19 (UTC), a reporting platform on two hosts:
  13:40  203.0.113.77 tries passwords on the API's log-in, then on sshd; at 14:21 one of them is right.
  14:10  a full export by u1042 (query q_2024_001234) holds the reporting database; the pool runs dry, requests time out.
  14:12  198.51.100.23 retries without pause and is rate limited.
  14:25  the export is cancelled, the errors stop.
"""
import gzip
import json
import os
import random
from datetime import datetime, timedelta, timezone

R = random.Random(20261119)
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "incident")
DAY = datetime(2026, 11, 19, 13, 0, tzinfo=timezone.utc)
BRUTE, HASTY = "203.0.113.77", "198.51.100.23"
USERS = [f"u{n}" for n in (1001, 1007, 1012, 1023, 1042, 1055, 1061, 1078, 1090)]
ADDRESSES = [f"192.0.2.{n}" for n in (10, 14, 23, 31, 42, 57, 68, 90, 101, 133)]
ROUTES = ["reports", "datasets", "dashboards", "exports", "queries", "alerts"]
api, worker, access, error, auth = [], [], [], [], []


def stamp(t):
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + f"{t.microsecond:06d}Z"


def request_id():
    h = f"{R.getrandbits(128):032x}"
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"


def app(t, level, logger, message, **fields):
    line = {"timestamp": stamp(t), "level": level, "service": "reports-api", "logger": logger, "message": message}
    line.update(fields)
    line["host"] = f"api-{R.choice('12')}"
    api.append((t, json.dumps(line)))


def task(t, level, message, **fields):
    line = {"timestamp": stamp(t), "level": level, "service": "reports-worker", "logger": "celery.worker", "message": message}
    line.update(fields)
    line["host"] = "worker-1"
    worker.append((t, json.dumps(line)))


def nginx(t, ip, user, method, path, status, size, seconds):
    when = t.strftime("%d/%b/%Y:%H:%M:%S +0000")
    access.append((t, f'{ip} - {user} [{when}] "{method} {path} HTTP/1.1" {status} {size} "-" "python-requests/2.32.3" {seconds:.3f}'))


def sshd(t, pid, message):
    auth.append((t, t.strftime("%b %e %H:%M:%S") + f" bastion-1 sshd[{pid}]: {message}"))


def request(t, broken):
    rid, user, ip = request_id(), R.choice(USERS), R.choice(ADDRESSES)
    query = f"q_2024_{R.randint(1, 1200):06d}"
    route, number, method = R.choice(ROUTES), R.randint(1, 9000), R.choice(["GET", "GET", "GET", "POST"])
    path = f"/api/v1/{route}/{number}"
    ids = {"request_id": rid, "query_id": query, "user_id": user, "client_ip": ip}
    app(t, "INFO", "app.middleware.request", f"Request started {method} {path} from {ip}", **ids, method=method, path=path)
    ms = R.expovariate(1 / 45)
    fails = broken and R.random() < 0.35
    if fails:
        ms = 30000 + R.random() * 40
        t2 = t + timedelta(milliseconds=ms)
        message = R.choice([
            f"TimeoutError: QueuePool limit of size 20 overflow 10 reached, connection timed out, timeout 30.00 ({R.randint(31, 88)} waiting)",
            f"OperationalError: canceling statement due to statement timeout on reporting-db-{R.choice('12')}",
            f"upstream request to report-renderer-{R.randint(1, 4)} timed out after {R.randint(29000, 31000)} ms",
        ])
        trace = ("Traceback (most recent call last):\n  File \"/app/api/routes/reports.py\", line 88, in export_report\n"
                 "    rows = await repository.fetch(statement)\n  File \"/app/db/repository.py\", line 41, in fetch\n"
                 f"    async with self.engine.connect() as connection:\n{message}")
        app(t2, "ERROR", "app.api.errors", message, **ids, method=method, path=path, status=500, duration_ms=round(ms, 3),
            exc_info=trace)
        status = 500
    else:
        t2 = t + timedelta(milliseconds=ms)
        status = R.choices([200, 304, 404, 403], [90, 5, 3, 1])[0]
        if status == 403:
            app(t2, "WARNING", "app.rbac", f"rbac_denied: role viewer may not {method} {path}", **ids, event="rbac_denied",
                status=403)
        app(t2, "INFO", "app.middleware.request", f"Request completed with status {status} in {ms:.2f}ms", **ids,
            method=method, path=path, status=status, duration_ms=round(ms, 3))
    nginx(t2, ip, user, method, path, status, R.randint(80, 90000), ms / 1000)


def api_login(t, ip, user, ok):
    event = "login_success" if ok else "login_failed"
    message = f"login success for user {user} from {ip}" if ok else f"authentication failed for user {user} from {ip}: invalid password"
    app(t, "INFO" if ok else "WARNING", "app.auth", message, event=event, username=user, client_ip=ip, request_id=request_id(),
        reason=None if ok else "invalid_password")


for i in range(900):
    at = DAY + timedelta(seconds=i * 6 + R.random() * 6)
    request(at, DAY + timedelta(minutes=70) <= at < DAY + timedelta(minutes=85))
for i in range(60):
    api_login(DAY + timedelta(seconds=i * 90 + R.random() * 60), R.choice(ADDRESSES), R.choice(USERS), R.random() < 0.93)
for i in range(46):
    api_login(DAY + timedelta(minutes=40, seconds=i * 7 + R.random() * 3), BRUTE, R.choice(["admin", "admin", "root", "u1042"]), False)

at, pid = DAY + timedelta(minutes=50), 2200
for i in range(37):
    pid, at = pid + R.randint(2, 9), at + timedelta(seconds=40 + R.random() * 20)
    name = R.choice(["root", "invalid user admin", "invalid user oracle", "deploy", "deploy"])
    sshd(at, pid, f"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={BRUTE}")
    sshd(at + timedelta(seconds=2), pid, f"Failed password for {name} from {BRUTE} port {R.randint(30000, 60000)} ssh2")
at = DAY + timedelta(minutes=81, seconds=12)
sshd(at, 2711, f"Accepted password for deploy from {BRUTE} port 51514 ssh2")
sshd(at, 2711, "pam_unix(sshd:session): session opened for user deploy by (uid=0)")
for i in range(6):
    at = DAY + timedelta(minutes=12 * i + 3)
    sshd(at, 1900 + i, f"Accepted publickey for ops from 192.0.2.14 port {40000 + i} ssh2: ED25519 SHA256:c2FtcGxlIGtleSBvZiB0aGUgZGVtbw")

start = DAY + timedelta(minutes=70, seconds=4)
rid, ids = request_id(), {"query_id": "q_2024_001234", "user_id": "u1042", "client_ip": "192.0.2.42"}
app(start, "INFO", "app.middleware.request", "Request started POST /api/v1/exports from 192.0.2.42", request_id=rid, **ids,
    method="POST", path="/api/v1/exports")
app(start + timedelta(milliseconds=41), "INFO", "app.services.query", "Query plan for \"usage_by_customer\" scans 4 partitions, estimated cost 9120443.0",
    request_id=rid, **ids)
app(start + timedelta(milliseconds=55), "INFO", "audit", "user u1042 performed export on datasets/77", event="data_export",
    request_id=rid, **ids, outcome="allowed")
task(start + timedelta(milliseconds=380), "INFO", "Task tasks.exports.build_csv[5f0e2f0e-5a9b-4a77-8f0e-1d2c3b4a5968] received",
     query_id="q_2024_001234", task_name="tasks.exports.build_csv", queue="bulk")
task(start + timedelta(minutes=3), "WARNING", "Slow query took 180012.4 ms on table usage_events (48211907 rows examined)",
     query_id="q_2024_001234", task_name="tasks.exports.build_csv", duration_ms=180012.4)
task(start + timedelta(minutes=9), "WARNING", "Connection pool at 100% (30 of 30 in use, 61 waiting)", query_id="q_2024_001234",
     task_name="tasks.exports.build_csv")
app(start + timedelta(minutes=10), "ERROR", "app.api.errors", "TimeoutError: export 77 gave no first row within 600 s", request_id=rid, **ids,
    method="POST", path="/api/v1/exports", status=504, duration_ms=600013.7)
nginx(start + timedelta(minutes=10), "192.0.2.42", "u1042", "POST", "/api/v1/exports", 504, 167, 600.014)
error.append((start + timedelta(minutes=10), (start + timedelta(minutes=10)).strftime("%Y/%m/%d %H:%M:%S") +
              ' [error] 31#31: *90112 upstream timed out (110: Connection timed out) while reading response header from upstream, '
              'client: 192.0.2.42, server: reports.example, request: "POST /api/v1/exports?query_id=q_2024_001234 HTTP/1.1", '
              'upstream: "http://10.0.3.11:8000/api/v1/exports", host: "reports.example"'))
task(start + timedelta(minutes=15), "ERROR", "Task tasks.exports.build_csv[5f0e2f0e-5a9b-4a77-8f0e-1d2c3b4a5968] revoked by operator after 900 s",
     query_id="q_2024_001234", task_name="tasks.exports.build_csv")
for i in range(140):
    at = DAY + timedelta(minutes=72, seconds=i * 4 + R.random())
    app(at, "WARNING", "app.middleware.ratelimit", f"rate_limit_exceeded: client {HASTY} made {101 + i} requests in 60s (limit 100)",
        request_id=request_id(), user_id="u1078", client_ip=HASTY, method="GET", path="/api/v1/reports/8812", status=429)
    nginx(at, HASTY, "u1078", "GET", "/api/v1/reports/8812", 429, 58, 0.001)
for i in range(70):
    at = DAY + timedelta(seconds=i * 77)
    name = R.choice(["reports.render_pdf", "mail.send_digest", "search.reindex", "alerts.evaluate"])
    task(at, "INFO", f"Task tasks.{name}[{request_id()}] succeeded in {R.random() * 9:.3f}s", query_id=f"q_2024_{R.randint(1, 1200):06d}",
         task_name=f"tasks.{name}", duration_ms=round(R.random() * 9000, 3))


def write(name, lines, packed=False):
    data = "".join(line + "\n" for _, line in sorted(lines)).encode()
    path = os.path.join(OUT, name)
    with open(path, "wb") as f:
        f.write(gzip.compress(data, mtime=int((DAY + timedelta(hours=2)).timestamp())) if packed else data)


os.makedirs(OUT, exist_ok=True)
turn = DAY + timedelta(minutes=60)
write("api.log.1.gz", [x for x in api if x[0] < turn], packed=True)
write("api.log", [x for x in api if x[0] >= turn])
write("worker.log", worker)
write("nginx-access.log", access)
write("nginx-error.log", error)
write("auth.log.gz", auth, packed=True)
