/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shards of bufdepot.h. A shard's lock covers its lists alone; the counters
 * of idle bytes are exact only when nobody moves blocks, which is enough for
 * high-water marks and for leaving empty shards alone.
 */
#include "bufdepot.h"

#include "kern.h"

#include <limits.h>
#include <stdbool.h>

struct depot *aur_depot_create(size_t alignment, unsigned shards)
{
    struct depot *depot =
        aur_kern.alloc(alignof(struct depot), sizeof *depot + shards * sizeof depot->shards[0]);

    if (!depot)
        return NULL;
    depot->alignment = alignment;
    depot->mask = shards - 1;
    return depot;
}

void aur_depot_destroy(struct depot *depot)
{
    aur_blocks_clear(&depot->blocks);
    aur_kern.free(depot);
}

static void release_chain(struct depot *depot, struct block_chain chain)
{
    for (struct block *block; (block = block_pop(&chain));)
        aur_block_release(&depot->blocks, block);
}

static void lower_idle(struct depot *depot, unsigned class, size_t bytes)
{
    size_t all = atomic_fetch_sub_explicit(&depot->idle_bytes, bytes, memory_order_relaxed);
    size_t same =
        atomic_fetch_sub_explicit(&depot->class_bytes[class], bytes, memory_order_relaxed);

    AUR_ASSERT(all >= bytes && same >= bytes); /* raised before, lowered after */
    (void)all;
    (void)same;
}

/* Whether that much more may lie idle; then it is counted already. */
static bool raise_idle(struct depot *depot, unsigned class, size_t bytes)
{
    size_t all = atomic_fetch_add_explicit(&depot->idle_bytes, bytes, memory_order_relaxed);
    size_t same =
        atomic_fetch_add_explicit(&depot->class_bytes[class], bytes, memory_order_relaxed);

    if (all + bytes <= DEPOT_BYTES && same + bytes <= DEPOT_CLASS_BYTES)
        return true;
    lower_idle(depot, class, bytes);
    return false;
}

void aur_depot_put(struct depot *depot, unsigned shard, unsigned class, struct block_chain chain)
{
    struct depot_shard *to = &depot->shards[shard & depot->mask];

    if (!raise_idle(depot, class, chain.n * buffer_class_size(class))) {
        release_chain(depot, chain);
        return;
    }
    lock_take(&to->lock);
    for (struct block *block; (block = block_pop(&chain));)
        block_push(&to->idle[class], block);
    lock_drop(&to->lock);
}

static struct block_chain take_from(struct depot *depot, struct depot_shard *from, unsigned class,
                                    unsigned most)
{
    struct block_chain taken = {NULL, 0};

    lock_take(&from->lock);
    while (taken.n < most && from->idle[class].n)
        block_push(&taken, block_pop(&from->idle[class]));
    lock_drop(&from->lock);
    if (taken.n)
        lower_idle(depot, class, taken.n * buffer_class_size(class));
    return taken;
}

struct block_chain aur_depot_take(struct depot *depot, unsigned shard, unsigned class,
                                  unsigned most)
{
    struct block_chain taken = {NULL, 0};

    for (unsigned i = 0; i <= depot->mask && !taken.n; i++) {
        if (!atomic_load_explicit(&depot->class_bytes[class], memory_order_relaxed))
            break;
        taken = take_from(depot, &depot->shards[(shard + i) & depot->mask], class, most);
    }
    return taken;
}

/* All that lies in the shards goes back to the system. False: there was nothing. */
static bool release_idle(struct depot *depot)
{
    bool released = false;

    for (unsigned shard = 0; shard <= depot->mask; shard++)
        for (unsigned class = 0; class < BUFFER_CLASSES; class ++) {
            struct block_chain taken = take_from(depot, &depot->shards[shard], class, UINT_MAX);
            released = released || taken.n;
            release_chain(depot, taken);
        }
    return released;
}

struct block *aur_depot_new_block(struct depot *depot, size_t size, unsigned class)
{
    struct block *block = aur_block_new(&depot->blocks, depot->alignment, size, class);

    if (!block && release_idle(depot))
        block = aur_block_new(&depot->blocks, depot->alignment, size, class);
    return block;
}
