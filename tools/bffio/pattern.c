/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of verify_pattern and buffer_pattern: strings in quotes, hexadecimal numbers in the
 * order they are written, decimal ones with the lowest byte first, and for %o eight zeroes whose
 * place is noted. */
#include "value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PATTERN_BYTES = 65536, OFFSET_BYTES = 8 };

static void take(struct piece *text, size_t len)
{
    text->at += len;
    text->len -= len;
}

static int take_string(struct piece *text, struct pattern *out)
{
    const char *end = memchr(text->at + 1, '"', text->len - 1);
    size_t len;

    if (end == NULL)
        return -EINVAL;
    len = (size_t)(end - text->at) - 1;
    memcpy(out->bytes + out->len, text->at + 1, len);
    out->len += len;
    take(text, len + 2);
    return 0;
}

static unsigned nibble(char c)
{
    return isdigit((unsigned char)c) ? (unsigned)(c - '0')
                                     : (unsigned)(tolower((unsigned char)c) - 'a' + 10);
}

/* With an odd number of digits the first one is a byte of its own. */
static int take_hex(struct piece *text, struct pattern *out)
{
    size_t digits = 0;

    take(text, 2);
    while (digits < text->len && isxdigit((unsigned char)text->at[digits]))
        digits++;
    if (digits == 0)
        return -EINVAL;
    if (digits % 2 == 1) {
        out->bytes[out->len++] = (unsigned char)nibble(text->at[0]);
        take(text, 1);
        digits--;
    }
    for (; digits > 0; digits -= 2) {
        out->bytes[out->len++] = (unsigned char)(nibble(text->at[0]) << 4 | nibble(text->at[1]));
        take(text, 2);
    }
    return 0;
}

static int take_decimal(struct piece *text, struct pattern *out)
{
    bool negative = *text->at == '-';
    int64_t number = 0;
    uint32_t left;
    size_t digits = 0;

    if (negative)
        take(text, 1);
    for (; text->len > 0 && isdigit((unsigned char)*text->at); digits++) {
        number = number * 10 + (*text->at - '0');
        if (number > INT32_MAX)
            return -ERANGE;
        take(text, 1);
    }
    if (digits == 0)
        return -EINVAL;
    left = (uint32_t)(negative ? -number : number);
    do {
        out->bytes[out->len++] = (unsigned char)(left & 0xff);
        left >>= 8;
    } while (left > 0);
    return 0;
}

static int take_offset(struct piece *text, struct pattern *out)
{
    size_t *grown;

    if (text->len < 2 || text->at[1] != 'o')
        return -EINVAL;
    grown = reallocarray(out->offsets, out->n_offsets + 1, sizeof(*grown));
    if (grown == NULL)
        return -ENOMEM;
    out->offsets = grown;
    out->offsets[out->n_offsets++] = out->len;
    memset(out->bytes + out->len, 0, OFFSET_BYTES);
    out->len += OFFSET_BYTES;
    take(text, 2);
    return 0;
}

static int take_token(struct piece *text, struct pattern *out)
{
    if (*text->at == '"')
        return take_string(text, out);
    if (*text->at == '%')
        return take_offset(text, out);
    if (text->len > 2 && text->at[0] == '0' && (text->at[1] | 32) == 'x')
        return take_hex(text, out);
    return take_decimal(text, out);
}

int value_pattern(struct piece piece, struct pattern *pattern)
{
    struct pattern out = {NULL, 0, NULL, 0};
    int r = piece.len > 0 ? 0 : -EINVAL;

    if (piece.len > MAX_PATTERN_BYTES)
        return -ERANGE;
    /* No token makes more than four bytes of each of its characters. */
    out.bytes = malloc(4 * piece.len + 1);
    if (out.bytes == NULL)
        return -ENOMEM;
    while (r == 0 && piece.len > 0)
        r = take_token(&piece, &out);
    if (r == 0 && out.len == 0)
        r = -EINVAL;
    if (r < 0) {
        free(out.bytes);
        free(out.offsets);
        return r;
    }
    *pattern = out;
    return 0;
}
