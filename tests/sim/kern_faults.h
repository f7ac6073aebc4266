/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults at the seam itself: the Nth call of one entry of the table fails with an
 * errno, once or from there on. It wraps what stands in the table, so it works on
 * the simulated kernel and on the real one. Counters are atomic, orders are given
 * while no other thread calls.
 */
#ifndef KERN_FAULTS_H
#define KERN_FAULTS_H

#include <stdbool.h>

/* X(result, name, parameters, arguments) for each entry that is wrapped alike. */
#define KERN_CALLS(X)                                                                              \
    X(int, uring_setup, (unsigned entries, struct io_uring_params *params), (entries, params))     \
    X(int, uring_enter,                                                                            \
      (int fd, unsigned to_submit, unsigned min_complete, unsigned flags, const void *arg,         \
       size_t arg_size),                                                                           \
      (fd, to_submit, min_complete, flags, arg, arg_size))                                         \
    X(int, uring_register, (int fd, unsigned opcode, const void *arg, unsigned n),                 \
      (fd, opcode, arg, n))                                                                        \
    X(int, getcpu, (void), ())                                                                     \
    X(int, allowed_cpus, (void), ())                                                               \
    X(int, eventfd, (void), ())                                                                    \
    X(int, event_write, (int fd), (fd))                                                            \
    X(int, event_read, (int fd), (fd))                                                             \
    X(int, timerfd, (void), ())                                                                    \
    X(int, timer_set, (int fd, uint64_t at_ns), (fd, at_ns))                                       \
    X(int, epoll_create, (void), ())                                                               \
    X(int, epoll_add, (int epfd, int fd, uint64_t data), (epfd, fd, data))                         \
    X(int, epoll_del, (int epfd, int fd), (epfd, fd))                                              \
    X(int, epoll_wait, (int epfd, uint64_t *data, int max, int timeout_ms),                        \
      (epfd, data, max, timeout_ms))                                                               \
    X(int, poll, (int fd, bool for_writing, int timeout_ms), (fd, for_writing, timeout_ms))        \
    X(int, thread_create, (pthread_t * thread, const char *name, void *(*fn)(void *), void *arg),  \
      (thread, name, fn, arg))                                                                     \
    X(int, dup, (int fd), (fd))                                                                    \
    X(int, fcntl_getfl, (int fd), (fd))                                                            \
    X(ssize_t, preadv2, (int fd, const struct iovec *iov, int iovcnt, int64_t offset, int flags),  \
      (fd, iov, iovcnt, offset, flags))                                                            \
    X(ssize_t, pwritev2, (int fd, const struct iovec *iov, int iovcnt, int64_t offset, int flags), \
      (fd, iov, iovcnt, offset, flags))                                                            \
    X(int, fsync, (int fd, bool data_only), (fd, data_only))                                       \
    X(int, openat, (int dirfd, const char *path, int flags, mode_t mode),                          \
      (dirfd, path, flags, mode))                                                                  \
    X(int, statx, (int dirfd, const char *path, int flags, unsigned mask, struct statx *out),      \
      (dirfd, path, flags, mask, out))                                                             \
    X(int, fallocate, (int fd, int mode, int64_t offset, int64_t len), (fd, mode, offset, len))    \
    X(int, ftruncate, (int fd, int64_t length), (fd, length))                                      \
    X(int, sync_file_range, (int fd, int64_t offset, int64_t nbytes, unsigned flags),              \
      (fd, offset, nbytes, flags))                                                                 \
    X(int, fadvise, (int fd, int64_t offset, int64_t len, int advice), (fd, offset, len, advice))  \
    X(int, renameat2, (int olddir, const char *from, int newdir, const char *to, unsigned flags),  \
      (olddir, from, newdir, to, flags))                                                           \
    X(int, unlinkat, (int dirfd, const char *path, int flags), (dirfd, path, flags))               \
    X(int, mkdirat, (int dirfd, const char *path, mode_t mode), (dirfd, path, mode))

#define KERN_CALL_NUMBER(result, name, parameters, arguments) CALL_##name,
enum kern_call { KERN_CALLS(KERN_CALL_NUMBER) CALL_mmap, CALL_close, CALL_alloc, CALLS };
#undef KERN_CALL_NUMBER

/* Entries that have no way to fail: munmap, free, now_ns, sleep_us, thread_join. CALL_alloc is two.
 */
enum { ENTRIES_WITHOUT_ERRORS = 5, ENTRIES_OF_ALLOC = 2 };

extern const char *const kern_call_names[CALLS];

/* Wraps the table as it stands; all counts are zero. The counterpart puts it back. */
void kern_faults_install(void);
void kern_faults_remove(void);

/*
 * The nth call from now on fails with error (an errno), and so do those after it when
 * sticky, until kern_fail_no_more: what is asked again and again (EINTR, EAGAIN, EBUSY,
 * ENOMEM of io_uring_enter) for 50 ms.
 */
void kern_fail(enum kern_call call, unsigned nth, int error, bool sticky);
void kern_fail_no_more(void);

/* Runs before the first failure is told: what must be true where the kernel gives that errno. */
void kern_before_failing(void (*make_true)(void));

unsigned kern_calls(enum kern_call call); /* since the installation */
unsigned kern_failures(void);             /* of the present order */

#endif
