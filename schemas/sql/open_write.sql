-- Run on the writer's connection. page_size counts only for a new file.
-- 8192: measured against 4096 and 16384 for blobs of half a megabyte.
PRAGMA page_size = 8192;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA journal_size_limit = 67108864;
PRAGMA foreign_keys = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -16384;
