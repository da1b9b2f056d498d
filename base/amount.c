#include "base/amount.h"

#include <stddef.h>
#include <stdio.h>

const char *amount_number(uint64_t number, char text[AMOUNT_TEXT_MAX])
{
    char digits[AMOUNT_TEXT_MAX];
    int count = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

const char *amount_size(double bytes, char text[AMOUNT_TEXT_MAX])
{
    if (bytes < 1e3)
        snprintf(text, AMOUNT_TEXT_MAX, "%.0f bytes", bytes);
    else if (bytes < 1e6)
        snprintf(text, AMOUNT_TEXT_MAX, "%.1f kB", bytes / 1e3);
    else if (bytes < 1e9)
        snprintf(text, AMOUNT_TEXT_MAX, "%.1f MB", bytes / 1e6);
    else
        snprintf(text, AMOUNT_TEXT_MAX, "%.2f GB", bytes / 1e9);
    return text;
}
