-- Run on the writer's connection. page_size counts only for a new file.
-- Every table takes a page at least: 1024 makes a small store 20 KB smaller than 2048, and a large one less than 1 %
-- larger. A row of word_bucket still fits in one.
PRAGMA page_size = 1024;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA journal_size_limit = 67108864;
PRAGMA foreign_keys = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA secure_delete = ON;
PRAGMA cache_size = -16384;
