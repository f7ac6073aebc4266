/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system that misbehaves on demand: a FUSE server in a process of its own
 * that offers one regular file and moves short counts, fails, is late or never
 * answers, as the test orders. Reads and writes reach it as the application made
 * them (no page cache between), and what it holds lies in memory that the test
 * sees, so that both sides of a transfer can be compared.
 *
 * The server is forked: start it before the engine, and before any thread. It is
 * gone with the test, and by itself before the time a test may take.
 */
#ifndef FAULTFS_H
#define FAULTFS_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FAULTFS_BYTES ((size_t)1 << 20) /* length of the file, and the most it can have */

/* Shared with the server. A transfer is one read or write request as it reaches the
 * server; the kernel makes several of one big system call. */
struct faultfs_orders {
    _Atomic unsigned most_bytes;  /* one transfer moves at most that many; 0: all */
    _Atomic int error;            /* the errno of the next two */
    _Atomic int64_t error_offset; /* transfers end before this byte and fail on it; -1: none */
    _Atomic int error_calls;      /* the next that many transfers fail ... */
    _Atomic int error_after;      /* ... after this many that do not */
    _Atomic int delay_ms;         /* before each answer */
    _Atomic bool hold;            /* take transfers and do not answer them while set */
    _Atomic bool stall;           /* take nothing at all from the kernel while set */

    _Atomic int reads, writes; /* transfers taken */
    _Atomic int held;          /* taken and not answered at this moment */
    unsigned char data[FAULTFS_BYTES];
};

struct faultfs {
    struct faultfs_orders *orders;
    pid_t owner, server;
    char directory[PATH_MAX];
};

/* Mounts it in the scratch directory; every byte of the file follows pattern().
 * NULL and errno where FUSE is not to be had. */
struct faultfs *faultfs_start(void);

/* The same, or the program is skipped. */
struct faultfs *faultfs_needed(void);

/* Unmounts and reaps; what was held fails. Done at exit where the test did not. */
void faultfs_stop(struct faultfs *fs);

/* No faults from now on, the file as in the beginning, counts zero. */
void faultfs_calm(struct faultfs *fs);

/* The file opened O_RDWR | O_CLOEXEC and these flags; bails out when it cannot be. */
int faultfs_open(struct faultfs *fs, int flags);

/* The same bytes, to be written only, through the page cache: what is short or fails then
 * comes back as it is. A short write past the cache is made EIO by fuse under io_uring. */
int faultfs_open_for_short_writes(struct faultfs *fs);

/* Waits until so many transfers are held, at most 60 s; false after that. */
bool faultfs_wait_held(struct faultfs *fs, int count);

#endif
