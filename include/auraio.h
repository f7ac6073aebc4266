/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libauraio: asynchronous file I/O on io_uring that finds its own queue depth. Linux 5.10 or newer.
 *
 * An application hands operations to an engine. The engine keeps as many of them in the kernel as
 * the storage behind each descriptor can use, holds the rest back, and calls back. Where the kernel
 * refuses io_uring the same calls are served by threads. auraio(7) is the long form of this page.
 *
 * LIFE CYCLE
 *   auraio_create, then auraio_read, auraio_submit and the like, then auraio_poll, auraio_wait or
 *   auraio_run, in which callbacks run, at last auraio_destroy. No thread of the library does this
 *   on its own: while nobody polls, no callback runs and statistics stand still.
 *
 * ERRORS, IN TWO PHASES
 *   A call that cannot be submitted returns NULL or -1 and sets errno; its callback never runs.
 *   An operation that was submitted reports to its callback alone, exactly once: a result >= 0, or
 *   a negative errno, as the system call it is named after would give. Submission errors are:
 *     EINVAL     bad engine, descriptor, buffer, path or flag; zero length; negative offset (a
 *                number that merely is not open is -EBADF in the callback)
 *     EAGAIN     no room, see auraio_overflow_t
 *     ESHUTDOWN  auraio_destroy has begun
 *     ENOMEM     no memory (a ring comes into being on its first use)
 *     EMFILE     or ENFILE: no descriptor for such a ring, with AURAIO_BACKEND_URING
 *     ENOENT     a registered buffer or file is named and no such set is registered
 *     EBADF      an empty slot of the registered files is named
 *     EOVERFLOW  offset + len reach beyond the registered buffer
 *     EBUSY      that registered set is draining
 *     EPERM      another thread than the owner of a single_thread engine
 *     EOWNERDEAD in a child after fork(2)
 *     other      the errno with which a ring failed for good, see auraio_get_fatal_error
 *   Every function that takes an engine answers EINVAL to NULL, unless its comment says otherwise,
 *   and may answer EPERM and EOWNERDEAD as above. "Errors" below is what comes on top of these.
 *
 * WHAT MUST STAY VALID
 *   Buffer, iovec array, path, statx result and descriptor belong to the caller and stay valid,
 *   unmoved and open until the callback has run (without a callback: until auraio_request_pending
 *   is false). This holds after a cancel and a timeout too: the device may still be at work.
 *   All other pointers are used only during the call, unless their function says otherwise.
 *   user_data is handed back and never followed.
 *
 * HANDLES
 *   auraio_request_t * is an integer, not an address: it names engine, ring, slot and generation.
 *   It is good from submission until its callback returns. The callback may run in another thread
 *   before the submitting call has returned the handle. A stale handle, whose slot serves another
 *   operation or whose engine is gone, is recognised and never touches either. On 64-bit
 *   systems the generation has at least 24 bits. On 32-bit systems it has 9, and a process may have
 *   31 engines of 32 rings of 8192 slots (64 are spare: queue_depth is at most 8128 there).
 *
 * THREADS, BY PAIRS (calls on one engine; different engines do not concern each other)
 *     any function but destroy | any other                safe
 *     cancel, auraio_request_* | completion of it         safe: the handle is current or stale
 *     update_file, unregister  | operations on the set    safe, see section 7
 *     destroy                  | a call that has begun    destroy waits for it
 *     destroy                  | a call that begins later forbidden: stop and join threads first
 *     free, reuse of memory    | operation on it          forbidden until its callback has run
 *   "MT-safe" below means this table. On a single_thread engine the owner alone calls; see there.
 *
 * FORK
 *   The engine belongs to the process that made it. In a forked child every call fails with
 *   EOWNERDEAD, auraio_destroy frees memory and nothing else, and the parent's engine is untouched.
 *   Descriptors close on exec.
 *
 * CONVENTIONS
 *   Offsets are int64_t, so the ABI does not depend on _FILE_OFFSET_BITS. Structures that the
 *   library fills end in reserved space, which it sets to zero. Strings it returns are constant and
 *   never freed. "Device latency" is the time from hand-over to the kernel until completion.
 */
#ifndef AURAIO_H
#define AURAIO_H

#include <auraio/version.h>

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 1. Engine and options */

/* An engine, opaque; from auraio_create until auraio_destroy. Since 0.1. */
typedef struct auraio_engine auraio_engine_t;

/* Bytes of auraio_options_t.name, the final NUL included. Since 0.1. */
#define AURAIO_NAME_MAX 32

/* Which ring takes a submission. With the first two a thread chooses anew after at most 16
 * submissions, and asks for its CPU again after at most 32. A call of auraio_submit counts as one
 * of them. Since 0.1. */
typedef enum {
    /* The ring of this CPU; when it is over 75 % of queue_depth and loaded more than twice the
     * average, the lighter of two others picked at random. */
    AURAIO_SELECT_ADAPTIVE = 0,
    /* Always the ring of this CPU: EAGAIN when that one holds queue_depth operations. The other
     * modes go on to any ring with room first. */
    AURAIO_SELECT_CPU_LOCAL = 1,
    /* Each ring in turn. */
    AURAIO_SELECT_ROUND_ROBIN = 2
} auraio_ring_select_t;

/* What becomes of a submission beyond the in-flight limit of its target. The limit concerns reads
 * and writes; fsync and metadata operations are never held back. In every mode EAGAIN is the answer
 * when queue_depth * rings operations are held. Since 0.1. */
typedef enum {
    /* Held in the library and started as completions make room. */
    AURAIO_OVERFLOW_QUEUE = 0,
    /* Refused with EAGAIN. */
    AURAIO_OVERFLOW_EAGAIN = 1,
    /* The caller is held until there is room. It reaps completions itself meanwhile, but their
     * callbacks are left to a thread that polls. In a callback this acts as QUEUE. */
    AURAIO_OVERFLOW_BLOCK = 2
} auraio_overflow_t;

/* The control law, by which every target's in-flight limit is found: the knee of throughput over
 * depth, or classic additive increase and multiplicative decrease; auraio_tuning(7). Since 0.1. */
typedef enum { AURAIO_CONTROL_KNEE = 0, AURAIO_CONTROL_AIMD = 1 } auraio_control_t;

/* AUTO is io_uring and, where io_uring_setup(2) fails, threads. URING makes auraio_create fail
 * with that errno instead. Since 0.1. */
typedef enum {
    AURAIO_BACKEND_AUTO = 0,
    AURAIO_BACKEND_URING = 1,
    AURAIO_BACKEND_THREADS = 2
} auraio_backend_t;

/* How an engine is to be. auraio_options_init first, then change fields. Defaults stand in brackets
 * where they are not 0 or false. New options come out of reserved, so that auraio_options_init of a
 * newer library writes no more than an older caller has. A value out of its range, and anything but
 * 0 in reserved, is EINVAL at creation. Since 0.1. */
typedef struct auraio_options {
    /* Set by auraio_options_init; no more than this is read. */
    size_t struct_size;
    /* Most operations one ring holds, 1..32768 [256]. Not the size of the kernel's queues. */
    int queue_depth;
    /* Rings; 0 = one per CPU this process may run on. An unused ring costs nothing. */
    int ring_count;
    /* Operations in flight where the controller's first search starts; 0 = the law's own (KNEE 8,
     * AIMD a quarter of what is allowed). */
    int initial_in_flight;
    /* Floor of a target's limit, whatever the ceiling says; 0 = the law's own (KNEE 1, AIMD 4). */
    int min_in_flight;
    /* Ceiling for the 99th percentile of device latency in ms, from the hand-over to the kernel
     * until it is reaped; 0 = none. AIMD also backs off from 10 times the baseline. */
    double max_p99_latency_ms;
    /* Alignment of pool buffers in bytes, a power of two, at least 512 [page size]. */
    size_t buffer_alignment;
    /* No control: the limit is queue_depth * rings, or that of auraio_set_max_in_flight, and
     * histograms count from creation. */
    bool disable_adaptive;
    /* Ask for a kernel thread that polls the submission queue, io_uring_setup(2). When refused the
     * engine carries on without; features and log tell. */
    bool enable_sqpoll;
    /* One thread, the first that submits, owns the engine: no locks, one ring (ring_count 0 or 1,
     * else EINVAL), the kernel's single-issuer mode where it has one. A call from another thread
     * fails with EPERM and harms nothing. auraio_wakeup, auraio_stop, buffers and statistics
     * remain open to all threads. A wait with nothing in flight returns 0 at once. */
    bool single_thread;
    /* Report short transfers as they are, as AURAIO_OPF_SHORT on every operation. */
    bool report_short;
    /* A plain descriptor that is registered uses its registered slot. This is the caller's promise
     * not to close a registered descriptor and reuse its number for another file. */
    bool resolve_registered_files;
    auraio_control_t control;
    auraio_overflow_t overflow;
    auraio_ring_select_t ring_select;
    /* Idle time in ms before the kernel's polling thread sleeps [1000]. */
    int sqpoll_idle_ms;
    /* As for auraio_set_batch_threshold [-1]. */
    int batch_threshold;
    auraio_backend_t backend;
    /* Workers of the thread backend; 0 = the library decides. */
    int backend_threads;
    /* Statistics in shared memory [-1]: -1 where the directory exists already, 0 never, 1 make the
     * user's own if need be; auraio_observability(7). That it cannot be done is no error. */
    int publish_stats;
    /* Label in published statistics; NUL-terminated within the array, else EINVAL. */
    char name[AURAIO_NAME_MAX];
    /* 0: what this library does not know yet. */
    uint64_t reserved[8];
} auraio_options_t;

/* Sets every field to its default and struct_size; without it creation fails. NULL is a no-op.
 * MT-safe, since 0.1. */
void auraio_options_init(auraio_options_t *options);

/* An engine with the defaults, or with *options (copied; NULL stands for the defaults). The caller
 * owns it and ends it with auraio_destroy. Errors: EINVAL, ENOMEM, EMFILE, ENFILE; with
 * AURAIO_BACKEND_URING also those of io_uring_setup(2). MT-safe, since 0.1. */
auraio_engine_t *auraio_create(void);
auraio_engine_t *auraio_create_with_options(const auraio_options_t *options);

/*
 * Ends an engine. From now on submissions fail with ESHUTDOWN; what is in flight completes and its
 * callbacks run here; registered sets are unregistered; all is freed. After timeout_ms what is left
 * is cancelled and given as long again; what remains even then is abandoned: its callbacks never
 * run, memory the kernel may still write is kept for good, and nothing blocks.
 *
 * Returns 0, or -1: ETIMEDOUT operations were abandoned (the engine is gone all the same); EDEADLK
 * called from a callback, EINVAL negative timeout (nothing has changed). NULL is a no-op.
 * auraio_destroy is this with 10 s and no report. Buffers of auraio_buffer_alloc that are still
 * allocated stay valid and belong to the caller, who frees them with free(3). In a forked child
 * this frees memory only. Threads: stop and join them first; one found inside the engine is waited
 * for. Since 0.1.
 */
int auraio_destroy_timeout(auraio_engine_t *engine, int timeout_ms);
void auraio_destroy(auraio_engine_t *engine);

/* 2. Buffers */

/* Which member of auraio_buf_t.u is meant. Since 0.1. */
typedef enum { AURAIO_BUF_UNREGISTERED = 0, AURAIO_BUF_REGISTERED = 1 } auraio_buf_type_t;

/* Where the data of a read or write lies: an address, or a place in a registered buffer. Passed by
 * value; made by the three functions below. Since 0.1. */
typedef struct auraio_buf_desc {
    auraio_buf_type_t type;
    union {
        void *ptr;
        struct {
            int index;
            size_t offset;
        } fixed;
    } u;
} auraio_buf_t;

/* Plain memory. It is const here so that a write may take it; a read writes into it. A NULL ptr is
 * refused with EINVAL at submission. MT-safe, since 0.1. */
static inline auraio_buf_t auraio_buf(const void *ptr)
{
    auraio_buf_t buf;
    buf.type = AURAIO_BUF_UNREGISTERED;
    buf.u.fixed.index = 0;
    buf.u.fixed.offset = 0;
    buf.u.ptr = (void *)(uintptr_t)ptr;
    return buf;
}

/* Registered buffer number index, offset bytes from its start (auraio_register_buffers). A negative
 * index is refused with EINVAL at submission. MT-safe, since 0.1. */
static inline auraio_buf_t auraio_buf_fixed(int index, size_t offset)
{
    auraio_buf_t buf;
    buf.type = AURAIO_BUF_REGISTERED;
    buf.u.fixed.index = index;
    buf.u.fixed.offset = offset;
    return buf;
}

/* The same from its first byte. MT-safe, since 0.1. */
static inline auraio_buf_t auraio_buf_fixed_idx(int index)
{
    return auraio_buf_fixed(index, 0);
}

/* At least size bytes from the engine's pool, aligned to buffer_alignment: fit for O_DIRECT where
 * auraio_file_alignment asks for no more. Not cleared. The caller owns them until
 * auraio_buffer_free, which any thread may call, not only the one that allocated. NULL on failure.
 * Errors: EINVAL size 0; ENOMEM. MT-safe, since 0.1. */
void *auraio_buffer_alloc(auraio_engine_t *engine, size_t size);

/* Gives a buffer back to the engine it came from. NULL is a no-op. A foreign pointer or a second
 * free is caught, logged at AURAIO_LOG_ERR and left alone. No operation may be using the buffer.
 * After auraio_destroy: free(3). MT-safe, since 0.1. */
void auraio_buffer_free(auraio_engine_t *engine, void *buf);

/* Usable bytes of a pool buffer, at least what was asked for; 0 for NULL or a foreign pointer.
 * MT-safe, since 0.1. */
size_t auraio_buffer_size(auraio_engine_t *engine, const void *buf);

/* What O_DIRECT on this file needs, in bytes: *mem the alignment of memory, *offset that of offset
 * and length. From statx(2) (STATX_DIOALIGN), else the block device, else 4096, which is safe. Asks
 * the file system, so it may block. 0, or -1 with both as they were. Errors: EBADF fd is negative,
 * a registered file or not open; EINVAL a NULL pointer; those of statx(2). MT-safe, since 0.1. */
int auraio_file_alignment(int fd, size_t *mem, size_t *offset);

/* 3. Operations, one at a time */

/* One operation in flight, see HANDLES above. Never followed as a pointer. Since 0.1. */
typedef struct auraio_request auraio_request_t;

/* Runs once per operation, on a thread that polls (not necessarily the submitter), with no lock of
 * the library held. result: bytes moved, the new descriptor of openat, or 0; else a negative errno.
 * It may submit, cancel, allocate, free, flush, stop and unregister; poll, wait, run, drain and
 * destroy fail with EDEADLK in it. Be quick: it delays those behind it. NULL instead of a callback
 * means that nobody needs to know. Since 0.1. */
typedef void (*auraio_callback_t)(auraio_request_t *req, ssize_t result, void *user_data);

struct statx;

/* For auraio_fsync. Since 0.1. */
typedef enum { AURAIO_FSYNC_DEFAULT = 0, AURAIO_FSYNC_DATASYNC = 1 } auraio_fsync_flags_t;

/*
 * All functions of this section return the handle, or NULL and errno (see ERRORS above); all are
 * MT-safe, usable in callbacks, and there since 0.1. fd may be auraio_fixed_file(index) wherever
 * an open file is meant, not for a dirfd. Each is auraio_submit with one operation.
 *
 * Submission never waits for the device, unless AURAIO_OVERFLOW_BLOCK says so. Submissions are
 * gathered: they reach the kernel with a full batch, at the in-flight limit, with flush, poll, wait
 * or drain; at once while some thread sleeps in a wait or run, and from auraio_get_poll_fd on.
 *
 * A thread may exit with its operations in flight: they complete as if it had lived. Results that
 * only the kernel's way of working brings about (-ECANCELED that nobody asked for, -EAGAIN on
 * regular files and block devices without RWF_NOWAIT, -EINTR of positioned reads and writes, fsync
 * and statx) do not reach the callback; the operation is run again. Nothing is repeated that could
 * act twice: close never. A cancel that interrupts a close, fallocate, ftruncate, renameat,
 * unlinkat or mkdirat under way brings -EINTR, not -ECANCELED: it may have acted, and a close has.
 * An operation that the kernel's io_uring lacks runs on a helper thread.
 */

/*
 * pread(2) and pwrite(2) of len bytes, 1..SSIZE_MAX, at offset bytes. The file position is neither
 * used nor moved (offset -1 is EINVAL). The result is the bytes moved; 0 at end of file. With
 * O_APPEND a write appends whatever its offset, see BUGS in pwrite(2).
 *
 * Transfers are whole: a short read or write on a regular file or block device is continued until
 * len, end of file or an error, past the kernel's limit of 0x7ffff000 bytes too. The callback gets
 * the count, or the error when nothing moved; auraio_request_error tells which error ended a
 * partial one. With O_DIRECT a short count that is not block-aligned ends the transfer. The option
 * report_short and AURAIO_OPF_SHORT turn this off. Other kinds of file report what one call gives.
 */
auraio_request_t *auraio_read(auraio_engine_t *engine, int fd, auraio_buf_t buf, size_t len,
                              int64_t offset, auraio_callback_t callback, void *user_data);
auraio_request_t *auraio_write(auraio_engine_t *engine, int fd, auraio_buf_t buf, size_t len,
                               int64_t offset, auraio_callback_t callback, void *user_data);

/* preadv(2) and pwritev(2); iovcnt 1..IOV_MAX, and bytes in all at least 1, else EINVAL. Transfers
 * are whole as above. The array iov stays valid and unchanged until the callback, as the memory it
 * names does. */
auraio_request_t *auraio_readv(auraio_engine_t *engine, int fd, const struct iovec *iov, int iovcnt,
                               int64_t offset, auraio_callback_t callback, void *user_data);
auraio_request_t *auraio_writev(auraio_engine_t *engine, int fd, const struct iovec *iov,
                                int iovcnt, int64_t offset, auraio_callback_t callback,
                                void *user_data);

/* fsync(2), or fdatasync(2) with AURAIO_FSYNC_DATASYNC. It covers writes whose callbacks have run,
 * not those still in flight: for order use AURAIO_OPF_LINK. Result 0. */
auraio_request_t *auraio_fsync(auraio_engine_t *engine, int fd, auraio_fsync_flags_t flags,
                               auraio_callback_t callback, void *user_data);

/* openat(2). The result is the new descriptor, which the caller owns. dirfd may be AT_FDCWD. */
auraio_request_t *auraio_openat(auraio_engine_t *engine, int dirfd, const char *path, int flags,
                                mode_t mode, auraio_callback_t callback, void *user_data);

/* close(2). The descriptor is the library's from submission on; as with close(2), an error does not
 * mean that it is still open. Result 0. */
auraio_request_t *auraio_close(auraio_engine_t *engine, int fd, auraio_callback_t callback,
                               void *user_data);

/* statx(2). *out is written before the callback runs. Result 0. struct statx is that of sys/stat.h
 * (with _GNU_SOURCE) or linux/stat.h. */
auraio_request_t *auraio_statx(auraio_engine_t *engine, int dirfd, const char *path, int flags,
                               unsigned mask, struct statx *out, auraio_callback_t callback,
                               void *user_data);

/* fallocate(2) of len > 0 bytes, and ftruncate(2) to length bytes. Result 0. */
auraio_request_t *auraio_fallocate(auraio_engine_t *engine, int fd, int mode, int64_t offset,
                                   int64_t len, auraio_callback_t callback, void *user_data);
auraio_request_t *auraio_ftruncate(auraio_engine_t *engine, int fd, int64_t length,
                                   auraio_callback_t callback, void *user_data);

/* sync_file_range(2) and posix_fadvise(2); a length of 0 bytes means to the end of the file.
 * Result 0. sync_file_range gives no promise of durability, see its page. */
auraio_request_t *auraio_sync_file_range(auraio_engine_t *engine, int fd, int64_t offset,
                                         int64_t nbytes, unsigned flags, auraio_callback_t callback,
                                         void *user_data);
auraio_request_t *auraio_fadvise(auraio_engine_t *engine, int fd, int64_t offset, int64_t len,
                                 int advice, auraio_callback_t callback, void *user_data);

/* renameat2(2), unlinkat(2) and mkdirat(2), with their flags. Result 0. */
auraio_request_t *auraio_renameat(auraio_engine_t *engine, int olddirfd, const char *oldpath,
                                  int newdirfd, const char *newpath, unsigned flags,
                                  auraio_callback_t callback, void *user_data);
auraio_request_t *auraio_unlinkat(auraio_engine_t *engine, int dirfd, const char *path, int flags,
                                  auraio_callback_t callback, void *user_data);
auraio_request_t *auraio_mkdirat(auraio_engine_t *engine, int dirfd, const char *path, mode_t mode,
                                 auraio_callback_t callback, void *user_data);

/* Does nothing, by way of the kernel. Result 0. */
auraio_request_t *auraio_nop(auraio_engine_t *engine, auraio_callback_t callback, void *user_data);

/* 4. Operations in batches and chains */

/* Values never change. Beside each: the fields of auraio_op_t it reads besides the common ones
 * (flags, timeout_ms, callback, user_data); rw_flags and ioprio of others must be 0. Since 0.1. */
typedef enum {
    AURAIO_OP_READ = 0,             /* fd, buf, len, offset, rw_flags, ioprio */
    AURAIO_OP_WRITE = 1,            /* as READ */
    AURAIO_OP_READV = 2,            /* fd, iov, iovcnt, offset, and as READ */
    AURAIO_OP_WRITEV = 3,           /* as READV */
    AURAIO_OP_FSYNC = 4,            /* fd */
    AURAIO_OP_FDATASYNC = 5,        /* fd */
    AURAIO_OP_OPENAT = 6,           /* fd (the dirfd), args.openat */
    AURAIO_OP_CLOSE = 7,            /* fd */
    AURAIO_OP_STATX = 8,            /* fd (the dirfd), args.statx */
    AURAIO_OP_FALLOCATE = 9,        /* fd, offset, args.fallocate */
    AURAIO_OP_FTRUNCATE = 10,       /* fd, args.ftruncate */
    AURAIO_OP_SYNC_FILE_RANGE = 11, /* fd, offset, args.sync_file_range */
    AURAIO_OP_FADVISE = 12,         /* fd, offset, args.fadvise */
    AURAIO_OP_RENAMEAT = 13,        /* fd (the old dirfd), args.renameat */
    AURAIO_OP_UNLINKAT = 14,        /* fd (the dirfd), args.unlinkat */
    AURAIO_OP_MKDIRAT = 15,         /* fd (the dirfd), args.mkdirat */
    AURAIO_OP_NOP = 16              /* nothing */
} auraio_op_type_t;

/*
 * Flags of an operation; any other bit is EINVAL. Since 0.1.
 *
 * LINK: the next operation of the batch starts when this one succeeded in full; after a failed or
 * short one the rest of the chain gets -ECANCELED. The library runs the chain: a successor starts
 * when the completion before it is reaped, so a chain makes progress while somebody polls, and a
 * short transfer is continued before the successor starts. A chain is admitted whole or not at all
 * and has at most AURAIO_CHAIN_MAX operations and at most queue_depth (EINVAL). The end of the
 * batch ends it.
 *
 * SHORT: report a short transfer as it is instead of continuing it.
 */
enum { AURAIO_OPF_LINK = 1, AURAIO_OPF_SHORT = 2 };
#define AURAIO_CHAIN_MAX 32

/* One operation of a batch. Zero it, then set what its type reads. 128 bytes on every machine, for
 * good; reserved fields must be zero (EINVAL). Since 0.1. */
typedef struct auraio_op {
    uint32_t type;  /* auraio_op_type_t */
    uint32_t flags; /* AURAIO_OPF_* */
    int fd;
    int rw_flags;   /* RWF_* of preadv2(2), as far as the kernel has them */
    int64_t offset; /* bytes */
    /* In ms from submission; 0 = none, negative EINVAL. What is then held back or not started gets
     * -ETIME. What runs is asked to stop: -ETIME if it was really stopped, else its own result, and
     * its memory is busy until the callback. */
    int timeout_ms;
    uint16_t ioprio; /* as ioprio_set(2) encodes it, not applied by threads; 0 = the thread's own */
    uint16_t reserved0;
    int iovcnt;
    uint32_t reserved1;
    union {
        struct {
            const char *path;
            int flags;
            mode_t mode;
        } openat;
        struct {
            const char *path;
            struct statx *out;
            int flags;
            unsigned mask;
        } statx;
        struct {
            int64_t len;
            int mode;
        } fallocate;
        struct {
            int64_t length;
        } ftruncate;
        struct {
            int64_t nbytes;
            unsigned flags;
        } sync_file_range;
        struct {
            int64_t len;
            int advice;
        } fadvise;
        struct {
            const char *oldpath;
            const char *newpath;
            int newdirfd;
            unsigned flags;
        } renameat;
        struct {
            const char *path;
            int flags;
        } unlinkat;
        struct {
            const char *path;
            mode_t mode;
        } mkdirat;
        uint64_t raw[3];
    } args;
    const struct iovec *iov;
    size_t len; /* bytes */
    auraio_buf_t buf;
    auraio_callback_t callback; /* NULL allowed */
    void *user_data;
    unsigned char reserved2[sizeof(void *) == 8 ? 8 : 36];
} auraio_op_t;

/* Submits n operations in order: one ring choice, one lock, one reading of the clock. Returns how
 * many were accepted, counted from the front (the next one was refused: call again with the rest to
 * learn why), or -1 and errno when none; 0 for n = 0. handles may be NULL; else it has room for n,
 * and as many as were accepted are written. ops and handles are not used after the call; what the
 * operations point to is. Errors: see ERRORS above. MT-safe, since 0.1. */
ssize_t auraio_submit(auraio_engine_t *engine, const auraio_op_t *ops, size_t n,
                      auraio_request_t **handles);

/* 5. Requests */

/* Asks that an operation stop. 0 means asked, not stopped: its callback still runs once, with
 * -ECANCELED if it was really stopped and its own result if not (the device had it already); until
 * then its memory is busy. A held-back one is cancelled without the kernel. One inside a chain that
 * has not started gets -ECANCELED together with those behind it. -1 otherwise. Errors: EALREADY
 * complete or stale; EINVAL of no engine or another; ESHUTDOWN. MT-safe, since 0.1. */
int auraio_cancel(auraio_engine_t *engine, auraio_request_t *req);

/* The same for all operations on one descriptor, as it was given at submission. Returns how many
 * were asked, or -1. Errors: EINVAL fd is negative and no registered file (AT_FDCWD is neither);
 * ESHUTDOWN. Call it before closing fd. MT-safe, since 0.1. */
int auraio_cancel_fd(auraio_engine_t *engine, int fd);

/* About a request of any engine; in brackets what a stale handle gets. Whether it is under way, its
 * callback not yet done [false, and false inside that callback]; the descriptor as it was
 * submitted, fixed files included [-1]; its user_data [NULL]; its type [(auraio_op_type_t)-1].
 * MT-safe, since 0.1. */
bool auraio_request_pending(const auraio_request_t *req);
int auraio_request_fd(const auraio_request_t *req);
void *auraio_request_user_data(const auraio_request_t *req);
auraio_op_type_t auraio_request_op_type(const auraio_request_t *req);

/* To be asked inside the callback: the errno (positive) that ended a transfer of which a part had
 * moved, for instance ENOSPC beside a count; 0 when there was none. MT-safe, since 0.1. */
int auraio_request_error(const auraio_request_t *req);

/* 6. Completions */

/* Sends what is gathered, takes completions, runs callbacks, starts held-back operations; never
 * blocks. Returns the number of operations processed, or -1. Errors: EDEADLK in a callback;
 * ESHUTDOWN auraio_destroy has begun; the errno of a ring that failed for good, once all in flight
 * is drained. MT-safe, since 0.1. */
int auraio_poll(auraio_engine_t *engine);

/*
 * As auraio_poll, until at least min (>= 1) operations were processed by this call, timeout_ms have
 * passed (-1 = no limit, 0 = as poll), auraio_wakeup or auraio_stop. auraio_wait is min = 1.
 * Returns the number processed, which is 0 after a timeout or wake-up with nothing done, or -1.
 *
 * With nothing in flight it sleeps all the same, since another thread may submit (not so on a
 * single_thread engine). Before it sleeps it sends what all threads have gathered. Any number of
 * threads may wait; nobody sleeps while a completion is ready. Signals do not end it: a handler
 * calls auraio_wakeup or auraio_stop. Errors: as auraio_poll; EINVAL min < 1, timeout_ms < -1.
 * MT-safe, since 0.1.
 */
int auraio_wait_n(auraio_engine_t *engine, int min, int timeout_ms);
int auraio_wait(auraio_engine_t *engine, int timeout_ms);

/* Ends every wait in progress or, when there is none, the next one; a poll does not count. And of
 * each thread that has polled or waited on the engine before, and is in no wait, the next one,
 * whoever else waits: so a thread that has polled once may look at something of its own and then
 * wait, and sleeps over no wake-up, unless it has polled or waited on eight other engines since.
 * Several before a wait count as one. 0, or -1 (EINVAL). MT-safe, on a single_thread engine too,
 * and async-signal-safe, signal-safety(7); since 0.1. */
int auraio_wakeup(auraio_engine_t *engine);

/* Processes completions, sleeping while idle, until auraio_stop; 0, or -1. Errors: as auraio_poll.
 * Several threads may run one engine. MT-safe, since 0.1. */
int auraio_run(auraio_engine_t *engine);

/* Ends every auraio_run in progress or, when there is none, the next one; likewise of waits those
 * in progress or the next one of any thread. 0, or -1 (EINVAL). MT-safe, on a single_thread engine
 * too, and async-signal-safe as auraio_wakeup is: a handler of SIGINT may end a run with it. Since
 * 0.1. */
int auraio_stop(auraio_engine_t *engine);

/* Processes until nothing is in flight or held back, timeout_ms at most (-1 = no limit). Returns
 * the number processed, or -1. Errors: as auraio_poll; ETIMEDOUT work is left; EINVAL timeout_ms
 * < -1. Where other threads go on submitting it may never see the end, and a callback that another
 * thread has begun may still run when it returns. MT-safe, since 0.1. */
int auraio_drain(auraio_engine_t *engine, int timeout_ms);

/* Hands what is gathered to the kernel now, io_uring_enter(2). 0, or -1. A kernel that is short of
 * something for the moment is no error: the rest is sent later. Errors: ESHUTDOWN; that of a ring
 * which failed for good. MT-safe, since 0.1. */
int auraio_flush(auraio_engine_t *engine);

/* Operations in flight or held back whose callback has not begun; while other threads are at work
 * the figure is out of date at once. -1 (EINVAL) for NULL. MT-safe, since 0.1. */
int auraio_pending_count(auraio_engine_t *engine);

/* An epoll descriptor to be watched for input with epoll(7), poll(2) or select(2), level triggered:
 * readable while completions wait; then call auraio_poll. It may be readable once too often, never
 * too seldom. It belongs to the engine: neither read nor close it; it lasts until auraio_destroy.
 * From the first call on, each submission is sent before its call returns. The same number every
 * time, made by auraio_create; or -1: ENOMEM and ENOSPC when the kernel can watch no ring more, and
 * the errors of every call. MT-safe, since 0.1. */
int auraio_get_poll_fd(auraio_engine_t *engine);

/* Whether this thread is inside a callback, of any engine. MT-safe, since 0.1. */
bool auraio_in_callback(void);

/* 7. Registered buffers and files, io_uring_register(2) */

/* A set is UNREGISTERED, by register REGISTERED, by unregister DRAINING, and UNREGISTERED again
 * when the last operation on it has ended. While it drains, submissions on it and a new register
 * get EBUSY; all else goes on. Where the kernel refuses to register (RLIMIT_MEMLOCK, getrlimit(2))
 * the calls succeed and work unregistered; features and log tell. All functions here are MT-safe,
 * since 0.1, and return 0 or -1. Register and update fail also with the errno of a ring that failed
 * for good, see auraio_get_fatal_error. */

/* Makes iovs[0..count-1] known as buffers 0..count-1 for auraio_buf_fixed. The array is copied; the
 * memory is the caller's and stays valid until the set is UNREGISTERED. Errors: EINVAL NULL,
 * count outside 1..16384, an empty buffer; EBUSY registered or draining already; ENOMEM; ESHUTDOWN.
 */
int auraio_register_buffers(auraio_engine_t *engine, const struct iovec *iovs, int count);

/* unregister waits for the drain, 10 s at most (ETIMEDOUT: still draining, finished later); in a
 * callback it acts as request_unregister. request_unregister never blocks: a later poll, wait or
 * drain finishes it. unregister polls meanwhile: it runs callbacks, so hold no lock that they take.
 * Memory may be reused when unregister returned 0 outside a callback, when
 * auraio_drain has returned >= 0, or when register no longer answers EBUSY. Errors: ENOENT nothing
 * is registered; ESHUTDOWN. */
int auraio_unregister_buffers(auraio_engine_t *engine);
int auraio_request_unregister_buffers(auraio_engine_t *engine);

/* Makes fds[0..count-1] (-1 for an empty slot) known as files 0..count-1 for auraio_fixed_file. The
 * array is copied. The library keeps a duplicate of each descriptor until the set is unregistered
 * and all operations on it ended, so the caller may close its own. Errors: EINVAL NULL, count
 * outside 1..32768, a descriptor below -1; EBADF; EMFILE; EBUSY registered or draining already;
 * ENOMEM; ESHUTDOWN. */
int auraio_register_files(auraio_engine_t *engine, const int *fds, int count);

/* Puts another file in a slot; fd -1 empties it. On all rings or, on failure, on none; safe under
 * load. An operation accepted before keeps the old file. Errors: EINVAL no such slot, or fd below
 * -1; ENOENT no set registered; EBUSY draining; EBADF; EMFILE; ENOMEM; ESHUTDOWN. */
int auraio_update_file(auraio_engine_t *engine, int index, int fd);

/* As for buffers. */
int auraio_unregister_files(auraio_engine_t *engine);
int auraio_request_unregister_files(auraio_engine_t *engine);

/* Names a registered file in place of a descriptor. A plain descriptor is never taken for a slot,
 * see resolve_registered_files. index >= 0. MT-safe, since 0.1. */
static inline int auraio_fixed_file(int index)
{
    return INT_MIN + index;
}

/* 8. Statistics */

/* Where a target's controller stands; auraio_tuning(7). It ticks every 10 ms on the thread that
 * reaps, so that nothing changes while nobody polls or waits. Changes of phase are logged at
 * AURAIO_LOG_INFO. Since 0.1. */
typedef enum {
    AURAIO_PHASE_BASELINE = 0,   /* measures where the search starts */
    AURAIO_PHASE_PROBING = 1,    /* compares depths: the limit jumps */
    AURAIO_PHASE_STEADY = 2,     /* the limit holds and is watched */
    AURAIO_PHASE_BACKOFF = 3,    /* the limit was cut, the P99 being over the ceiling */
    AURAIO_PHASE_SETTLING = 4,   /* the result of a search is checked */
    AURAIO_PHASE_CONVERGED = 5,  /* STEADY for more than 5 s */
    AURAIO_PHASE_PASSTHROUGH = 6 /* the application sets the pace, or there is no control */
} auraio_phase_t;

/* The whole engine. Totals count from creation; "now" is a moment that may have passed; "window" is
 * the last one closed. Since 0.1. */
typedef struct auraio_stats {
    int64_t ops_completed;
    int64_t ops_failed; /* of these, with a negative result */
    int64_t bytes_transferred;
    double current_throughput_bps; /* bytes per second, window */
    double p99_latency_ms;         /* device latency, window */
    int current_in_flight;         /* in the kernel now */
    int optimal_in_flight;         /* limits in force, all targets; without any what rings hold */
    int peak_in_flight;
    int optimal_batch_size; /* the batch threshold now; 0 = no number */
    int queued;             /* held back in the library now */
    int reserved0;
    uint64_t adaptive_spills; /* submissions ADAPTIVE sent to another CPU's ring */
    uint64_t eagain_count;    /* calls refused, or cut short, with EAGAIN */
    uint64_t submit_calls;    /* system calls that handed over submissions */
    uint64_t wait_calls;      /* sleeps of wait and run, not system calls */
    uint64_t resubmitted;     /* operations run again or continued by the library */
    uint64_t abandoned;       /* operations given up, their memory kept */
    uint64_t reserved[8];
} auraio_stats_t;

/* Bits of auraio_ring_stats_t.flags: the io_uring_setup(2) modes in use, a ring of the thread
 * backend, a ring that was never used and does not exist yet. Since 0.1. */
enum {
    AURAIO_RING_COOP_TASKRUN = 1,
    AURAIO_RING_SINGLE_ISSUER = 2,
    AURAIO_RING_DEFER_TASKRUN = 4,
    AURAIO_RING_SQPOLL = 8,
    AURAIO_RING_THREADS = 16,
    AURAIO_RING_UNUSED = 32
};

/* One ring. Since 0.1. */
typedef struct auraio_ring_stats {
    int64_t ops_completed;
    int64_t bytes_transferred;
    int pending_count; /* in flight or held back now */
    int peak_in_flight;
    int in_flight_limit;   /* of the target it works for most, all rings together; or queue_depth */
    int batch_threshold;   /* the engine's optimal_batch_size */
    double p99_latency_ms; /* device latency, window */
    double throughput_bps; /* bytes per second, window */
    auraio_phase_t phase;  /* of that target */
    int queue_depth;
    unsigned flags; /* AURAIO_RING_* */
    unsigned reserved0;
    uint64_t reserved[6];
} auraio_ring_stats_t;

/* One storage target, that is one device: st_rdev of a block device (a partition counts as its
 * disk), else st_dev, inode(7). Since 0.1. */
typedef struct auraio_target_stats {
    unsigned dev_major;
    unsigned dev_minor;
    int limit; /* operations in flight, all rings together: the controller's, or the top of it */
    int in_flight;
    int queued; /* held back for it */
    auraio_phase_t phase;
    int knee; /* smallest depth with nearly full throughput, as last found; 0 = not known */
    int reserved0;
    double baseline_p99_ms; /* device latency where the last search began; 0 = not known */
    double p99_latency_ms;  /* device latency, window */
    double iops;            /* operations per second, window */
    double throughput_bps;  /* bytes per second, window */
    uint64_t searches;      /* for the knee, begun so far; AIMD has none */
    uint64_t limit_changes; /* steps of a search included */
    uint64_t reserved[6];
} auraio_target_stats_t;

/* Device latencies in log-linear buckets, the layout of HdrHistogram: the unit is 16 ns, and each
 * octave is divided in 64, so that from 1 us on a bucket is at most 1/64 of its value wide. Where
 * the buckets lie is told by the two functions below. Since 0.1. */
#define AURAIO_HISTOGRAM_BUCKETS 1792
typedef struct auraio_histogram {
    uint32_t buckets[AURAIO_HISTOGRAM_BUCKETS];
    uint32_t overflow; /* samples beyond the last bucket */
    uint32_t reserved0;
    uint64_t total_count;    /* samples, overflow included; where there are many, 1 in 8 is taken */
    uint64_t max_tracked_us; /* every latency up to this has a bucket */
    uint64_t reserved[4];
} auraio_histogram_t;

/* The buffer pool. Since 0.1. */
typedef struct auraio_buffer_stats {
    uint64_t total_allocated_bytes; /* had from the system, in use and kept for reuse */
    uint64_t total_buffers;         /* their number */
    uint64_t cached_bytes;          /* of these, kept for reuse */
    int shard_count;
    int reserved0;
    uint64_t reserved[4];
} auraio_buffer_stats_t;

/*
 * Snapshots: each fills the caller's structure, takes no lock of the I/O path and tears no value,
 * though two fields may be an instant apart. 0, or -1 with the structure zeroed. Any thread at any
 * time, on a single_thread engine too. A ring is 0..auraio_get_ring_count - 1, a target
 * 0..auraio_get_target_count - 1, numbered as devices appear, for good. Errors: EINVAL NULL, no
 * such ring or target. get_ring_count is 0 for NULL. get_histogram gives the last closed window, or
 * everything since creation when adaptive control is off. MT-safe, since 0.1.
 */
int auraio_get_stats(auraio_engine_t *engine, auraio_stats_t *stats);
int auraio_get_ring_count(auraio_engine_t *engine);
int auraio_get_ring_stats(auraio_engine_t *engine, int ring, auraio_ring_stats_t *stats);
int auraio_get_target_count(auraio_engine_t *engine);
int auraio_get_target_stats(auraio_engine_t *engine, int target, auraio_target_stats_t *stats);
int auraio_get_histogram(auraio_engine_t *engine, int ring, auraio_histogram_t *hist);
int auraio_get_buffer_stats(auraio_engine_t *engine, auraio_buffer_stats_t *stats);

/* The latency in ms that percentile (0..100) of the samples do not exceed, by the upper end of its
 * bucket; among the overflow max_tracked_us. -1 when hist is NULL or empty or percentile lies
 * outside. MT-safe, since 0.1. */
double auraio_histogram_percentile(const auraio_histogram_t *hist, double percentile);

/* Where a bucket begins and where it ends, in us; -1 when hist is NULL or bucket lies outside
 * 0..AURAIO_HISTOGRAM_BUCKETS - 1. MT-safe, since 0.1. */
double auraio_histogram_bucket_lower_us(const auraio_histogram_t *hist, int bucket);
double auraio_histogram_bucket_upper_us(const auraio_histogram_t *hist, int bucket);

/* Where the engine's published statistics lie in memory, and how many bytes they are: for
 * libauraio-prom, see auraio_prometheus.h. The layout is private and tells its version. Read only;
 * valid until auraio_destroy. NULL on failure. Errors: EINVAL also when size is NULL. MT-safe,
 * since 0.1. */
const void *auraio_stats_segment(auraio_engine_t *engine, size_t *size);

/* "BASELINE" to "PASSTHROUGH"; "UNKNOWN" for any other value. MT-safe, since 0.1. */
const char *auraio_phase_name(int phase);

/* 9. Changes while running, failure */

/*
 * Setters return 0, or -1 with EINVAL and nothing changed. They hold for every target. The
 * controller takes a change up with its next tick, and KNEE searches anew. MT-safe, since 0.1.
 *   max_p99_latency  ceiling in ms, 0 = none; EINVAL negative or not finite
 *   min_in_flight    floor of a target's limit, 0 = the law's own; EINVAL negative
 *   max_in_flight    top of a target's limit, 0 = none; with disable_adaptive the limit itself;
 *                    EINVAL negative
 *   batch_threshold  submissions gathered before one system call: 0 only poll, wait and flush
 *                    send, > 0 that many, -1 the library decides: 32, but between 8 and 32
 *                    under a limit of the controller, for 8 to 16 a call; EINVAL < -1
 */
int auraio_set_max_p99_latency(auraio_engine_t *engine, double ms);
int auraio_set_min_in_flight(auraio_engine_t *engine, int n);
int auraio_set_max_in_flight(auraio_engine_t *engine, int n);
int auraio_set_batch_threshold(auraio_engine_t *engine, int n);

/* 0, or the errno (positive) with which a ring failed for good: later submissions fail with it,
 * what is in flight still completes, then poll and wait report it. -1 (EINVAL) for NULL. MT-safe,
 * since 0.1. */
int auraio_get_fatal_error(auraio_engine_t *engine);

/* 10. What the kernel has and what is used */

/* Bit numbers in auraio_features_t. Operation type t is bit AURAIO_FEATURE_OP_FIRST + t. Since
 * 0.1. */
enum {
    AURAIO_FEATURE_COOP_TASKRUN = 0,
    AURAIO_FEATURE_TASKRUN_FLAG = 1,
    AURAIO_FEATURE_SINGLE_ISSUER = 2,
    AURAIO_FEATURE_DEFER_TASKRUN = 3,
    AURAIO_FEATURE_SQPOLL = 4,
    AURAIO_FEATURE_SUBMIT_ALL = 5,
    AURAIO_FEATURE_EXT_ARG = 6,
    AURAIO_FEATURE_NODROP = 7,
    AURAIO_FEATURE_REGISTERED_RING = 8,
    AURAIO_FEATURE_FIXED_BUFFERS = 9,
    AURAIO_FEATURE_FIXED_FILES = 10,
    AURAIO_FEATURE_OP_FIRST = 16
};

/* Strings are NUL-terminated. Since 0.1. */
typedef struct auraio_features {
    auraio_backend_t backend; /* what is used: URING or THREADS */
    int uring_errno;          /* why not io_uring, positive; 0 = used, or threads asked for */
    char reason[128];         /* the same in words; empty when io_uring is used */
    char kernel_release[64];  /* as uname(2) */
    char liburing_built[16];
    char liburing_running[16];
    uint64_t available; /* bits AURAIO_FEATURE_* */
    uint64_t used;
    uint64_t reserved[8];
} auraio_features_t;

/* probe: what an engine made now would find; makes none, and succeeds where io_uring is refused.
 * get_features: what this engine found and uses. 0, or -1 with the structure zeroed. Errors: EINVAL
 * NULL. MT-safe, since 0.1. */
int auraio_probe(auraio_features_t *features);
int auraio_get_features(auraio_engine_t *engine, auraio_features_t *features);

/* Names for people; "UNKNOWN" for any other value. MT-safe, since 0.1. */
const char *auraio_feature_name(int bit);
const char *auraio_backend_name(auraio_backend_t backend);

/* 11. Log and version */

/* Levels as in syslog(3). Since 0.1. */
enum {
    AURAIO_LOG_ERR = 3,
    AURAIO_LOG_WARN = 4,
    AURAIO_LOG_NOTICE = 5,
    AURAIO_LOG_INFO = 6,
    AURAIO_LOG_DEBUG = 7
};

/* Gets one message without a final newline, valid during the call only. It may run on any thread,
 * on several at once, and must not call the library. Since 0.1. */
typedef void (*auraio_log_fn)(int level, const char *msg, void *user_data);

/* The handler of the process, for all engines; NULL, as at the start, is silence: the library never
 * prints. A handler just replaced may still be running in another thread, so keep its user_data.
 * MT-safe, since 0.1. */
void auraio_set_log_handler(auraio_log_fn fn, void *user_data);

/* The version that runs: "0.1.0", and major * 10000 + minor * 100 + patch. That of this header is
 * AURAIO_VERSION_STRING and AURAIO_VERSION. MT-safe, since 0.1. */
const char *auraio_version(void);
int auraio_version_int(void);

#ifdef __cplusplus
}
#endif

#endif
