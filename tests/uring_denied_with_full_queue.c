/* SPDX-License-Identifier: Apache-2.0 */
/* io_uring_enter(2) is refused for good while the submission queue is full, or nearly, or while
 * operations wait for a place in it because the kernel was busy: what was gathered and what comes
 * after is carried out by workers, each operation once. */
#include "kern.h"
#include "outcome.h"

enum { QUEUE = 64, AFTER = 40, BLOCK_BYTES = 512 };

static _Atomic int denial; /* 0 or the negative errno of each call */

static int enter_unless_denied(int fd, unsigned to_submit, unsigned min_complete, unsigned flags,
                               const void *arg, size_t size)
{
    int error = atomic_load(&denial);

    if (error)
        return error;
    return aur_kern_real.uring_enter(fd, to_submit, min_complete, flags, arg, size);
}

/* First the kernel is busy for so many operations. */
static void with_gathered(int fd, int gathered, int busy)
{
    static unsigned char bufs[QUEUE + 1 + AFTER][BLOCK_BYTES];
    struct seen seen[QUEUE + 1 + AFTER] = {0};
    int n = gathered + AFTER, accepted = 0, once = 0;
    auraio_options_t options;

    memset(bufs, 0, sizeof bufs);
    atomic_store(&denial, 0);
    test_options(&options);
    options.ring_count = 1;
    options.disable_adaptive = true;
    options.batch_threshold = 1000;
    auraio_engine_t *engine = test_engine(&options);
    for (int i = 0; i < n; i++) {
        if (i == gathered)
            atomic_store(&denial, -EAGAIN);
        if (i == gathered + busy)
            atomic_store(&denial, -EPERM);
        accepted += auraio_read(engine, fd, auraio_buf(bufs[i]), BLOCK_BYTES, i * BLOCK_BYTES, see,
                                &seen[i]) != NULL;
    }
    is(accepted, n, "%d gathered, %d while busy, then denied: all are accepted", gathered, busy);
    is(auraio_drain(engine, 60000), n, "%d gathered: all complete", gathered);
    for (int i = 0; i < n; i++)
        once += seen[i].calls == 1 && seen[i].result == BLOCK_BYTES &&
                matches_pattern(bufs[i], BLOCK_BYTES, (uint64_t)i * BLOCK_BYTES);
    is(once, n, "%d gathered: each once, with its data", gathered);
    is(auraio_get_fatal_error(engine), 0, "%d gathered: the engine has not failed", gathered);
    is(auraio_destroy_timeout(engine, 60000), 0, "%d gathered: nothing is left", gathered);
}

int main(void)
{
    static const int gathered[] = {0, 1, QUEUE - 1, QUEUE, QUEUE + 1};
    int fd = scratch_file("file", (QUEUE + 1 + AFTER) * BLOCK_BYTES, 0);

    aur_kern.uring_enter = enter_unless_denied;
    for (size_t i = 0; i < sizeof gathered / sizeof *gathered; i++)
        for (int busy = 0; busy < AFTER; busy += AFTER / 2)
            with_gathered(fd, gathered[i], busy);
    return done();
}
