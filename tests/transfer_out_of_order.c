/* SPDX-License-Identifier: Apache-2.0 */
/* A slow device does not hold up a quick one: callbacks run as operations complete. */
#include "faultfs.h"
#include "outcome.h"

int main(void)
{
    unsigned char slow_buf[4096], quick_buf[4096];
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);
    struct seen slow = {0}, quick = {0};
    int fd = faultfs_open(fs, 0), file = scratch_file("quick", 4096, 0);

    atomic_store(&fs->orders->hold, true);
    auraio_request_t *req = auraio_read(engine, fd, auraio_buf(slow_buf), 4096, 0, see, &slow);
    is(outcome(engine, auraio_read(engine, file, auraio_buf(quick_buf), 4096, 0, see, &quick),
               &quick),
       4096, "the quick file's read, submitted second");
    is(slow.calls, 0, "completes first, while the slow one is under way");
    atomic_store(&fs->orders->hold, false);
    is(outcome(engine, req, &slow), 4096, "which completes as well");
    ok(matches_pattern(slow_buf, 4096, 0) && matches_pattern(quick_buf, 4096, 0),
       "both have their bytes");
    auraio_destroy(engine);
    close(fd);
    faultfs_stop(fs);
    return done();
}
