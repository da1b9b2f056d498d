-- Schema 1. What users may rely on is the views, described in schemas/README.md; the tables belong to winnow.
-- Times are microseconds since 1970-01-01T00:00:00Z, NULL when unknown. Columns without a type hold TEXT when the bytes
-- are UTF-8 without NUL, else BLOB, so that no byte of a log is changed.

-- next_record: the number the next record gets; a number is never given twice.
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('next_record', 1);

-- Strings that many facts share.
CREATE TABLE name(id INTEGER PRIMARY KEY, text UNIQUE NOT NULL);

CREATE TABLE level(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO level VALUES
    (1, 'trace'), (2, 'debug'), (3, 'info'), (4, 'notice'), (5, 'warning'), (6, 'error'), (7, 'critical');

CREATE TABLE source_file(
    id INTEGER PRIMARY KEY,
    name NOT NULL,
    kind INTEGER NOT NULL,          -- 1 file, 2 gzip, 3 stream
    device INTEGER NOT NULL,        -- identity of the file; 64-bit values kept as signed
    inode INTEGER NOT NULL,
    head_size INTEGER NOT NULL,
    tail_size INTEGER NOT NULL,
    head_hash INTEGER NOT NULL,
    tail_hash INTEGER NOT NULL,
    position INTEGER NOT NULL,
    pending_bytes INTEGER NOT NULL,
    size INTEGER NOT NULL,
    modified_us INTEGER,
    read_us INTEGER,
    replaced INTEGER NOT NULL,
    records INTEGER NOT NULL DEFAULT 0,
    unparsed INTEGER NOT NULL DEFAULT 0,
    raw_bytes INTEGER NOT NULL DEFAULT 0,
    gaps INTEGER NOT NULL DEFAULT 0,
    time_min INTEGER,
    time_max INTEGER
);

-- A stretch of records in compressed form. It takes the numbers first_record .. first_record + slots - 1; slots that
-- are not records of the block are tails, kept in hot or since replaced. The small columns stand before the blobs so
-- that they are read without them. digest chains to the block before (store/digest.h).
CREATE TABLE block(
    id INTEGER PRIMARY KEY,
    first_record INTEGER NOT NULL,
    slots INTEGER NOT NULL,
    records INTEGER NOT NULL,
    unparsed INTEGER NOT NULL,
    timeless INTEGER NOT NULL,      -- records without any time
    raw_bytes INTEGER NOT NULL,     -- newlines included
    time_min INTEGER,
    time_max INTEGER,
    codec INTEGER NOT NULL,
    directory BLOB NOT NULL,
    digest BLOB NOT NULL,
    body BLOB NOT NULL
);
-- Holds all a scan needs to choose blocks, so that choosing reads no block row.
CREATE UNIQUE INDEX block_range ON block(first_record, slots, timeless, time_min, time_max);

-- Which source's bytes a block holds. first and records count slots within the block.
CREATE TABLE run(
    source INTEGER NOT NULL,
    block INTEGER NOT NULL,
    first INTEGER NOT NULL,
    records INTEGER NOT NULL,
    offset_from INTEGER NOT NULL,
    offset_to INTEGER NOT NULL,
    PRIMARY KEY (source, block, first)
) WITHOUT ROWID;

-- Records that are not in a block: the unterminated end of each source.
CREATE TABLE hot(
    record INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    time_us INTEGER,
    flags INTEGER NOT NULL,
    level INTEGER NOT NULL,
    kinds INTEGER NOT NULL,
    format INTEGER NOT NULL,
    raw BLOB NOT NULL
);
CREATE INDEX hot_source ON hot(source, offset);

-- The id index (store/word.h, store/segment.h). Blocks 64 n + 1 .. 64 n + 64 are segment n. Until a segment is whole, each of
-- its blocks has a list of fingerprints; then all of them move into the segment's 4096 buckets.
CREATE TABLE block_word(block INTEGER PRIMARY KEY, words BLOB NOT NULL);
CREATE TABLE word_bucket(
    bucket INTEGER NOT NULL,
    segment INTEGER NOT NULL,
    words BLOB NOT NULL,
    PRIMARY KEY (bucket, segment)
) WITHOUT ROWID;

-- Facts. user .. method and template are ids in name; path and reason are either that or, when they hold digits and so
-- are rarely seen twice, the text itself.
CREATE TABLE fact_auth(
    record INTEGER PRIMARY KEY,
    time_us INTEGER, source INTEGER NOT NULL, level INTEGER, status INTEGER,
    outcome INTEGER NOT NULL,       -- 1 success, 0 failure
    user INTEGER, client_ip INTEGER, service INTEGER, logger INTEGER, method INTEGER, path, reason
);
CREATE TABLE fact_rate_limit(
    record INTEGER PRIMARY KEY,
    time_us INTEGER, source INTEGER NOT NULL, level INTEGER, status INTEGER,
    user INTEGER, client_ip INTEGER, service INTEGER, logger INTEGER, method INTEGER, path, reason
);
CREATE TABLE fact_denial(
    record INTEGER PRIMARY KEY,
    time_us INTEGER, source INTEGER NOT NULL, level INTEGER, status INTEGER,
    user INTEGER, client_ip INTEGER, service INTEGER, logger INTEGER, method INTEGER, path, reason
);
CREATE TABLE fact_error(
    record INTEGER PRIMARY KEY,
    time_us INTEGER, source INTEGER NOT NULL, level INTEGER, status INTEGER,
    user INTEGER, client_ip INTEGER, service INTEGER, logger INTEGER, method INTEGER, path, reason,
    template INTEGER
);

-- ---- Views: stable API ------------------------------------------------------------------------------------------------
-- A fraction of a second is printed with six digits, or not at all when it is zero; whole seconds are rounded down, also
-- before 1970.

CREATE VIEW auth_event AS SELECT
    record,
    strftime('%Y-%m-%dT%H:%M:%S', (time_us - (time_us % 1000000 + 1000000) % 1000000) / 1000000, 'unixepoch')
        || CASE time_us % 1000000 WHEN 0 THEN 'Z'
           ELSE printf('.%06dZ', (time_us % 1000000 + 1000000) % 1000000) END AS time,
    time_us,
    (SELECT name FROM source_file WHERE id = f.source) AS source,
    CASE outcome WHEN 1 THEN 'success' ELSE 'failure' END AS outcome,
    (SELECT name FROM level WHERE id = f.level) AS level,
    status,
    (SELECT text FROM name WHERE id = f.user) AS user,
    (SELECT text FROM name WHERE id = f.client_ip) AS client_ip,
    (SELECT text FROM name WHERE id = f.service) AS service,
    (SELECT text FROM name WHERE id = f.logger) AS logger,
    (SELECT text FROM name WHERE id = f.method) AS method,
    CASE typeof(path) WHEN 'integer' THEN (SELECT text FROM name WHERE id = f.path) ELSE path END AS path,
    CASE typeof(reason) WHEN 'integer' THEN (SELECT text FROM name WHERE id = f.reason) ELSE reason END AS reason
FROM fact_auth f;

CREATE VIEW rate_limit_event AS SELECT
    record,
    strftime('%Y-%m-%dT%H:%M:%S', (time_us - (time_us % 1000000 + 1000000) % 1000000) / 1000000, 'unixepoch')
        || CASE time_us % 1000000 WHEN 0 THEN 'Z'
           ELSE printf('.%06dZ', (time_us % 1000000 + 1000000) % 1000000) END AS time,
    time_us,
    (SELECT name FROM source_file WHERE id = f.source) AS source,
    (SELECT name FROM level WHERE id = f.level) AS level,
    status,
    (SELECT text FROM name WHERE id = f.user) AS user,
    (SELECT text FROM name WHERE id = f.client_ip) AS client_ip,
    (SELECT text FROM name WHERE id = f.service) AS service,
    (SELECT text FROM name WHERE id = f.logger) AS logger,
    (SELECT text FROM name WHERE id = f.method) AS method,
    CASE typeof(path) WHEN 'integer' THEN (SELECT text FROM name WHERE id = f.path) ELSE path END AS path,
    CASE typeof(reason) WHEN 'integer' THEN (SELECT text FROM name WHERE id = f.reason) ELSE reason END AS reason
FROM fact_rate_limit f;

CREATE VIEW denial_event AS SELECT
    record,
    strftime('%Y-%m-%dT%H:%M:%S', (time_us - (time_us % 1000000 + 1000000) % 1000000) / 1000000, 'unixepoch')
        || CASE time_us % 1000000 WHEN 0 THEN 'Z'
           ELSE printf('.%06dZ', (time_us % 1000000 + 1000000) % 1000000) END AS time,
    time_us,
    (SELECT name FROM source_file WHERE id = f.source) AS source,
    (SELECT name FROM level WHERE id = f.level) AS level,
    status,
    (SELECT text FROM name WHERE id = f.user) AS user,
    (SELECT text FROM name WHERE id = f.client_ip) AS client_ip,
    (SELECT text FROM name WHERE id = f.service) AS service,
    (SELECT text FROM name WHERE id = f.logger) AS logger,
    (SELECT text FROM name WHERE id = f.method) AS method,
    CASE typeof(path) WHEN 'integer' THEN (SELECT text FROM name WHERE id = f.path) ELSE path END AS path,
    CASE typeof(reason) WHEN 'integer' THEN (SELECT text FROM name WHERE id = f.reason) ELSE reason END AS reason
FROM fact_denial f;

CREATE VIEW error_event AS SELECT
    record,
    strftime('%Y-%m-%dT%H:%M:%S', (time_us - (time_us % 1000000 + 1000000) % 1000000) / 1000000, 'unixepoch')
        || CASE time_us % 1000000 WHEN 0 THEN 'Z'
           ELSE printf('.%06dZ', (time_us % 1000000 + 1000000) % 1000000) END AS time,
    time_us,
    (SELECT name FROM source_file WHERE id = f.source) AS source,
    (SELECT name FROM level WHERE id = f.level) AS level,
    status,
    (SELECT text FROM name WHERE id = f.user) AS user,
    (SELECT text FROM name WHERE id = f.client_ip) AS client_ip,
    (SELECT text FROM name WHERE id = f.service) AS service,
    (SELECT text FROM name WHERE id = f.logger) AS logger,
    (SELECT text FROM name WHERE id = f.method) AS method,
    CASE typeof(path) WHEN 'integer' THEN (SELECT text FROM name WHERE id = f.path) ELSE path END AS path,
    CASE typeof(reason) WHEN 'integer' THEN (SELECT text FROM name WHERE id = f.reason) ELSE reason END AS message,
    (SELECT text FROM name WHERE id = f.template) AS template
FROM fact_error f;

CREATE VIEW source AS SELECT
    id,
    name,
    CASE kind WHEN 1 THEN 'file' WHEN 2 THEN 'gzip' WHEN 3 THEN 'stream' END AS kind,
    position,
    pending_bytes,
    size,
    records,
    unparsed,
    raw_bytes,
    gaps,
    replaced,
    strftime('%Y-%m-%dT%H:%M:%S', (time_min - (time_min % 1000000 + 1000000) % 1000000) / 1000000, 'unixepoch')
        || CASE time_min % 1000000 WHEN 0 THEN 'Z'
           ELSE printf('.%06dZ', (time_min % 1000000 + 1000000) % 1000000) END AS first,
    time_min AS first_us,
    strftime('%Y-%m-%dT%H:%M:%S', (time_max - (time_max % 1000000 + 1000000) % 1000000) / 1000000, 'unixepoch')
        || CASE time_max % 1000000 WHEN 0 THEN 'Z'
           ELSE printf('.%06dZ', (time_max % 1000000 + 1000000) % 1000000) END AS last,
    time_max AS last_us,
    strftime('%Y-%m-%dT%H:%M:%S', (modified_us - (modified_us % 1000000 + 1000000) % 1000000) / 1000000, 'unixepoch')
        || CASE modified_us % 1000000 WHEN 0 THEN 'Z'
           ELSE printf('.%06dZ', (modified_us % 1000000 + 1000000) % 1000000) END AS modified,
    modified_us,
    strftime('%Y-%m-%dT%H:%M:%S', (read_us - (read_us % 1000000 + 1000000) % 1000000) / 1000000, 'unixepoch')
        || CASE read_us % 1000000 WHEN 0 THEN 'Z'
           ELSE printf('.%06dZ', (read_us % 1000000 + 1000000) % 1000000) END AS read,
    read_us
FROM source_file;
