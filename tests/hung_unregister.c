/* SPDX-License-Identifier: Apache-2.0 */
/* Registered buffers with a device that does not answer: the request to unregister returns
 * at once, the call that waits gives up after 10 s, and both are finished later. */
#include "faultfs.h"
#include "outcome.h"

enum { BYTES = 8192 };

int main(void)
{
    static _Alignas(4096) unsigned char memory[BYTES], other[BYTES];
    const struct iovec set = {memory, BYTES};
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);
    struct seen hung = {0}, seen = {0};
    int fd = faultfs_open(fs, 0), file = scratch_file("file", BYTES, 0);

    is(auraio_register_buffers(engine, &set, 1), 0, "a buffer is registered");
    atomic_store(&fs->orders->hold, true);
    auraio_request_t *req = auraio_read(engine, fd, auraio_buf_fixed(0, 100), 4096, 0, see, &hung);
    ok(req, "a hung read into it");
    is(auraio_flush(engine), 0, "is sent");
    ok(faultfs_wait_held(fs, 1), "the device has it");

    double start_ms = now_ms();
    is(auraio_request_unregister_buffers(engine), 0, "unregistering is asked for");
    ok(now_ms() - start_ms < 9000, "at once (%.0f ms)", now_ms() - start_ms);
    is(outcome(engine, auraio_read(engine, file, auraio_buf_fixed_idx(0), 10, 0, see, &seen),
               &seen),
       REFUSED(EBUSY), "the set is draining");
    is(auraio_register_buffers(engine, &set, 1), -1, "another cannot be registered");
    is(errno, EBUSY, "with EBUSY");
    is(outcome(engine, auraio_read(engine, file, auraio_buf(other), BYTES, 0, see, &seen), &seen),
       BYTES, "all else goes on");

    start_ms = now_ms();
    is(auraio_unregister_buffers(engine), -1, "the call that waits gives up");
    is(errno, ETIMEDOUT, "with ETIMEDOUT");
    ok(now_ms() - start_ms > 9000 && now_ms() - start_ms < 60000, "after 10 s (%.0f ms)",
       now_ms() - start_ms);

    atomic_store(&fs->orders->hold, false);
    is(outcome(engine, req, &hung), 4096, "the device answers");
    ok(matches_pattern(memory + 100, 4096, 0), "the bytes are in the buffer");
    ok(auraio_drain(engine, 60000) >= 0, "drained");
    is(auraio_register_buffers(engine, &set, 1), 0, "now a set can be registered again");
    is(auraio_unregister_buffers(engine), 0, "and unregistered");
    auraio_destroy(engine);
    close(fd);
    faultfs_stop(fs);
    return done();
}
