/* SPDX-License-Identifier: Apache-2.0 */
/* Which blocks of a file a random job has touched: a bit for each, and above it levels whose bits
 * say "this word below is full", so that the next free block is found in a few steps. */
#ifndef BFFIO_RANDMAP_H
#define BFFIO_RANDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RANDMAP_LEVELS = 7, RANDMAP_SHIFT = 6 };

struct randmap {
    uint64_t blocks;
    unsigned levels; /* 0: there is no map */
    uint64_t *level[RANDMAP_LEVELS];
    size_t words; /* of all levels together, from level[0] on */
};

#define RANDMAP_NONE UINT64_MAX

int randmap_init(struct randmap *map, uint64_t blocks); /* 0 or -ENOMEM */
void randmap_clear(struct randmap *map);
void randmap_free(struct randmap *map);
/* The first free block from this one on, continuing at 0; RANDMAP_NONE when all are taken. */
uint64_t randmap_next_free(const struct randmap *map, uint64_t block);
/* Takes up to n blocks, ending before the first taken one; how many. */
uint64_t randmap_take(struct randmap *map, uint64_t block, uint64_t n);

/* A word of level 0 has become full. */
void randmap_fill_word(struct randmap *map, uint64_t word);

static inline bool randmap_is_taken(const struct randmap *map, uint64_t block)
{
    if (block >= map->blocks)
        return true;
    return map->level[0][block >> RANDMAP_SHIFT] >> (block & 63) & 1;
}

#endif
