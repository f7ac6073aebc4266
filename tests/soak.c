/* SPDX-License-Identifier: Apache-2.0 */
/*
 * soak MINUTES: for so long everything at once goes wrong that may: a device that errs, answers
 * short, late or not at all, cancels, deadlines, threads that come and go, engines that are made
 * and destroyed, forks. Every operation is answered once and with the right bytes. Memory,
 * descriptors and threads are sampled at quiet moments and stay flat: the end is compared with the
 * end of the first tenth.
 */
#include "child.h"
#include "faultfs.h"
#include "threads.h"

enum {
    WORKERS = 4,
    OPS = 24, /* of a worker in one round */
    BLOCK_BYTES = 4096,
    BLOCKS = FAULTFS_BYTES / BLOCK_BYTES,
    QUIET_ROUNDS = 50, /* between samples */
    SLACK_KIB = 2048,  /* that the resident set may grow by: arenas of threads */
    SLACK_THREADS = 4,
    SLACK_FDS = 2
};

struct sample {
    long resident_kib;
    int fds, threads;
};

struct worker {
    unsigned seed;
    unsigned char bufs[OPS][BLOCK_BYTES];
    struct seen seen[OPS];
    bool accepted[OPS];
    int block[OPS];
};

static struct faultfs *fs;
static auraio_engine_t *engine;
static _Atomic long operations, failed, cancelled, forks, wrong;

static unsigned next(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static long resident_kib(void)
{
    long all = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");

    if (!f || fscanf(f, "%ld %ld", &all, &resident) != 2)
        bail("/proc/self/statm: %s", strerror(errno));
    fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void submit(struct worker *w, int i, int fd)
{
    auraio_op_t op = transfer_op(AURAIO_OP_READ, fd, w->bufs[i], BLOCK_BYTES,
                                 (int64_t)w->block[i] * BLOCK_BYTES, &w->seen[i]);
    auraio_request_t *req = NULL;

    op.timeout_ms = next(&w->seed) % 4 ? 0 : 1 + (int)(next(&w->seed) % 20);
    w->accepted[i] = auraio_submit(engine, &op, 1, &req) == 1;
    if (w->accepted[i] && next(&w->seed) % 8 == 0)
        auraio_cancel(engine, req);
}

static bool is_right(const struct worker *w, int i)
{
    ssize_t n = w->seen[i].result;

    if (!w->accepted[i] || w->seen[i].calls != 1)
        return !w->accepted[i] && !w->seen[i].calls;
    if (n < 0)
        return n == -EIO || n == -ECANCELED || n == -ETIME || n == -EINTR;
    return matches_pattern(w->bufs[i], (size_t)n, (uint64_t)w->block[i] * BLOCK_BYTES);
}

/* A thread that lives for one round. */
static void *one_round(void *arg)
{
    struct worker *w = arg;
    int fd = faultfs_open(fs, next(&w->seed) % 2 ? O_DIRECT : 0);
    void *buffer = auraio_buffer_alloc(engine, (size_t)BLOCK_BYTES << next(&w->seed) % 5);

    memset(w->seen, 0, sizeof w->seen);
    for (int i = 0; i < OPS; i++) {
        w->block[i] = (int)(next(&w->seed) % BLOCKS);
        submit(w, i, fd);
    }
    for (int i = 0; i < OPS; i++)
        if (w->accepted[i] && !wait_seen(engine, &w->seen[i]))
            atomic_fetch_add(&wrong, 1);
    for (int i = 0; i < OPS; i++) {
        atomic_fetch_add(&operations, w->accepted[i]);
        atomic_fetch_add(&wrong, !is_right(w, i));
        atomic_fetch_add(&failed, w->seen[i].result == -EIO);
        atomic_fetch_add(&cancelled,
                         w->seen[i].result == -ECANCELED || w->seen[i].result == -ETIME);
    }
    auraio_buffer_free(engine, buffer);
    close(fd);
    return NULL;
}

static int in_a_child(void *arg)
{
    struct seen seen = {0};

    EXPECT(!auraio_nop(engine, see, &seen) && errno == EOWNERDEAD);
    EXPECT(auraio_destroy_timeout(engine, 60000) == 0);
    if (*(int *)arg % 2)
        return 0;
    auraio_engine_t *own = test_engine(NULL);
    EXPECT(outcome(own, auraio_nop(own, see, &seen), &seen) == 0);
    EXPECT(auraio_destroy_timeout(own, 60000) == 0);
    return 0;
}

/* What the device does in this round. */
static void misbehave(unsigned *seed)
{
    struct faultfs_orders *orders = fs->orders;

    atomic_store(&orders->most_bytes, next(seed) % 3 ? 0 : 512u << next(seed) % 3);
    atomic_store(&orders->error, EIO);
    atomic_store(&orders->error_calls, next(seed) % 2 ? (int)(next(seed) % 10) : 0);
    atomic_store(&orders->error_after, (int)(next(seed) % 20));
    atomic_store(&orders->delay_ms, next(seed) % 6 ? 0 : 1);
    atomic_store(&orders->hold, next(seed) % 5 == 0);
}

static void make_engine(unsigned *seed)
{
    auraio_options_t options;

    test_options(&options);
    options.ring_count = 1 + (int)(next(seed) % 3);
    options.queue_depth = 8 << next(seed) % 5;
    options.disable_adaptive = next(seed) % 3 == 0;
    engine = test_engine(&options);
}

static void rounds_of_work(struct worker *workers, unsigned *seed)
{
    pthread_t threads[WORKERS];

    fs = faultfs_needed(); /* before the engine and the threads: it forks */
    make_engine(seed);
    for (int round = 0; round < QUIET_ROUNDS; round++) {
        misbehave(seed);
        for (int i = 0; i < WORKERS; i++)
            start_threads(&threads[i], 1, one_round, &workers[i]);
        if (atomic_load(&fs->orders->hold)) {
            sleep_ms(5);
            atomic_store(&fs->orders->hold, false);
        }
        if (round % 10 == 3 && !UNDER_ASAN && !UNDER_TSAN) { /* they do not bear a fork */
            atomic_fetch_add(&wrong, in_child(in_a_child, &round) != 0);
            atomic_fetch_add(&forks, 1);
        }
        join_threads(threads, WORKERS);
    }
    atomic_fetch_add(&wrong, auraio_pending_count(engine) != 0);
    atomic_fetch_add(&wrong, auraio_destroy_timeout(engine, 60000) != 0);
    faultfs_stop(fs);
}

static struct sample sample(int threads)
{
    threads_left(threads);
    return (struct sample){resident_kib(), count_fds(), count_threads()};
}

static void check_flat(const struct sample *first, const struct sample *last)
{
    note("%ld operations, %ld errors, %ld stopped, %ld forks", operations, failed, cancelled,
         forks);
    note("resident %ld, then %ld KiB; descriptors %d, %d; threads %d, %d", first->resident_kib,
         last->resident_kib, first->fds, last->fds, first->threads, last->threads);
    is(atomic_load(&wrong), 0, "every operation was answered once, as it should be");
    ok(UNDER_ASAN || UNDER_TSAN || last->resident_kib <= first->resident_kib + SLACK_KIB,
       "memory is flat"); /* sanitizers keep what was freed */
    ok(last->fds <= first->fds + SLACK_FDS, "descriptors are flat");
    ok(last->threads <= first->threads + SLACK_THREADS, "threads are flat");
}

int main(int argc, char **argv)
{
    double minutes = argc > 1 ? atof(argv[1]) : 0, began_ms = now_ms();
    static struct worker workers[WORKERS];
    unsigned seed = (unsigned)time(NULL);
    struct sample first = {0}, last = {0};
    int threads, n = 0;

    without_malloc_checks(argv);
    if (under_valgrind())
        skip_all("what the other threads held is lost in a child");
    note("seed %u, %g minutes", seed, minutes);
    for (int i = 0; i < WORKERS; i++)
        workers[i].seed = seed + (unsigned)i;
    threads = threads_now();
    do {
        rounds_of_work(workers, &seed);
        last = sample(threads);
        if (n++ == 0 || now_ms() - began_ms < minutes * 6000)
            first = last;
    } while (n < 2 || now_ms() - began_ms < minutes * 60000);
    check_flat(&first, &last);
    return done();
}
