/* SPDX-License-Identifier: Apache-2.0 */
/* Cancelling what a device has and does not answer: the call returns at once, and the
 * callback comes once, when the device is done with the buffer. */
#include "faultfs.h"
#include "outcome.h"

enum { BYTES = 4096 };

static void cancelled(struct faultfs *fs, auraio_engine_t *engine, int flags)
{
    static _Alignas(4096) unsigned char buf[BYTES];
    struct seen seen = {0};
    int fd = faultfs_open(fs, flags);

    memset(buf, 0, sizeof buf);
    atomic_store(&fs->orders->hold, true);
    auraio_request_t *req = auraio_read(engine, fd, auraio_buf(buf), BYTES, 8192, see, &seen);
    ok(req, "a read of a hung file");
    is(auraio_flush(engine), 0, "is sent");
    ok(faultfs_wait_held(fs, 1), "the device has it");

    double start_ms = now_ms();
    is(auraio_cancel(engine, req), 0, "cancel is asked for");
    ok(now_ms() - start_ms < 30000, "and returns at once (%.0f ms)", now_ms() - start_ms);
    auraio_wait(engine, 300);
    ok(seen.calls == 0 || seen.result == -ECANCELED, "it is under way or was stopped (%d, %zd)",
       seen.calls, seen.result);

    atomic_store(&fs->orders->hold, false);
    ok(wait_seen(engine, &seen), "the device answers, the callback has come");
    ok(seen.result == BYTES || seen.result == -ECANCELED, "with the real result (%zd)",
       seen.result);
    ok(seen.result < 0 || matches_pattern(buf, BYTES, 8192), "and its bytes");
    is(auraio_wait(engine, 50), 0, "nothing comes after it");
    is(seen.calls, 1, "the callback came once");
    ok(auraio_cancel(engine, req) == -1 && (errno == EALREADY || errno == EINVAL),
       "cancelling again is refused");
    close(fd);
}

int main(void)
{
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);

    cancelled(fs, engine, 0);
    cancelled(fs, engine, O_DIRECT);
    auraio_destroy(engine);
    faultfs_stop(fs);
    return done();
}
