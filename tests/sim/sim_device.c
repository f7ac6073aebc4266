/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices: how long an operation takes and which comes first. A device works on
 * as many data operations at once as it has channels and takes any of the others
 * next; everything that is no data starts at once. Cancellation finds what has
 * not begun.
 *
 * While the kernel has a buffer nobody else touches it: one to be read into is
 * filled with poison that must still be there at the end, one to be written from
 * must not change.
 */
#include "sim_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t checksum_of(const struct sim_op *op)
{
    uint64_t sum = 0xcbf29ce484222325ULL;

    for (int i = 0; i < op->iovcnt; i++) {
        const unsigned char *p = op->iov[i].iov_base, *end = p + op->iov[i].iov_len;
        for (uint64_t word; end - p >= 8; p += 8) {
            memcpy(&word, p, 8);
            sum = (sum ^ word) * 0x100000001b3ULL;
        }
        for (; p < end; p++)
            sum = (sum ^ *p) * 0x100000001b3ULL;
    }
    return sum;
}

static bool is_guarded(const struct sim_op *op)
{
    return sim_opcode_is_data(op->opcode) && op->file && op->file->kind == SIM_FILE;
}

static void guard(struct sim_op *op)
{
    if (!is_guarded(op))
        return;
    for (int i = 0; i < op->iovcnt && !sim_opcode_is_write(op->opcode); i++) {
        if (op->iov[i].iov_len)
            memset(op->iov[i].iov_base, SIM_POISON, op->iov[i].iov_len);
    }
    op->checksum = checksum_of(op);
}

static void check_guard(const struct sim_op *op)
{
    if (is_guarded(op) && checksum_of(op) != op->checksum)
        sim_fail("the buffer of %llx (opcode %u) was touched while the kernel had it",
                 (unsigned long long)op->user_data, op->opcode);
}

/* Log-uniform: most are short, a few take their time. */
uint64_t sim_service_ns(void)
{
    uint64_t low = sim.config.service_min_ns, high = low;

    while (high < sim.config.service_max_ns && sim_below(&sim.rand, 4))
        high *= 2;
    if (high > sim.config.service_max_ns)
        high = sim.config.service_max_ns;
    return low + sim_below(&sim.rand, high - low + 1);
}

static void run(struct sim_op *op)
{
    op->state = OP_RUNNING;
    sim_schedule(op, sim.now_ns + sim_service_ns());
}

static void wait_for_channel(struct sim_device *device, struct sim_op *op)
{
    op->state = OP_WAITING;
    if (device->n_waiting == device->room) {
        device->room = device->room ? device->room * 2 : 64;
        device->waiting = sim_xrealloc(device->waiting, device->room, sizeof *device->waiting);
    }
    device->waiting[device->n_waiting++] = op;
}

static void start_on_file(struct sim_op *op)
{
    const struct sim_inode *inode = op->file && op->file->kind == SIM_FILE ? op->file->inode : NULL;

    guard(op);
    if (inode && inode->hung) {
        op->state = OP_HUNG;
        op->next = sim.hung;
        sim.hung = op;
    } else if (inode && inode->silent && sim_opcode_is_data(op->opcode)) {
        op->state = OP_SILENT;
    } else if (sim_chance(&sim.rand, sim.config.inline_ppm)) {
        sim_op_done(op, sim_faulty_result(op));
    } else if (inode && sim_opcode_is_data(op->opcode)) {
        struct sim_device *device = &sim.devices[inode->minor];
        if (device->busy >= sim.config.channels) {
            wait_for_channel(device, op);
            return;
        }
        device->busy++;
        op->on_channel = true;
        run(op);
    } else {
        run(op);
    }
}

void sim_start(struct sim_op *op)
{
    switch (op->opcode) {
    case IORING_OP_NOP:
        sim_op_done(op, 0);
        break;
    case IORING_OP_ASYNC_CANCEL:
        sim_op_done(op, sim_cancel(op->ring, op));
        break;
    case IORING_OP_POLL_ADD:
        sim_poll_arm(op);
        break;
    default:
        start_on_file(op);
    }
}

static struct sim_op *take_waiting(struct sim_device *device, unsigned i)
{
    struct sim_op *op = device->waiting[i];

    device->waiting[i] = device->waiting[--device->n_waiting];
    return op;
}

void sim_finish(struct sim_op *op)
{
    if (op->on_channel) {
        struct sim_device *device = &sim.devices[op->file->inode->minor];
        op->on_channel = false;
        device->busy--;
        if (device->n_waiting) {
            struct sim_op *next =
                take_waiting(device, (unsigned)sim_below(&sim.rand, device->n_waiting));
            device->busy++;
            next->on_channel = true;
            run(next);
        }
    }
    check_guard(op);
    sim_op_done(op, sim_faulty_result(op));
}

static struct sim_op *find(const struct sim_ring *ring, uint64_t user_data)
{
    for (struct sim_op *op = ring->ops; op; op = op->older) {
        if (op->user_data == user_data && op->opcode != IORING_OP_ASYNC_CANCEL)
            return op->state == OP_DONE ? NULL : op;
    }
    return NULL;
}

int sim_cancel(struct sim_ring *ring, struct sim_op *request)
{
    struct sim_op *op = find(ring, (uint64_t)request->offset);

    if (!op)
        return -ENOENT;
    if (op->state == OP_POLLING) {
        sim_poll_disarm(op);
        sim_op_done(op, -ECANCELED);
        return 0;
    }
    if (op->state == OP_WAITING) {
        struct sim_device *device = &sim.devices[op->file->inode->minor];
        for (unsigned i = 0; i < device->n_waiting; i++) {
            if (device->waiting[i] == op) {
                take_waiting(device, i);
                break;
            }
        }
        check_guard(op);
        sim_op_done(op, -ECANCELED);
        return 0;
    }
    if (op->state == OP_SILENT) {
        check_guard(op);
        sim_op_done(op, -ECANCELED);
        return 0;
    }
    /* With the device: not to be found. With a worker thread: interrupted, it may end early. */
    if (op->state != OP_RUNNING || sim_below(&sim.rand, 2))
        return -ENOENT;
    op->cancel_asked = true;
    return -EALREADY;
}

void sim_release_hung(const struct sim_inode *inode)
{
    struct sim_op *op = sim.hung, *next;

    for (sim.hung = NULL; op; op = next) {
        next = op->next;
        op->next = NULL;
        if (op->file->inode == inode) {
            run(op);
        } else {
            op->next = sim.hung;
            sim.hung = op;
        }
    }
}
