/* SPDX-License-Identifier: Apache-2.0 */
/* While a device does not answer, wait keeps its timeout and other files go on. */
#include "faultfs.h"
#include "outcome.h"

enum { BYTES = 4096, OTHERS = 200 };

int main(void)
{
    static unsigned char hung_buf[BYTES], buf[BYTES];
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);
    struct seen hung = {0}, seen = {0};
    int fd = faultfs_open(fs, 0), file = scratch_file("file", BYTES, 0), right = 0;

    atomic_store(&fs->orders->hold, true);
    auraio_request_t *req = auraio_read(engine, fd, auraio_buf(hung_buf), BYTES, 0, see, &hung);
    ok(req, "a read of a hung file is taken");
    double start_ms = now_ms();
    is(auraio_wait(engine, 200), 0, "wait gives 0");
    double took_ms = now_ms() - start_ms;
    ok(took_ms >= 199 && took_ms < 30000, "after its timeout (%.0f ms)", took_ms);
    ok(faultfs_wait_held(fs, 1), "the device has the request");

    start_ms = now_ms();
    for (int i = 0; i < OTHERS; i++)
        right += outcome(engine, auraio_read(engine, file, auraio_buf(buf), BYTES, 0, see, &seen),
                         &seen) == BYTES;
    is(right, OTHERS, "other files are read meanwhile");
    /* were each read up at the end of a wait of wait_seen, they would take 20 s */
    ok(now_ms() - start_ms < 15000, "without delay (%.0f ms)", now_ms() - start_ms);
    is(hung.calls, 0, "the hung read has not called back");
    ok(auraio_request_pending(req), "it is pending");
    is(auraio_pending_count(engine), 1, "it alone");

    atomic_store(&fs->orders->hold, false);
    is(outcome(engine, req, &hung), BYTES, "when the device answers it completes");
    ok(matches_pattern(hung_buf, BYTES, 0), "with its bytes");
    auraio_destroy(engine);
    close(fd);
    faultfs_stop(fs);
    return done();
}
