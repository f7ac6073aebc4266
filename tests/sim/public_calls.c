/* SPDX-License-Identifier: Apache-2.0 */
/* See public_calls.h. */
#include "public_calls.h"

#include "scenario.h"

#include "kern.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define OPS 40

static struct {
    struct told told[OPS];
    int submitted;
    char buffers[OPS][4096];
    struct iovec iov[2];
    struct statx st;
    int error;  /* the errno of the fault */
    bool lost;  /* its descriptors were taken away */
    bool lasts; /* the fault does */
    auraio_engine_t *engine;
    const char *wrong;
    int wrong_errno;
} run;

static void *next(auraio_request_t *req)
{
    (void)req;
    return &run.told[run.submitted];
}

static void complain(const char *what)
{
    if (!run.wrong)
        run.wrong_errno = errno;
    run.wrong = run.wrong ? run.wrong : what;
}

/* What a call may say: no memory, the errno of the fault, or that the engine is dead of it. */
static bool is_honest(int error)
{
    return error == ENOMEM || error == run.error ||
           ((run.lost || run.lasts) && error == ETIMEDOUT) ||
           (run.engine && error == auraio_get_fatal_error(run.engine));
}

/* A refused submission must say why; an accepted one is owed its callback. */
static void sent(const char *what, const auraio_request_t *req)
{
    if (req)
        run.submitted++;
    else if (!is_honest(errno) && errno != EAGAIN && errno != ENOENT)
        complain(what);
}

#define TOLD tell, next(NULL)

static void may_fail(const char *what, int result)
{
    if (result < 0 && !is_honest(errno))
        complain(what);
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
    if (n < 0 && !is_honest(errno))
        complain("submit");
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
        complain("buffer_alloc");
    if (small && auraio_buffer_size(e, small) < 1000)
        complain("buffer_size");
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
    static char large[8 << 20]; /* pinned in a piece of its own */
    struct iovec set[2] = {{run.buffers[6], 4096}, {large, sizeof large}};
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
        if (run.told[i].calls > (i < run.submitted) ||
            (run.told[i].calls < (i < run.submitted) && !run.lost))
            complain("an accepted operation was not answered once");
    }
}

/* The fault is over: what it held up comes, and the engine works or says that it is dead. */
static enum end_of_calls after_the_fault(auraio_engine_t *e)
{
    int fd = sim_file(AT_ONCE * PIECE);
    const char *wrong;

    if (!run.lost || !auraio_get_fatal_error(e))
        may_fail("drain after the fault", auraio_drain(e, 5000));
    if (auraio_pending_count(e) && !run.lost)
        complain("operations are pending after the fault");
    check_answers();
    if (auraio_get_fatal_error(e)) {
        if (auraio_nop(e, NULL, NULL) || errno != auraio_get_fatal_error(e))
            complain("a dead engine takes work or does not say why not");
        return ENGINE_IS_DEAD;
    }
    wrong = write_and_read(e, fd, false);
    if (wrong && run.lost && auraio_get_fatal_error(e))
        return ENGINE_IS_DEAD;
    if (wrong)
        complain(wrong);
    return ENGINE_WORKS;
}

struct outcome_of_calls every_public_call(const struct sim_config *config,
                                          const auraio_options_t *options,
                                          const struct fault_of_calls *fault)
{
    struct outcome_of_calls outcome = {.end = NO_ENGINE};
    auraio_features_t features;

    memset(&run, 0, sizeof run);
    run.error = fault->error;
    run.lost = fault->loses_descriptors;
    sim_install(config);
    sim_live()->may_abandon = run.lost;
    int fd = sim_file(32768);
    run.lasts = true;
    fault->begin(fault->arg);
    may_fail("probe", auraio_probe(&features));
    auraio_engine_t *e = auraio_create_with_options(options);
    if (!e && !is_honest(errno) && errno != config->setup_errno)
        complain("create");
    run.engine = e;
    if (e) {
        data_operations(e, fd);
        other_operations(e, fd);
        buffers(e);
        registered_sets(e, fd);
        statistics(e);
        may_fail("drain", auraio_drain(e, 5000));
    }
    if (!fault->lasts_to_the_end)
        fault->end(fault->arg);
    run.lasts = fault->lasts_to_the_end;
    if (e)
        outcome.end = after_the_fault(e);
    auraio_destroy(e);
    if (fault->lasts_to_the_end)
        fault->end(fault->arg);
    sim_uninstall();
    outcome.wrong = run.wrong;
    outcome.wrong_errno = run.wrong_errno;
    return outcome;
}

bool calls_scenario(int i, struct calls_scenario *scenario)
{
    static const char *const names[] = {
        "one ring",     "single thread", "three rings", "operations that the ring lacks",
        "SQPOLL",       "small queues",  "no EXT_ARG",  "no io_uring",
        "rings by CPU", "interruptions"};

    if (i < 0 || (size_t)i >= sizeof names / sizeof *names)
        return false;
    memset(scenario, 0, sizeof *scenario);
    scenario->name = names[i];
    scenario->config = (struct sim_config){.seed = 5, .cpus = 3};
    plain_options(&scenario->options);
    scenario->options.single_thread = i == 1;
    scenario->options.enable_sqpoll = scenario->config.sqpoll_allowed = i == 4;
    if (i == 2) {
        scenario->options.ring_count = 3;
        scenario->options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    }
    if (i == 3)
        scenario->config.opcodes_missing = ~0ULL;
    if (i == 5)
        scenario->config.sq_cap = 8, scenario->config.cq_cap = 16;
    if (i == 6) {
        scenario->config.features_missing = IORING_FEAT_EXT_ARG;
        scenario->options.resolve_registered_files = true;
    }
    if (i == 7)
        scenario->config.setup_errno = EPERM;
    if (i == 8) {
        scenario->options.ring_count = 3;
        scenario->options.ring_select = AURAIO_SELECT_CPU_LOCAL;
    }
    if (i == 9)
        scenario->config.eintr_ppm = scenario->config.eagain_ppm = 500000;
    return true;
}
