-- Schema 1. What users may rely on is the views, described in schemas/README.md; the tables belong to winnow.
-- Times are microseconds since 1970-01-01T00:00:00Z, NULL when unknown. Columns without a type hold TEXT when the bytes
-- are UTF-8 without NUL, else BLOB, so that no byte of a log is changed.
-- The text of tables and views lies in pages, of 1 KiB in a small store, in their order here: a view stands beside its table, which fills them.

-- next_record: the number the next record gets; a number is never given twice.
-- chain_block, chain_digest: the end of the chain: the last block there ever was, and its digest. Written with every block, so that a
-- store cut off at its end is noticed.
-- store_id: 32 hexadecimal digits, this store's own.
-- templates_given: of how many templates the patterns were last made whose ids are remembered.
CREATE TABLE meta(key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('next_record', 1), ('chain_block', 0), ('chain_digest', zeroblob(32)), ('templates_given', 0),
    ('store_id', lower(hex(randomblob(16))));

-- Strings that facts share. Those of the levels have the levels' numbers. A text may stand here more than once.
CREATE TABLE name(id INTEGER PRIMARY KEY, text NOT NULL);
INSERT INTO name VALUES
    (1, 'trace'), (2, 'debug'), (3, 'info'), (4, 'notice'), (5, 'warning'), (6, 'error'), (7, 'critical');

CREATE TABLE source_file(
    id INTEGER PRIMARY KEY,
    name NOT NULL,
    kind INTEGER NOT NULL,          -- 1 file, 2 gzip, 3 stream, 4 journal, 5 kafka
    device INTEGER NOT NULL,        -- identity of the file; 64-bit values kept as signed
    inode INTEGER NOT NULL,
    head_size INTEGER NOT NULL,
    tail_size INTEGER NOT NULL,
    head_hash INTEGER NOT NULL,
    tail_hash INTEGER NOT NULL,
    position INTEGER NOT NULL,
    pending_bytes INTEGER NOT NULL,
    lines INTEGER NOT NULL,         -- before position, whether or not they were pruned since
    pending_lines INTEGER NOT NULL,
    size INTEGER NOT NULL,
    modified_us INTEGER,
    read_us INTEGER,
    replaced INTEGER NOT NULL,
    records INTEGER NOT NULL DEFAULT 0,
    unparsed INTEGER NOT NULL DEFAULT 0,
    raw_bytes INTEGER NOT NULL DEFAULT 0,
    gaps INTEGER NOT NULL DEFAULT 0,
    time_min INTEGER,
    time_max INTEGER,
    pruned_records INTEGER NOT NULL DEFAULT 0, -- no longer there; the counts above are without them
    pruned_min INTEGER,                         -- their times
    pruned_max INTEGER,
    cursor,                         -- of a journal or kafka
    rotations INTEGER NOT NULL,
    truncations INTEGER NOT NULL,
    service,                        -- of its records that name none; NULL: none
    timezone,                       -- of its stamps that name none; NULL: that of the reading process
    format INTEGER NOT NULL         -- lines in any other are unparsed; 0: any format
);

-- Stretches of sources that are not in the store. Those that are lost are counted in source_file.gaps.
CREATE TABLE source_gap(
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    bytes INTEGER NOT NULL,         -- 0: not known how many
    reason INTEGER NOT NULL,        -- 1 truncated, 2 cursor gone, 3 vanished, 4 skipped: not lost, not wanted
    found_us INTEGER
);

-- A stretch of records in compressed form. It takes the numbers first_record .. first_record + slots - 1; slots that
-- are not records of the block are pending ones, kept in hot or since replaced. The small columns stand before the blobs so
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

-- Which source's bytes a block holds: a row for each stretch of bytes. first is the first of its slots in the block, slots how
-- many are its own, which those of other sources may stand between; the rest is of those that are records.
CREATE TABLE run(
    source INTEGER NOT NULL,
    block INTEGER NOT NULL,
    first INTEGER NOT NULL,
    slots INTEGER NOT NULL,
    offset_from INTEGER NOT NULL,
    offset_to INTEGER NOT NULL,
    records INTEGER NOT NULL,
    unparsed INTEGER NOT NULL,
    raw_bytes INTEGER NOT NULL,
    time_min INTEGER,
    time_max INTEGER,
    PRIMARY KEY (source, block, first)
) WITHOUT ROWID;
CREATE INDEX run_block ON run(block);

-- What was pruned: stretches of the chain, of which the digest of the last block is left, so that the chain can be proved
-- to go on behind them. The other columns sum up what went.
CREATE TABLE pruned(
    last_block INTEGER PRIMARY KEY,
    first_block INTEGER NOT NULL,
    digest BLOB NOT NULL,           -- of last_block
    pruned_us INTEGER NOT NULL,     -- when
    records INTEGER NOT NULL,
    timeless INTEGER NOT NULL,
    raw_bytes INTEGER NOT NULL,
    time_min INTEGER,
    time_max INTEGER
);

-- The bytes of each source that went with them. Stretches that touch are one.
CREATE TABLE pruned_run(
    source INTEGER NOT NULL,
    offset_from INTEGER NOT NULL,
    offset_to INTEGER NOT NULL,
    PRIMARY KEY (source, offset_from)
) WITHOUT ROWID;

-- Records that are not in a block: not yet, or, flagged 8, the pending ones at the end of a source, which may still grow.
CREATE TABLE hot(
    record INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    time_us INTEGER,
    flags INTEGER NOT NULL,
    level INTEGER NOT NULL,
    kinds INTEGER NOT NULL,
    format INTEGER NOT NULL,
    raw BLOB NOT NULL,
    request BLOB                    -- what a pending record counts as a request (store/request.h)
);
CREATE INDEX hot_pending ON hot(source, offset) WHERE flags & 8;

-- The id index (store/word.h, store/segment.h). Blocks 64 n + 1 .. 64 n + 64 are segment n. Until a segment is whole, each of
-- its blocks has a list of fingerprints in parts, id = 2^62 + block * 2^28 + the one it begins at; then all of them move into
-- the segment's 4096 buckets, id = bucket << 32 | segment, so that a bucket's rows lie together; as a WITHOUT ROWID table this
-- would give each row longer than a quarter of a page pages of its own.
CREATE TABLE word_bucket(id INTEGER PRIMARY KEY, words BLOB NOT NULL);

-- What many facts have in common. service .. template are ids in name. A row may stand here more than once.
CREATE TABLE trait(
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL, level INTEGER, status INTEGER,
    service INTEGER, logger INTEGER, method INTEGER,
    template INTEGER,               -- 0: any that is not kept
    counted INTEGER                 -- the trait its errors are counted under: template is not kept. NULL: itself
);

-- Lists and counts in compressed form (store/pack.h): id = kind << 40 | number.
CREATE TABLE pack(id INTEGER PRIMARY KEY, body BLOB NOT NULL);

-- ---- Views, stable API, and the tables they are of ----------------------------------------------------------------------
-- A fraction of a second is printed with six digits, or not at all when it is zero; whole seconds are rounded down, also
-- before 1970.

CREATE VIEW source AS SELECT
    id,
    name,
    CASE kind WHEN 1 THEN 'file' WHEN 2 THEN 'gzip' WHEN 3 THEN 'stream' WHEN 4 THEN 'journal' WHEN 5 THEN 'kafka' END AS kind,
    position,
    pending_bytes,
    size,
    records,
    unparsed,
    raw_bytes,
    gaps,
    replaced,
    strftime('%Y-%m-%dT%H:%M:%S', time_min / 1000000 - (time_min % 1000000 < 0), 'unixepoch')
        || replace(printf('.%06dZ', (time_min % 1000000 + 1000000) % 1000000), '.000000', '') AS first,
    time_min AS first_us,
    strftime('%Y-%m-%dT%H:%M:%S', time_max / 1000000 - (time_max % 1000000 < 0), 'unixepoch')
        || replace(printf('.%06dZ', (time_max % 1000000 + 1000000) % 1000000), '.000000', '') AS last,
    time_max AS last_us,
    strftime('%Y-%m-%dT%H:%M:%S', modified_us / 1000000 - (modified_us % 1000000 < 0), 'unixepoch')
        || replace(printf('.%06dZ', (modified_us % 1000000 + 1000000) % 1000000), '.000000', '') AS modified,
    modified_us,
    strftime('%Y-%m-%dT%H:%M:%S', read_us / 1000000 - (read_us % 1000000 < 0), 'unixepoch')
        || replace(printf('.%06dZ', (read_us % 1000000 + 1000000) % 1000000), '.000000', '') AS read,
    read_us,
    rotations,
    truncations,
    lines,
    pending_lines
FROM source_file;

CREATE VIEW gap AS SELECT
    source AS source_id,
    (SELECT name FROM source_file WHERE id = source) AS source,
    offset,
    nullif(bytes, 0) AS bytes,
    CASE reason WHEN 1 THEN 'truncated' WHEN 2 THEN 'cursor_gone' WHEN 3 THEN 'vanished' WHEN 4 THEN 'skipped' END AS reason,
    strftime('%Y-%m-%dT%H:%M:%S', found_us / 1000000 - (found_us % 1000000 < 0), 'unixepoch')
        || replace(printf('.%06dZ', (found_us % 1000000 + 1000000) % 1000000), '.000000', '') AS found,
    found_us
FROM source_gap;

-- What events have in common, for the views below.
CREATE VIEW common AS SELECT
    id,
    (SELECT name FROM source_file WHERE id = source) AS source,
    (SELECT text FROM name WHERE id = level) AS level,
    status,
    (SELECT text FROM name WHERE id = service) AS service,
    (SELECT text FROM name WHERE id = logger) AS logger,
    (SELECT text FROM name WHERE id = method) AS method,
    CASE template WHEN 0 THEN 'other' ELSE (SELECT text FROM name WHERE id = template) END AS template
FROM trait;

-- Rows of fact_error by hour, counted from 2028-01-01T00:00:00Z, -4000000000 for those without a moment, and trait. No row has
-- count 0.
CREATE TABLE error_hour(
    hour INTEGER NOT NULL, trait INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (hour, trait)
) WITHOUT ROWID;

CREATE VIEW error_count AS SELECT
    strftime('%Y-%m-%dT%H:00:00Z', nullif(hour, -4000000000) * 3600 + 1830297600, 'unixepoch') AS hour,
    nullif(hour, -4000000000) * 3600000000 + 1830297600000000 AS hour_us,
    source,
    level,
    status,
    service,
    logger,
    method,
    template,
    count
FROM error_hour JOIN common ON id = trait;

-- Of the errors of a template (a name; 0: of all those not kept, -1: none) there ever were: pruning leaves it as it is.
CREATE TABLE template_error(
    template INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    first INTEGER, last INTEGER,    -- moments
    first_record INTEGER NOT NULL, last_record INTEGER NOT NULL
);

CREATE VIEW error_template AS SELECT
    CASE template WHEN 0 THEN 'other' ELSE (SELECT text FROM name WHERE id = template) END AS template,
    count,
    strftime('%Y-%m-%dT%H:%M:%S', first / 1000000 - (first % 1000000 < 0) + 1830297600, 'unixepoch')
        || replace(printf('.%06dZ', (first % 1000000 + 1000000) % 1000000), '.000000', '') AS first,
    first + 1830297600000000 AS first_us,
    strftime('%Y-%m-%dT%H:%M:%S', last / 1000000 - (last % 1000000 < 0) + 1830297600, 'unixepoch')
        || replace(printf('.%06dZ', (last % 1000000 + 1000000) % 1000000), '.000000', '') AS last,
    last + 1830297600000000 AS last_us,
    first_record,
    last_record
FROM template_error;

-- Facts. moment counts microseconds from 2028-01-01T00:00:00Z, so that it takes six bytes from mid-2023 to mid-2032. user,
-- client_ip and path are ids in name or, when seen for the first time, the text itself. A path that is an id ends in
-- number, unless that is NULL: /users/17 is the name /users/ and 17.
CREATE TABLE fact_auth(
    record INTEGER PRIMARY KEY,
    moment INTEGER, trait INTEGER NOT NULL, user, client_ip, path, number INTEGER,
    outcome INTEGER NOT NULL        -- 1 success, 0 failure
);
CREATE VIEW auth_event AS SELECT
    record,
    strftime('%Y-%m-%dT%H:%M:%S', moment / 1000000 - (moment % 1000000 < 0) + 1830297600, 'unixepoch')
        || replace(printf('.%06dZ', (moment % 1000000 + 1000000) % 1000000), '.000000', '') AS time,
    moment + 1830297600000000 AS time_us,
    source,
    CASE outcome WHEN 1 THEN 'success' ELSE 'failure' END AS outcome,
    level,
    status,
    CASE typeof(user) WHEN 'integer' THEN (SELECT text FROM name WHERE id = user) ELSE user END AS user,
    CASE typeof(client_ip) WHEN 'integer' THEN (SELECT text FROM name WHERE id = client_ip) ELSE client_ip END AS client_ip,
    service,
    logger,
    method,
    CASE typeof(path) WHEN 'integer'
        THEN (SELECT coalesce(text || number, text) FROM name WHERE id = path)
        ELSE path END AS path,
    template
FROM fact_auth JOIN common ON id = trait;

CREATE TABLE fact_rate_limit(
    record INTEGER PRIMARY KEY,
    moment INTEGER, trait INTEGER NOT NULL, user, client_ip, path, number INTEGER
);
CREATE VIEW rate_limit_event AS SELECT
    record,
    strftime('%Y-%m-%dT%H:%M:%S', moment / 1000000 - (moment % 1000000 < 0) + 1830297600, 'unixepoch')
        || replace(printf('.%06dZ', (moment % 1000000 + 1000000) % 1000000), '.000000', '') AS time,
    moment + 1830297600000000 AS time_us,
    source,
    level,
    status,
    CASE typeof(user) WHEN 'integer' THEN (SELECT text FROM name WHERE id = user) ELSE user END AS user,
    CASE typeof(client_ip) WHEN 'integer' THEN (SELECT text FROM name WHERE id = client_ip) ELSE client_ip END AS client_ip,
    service,
    logger,
    method,
    CASE typeof(path) WHEN 'integer'
        THEN (SELECT coalesce(text || number, text) FROM name WHERE id = path)
        ELSE path END AS path,
    template
FROM fact_rate_limit JOIN common ON id = trait;

CREATE TABLE fact_denial(
    record INTEGER PRIMARY KEY,
    moment INTEGER, trait INTEGER NOT NULL, user, client_ip, path, number INTEGER
);
CREATE VIEW denial_event AS SELECT
    record,
    strftime('%Y-%m-%dT%H:%M:%S', moment / 1000000 - (moment % 1000000 < 0) + 1830297600, 'unixepoch')
        || replace(printf('.%06dZ', (moment % 1000000 + 1000000) % 1000000), '.000000', '') AS time,
    moment + 1830297600000000 AS time_us,
    source,
    level,
    status,
    CASE typeof(user) WHEN 'integer' THEN (SELECT text FROM name WHERE id = user) ELSE user END AS user,
    CASE typeof(client_ip) WHEN 'integer' THEN (SELECT text FROM name WHERE id = client_ip) ELSE client_ip END AS client_ip,
    service,
    logger,
    method,
    CASE typeof(path) WHEN 'integer'
        THEN (SELECT coalesce(text || number, text) FROM name WHERE id = path)
        ELSE path END AS path,
    template
FROM fact_denial JOIN common ON id = trait;

CREATE TABLE fact_error(
    record INTEGER PRIMARY KEY,
    moment INTEGER, trait INTEGER NOT NULL, user, client_ip, path, number INTEGER
);
CREATE VIEW error_event AS SELECT
    record,
    strftime('%Y-%m-%dT%H:%M:%S', moment / 1000000 - (moment % 1000000 < 0) + 1830297600, 'unixepoch')
        || replace(printf('.%06dZ', (moment % 1000000 + 1000000) % 1000000), '.000000', '') AS time,
    moment + 1830297600000000 AS time_us,
    source,
    level,
    status,
    CASE typeof(user) WHEN 'integer' THEN (SELECT text FROM name WHERE id = user) ELSE user END AS user,
    CASE typeof(client_ip) WHEN 'integer' THEN (SELECT text FROM name WHERE id = client_ip) ELSE client_ip END AS client_ip,
    service,
    logger,
    method,
    CASE typeof(path) WHEN 'integer'
        THEN (SELECT coalesce(text || number, text) FROM name WHERE id = path)
        ELSE path END AS path,
    template
FROM fact_error JOIN common ON id = trait;
