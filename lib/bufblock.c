/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks between the system and the pool: the slow half of bufblock.h. The
 * system is asked with no lock held; blocks->lock covers the book-keeping only.
 */
#include "bufblock.h"

#include "kern.h"

#define SLAB_BLOCKS 63

struct block_slab {
    struct block_slab *next;
    struct block blocks[SLAB_BLOCKS];
};

_Static_assert(sizeof(struct block_slab) == 4096, "a slab is a page");

/* Under lock. A record without memory, NULL when there is none to be had. */
static struct block *take_spare(struct blocks *blocks)
{
    if (!blocks->spare) {
        struct block_slab *slab = aur_kern.alloc(alignof(struct block_slab), sizeof *slab);
        if (!slab)
            return NULL;
        slab->next = blocks->slabs;
        blocks->slabs = slab;
        for (size_t i = 0; i < SLAB_BLOCKS; i++) {
            slab->blocks[i].next = blocks->spare;
            blocks->spare = &slab->blocks[i];
        }
    }
    struct block *block = blocks->spare;
    blocks->spare = block->next;
    return block;
}

/* Under lock. */
static void count_block(struct blocks *blocks, size_t size, bool more)
{
    size_t bytes = atomic_load_explicit(&blocks->bytes, memory_order_relaxed);
    size_t count = atomic_load_explicit(&blocks->count, memory_order_relaxed);

    AUR_ASSERT(lock_is_held(&blocks->lock) && (more || (count > 0 && bytes >= size)));
    atomic_store_explicit(&blocks->bytes, more ? bytes + size : bytes - size, memory_order_relaxed);
    atomic_store_explicit(&blocks->count, more ? count + 1 : count - 1, memory_order_relaxed);
}

/* Under lock. A live record for that memory, found from its address; NULL: no memory for it. */
static struct block *enter_block(struct blocks *blocks, void *memory, size_t size, unsigned class)
{
    struct block *block = take_spare(blocks);

    if (!block)
        return NULL;
    /* The word before the map: who finds the record through a stale pointer finds it whole. */
    block->class = class;
    atomic_store_explicit(&block->size, size, memory_order_relaxed);
    atomic_store_explicit(&block->word, (uintptr_t)memory | BLOCK_LIVE, memory_order_release);
    if (!aur_pagemap_set(&blocks->map, (uintptr_t)memory, (uintptr_t)block)) {
        count_block(blocks, size, true);
        return block;
    }
    atomic_store_explicit(&block->word, BLOCK_GONE, memory_order_relaxed);
    block->next = blocks->spare;
    blocks->spare = block;
    return NULL;
}

struct block *aur_block_new(struct blocks *blocks, size_t align, size_t size, unsigned class)
{
    void *memory = aur_kern.alloc_raw(align, size);

    if (!memory)
        return NULL;
    lock_take(&blocks->lock);
    struct block *block = enter_block(blocks, memory, size, class);
    lock_drop(&blocks->lock);
    if (!block)
        aur_kern.free(memory);
    return block;
}

void aur_block_release(struct blocks *blocks, struct block *block)
{
    void *memory = block_address(block);
    uintptr_t at = (uintptr_t)memory;
    size_t size = atomic_load_explicit(&block->size, memory_order_relaxed);

    AUR_ASSERT(block_is_idle(block));
    block_unpoison(memory, size);
    lock_take(&blocks->lock);
    /* Cannot fail: the nodes are there. Done before the memory is freed, for from then on
     * another thread may be given the same address. The record keeps the address, its state now
     * BLOCK_GONE, so that a second free under way still reads "freed". */
    (void)aur_pagemap_set(&blocks->map, at, at | BLOCK_TOMBSTONE);
    atomic_store_explicit(&block->word, at, memory_order_relaxed);
    block->next = blocks->spare;
    blocks->spare = block;
    count_block(blocks, size, false);
    lock_drop(&blocks->lock);
    aur_kern.free(memory);
}

void aur_blocks_clear(struct blocks *blocks)
{
    struct block_slab *next;

    for (struct block_slab *slab = blocks->slabs; slab; slab = next) {
        next = slab->next;
        for (size_t i = 0; i < SLAB_BLOCKS; i++) {
            struct block *block = &slab->blocks[i];
            uintptr_t word = atomic_load_explicit(&block->word, memory_order_relaxed);
            if ((word & BLOCK_STATE_MASK) != BLOCK_IDLE)
                continue;
            void *memory = block_address(block);
            block_unpoison(memory, atomic_load_explicit(&block->size, memory_order_relaxed));
            aur_kern.free(memory);
        }
        aur_kern.free(slab);
    }
    blocks->slabs = NULL;
    blocks->spare = NULL;
    aur_pagemap_clear(&blocks->map);
}
