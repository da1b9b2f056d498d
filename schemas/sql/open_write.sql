-- Run on the writer's connection. page_size counts only for a new file.
-- Every table takes a page at least: 2048 makes a small store 20 to 35 KB smaller than 4096, and costs a large one nothing in
-- size and 2 % of the time to fill it. At 1024 the rows of word_bucket no longer fit into their pages.
PRAGMA page_size = 2048;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA journal_size_limit = 67108864;
PRAGMA foreign_keys = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -16384;
