/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator behind the seam: real memory, so that ASan sees every access,
 * counted, and failing where the test wants it to. A table of live blocks knows
 * what was freed twice or never came from here.
 */
#include "sim_internal.h"

#include <stdlib.h>
#include <string.h>

struct block {
    void *ptr;
    size_t size;
};

/* Where the library calls the allocator; kept from run to run. */
#define SITES_MAX 256
static struct sim_alloc_site sites[SITES_MAX];
static size_t n_sites;

static struct block *blocks; /* open addressing; a freed entry is filled again by rehashing */
static size_t n_slots;
static uint64_t fail_at; /* the count of allocations at which it fails; 0: never */
static bool fail_ever_after;

static size_t place_of(const void *ptr)
{
    size_t i = (size_t)(((uintptr_t)ptr >> 4) * 0x9e3779b97f4a7c15ULL >> 32);

    for (i &= n_slots - 1; blocks[i].ptr && blocks[i].ptr != ptr;)
        i = (i + 1) & (n_slots - 1);
    return i;
}

static void grow(void)
{
    struct block *old = blocks;
    size_t n_old = n_slots;

    n_slots = n_slots ? n_slots * 2 : 1024;
    blocks = sim_xalloc(n_slots, sizeof *blocks);
    for (size_t i = 0; i < n_old; i++) {
        if (old[i].ptr)
            blocks[place_of(old[i].ptr)] = old[i];
    }
    free(old);
}

static struct sim_alloc_site *site_of(const void *at)
{
    size_t i = 0;

    while (i < n_sites && sites[i].at != at)
        i++;
    if (i == SITES_MAX)
        sim_fail("more than %d calls of the allocator", SITES_MAX);
    n_sites += i == n_sites;
    sites[i].at = at;
    return &sites[i];
}

size_t sim_alloc_sites(const struct sim_alloc_site **all)
{
    *all = sites;
    return n_sites;
}

static bool must_fail(const void *at)
{
    struct sim_alloc_site *site = site_of(at);
    uint64_t n = ++sim.counts.allocs;

    site->calls++;
    if (!fail_at || n < fail_at || (n > fail_at && !fail_ever_after))
        return false;
    site->failures++;
    sim.counts.alloc_failures++;
    sim_trace("allocation %llu fails", (unsigned long long)n);
    return true;
}

static void *allocate(const void *at, size_t align, size_t size)
{
    void *ptr;

    if (align & (align - 1))
        sim_fail("alignment %zu is no power of two", align);
    if (must_fail(at))
        return NULL;
    if (posix_memalign(&ptr, align < sizeof(void *) ? sizeof(void *) : align, size ? size : 1))
        return NULL;
    memset(ptr, SIM_POISON, size); /* nobody may count on zeroes here */
    if (sim.counts.alloc_live * 2 >= n_slots)
        grow();
    blocks[place_of(ptr)] = (struct block){ptr, size};
    sim.counts.alloc_live++;
    sim.counts.alloc_bytes += size;
    return ptr;
}

/* The address returned to lies behind the call: one byte before it is still the call. */
#define CALLED_FROM ((const char *)__builtin_return_address(0) - 1)

static void *sim_alloc_raw(size_t align, size_t size)
{
    return allocate(CALLED_FROM, align, size);
}

static void *sim_alloc(size_t align, size_t size)
{
    void *ptr = allocate(CALLED_FROM, align, size);

    return ptr ? memset(ptr, 0, size) : NULL;
}

static void sim_free(void *ptr)
{
    if (!ptr)
        return;
    size_t i = n_slots ? place_of(ptr) : 0;
    if (!n_slots || !blocks[i].ptr)
        sim_fail("%p freed, which is not allocated", ptr);
    sim.counts.alloc_live--;
    sim.counts.alloc_bytes -= blocks[i].size;
    blocks[i].ptr = NULL;
    /* Entries behind the gap may have been displaced by it. */
    for (i = (i + 1) & (n_slots - 1); blocks[i].ptr; i = (i + 1) & (n_slots - 1)) {
        struct block moved = blocks[i];
        blocks[i].ptr = NULL;
        blocks[place_of(moved.ptr)] = moved;
    }
    free(ptr);
}

void sim_fail_alloc(unsigned nth, bool ever_after)
{
    fail_at = nth ? sim.counts.allocs + nth : 0;
    fail_ever_after = ever_after;
}

void sim_memory_ops(struct kern_ops *ops)
{
    ops->alloc = sim_alloc;
    ops->alloc_raw = sim_alloc_raw;
    ops->free = sim_free;
}

void sim_memory_reset(void)
{
    free(blocks);
    blocks = NULL;
    n_slots = 0;
    fail_at = 0;
}
