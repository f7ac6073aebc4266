/* SPDX-License-Identifier: Apache-2.0 */
/* The switches of the command line: what concerns the run, not a job. */
#ifndef BFFIO_SWITCHES_H
#define BFFIO_SWITCHES_H

#include "parse.h"

#include <stdbool.h>
#include <stddef.h>

enum switch_argument { WITHOUT, OPTIONAL, REQUIRED };

struct command { /* what the switches say */
    struct settings *settings;
    const char **sections;
    size_t n_sections;
    bool shows;   /* --showcmd */
    bool is_done; /* --help and the like, or no memory: all is said */
    bool failed;
};

struct switch_def {
    const char *name;
    enum switch_argument argument;
    void (*set)(struct command *command, const struct switch_def *self, const char *value);
    const char *form, *help;
};

extern const struct switch_def switches[]; /* ends with a NULL name */

/* By name, or by a prefix only one has; *several tells that there are more. */
const struct switch_def *switch_find(const char *name, bool *several);
const struct switch_def *switch_exact(const char *name);

#endif
