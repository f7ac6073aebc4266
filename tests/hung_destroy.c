/* SPDX-License-Identifier: Apache-2.0 */
/* destroy_timeout comes back although the device never answers, and what the kernel may
 * still write to stays: when the device answers after all, nothing is harmed. */
#include "faultfs.h"
#include "outcome.h"

enum { BYTES = 65536, READS = 3, TIMEOUT_MS = 300 };

static _Atomic int told;

static void count_message(int level, const char *msg, void *user_data)
{
    (void)user_data;
    if (level <= AURAIO_LOG_WARN && msg[0])
        atomic_fetch_add(&told, 1);
}

static void hangs(struct faultfs *fs, int flags)
{
    static _Alignas(4096) unsigned char bufs[READS][BYTES];
    static struct seen seen[READS]; /* an abandoned operation outlives the engine */
    auraio_engine_t *engine = test_engine(NULL);
    int fd = faultfs_open(fs, flags), once = 0;

    memset(seen, 0, sizeof seen);
    atomic_store(&told, 0);
    atomic_store(&fs->orders->hold, true);
    for (int i = 0; i < READS; i++)
        ok(auraio_read(engine, fd, auraio_buf(bufs[i]), BYTES, (int64_t)i * BYTES, see, &seen[i]),
           "a read of a hung file");
    is(auraio_flush(engine), 0, "sent");
    ok(faultfs_wait_held(fs, READS), "the device has them");

    double start_ms = now_ms();
    errno = 0;
    is(auraio_destroy_timeout(engine, TIMEOUT_MS), -1, "destroy_timeout fails");
    is(errno, ETIMEDOUT, "with ETIMEDOUT");
    double took_ms = now_ms() - start_ms;
    ok(took_ms >= TIMEOUT_MS - 10 && took_ms < 30000, "in its time (%.0f ms)", took_ms);
    ok(atomic_load(&told) > 0, "the log tells of it");
    for (int i = 0; i < READS; i++)
        once += seen[i].calls <= 1;
    is(once, READS, "no callback came twice");

    atomic_store(&fs->orders->hold, false);
    for (double end_ms = now_ms() + 60000; atomic_load(&fs->orders->held) && now_ms() < end_ms;)
        usleep(1000);
    is(atomic_load(&fs->orders->held), 0, "the device answers after all");
    usleep(100000);
    close(fd);
}

int main(void)
{
    struct faultfs *fs = faultfs_needed();
    unsigned char buf[100];
    struct seen seen = {0};

    auraio_set_log_handler(count_message, NULL);
    hangs(fs, 0);
    hangs(fs, O_DIRECT);

    auraio_engine_t *engine = test_engine(NULL);
    int fd = faultfs_open(fs, 0);
    is(outcome(engine, auraio_read(engine, fd, auraio_buf(buf), 100, 0, see, &seen), &seen), 100,
       "another engine works");
    is(auraio_destroy_timeout(engine, TIMEOUT_MS), 0, "and goes");
    close(fd);
    faultfs_stop(fs);
    return done();
}
