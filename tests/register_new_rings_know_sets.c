/* SPDX-License-Identifier: Apache-2.0 */
/* Rings that come into being after a registration know the sets, and an engine that is destroyed
 * with sets registered leaves nothing behind. */
#include "threads.h"

enum { RINGS = 3, BLOCK_BYTES = 4096, ROUNDS = 4 };

static unsigned char memory[2][BLOCK_BYTES];

static ssize_t read_fixed(auraio_engine_t *engine, int index)
{
    struct seen seen = {0};

    memset(memory, 0, sizeof memory);
    ssize_t n = outcome(engine,
                        auraio_read(engine, auraio_fixed_file(index), auraio_buf_fixed_idx(index),
                                    BLOCK_BYTES, BLOCK_BYTES, see, &seen),
                        &seen);
    return n == BLOCK_BYTES && !matches_pattern(memory[index], BLOCK_BYTES, BLOCK_BYTES) ? -1 : n;
}

static int one_engine(int fd, bool update)
{
    const struct iovec iovs[] = {{memory[0], BLOCK_BYTES}, {memory[1], BLOCK_BYTES}};
    const int fds[] = {fd, update ? -1 : fd};
    auraio_options_t options;
    int right = 0;

    test_options(&options);
    options.ring_count = on_single() ? 1 : RINGS;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    auraio_engine_t *engine = test_engine(&options);
    if (auraio_register_buffers(engine, iovs, 2) || auraio_register_files(engine, fds, 2))
        bail("register: %s", strerror(errno));
    right += read_fixed(engine, 0) == BLOCK_BYTES; /* the first ring */
    if (update && auraio_update_file(engine, 1, fd))
        bail("update: %s", strerror(errno));
    for (int i = 0; i < 2 * RINGS; i++)
        right += read_fixed(engine, i % 2) == BLOCK_BYTES;
    auraio_destroy(engine);
    return right;
}

int main(void)
{
    int fd = scratch_file("file", 2 * BLOCK_BYTES, 0);

    one_engine(fd, false);
    int fds = count_fds(), threads = threads_now();
    for (int i = 0; i < ROUNDS; i++)
        is(one_engine(fd, i % 2), 2 * RINGS + 1, "all reads on all rings, engine %d", i);
    is(count_fds(), fds, "no descriptor is left behind");
    is(threads_left(threads), threads, "no thread either");
    return done();
}
