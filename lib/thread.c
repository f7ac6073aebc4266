/* SPDX-License-Identifier: Apache-2.0 */
/* The thread-local half of thread.h, and what asks for the callback that is running. */
#include "thread.h"

#include <stdatomic.h>

_Thread_local struct thread aur_thread = {.cpu = -1};

uint32_t aur_thread_enrol(void)
{
    static _Atomic uint32_t next = 1;

    /* 2^32 threads later a number comes again; 0 stays "none". */
    do
        aur_thread.id = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);
    while (!aur_thread.id);
    aur_thread.random = aur_thread.id * 2654435761u;
    return aur_thread.id;
}

bool auraio_in_callback(void)
{
    return aur_thread.running != NULL;
}
