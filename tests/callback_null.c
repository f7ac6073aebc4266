/* SPDX-License-Identifier: Apache-2.0 */
/* Operations without a callback run as all others do: they count, fail and can be cancelled. */
#include "slow.h"

enum { OPERATIONS = 500 };

int main(void)
{
    int fd = scratch_file("file", 0, 0), accepted = 0;
    static unsigned char bytes[OPERATIONS];
    auraio_options_t options;
    auraio_stats_t stats;
    struct slow slow;

    test_options(&options);
    options.queue_depth = 2 * OPERATIONS;
    auraio_engine_t *engine = test_engine(&options);
    fill_pattern(bytes, OPERATIONS, 0);
    for (int i = 0; i < OPERATIONS; i++)
        accepted += auraio_write(engine, fd, auraio_buf(&bytes[i]), 1, i, NULL, NULL) != NULL;
    accepted += auraio_write(engine, 99999, auraio_buf(bytes), 1, 0, NULL, NULL) != NULL;
    is(accepted, OPERATIONS + 1, "all are accepted");
    is(auraio_drain(engine, 60000), OPERATIONS + 1, "all are processed");
    memset(bytes, 0, sizeof bytes);
    is(pread(fd, bytes, OPERATIONS, 0), OPERATIONS, "the file is there");
    ok(matches_pattern(bytes, OPERATIONS, 0), "as it was written");
    is(auraio_get_stats(engine, &stats), 0, "statistics");
    is(stats.ops_completed, OPERATIONS + 1, "count them all");
    is(stats.ops_failed, 1, "and the one that failed");

    slow_open(&slow);
    auraio_request_t *req = auraio_read(engine, slow.out, auraio_buf(&slow.byte), 1, 0, NULL, NULL);
    auraio_flush(engine);
    ok(auraio_request_pending(req), "one is under way");
    ok(!auraio_request_user_data(req), "it has no user data");
    is(auraio_cancel(engine, req), 0, "it is cancelled");
    slow_end(&slow);
    is(auraio_drain(engine, 60000), 1, "and processed");
    ok(!auraio_request_pending(req), "its memory is free again");
    slow_close(&slow);
    auraio_destroy(engine);
    return done();
}
