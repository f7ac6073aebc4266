/* SPDX-License-Identifier: Apache-2.0 */
/* Two hundred engines live side by side, each with its own operations; on 32-bit systems as many
 * as there can be, and no more. */
#include "threads.h"

#include <sys/resource.h>

enum { ENGINES = sizeof(void *) > 4 ? 200 : 31, BLOCK_BYTES = 512 };

static auraio_engine_t *engines[ENGINES];
static unsigned char bufs[ENGINES][BLOCK_BYTES];
static struct seen seen[ENGINES];

int main(void)
{
    int fd = scratch_file("file", ENGINES * BLOCK_BYTES, 0);
    int accepted = 0, right = 0, empty = 0;
    auraio_options_t options;
    struct rlimit files;

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    test_options(&options);
    options.ring_count = 1;
    options.queue_depth = 8;
    options.backend_threads = 1;
    int fds = count_fds(), threads = threads_now();

    for (int i = 0; i < ENGINES; i++) {
        engines[i] = test_engine(&options);
        accepted += auraio_read(engines[i], fd, auraio_buf(bufs[i]), BLOCK_BYTES, i * BLOCK_BYTES,
                                see, &seen[i]) != NULL;
    }
    is(accepted, ENGINES, "each of %d engines takes a read", ENGINES);
    errno = 0;
    if (sizeof(void *) == 4)
        ok(!auraio_create_with_options(&options) && errno == EMFILE, "there cannot be one more");
    for (int i = ENGINES; i-- > 0;)
        right += wait_seen(engines[i], &seen[i]) && seen[i].result == BLOCK_BYTES &&
                 matches_pattern(bufs[i], BLOCK_BYTES, (uint64_t)i * BLOCK_BYTES);
    is(right, ENGINES, "and completes it, the last one first");
    for (int i = 0; i < ENGINES; i++)
        empty += auraio_pending_count(engines[i]) == 0 && atomic_load(&seen[i].calls) == 1;
    is(empty, ENGINES, "nothing is pending anywhere, no callback ran twice");
    for (int i = 0; i < ENGINES; i += 2)
        auraio_destroy(engines[i]);
    atomic_store(&seen[1].calls, 0);
    is(outcome(engines[1], auraio_read(engines[1], fd, auraio_buf(bufs[1]), 1, 0, see, &seen[1]),
               &seen[1]),
       1, "with every other one destroyed the rest work on");
    for (int i = 1; i < ENGINES; i += 2)
        auraio_destroy(engines[i]);
    is(count_fds(), fds, "no descriptor is left behind");
    is(threads_left(threads), threads, "no thread either");
    return done();
}
