/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Nth allocation fails, once and from there on, while every public call is
 * made: no crash, no leak, no hang. A call that fails says ENOMEM (creation may
 * also have found another way); an operation that was accepted is answered.
 */
#include "scenario.h"

#include "kern.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define OPS 40
#define MOST_ALLOCATIONS 2000 /* a scenario that makes more is counted as endless */

static struct {
    struct told told[OPS];
    int submitted;
    char buffers[OPS][4096];
    struct iovec iov[2];
    struct statx st;
    const char *wrong;
} run;

static void *next(auraio_request_t *req)
{
    (void)req;
    return &run.told[run.submitted];
}

/* A refused submission must say why; an accepted one is owed its callback. */
static void sent(const char *what, const auraio_request_t *req)
{
    if (req)
        run.submitted++;
    else if (errno != ENOMEM && errno != EAGAIN && errno != ENOENT)
        run.wrong = what;
}

#define TOLD tell, next(NULL)

static void may_fail(const char *what, int result)
{
    if (result < 0 && errno != ENOMEM)
        run.wrong = what;
}

static void data_operations(auraio_engine_t *e, int fd)
{
    run.iov[0] = (struct iovec){run.buffers[0], 100};
    run.iov[1] = (struct iovec){run.buffers[1], 200};
    sent("read", auraio_read(e, fd, auraio_buf(run.buffers[2]), 4096, 0, TOLD));
    sent("write", auraio_write(e, fd, auraio_buf(run.buffers[3]), 4096, 4096, TOLD));
    sent("readv", auraio_readv(e, fd, run.iov, 2, 0, TOLD));
    auraio_op_t ops[3] = {{.type = AURAIO_OP_WRITE,
                           .flags = AURAIO_OPF_LINK,
                           .fd = fd,
                           .buf = auraio_buf(run.buffers[4]),
                           .len = 512,
                           .offset = 8192,
                           .timeout_ms = 1000},
                          {.type = AURAIO_OP_FDATASYNC, .fd = fd},
                          {.type = AURAIO_OP_READ,
                           .fd = fd,
                           .buf = auraio_buf(run.buffers[5]),
                           .len = 512,
                           .offset = 0}};
    for (int i = 0; i < 3; i++) {
        ops[i].callback = tell;
        ops[i].user_data = &run.told[run.submitted + i];
    }
    ssize_t n = auraio_submit(e, ops, 3, NULL);
    if (n < 0 && errno != ENOMEM)
        run.wrong = "submit";
    run.submitted += n > 0 ? (int)n : 0;
    may_fail("wait", auraio_wait(e, 10));
}

static void other_operations(auraio_engine_t *e, int fd)
{
    sent("fsync", auraio_fsync(e, fd, AURAIO_FSYNC_DEFAULT, TOLD));
    sent("open", auraio_openat(e, AT_FDCWD, "/a", O_RDWR | O_CREAT, 0600, TOLD));
    sent("statx", auraio_statx(e, AT_FDCWD, "/a", 0, STATX_SIZE, &run.st, TOLD));
    sent("fallocate", auraio_fallocate(e, fd, 0, 0, 100, TOLD));
    sent("ftruncate", auraio_ftruncate(e, fd, 30000, TOLD));
    sent("sync_file_range", auraio_sync_file_range(e, fd, 0, 10, 0, TOLD));
    sent("fadvise", auraio_fadvise(e, fd, 0, 10, 0, TOLD));
    sent("mkdir", auraio_mkdirat(e, AT_FDCWD, "/d", 0700, TOLD));
    sent("rename", auraio_renameat(e, AT_FDCWD, "/d", AT_FDCWD, "/c", 0, TOLD));
    sent("unlink", auraio_unlinkat(e, AT_FDCWD, "/c", AT_REMOVEDIR, TOLD));
    sent("close", auraio_close(e, sim_open("/b", O_RDWR | O_CREAT), TOLD));
    sent("nop", auraio_nop(e, TOLD));
    auraio_request_t *req = auraio_nop(e, TOLD);
    sent("nop", req);
    if (req)
        auraio_cancel(e, req);
    auraio_cancel_fd(e, fd);
    may_fail("poll", auraio_poll(e));
    may_fail("wait_n", auraio_wait_n(e, 2, 10));
    may_fail("flush", auraio_flush(e));
}

static void buffers(auraio_engine_t *e)
{
    void *small = auraio_buffer_alloc(e, 1000), *large = auraio_buffer_alloc(e, 100000);
    auraio_buffer_stats_t stats;

    if ((!small || !large) && errno != ENOMEM)
        run.wrong = "buffer_alloc";
    if (small && auraio_buffer_size(e, small) < 1000)
        run.wrong = "buffer_size";
    if (small)
        memset(small, 1, 1000);
    if (large)
        memset(large, 1, 100000);
    may_fail("get_buffer_stats", auraio_get_buffer_stats(e, &stats));
    auraio_buffer_free(e, small);
    auraio_buffer_free(e, large);
}

static void registered_sets(auraio_engine_t *e, int fd)
{
    struct iovec set[2] = {{run.buffers[6], 4096}, {run.buffers[7], 4096}};
    int fds[2] = {fd, -1};

    int buffers_registered = auraio_register_buffers(e, set, 2);
    may_fail("register_buffers", buffers_registered);
    int files_registered = auraio_register_files(e, fds, 2);
    may_fail("register_files", files_registered);
    sent("fixed read", auraio_read(e, fd, auraio_buf_fixed(0, 0), 4096, 0, TOLD));
    if (!files_registered) {
        may_fail("update_file", auraio_update_file(e, 1, fd));
        sent("fixed file",
             auraio_read(e, auraio_fixed_file(0), auraio_buf(run.buffers[8]), 4096, 0, TOLD));
        may_fail("unregister_files", auraio_unregister_files(e));
    }
    if (!buffers_registered) {
        may_fail("request_unregister_buffers", auraio_request_unregister_buffers(e));
        may_fail("drain", auraio_drain(e, 5000));
    }
}

static void statistics(auraio_engine_t *e)
{
    auraio_stats_t stats;
    auraio_ring_stats_t ring;
    auraio_target_stats_t target;
    auraio_histogram_t histogram;
    auraio_features_t features;

    may_fail("get_stats", auraio_get_stats(e, &stats));
    may_fail("get_ring_stats", auraio_get_ring_stats(e, 0, &ring));
    if (auraio_get_target_count(e))
        may_fail("get_target_stats", auraio_get_target_stats(e, 0, &target));
    may_fail("get_histogram", auraio_get_histogram(e, 0, &histogram));
    may_fail("get_features", auraio_get_features(e, &features));
    may_fail("set_max_p99_latency", auraio_set_max_p99_latency(e, 5));
    may_fail("set_min_in_flight", auraio_set_min_in_flight(e, 2));
    may_fail("set_max_in_flight", auraio_set_max_in_flight(e, 3));
    may_fail("set_batch_threshold", auraio_set_batch_threshold(e, 2));
    may_fail("get_poll_fd", auraio_get_poll_fd(e));
    may_fail("wakeup", auraio_wakeup(e));
    may_fail("stop", auraio_stop(e));
    may_fail("run", auraio_run(e));
}

static void check_answers(void)
{
    for (int i = 0; i < OPS; i++) {
        if (run.told[i].calls != (i < run.submitted))
            run.wrong = "an accepted operation was not answered once";
    }
}

/* All of the public calls; true when the failure was met on the way. */
static bool everything(const struct sim_config *config, const auraio_options_t *options,
                       unsigned nth, bool ever_after)
{
    auraio_features_t features;

    memset(&run, 0, sizeof run);
    sim_install(config);
    int fd = sim_file(32768);
    sim_fail_alloc(nth, ever_after);
    may_fail("probe", auraio_probe(&features));
    auraio_engine_t *e = auraio_create_with_options(options);
    if (!e && errno != ENOMEM && errno != config->setup_errno)
        run.wrong = "create";
    if (e) {
        data_operations(e, fd);
        other_operations(e, fd);
        buffers(e);
        registered_sets(e, fd);
        statistics(e);
        may_fail("drain", auraio_drain(e, 5000));
        if (auraio_pending_count(e))
            run.wrong = "operations are pending after drain";
        check_answers();
        auraio_destroy(e);
    }
    bool met = sim_counts()->alloc_failures;
    sim_fail_alloc(0, false);
    sim_uninstall();
    return met;
}

static void sweep(const char *what, const struct sim_config *config,
                  const auraio_options_t *options)
{
    for (int ever_after = 0; ever_after < 2; ever_after++) {
        unsigned nth = 1;
        while (everything(config, options, nth, ever_after) && !run.wrong && nth < MOST_ALLOCATIONS)
            nth++;
        ok(!run.wrong && nth < MOST_ALLOCATIONS, "%s: each of %u allocations fails%s", what,
           nth - 1, ever_after ? " with all after it" : "");
        if (run.wrong)
            note("allocation %u: %s", nth, run.wrong);
    }
}

int main(void)
{
    struct sim_config config = {.seed = 5, .cpus = 3};
    auraio_options_t options;

    plain_options(&options);
    sweep("one ring", &config, &options);
    options.single_thread = true;
    sweep("single thread", &config, &options);
    plain_options(&options);
    options.ring_count = 3;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    sweep("three rings", &config, &options);
    config.opcodes_missing = ~0ULL;
    sweep("operations that the ring lacks", &config, &options);
    config.opcodes_missing = 0;
    config.setup_errno = EPERM;
    sweep("no io_uring", &config, &options);
    return done();
}
