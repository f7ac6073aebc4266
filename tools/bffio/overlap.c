/* SPDX-License-Identifier: Apache-2.0 */
/* serialize_overlap: an operation waits while one that touches the same bytes is in flight. The
 * one that waits is kept here, contents and all, until its turn comes. */
#include "work.h"

#include <string.h>

static bool overlaps(const struct workload *work, const struct io_unit *unit)
{
    bool writes = unit->dir != READS;

    for (size_t i = 0; i < work->n_used; i++) {
        const struct extent *extent = &work->extents[i];

        if (extent->file == unit->file && (writes || extent->writes) &&
            extent->offset < unit->offset + unit->len &&
            unit->offset < extent->offset + extent->len)
            return true;
    }
    return false;
}

/* serialize_overlap: false when the unit has to wait for one that is in flight. */
bool overlap_enter(struct workload *work, const struct io_unit *unit)
{
    if (unit->kind > IO_TRIM)
        return true;
    if (work->n_used == work->n_extents || overlaps(work, unit))
        return false;
    work->extents[work->n_used++] =
        (struct extent){unit->offset, unit->len, unit->file, unit->dir != READS};
    return true;
}

void overlap_leave(struct workload *work, const struct io_unit *unit)
{
    if (unit->kind > IO_TRIM)
        return;
    for (size_t i = 0; i < work->n_used; i++) {
        struct extent *extent = &work->extents[i];

        if (extent->file == unit->file && extent->offset == unit->offset &&
            extent->len == unit->len && extent->writes == (unit->dir != READS)) {
            *extent = work->extents[--work->n_used];
            return;
        }
    }
}

/* The held unit's place goes to the one the runner offers now; the contents are in its buffer
 * already when the buffer is the same. */
enum next_result overlap_take_held(struct workload *work, struct io_unit *unit)
{
    struct io_unit *held = &work->held;

    if (!overlap_enter(work, held))
        return NEXT_WAIT;
    if (unit->buf != held->buf && held->kind == IO_WRITE)
        memcpy(unit->buf, work->held_data, held->len);
    unit->kind = held->kind;
    unit->dir = held->dir;
    unit->file = held->file;
    unit->offset = held->offset;
    unit->len = held->len;
    unit->seed = held->seed;
    unit->number = held->number;
    unit->verifying = held->verifying;
    unit->piece = held->piece;
    work->is_held = false;
    work->in_flight++;
    return NEXT_READY;
}

void overlap_hold(struct workload *work, const struct io_unit *unit)
{
    work->held = *unit;
    work->is_held = true;
    if (unit->kind == IO_WRITE)
        memcpy(work->held_data, unit->buf, unit->len);
}
