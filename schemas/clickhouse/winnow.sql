-- ClickHouse beside winnow: what agents fan out (value: json) flows from the topic into a table with the columns of a record.
--
--     topic ─▶ winnow.queue (Kafka engine) ─▶ winnow.arrival (materialized view) ─▶ winnow.log (ReplacingMergeTree) ─▶ winnow.record
--
--     clickhouse-client --multiquery < winnow.sql        after the broker, topic and group below are yours
--
-- Kafka gives every message at least once, an agent that was killed repeats some, and a record whose end came late is sent again, whole.
-- All of these have the same (agent, file, offset), and the one with the highest sequence is the record as it ended: the table
-- keeps that one, in its own time; the view winnow.record shows it at once. Questions are to be asked of winnow.record.
--
-- A record in pieces (larger than a message may be) is a row for each piece, told by the column part.

CREATE DATABASE IF NOT EXISTS winnow;

CREATE TABLE IF NOT EXISTS winnow.queue
(
    time Nullable(String),
    time_us Nullable(Int64),
    source Nullable(String),
    offset Nullable(UInt64),
    format Nullable(String),
    level Nullable(String),
    service Nullable(String),
    host Nullable(String),
    unit Nullable(String),
    logger Nullable(String),
    message Nullable(String),
    event Nullable(String),
    request_id Nullable(String),
    query_id Nullable(String),
    trace_id Nullable(String),
    session Nullable(String),
    user Nullable(String),
    client_ip Nullable(String),
    method Nullable(String),
    path Nullable(String),
    status Nullable(UInt16),
    duration_ms Nullable(Float64),
    kind Array(String),
    rules Array(String),
    pattern Nullable(String),
    fields Nullable(String),
    raw Nullable(String),
    raw_base64 Nullable(String),
    unparsed Nullable(Bool),
    part Nullable(String)
)
ENGINE = Kafka
SETTINGS
    kafka_broker_list = 'localhost:9092',
    kafka_topic_list = 'logs',
    kafka_group_name = 'clickhouse',
    kafka_format = 'JSONEachRow',
    kafka_handle_error_mode = 'stream', -- a message that is no record does not stop the rest: winnow.stranger has it
    input_format_json_read_objects_as_strings = 1;

CREATE TABLE IF NOT EXISTS winnow.log
(
    time DateTime64(6, 'UTC') CODEC(Delta, ZSTD),   -- of a record without one: when it was sent
    source LowCardinality(String),
    offset UInt64 CODEC(Delta, ZSTD),
    format LowCardinality(String),
    level Enum8('' = 0, 'trace' = 1, 'debug' = 2, 'info' = 3, 'notice' = 4, 'warning' = 5, 'error' = 6, 'critical' = 7),
    service LowCardinality(String),
    host LowCardinality(String),
    unit LowCardinality(String),
    logger LowCardinality(String),
    message String CODEC(ZSTD),
    event LowCardinality(String),
    request_id String CODEC(ZSTD),
    query_id String CODEC(ZSTD),
    trace_id String CODEC(ZSTD),
    session String CODEC(ZSTD),
    user String CODEC(ZSTD),
    client_ip String CODEC(ZSTD),
    method LowCardinality(String),
    path String CODEC(ZSTD),
    status UInt16,                                  -- 0: none
    duration_ms Nullable(Float64),
    kind Array(LowCardinality(String)),
    rules Array(LowCardinality(String)),
    pattern LowCardinality(String),
    fields String CODEC(ZSTD),                      -- JSON
    raw String CODEC(ZSTD),                         -- the line, byte for byte, also where it is not UTF-8
    unparsed Bool,
    agent LowCardinality(String),                   -- the store the record came from, and by which of its outputs
    agent_host LowCardinality(String),
    file UInt32,                                    -- the agent's number of the source: a rotated file keeps its name, not this
    part LowCardinality(String),                    -- 'n/m': a piece of a record; '': all of it
    sequence UInt64 CODEC(Delta, ZSTD),             -- the record's number in the agent's store
    pending Bool,                                   -- may still grow

    INDEX by_request_id request_id TYPE bloom_filter(0.001) GRANULARITY 4,
    INDEX by_query_id query_id TYPE bloom_filter(0.001) GRANULARITY 4,
    INDEX by_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 4,
    INDEX by_user user TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_client_ip client_ip TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_word raw TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(sequence)
PARTITION BY toDate(time)
ORDER BY (toStartOfHour(time), source, agent, file, offset, part)
TTL toDateTime(time) + INTERVAL 90 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS winnow.arrival TO winnow.log AS
WITH
    mapFromArrays(_headers.name, _headers.value) AS head,
    splitByChar(' ', head['winnow-agent']) AS told, -- the agent, then NAME=VALUE...
    mapFromArrays(arrayMap(pair -> splitByChar('=', pair)[1], told), arrayMap(pair -> splitByChar('=', pair)[2], told)) AS word
SELECT
    fromUnixTimestamp64Micro(coalesce(queue.time_us, toUnixTimestamp64Micro(toDateTime64(_timestamp_ms, 6, 'UTC')), 0), 'UTC') AS time,
    coalesce(queue.source, '') AS source,
    coalesce(queue.offset, 0) AS offset,
    coalesce(queue.format, '') AS format,
    coalesce(queue.level, '') AS level,
    coalesce(queue.service, '') AS service,
    coalesce(queue.host, '') AS host,
    coalesce(queue.unit, '') AS unit,
    coalesce(queue.logger, '') AS logger,
    coalesce(queue.message, '') AS message,
    coalesce(queue.event, '') AS event,
    coalesce(queue.request_id, '') AS request_id,
    coalesce(queue.query_id, '') AS query_id,
    coalesce(queue.trace_id, '') AS trace_id,
    coalesce(queue.session, '') AS session,
    coalesce(queue.user, '') AS user,
    coalesce(queue.client_ip, '') AS client_ip,
    coalesce(queue.method, '') AS method,
    coalesce(queue.path, '') AS path,
    coalesce(queue.status, 0) AS status,
    queue.duration_ms AS duration_ms,
    queue.kind AS kind,
    queue.rules AS rules,
    coalesce(queue.pattern, '') AS pattern,
    coalesce(queue.fields, '{}') AS fields,
    coalesce(queue.raw, base64Decode(coalesce(queue.raw_base64, ''))) AS raw,
    coalesce(queue.unparsed, false) AS unparsed,
    told[1] AS agent,
    decodeURLComponent(word['host']) AS agent_host,
    toUInt32OrZero(word['file']) AS file,
    coalesce(queue.part, '') AS part,
    toUInt64OrZero(head['winnow-sequence']) AS sequence,
    has(splitByChar(',', word['flags']), 'pending') AS pending
FROM winnow.queue AS queue
WHERE _error = '';

-- What was in the topic and is no record: counted and kept a month, so that nothing is passed over in silence.
CREATE TABLE IF NOT EXISTS winnow.stranger
(
    arrived DateTime DEFAULT now(),
    topic LowCardinality(String),
    kafka_partition UInt64,
    kafka_offset UInt64,
    error String,
    value String
)
ENGINE = MergeTree
ORDER BY arrived
TTL arrived + INTERVAL 30 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS winnow.strange_arrival TO winnow.stranger AS
SELECT _topic AS topic, _partition AS kafka_partition, _offset AS kafka_offset, _error AS error, _raw_message AS value
FROM winnow.queue
WHERE _error != '';

CREATE VIEW IF NOT EXISTS winnow.record AS SELECT * FROM winnow.log FINAL;
