/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel grants queues of a few entries only, for want of locked memory: a ring holds as many
 * operations as it was made for all the same. */
#include "kern.h"
#include "outcome.h"

enum { ENTRIES = 8, DEPTH = 256, BLOCK_BYTES = 512 };

static _Atomic int granted;

static int setup_small(unsigned entries, struct io_uring_params *params)
{
    if (entries > ENTRIES)
        return -ENOMEM;
    atomic_fetch_add(&granted, 1);
    return aur_kern_real.uring_setup(entries, params);
}

int main(void)
{
    static unsigned char bufs[DEPTH][BLOCK_BYTES];
    static struct seen seen[DEPTH];
    int fd = scratch_file("file", DEPTH * BLOCK_BYTES, 0), accepted = 0, once = 0;
    auraio_options_t options;

    aur_kern.uring_setup = setup_small;
    test_options(&options);
    options.ring_count = 1;
    options.queue_depth = DEPTH;
    options.disable_adaptive = true;
    auraio_engine_t *engine = test_engine(&options);
    for (int i = 0; i < DEPTH; i++)
        accepted += auraio_read(engine, fd, auraio_buf(bufs[i]), BLOCK_BYTES, i * BLOCK_BYTES, see,
                                &seen[i]) != NULL;
    ok(atomic_load(&granted) > 0, "io_uring is used, with small queues");
    is(accepted, DEPTH, "%d operations are accepted", DEPTH);
    is(auraio_drain(engine, 60000), DEPTH, "all complete");
    for (int i = 0; i < DEPTH; i++)
        once += seen[i].calls == 1 && seen[i].result == BLOCK_BYTES &&
                matches_pattern(bufs[i], BLOCK_BYTES, (uint64_t)i * BLOCK_BYTES);
    is(once, DEPTH, "each once, with its data");
    is(auraio_destroy_timeout(engine, 60000), 0, "nothing is left");
    return done();
}
