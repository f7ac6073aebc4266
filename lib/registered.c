/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registering buffers and files with every ring, and taking them back when their
 * last user is gone. What a kernel refuses works unregistered: a buffer by its
 * address, a file by the duplicate descriptor.
 */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define UNREGISTER_MS 10000
#define UNREGISTER_SLICE_US 200
#define SEND_TRIES 1000 /* while the kernel has no room, or SQPOLL's thread is on its way */
#define SEND_SLICE_US 50
#define BUFFERS_MAX 16384 /* IORING_MAX_REG_BUFFERS */
#define FILES_MAX 32768

/* Counted first, looked at then: see registered.h. */
static int use(struct set *set)
{
    atomic_fetch_add(&set->users, 1);
    int state = atomic_load(&set->state);
    if (state == SET_REGISTERED)
        return 0;
    atomic_fetch_sub(&set->users, 1);
    return state == SET_DRAINING ? EBUSY : ENOENT;
}

int aur_registered_use_buffer(auraio_engine_t *engine, struct slot *slot)
{
    struct registered *reg = &engine->registered;
    int index = slot->op.buf.u.fixed.index;
    size_t offset = slot->op.buf.u.fixed.offset;
    int error = use(&reg->buffers);

    if (error)
        return error;
    if (index >= reg->buffers.count)
        error = EINVAL;
    else if (offset > reg->iovs[index].iov_len || slot->total > reg->iovs[index].iov_len - offset)
        error = EOVERFLOW;
    if (error) {
        atomic_fetch_sub(&reg->buffers.users, 1);
        return error;
    }
    slot->op.buf.u.ptr = (char *)reg->iovs[index].iov_base + offset;
    slot->buffer = (uint16_t)(index + 1);
    slot->holds = true;
    return 0;
}

int aur_registered_use_file(auraio_engine_t *engine, struct slot *slot, int index)
{
    struct registered *reg = &engine->registered;
    int error = use(&reg->files);

    if (error)
        return error;
    lock_take(&reg->table_lock);
    struct fixed_file *file = index >= 0 && index < reg->files.count ? reg->table[index] : NULL;
    if (file)
        atomic_fetch_add(&file->refs, 1);
    lock_drop(&reg->table_lock);
    if (!file) {
        atomic_fetch_sub(&reg->files.users, 1);
        return index >= 0 && index < reg->files.count ? EBADF : EINVAL;
    }
    slot->file = file;
    slot->holds = true;
    return 0;
}

int aur_registered_find_plain(auraio_engine_t *engine, int fd)
{
    struct registered *reg = &engine->registered;
    int found = -1;

    if (atomic_load_explicit(&reg->files.state, memory_order_acquire) != SET_REGISTERED)
        return -1;
    if (use(&reg->files))
        return -1;
    if (fd < reg->plain_size)
        found = atomic_load_explicit(&reg->plain[fd], memory_order_relaxed) - 1;
    atomic_fetch_sub(&reg->files.users, 1);
    return found;
}

static void identify(struct fixed_file *file, uint64_t identity[3])
{
    struct statx st = {0};

    aur_kern.statx(file->fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_INO, &st);
    identity[0] = st.stx_ino;
    identity[1] = st.stx_dev_major;
    identity[2] = st.stx_dev_minor;
}

/* A number that somebody else closed, and opened again, is left to him. */
static void drop_file(auraio_engine_t *engine, struct fixed_file *file)
{
    uint64_t now[3];

    if (!file || atomic_fetch_sub(&file->refs, 1) > 1)
        return;
    aur_target_forget(&engine->targets, file->fd);
    identify(file, now);
    if (!memcmp(now, file->identity, sizeof now))
        aur_kern.close(file->fd);
    aur_kern.free(file);
}

void aur_registered_release(auraio_engine_t *engine, struct slot *slot)
{
    struct registered *reg = &engine->registered;

    if (slot->buffer) {
        slot->buffer = 0;
        atomic_fetch_sub(&reg->buffers.users, 1);
    }
    if (slot->file) {
        drop_file(engine, slot->file);
        slot->file = NULL;
        atomic_fetch_sub(&reg->files.users, 1);
    }
}

/* The flag is for submissions, which look at it under the ring's lock. */
static void set_flag(struct ring *ring, bool *flag, bool value)
{
    if (!ring) { /* not in use yet */
        *flag = value;
        return;
    }
    ring_lock(ring);
    *flag = value;
    aur_features_note(ring);
    ring_unlock(ring);
}

static void attach_buffers(auraio_engine_t *engine, struct ring *ring, struct uring *uring)
{
    struct registered *reg = &engine->registered;
    int r = aur_kern.uring_register(uring->fd, IORING_REGISTER_BUFFERS, reg->iovs,
                                    (unsigned)reg->buffers.count);

    if (r < 0)
        aur_log(AURAIO_LOG_WARN, "buffers work unregistered: %s", strerror(-r));
    set_flag(ring, &uring->fixed_buffers, r >= 0);
}

static void attach_files(auraio_engine_t *engine, struct ring *ring, struct uring *uring)
{
    struct registered *reg = &engine->registered;
    int count = reg->files.count;
    int *fds = aur_kern.alloc(8, (size_t)count * sizeof *fds);
    int r = -ENOMEM;

    if (fds) {
        for (int i = 0; i < count; i++)
            fds[i] = reg->table[i] ? reg->table[i]->fd : -1;
        r = aur_kern.uring_register(uring->fd, IORING_REGISTER_FILES, fds, (unsigned)count);
        aur_kern.free(fds);
    }
    if (r < 0)
        aur_log(AURAIO_LOG_WARN, "files work unregistered: %s", strerror(-r));
    uring->has_files = r >= 0;
    set_flag(ring, &uring->fixed_files, r >= 0);
}

void aur_registered_attach(auraio_engine_t *engine, struct uring *uring)
{
    struct registered *reg = &engine->registered;

    if (atomic_load(&reg->buffers.state) == SET_REGISTERED)
        attach_buffers(engine, NULL, uring);
    if (atomic_load(&reg->files.state) == SET_REGISTERED)
        attach_files(engine, NULL, uring);
}

static void detach_buffers(auraio_engine_t *engine, struct ring *ring, struct uring *uring)
{
    (void)engine;
    if (uring->fixed_buffers && !uring->lost)
        aur_kern.uring_register(uring->fd, IORING_UNREGISTER_BUFFERS, NULL, 0);
    set_flag(ring, &uring->fixed_buffers, false);
}

static void detach_files(auraio_engine_t *engine, struct ring *ring, struct uring *uring)
{
    (void)engine;
    if (uring->has_files && !uring->lost)
        aur_kern.uring_register(uring->fd, IORING_UNREGISTER_FILES, NULL, 0);
    uring->has_files = false;
    set_flag(ring, &uring->fixed_files, false);
}

/*
 * Runs fn for each kernel instance there is, without the ring's lock: pinning much
 * memory takes time that its submitters must not lose. The setup lock keeps the
 * instances alive.
 */
static void each_uring(auraio_engine_t *engine,
                       void (*fn)(auraio_engine_t *, struct ring *, struct uring *))
{
    int i = 0;

    for (struct ring *ring; (ring = engine_next_ring(engine, &i));) {
        ring_lock(ring);
        struct uring *now = ring->uring, *old = ring->draining;
        ring_unlock(ring);
        if (now && now != old)
            fn(engine, ring, now);
        for (; old; old = old->next)
            fn(engine, ring, old);
    }
}

static int can_register(const struct set *set)
{
    return atomic_load(&set->state) == SET_UNREGISTERED ? 0 : EBUSY;
}

static int enter(auraio_engine_t *engine)
{
    int error = engine_enter(engine);

    if (!error && (error = READ(engine->refuse)))
        engine_leave(engine);
    return error;
}

int auraio_register_buffers(auraio_engine_t *engine, const struct iovec *iovs, int count)
{
    if (!engine || !iovs || count < 1 || count > BUFFERS_MAX)
        return aur_fail(EINVAL);
    for (int i = 0; i < count; i++)
        if (!iovs[i].iov_base || !iovs[i].iov_len)
            return aur_fail(EINVAL);
    int error = enter(engine);
    if (error)
        return aur_fail(error);
    struct registered *reg = &engine->registered;
    lock_take(&engine->setup);
    aur_registered_finish_locked(engine);
    error = can_register(&reg->buffers);
    if (!error && !(reg->iovs = aur_kern.alloc(8, (size_t)count * sizeof *iovs)))
        error = ENOMEM;
    if (!error) {
        memcpy(reg->iovs, iovs, (size_t)count * sizeof *iovs);
        reg->buffers.count = count;
        each_uring(engine, attach_buffers);
        atomic_store(&reg->buffers.state, SET_REGISTERED);
    }
    lock_drop(&engine->setup);
    engine_leave(engine);
    return error ? aur_fail(error) : 0;
}

/* A place in the table for a caller's descriptor; NULL and *error, or NULL for -1. */
static struct fixed_file *make_file(int fd, int index, int *error)
{
    *error = 0;
    if (fd == -1)
        return NULL;
    struct fixed_file *file = aur_kern.alloc(8, sizeof *file);
    if (!file) {
        *error = ENOMEM;
        return NULL;
    }
    file->fd = aur_kern.dup(fd);
    if (file->fd < 0) {
        *error = -file->fd;
        aur_kern.free(file);
        return NULL;
    }
    identify(file, file->identity);
    file->index = index;
    atomic_store(&file->refs, 1);
    atomic_store(&file->current, true);
    return file;
}

static void free_files(auraio_engine_t *engine, struct registered *reg)
{
    for (int i = 0; reg->table && i < reg->files.count; i++)
        drop_file(engine, reg->table[i]);
    aur_kern.free(reg->table);
    aur_kern.free(reg->plain);
    reg->table = NULL;
    reg->plain = NULL;
    reg->plain_size = 0;
    reg->files.count = 0;
}

#define PLAIN_MIN 1024 /* descriptors that a later update may bring */

/* The look-up by plain descriptor is there for those who asked for it. */
static int make_plain(struct registered *reg, const int *fds, int count)
{
    int size = PLAIN_MIN;

    for (int i = 0; i < count; i++)
        size = fds[i] >= size ? fds[i] + 1 : size;
    reg->plain = aur_kern.alloc(8, (size_t)size * sizeof *reg->plain);
    if (!reg->plain)
        return ENOMEM;
    reg->plain_size = size;
    for (int i = 0; i < count; i++)
        if (fds[i] >= 0)
            atomic_store(&reg->plain[fds[i]], i + 1);
    return 0;
}

/* Duplicates first: they tell a descriptor that is none, however high its number. */
static int fill_table(auraio_engine_t *engine, const int *fds, int count)
{
    struct registered *reg = &engine->registered;
    int error = 0;

    reg->table = aur_kern.alloc(8, (size_t)count * sizeof *reg->table);
    if (!reg->table)
        return ENOMEM;
    for (int i = 0; i < count && !error; i++)
        reg->table[i] = make_file(fds[i], i, &error);
    if (!error && engine->options.resolve_registered_files)
        error = make_plain(reg, fds, count);
    return error;
}

int auraio_register_files(auraio_engine_t *engine, const int *fds, int count)
{
    if (!engine || !fds || count < 1 || count > FILES_MAX)
        return aur_fail(EINVAL);
    for (int i = 0; i < count; i++)
        if (fds[i] < -1)
            return aur_fail(EINVAL);
    int error = enter(engine);
    if (error)
        return aur_fail(error);
    struct registered *reg = &engine->registered;
    lock_take(&engine->setup);
    aur_registered_finish_locked(engine);
    error = can_register(&reg->files);
    if (!error) {
        reg->files.count = count;
        error = fill_table(engine, fds, count);
        if (error) {
            free_files(engine, reg);
        } else {
            each_uring(engine, attach_files);
            atomic_store(&reg->files.state, SET_REGISTERED);
        }
    }
    lock_drop(&engine->setup);
    engine_leave(engine);
    return error ? aur_fail(error) : 0;
}

static bool set_kernel_file(const struct uring *uring, int index, int fd)
{
    struct io_uring_files_update update = {.offset = (unsigned)index,
                                           .fds = (uint64_t)(uintptr_t)&fd};

    return aur_kern.uring_register(uring->fd, IORING_REGISTER_FILES_UPDATE, &update, 1) >= 0;
}

/*
 * What was gathered names the file that stands there now, so it is sent first. An
 * instance that cannot be changed serves registered files by their duplicates
 * from then on: so all rings change, always.
 */
static void update_uring(struct ring *ring, struct uring *uring, int index, int fd)
{
    if (!uring || !uring->fixed_files)
        return;
    aur_ring_flush(ring);
    for (int i = 0; i < SEND_TRIES && uring_unsent(uring); i++) {
        aur_kern.sleep_us(SEND_SLICE_US);
        aur_ring_flush(ring);
    }
    if (uring_unsent(uring) || !set_kernel_file(uring, index, fd))
        uring->fixed_files = false;
}

static void update_rings(auraio_engine_t *engine, int index, int fd)
{
    int i = 0;

    for (struct ring *ring; (ring = engine_next_ring(engine, &i));) {
        ring_lock(ring);
        aur_ring_flush(ring);
        update_uring(ring, ring->uring, index, fd);
        for (struct uring *old = ring->draining; old; old = old->next)
            update_uring(ring, old, index, fd);
        aur_features_note(ring);
        ring_unlock(ring);
    }
}

static void update_plain(struct registered *reg, int index, int fd)
{
    for (int i = 0; i < reg->plain_size; i++)
        if (atomic_load(&reg->plain[i]) == index + 1)
            atomic_store(&reg->plain[i], 0);
    if (fd >= 0 && fd < reg->plain_size)
        atomic_store(&reg->plain[fd], index + 1);
}

/* While the rings change nobody uses the number: new operations go by the duplicate. */
static int update_file(auraio_engine_t *engine, int index, int fd)
{
    struct registered *reg = &engine->registered;
    int state = atomic_load(&reg->files.state), error;

    if (state != SET_REGISTERED)
        return state == SET_DRAINING ? EBUSY : ENOENT;
    if (index < 0 || index >= reg->files.count)
        return EINVAL;
    struct fixed_file *file = make_file(fd, index, &error);
    if (error)
        return error;
    if (file)
        atomic_store(&file->current, false);
    lock_take(&reg->table_lock);
    struct fixed_file *old = reg->table[index];
    reg->table[index] = file;
    if (old)
        atomic_store_explicit(&old->current, false, memory_order_release);
    lock_drop(&reg->table_lock);
    update_rings(engine, index, file ? file->fd : -1);
    if (file)
        atomic_store_explicit(&file->current, true, memory_order_release);
    update_plain(reg, index, fd);
    drop_file(engine, old);
    return 0;
}

int auraio_update_file(auraio_engine_t *engine, int index, int fd)
{
    if (!engine || fd < -1)
        return aur_fail(EINVAL);
    int error = enter(engine);
    if (error)
        return aur_fail(error);
    lock_take(&engine->setup);
    error = update_file(engine, index, fd);
    lock_drop(&engine->setup);
    engine_leave(engine);
    return error ? aur_fail(error) : 0;
}

void aur_registered_finish_locked(auraio_engine_t *engine)
{
    struct registered *reg = &engine->registered;

    if (atomic_load(&reg->buffers.state) == SET_DRAINING && !atomic_load(&reg->buffers.users)) {
        each_uring(engine, detach_buffers);
        aur_kern.free(reg->iovs);
        reg->iovs = NULL;
        atomic_store(&reg->buffers.state, SET_UNREGISTERED);
    }
    if (atomic_load(&reg->files.state) == SET_DRAINING && !atomic_load(&reg->files.users)) {
        each_uring(engine, detach_files);
        free_files(engine, reg);
        atomic_store(&reg->files.state, SET_UNREGISTERED);
    }
    atomic_store(&reg->draining, atomic_load(&reg->buffers.state) == SET_DRAINING ||
                                     atomic_load(&reg->files.state) == SET_DRAINING);
}

void aur_registered_finish(auraio_engine_t *engine)
{
    if (!lock_try(&engine->setup))
        return; /* somebody is at it, or a later poll will be */
    aur_registered_finish_locked(engine);
    lock_drop(&engine->setup);
}

static int request_unregister(auraio_engine_t *engine, struct set *set)
{
    int error = engine_enter(engine);

    if (error)
        return error;
    lock_take(&engine->setup);
    int state = atomic_load(&set->state);
    if (state == SET_UNREGISTERED)
        error = ENOENT;
    else
        atomic_store(&set->state, SET_DRAINING);
    if (!error && !aur_thread.running)
        aur_registered_finish_locked(engine);
    else if (!error)
        atomic_store(&engine->registered.draining, true);
    lock_drop(&engine->setup);
    engine_leave(engine);
    return error;
}

/* Polls meanwhile, callbacks included: the caller's own completions are among the users. */
static int unregister(auraio_engine_t *engine, struct set *set)
{
    int error = request_unregister(engine, set);
    uint64_t deadline = aur_deadline(UNREGISTER_MS);

    if (error || aur_thread.running || (error = engine_enter(engine)))
        return error;
    while (!error && atomic_load(&set->state) == SET_DRAINING) {
        int n = aur_poll_rings(engine, true);
        if (n < 0)
            return EOWNERDEAD;
        if (READ(engine->refuse) == ESHUTDOWN)
            error = ESHUTDOWN;
        else if (aur_kern.now_ns() >= deadline)
            error = ETIMEDOUT;
        else if (!n)
            aur_kern.sleep_us(UNREGISTER_SLICE_US);
        aur_flush_all(engine);
        aur_registered_finish(engine);
    }
    engine_leave(engine);
    return atomic_load(&set->state) == SET_DRAINING ? error : 0;
}

static int answer(int error)
{
    return error ? aur_fail(error) : 0;
}

int auraio_unregister_buffers(auraio_engine_t *engine)
{
    return answer(engine ? unregister(engine, &engine->registered.buffers) : EINVAL);
}

int auraio_request_unregister_buffers(auraio_engine_t *engine)
{
    return answer(engine ? request_unregister(engine, &engine->registered.buffers) : EINVAL);
}

int auraio_unregister_files(auraio_engine_t *engine)
{
    return answer(engine ? unregister(engine, &engine->registered.files) : EINVAL);
}

int auraio_request_unregister_files(auraio_engine_t *engine)
{
    return answer(engine ? request_unregister(engine, &engine->registered.files) : EINVAL);
}

void aur_registered_free(auraio_engine_t *engine)
{
    free_files(engine, &engine->registered);
    aur_kern.free(engine->registered.iovs);
}

void aur_registered_forget_file(struct fixed_file *file)
{
    if (file && atomic_fetch_sub(&file->refs, 1) == 1)
        aur_kern.free(file);
}

void aur_registered_forget(auraio_engine_t *engine)
{
    struct registered *reg = &engine->registered;

    for (int i = 0; reg->table && i < reg->files.count; i++)
        aur_registered_forget_file(reg->table[i]);
    aur_kern.free(reg->table);
    aur_kern.free(reg->plain);
    aur_kern.free(reg->iovs);
}
