-- Run on a reader's connection.
PRAGMA query_only = ON;
PRAGMA temp_store = MEMORY;
-- Bodies of blocks pass through it and are not asked for again.
PRAGMA cache_size = -64;
