-- What is known of outputs. Made when the first one is: a store without outputs has none of this, and readers take that for empty.

-- position: all records numbered up to it were delivered or are not wanted.
CREATE TABLE output_state(
    name NOT NULL PRIMARY KEY,
    kind NOT NULL,
    target NOT NULL,
    state NOT NULL,
    error,                          -- NULL: none
    position INTEGER NOT NULL,
    delivered INTEGER NOT NULL,     -- records, ever
    missed INTEGER NOT NULL,        -- records that were pruned before they were delivered
    error_us INTEGER,
    caught_up_us INTEGER,           -- when it last had nothing left to deliver
    updated_us INTEGER,
    active INTEGER NOT NULL         -- 1: configured in the latest run
) WITHOUT ROWID;

-- Pending records that were delivered: the last one of each source.
CREATE TABLE output_ahead(
    output NOT NULL,
    source INTEGER NOT NULL,
    record INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    size INTEGER NOT NULL,
    hash INTEGER NOT NULL,          -- of its bytes; 64 bits kept as signed
    key,                            -- it was sent with; NULL: none
    PRIMARY KEY (output, source)
) WITHOUT ROWID;

CREATE VIEW output AS SELECT
    name,
    kind,
    target,
    position,
    delivered,
    missed,
    CASE WHEN active THEN state ELSE 'removed' END AS state,
    error,
    strftime('%Y-%m-%dT%H:%M:%S', error_us / 1000000 - (error_us % 1000000 < 0), 'unixepoch')
        || replace(printf('.%06dZ', (error_us % 1000000 + 1000000) % 1000000), '.000000', '') AS error_time,
    error_us,
    strftime('%Y-%m-%dT%H:%M:%S', caught_up_us / 1000000 - (caught_up_us % 1000000 < 0), 'unixepoch')
        || replace(printf('.%06dZ', (caught_up_us % 1000000 + 1000000) % 1000000), '.000000', '') AS caught_up,
    caught_up_us,
    strftime('%Y-%m-%dT%H:%M:%S', updated_us / 1000000 - (updated_us % 1000000 < 0), 'unixepoch')
        || replace(printf('.%06dZ', (updated_us % 1000000 + 1000000) % 1000000), '.000000', '') AS updated,
    updated_us
FROM output_state;
