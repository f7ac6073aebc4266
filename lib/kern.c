/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real kernel behind the seam of kern.h: each entry is one call, its errno
 * turned into a negative return value. Nothing here knows what it is used for.
 */
#include "kern.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ULL

static int result(long value)
{
    return value < 0 ? -errno : (int)value;
}

static int real_uring_setup(unsigned entries, struct io_uring_params *params)
{
    return io_uring_setup(entries, params);
}

static int real_uring_enter(int fd, unsigned to_submit, unsigned min_complete, unsigned flags,
                            const void *arg, size_t arg_size)
{
    return io_uring_enter2((unsigned)fd, to_submit, min_complete, flags, (sigset_t *)(uintptr_t)arg,
                           arg_size);
}

static int real_uring_register(int fd, unsigned opcode, const void *arg, unsigned n)
{
    return io_uring_register((unsigned)fd, opcode, arg, n);
}

static void *real_mmap(size_t len, int fd, uint64_t offset, int *error)
{
    void *map =
        mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, (off_t)offset);

    if (map == MAP_FAILED) {
        *error = errno;
        return NULL;
    }
    madvise(map, len, MADV_DONTFORK);
    return map;
}

static void real_munmap(void *addr, size_t len)
{
    munmap(addr, len);
}

static void *real_alloc_raw(size_t align, size_t size)
{
    void *ptr;

    return posix_memalign(&ptr, align < sizeof(void *) ? sizeof(void *) : align, size) ? NULL : ptr;
}

static void *real_alloc(size_t align, size_t size)
{
    if (align <= sizeof(max_align_t))
        return calloc(1, size);
    void *ptr = real_alloc_raw(align, size);
    return ptr ? memset(ptr, 0, size) : NULL;
}

static uint64_t real_now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static int real_getcpu(void)
{
    return result(sched_getcpu());
}

/* The affinity mask of a machine with more CPUs than cpu_set_t holds needs a larger set. */
static int real_allowed_cpus(void)
{
    for (int bits = 1024; bits <= 1 << 16; bits *= 4) {
        cpu_set_t *set = CPU_ALLOC((size_t)bits);
        if (!set)
            return -ENOMEM;
        size_t bytes = CPU_ALLOC_SIZE((size_t)bits);
        int failed = sched_getaffinity(0, bytes, set);
        int n = failed ? -errno : CPU_COUNT_S(bytes, set);
        CPU_FREE(set);
        if (n != -EINVAL)
            return n;
    }
    return -EINVAL;
}

static int real_eventfd(void)
{
    return result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

/* Async-signal-safe, and leaves errno as it was. */
static int real_event_write(int fd)
{
    int saved = errno, r = result(eventfd_write(fd, 1));

    errno = saved;
    return r;
}

static int real_event_read(int fd)
{
    eventfd_t value;

    return result(eventfd_read(fd, &value));
}

static int real_timerfd(void)
{
    return result(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
}

static int real_timer_set(int fd, uint64_t at_ns)
{
    struct itimerspec spec = {0};

    spec.it_value.tv_sec = (time_t)(at_ns / NS_PER_S);
    spec.it_value.tv_nsec = (long)(at_ns % NS_PER_S);
    return result(timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL));
}

static int real_epoll_create(void)
{
    return result(epoll_create1(EPOLL_CLOEXEC));
}

static int real_epoll_add(int epfd, int fd, uint64_t data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};

    return result(epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event));
}

static int real_epoll_del(int epfd, int fd)
{
    struct epoll_event event = {0};

    return result(epoll_ctl(epfd, EPOLL_CTL_DEL, fd, &event));
}

static int real_epoll_wait(int epfd, uint64_t *data, int max, int timeout_ms)
{
    struct epoll_event events[16];
    int n = result(epoll_wait(epfd, events, max < 16 ? max : 16, timeout_ms));

    for (int i = 0; i < n; i++)
        data[i] = events[i].data.u64;
    return n;
}

static void real_sleep_us(unsigned us)
{
    struct timespec ts = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};

    nanosleep(&ts, NULL);
}

static int real_poll(int fd, bool for_writing, int timeout_ms)
{
    struct pollfd pollfd = {.fd = fd, .events = for_writing ? POLLOUT : POLLIN};

    return result(poll(&pollfd, 1, timeout_ms));
}

/* A thread of the library takes no signal: handlers belong to the application's threads. */
static int real_thread_create(pthread_t *thread, const char *name, void *(*fn)(void *), void *arg)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(thread, NULL, fn, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error)
        pthread_setname_np(*thread, name);
    return -error;
}

static void real_thread_join(pthread_t thread)
{
    pthread_join(thread, NULL);
}

static int real_close(int fd)
{
    return result(close(fd));
}

static int real_dup(int fd)
{
    return result(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

static int real_fcntl_getfl(int fd)
{
    return result(fcntl(fd, F_GETFL));
}

static ssize_t real_preadv2(int fd, const struct iovec *iov, int iovcnt, int64_t offset, int flags)
{
    ssize_t n = preadv2(fd, iov, iovcnt, (off_t)offset, flags);

    return n < 0 ? -errno : n;
}

static ssize_t real_pwritev2(int fd, const struct iovec *iov, int iovcnt, int64_t offset, int flags)
{
    ssize_t n = pwritev2(fd, iov, iovcnt, (off_t)offset, flags);

    return n < 0 ? -errno : n;
}

static int real_fsync(int fd, bool data_only)
{
    return result(data_only ? fdatasync(fd) : fsync(fd));
}

static int real_openat(int dirfd, const char *path, int flags, mode_t mode)
{
    return result(openat(dirfd, path, flags, mode));
}

static int real_statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *out)
{
    return result(statx(dirfd, path, flags, mask, out));
}

static int real_fallocate(int fd, int mode, int64_t offset, int64_t len)
{
    return result(fallocate(fd, mode, (off_t)offset, (off_t)len));
}

static int real_ftruncate(int fd, int64_t length)
{
    return result(ftruncate(fd, (off_t)length));
}

static int real_sync_file_range(int fd, int64_t offset, int64_t nbytes, unsigned flags)
{
    return result(sync_file_range(fd, (off_t)offset, (off_t)nbytes, flags));
}

static int real_fadvise(int fd, int64_t offset, int64_t len, int advice)
{
    return -posix_fadvise(fd, (off_t)offset, (off_t)len, advice);
}

static int real_renameat2(int olddirfd, const char *old, int newdirfd, const char *new,
                          unsigned flags)
{
    return result(renameat2(olddirfd, old, newdirfd, new, flags));
}

static int real_unlinkat(int dirfd, const char *path, int flags)
{
    return result(unlinkat(dirfd, path, flags));
}

static int real_mkdirat(int dirfd, const char *path, mode_t mode)
{
    return result(mkdirat(dirfd, path, mode));
}

#define REAL                                                                                       \
    {                                                                                              \
        .uring_setup = real_uring_setup, .uring_enter = real_uring_enter,                          \
        .uring_register = real_uring_register, .mmap = real_mmap, .munmap = real_munmap,           \
        .alloc = real_alloc, .alloc_raw = real_alloc_raw, .free = free, .now_ns = real_now_ns,     \
        .getcpu = real_getcpu, .allowed_cpus = real_allowed_cpus, .eventfd = real_eventfd,         \
        .event_write = real_event_write, .event_read = real_event_read, .timerfd = real_timerfd,   \
        .timer_set = real_timer_set, .epoll_create = real_epoll_create,                            \
        .epoll_add = real_epoll_add, .epoll_del = real_epoll_del, .epoll_wait = real_epoll_wait,   \
        .sleep_us = real_sleep_us, .poll = real_poll, .thread_create = real_thread_create,         \
        .thread_join = real_thread_join, .close = real_close, .dup = real_dup,                     \
        .fcntl_getfl = real_fcntl_getfl, .preadv2 = real_preadv2, .pwritev2 = real_pwritev2,       \
        .fsync = real_fsync, .openat = real_openat, .statx = real_statx,                           \
        .fallocate = real_fallocate, .ftruncate = real_ftruncate,                                  \
        .sync_file_range = real_sync_file_range, .fadvise = real_fadvise,                          \
        .renameat2 = real_renameat2, .unlinkat = real_unlinkat, .mkdirat = real_mkdirat            \
    }

struct kern_ops aur_kern = REAL;
const struct kern_ops aur_kern_real = REAL;
