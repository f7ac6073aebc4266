/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers with units. Stricter than fio, which takes the 1 of 1.5k and drops the rest. */
#include "value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct piece piece_of(const char *text)
{
    return (struct piece){text, strlen(text)};
}

bool piece_is(struct piece piece, const char *text)
{
    return piece.len == strlen(text) && memcmp(piece.at, text, piece.len) == 0;
}

bool piece_split(struct piece whole, char separator, struct piece *before, struct piece *after)
{
    const char *found = whole.len > 0 ? memchr(whole.at, separator, whole.len) : NULL;

    if (found == NULL) {
        *before = whole;
        *after = (struct piece){whole.at + whole.len, 0};
        return false;
    }
    *before = (struct piece){whole.at, (size_t)(found - whole.at)};
    *after = (struct piece){found + 1, whole.len - before->len - 1};
    return true;
}

bool piece_next(struct piece *rest, char separator, struct piece *piece)
{
    struct piece after;

    if (rest->at == NULL)
        return false;
    if (!piece_split(*rest, separator, piece, &after))
        after.at = NULL;
    *rest = after;
    return true;
}

static int digit_of(char c, unsigned base)
{
    int digit = -1;

    if (c >= '0' && c <= '9')
        digit = c - '0';
    else if (base == 16 && isxdigit((unsigned char)c))
        digit = tolower((unsigned char)c) - 'a' + 10;
    return digit;
}

/* The number at the begin of a piece, which moves on to what follows it. */
static int take_number(struct piece *piece, uint64_t *number)
{
    unsigned base = 10;
    size_t digits = 0;
    uint64_t sum = 0;

    if (piece->len > 2 && piece->at[0] == '0' && (piece->at[1] | 32) == 'x') {
        base = 16;
        piece->at += 2;
        piece->len -= 2;
    }
    for (; piece->len > 0; piece->at++, piece->len--, digits++) {
        int digit = digit_of(*piece->at, base);

        if (digit < 0)
            break;
        if (__builtin_mul_overflow(sum, base, &sum) ||
            __builtin_add_overflow(sum, (unsigned)digit, &sum))
            return -ERANGE;
    }
    *number = sum;
    return digits > 0 ? 0 : -EINVAL;
}

static int scale(uint64_t *number, uint64_t factor)
{
    return __builtin_mul_overflow(*number, factor, number) ? -ERANGE : 0;
}

/* In fio the i of kib turns the base round, but that of ki does not. */
static int take_size_unit(struct piece unit, unsigned kb_base, uint64_t *factor)
{
    static const char letters[] = "kmgtp";
    uint64_t base = kb_base;
    const char *letter;

    *factor = 1;
    if (unit.len == 0 || (unit.len == 1 && (*unit.at | 32) == 'b'))
        return 0;
    letter = strchr(letters, tolower((unsigned char)*unit.at));
    if (letter == NULL || *letter == '\0')
        return -EINVAL;
    if (unit.len == 3 && strncasecmp(unit.at + 1, "ib", 2) == 0)
        base = kb_base == 1000 ? 1024 : 1000;
    else if (unit.len == 2 && (unit.at[1] | 32) != 'b' && (unit.at[1] | 32) != 'i')
        return -EINVAL;
    else if (unit.len > 2)
        return -EINVAL;
    for (const char *power = letters; power <= letter; power++)
        *factor *= base;
    return 0;
}

int value_size(struct piece piece, unsigned kb_base, uint64_t *bytes)
{
    uint64_t number, factor;
    int r = take_number(&piece, &number);

    if (r == 0)
        r = take_size_unit(piece, kb_base, &factor);
    if (r == 0)
        r = scale(&number, factor);
    if (r == 0)
        *bytes = number;
    return r;
}

int value_signed_size(struct piece piece, unsigned kb_base, int64_t *bytes)
{
    bool negative = piece.len > 0 && *piece.at == '-';
    uint64_t number;
    int r;

    if (negative) {
        piece.at++;
        piece.len--;
    }
    r = value_size(piece, kb_base, &number);
    if (r < 0)
        return r;
    if (number > INT64_MAX)
        return -ERANGE;
    *bytes = negative ? -(int64_t)number : (int64_t)number;
    return 0;
}

int value_time(struct piece piece, uint64_t bare_ns, uint64_t *ns)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {
        {"d", 86400000000000u},
        {"h", 3600000000000u},
        {"m", 60000000000u},
        {"s", 1000000000u},
        {"sec", 1000000000u},
        {"ms", 1000000u},
        {"msec", 1000000u},
        {"us", 1000u},
        {"usec", 1000u},
        {"ns", 1},
        {"nsec", 1},
    };
    uint64_t number;
    int r = take_number(&piece, &number);

    if (r < 0)
        return r;
    if (piece.len == 0) {
        r = bare_ns > 0 ? scale(&number, bare_ns) : -EINVAL;
        *ns = number;
        return r;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (piece.len == strlen(units[i].name) &&
            strncasecmp(piece.at, units[i].name, piece.len) == 0) {
            r = scale(&number, units[i].ns);
            *ns = number;
            return r;
        }
    return -EINVAL;
}

/* Not strtod: its point depends on the locale, and it takes "nan" and "1e9". */
int value_decimal(struct piece piece, double *value)
{
    double sum = 0, weight = 1;
    size_t digits = 0, points = 0;

    if (piece.len > 40)
        return -ERANGE;
    for (size_t i = 0; i < piece.len; i++) {
        if (piece.at[i] == '.' && ++points == 1)
            continue;
        if (!isdigit((unsigned char)piece.at[i]))
            return -EINVAL;
        digits++;
        sum = sum * 10 + (piece.at[i] - '0');
        if (points > 0)
            weight *= 10;
    }
    *value = sum / weight;
    return digits > 0 ? 0 : -EINVAL;
}

int value_errno(struct piece piece, int *number)
{
    enum { LARGEST_ERRNO = 4095 };
    uint64_t given;

    if (piece.len > 0 && isdigit((unsigned char)*piece.at)) {
        if (value_size(piece, 1024, &given) < 0 || given == 0 || given > LARGEST_ERRNO)
            return -EINVAL;
        *number = (int)given;
        return 0;
    }
    for (int candidate = 1; candidate <= 200; candidate++) {
        const char *name = strerrorname_np(candidate);

        if (name != NULL && piece_is(piece, name)) {
            *number = candidate;
            return 0;
        }
    }
    return -EINVAL;
}
