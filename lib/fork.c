/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page for the process that reads as zero in a forked child: an engine
 * remembers the number that stood there, a child writes the next one. Without a
 * lock, which another thread might hold at the moment of the fork.
 */
#include "engine.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic uint64_t *_Atomic the_fork_page;

static _Atomic uint64_t *fork_page(void)
{
    _Atomic uint64_t *page = atomic_load(&the_fork_page), *none = NULL;
    size_t size = (size_t)sysconf(_SC_PAGESIZE);

    if (page)
        return page;
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    madvise(map, size, MADV_WIPEONFORK);
    if (atomic_compare_exchange_strong(&the_fork_page, &none, map))
        return map;
    munmap(map, size);
    return none;
}

int aur_fork_begin(uint64_t *born, const _Atomic uint64_t **word)
{
    static _Atomic uint64_t last;
    _Atomic uint64_t *page = fork_page();

    if (!page)
        return ENOMEM;
    *word = page;
    *born = atomic_load(page);
    if (*born)
        return 0;
    uint64_t next = atomic_fetch_add(&last, 1) + 1;
    *born = 0;
    if (atomic_compare_exchange_strong(page, born, next))
        *born = next;
    return 0;
}

uint64_t aur_fork_number(void)
{
    return atomic_load(atomic_load(&the_fork_page));
}
