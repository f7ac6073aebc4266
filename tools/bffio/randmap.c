/* SPDX-License-Identifier: Apache-2.0 */
/* See randmap.h. The bits behind the last block are always set, on every level. */
#include "randmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t words_for(uint64_t bits)
{
    return (bits + 63) >> RANDMAP_SHIFT;
}

void randmap_clear(struct randmap *map)
{
    uint64_t bits = map->blocks;

    if (!map->levels)
        return;
    memset(map->level[0], 0, map->words * sizeof(uint64_t));
    for (unsigned i = 0; i < map->levels; i++) {
        if (bits & 63)
            map->level[i][bits >> RANDMAP_SHIFT] = UINT64_MAX << (bits & 63);
        bits = words_for(bits);
    }
}

int randmap_init(struct randmap *map, uint64_t blocks)
{
    uint64_t offset[RANDMAP_LEVELS], words = 0;
    unsigned levels = 0;

    *map = (struct randmap){.blocks = blocks};
    if (!blocks)
        return 0;
    for (uint64_t bits = blocks; levels < RANDMAP_LEVELS; bits = words_for(bits)) {
        offset[levels++] = words;
        words += words_for(bits);
        if (bits <= 64)
            break;
    }
    map->level[0] = calloc(words, sizeof(uint64_t));
    if (!map->level[0])
        return -ENOMEM;
    for (unsigned i = 1; i < levels; i++)
        map->level[i] = map->level[0] + offset[i];
    map->levels = levels;
    map->words = words;
    randmap_clear(map);
    return 0;
}

void randmap_free(struct randmap *map)
{
    free(map->level[0]);
    *map = (struct randmap){0};
}

static uint64_t search_from(const struct randmap *map, uint64_t bit)
{
    unsigned level = 0;

    for (;;) {
        uint64_t word = bit >> RANDMAP_SHIFT;
        uint64_t open = ~map->level[level][word] & (UINT64_MAX << (bit & 63));

        if (open) {
            bit = (word << RANDMAP_SHIFT) + (unsigned)__builtin_ctzll(open);
            if (!level)
                return bit;
            level--;
            bit <<= RANDMAP_SHIFT;
            continue;
        }
        /* Nothing from here to the end of the word: look for the next word one level up. */
        bit = word + 1;
        if (++level >= map->levels ||
            bit >> RANDMAP_SHIFT > (map->blocks - 1) >> (RANDMAP_SHIFT * (level + 1)))
            return RANDMAP_NONE;
    }
}

uint64_t randmap_next_free(const struct randmap *map, uint64_t block)
{
    uint64_t found = block < map->blocks ? search_from(map, block) : RANDMAP_NONE;

    return found == RANDMAP_NONE && map->levels ? search_from(map, 0) : found;
}

/* Says so above, as far as that fills words there. */
void randmap_fill_word(struct randmap *map, uint64_t word)
{
    for (unsigned level = 1; level < map->levels; level++) {
        uint64_t *above = &map->level[level][word >> RANDMAP_SHIFT];

        *above |= 1ULL << (word & 63);
        if (*above != UINT64_MAX)
            return;
        word >>= RANDMAP_SHIFT;
    }
}

uint64_t randmap_take(struct randmap *map, uint64_t block, uint64_t n)
{
    uint64_t taken = 0;

    while (taken < n && !randmap_is_taken(map, block)) {
        uint64_t word = block >> RANDMAP_SHIFT;

        map->level[0][word] |= 1ULL << (block & 63);
        if (map->level[0][word] == UINT64_MAX)
            randmap_fill_word(map, word);
        block++;
        taken++;
    }
    return taken;
}
