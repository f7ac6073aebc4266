/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that the C library is too old for, made as system calls: musl has preadv2,
 * pwritev2 and statx since 1.2.5 and renameat2 later still. Where one is missing configure
 * has this file included before everything else; nobody includes it by name.
 */
#ifndef AUR_YOUNG_H
#define AUR_YOUNG_H

#include "config.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

long syscall(long number, ...); /* of unistd.h, whose other names some files have for their own */

#ifndef HAVE_STATX
#include <linux/stat.h>

static inline int statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *out)
{
    return (int)syscall(SYS_statx, dirfd, path, flags, mask, out);
}
#endif

/* The kernel takes an offset as two longs, the lower one whole. */
#ifndef HAVE_PREADV2
static inline ssize_t preadv2(int fd, const struct iovec *iov, int count, off_t offset, int flags)
{
    return syscall(SYS_preadv2, fd, iov, count, (long)offset, (long)(offset >> 32), flags);
}
#endif

#ifndef HAVE_PWRITEV2
static inline ssize_t pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int flags)
{
    return syscall(SYS_pwritev2, fd, iov, count, (long)offset, (long)(offset >> 32), flags);
}
#endif

#ifndef HAVE_RENAMEAT2
#include <linux/fs.h> /* RENAME_NOREPLACE and its like */

static inline int renameat2(int from, const char *old, int to, const char *name, unsigned flags)
{
    return (int)syscall(SYS_renameat2, from, old, to, name, flags);
}
#endif

#endif
