-- Run on the writer's connection. page_size counts only for a new file.
-- With blobs of half a megabyte 4096, 8192 and 16384 differ by less than the noise in speed, and by 1 % in size each.
PRAGMA page_size = 8192;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA journal_size_limit = 67108864;
PRAGMA foreign_keys = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -16384;
