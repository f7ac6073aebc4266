/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways in which an operation can end, as one number a check can compare: what
 * the callback was told, REFUSED(errno) when the submission was refused, or
 * NEVER_CALLED. And what the plain system call says about the same.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "support.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REFUSED(error) (-100000 - (ssize_t)(error))
#define NEVER_CALLED ((ssize_t)-200000)

/* Waits for one operation. The struct seen keeps its result and may serve the next. */
static inline ssize_t outcome(auraio_engine_t *engine, const auraio_request_t *req,
                              struct seen *seen)
{
    if (!req)
        return REFUSED(errno);
    bool once = wait_seen(engine, seen);
    atomic_store(&seen->calls, 0);
    return once ? atomic_load(&seen->result) : NEVER_CALLED;
}

/* The same for an operation given as a batch of one. */
static inline ssize_t outcome_of(auraio_engine_t *engine, const auraio_op_t *op, struct seen *seen)
{
    auraio_request_t *req = NULL;

    return auraio_submit(engine, op, 1, &req) == 1 ? outcome(engine, req, seen) : REFUSED(errno);
}

/* For errors that may be found early or late: the negative errno, wherever it was told. */
static inline ssize_t verdict(ssize_t outcome)
{
    return outcome <= REFUSED(0) && outcome > NEVER_CALLED ? outcome - REFUSED(0) : outcome;
}

/* What a system call returned, errors as negative errno. */
static inline ssize_t plain(ssize_t returned)
{
    return returned < 0 ? -errno : returned;
}

static inline auraio_op_t transfer_op(auraio_op_type_t type, int fd, const void *buf, size_t len,
                                      int64_t offset, struct seen *seen)
{
    auraio_op_t op = {.type = type, .fd = fd, .buf = auraio_buf(buf), .len = len, .offset = offset};

    op.callback = see;
    op.user_data = seen;
    return op;
}

static inline auraio_op_t vectored_op(auraio_op_type_t type, int fd, const struct iovec *iov,
                                      int iovcnt, int64_t offset, struct seen *seen)
{
    auraio_op_t op = {.type = type, .fd = fd, .iov = iov, .iovcnt = iovcnt, .offset = offset};

    op.callback = see;
    op.user_data = seen;
    return op;
}

/* Any other operation on a descriptor; the caller adds its arguments. */
static inline auraio_op_t simple_op(auraio_op_type_t type, int fd, struct seen *seen)
{
    return transfer_op(type, fd, NULL, 0, 0, seen);
}

/* A number that is no open descriptor and, being high, does not become one. */
static inline int closed_fd(int fd)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 500);

    if (high < 0)
        bail("F_DUPFD: %s", strerror(errno));
    close(high);
    return high;
}

static inline void fill_pattern(unsigned char *buf, size_t len, uint64_t offset)
{
    for (size_t i = 0; i < len; i++)
        buf[i] = pattern(offset + i);
}

static inline bool all_bytes_are(const unsigned char *buf, size_t len, unsigned char value)
{
    for (size_t i = 0; i < len; i++)
        if (buf[i] != value)
            return false;
    return true;
}

/* A file with the pattern, opened O_DIRECT; the program is skipped where the file
 * system has none. */
static inline int direct_file(const char *name, size_t bytes)
{
    char path[PATH_MAX];

    close(scratch_file(name, bytes, 0));
    int fd = open(scratch_path(path, name), O_RDWR | O_DIRECT | O_CLOEXEC);
    if (fd < 0 && errno == EINVAL)
        skip_all("no O_DIRECT in the scratch directory");
    if (fd < 0)
        bail("open %s with O_DIRECT: %s", path, strerror(errno));
    return fd;
}

/* Random numbers that can be had again: AURAIO_TEST_SEED=number repeats a run. */
static inline uint64_t random_seed(void)
{
    const char *given = getenv("AURAIO_TEST_SEED");
    uint64_t seed = (uint64_t)time(NULL) << 20 | (uint64_t)getpid();

    if (given)
        seed = strtoull(given, NULL, 0);
    note("AURAIO_TEST_SEED=%llu", (unsigned long long)seed);
    return seed ? seed : 1;
}

static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
    *state ^= *state << 13; /* xorshift64, G. Marsaglia 2003 */
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state % bound;
}

#endif
