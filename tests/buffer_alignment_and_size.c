/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A buffer is aligned as its pool says, holds at least what was asked for, says
 * how much that is, and shares no byte with another.
 */
#include "bufpool.h"
#include "kern.h"
#include "tap.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)

static const size_t alignments[] = {512, 4 * KIB, 64 * KIB, 2 * MIB};
static const size_t sizes[] = {1,           511,      512,          4 * KIB - 1,  4 * KIB,
                               4 * KIB + 1, 6000,     64 * KIB,     64 * KIB + 1, MIB,
                               MIB + 1,     32 * MIB, 128 * MIB + 1};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Both ends are written, so that a sanitizer sees what is too short. */
static void mark(void *buf, size_t size, unsigned char value)
{
    memset(buf, value, size < 4 * KIB ? size : 4 * KIB);
    ((unsigned char *)buf)[size - 1] = value;
}

static bool is_marked(const void *buf, size_t size, unsigned char value)
{
    const unsigned char *bytes = buf;

    return bytes[0] == value && bytes[size - 1] == value;
}

static void check_one(struct bufpool *pool, size_t alignment, size_t size)
{
    void *buf = aur_bufpool_alloc(pool, size);
    size_t usable = aur_bufpool_size(pool, buf);

    ok(buf != NULL, "%zu bytes aligned to %zu", size, alignment);
    ok((uintptr_t)buf % alignment == 0, "... are aligned");
    ok(usable >= size, "... and hold %zu", usable);
    if (size > 4 * KIB && size <= 128 * MIB)
        ok(usable < 2 * size || usable == alignment, "... which is not too much");
    if (buf)
        mark(buf, usable, 1);
    is(aur_bufpool_free(pool, buf), 0, "... and can be freed");
    is(aur_bufpool_size(pool, buf), 0, "... after which they have no size");
}

static void check_overlap(struct bufpool *pool)
{
    enum { BUFFERS = 100 };
    void *bufs[BUFFERS];
    size_t usable[BUFFERS];
    int intact = 0, freed = 0;

    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < BUFFERS; i++) {
            bufs[i] = aur_bufpool_alloc(pool, sizes[i % 9]);
            usable[i] = aur_bufpool_size(pool, bufs[i]);
            mark(bufs[i], usable[i], (unsigned char)(i + 1));
        }
        for (unsigned i = 0; i < BUFFERS; i++)
            intact += is_marked(bufs[i], usable[i], (unsigned char)(i + 1));
        for (unsigned i = 0; i < BUFFERS; i++)
            freed += aur_bufpool_free(pool, bufs[i]) == 0;
    }
    is(intact, 3 * BUFFERS, "buffers do not overlap");
    is(freed, 3 * BUFFERS, "... and all can be freed");
}

static void check_refusals(struct bufpool *pool)
{
    errno = 0;
    ok(!aur_bufpool_alloc(pool, 0) && errno == EINVAL, "no buffer of no size");
    errno = 0;
    ok(!aur_bufpool_alloc(pool, SIZE_MAX) && errno == ENOMEM, "no buffer of SIZE_MAX");
    errno = 0;
    ok(!aur_bufpool_alloc(pool, PTRDIFF_MAX) && errno == ENOMEM, "no buffer of PTRDIFF_MAX");
    is(aur_bufpool_size(pool, NULL), 0, "NULL has no size");
    is(aur_bufpool_free(pool, NULL), 0, "NULL is freed for nothing");
}

/* What the pool asks of the system; not every allocator under test can do it. */
static size_t align_asked, size_asked;

static void *no_memory(size_t align, size_t size)
{
    align_asked = align;
    size_asked = size;
    return NULL;
}

static void check_huge_alignment(void)
{
    struct bufpool *pool = aur_bufpool_create(256 * MIB, 1);

    aur_kern.alloc_raw = no_memory;
    ok(!aur_bufpool_alloc(pool, 1) && errno == ENOMEM, "an alignment beyond the largest class");
    is(align_asked, 256 * MIB, "... is asked of the system");
    is(size_asked, 256 * MIB, "... for a size that is a multiple of it");
    aur_kern.alloc_raw = aur_kern_real.alloc_raw;
    aur_bufpool_destroy(pool);
}

static int shards(int cpus)
{
    auraio_buffer_stats_t stats;
    struct bufpool *pool = aur_bufpool_create(4 * KIB, cpus);

    aur_bufpool_stats(pool, &stats);
    aur_bufpool_destroy(pool);
    return stats.shard_count;
}

int main(void)
{
    for (size_t a = 0; a < COUNT(alignments); a++) {
        struct bufpool *pool = aur_bufpool_create(alignments[a], 2);
        if (!pool)
            bail("no pool");
        for (size_t s = 0; s < COUNT(sizes); s++)
            check_one(pool, alignments[a], sizes[s]);
        check_overlap(pool);
        check_refusals(pool);
        aur_bufpool_destroy(pool);
    }
    check_huge_alignment();
    aur_bufpool_destroy(NULL);
    is(shards(1), 2, "two shards at least");
    is(shards(48), 64, "enough for each CPU");
    is(shards(100000), 256, "256 at most");
    return done();
}
