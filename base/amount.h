/* Numbers for people. Any thread. */
#ifndef WINNOW_BASE_AMOUNT_H
#define WINNOW_BASE_AMOUNT_H

#include <stdint.h>

/* 1234567 as "1,234,567"; returns text. */
enum { AMOUNT_TEXT_MAX = 28 };
const char *amount_number(uint64_t number, char text[AMOUNT_TEXT_MAX]);
/* Bytes as "512 bytes", "1.2 kB", "100.0 MB", "3.4 GB"; returns text. */
const char *amount_size(double bytes, char text[AMOUNT_TEXT_MAX]);

#endif
