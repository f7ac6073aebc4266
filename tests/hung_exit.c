/* SPDX-License-Identifier: Apache-2.0 */
/* A process with an operation that never comes back can still go: exit, _exit, abort and
 * SIGKILL each at once. */
#include "faultfs.h"
#include "outcome.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum way { BY_EXIT, BY_UNDERSCORE_EXIT, BY_ABORT, BY_KILL, BY_DESTROY_AND_EXIT, WAYS };

/* Sanitizers linger at exit: one looks for leaks and waits for the thread that hangs, one
 * sleeps for a second to let late races show. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__tsan_default_options(void);

const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

const char *__tsan_default_options(void)
{
    return "atexit_sleep_ms=0";
}

static const char *const way_names[WAYS] = {"exit", "_exit", "abort", "SIGKILL",
                                            "destroy_timeout and exit"};

static _Noreturn void hang(struct faultfs *fs, bool held, int fd, int told, enum way way)
{
    static _Alignas(4096) unsigned char buf[4096];
    static struct seen seen;
    const struct rlimit no_core = {0, 0};
    auraio_engine_t *engine = test_engine(NULL);

    setrlimit(RLIMIT_CORE, &no_core);
    if (!auraio_read(engine, fd, auraio_buf(buf), sizeof buf, 0, see, &seen) ||
        auraio_flush(engine) != 0)
        _exit(1);
    auraio_wait(engine, 100);
    if (held && !faultfs_wait_held(fs, 1))
        _exit(3);
    if (way == BY_DESTROY_AND_EXIT)
        auraio_destroy_timeout(engine, 100);
    if (write(told, "", 1) != 1)
        _exit(2);
    if (way == BY_KILL)
        pause();
    if (way == BY_ABORT)
        abort();
    if (way == BY_UNDERSCORE_EXIT)
        _exit(0);
    exit(0);
}

/* A process that waits for its operation would stay as long as the server holds it. */
enum { GONE_MS = 30000 };

static void goes(struct faultfs *fs, int fd, _Atomic bool *order, enum way way, const char *what)
{
    int told[2], status;
    char byte;

    atomic_store(order, true);
    if (pipe2(told, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        hang(fs, order == &fs->orders->hold, fd, told[1], way);
    close(told[1]);
    is(read(told[0], &byte, 1), 1, "%s, %s: the operation is under way", what, way_names[way]);
    ok((atomic_load(&fs->orders->held) > 0) == (order == &fs->orders->hold), "where it should be");
    double start_ms = now_ms();
    if (way == BY_KILL)
        kill(child, SIGKILL);
    pid_t gone = 0;
    while (!gone && now_ms() - start_ms < GONE_MS) {
        usleep(1000);
        gone = waitpid(child, &status, WNOHANG);
    }
    is(gone, child, "the process is gone within %d ms (%.0f ms)", GONE_MS, now_ms() - start_ms);
    atomic_store(order, false);
    if (gone != child)
        waitpid(child, &status, 0);
    close(told[0]);
    for (double end_ms = now_ms() + 60000; atomic_load(&fs->orders->held) && now_ms() < end_ms;)
        usleep(1000);
}

int main(void)
{
    const char *preload = getenv("LD_PRELOAD");
    if (on_threads() && preload && strstr(preload, "vgpreload"))
        skip_all("valgrind itself waits for the thread that hangs");

    struct faultfs *fs = faultfs_needed();
    int fd = faultfs_open(fs, 0), direct = faultfs_open(fs, O_DIRECT);

    /* A thread whose request the server has taken cannot be killed (fuse waits it out), so
     * for the thread backend the server hangs before it takes requests. */
    for (int way = 0; way < WAYS; way++) {
        goes(fs, fd, &fs->orders->stall, (enum way)way, "never taken");
        if (on_threads())
            continue;
        goes(fs, fd, &fs->orders->hold, (enum way)way, "never answered");
        goes(fs, direct, &fs->orders->hold, (enum way)way, "never answered, O_DIRECT");
    }
    close(fd);
    close(direct);
    faultfs_stop(fs);
    return done();
}
