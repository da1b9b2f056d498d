#include "analyze/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

bool number_is(struct str text)
{
    double value;
    return text.size > 0 && str_to_double(text, &value);
}

/* The digits of an integer without sign and leading zeros; false when it is no integer. */
static bool integer_digits(struct str text, struct str *ret_digits, bool *ret_negative)
{
    *ret_negative = text.size > 0 && text.data[0] == '-';
    size_t from = *ret_negative ? 1 : 0;
    for (size_t i = from; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    while (from < text.size && text.data[from] == '0')
        from++;
    *ret_digits = str_slice(text, from, text.size);
    *ret_negative = *ret_negative && ret_digits->size > 0;
    return true;
}

int number_compare(struct str a, struct str b)
{
    struct str digits_a, digits_b;
    bool negative_a, negative_b;
    if (integer_digits(a, &digits_a, &negative_a) && integer_digits(b, &digits_b, &negative_b)) {
        if (negative_a != negative_b)
            return negative_a ? -1 : 1;
        int order =
            digits_a.size != digits_b.size ? (digits_a.size > digits_b.size ? 1 : -1) : str_compare(digits_a, digits_b);
        return negative_a ? -order : order;
    }
    double value_a = 0, value_b = 0;
    bool read = str_to_double(a, &value_a) && str_to_double(b, &value_b);
    must(read);
    return (value_a > value_b) - (value_a < value_b);
}

/* A decimal of at most 15 digits that reads back as the value is the shortest one, and what printf would find. 0: there is none. */
static size_t print_decimal(double value, char text[NUMBER_TEXT_MAX])
{
    static const double powers[] = {1, 10, 100, 1000};
    for (int decimals = 0; value >= 1e-3 && value < 1e11 && decimals <= 3; decimals++) {
        int64_t digits = (int64_t)(value * powers[decimals] + 0.5);
        double back = (double)digits / powers[decimals];
        if (back < value || back > value)
            continue;
        char reverse[NUMBER_TEXT_MAX];
        size_t size = 0;
        for (int i = 0; i < decimals; i++, digits /= 10)
            reverse[size++] = (char)('0' + digits % 10);
        if (decimals > 0)
            reverse[size++] = '.';
        do
            reverse[size++] = (char)('0' + digits % 10);
        while ((digits /= 10) > 0);
        for (size_t i = 0; i < size; i++)
            text[i] = reverse[size - 1 - i];
        text[size] = '\0';
        return size;
    }
    return 0;
}

size_t number_print(double value, char text[NUMBER_TEXT_MAX])
{
    size_t size = print_decimal(value, text);
    return size > 0 ? size : (size_t)snprintf(text, NUMBER_TEXT_MAX, "%.15g", value);
}

void number_add(struct buf *out, double value)
{
    char text[NUMBER_TEXT_MAX];
    size_t size = print_decimal(value, text);
    for (int precision = 1; size == 0 && precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, value);
        if (strstr(text, "e+") && value > -1e15 && value < 1e15)
            continue; /* 1.5e+03: more digits make it 1500 */
        double back = strtod(text, NULL);
        if (!(back < value) && !(back > value))
            break;
    }
    buf_add_text(out, text);
}
