-- Run on a reader's connection.
PRAGMA query_only = ON;
PRAGMA mmap_size = 268435456;
PRAGMA temp_store = MEMORY;
