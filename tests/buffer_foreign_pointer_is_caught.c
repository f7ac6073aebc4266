/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pointer that is no buffer of the pool is told apart, whatever it is: within a
 * buffer, on the stack, from malloc, another pool's, or no address at all. The
 * buffers of the pool are not touched by it.
 */
#include "bufpool.h"
#include "tap.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define SIZE ((size_t)64 * 1024)

static struct bufpool *pool;

static void check_foreign(uintptr_t address, const char *what)
{
    auraio_buffer_stats_t before, after;
    void *ptr = (void *)address;

    aur_bufpool_stats(pool, &before);
    is(aur_bufpool_free(pool, ptr), -EINVAL, "%s is not freed", what);
    is(aur_bufpool_size(pool, ptr), 0, "... has no size");
    aur_bufpool_stats(pool, &after);
    ok(memcmp(&before, &after, sizeof after) == 0, "... and changes nothing");
}

static void check_near(uintptr_t buffer, const char *what)
{
    static const struct {
        intptr_t distance;
        const char *where;
    } near[] = {{1, "1 byte after"},       {2, "2 bytes after"},
                {3, "3 bytes after"},      {8, "8 bytes after"},
                {512, "a sector after"},   {4095, "4095 bytes after"},
                {4096, "a page after"},    {-1, "1 byte before"},
                {-512, "a sector before"}, {(intptr_t)SIZE - 1, "at the last byte"}};
    char text[80];

    for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
        snprintf(text, sizeof text, "an address %s the beginning of %s", near[i].where, what);
        check_foreign(buffer + (uintptr_t)near[i].distance, text);
    }
}

static void check_wild(void)
{
    static const uint64_t wild[] = {1,
                                    4096,
                                    0xffffffff,
                                    0x00007fffffffe000,
                                    0x0000800000000000,
                                    0x00ffffffffffe000,
                                    0x0100000000000000,
                                    0x7fffffffffffffff,
                                    0xffff800000000000,
                                    UINT64_MAX - 4095,
                                    UINT64_MAX};
    char text[80];

    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++) {
        if (wild[i] > UINTPTR_MAX)
            continue;
        snprintf(text, sizeof text, "the address %#llx", (unsigned long long)wild[i]);
        check_foreign((uintptr_t)wild[i], text);
    }
}

/* The page map folds the bits above an address space; the pool must not. */
static void check_folded(uintptr_t buffer)
{
    if (sizeof(uintptr_t) == 8)
        check_foreign(buffer | (uintptr_t)((uint64_t)1 << 63), "a buffer's address with a tag");
}

int main(void)
{
    char local[16];

    pool = aur_bufpool_create(4096, 2);
    struct bufpool *neighbour = aur_bufpool_create(4096, 2);
    if (!pool || !neighbour)
        bail("no pool");
    char *live = aur_bufpool_alloc(pool, SIZE), *idle = aur_bufpool_alloc(pool, SIZE);
    char *theirs = aur_bufpool_alloc(neighbour, SIZE);
    void *from_malloc = malloc(SIZE);
    memset(live, 7, SIZE);
    is(aur_bufpool_free(pool, idle), 0, "one buffer lies idle");

    check_near((uintptr_t)live, "a buffer");
    check_near((uintptr_t)idle, "an idle one");
    check_folded((uintptr_t)live);
    check_wild();
    check_foreign((uintptr_t)local, "an address on the stack");
    check_foreign((uintptr_t)&pool, "an address in static memory");
    check_foreign((uintptr_t)main, "a function");
    check_foreign((uintptr_t)from_malloc, "memory from malloc");
    check_foreign((uintptr_t)theirs, "another pool's buffer");
    is(aur_bufpool_size(neighbour, theirs), SIZE, "which the other pool still has");
    is(aur_bufpool_free(neighbour, live), -EINVAL, "nor does that take a buffer of ours");
    is(aur_bufpool_free(neighbour, theirs), 0, "it frees its own");

    is(aur_bufpool_size(pool, live), SIZE, "the buffer is live still");
    ok(live[0] == 7 && live[SIZE - 1] == 7, "... and unharmed");
    is(aur_bufpool_free(pool, live), 0, "... and is freed");
    free(from_malloc);
    aur_bufpool_destroy(neighbour);
    aur_bufpool_destroy(pool);
    return done();
}
