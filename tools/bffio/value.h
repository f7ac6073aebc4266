/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers with units, read from pieces of text that need not end in a zero byte. The whole piece
 * must be taken: 0, -EINVAL where it is no such number, -ERANGE where it does not fit. */
#ifndef BFFIO_VALUE_H
#define BFFIO_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct piece {
    const char *at;
    size_t len;
};

struct piece piece_of(const char *text);
bool piece_is(struct piece piece, const char *text);
/* Takes what is before the next separator off `rest`; false once nothing is left. An empty last
 * piece ("a:") counts. */
bool piece_next(struct piece *rest, char separator, struct piece *piece);
/* Splits at the first separator; false, and `after` empty, when there is none. */
bool piece_split(struct piece whole, char separator, struct piece *before, struct piece *after);

/* 4096, 0x1000, 4k, 1m, 2gb, 1kib. */
int value_size(struct piece piece, unsigned kb_base, uint64_t *bytes);
/* As a size, with a minus sign allowed. */
int value_signed_size(struct piece piece, unsigned kb_base, int64_t *bytes);
/* d h m s ms us ns; `bare_ns` is the unit of a number without one, 0 demands one. */
int value_time(struct piece piece, uint64_t bare_ns, uint64_t *ns);
/* Digits with at most one point. */
int value_decimal(struct piece piece, double *value);
/* EIO, or its number. */
int value_errno(struct piece piece, int *number);
/* What value_pattern makes: the caller frees both. The offsets are those of each %o, ascending. */
struct pattern {
    unsigned char *bytes;
    size_t len;
    size_t *offsets;
    size_t n_offsets;
};

/* 0xff, "text", -12, %o and their concatenation. */
int value_pattern(struct piece piece, struct pattern *pattern);

#endif
