/* SPDX-License-Identifier: Apache-2.0 */
/* The writing side of the radix tree in pagemap.h. */
#include "pagemap.h"

#include "kern.h"

#include <errno.h>

#define CACHE_LINE 64

int aur_pagemap_set(struct pagemap *map, uintptr_t addr, uintptr_t word)
{
    struct pagemap_node *node = &map->root;

    for (unsigned level = 0; level < PAGEMAP_LEVELS - 1; level++) {
        _Atomic uintptr_t *slot = &node->slot[pagemap_index(addr, level)];
        struct pagemap_node *below =
            (struct pagemap_node *)atomic_load_explicit(slot, memory_order_relaxed);
        if (!below) {
            below = aur_kern.alloc(CACHE_LINE, sizeof *below);
            if (!below)
                return -ENOMEM;
            /* a reader that sees the node sees it zeroed */
            atomic_store_explicit(slot, (uintptr_t)below, memory_order_release);
        }
        node = below;
    }
    /* a reader that sees the word sees what it points to */
    atomic_store_explicit(&node->slot[pagemap_index(addr, PAGEMAP_LEVELS - 1)], word,
                          memory_order_release);
    return 0;
}

/* Frees all nodes below this one; four levels deep at most. */
static void clear_node(struct pagemap_node *node, unsigned level)
{
    if (level == PAGEMAP_LEVELS - 1)
        return;
    for (size_t i = 0; i < PAGEMAP_FANOUT; i++) {
        struct pagemap_node *below =
            (struct pagemap_node *)atomic_load_explicit(&node->slot[i], memory_order_relaxed);
        if (!below)
            continue;
        clear_node(below, level + 1);
        aur_kern.free(below);
        atomic_store_explicit(&node->slot[i], 0, memory_order_relaxed);
    }
}

void aur_pagemap_clear(struct pagemap *map)
{
    clear_node(&map->root, 0);
}
