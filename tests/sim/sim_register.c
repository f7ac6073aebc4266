/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io_uring_register: sets of buffers and files, the event descriptor, the probe,
 * limits. A registered file is a reference of its own, as in the kernel: the
 * descriptor it came from may be closed.
 */
#include "sim_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SET_MAX 32768U

static int register_buffers(struct sim_ring *ring, const struct iovec *iovs, unsigned n)
{
    if (ring->buffers)
        return -EBUSY;
    if (!n || n > 16384)
        return -EINVAL;
    for (unsigned i = 0; i < n; i++) {
        if (!iovs[i].iov_base && iovs[i].iov_len)
            return -EFAULT;
    }
    ring->buffers = sim_xalloc(n, sizeof *iovs);
    memcpy(ring->buffers, iovs, n * sizeof *iovs);
    ring->n_buffers = n;
    return 0;
}

/* The caller was promised that the memory is free again. */
static void check_unused(const struct sim_ring *ring)
{
    for (const struct sim_op *op = ring->ops; op; op = op->older) {
        if (op->fixed_buffer && op->state != OP_DONE)
            sim_fail("ring %u: buffers unregistered while one is in use", ring->id);
    }
}

static int update_buffers(struct sim_ring *ring, const struct io_uring_rsrc_update2 *update,
                          unsigned size)
{
    const struct iovec *iovs = (const struct iovec *)(uintptr_t)update->data;

    if (!ring->buffers)
        return -ENXIO;
    if (size != sizeof *update || update->resv || update->resv2 || update->tags || !update->nr ||
        update->offset + update->nr > ring->n_buffers)
        return -EINVAL;
    for (unsigned i = 0; i < update->nr; i++) {
        struct iovec *place = &ring->buffers[update->offset + i];
        if (!iovs[i].iov_base && iovs[i].iov_len)
            return i ? (int)i : -EFAULT;
        if (place->iov_base)
            check_unused(ring);
        *place = iovs[i];
    }
    return (int)update->nr;
}

static int unregister_buffers(struct sim_ring *ring)
{
    if (!ring->buffers)
        return -ENXIO;
    check_unused(ring);
    free(ring->buffers);
    ring->buffers = NULL;
    ring->n_buffers = 0;
    return 0;
}

static int put_file(struct sim_ring *ring, unsigned index, int fd)
{
    struct sim_obj *obj = fd < 0 ? NULL : sim_fd_get(fd);

    if (fd == IORING_REGISTER_FILES_SKIP)
        return 0;
    if (fd < -1 || (fd >= 0 && !obj))
        return -EBADF;
    if (obj)
        sim_obj_get(obj);
    if (ring->files[index])
        sim_obj_put(ring->files[index]);
    ring->files[index] = obj;
    return 0;
}

static int unregister_files(struct sim_ring *ring)
{
    if (!ring->files)
        return -ENXIO;
    for (unsigned i = 0; i < ring->n_files; i++) {
        if (ring->files[i])
            sim_obj_put(ring->files[i]);
    }
    free(ring->files);
    ring->files = NULL;
    ring->n_files = 0;
    return 0;
}

static int register_files(struct sim_ring *ring, const int *fds, unsigned n)
{
    int error = 0;

    if (ring->files)
        return -EBUSY;
    if (!n || n > SET_MAX)
        return -EINVAL;
    ring->files = sim_xalloc(n, sizeof(struct sim_obj *));
    ring->n_files = n;
    for (unsigned i = 0; i < n && !error; i++)
        error = fds ? put_file(ring, i, fds[i]) : 0;
    if (error)
        unregister_files(ring);
    return error;
}

/* As many as went well; an error only when the first did not. */
static int update_files(struct sim_ring *ring, const struct io_uring_files_update *update,
                        unsigned n)
{
    const int *fds = (const int *)(uintptr_t)update->fds;

    if (!ring->files)
        return -ENXIO;
    if (update->resv || !n || update->offset + n > ring->n_files)
        return -EINVAL;
    for (unsigned i = 0; i < n; i++) {
        int error = put_file(ring, update->offset + i, fds[i]);
        if (error)
            return i ? (int)i : error;
    }
    return (int)n;
}

static int register_files2(struct sim_ring *ring, const struct io_uring_rsrc_register *r,
                           unsigned size)
{
    if (size != sizeof *r || r->resv2 || r->tags)
        return -EINVAL;
    return register_files(
        ring, r->flags & IORING_RSRC_REGISTER_SPARSE ? NULL : (const int *)(uintptr_t)r->data,
        r->nr);
}

static int register_event(struct sim_ring *ring, const int *fd, unsigned n)
{
    struct sim_obj *obj = sim_fd_get(*fd);

    if (n != 1)
        return -EINVAL;
    if (ring->event)
        return -EBUSY;
    if (!obj || obj->kind != SIM_EVENT)
        return -EBADF;
    sim_obj_get(obj);
    ring->event = obj;
    return 0;
}

static int unregister_event(struct sim_ring *ring)
{
    if (!ring->event)
        return -ENXIO;
    sim_obj_put(ring->event);
    ring->event = NULL;
    return 0;
}

static int probe(struct io_uring_probe *probe, unsigned n)
{
    if (n > 256)
        return -EINVAL;
    if (n > SIM_OPCODES)
        n = SIM_OPCODES;
    probe->last_op = SIM_OPCODES - 1;
    probe->ops_len = (uint8_t)n;
    for (unsigned i = 0; i < n; i++) {
        probe->ops[i].op = (uint8_t)i;
        probe->ops[i].flags = sim_opcode_is_known(i) ? IO_URING_OP_SUPPORTED : 0;
    }
    return 0;
}

static int register_ring(struct sim_ring *ring, struct io_uring_rsrc_update *update, unsigned n)
{
    if (n != 1)
        return -EINVAL;
    for (unsigned i = 0; i < 16; i++) {
        if (update->offset != UINT32_MAX && update->offset != i)
            continue;
        if (!sim.registered_rings[i]) {
            sim.registered_rings[i] = ring;
            update->offset = i;
            return 1;
        }
    }
    return -EBUSY;
}

static int unregister_ring(const struct io_uring_rsrc_update *update, unsigned n)
{
    if (n != 1 || update->offset >= 16 || !sim.registered_rings[update->offset])
        return -EINVAL;
    sim.registered_rings[update->offset] = NULL;
    return 1;
}

void sim_unregister_all(struct sim_ring *ring)
{
    for (unsigned i = 0; i < 16; i++) {
        if (sim.registered_rings[i] == ring)
            sim.registered_rings[i] = NULL;
    }
    free(ring->buffers);
    ring->buffers = NULL;
    unregister_files(ring);
    unregister_event(ring);
}

static int do_register(struct sim_ring *ring, unsigned opcode, void *arg, unsigned n)
{
    switch (opcode) {
    case IORING_REGISTER_BUFFERS:
        return register_buffers(ring, arg, n);
    case IORING_REGISTER_BUFFERS_UPDATE:
        return update_buffers(ring, arg, n);
    case IORING_UNREGISTER_BUFFERS:
        return unregister_buffers(ring);
    case IORING_REGISTER_FILES:
        return register_files(ring, arg, n);
    case IORING_REGISTER_FILES2:
        return register_files2(ring, arg, n);
    case IORING_UNREGISTER_FILES:
        return unregister_files(ring);
    case IORING_REGISTER_FILES_UPDATE:
        return update_files(ring, arg, n);
    case IORING_REGISTER_EVENTFD:
    case IORING_REGISTER_EVENTFD_ASYNC:
        return register_event(ring, arg, n);
    case IORING_UNREGISTER_EVENTFD:
        return unregister_event(ring);
    case IORING_REGISTER_PROBE:
        return probe(arg, n);
    case IORING_REGISTER_IOWQ_MAX_WORKERS:
        return n == 2 ? 0 : -EINVAL;
    case IORING_REGISTER_RING_FDS:
        return register_ring(ring, arg, n);
    case IORING_UNREGISTER_RING_FDS:
        return unregister_ring(arg, n);
    default:
        return -EINVAL;
    }
}

int sim_kern_register(int fd, unsigned opcode, const void *arg, unsigned n)
{
    struct sim_obj *obj = sim_fd_get(fd);

    sim_kernel_call(5000);
    if (!obj || obj->kind != SIM_RING)
        return -EBADF;
    if (sim.config.register_errno && opcode < 64 && sim.config.register_refused >> opcode & 1)
        return -sim.config.register_errno;
    int result = do_register(obj->ring, opcode, (void *)(uintptr_t)arg, n);
    sim_trace("ring %u: register %u of %u: %d", obj->ring->id, opcode, n, result);
    return result;
}
