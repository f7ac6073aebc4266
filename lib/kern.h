/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seam to the kernel. Every call by which the library reaches the kernel,
 * the clock or the allocator goes through this one table; tests replace entries,
 * or all of them, before they create an engine. Entries return a negative errno
 * on failure, never -1 and errno.
 *
 * The table is written before the first engine exists and read-only from then
 * on, so reading it needs no lock.
 */
#ifndef AUR_KERN_H
#define AUR_KERN_H

#include <liburing.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct statx;

struct kern_ops {
    /* io_uring */
    int (*uring_setup)(unsigned entries, struct io_uring_params *params);
    int (*uring_enter)(int fd, unsigned to_submit, unsigned min_complete, unsigned flags,
                       const void *arg, size_t arg_size);
    int (*uring_register)(int fd, unsigned opcode, const void *arg, unsigned n);
    /* NULL on failure with the errno in *error; munmap never fails on what mmap gave */
    void *(*mmap)(size_t len, int fd, uint64_t offset, int *error);
    void (*munmap)(void *addr, size_t len);

    /* memory: zeroed, aligned to align (a power of two); freed by free() */
    void *(*alloc)(size_t align, size_t size);
    void *(*alloc_raw)(size_t align, size_t size); /* not zeroed */
    void (*free)(void *ptr);

    /* time, place, identity */
    uint64_t (*now_ns)(void); /* CLOCK_MONOTONIC */
    int (*getcpu)(void);      /* the CPU's number, or negative errno */
    int (*allowed_cpus)(void);

    /* waiting */
    int (*eventfd)(void);
    int (*event_write)(int fd);
    int (*event_read)(int fd);
    int (*timerfd)(void);
    int (*timer_set)(int fd, uint64_t at_ns); /* absolute; 0 disarms */
    int (*epoll_create)(void);
    int (*epoll_add)(int epfd, int fd, uint64_t data);
    int (*epoll_del)(int epfd, int fd);
    /* ready descriptors (their data words go to data), 0 after the timeout; -1 waits for ever */
    int (*epoll_wait)(int epfd, uint64_t *data, int max, int timeout_ms);
    void (*sleep_us)(unsigned us);
    int (*poll)(int fd, bool for_writing, int timeout_ms); /* 0: not ready within the time */

    int (*thread_create)(pthread_t *thread, const char *name, void *(*fn)(void *), void *arg);
    void (*thread_join)(pthread_t thread);

    /* files; close is for descriptors of the library's own as well */
    int (*close)(int fd);
    int (*dup)(int fd); /* close-on-exec */
    int (*fcntl_getfl)(int fd);
    ssize_t (*preadv2)(int fd, const struct iovec *iov, int iovcnt, int64_t offset, int flags);
    ssize_t (*pwritev2)(int fd, const struct iovec *iov, int iovcnt, int64_t offset, int flags);
    int (*fsync)(int fd, bool data_only);
    int (*openat)(int dirfd, const char *path, int flags, mode_t mode);
    int (*statx)(int dirfd, const char *path, int flags, unsigned mask, struct statx *out);
    int (*fallocate)(int fd, int mode, int64_t offset, int64_t len);
    int (*ftruncate)(int fd, int64_t length);
    int (*sync_file_range)(int fd, int64_t offset, int64_t nbytes, unsigned flags);
    int (*fadvise)(int fd, int64_t offset, int64_t len, int advice);
    int (*renameat2)(int olddirfd, const char *old, int newdirfd, const char *new, unsigned flags);
    int (*unlinkat)(int dirfd, const char *path, int flags);
    int (*mkdirat)(int dirfd, const char *path, mode_t mode);
};

extern struct kern_ops aur_kern;
extern const struct kern_ops aur_kern_real; /* what tests restore */

#endif
