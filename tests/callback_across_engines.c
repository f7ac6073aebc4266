/* SPDX-License-Identifier: Apache-2.0 */
/* One thread uses two engines, and callbacks of each submit to the other: a file is copied, read
 * through one engine and written through the other. */
#include "outcome.h"

enum { BLOCK_BYTES = 4096, BLOCKS = 500, LANES = 8 };

struct lane {
    unsigned char buf[BLOCK_BYTES];
    int64_t block;
};

static auraio_engine_t *readers, *writers;
static struct lane lanes[LANES];
static int from, to, next_block, copied, refused, wrong;

static void start(struct lane *lane);

static void written(auraio_request_t *req, ssize_t result, void *user_data)
{
    (void)req;
    wrong += result != BLOCK_BYTES;
    copied++;
    if (next_block < BLOCKS)
        start(user_data);
}

static void was_read(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct lane *lane = user_data;

    (void)req;
    wrong += result != BLOCK_BYTES;
    refused += !auraio_write(writers, to, auraio_buf(lane->buf), BLOCK_BYTES,
                             lane->block * BLOCK_BYTES, written, lane);
}

static void start(struct lane *lane)
{
    lane->block = next_block++;
    refused += !auraio_read(readers, from, auraio_buf(lane->buf), BLOCK_BYTES,
                            lane->block * BLOCK_BYTES, was_read, lane);
}

/* What is forbidden on the engine of the callback is not on another. */
static void uses_another(auraio_request_t *req, ssize_t result, void *user_data)
{
    auraio_engine_t *other = test_engine(NULL);
    struct seen seen = {0};
    int *good = user_data;

    (void)req, (void)result;
    *good += auraio_nop(other, see, &seen) && auraio_drain(other, 60000) >= 0 && seen.calls == 1;
    *good += auraio_wait(other, 0) >= 0 && auraio_poll(other) >= 0;
    *good += auraio_destroy_timeout(other, 60000) == 0;
    errno = 0;
    *good += auraio_destroy_timeout(writers, 10000) == -1 && errno == EDEADLK;
}

static int same_blocks(void)
{
    unsigned char buf[BLOCK_BYTES];
    int same = 0;

    for (int i = 0; i < BLOCKS; i++)
        same += pread(to, buf, BLOCK_BYTES, (off_t)i * BLOCK_BYTES) == BLOCK_BYTES &&
                matches_pattern(buf, BLOCK_BYTES, (uint64_t)i * BLOCK_BYTES);
    return same;
}

int main(void)
{
    from = scratch_file("from", BLOCKS * BLOCK_BYTES, 0);
    to = scratch_file("to", 0, 0);
    readers = test_engine(NULL);
    writers = test_engine(NULL);
    for (int i = 0; i < LANES; i++)
        start(&lanes[i]);
    for (double end_ms = now_ms() + 60000; copied < BLOCKS && !refused && now_ms() < end_ms;) {
        auraio_wait(readers, 1);
        auraio_wait(writers, 1);
    }
    is(refused, 0, "no submission was refused");
    is(copied, BLOCKS, "every block was copied");
    is(wrong, 0, "none in part");
    is(auraio_pending_count(readers) + auraio_pending_count(writers), 0, "nothing is left");
    is(same_blocks(), BLOCKS, "the copy is as the original");
    auraio_destroy(readers);
    struct seen seen = {0};
    is(outcome(writers, auraio_fsync(writers, to, AURAIO_FSYNC_DEFAULT, see, &seen), &seen), 0,
       "one engine works on without the other");
    int good = 0;
    ok(auraio_nop(writers, uses_another, &good) && auraio_drain(writers, 60000) >= 0,
       "a callback with an engine of its own");
    is(good, 4, "makes it, waits, polls and destroys it, and may not destroy that which runs it");
    auraio_destroy(writers);
    return done();
}
