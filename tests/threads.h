/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of a test: all run one function with one argument, and all are joined. */
#ifndef THREADS_H
#define THREADS_H

#include "outcome.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/syscall.h>

static inline void start_threads(pthread_t *threads, int n, void *(*run)(void *), void *arg)
{
    for (int i = 0; i < n; i++) {
        int error = pthread_create(&threads[i], NULL, run, arg);
        if (error)
            bail("pthread_create: %s", strerror(error));
    }
}

static inline void join_threads(pthread_t *threads, int n)
{
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

/* How often a race is run: so often, or what AURAIO_TEST_ROUNDS says. */
static inline int rounds_of_race(int usual)
{
    const char *wanted = getenv("AURAIO_TEST_ROUNDS");
    int n = wanted ? atoi(wanted) : 0;

    return n > 0 ? n : usual;
}

static inline void sleep_ms(int ms)
{
    struct timespec ts = {ms / 1000, (long)(ms % 1000) * 1000000};

    nanosleep(&ts, NULL);
}

/*
 * Said first by tests in which a sleeper depends on another thread, or on a signal.
 * valgrind 3.19 runs neither while a thread is in io_uring_enter.
 */
static inline void need_others_while_asleep(void)
{
    const char *under = getenv("AURAIO_TEST_UNDER");

    if (!on_threads() && under && strcmp(under, "valgrind") == 0)
        skip_all("valgrind lets nothing happen while a thread sleeps in io_uring_enter");
}

/* Whether every other thread of the process sleeps: not one that is ready to run and has no CPU. */
static inline bool others_sleep_now(void)
{
    char path[64], text[256];
    DIR *tasks = opendir("/proc/self/task");
    bool sleep = tasks != NULL;

    for (struct dirent *task; sleep && (task = readdir(tasks));) {
        if (task->d_name[0] == '.' || atol(task->d_name) == syscall(SYS_gettid))
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%.20s/stat", task->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
        text[n > 0 ? n : 0] = 0;
        const char *name_end = strrchr(text, ')');
        sleep = !name_end || strncmp(name_end, ") S", 3) == 0;
        if (fd >= 0)
            close(fd);
    }
    if (tasks)
        closedir(tasks);
    return sleep;
}

/* Waits until they have all gone to sleep in what they were about to call, at most 60 s. */
static inline void others_fall_asleep(void)
{
    int asleep = 0;

    for (double end_ms = now_ms() + 60000; asleep < 5 && now_ms() < end_ms; sleep_ms(20))
        asleep = others_sleep_now() ? asleep + 1 : 0;
}

static inline void *do_nothing(void *arg)
{
    return arg;
}

/* To compare with later: a sanitizer has a thread of its own from the first one on. */
static inline int threads_now(void)
{
    pthread_t thread;

    start_threads(&thread, 1, do_nothing, NULL);
    join_threads(&thread, 1);
    sleep_ms(20);
    return count_threads();
}

/* One that was joined may be on its way out of the kernel still: given up to 60 s. */
static inline int threads_left(int wanted)
{
    for (double end_ms = now_ms() + 60000; count_threads() != wanted && now_ms() < end_ms;)
        sleep_ms(1);
    return count_threads();
}

/* Waits until a counter another thread moves has reached n, at most 60 s. */
static inline bool reaches(_Atomic int *counter, int n)
{
    for (double end_ms = now_ms() + 60000; atomic_load(counter) < n; sleep_ms(1))
        if (now_ms() > end_ms)
            return false;
    return true;
}

#endif
