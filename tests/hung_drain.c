/* SPDX-License-Identifier: Apache-2.0 */
/* drain comes back at its timeout with work left, and finishes it when the device answers. */
#include "faultfs.h"
#include "outcome.h"

enum { READS = 4, WRITES = 2, BYTES = 4096 };

int main(void)
{
    static unsigned char bufs[READS + WRITES][BYTES];
    struct faultfs *fs = faultfs_needed();
    auraio_engine_t *engine = test_engine(NULL);
    struct seen seen[READS + WRITES] = {0};
    int fd = faultfs_open(fs, 0), taken = 0, right = 0;

    atomic_store(&fs->orders->hold, true);
    for (int i = 0; i < READS; i++)
        taken += auraio_read(engine, fd, auraio_buf(bufs[i]), BYTES, (int64_t)i * BYTES, see,
                             &seen[i]) != NULL;
    for (int i = READS; i < READS + WRITES; i++)
        taken += auraio_write(engine, fd, auraio_buf(bufs[i]), BYTES, (int64_t)i * BYTES, see,
                              &seen[i]) != NULL;
    is(taken, READS + WRITES, "reads and writes of a hung file are taken");
    double start_ms = now_ms();
    errno = 0;
    is(auraio_drain(engine, 300), -1, "drain fails");
    is(errno, ETIMEDOUT, "with ETIMEDOUT");
    double took_ms = now_ms() - start_ms;
    ok(took_ms >= 290 && took_ms < 30000, "at its timeout (%.0f ms)", took_ms);
    is(auraio_pending_count(engine), READS + WRITES, "the work is left");

    atomic_store(&fs->orders->hold, false);
    is(auraio_drain(engine, 60000), READS + WRITES, "when the device answers it is finished");
    for (int i = 0; i < READS + WRITES; i++)
        right += seen[i].calls == 1 && seen[i].result == BYTES;
    is(right, READS + WRITES, "each once, in full");
    is(auraio_drain(engine, 0), 0, "then there is nothing to drain");
    auraio_destroy(engine);
    close(fd);
    faultfs_stop(fs);
    return done();
}
