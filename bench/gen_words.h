/* What the generated platform talks about: names, tables, kinds of errors, frames of stack traces. Texts stand as they do
 * inside a JSON string, escapes included. */
#ifndef BENCH_GEN_WORDS_H
#define BENCH_GEN_WORDS_H

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const agents[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4)",
    "python-requests/2.31.0",
    "curl/8.5.0",
    "okhttp/4.12.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101",
};
static const char *const methods[] = {"GET", "GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH"};
static const char *const resources[] = {
    "reports", "queries",  "datasets",  "users",      "dashboards",    "exports", "alerts",   "billing/invoices",
    "search",  "projects", "documents", "embeddings", "conversations", "uploads", "webhooks", "sessions"};
static const char *const tables[] = {"reports",      "query_runs", "datasets",      "users",      "dashboard_widgets",
                                     "export_jobs",  "alerts",     "invoices",      "documents",  "document_chunks",
                                     "audit_events", "api_keys",   "organizations", "memberships"};
static const char *const tasks[] = {"tasks.reports.render_pdf",      "tasks.exports.build_csv",
                                    "tasks.ingest.embed_documents",  "tasks.billing.sync_invoices",
                                    "tasks.mail.send_digest",        "tasks.cleanup.expire_sessions",
                                    "tasks.search.reindex_document", "tasks.alerts.evaluate_rules"};
static const char *const queues[] = {"default", "high", "bulk", "mail"};
static const char *const actions[] = {"read", "export", "update", "delete", "share"};
static const char *const people[] = {"alice",  "bob",       "carol",      "dave",        "erin",    "frank",
                                     "grace",  "heidi",     "ivan",       "judy",        "mallory", "niaj",
                                     "olivia", "peggy",     "rupert",     "sybil",       "trent",   "victor",
                                     "walter", "zo\\u00eb", "ren\\u00e9", "j\\u00fcrgen"};

static const struct error {
    const char *type;
    const char *message; /* with two numbers */
} errors[] = {
    {"OperationalError", "database connection to 10.0.3.%u:5432 failed after %u attempts"},
    {"TimeoutError", "upstream request to search-%u timed out after %u ms"},
    {"ValidationError", "validation failed for field 'limit': value %u exceeds maximum %u"},
    {"KeyError", "missing key 'col_%u' while decoding payload of %u bytes"},
    {"IntegrityError", "duplicate key value violates unique constraint \\\"uq_runs_%u\\\" for id %u"},
    {"ConnectionResetError", "redis node cache-%u reset connection, retry in %u ms"},
    {"PermissionError", "user %u has no access to project %u"},
    {"ValueError", "could not convert string to float: 'abc%u' in row %u"},
    {"DeadlockDetected", "deadlock detected: process %u waits for ShareLock on transaction %u"},
    {"HTTPStatusError", "payment provider returned status 502 for invoice %u, attempt %u"},
    {"MemoryError", "cannot allocate %u MiB for dataframe with %u rows"},
    {"FileNotFoundError", "no such file: '/data/exports/%u/part-%u.parquet'"},
    {"JSONDecodeError", "Expecting value: line %u column %u (char 0)"},
    {"UnicodeDecodeError", "'utf-8' codec can't decode byte 0x%u in position %u"},
    {"RateLimitError", "embedding API quota reached: %u of %u tokens"},
    {"TaskRevokedError", "task %u revoked by operator after %u s"},
    {"WorkerLostError", "worker exited prematurely: signal 9 (SIGKILL) job %u slot %u"},
    {"SSLError", "certificate verify failed for host vault-%u: depth %u"},
    {"AssertionError", "expected %u chunks, got %u"},
    {"AttributeError", "'NoneType' object has no attribute 'field_%u' (index %u)"},
    {"IndexError", "list index %u out of range for batch of %u"},
    {"TypeError", "unsupported operand type(s) at column %u, row %u"},
    {"S3UploadError", "upload of part %u failed: http 503 SlowDown (attempt %u)"},
    {"KafkaError", "broker kafka-%u: message delivery failed, partition %u"},
    {"OutOfQuota", "organization %u exceeded storage quota of %u GiB"},
    {"StaleDataError", "UPDATE statement on table 'alerts' expected to update %u row(s); %u were matched"},
    {"LockTimeout", "could not acquire lock report:%u within %u ms"},
    {"TokenExpired", "signature expired for key id %u, age %u s"},
    {"SchemaMismatch", "dataset %u: schema version %u is not supported"},
    {"TemplateError", "template block %u undefined in report %u"},
    {"SMTPException", "mail relay refused recipient batch %u: code %u"},
    {"DNSError", "name resolution failed for tenant-%u.internal after %u ms"},
    {"WebhookError", "webhook %u returned http %u"},
    {"ParseError", "SQL parse error at position %u near token %u"},
    {"CorruptArchive", "archive member %u has bad checksum, offset %u"},
    {"ModelUnavailable", "model shard %u not loaded, queue length %u"},
    {"BadGateway", "no healthy upstream in pool %u (%u ejected)"},
    {"DiskFull", "no space left on /var/lib/app/tmp: need %u KiB, have %u KiB"},
    {"CircuitOpen", "circuit breaker for service %u is open, %u failures"},
    {"UnhandledException", "unhandled exception in middleware %u for route %u"},
};
#define ERRORS COUNT(errors)

static const struct frame {
    const char *file, *function, *code;
} frames[] = {
    {"/app/src/api/routes/reports.py", "export_report", "result = await service.run(query)"},
    {"/app/src/services/query_runner.py", "run", "rows = await self.repo.fetch(stmt, params)"},
    {"/app/src/db/repository.py", "fetch", "async with self.engine.connect() as conn:"},
    {"/usr/local/lib/python3.11/site-packages/sqlalchemy/ext/asyncio/engine.py", "__aenter__",
     "return await self.start(is_ctxmanager=True)"},
    {"/usr/local/lib/python3.11/site-packages/starlette/middleware/base.py", "call_next", "raise app_exc"},
    {"/usr/local/lib/python3.11/site-packages/fastapi/routing.py", "run_endpoint_function",
     "return await dependant.call(**values)"},
    {"/app/src/cache/redis_client.py", "get", "return await self.pool.execute(\\\"GET\\\", key)"},
    {"/app/src/workers/base.py", "__call__", "return self.run(*args, **kwargs)"},
};

#endif
