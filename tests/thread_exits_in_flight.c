/* SPDX-License-Identifier: Apache-2.0 */
/* Threads exit with their operations in flight, of kinds that the kernel ties to the submitting
 * thread: reads of what is not cached, O_DIRECT, writes, fsync. All complete as if it had lived. */
#include "threads.h"

enum { THREADS = 500, KINDS = 5, BLOCK_BYTES = 65536, BLOCKS = 64 };

struct work {
    struct seen seen[KINDS];
    unsigned char *bufs[KINDS];
    int thread, accepted;
};

static auraio_engine_t *engine;
static struct work works[THREADS];
static int fd, direct_fd, write_fd;

static int64_t block_of(int thread, int i)
{
    return (int64_t)((thread * 7 + i * 13) % BLOCKS) * BLOCK_BYTES;
}

static void *submit_and_exit(void *arg)
{
    struct work *work = arg;
    auraio_op_t ops[KINDS];

    for (int i = 0; i < KINDS; i++)
        ops[i] = transfer_op(AURAIO_OP_READ, fd, work->bufs[i], BLOCK_BYTES,
                             block_of(work->thread, i), &work->seen[i]);
    ops[1].fd = direct_fd;
    ops[2].type = AURAIO_OP_WRITE;
    ops[2].fd = write_fd;
    ops[3].fd = work->thread % 2 ? fd : direct_fd;
    ops[4] = simple_op(AURAIO_OP_FSYNC, write_fd, &work->seen[4]);
    work->accepted = (int)auraio_submit(engine, ops, KINDS, NULL);
    if (work->thread % 3)
        auraio_flush(engine);
    return NULL;
}

static bool start_one(int i)
{
    pthread_t thread;

    works[i].thread = i;
    for (int k = 0; k < KINDS; k++)
        if (!(works[i].bufs[k] = auraio_buffer_alloc(engine, BLOCK_BYTES)))
            bail("no buffer");
    fill_pattern(works[i].bufs[2], BLOCK_BYTES, (uint64_t)block_of(i, 2));
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    start_threads(&thread, 1, submit_and_exit, &works[i]);
    join_threads(&thread, 1);
    return works[i].accepted == KINDS;
}

/* How many of a thread's operations ended as if it had lived; their buffers are given back. */
static int right_ones(struct work *work)
{
    int right = 0;

    for (int k = 0; k < KINDS; k++) {
        bool reads = k != 2 && k != 4;
        right += work->seen[k].calls == 1 && work->seen[k].result == (k == 4 ? 0 : BLOCK_BYTES) &&
                 (!reads ||
                  matches_pattern(work->bufs[k], BLOCK_BYTES, (uint64_t)block_of(work->thread, k)));
        if (work->seen[k].result < 0)
            note("thread %d, kind %d: %s", work->thread, k, strerror((int)-work->seen[k].result));
        auraio_buffer_free(engine, work->bufs[k]);
    }
    return right;
}

struct total {
    int accepted, drained, right;
};

static void all_threads(struct total *total)
{
    memset(works, 0, sizeof works);
    for (int i = 0; i < THREADS; i++) {
        total->accepted += start_one(i);
        if (i % 10 == 0)
            total->drained += auraio_drain(engine, 60000);
    }
    total->drained += auraio_drain(engine, 60000);
    for (int i = 0; i < THREADS; i++)
        total->right += right_ones(&works[i]);
}

int main(void)
{
    auraio_options_t options;
    struct total total = {0, 0, 0};
    int times = 1 + (rounds_of_race(THREADS) - 1) / THREADS, all = times * THREADS;
    char path[PATH_MAX];

    fd = scratch_file("file", (size_t)BLOCKS * BLOCK_BYTES, 0);
    fsync(fd); /* only clean pages can be dropped */
    write_fd = scratch_file("written", (size_t)BLOCKS * BLOCK_BYTES, 0);
    direct_fd = open(scratch_path(path, "file"), O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (direct_fd < 0) /* a file system without it: buffered then */
        direct_fd = open(path, O_RDONLY | O_CLOEXEC);
    test_options(&options);
    options.ring_count =
        2; /* however many CPUs there are: rings that come later have descriptors */
    options.backend_threads = 8;
    engine = test_engine(&options);
    start_one(0);
    auraio_drain(engine, 60000);
    is(right_ones(&works[0]), KINDS, "a first thread's operations complete");
    int fds = count_fds(), threads = count_threads();
    for (int i = 0; i < times; i++)
        all_threads(&total);
    is(total.accepted, all, "%d threads have submitted and exited", all);
    is(total.drained, all * KINDS, "all operations complete");
    is(total.right, all * KINDS, "as if their threads had lived");
    ok(count_fds() <= fds + 4, "descriptors are flat (%d, %d)", fds, count_fds());
    ok(count_threads() <= threads + 16, "threads too (%d, %d)", threads, count_threads());
    auraio_destroy(engine);
    return done();
}
