/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An allocator under the buffer pool that counts what is held and fails when
 * told: for tests of hidden functions, installed before the first pool. Calls
 * may come from any thread.
 */
#ifndef BUFFER_KERN_H
#define BUFFER_KERN_H

#include "kern.h"

#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>

static _Atomic long memory_held;  /* pieces allocated and not freed */
static _Atomic long memory_asked; /* calls since fail_memory or watch_memory */
static _Atomic long blocks_asked; /* those of them for buffers, since watch_memory */
static _Atomic long fail_first = LONG_MAX, fail_last = LONG_MAX;

static inline void *counted(void *(*alloc)(size_t, size_t), size_t align, size_t size)
{
    long call = atomic_fetch_add(&memory_asked, 1) + 1;

    if (call >= atomic_load(&fail_first) && call <= atomic_load(&fail_last))
        return NULL;
    void *ptr = alloc(align, size);
    if (ptr)
        atomic_fetch_add(&memory_held, 1);
    return ptr;
}

static inline void *counted_alloc(size_t align, size_t size)
{
    return counted(aur_kern_real.alloc, align, size);
}

static inline void *counted_alloc_raw(size_t align, size_t size)
{
    atomic_fetch_add(&blocks_asked, 1);
    return counted(aur_kern_real.alloc_raw, align, size);
}

static inline void counted_free(void *ptr)
{
    if (ptr)
        atomic_fetch_sub(&memory_held, 1);
    aur_kern_real.free(ptr);
}

static inline void watch_memory(void)
{
    aur_kern.alloc = counted_alloc;
    aur_kern.alloc_raw = counted_alloc_raw;
    aur_kern.free = counted_free;
}

/* From now on the calls first..last fail, counted from 1. */
static inline void fail_memory(long first, long last)
{
    atomic_store(&memory_asked, 0);
    atomic_store(&fail_first, first);
    atomic_store(&fail_last, last);
}

static inline void fail_no_memory(void)
{
    fail_memory(LONG_MAX, LONG_MAX);
}

#endif
