/* SPDX-License-Identifier: Apache-2.0 */
/* unregister returns when the last operation on the set has ended: it processes what is in
 * flight, callbacks included, also for a caller that is alone. */
#include "outcome.h"

enum { OPERATIONS = 64, BLOCK_BYTES = 4096, GENEROUS_MS = 8000 };

static unsigned char memory[OPERATIONS][BLOCK_BYTES];
static struct seen seen[OPERATIONS];

static int right_ones(void)
{
    int right = 0;

    for (int i = 0; i < OPERATIONS; i++) {
        right += seen[i].calls == 1 && seen[i].result == BLOCK_BYTES &&
                 matches_pattern(memory[i], BLOCK_BYTES, (uint64_t)i * BLOCK_BYTES);
        memset(&seen[i], 0, sizeof seen[i]);
    }
    memset(memory, 0, sizeof memory);
    return right;
}

int main(void)
{
    int fd = scratch_file("file", OPERATIONS * BLOCK_BYTES, 0), accepted = 0;
    const struct iovec iov = {memory, sizeof memory};
    auraio_options_t options;

    test_options(&options);
    options.disable_adaptive = true;
    auraio_engine_t *engine = test_engine(&options);
    is(auraio_set_max_in_flight(engine, 3), 0, "three in flight, the others held back");
    is(auraio_register_buffers(engine, &iov, 1), 0, "a buffer is registered");
    for (int i = 0; i < OPERATIONS; i++)
        accepted += auraio_read(engine, fd, auraio_buf_fixed(0, (size_t)i * BLOCK_BYTES),
                                BLOCK_BYTES, (int64_t)i * BLOCK_BYTES, see, &seen[i]) != NULL;
    is(accepted, OPERATIONS, "reads into it");
    double began_ms = now_ms();
    is(auraio_unregister_buffers(engine), 0, "it is unregistered");
    ok(now_ms() - began_ms < GENEROUS_MS, "soon (%.0f ms)", now_ms() - began_ms);
    is(right_ones(), OPERATIONS, "after all of them have ended");

    is(auraio_register_files(engine, &fd, 1), 0, "a file is registered");
    accepted = 0;
    for (int i = 0; i < OPERATIONS; i++)
        accepted += auraio_read(engine, auraio_fixed_file(0), auraio_buf(memory[i]), BLOCK_BYTES,
                                (int64_t)i * BLOCK_BYTES, see, &seen[i]) != NULL;
    is(accepted, OPERATIONS, "reads of it");
    began_ms = now_ms();
    is(auraio_unregister_files(engine), 0, "it is unregistered");
    ok(now_ms() - began_ms < GENEROUS_MS, "soon (%.0f ms)", now_ms() - began_ms);
    is(right_ones(), OPERATIONS, "after all of them have ended");
    is(auraio_drain(engine, 0), 0, "nothing is left");
    auraio_destroy(engine);
    return done();
}
