/* SPDX-License-Identifier: Apache-2.0 */
/* Operations without a callback are carried out and counted all the same. */
#include "outcome.h"

enum { WRITES = 100, BYTES = 1000 };

int main(void)
{
    static unsigned char out[WRITES * BYTES], in[WRITES * BYTES];
    auraio_engine_t *engine = test_engine(NULL);
    auraio_stats_t stats;
    int fd = scratch_file("file", 0, 0), closed = closed_fd(fd), accepted = 0;

    fill_pattern(out, sizeof out, 0);
    for (int i = 0; i < WRITES; i++)
        accepted += auraio_write(engine, fd, auraio_buf(out + i * BYTES), BYTES, (int64_t)i * BYTES,
                                 NULL, NULL) != NULL;
    is(accepted, WRITES, "writes without a callback are taken");
    is(auraio_drain(engine, 60000), WRITES, "drain counts them");
    is(pread(fd, in, sizeof in, 0), sizeof in, "the file");
    ok(memcmp(in, out, sizeof out) == 0, "has them all");

    ok(auraio_fsync(engine, fd, AURAIO_FSYNC_DATASYNC, NULL, NULL), "an fsync without one");
    ok(auraio_fsync(engine, closed, AURAIO_FSYNC_DEFAULT, NULL, NULL), "one that will fail");
    ok(auraio_nop(engine, NULL, NULL), "a nop");
    is(auraio_drain(engine, 60000), 3, "drain counts these as well");
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    is(stats.ops_failed, 1, "tell of the failure");
    is(stats.bytes_transferred, sizeof out, "and of the bytes");
    is(auraio_pending_count(engine), 0, "nothing is in flight");
    auraio_destroy(engine);
    return done();
}
