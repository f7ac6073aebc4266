/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes wrong in a completion: the scheduled fault of a test, else by chance
 * a result that says nothing about the file, or a transfer that stops early.
 */
#include "sim_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>

static struct {
    int opcode, result;
    unsigned skip, times;
    bool after_effect;
} scheduled;

/* See sim_transfers: the areas, and which of them got -EFAULT for its present transfer. */
static struct {
    const unsigned char *base;
    size_t each;
    unsigned n;
    bool faulted[1024];
} areas;

void sim_faults_reset(void)
{
    memset(&scheduled, 0, sizeof scheduled);
    memset(&areas, 0, sizeof areas);
}

void sim_fail_completion(int opcode, unsigned nth, unsigned times, int result, bool after_effect)
{
    scheduled.opcode = opcode;
    scheduled.skip = nth ? nth - 1 : 0;
    scheduled.times = nth ? times : 0;
    scheduled.result = result;
    scheduled.after_effect = after_effect;
}

static bool is_scheduled(const struct sim_op *op)
{
    if (!op->ring || !scheduled.times ||
        (scheduled.opcode != SIM_ANY_OPCODE && scheduled.opcode != (int)op->opcode))
        return false;
    if (scheduled.skip) {
        scheduled.skip--;
        return false;
    }
    scheduled.times--;
    return true;
}

void sim_transfers(const void *base, size_t each, unsigned n)
{
    memset(&areas, 0, sizeof areas);
    areas.base = base;
    areas.each = each;
    areas.n = n < 1024 ? n : 1024;
}

void sim_transfer_over(unsigned area)
{
    areas.faulted[area % 1024] = false;
}

static bool appends(const struct sim_op *op)
{
    return (op->file && op->file->flags & O_APPEND) || op->flags & (unsigned)RWF_APPEND;
}

static bool faults(const struct sim_op *op)
{
    const unsigned char *at = op->iov[0].iov_base;

    if (!op->file || op->fixed_buffer || appends(op) || at < areas.base)
        return false;
    size_t area = areas.n ? (size_t)(at - areas.base) / areas.each : 0;
    if (area >= areas.n || areas.faulted[area] || !sim_chance(&sim.rand, sim.config.efault_ppm))
        return false;
    areas.faulted[area] = true;
    return true;
}

static int chance_error(const struct sim_op *op)
{
    const struct sim_config *c = &sim.config;
    bool data = sim_opcode_is_data(op->opcode);
    bool repeatable =
        data ? !appends(op) : op->opcode == IORING_OP_FSYNC || op->opcode == IORING_OP_STATX;

    if (sim_chance(&sim.rand, c->ecanceled_ppm))
        return -ECANCELED;
    if (repeatable && sim_chance(&sim.rand, c->eintr_ppm))
        return -EINTR;
    if (data && !(op->flags & (unsigned)RWF_NOWAIT) && sim_chance(&sim.rand, c->eagain_ppm))
        return -EAGAIN;
    return data && faults(op) ? -EFAULT : 0;
}

/* Most bytes that the transfer moves: its length, or less. */
static int64_t shortened(const struct sim_op *op)
{
    if (op->length < 2 || !sim_chance(&sim.rand, sim.config.short_ppm))
        return op->length;
    int64_t most = 1 + (int64_t)sim_below(&sim.rand, (uint64_t)op->length - 1);
    if (sim_chance(&sim.rand, sim.config.unaligned_ppm))
        return most;
    return most > 512 ? most / 512 * 512 : op->length;
}

int sim_faulty_result(struct sim_op *op)
{
    bool data = sim_opcode_is_data(op->opcode);
    int error = 0;

    if (is_scheduled(op)) {
        sim.counts.faults++;
        if (scheduled.after_effect)
            sim_execute(op, op->length);
        return scheduled.result;
    }
    if (op->cancel_asked && sim_below(&sim.rand, 2)) {
        if (!sim_below(&sim.rand, 2))
            return -ECANCELED;
        if (op->opcode == IORING_OP_CLOSE) /* close(2): closed all the same */
            sim_execute(op, op->length);
        return -EINTR;
    }
    if (op->ring)
        error = chance_error(op);
    if (error) {
        sim.counts.faults++;
        return error;
    }
    return sim_execute(op, data ? shortened(op) : 0);
}
