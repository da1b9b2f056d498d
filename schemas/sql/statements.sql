-- Every statement winnow runs on a store, each under "-- name: NAME". store/sql.c prepares them by name, once.
-- tests/unit/test_sql.c prepares all of them and checks the plans of those marked with "-- plan: TEXT".

-- name: begin_write
BEGIN IMMEDIATE;

-- name: begin_read
BEGIN;

-- name: durability_normal
PRAGMA synchronous = NORMAL;

-- name: durability_full
PRAGMA synchronous = FULL;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- name: identity
SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
FROM pragma_application_id, pragma_user_version;

-- name: next_record
-- plan: SEARCH meta USING PRIMARY KEY (key=?)
SELECT value FROM meta WHERE key = 'next_record';

-- name: next_record_set
-- plan: SEARCH meta USING PRIMARY KEY (key=?)
UPDATE meta SET value = ?1 WHERE key = 'next_record';

-- name: store_id
-- plan: SEARCH meta USING PRIMARY KEY (key=?)
SELECT value FROM meta WHERE key = 'store_id';

-- Of a store that an older winnow made.
-- name: store_id_insert
INSERT INTO meta VALUES ('store_id', lower(hex(randomblob(16))));

-- name: templates_given
-- plan: SEARCH meta USING PRIMARY KEY (key=?)
SELECT value FROM meta WHERE key = 'templates_given';

-- name: templates_given_set
-- plan: SEARCH meta USING PRIMARY KEY (key=?)
UPDATE meta SET value = ?1 WHERE key = 'templates_given';

-- name: chain_head
-- plan: SEARCH b USING PRIMARY KEY (key=?)
-- plan: SEARCH d USING PRIMARY KEY (key=?)
SELECT b.value, d.value FROM meta b, meta d WHERE b.key = 'chain_block' AND d.key = 'chain_digest';

-- name: block_insert
INSERT INTO block(id, first_record, slots, records, unparsed, timeless, raw_bytes, time_min, time_max, codec,
                  directory, digest, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13);

-- name: block_word_insert
INSERT INTO word_bucket(id, words) VALUES ((1 << 62) + (?1 << 28) + ?2, ?3);

-- name: block_word_range
-- plan: SEARCH word_bucket USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT id >> 28 & 0x3ffffffff, id & 0xfffffff, words FROM word_bucket
WHERE id BETWEEN (1 << 62) + (?1 << 28) AND (1 << 62) + (?2 << 28) + 0xfffffff ORDER BY id;

-- name: block_word_find
-- plan: SEARCH word_bucket USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT id >> 28 & 0x3ffffffff, id & 0xfffffff, words FROM word_bucket
WHERE id BETWEEN 1 << 62 AND (1 << 62) + (?1 << 28) + ?2 ORDER BY id DESC LIMIT 1;

-- name: block_word_delete
-- plan: SEARCH word_bucket USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
DELETE FROM word_bucket WHERE id BETWEEN (1 << 62) + (?1 << 28) AND (1 << 62) + (?2 << 28) + 0xfffffff;

-- name: word_bucket_insert
INSERT INTO word_bucket(id, words) VALUES (?1 << 32 | ?2, ?3);

-- name: word_bucket_read
-- plan: SEARCH word_bucket USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT id & 0xffffffff, words FROM word_bucket WHERE id BETWEEN ?1 << 32 AND ?1 << 32 | 0xffffffff ORDER BY id;

-- name: run_insert
INSERT INTO run(source, block, first, slots, offset_from, offset_to, records, unparsed, raw_bytes, time_min, time_max)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);

-- name: chain_head_set
-- plan: SEARCH meta USING PRIMARY KEY (key=?)
UPDATE meta SET value = CASE key WHEN 'chain_block' THEN ?1 ELSE ?2 END WHERE key IN ('chain_block', 'chain_digest');

-- name: hot_insert
INSERT INTO hot(record, source, offset, time_us, flags, level, kinds, format, raw, request)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);

-- name: hot_pending
-- plan: SEARCH hot USING INDEX hot_pending (source=? AND offset>?)
SELECT record, flags, length(CAST(raw AS BLOB)) FROM hot WHERE source = ?1 AND offset >= ?2 AND flags & 8;

-- name: hot_total
-- plan: SCAN hot
SELECT count(*), coalesce(sum(length(CAST(raw AS BLOB)) + (flags & 6 = 0)), 0) FROM hot WHERE NOT flags & 8;

-- name: hot_settleable
-- plan: SCAN hot
SELECT record, source, offset, time_us, flags, level, kinds, format, raw FROM hot WHERE NOT flags & 8 ORDER BY record;

-- name: hot_settled
-- plan: SEARCH hot USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
DELETE FROM hot WHERE record BETWEEN ?1 AND ?2 AND NOT flags & 8;

-- name: hot_delete
-- plan: SEARCH hot USING INTEGER PRIMARY KEY (rowid=?)
DELETE FROM hot WHERE record = ?1;

-- name: fact_auth_delete
-- plan: SEARCH fact_auth USING INTEGER PRIMARY KEY (rowid=?)
DELETE FROM fact_auth WHERE record = ?1;

-- name: fact_rate_limit_delete
-- plan: SEARCH fact_rate_limit USING INTEGER PRIMARY KEY (rowid=?)
DELETE FROM fact_rate_limit WHERE record = ?1;

-- name: fact_denial_delete
-- plan: SEARCH fact_denial USING INTEGER PRIMARY KEY (rowid=?)
DELETE FROM fact_denial WHERE record = ?1;

-- name: fact_error_delete
-- plan: SEARCH fact_error USING INTEGER PRIMARY KEY (rowid=?)
DELETE FROM fact_error WHERE record = ?1;

-- A record has one row per table even if rules named it twice: the first one stays.

-- name: fact_auth_insert
INSERT OR IGNORE INTO fact_auth(record, moment, trait, user, client_ip, path, number, outcome)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: fact_rate_limit_insert
INSERT OR IGNORE INTO fact_rate_limit(record, moment, trait, user, client_ip, path, number)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: fact_denial_insert
INSERT OR IGNORE INTO fact_denial(record, moment, trait, user, client_ip, path, number)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: fact_error_insert
INSERT OR IGNORE INTO fact_error(record, moment, trait, user, client_ip, path, number)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: name_insert
INSERT INTO name(text) VALUES (?1);

-- name: name_latest
-- plan: SCAN name
SELECT id, text FROM name ORDER BY id DESC LIMIT ?1;

-- name: trait_insert
INSERT INTO trait(source, level, status, service, logger, method, template) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: trait_counted_set
-- plan: SEARCH trait USING INTEGER PRIMARY KEY (rowid=?)
UPDATE trait SET counted = ?2 WHERE id = ?1;

-- Errors by hour and trait, and what there ever was of a template.

-- name: error_hour_add
INSERT INTO error_hour(hour, trait, count) VALUES (?1, ?2, ?3)
ON CONFLICT(hour, trait) DO UPDATE SET count = count + excluded.count;

-- name: error_hour_drop
-- plan: SEARCH error_hour USING PRIMARY KEY (hour=? AND trait=?)
DELETE FROM error_hour WHERE hour = ?1 AND trait = ?2 AND count = 0;

-- name: error_hour_page
-- plan: SEARCH error_hour USING PRIMARY KEY ((hour,trait)>(?,?) AND hour<?)
SELECT hour, trait, count FROM error_hour WHERE (hour, trait) > (?1, ?2) AND hour <= ?3 ORDER BY hour, trait LIMIT ?4;

-- name: template_error_add
INSERT INTO template_error(template, count, first, last, first_record, last_record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT(template) DO UPDATE SET
    count = count + excluded.count,
    first = min(coalesce(first, excluded.first), coalesce(excluded.first, first)),
    last = max(coalesce(last, excluded.last), coalesce(excluded.last, last)),
    first_record = min(first_record, excluded.first_record), last_record = max(last_record, excluded.last_record);

-- name: template_error_take
-- plan: SEARCH template_error USING INTEGER PRIMARY KEY (rowid=?)
UPDATE template_error SET count = count - ?2 WHERE template = ?1;

-- name: template_error_drop
-- plan: SEARCH template_error USING INTEGER PRIMARY KEY (rowid=?)
DELETE FROM template_error WHERE template = ?1 AND count = ?2;

-- name: template_errors
-- plan: SCAN template_error
-- plan: SEARCH name USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN
SELECT template, count, first, last, first_record, last_record, text
FROM template_error LEFT JOIN name ON name.id = template;

-- name: fact_error_read
-- plan: SEARCH fact_error USING INTEGER PRIMARY KEY (rowid=?)
SELECT moment, trait FROM fact_error WHERE record = ?1;

-- Lists and counts in compressed form.

-- name: pack_read
-- plan: SEARCH pack USING INTEGER PRIMARY KEY (rowid=?)
SELECT ?2, body FROM pack WHERE id = ?1 << 40 | ?2;

-- name: pack_next
-- plan: SEARCH pack USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT id & 0xffffffffff, body FROM pack WHERE id BETWEEN ?1 << 40 | ?2 AND ?1 << 40 | 0xffffffffff ORDER BY id LIMIT 1;

-- name: pack_list
-- plan: SEARCH pack USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT id & 0xffffffffff, body FROM pack WHERE id BETWEEN ?1 << 40 | ?2 AND ?1 << 40 | ?3 ORDER BY id;

-- name: pack_last
-- plan: SEARCH pack USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT id & 0xffffffffff, body FROM pack WHERE id BETWEEN ?1 << 40 AND ?1 << 40 | 0xffffffffff ORDER BY id DESC LIMIT 1;

-- name: pack_write
INSERT INTO pack(id, body) VALUES (?1 << 40 | ?2, ?3) ON CONFLICT(id) DO UPDATE SET body = excluded.body;

-- name: pack_delete
-- plan: SEARCH pack USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
DELETE FROM pack WHERE id BETWEEN ?1 << 40 | ?2 AND ?1 << 40 | ?3;

-- name: trait_latest
-- plan: SCAN trait
SELECT id, source, level, status, service, logger, method, iif(template = 0, -1, template) FROM trait ORDER BY id DESC LIMIT ?1;

-- name: source_upsert
INSERT INTO source_file(id, name, kind, device, inode, head_size, tail_size, head_hash, tail_hash, position,
                        pending_bytes, size, modified_us, read_us, replaced, cursor, rotations, truncations, service,
                        timezone, format, lines, pending_lines)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)
ON CONFLICT(id) DO UPDATE SET
    name = excluded.name, kind = excluded.kind, device = excluded.device, inode = excluded.inode,
    head_size = excluded.head_size, tail_size = excluded.tail_size, head_hash = excluded.head_hash,
    tail_hash = excluded.tail_hash, position = excluded.position, pending_bytes = excluded.pending_bytes,
    size = excluded.size, modified_us = excluded.modified_us, read_us = excluded.read_us,
    replaced = excluded.replaced, cursor = excluded.cursor, rotations = excluded.rotations,
    truncations = excluded.truncations, service = excluded.service, timezone = excluded.timezone,
    format = excluded.format, lines = excluded.lines, pending_lines = excluded.pending_lines;

-- name: source_name
-- plan: SEARCH source_file USING INTEGER PRIMARY KEY (rowid=?)
SELECT name FROM source_file WHERE id = ?1;

-- name: gap_insert
INSERT INTO source_gap(source, offset, bytes, reason, found_us) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: source_gap_count
-- plan: SEARCH source_file USING INTEGER PRIMARY KEY (rowid=?)
UPDATE source_file SET gaps = gaps + ?2 WHERE id = ?1;

-- name: source_count
-- plan: SEARCH source_file USING INTEGER PRIMARY KEY (rowid=?)
UPDATE source_file SET
    records = records + ?2, unparsed = unparsed + ?3, raw_bytes = raw_bytes + ?4,
    time_min = min(coalesce(time_min, ?5), coalesce(?5, time_min)),
    time_max = max(coalesce(time_max, ?6), coalesce(?6, time_max))
WHERE id = ?1;

-- name: sources
-- plan: SCAN source_file
SELECT id, name, kind, device, inode, head_size, tail_size, head_hash, tail_hash, position, pending_bytes, size,
       modified_us, read_us, replaced, records, unparsed, raw_bytes, gaps, time_min, time_max, pruned_records, pruned_min,
       pruned_max, cursor, rotations, truncations, service, timezone, format, lines,
       pending_lines
FROM source_file ORDER BY id;

-- name: block_list
-- plan: SEARCH block USING COVERING INDEX block_range (first_record>?)
SELECT id, first_record, slots, timeless, time_min, time_max FROM block WHERE first_record > ?1 ORDER BY first_record;

-- name: block_some
-- plan: SEARCH block USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT id, first_record, slots, timeless, time_min, time_max FROM block WHERE id BETWEEN ?1 AND ?2 ORDER BY id;

-- name: block_read
-- plan: SEARCH block USING INTEGER PRIMARY KEY (rowid=?)
SELECT id, first_record, slots, records, codec, directory, iif(typeof(body) = 'blob', length(body), 0) FROM block
WHERE id = ?1;

-- name: block_holding
-- plan: SEARCH block USING INDEX block_range (first_record<?)
SELECT id, first_record, slots, records, codec, directory, iif(typeof(body) = 'blob', length(body), 0) FROM block
WHERE first_record <= ?1 ORDER BY first_record DESC LIMIT 1;

-- name: run_blocks
-- plan: SEARCH run USING PRIMARY KEY (source=? AND block>?)
SELECT block FROM run WHERE source = ?1 AND block >= ?2 ORDER BY block;

-- name: hot_list
-- plan: SEARCH hot USING INTEGER PRIMARY KEY (rowid>?)
SELECT record, source, offset, time_us, flags, level, kinds, format, raw FROM hot WHERE record > ?1 ORDER BY record;

-- name: hot_read
-- plan: SEARCH hot USING INTEGER PRIMARY KEY (rowid=?)
SELECT record, source, offset, time_us, flags, level, kinds, format, raw FROM hot WHERE record = ?1;

-- name: hot_requests
-- plan: SCAN hot USING INDEX hot_pending
SELECT time_us, request FROM hot WHERE flags & 8 AND request IS NOT NULL;

-- name: hot_pending_numbers
-- plan: SCAN hot USING INDEX hot_pending
-- plan: USE TEMP B-TREE FOR ORDER BY
SELECT record FROM hot WHERE flags & 8 ORDER BY +record;

-- Facts in pages, so that no read lasts: record > ?1 and < ?2, ?3 <= moment < ?4 (NULL = open), at most ?5 rows. ?6 is the
-- outcome wanted, or NULL.

-- The numbers that records of a time can have. Facts are not in order of time, but most blocks are of a short one.
-- name: fact_range
-- plan: SCAN block USING COVERING INDEX block_range
-- plan: SCAN hot
-- plan: SCAN (subquery-2)
SELECT min(first), max(behind) FROM (
    SELECT min(first_record) AS first, max(first_record + slots) AS behind FROM block WHERE time_max >= ?1 AND time_min < ?2
    UNION ALL SELECT min(record), max(record) + 1 FROM hot WHERE time_us >= ?1 AND time_us < ?2);

-- name: fact_counts
-- plan: SCAN CONSTANT ROW
-- plan: SEARCH fact_auth USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
-- plan: SEARCH fact_auth USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
-- plan: SEARCH fact_rate_limit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
-- plan: SEARCH fact_denial USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
-- plan: SEARCH fact_error USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT
    (SELECT count(*) FROM fact_auth WHERE record > ?1 AND record < ?2 AND moment >= ?3 AND moment < ?4 AND outcome <> 1),
    (SELECT count(*) FROM fact_auth WHERE record > ?1 AND record < ?2 AND moment >= ?3 AND moment < ?4 AND outcome = 1),
    (SELECT count(*) FROM fact_rate_limit WHERE record > ?1 AND record < ?2 AND moment >= ?3 AND moment < ?4),
    (SELECT count(*) FROM fact_denial WHERE record > ?1 AND record < ?2 AND moment >= ?3 AND moment < ?4),
    (SELECT count(*) FROM fact_error WHERE record > ?1 AND record < ?2 AND moment >= ?3 AND moment < ?4);

-- name: fact_auth_page
-- plan: SEARCH fact_auth USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT record, moment, trait, user, client_ip, path, number, outcome
FROM fact_auth
WHERE record > ?1 AND record < ?2 AND (?3 IS NULL OR moment >= ?3) AND (?4 IS NULL OR moment < ?4)
  AND (?6 IS NULL OR outcome = ?6)
ORDER BY record LIMIT ?5;

-- name: fact_rate_limit_page
-- plan: SEARCH fact_rate_limit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT record, moment, trait, user, client_ip, path, number, NULL
FROM fact_rate_limit
WHERE record > ?1 AND record < ?2 AND (?3 IS NULL OR moment >= ?3) AND (?4 IS NULL OR moment < ?4)
  AND ?6 IS NULL
ORDER BY record LIMIT ?5;

-- name: fact_denial_page
-- plan: SEARCH fact_denial USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT record, moment, trait, user, client_ip, path, number, NULL
FROM fact_denial
WHERE record > ?1 AND record < ?2 AND (?3 IS NULL OR moment >= ?3) AND (?4 IS NULL OR moment < ?4)
  AND ?6 IS NULL
ORDER BY record LIMIT ?5;

-- name: fact_error_page
-- plan: SEARCH fact_error USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT record, moment, trait, user, client_ip, path, number, NULL
FROM fact_error
WHERE record > ?1 AND record < ?2 AND (?3 IS NULL OR moment >= ?3) AND (?4 IS NULL OR moment < ?4)
  AND ?6 IS NULL
ORDER BY record LIMIT ?5;

-- name: name_read
-- plan: SEARCH name USING INTEGER PRIMARY KEY (rowid=?)
SELECT text FROM name WHERE id = ?1;

-- name: trait_read
-- plan: SEARCH trait USING INTEGER PRIMARY KEY (rowid=?)
SELECT source, level, status, service, logger, method, template, counted FROM trait WHERE id = ?1;

-- What outputs have delivered. The tables may not be there (outputs.sql).

-- name: output_exists
-- plan: SCAN sqlite_schema
SELECT count(*) FROM sqlite_schema WHERE name IN ('output_state', 'output_ahead', 'output');

-- name: output_list
-- plan: SCAN output_state
SELECT name, kind, target, state, error, position, delivered, missed, error_us, caught_up_us, updated_us, active
FROM output_state ORDER BY name;

-- name: output_upsert
INSERT INTO output_state(name, kind, target, state, error, position, delivered, missed, error_us, caught_up_us, updated_us, active)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
ON CONFLICT(name) DO UPDATE SET
    kind = excluded.kind, target = excluded.target, state = excluded.state, error = excluded.error,
    position = excluded.position, delivered = excluded.delivered, missed = excluded.missed,
    error_us = excluded.error_us, caught_up_us = excluded.caught_up_us, updated_us = excluded.updated_us,
    active = excluded.active;

-- name: output_aheads
-- plan: SEARCH output_ahead USING PRIMARY KEY (output=?)
SELECT source, record, offset, size, hash, key FROM output_ahead WHERE output = ?1 ORDER BY source;

-- name: output_ahead_upsert
INSERT INTO output_ahead(output, source, record, offset, size, hash, key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT(output, source) DO UPDATE SET
    record = excluded.record, offset = excluded.offset, size = excluded.size, hash = excluded.hash, key = excluded.key;

-- name: output_ahead_delete
-- plan: SEARCH output_ahead USING PRIMARY KEY (output=? AND source=?)
DELETE FROM output_ahead WHERE output = ?1 AND source = ?2;

-- Of records behind ?1: those of blocks that begin behind it, and hot rows that are not pending.
-- name: lag
-- plan: SEARCH block USING INDEX block_range (first_record>?)
-- plan: SEARCH hot USING INTEGER PRIMARY KEY (rowid>?)
-- plan: SCAN (subquery-2)
SELECT coalesce(sum(n), 0), coalesce(sum(bytes), 0) FROM (
    SELECT records AS n, raw_bytes AS bytes FROM block WHERE first_record > ?1
    UNION ALL SELECT 1, length(CAST(raw AS BLOB)) + (flags & 6 = 0) FROM hot WHERE record > ?1 AND NOT flags & 8);

-- The last block that begins at or before a record.
-- name: lag_block
-- plan: SEARCH block USING COVERING INDEX block_range (first_record<?)
SELECT id, first_record, slots FROM block WHERE first_record <= ?1 ORDER BY first_record DESC LIMIT 1;

-- name: summary_sources
-- plan: SCAN source_file
SELECT coalesce(sum(records), 0), coalesce(sum(unparsed), 0), coalesce(sum(raw_bytes), 0), min(time_min), max(time_max)
FROM source_file;

-- name: summary_blocks
-- plan: SCAN block USING COVERING INDEX block_range
SELECT count(*) FROM block;

-- Integrity: what verify reads, each in a short read of its own.

-- name: pruned_list
-- plan: SCAN pruned
SELECT last_block, first_block, digest, pruned_us FROM pruned ORDER BY last_block;

-- name: pruned_holding
-- plan: SEARCH pruned USING INTEGER PRIMARY KEY (rowid>?)
SELECT first_block FROM pruned WHERE last_block >= ?1 ORDER BY last_block LIMIT 1;

-- name: gap_list
-- plan: SCAN source_gap
-- plan: USE TEMP B-TREE FOR ORDER BY
SELECT source, offset, reason FROM source_gap ORDER BY source, offset;

-- name: pruned_runs
-- plan: SCAN pruned_run
SELECT source, offset_from, offset_to FROM pruned_run ORDER BY source, offset_from;

-- name: run_list
-- plan: SCAN run
SELECT source, block, first, slots, offset_from, offset_to, records, unparsed, raw_bytes, time_min, time_max
FROM run ORDER BY source, block, first;

-- name: block_pruned
-- plan: SCAN p
-- plan: SEARCH b USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT b.id FROM pruned p CROSS JOIN block b WHERE b.id BETWEEN p.first_block AND p.last_block LIMIT 1;

-- name: block_before
-- plan: SEARCH block USING INTEGER PRIMARY KEY (rowid<?)
SELECT id FROM block WHERE id < ?1 LIMIT 1;

-- name: block_after
-- plan: SEARCH block USING INTEGER PRIMARY KEY (rowid>?)
SELECT id FROM block WHERE id > ?1 ORDER BY id LIMIT 1;

-- name: block_verify
-- plan: SEARCH block USING INTEGER PRIMARY KEY (rowid=?)
SELECT id, first_record, slots, records, unparsed, timeless, raw_bytes, time_min, time_max, codec, directory, body, digest
FROM block WHERE id = ?1;

-- The index holds copies of a row's columns; this finds the row by the copies.
-- name: block_indexed
-- plan: SEARCH block USING COVERING INDEX block_range (first_record=? AND slots=? AND timeless=? AND time_min=? AND time_max=?)
SELECT id FROM block INDEXED BY block_range
WHERE first_record = ?1 AND slots = ?2 AND timeless = ?3 AND time_min IS ?4 AND time_max IS ?5;

-- The table of blocks is left out: verify reads every row of it anyway, one at a time.
-- name: check_tables
-- plan: SCAN sqlite_schema
-- plan: USE TEMP B-TREE FOR ORDER BY
SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'block' ORDER BY name;

-- name: check_quick
SELECT quick_check FROM pragma_quick_check(?1);

-- name: check_deep
SELECT integrity_check FROM pragma_integrity_check(?1);

-- name: error_hour_wrong
-- plan: SCAN f
-- plan: SCAN error_hour
-- plan: SCAN (subquery-3)
SELECT hour, trait, sum(n)
FROM (SELECT coalesce(moment / 3600000000 - (moment % 3600000000 < 0), -4000000000) AS hour,
             coalesce((SELECT counted FROM trait WHERE id = f.trait), f.trait) AS trait, count(*) AS n
      FROM fact_error f GROUP BY 1, 2
      UNION ALL SELECT hour, trait, -count FROM error_hour)
GROUP BY 1, 2 HAVING sum(n) <> 0 LIMIT 1;

-- name: word_bucket_of
-- plan: SEARCH word_bucket USING INTEGER PRIMARY KEY (rowid=?)
SELECT words FROM word_bucket WHERE id = ?1 << 32 | ?2;

-- Retention: whole blocks go, with everything that points at them.

-- name: sweep_auth
-- plan: SCAN fact_auth
SELECT trait, user, client_ip, path FROM fact_auth;

-- name: sweep_rate_limit
-- plan: SCAN fact_rate_limit
SELECT trait, user, client_ip, path FROM fact_rate_limit;

-- name: sweep_denial
-- plan: SCAN fact_denial
SELECT trait, user, client_ip, path FROM fact_denial;

-- name: sweep_error
-- plan: SCAN fact_error
SELECT trait, user, client_ip, path FROM fact_error;

-- name: sweep_counted
-- plan: SCAN trait
SELECT id, counted FROM trait WHERE counted IS NOT NULL;

-- name: sweep_template_error
-- plan: SCAN template_error
SELECT template FROM template_error;

-- name: sweep_trait
-- plan: SCAN trait
SELECT id, service, logger, method, template FROM trait;

-- name: trait_ids
-- plan: SEARCH trait USING INTEGER PRIMARY KEY (rowid>?)
SELECT id FROM trait WHERE id > ?1 ORDER BY id;

-- name: trait_delete
-- plan: SEARCH trait USING INTEGER PRIMARY KEY (rowid=?)
DELETE FROM trait WHERE id = ?1;

-- name: name_ids
-- plan: SEARCH name USING INTEGER PRIMARY KEY (rowid>?)
SELECT id FROM name WHERE id > ?1 ORDER BY id;

-- name: name_delete
-- plan: SEARCH name USING INTEGER PRIMARY KEY (rowid=?)
DELETE FROM name WHERE id = ?1;

-- name: prune_read
-- plan: SEARCH block USING INTEGER PRIMARY KEY (rowid=?)
SELECT digest, first_record, slots, records, timeless, raw_bytes, time_min, time_max, length(directory) + length(body)
FROM block WHERE id = ?1;

-- name: prune_block
-- plan: SEARCH block USING INTEGER PRIMARY KEY (rowid=?)
DELETE FROM block WHERE id = ?1;

-- name: prune_runs
-- plan: SEARCH run USING INDEX run_block (block=?)
SELECT source, offset_from, offset_to, records, unparsed, raw_bytes, time_min, time_max FROM run WHERE block = ?1
ORDER BY source, first;

-- name: prune_run
-- plan: SEARCH run USING COVERING INDEX run_block (block=?)
DELETE FROM run WHERE block = ?1;

-- name: prune_source
-- plan: SEARCH source_file USING INTEGER PRIMARY KEY (rowid=?)
UPDATE source_file SET
    records = records - ?2, unparsed = unparsed - ?3, raw_bytes = raw_bytes - ?4, pruned_records = pruned_records + ?2,
    pruned_min = min(coalesce(pruned_min, ?5), coalesce(?5, pruned_min)),
    pruned_max = max(coalesce(pruned_max, ?6), coalesce(?6, pruned_max))
WHERE id = ?1;

-- ?2 and ?3: the times of its hot rows.
-- name: prune_source_times
-- plan: SEARCH source_file USING INTEGER PRIMARY KEY (rowid=?)
UPDATE source_file SET
    time_min = (SELECT min(coalesce(min(time_min), ?2), coalesce(?2, min(time_min))) FROM run WHERE source = ?1),
    time_max = (SELECT max(coalesce(max(time_max), ?3), coalesce(?3, max(time_max))) FROM run WHERE source = ?1)
WHERE id = ?1;

-- name: hot_times
-- plan: SCAN hot
-- plan: USE TEMP B-TREE FOR GROUP BY
SELECT source, min(time_us), max(time_us) FROM hot GROUP BY source;

-- name: pruned_run_extend
-- plan: SEARCH pruned_run USING PRIMARY KEY (source=?)
UPDATE pruned_run SET offset_to = ?3 WHERE source = ?1 AND offset_to = ?2;

-- name: pruned_run_insert
INSERT INTO pruned_run(source, offset_from, offset_to) VALUES (?1, ?2, ?3);

-- ?1 .. ?2: the record numbers of a block. What unterminated ends have stays, as they do.

-- name: prune_errors
-- plan: SEARCH fact_error USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
-- plan: USING ROWID SEARCH ON TABLE hot FOR IN-OPERATOR
SELECT moment, trait FROM fact_error WHERE record BETWEEN ?1 AND ?2 AND record NOT IN (SELECT record FROM hot);

-- name: prune_fact_auth
-- plan: SEARCH fact_auth USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
-- plan: USING ROWID SEARCH ON TABLE hot FOR IN-OPERATOR
DELETE FROM fact_auth WHERE record BETWEEN ?1 AND ?2 AND record NOT IN (SELECT record FROM hot);

-- name: prune_fact_rate_limit
-- plan: SEARCH fact_rate_limit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
-- plan: USING ROWID SEARCH ON TABLE hot FOR IN-OPERATOR
DELETE FROM fact_rate_limit WHERE record BETWEEN ?1 AND ?2 AND record NOT IN (SELECT record FROM hot);

-- name: prune_fact_denial
-- plan: SEARCH fact_denial USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
-- plan: USING ROWID SEARCH ON TABLE hot FOR IN-OPERATOR
DELETE FROM fact_denial WHERE record BETWEEN ?1 AND ?2 AND record NOT IN (SELECT record FROM hot);

-- name: prune_fact_error
-- plan: SEARCH fact_error USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
-- plan: USING ROWID SEARCH ON TABLE hot FOR IN-OPERATOR
DELETE FROM fact_error WHERE record BETWEEN ?1 AND ?2 AND record NOT IN (SELECT record FROM hot);

-- name: oldest
-- plan: SCAN block USING COVERING INDEX block_range
-- plan: SCAN hot
-- plan: SCAN (subquery-2)
SELECT min(t), sum(n) FROM (SELECT min(time_min) AS t, count(*) AS n FROM block
                            UNION ALL SELECT min(time_us), count(*) FROM hot);

-- name: prune_bucket
-- plan: SEARCH word_bucket USING INTEGER PRIMARY KEY (rowid=?)
DELETE FROM word_bucket WHERE id = ?1 << 32 | ?2;

-- name: block_between
-- plan: SEARCH block USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
SELECT id FROM block WHERE id BETWEEN ?1 AND ?2 LIMIT 1;

-- name: pruned_extend
-- plan: SEARCH pruned USING INTEGER PRIMARY KEY (rowid=?)
UPDATE pruned SET last_block = ?2, digest = ?3, records = records + ?5, timeless = timeless + ?6,
    raw_bytes = raw_bytes + ?7, time_min = min(coalesce(time_min, ?8), coalesce(?8, time_min)),
    time_max = max(coalesce(time_max, ?9), coalesce(?9, time_max))
WHERE last_block = ?1 - 1 AND pruned_us = ?4;

-- name: pruned_insert
INSERT INTO pruned(first_block, last_block, digest, pruned_us, records, timeless, raw_bytes, time_min, time_max)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: pages
SELECT page_count - freelist_count, page_size
FROM pragma_page_count, pragma_freelist_count, pragma_page_size;

-- Of a new file, before anything is written. Every table takes a page at least: 1024 makes a small store 20 KB smaller than 2048. A
-- row of word_bucket still fits in one.
-- name: pages_small
PRAGMA page_size = 1024;

-- A large store is written in 7 % less processor time: each page takes three calls.
-- name: pages_large
PRAGMA page_size = 4096;

-- name: page_size
SELECT page_size FROM pragma_page_size;
