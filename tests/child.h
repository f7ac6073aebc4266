/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of a test that need a process of their own: another user, a limit or a
 * filter that cannot be taken back. A child makes no numbered checks; it returns
 * 0, or CHILD_FAILED from the first EXPECT that did not hold, which says so.
 */
#ifndef CHILD_H
#define CHILD_H

#include "outcome.h"

#include <grp.h>
#include <signal.h>
#include <sys/wait.h>

#if defined __has_feature
#define SANITIZER(name) __has_feature(name##_sanitizer)
#else
#define SANITIZER(name) 0
#endif
#if defined __SANITIZE_ADDRESS__ || SANITIZER(address)
#define UNDER_ASAN 1
#else
#define UNDER_ASAN 0
#endif
#if defined __SANITIZE_THREAD__ || SANITIZER(thread)
#define UNDER_TSAN 1
#else
#define UNDER_TSAN 0
#endif

static inline bool under_valgrind(void)
{
    const char *under = getenv("AURAIO_TEST_UNDER");

    return under && strcmp(under, "valgrind") == 0;
}

enum { CHILD_FAILED = 1, CHILD_KILLED = 1000, CHILD_LIMIT_S = 300 };

#define EXPECT(good)                                                                               \
    do {                                                                                           \
        if (!(good)) {                                                                             \
            dprintf(1, "# child: %s is not so at %s:%d, errno is %d\n", #good, __FILE__, __LINE__, \
                    errno);                                                                        \
            return CHILD_FAILED;                                                                   \
        }                                                                                          \
    } while (0)

static inline pid_t start_child(int (*run)(void *), void *arg)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        bail("fork: %s", strerror(errno));
    if (pid == 0) {
        alarm(CHILD_LIMIT_S);
        _exit(run(arg));
    }
    return pid;
}

/* Its exit status, or CHILD_KILLED + the signal. */
static inline int join_child(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            bail("waitpid: %s", strerror(errno));
    return WIFSIGNALED(status) ? CHILD_KILLED + WTERMSIG(status) : WEXITSTATUS(status);
}

static inline int in_child(int (*run)(void *), void *arg)
{
    return join_child(start_child(run, arg));
}

/* The lock of glibc's malloc checks stays held in a child that another thread's fork made. */
static inline void without_malloc_checks(char **argv)
{
    if (!getenv("LD_PRELOAD") || under_valgrind())
        return;
    unsetenv("LD_PRELOAD");
    execv("/proc/self/exe", argv);
    bail("execv: %s", strerror(errno));
}

/* From root to nobody, without a way back. */
static inline bool become_ordinary_user(void)
{
    return setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 &&
           setresuid(65534, 65534, 65534) == 0;
}

#endif
