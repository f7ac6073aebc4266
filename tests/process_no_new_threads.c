/* SPDX-License-Identifier: Apache-2.0 */
/* No thread is to be had, neither for the library nor for the kernel's io_uring: because of
 * RLIMIT_NPROC, or because a cgroup has all the processes it may have. Every operation gets its own
 * result all the same, never -ECANCELED. */
#include "everything.h"

#include <sys/resource.h>

enum { NOBODY_ELSE = 64731, ROUNDS = 1, MANY = 64 }; /* a user who has no process */

static int fd, other; /* one to be read, one that changes */
static char cgroup[64];

/* Many reads, so that the kernel wants workers; then one operation of each kind. */
static int works(void)
{
    static unsigned char bufs[MANY][512];
    static struct seen seen[MANY];
    pthread_t thread;
    auraio_options_t options;

    EXPECT(pthread_create(&thread, NULL, (void *(*)(void *))(uintptr_t)pause, NULL) == EAGAIN);
    test_options(&options);
    if (!on_threads())
        options.backend = AURAIO_BACKEND_AUTO;
    auraio_engine_t *engine = auraio_create_with_options(&options);
    EXPECT(engine);
    for (int round = 0; round < ROUNDS; round++) {
        memset(seen, 0, sizeof seen);
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        for (int i = 0; i < MANY; i++)
            EXPECT(auraio_read(engine, fd, auraio_buf(bufs[i]), 512, i * 512, see, &seen[i]));
        for (int i = 0; i < MANY; i++) {
            EXPECT(wait_seen(engine, &seen[i]) && seen[i].result == 512);
            EXPECT(matches_pattern(bufs[i], 512, (uint64_t)i * 512));
        }
        if (every_transfer(engine, other) != 0 || every_other_operation(engine, other) != 0)
            return CHILD_FAILED;
    }
    EXPECT(auraio_destroy_timeout(engine, 60000) == 0);
    return 0;
}

static int by_rlimit(void *arg)
{
    struct rlimit one = {1, 1};

    (void)arg;
    EXPECT(setgroups(0, NULL) == 0 && setresgid(NOBODY_ELSE, NOBODY_ELSE, NOBODY_ELSE) == 0);
    EXPECT(setrlimit(RLIMIT_NPROC, &one) == 0);
    EXPECT(setresuid(NOBODY_ELSE, NOBODY_ELSE, NOBODY_ELSE) == 0);
    return works();
}

static bool tell_cgroup(const char *file, const char *what)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", cgroup, file);
    int to = open(path, O_WRONLY | O_CLOEXEC);
    bool told = to >= 0 && write(to, what, strlen(what)) == (ssize_t)strlen(what);
    close(to);
    return told;
}

static int by_cgroup(void *arg)
{
    (void)arg;
    EXPECT(tell_cgroup("pids.max", "1"));
    EXPECT(tell_cgroup("cgroup.procs", "0"));
    return works();
}

/* Where cgroups of version 1 are mounted, else of version 2; false where none counts processes. */
static bool make_cgroup(void)
{
    static const char *const places[] = {"/sys/fs/cgroup/pids", "/sys/fs/cgroup"};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char file[sizeof cgroup + 16];
        snprintf(cgroup, sizeof cgroup, "%s/auraio-test-XXXXXX", places[i]);
        if (!mkdtemp(cgroup))
            continue;
        snprintf(file, sizeof file, "%s/pids.max", cgroup);
        if (access(file, W_OK) == 0)
            return true;
        rmdir(cgroup);
    }
    return false;
}

int main(void)
{
    if (geteuid() != 0)
        skip_all("only root can become another user");
    fd = scratch_file("file", MANY * 512, 0);
    other = scratch_file("other", 0, 0);
    if (chmod(scratch_dir(), 0777) != 0)
        bail("chmod: %s", strerror(errno));
    is(in_child(by_rlimit, NULL), 0, "RLIMIT_NPROC");
    if (make_cgroup()) {
        is(in_child(by_cgroup, NULL), 0, "a cgroup that is full");
        rmdir(cgroup);
    } else {
        skip("a cgroup that is full", "no cgroup of pids can be made here");
    }
    return done();
}
