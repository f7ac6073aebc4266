/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks: the pieces of aligned memory a buffer pool got from the system, and
 * what is known of each. That knowledge lies outside the memory itself, because
 * a caller that frees too early leaves the kernel or a device writing into it.
 * A block is found from its address alone, without a lock, and its state
 * changes by one compare-and-swap on a word that holds address and state
 * together: a pointer that is stale, foreign or freed twice changes nothing.
 *
 * Owned by one pool (bufpool.c), which alone calls this. The records are never
 * freed before the pool, so a look-up by a wrong caller reads valid memory.
 */
#ifndef AUR_BUFBLOCK_H
#define AUR_BUFBLOCK_H

#include "invariant.h"
#include "lock.h"
#include "pagemap.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Addresses are multiples of 512 at least, so the low bits are free for the state. */
enum block_state {
    BLOCK_GONE = 0, /* given back to the system; the record waits to be used again */
    BLOCK_LIVE = 1, /* in a caller's hands */
    BLOCK_IDLE = 2, /* in a cache, or on its way into or out of one */
    BLOCK_STATE_MASK = 3
};

#if defined(__SANITIZE_ADDRESS__)
#define BLOCKS_ARE_POISONED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BLOCKS_ARE_POISONED 1
#endif
#endif

#ifdef BLOCKS_ARE_POISONED
#include <sanitizer/asan_interface.h>
#endif

/* One record per cache line: two threads with neighbouring blocks do not disturb each other. */
struct block {
    alignas(64) _Atomic uintptr_t word; /* address | enum block_state */
    _Atomic size_t size;                /* usable bytes; changes only while BLOCK_GONE */
    struct block *next;                 /* the holder of the list the block is on */
    unsigned class;                     /* the pool's; changes only while BLOCK_GONE */
};

/* A list of blocks, all IDLE; whoever holds it holds them. */
struct block_chain {
    struct block *first;
    unsigned n;
};

static inline bool block_is_idle(const struct block *block)
{
    uintptr_t word = atomic_load_explicit(&block->word, memory_order_relaxed);

    return (word & BLOCK_STATE_MASK) == BLOCK_IDLE;
}

static inline struct block *block_pop(struct block_chain *chain)
{
    struct block *block = chain->first;

    AUR_ASSERT(!block == !chain->n);
    if (block) {
        AUR_ASSERT(block_is_idle(block));
        chain->first = block->next;
        chain->n--;
    }
    return block;
}

static inline void block_push(struct block_chain *chain, struct block *block)
{
    AUR_ASSERT(block_is_idle(block));
    block->next = chain->first;
    chain->first = block;
    chain->n++;
}

struct block_slab;

struct blocks {
    struct lock lock;         /* guards the writing of map, slabs and spare */
    struct block *spare;      /* records without memory */
    struct block_slab *slabs; /* where the records lie */
    _Atomic size_t bytes;     /* of all blocks that have memory; written under lock */
    _Atomic size_t count;     /* their number; written under lock */
    struct pagemap map;       /* first page -> struct block *, or its address | BLOCK_TOMBSTONE */
};

#define BLOCK_TOMBSTONE 1 /* a record's address is even */

/* A live block with memory from the system, or NULL: no memory. */
struct block *aur_block_new(struct blocks *blocks, size_t align, size_t size, unsigned class);

/* Gives the memory of an idle block back to the system. */
void aur_block_release(struct blocks *blocks, struct block *block);

/* Gives all idle memory and all records back; live memory stays as it is. The caller is alone. */
void aur_blocks_clear(struct blocks *blocks);

/* Under AddressSanitizer a caller that touches idle memory is told. */
static inline void block_poison(void *memory, size_t size)
{
#ifdef BLOCKS_ARE_POISONED
    __asan_poison_memory_region(memory, size);
#else
    (void)memory;
    (void)size;
#endif
}

static inline void block_unpoison(void *memory, size_t size)
{
#ifdef BLOCKS_ARE_POISONED
    __asan_unpoison_memory_region(memory, size);
#else
    (void)memory;
    (void)size;
#endif
}

/* What the map has for the address; nothing for one that could pass for another with a state. */
static inline uintptr_t block_look_up(const struct blocks *blocks, uintptr_t at)
{
    return at & BLOCK_STATE_MASK ? 0 : pagemap_get(&blocks->map, at);
}

/* Live -> idle for the block that begins at addr, which from then on belongs to the caller. Of
 * several frees at once one wins. NULL with -EALREADY when it was freed before, with -EINVAL
 * when no block ever began there. */
static inline struct block *block_retire(struct blocks *blocks, void *addr, int *error)
{
    uintptr_t at = (uintptr_t)addr, word = at | BLOCK_LIVE;
    uintptr_t found = block_look_up(blocks, at);

    *error = -EINVAL;
    if (!found)
        return NULL;
    if (found & BLOCK_TOMBSTONE) {
        if (found == (at | BLOCK_TOMBSTONE))
            *error = -EALREADY;
        return NULL;
    }
    struct block *block = (struct block *)found;
    /* acquire pairs with block_revive: the list pointer its holder read may now be written */
    if (atomic_compare_exchange_strong_explicit(&block->word, &word, at | BLOCK_IDLE,
                                                memory_order_acquire, memory_order_relaxed)) {
        block_poison(addr, atomic_load_explicit(&block->size, memory_order_relaxed));
        return block;
    }
    if ((word & ~(uintptr_t)BLOCK_STATE_MASK) == at)
        *error = -EALREADY;
    return NULL;
}

static inline void *block_address(const struct block *block)
{
    uintptr_t word = atomic_load_explicit(&block->word, memory_order_relaxed);

    return (void *)(word & ~(uintptr_t)BLOCK_STATE_MASK);
}

/* Idle -> live; the caller took the block off its list. Returns its address. */
static inline void *block_revive(struct block *block)
{
    void *memory = block_address(block);

    AUR_ASSERT(block_is_idle(block));
    block_unpoison(memory, atomic_load_explicit(&block->size, memory_order_relaxed));
    atomic_store_explicit(&block->word, (uintptr_t)memory | BLOCK_LIVE, memory_order_release);
    return memory;
}

/* Usable bytes of the live block that begins at addr, else 0. */
static inline size_t block_size(const struct blocks *blocks, const void *addr)
{
    uintptr_t found = block_look_up(blocks, (uintptr_t)addr);

    if (!found || found & BLOCK_TOMBSTONE)
        return 0;
    const struct block *block = (const struct block *)found;
    if (atomic_load_explicit(&block->word, memory_order_acquire) != ((uintptr_t)addr | BLOCK_LIVE))
        return 0;
    return atomic_load_explicit(&block->size, memory_order_relaxed);
}

#endif
