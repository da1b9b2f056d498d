-- Run on the writer's connection. page_size counts only for a new file.
-- Every table takes a page at least: 2048 makes a small store 30 to 50 KB smaller than 4096, costs a large one nothing that can
-- be measured, and still holds a row of word_bucket whole.
PRAGMA page_size = 2048;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA journal_size_limit = 67108864;
PRAGMA foreign_keys = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA secure_delete = ON;
PRAGMA cache_size = -16384;
