-- Run on the writer's connection. page_size counts only for a new file.
-- Every table takes a page at least, so small pages make small stores smaller; but a row of word_bucket that is longer than a
-- quarter of its page takes pages of its own: with 2048 that begins at 489 bytes, with 4096 at 1003.
PRAGMA page_size = 4096;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA journal_size_limit = 67108864;
PRAGMA foreign_keys = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -16384;
