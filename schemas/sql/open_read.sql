-- Run on a reader's connection.
PRAGMA query_only = ON;
PRAGMA temp_store = MEMORY;
