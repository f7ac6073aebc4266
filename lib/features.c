/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this kernel offers and what is used of it. Nothing is concluded from a
 * version: flags are tried, opcodes asked for, and entering is tried as well,
 * because a filter may allow the one call and refuse the other.
 */
#include "engine.h"

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define BIT(n) (1ull << (n))
#define OP_FTRUNCATE 55 /* IORING_OP_FTRUNCATE, Linux 6.9 */

static const unsigned char opcodes[] = {
    [AURAIO_OP_READ] = IORING_OP_READ,
    [AURAIO_OP_WRITE] = IORING_OP_WRITE,
    [AURAIO_OP_READV] = IORING_OP_READV,
    [AURAIO_OP_WRITEV] = IORING_OP_WRITEV,
    [AURAIO_OP_FSYNC] = IORING_OP_FSYNC,
    [AURAIO_OP_FDATASYNC] = IORING_OP_FSYNC,
    [AURAIO_OP_OPENAT] = IORING_OP_OPENAT,
    [AURAIO_OP_CLOSE] = IORING_OP_CLOSE,
    [AURAIO_OP_STATX] = IORING_OP_STATX,
    [AURAIO_OP_FALLOCATE] = IORING_OP_FALLOCATE,
    [AURAIO_OP_FTRUNCATE] = OP_FTRUNCATE,
    [AURAIO_OP_SYNC_FILE_RANGE] = IORING_OP_SYNC_FILE_RANGE,
    [AURAIO_OP_FADVISE] = IORING_OP_FADVISE,
    [AURAIO_OP_RENAMEAT] = IORING_OP_RENAMEAT,
    [AURAIO_OP_UNLINKAT] = IORING_OP_UNLINKAT,
    [AURAIO_OP_MKDIRAT] = IORING_OP_MKDIRAT,
    [AURAIO_OP_NOP] = IORING_OP_NOP,
};

#define OPS (sizeof opcodes / sizeof *opcodes)

static const char *const flag_names[] = {
    "COOP_TASKRUN", "TASKRUN_FLAG", "SINGLE_ISSUER",   "DEFER_TASKRUN", "SQPOLL",     "SUBMIT_ALL",
    "EXT_ARG",      "NODROP",       "REGISTERED_RING", "FIXED_BUFFERS", "FIXED_FILES"};

static const char *const op_names[] = {"OP_READ",      "OP_WRITE",     "OP_READV",
                                       "OP_WRITEV",    "OP_FSYNC",     "OP_FDATASYNC",
                                       "OP_OPENAT",    "OP_CLOSE",     "OP_STATX",
                                       "OP_FALLOCATE", "OP_FTRUNCATE", "OP_SYNC_FILE_RANGE",
                                       "OP_FADVISE",   "OP_RENAMEAT",  "OP_UNLINKAT",
                                       "OP_MKDIRAT",   "OP_NOP"};

const char *auraio_feature_name(int bit)
{
    if (bit >= 0 && bit < (int)(sizeof flag_names / sizeof *flag_names))
        return flag_names[bit];
    if (bit >= AURAIO_FEATURE_OP_FIRST && bit < AURAIO_FEATURE_OP_FIRST + (int)OPS)
        return op_names[bit - AURAIO_FEATURE_OP_FIRST];
    return "UNKNOWN";
}

const char *auraio_backend_name(auraio_backend_t backend)
{
    static const char *const names[] = {"auto", "io_uring", "threads"};

    return (unsigned)backend < 3 ? names[backend] : "UNKNOWN";
}

static uint64_t bits_of_setup(unsigned setup_flags)
{
    static const struct {
        unsigned flag;
        int bit;
    } map[] = {{IORING_SETUP_COOP_TASKRUN, AURAIO_FEATURE_COOP_TASKRUN},
               {IORING_SETUP_TASKRUN_FLAG, AURAIO_FEATURE_TASKRUN_FLAG},
               {IORING_SETUP_SINGLE_ISSUER, AURAIO_FEATURE_SINGLE_ISSUER},
               {IORING_SETUP_DEFER_TASKRUN, AURAIO_FEATURE_DEFER_TASKRUN},
               {IORING_SETUP_SQPOLL, AURAIO_FEATURE_SQPOLL},
               {IORING_SETUP_SUBMIT_ALL, AURAIO_FEATURE_SUBMIT_ALL}};
    uint64_t bits = 0;

    for (size_t i = 0; i < sizeof map / sizeof *map; i++)
        if (setup_flags & map[i].flag)
            bits |= BIT(map[i].bit);
    return bits;
}

/* Bits of the opcodes; negative errno when the kernel does not let us ask. */
static int probe_ops(int fd, uint64_t *bits)
{
    union {
        struct io_uring_probe probe;
        char room[sizeof(struct io_uring_probe) + 256 * sizeof(struct io_uring_probe_op)];
    } u;

    memset(&u, 0, sizeof u);
    int error = aur_kern.uring_register(fd, IORING_REGISTER_PROBE, &u.probe, 256);
    if (error < 0)
        return error;
    for (size_t t = 0; t < OPS; t++)
        if (io_uring_opcode_supported(&u.probe, opcodes[t]))
            *bits |= BIT(AURAIO_FEATURE_OP_FIRST + (int)t);
    if (io_uring_opcode_supported(&u.probe, IORING_OP_READ_FIXED))
        *bits |= BIT(AURAIO_FEATURE_FIXED_BUFFERS);
    if (io_uring_opcode_supported(&u.probe, IORING_OP_FILES_UPDATE))
        *bits |= BIT(AURAIO_FEATURE_FIXED_FILES);
    return 0;
}

static bool can_register_ring(int fd)
{
    struct io_uring_rsrc_update update = {.offset = UINT32_MAX, .data = (uint64_t)(unsigned)fd};

    if (aur_kern.uring_register(fd, IORING_REGISTER_RING_FDS, &update, 1) != 1)
        return false;
    update.data = 0;
    aur_kern.uring_register(fd, IORING_UNREGISTER_RING_FDS, &update, 1);
    return true;
}

static void set_reason(auraio_features_t *features, const char *call, int error)
{
    const char *why = strerror(error);

    if (error == ENOSYS)
        why = "this kernel has no io_uring";
    else if (error == EPERM || error == EACCES)
        why = "refused by a seccomp filter, a security module or kernel.io_uring_disabled";
    else if (error == ENOMEM)
        why = "not enough memory, perhaps RLIMIT_MEMLOCK";
    features->backend = AURAIO_BACKEND_THREADS;
    features->uring_errno = error;
    snprintf(features->reason, sizeof features->reason, "%s: %s", call, why);
}

/* Whether the kernel lets us in: 0 or negative errno. A moment in which it is busy says nothing. */
static int try_enter(int fd)
{
    int error = aur_kern.uring_enter(fd, 0, 0, 0, NULL, 0);

    return error == -EINTR || error == -EAGAIN || error == -EBUSY || error == -ENOMEM ? 0 : error;
}

/* One trial ring with the flags; its bits are added. */
static int try_ring(auraio_features_t *features, unsigned flags, const char **call)
{
    struct uring uring;
    int error = aur_uring_open(&uring, 2, 4, flags, 1);

    *call = "io_uring_setup";
    if (error < 0)
        return error;
    features->available |= bits_of_setup(uring.setup_flags) | BIT(AURAIO_FEATURE_NODROP);
    if (uring.features & IORING_FEAT_EXT_ARG)
        features->available |= BIT(AURAIO_FEATURE_EXT_ARG);
    error = probe_ops(uring.fd, &features->available);
    *call = "io_uring_register";
    if (!error) {
        *call = "io_uring_enter";
        error = try_enter(uring.fd);
    }
    if (!error && can_register_ring(uring.fd))
        features->available |= BIT(AURAIO_FEATURE_REGISTERED_RING);
    aur_uring_close(&uring);
    return error < 0 ? error : 0;
}

static void name_versions(auraio_features_t *features)
{
    struct utsname system;

    if (uname(&system) == 0)
        snprintf(features->kernel_release, sizeof features->kernel_release, "%.63s",
                 system.release);
    snprintf(features->liburing_built, sizeof features->liburing_built, "%s", LIBURING_BUILT);
#ifdef HAVE_IO_URING_MAJOR_VERSION
    snprintf(features->liburing_running, sizeof features->liburing_running, "%d.%d",
             io_uring_major_version(), io_uring_minor_version());
#else
    snprintf(features->liburing_running, sizeof features->liburing_running, "%s", LIBURING_BUILT);
#endif
}

#define COOP (IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG)
#define SINGLE (IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG)

void aur_features_probe(auraio_features_t *features, const auraio_options_t *options)
{
    const char *call;
    bool single = !options || options->single_thread;
    bool any = !options || !options->single_thread;

    memset(features, 0, sizeof *features);
    name_versions(features);
    features->backend = AURAIO_BACKEND_URING;
    if (options && options->backend == AURAIO_BACKEND_THREADS) {
        features->backend = AURAIO_BACKEND_THREADS;
        snprintf(features->reason, sizeof features->reason, "threads were asked for");
        return;
    }
    int error = any ? try_ring(features, COOP | IORING_SETUP_SUBMIT_ALL, &call) : 0;
    if (!error && single)
        error = try_ring(features, SINGLE | IORING_SETUP_SUBMIT_ALL, &call);
    if (!error && !options)
        try_ring(features, IORING_SETUP_SQPOLL, &call);
    if (error)
        set_reason(features, call, -error);
}

/* Setup lock not needed: the worst is a message too many. */
void aur_features_fall_back(auraio_engine_t *engine, const char *call, int error)
{
    char reason[sizeof engine->features.reason];

    lock_take(&engine->features_lock);
    set_reason(&engine->features, call, error);
    memcpy(reason, engine->features.reason, sizeof reason);
    lock_drop(&engine->features_lock);
    aur_log(AURAIO_LOG_NOTICE, "%s: carrying on with threads", reason);
}

auraio_backend_t aur_features_backend(auraio_engine_t *engine)
{
    lock_take(&engine->features_lock);
    auraio_backend_t backend = engine->features.backend;
    lock_drop(&engine->features_lock);
    return backend;
}

int auraio_probe(auraio_features_t *features)
{
    if (!features)
        return aur_fail(EINVAL);
    aur_features_probe(features, NULL);
    features->used = 0;
    return 0;
}

void aur_features_note(struct ring *ring)
{
    const struct uring *uring = ring->uring;
    uint64_t bits = 0;

    if (uring) {
        bits = bits_of_setup(uring->setup_flags) | BIT(AURAIO_FEATURE_NODROP) |
               ring->kernel_ops << AURAIO_FEATURE_OP_FIRST;
        if (uring->features & IORING_FEAT_EXT_ARG)
            bits |= BIT(AURAIO_FEATURE_EXT_ARG);
        if (uring->fixed_buffers)
            bits |= BIT(AURAIO_FEATURE_FIXED_BUFFERS);
        if (uring->fixed_files)
            bits |= BIT(AURAIO_FEATURE_FIXED_FILES);
    }
    atomic_store(&ring->features, bits);
}

int auraio_get_features(auraio_engine_t *engine, auraio_features_t *features)
{
    int i = 0;

    if (!engine || !features) {
        if (features)
            memset(features, 0, sizeof *features);
        return aur_fail(EINVAL);
    }
    if (engine_is_forked(engine)) {
        memset(features, 0, sizeof *features);
        return aur_fail(EOWNERDEAD);
    }
    lock_take(&engine->features_lock);
    *features = engine->features;
    lock_drop(&engine->features_lock);
    features->used = 0;
    for (struct ring *ring; (ring = engine_next_ring(engine, &i));)
        features->used |= atomic_load(&ring->features);
    features->available |= features->used;
    return 0;
}
