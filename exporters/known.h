/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of a segment from one scan to the next: whether its end was told, and
 * which number stands behind its name. A file is known again by device and inode.
 */
#ifndef KNOWN_H
#define KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define KNOWN_NAME_BYTES (32 * 3 + 1) /* the longest that a segment can say */

struct known {
    dev_t device;
    ino_t inode;
    struct timespec changed; /* of one that is told */
    bool told;               /* that its process is gone */
    uint32_t number;         /* 0: none yet */
    uint64_t pid;            /* that and the name are for which it has the number */
    char name[KNOWN_NAME_BYTES];
};

struct memory {
    struct known *last, *now; /* the first in order */
    size_t last_count, now_count, now_room;
    size_t ordered; /* of now, by name */
    bool full;      /* something could not be noted */
};

/* As of the scan before; NULL: not met. */
const struct known *memory_find(const struct memory *memory, dev_t device, ino_t inode);
/* False: no memory; then it is as if it had not been met. */
bool memory_note(struct memory *memory, const struct known *known);
/* Whether somebody who was noted up to memory_sort has that number behind that name. */
void memory_sort(struct memory *memory);
bool memory_has(const struct memory *memory, uint64_t pid, const char *name, uint32_t number);
/* A scan is over: what was not noted in it is forgotten. */
void memory_turn(struct memory *memory);
/* A scan saw too little: what was noted in it is forgotten. */
void memory_stay(struct memory *memory);
void memory_free(struct memory *memory);

#endif
