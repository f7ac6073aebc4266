/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an address to one word: a radix tree over the pages (address >> 12) of
 * a 57-bit address space, five levels of nine bits. A subtree in which nothing was
 * ever stored has no nodes, so a 48-bit or a 32-bit process pays one node for
 * each level it does not use. Bits above the 57 (a tagged pointer's) are not
 * looked at: who must know compares the whole address with what is stored.
 *
 * Readers take no lock. Writers are kept apart by the caller's. Nodes live until
 * aur_pagemap_clear, which must be alone.
 */
#ifndef AUR_PAGEMAP_H
#define AUR_PAGEMAP_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define PAGEMAP_PAGE_SHIFT 12
#define PAGEMAP_LEVEL_BITS 9
#define PAGEMAP_LEVELS 5
#define PAGEMAP_FANOUT (1u << PAGEMAP_LEVEL_BITS)

/* Inner nodes hold the addresses of nodes, leaves the words of the pages. */
struct pagemap_node {
    _Atomic uintptr_t slot[PAGEMAP_FANOUT];
};

struct pagemap {
    struct pagemap_node root;
};

/* 0, or -ENOMEM with nothing stored; storing where a word was before never fails. */
int aur_pagemap_set(struct pagemap *map, uintptr_t addr, uintptr_t word);
void aur_pagemap_clear(struct pagemap *map);

static inline size_t pagemap_index(uintptr_t addr, unsigned level)
{
    uint64_t page = (uint64_t)addr >> PAGEMAP_PAGE_SHIFT;

    return (size_t)(page >> ((PAGEMAP_LEVELS - 1 - level) * PAGEMAP_LEVEL_BITS)) &
           (PAGEMAP_FANOUT - 1);
}

/* The word of the address' page, 0 where none was stored. */
static inline uintptr_t pagemap_get(const struct pagemap *map, uintptr_t addr)
{
    const struct pagemap_node *node = &map->root;

    for (unsigned level = 0;; level++) {
        /* pairs with the release in aur_pagemap_set */
        uintptr_t word =
            atomic_load_explicit(&node->slot[pagemap_index(addr, level)], memory_order_acquire);
        if (!word || level == PAGEMAP_LEVELS - 1)
            return word;
        node = (const struct pagemap_node *)word;
    }
}

#endif
