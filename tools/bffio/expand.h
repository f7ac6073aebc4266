/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a value for something else: ${VAR}, $ncpus, $pagesize, $mb_memory, and
 * arithmetic in parentheses. */
#ifndef BFFIO_EXPAND_H
#define BFFIO_EXPAND_H

#include <stdbool.h>
#include <stdint.h>

struct expansion {
    bool arithmetic;  /* the value is a number, so parentheses are to be worked out */
    unsigned kb_base; /* of sizes in them */
    bool is_time;     /* numbers in them are times, in microseconds without a unit */
};

/* A copy for the caller to free, or NULL with a text that says why not; without
 * memory that is NULL, too. */
char *expand_value(const char *value, const struct expansion *how, const char **why);

#endif
