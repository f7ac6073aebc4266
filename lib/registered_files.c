/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registered files: the table of duplicates, its look-up by plain descriptor, and
 * its update under load. A kernel instance that refuses the table works with the
 * duplicate descriptors instead.
 */
#include "engine.h"
#include "registered_sets.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SEND_TRIES 1000 /* while the kernel has no room, or SQPOLL's thread is on its way */
#define SEND_SLICE_US 50
#define FILES_MAX 32768

int aur_registered_use_file(auraio_engine_t *engine, struct slot *slot, int index)
{
    struct registered *reg = &engine->registered;
    int error = aur_set_use(&reg->files);

    if (error)
        return error;
    lock_take(&reg->table_lock);
    struct fixed_file *file = index < reg->files.count ? reg->table[index] : NULL;
    if (file)
        atomic_fetch_add(&file->refs, 1);
    lock_drop(&reg->table_lock);
    if (!file) {
        set_unuse(&reg->files);
        return index < reg->files.count ? EBADF : EINVAL;
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
    if (aur_set_use(&reg->files))
        return -1;
    if (fd < reg->plain_size)
        found = atomic_load_explicit(&reg->plain[fd], memory_order_relaxed) - 1;
    set_unuse(&reg->files);
    return found;
}

/* 0, or negative errno and zeros, which are no file's identity. */
static int identify(struct fixed_file *file, uint64_t identity[3])
{
    struct statx st = {0};
    int error = aur_kern.statx(file->fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
                               STATX_TYPE | STATX_INO, &st);

    identity[0] = error ? 0 : st.stx_ino;
    identity[1] = error ? 0 : st.stx_dev_major;
    identity[2] = error ? 0 : st.stx_dev_minor;
    return error;
}

/* Where the kernel does not tell which file it is, or did not tell, it is ours. */
static bool is_ours(struct fixed_file *file)
{
    static const uint64_t unknown[3];
    uint64_t now[3];
    int error = identify(file, now);

    if (error || !memcmp(file->identity, unknown, sizeof unknown))
        return error != -EBADF;
    return !memcmp(now, file->identity, sizeof now);
}

/* A number that somebody else closed, and opened again, is left to him. */
void aur_drop_file(auraio_engine_t *engine, struct fixed_file *file)
{
    if (!file)
        return;
    AUR_ASSERT(atomic_load(&file->refs) > 0);
    if (atomic_fetch_sub(&file->refs, 1) > 1)
        return;
    aur_target_forget(&engine->targets, file->fd);
    if (is_ours(file))
        aur_kern.close(file->fd);
    aur_kern.free(file);
}

void aur_attach_files(auraio_engine_t *engine, struct ring *ring, struct uring *uring)
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
    aur_set_flag(ring, &uring->fixed_files, r >= 0);
}

void aur_detach_files(auraio_engine_t *engine, struct ring *ring, struct uring *uring)
{
    (void)engine;
    if (uring->has_files && !uring->lost)
        aur_kern.uring_register(uring->fd, IORING_UNREGISTER_FILES, NULL, 0);
    uring->has_files = false;
    aur_set_flag(ring, &uring->fixed_files, false);
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

void aur_free_files(auraio_engine_t *engine, struct registered *reg)
{
    struct fixed_file **table = reg->table;
    _Atomic int *plain = reg->plain;

    reg->table = NULL;
    reg->plain = NULL;
    for (int i = 0; table && i < reg->files.count; i++)
        aur_drop_file(engine, table[i]);
    aur_kern.free(table);
    aur_kern.free(plain);
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
    int error = aur_registered_enter(engine);
    if (error)
        return aur_fail(error);
    struct registered *reg = &engine->registered;
    lock_take(&engine->setup);
    aur_registered_finish_locked(engine);
    error = aur_set_is_taken(&reg->files) ? EBUSY : 0;
    if (!error) {
        reg->files.count = count;
        error = fill_table(engine, fds, count);
        if (error) {
            aur_free_files(engine, reg);
        } else {
            aur_each_uring(engine, aur_attach_files);
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
    aur_drop_file(engine, old);
    return 0;
}

int auraio_update_file(auraio_engine_t *engine, int index, int fd)
{
    if (!engine || fd < -1)
        return aur_fail(EINVAL);
    int error = aur_registered_enter(engine);
    if (error)
        return aur_fail(error);
    lock_take(&engine->setup);
    error = update_file(engine, index, fd);
    lock_drop(&engine->setup);
    engine_leave(engine);
    return error ? aur_fail(error) : 0;
}

void aur_registered_forget_file(struct fixed_file *file)
{
    if (file && atomic_fetch_sub(&file->refs, 1) == 1)
        aur_kern.free(file);
}
