/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel refuses a ring, the second ring, a flag, a set, a mapping, an event
 * descriptor: an engine comes into being all the same where the API promises one,
 * does its work, says why, and leaves nothing behind.
 */
#include "scenario.h"

#include "kern.h"
#include "tap.h"

#include <errno.h>
#include <string.h>

/* An engine in that kernel writes and reads; NULL or what went wrong. *features for the asking. */
static const char *work_in(const struct sim_config *config, const auraio_options_t *options,
                           auraio_features_t *features)
{
    sim_install(config);
    int fd = sim_file(AT_ONCE * PIECE);
    auraio_engine_t *engine = auraio_create_with_options(options);
    const char *wrong = engine ? write_and_read(engine, fd, false) : "no engine";

    memset(features, 0, sizeof *features);
    if (engine && auraio_get_features(engine, features))
        wrong = "no features";
    auraio_destroy(engine);
    sim_uninstall();
    return wrong;
}

/* With AURAIO_BACKEND_URING the errno comes through; 0 when there was an engine. */
static int insist_in(const struct sim_config *config)
{
    auraio_options_t options;

    sim_install(config);
    plain_options(&options);
    options.backend = AURAIO_BACKEND_URING;
    errno = 0;
    auraio_engine_t *engine = auraio_create_with_options(&options);
    int error = engine ? 0 : errno;
    auraio_destroy(engine);
    sim_uninstall();
    return error;
}

static void setup_refused(void)
{
    static const int errors[] = {EPERM,  ENOSYS, EACCES, EOPNOTSUPP, EINVAL,
                                 ENOMEM, EMFILE, ENFILE, EFAULT,     EBUSY};
    auraio_options_t options;
    auraio_features_t features;

    plain_options(&options);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct sim_config config = {.seed = 1, .setup_errno = errors[i]};
        const char *wrong = work_in(&config, &options, &features);
        ok(!wrong, "io_uring_setup fails with %s: the work is done", strerror(errors[i]));
        if (wrong)
            note("%s", wrong);
        is(features.backend, AURAIO_BACKEND_THREADS, "threads do it");
        is(features.uring_errno, errors[i], "and the errno is told");
        ok(features.reason[0] != 0, "in words too: %s", features.reason);
        is(insist_in(&config), errors[i], "who insists on io_uring gets it as well");
    }
}

static void later_ring_refused(int error, int works_first)
{
    struct sim_config config = {
        .seed = 2, .cpus = 3, .setup_errno = error, .setup_works_first = works_first};
    auraio_options_t options;
    auraio_features_t features;

    plain_options(&options);
    options.ring_count = 3;
    options.ring_select = AURAIO_SELECT_ROUND_ROBIN;
    const char *wrong = work_in(&config, &options, &features);
    ok(!wrong, "after %d rings %s: the work is done", works_first, strerror(error));
    if (wrong)
        note("%s", wrong);
}

static void memory_is_short(void)
{
    auraio_options_t options;
    auraio_features_t features;

    plain_options(&options);
    options.queue_depth = 1024;
    for (size_t kib = 4; kib <= 512; kib *= 2) {
        struct sim_config config = {.seed = 3, .cpus = 2, .memlock_bytes = kib * 1024};
        const char *wrong = work_in(&config, &options, &features);
        ok(!wrong, "%zu KiB of memory for rings: the work is done", kib);
        if (wrong)
            note("%s", wrong);
    }
}

static void flags_refused(void)
{
    static const unsigned flags[] = {IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_SINGLE_ISSUER,
                                     IORING_SETUP_TASKRUN_FLAG,  IORING_SETUP_COOP_TASKRUN,
                                     IORING_SETUP_SUBMIT_ALL,    IORING_SETUP_SQPOLL,
                                     IORING_SETUP_CLAMP};
    auraio_options_t options;
    auraio_features_t features;

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        for (int mode = 0; mode < 4; mode++) {
            struct sim_config config = {
                .seed = 4, .setup_flags_refused = flags[i], .sqpoll_allowed = true};
            plain_options(&options);
            options.single_thread = mode & 1;
            options.enable_sqpoll = mode & 2;
            const char *wrong = work_in(&config, &options, &features);
            bool ring = features.backend == AURAIO_BACKEND_URING || flags[i] == IORING_SETUP_CLAMP;
            ok(!wrong && ring, "flag %#x refused%s%s: the ring does without", flags[i],
               options.single_thread ? ", single thread" : "",
               options.enable_sqpoll ? ", SQPOLL wanted" : "");
            if (wrong)
                note("%s", wrong);
        }
    }
    struct sim_config all = {.seed = 4,
                             .setup_flags_refused =
                                 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER |
                                 IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_COOP_TASKRUN |
                                 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SQPOLL};
    plain_options(&options);
    options.enable_sqpoll = true;
    const char *wrong = work_in(&all, &options, &features);
    ok(!wrong && features.backend == AURAIO_BACKEND_URING, "all of them refused, as by Linux 5.10");
    if (wrong)
        note("%s", wrong);
}

static void sqpoll_forbidden(void)
{
    struct sim_config config = {.seed = 4};
    auraio_options_t options;
    auraio_features_t features;

    plain_options(&options);
    options.enable_sqpoll = true;
    const char *wrong = work_in(&config, &options, &features);
    ok(!wrong && features.backend == AURAIO_BACKEND_URING &&
           !(features.used >> AURAIO_FEATURE_SQPOLL & 1),
       "SQPOLL is forbidden: the ring does without and says so");
    if (wrong)
        note("%s", wrong);
}

static void features_absent(void)
{
    static const unsigned features_lost[] = {IORING_FEAT_EXT_ARG, IORING_FEAT_NODROP,
                                             IORING_FEAT_SINGLE_MMAP, IORING_FEAT_SUBMIT_STABLE,
                                             ~0U};
    auraio_options_t options;
    auraio_features_t features;

    for (size_t i = 0; i < sizeof features_lost / sizeof *features_lost; i++) {
        struct sim_config config = {.seed = 5, .features_missing = features_lost[i]};
        plain_options(&options);
        const char *wrong = work_in(&config, &options, &features);
        ok(!wrong, "without feature %#x the work is done", features_lost[i]);
        if (wrong)
            note("%s", wrong);
    }
}

static bool sets_work(const struct sim_config *config)
{
    static char buffer[4096];
    struct iovec set = {buffer, sizeof buffer};
    struct told told[3] = {{0}};
    auraio_options_t options;

    sim_install(config);
    plain_options(&options);
    int fd = sim_file(8192);
    auraio_engine_t *e = auraio_create_with_options(&options);
    bool good = e && !auraio_register_buffers(e, &set, 1) && !auraio_register_files(e, &fd, 1);
    good = good &&
           auraio_write(e, auraio_fixed_file(0), auraio_buf_fixed(0, 0), 4096, 0, tell, &told[0]);
    good = good && wait_for(e, &told[0]) && told[0].result == 4096;
    good = good && !auraio_update_file(e, 0, fd);
    good = good &&
           auraio_read(e, auraio_fixed_file(0), auraio_buf_fixed(0, 0), 4096, 0, tell, &told[1]);
    good = good && wait_for(e, &told[1]) && told[1].result == 4096;
    good = good && auraio_fsync(e, auraio_fixed_file(0), AURAIO_FSYNC_DEFAULT, tell, &told[2]);
    good = good && wait_for(e, &told[2]) && !told[2].result;
    good = good && !auraio_unregister_files(e) && !auraio_unregister_buffers(e);
    auraio_destroy(e);
    sim_uninstall();
    return good;
}

static void registering_refused(void)
{
    static const struct {
        const char *what;
        uint64_t calls;
    } refused[] = {
        {"buffers", 1ULL << IORING_REGISTER_BUFFERS | 1ULL << IORING_REGISTER_BUFFERS2},
        {"files", 1ULL << IORING_REGISTER_FILES | 1ULL << IORING_REGISTER_FILES2},
        {"an update", 1ULL << IORING_REGISTER_FILES_UPDATE | 1ULL << IORING_REGISTER_FILES_UPDATE2},
        {"the event descriptor",
         1ULL << IORING_REGISTER_EVENTFD | 1ULL << IORING_REGISTER_EVENTFD_ASYNC},
        {"the probe", 1ULL << IORING_REGISTER_PROBE},
        {"bounds for workers", 1ULL << IORING_REGISTER_IOWQ_MAX_WORKERS},
        {"all calls", ~0ULL}};
    static const int errors[] = {ENOMEM, EINVAL, EPERM, EACCES};
    auraio_options_t options;
    auraio_features_t features;

    plain_options(&options);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        for (size_t k = 0; k < sizeof errors / sizeof *errors; k++) {
            struct sim_config config = {
                .seed = 6, .register_errno = errors[k], .register_refused = refused[i].calls};
            /* A failed update changes none: the caller is told. */
            bool update = refused[i].calls >> IORING_REGISTER_FILES_UPDATE & 1 &&
                          !(refused[i].calls >> IORING_REGISTER_FILES & 1);
            ok(sets_work(&config) || update, "registering %s fails with %s: sets work",
               refused[i].what, strerror(errors[k]));
            const char *wrong = work_in(&config, &options, &features);
            ok(!wrong, "... and so does the rest");
            if (wrong)
                note("%s", wrong);
        }
    }
}

/* Without these nothing can wait: an engine on threads, or a clean error. */
static void descriptors_refused(void)
{
    auraio_options_t options;
    auraio_features_t features;

    plain_options(&options);
    for (int i = 0; i < 4; i++) {
        struct sim_config config = {.seed = 7};
        *(i == 0   ? &config.epoll_errno
          : i == 1 ? &config.event_errno
          : i == 2 ? &config.timer_errno
                   : &config.mmap_errno) = i == 3 ? ENOMEM : EMFILE;
        errno = 0;
        const char *wrong = work_in(&config, &options, &features);
        ok(!wrong || !strcmp(wrong, "no engine"),
           "no %s: an engine that works or none, and nothing is left",
           i == 0   ? "epoll"
           : i == 1 ? "eventfd"
           : i == 2 ? "timerfd"
                    : "mapping");
    }
}

int main(void)
{
    setup_refused();
    for (int works_first = 1; works_first < 3; works_first++) {
        later_ring_refused(ENOMEM, works_first);
        later_ring_refused(EMFILE, works_first);
        later_ring_refused(EPERM, works_first);
    }
    memory_is_short();
    flags_refused();
    sqpoll_forbidden();
    features_absent();
    registering_refused();
    descriptors_refused();
    return done();
}
