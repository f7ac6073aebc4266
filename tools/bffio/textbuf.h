/* SPDX-License-Identifier: Apache-2.0 */
/* Text that grows. Without memory it stops growing and says so once, at the end: `failed`. */
#ifndef BFFIO_TEXTBUF_H
#define BFFIO_TEXTBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct textbuf {
    char *data;
    size_t len, size;
    bool failed;
};

void textbuf_add(struct textbuf *buf, const char *bytes, size_t len);
void textbuf_puts(struct textbuf *buf, const char *text);
__attribute__((format(printf, 2, 3))) void textbuf_printf(struct textbuf *buf, const char *format,
                                                          ...);
/* The whole text to a stream, at once; false with errno. */
bool textbuf_print(const struct textbuf *buf, FILE *to);
void textbuf_free(struct textbuf *buf);

/* A number as fio writes it for people: as many digits as fit into `digits` beside a decimal
 * point, with k M G T P of 1000 or, `binary`, Ki Mi Gi Ti Pi of 1024. */
enum unit { UNIT_NONE, UNIT_BYTES, UNIT_BYTES_PER_S, UNIT_BITS_PER_S };
struct number_text {
    char text[40];
};
struct number_text number_text(uint64_t number, unsigned digits, bool binary, enum unit unit);

#endif
