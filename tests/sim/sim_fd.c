/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The descriptor table: numbers from SIM_FD_BASE up, the lowest free one first,
 * as the real one does, so that a reused number shows.
 */
#include "sim_internal.h"

#include <errno.h>
#include <stdlib.h>

struct sim_obj *sim_obj_new(enum sim_kind kind)
{
    struct sim_obj *obj = sim_xalloc(1, sizeof *obj);

    obj->kind = kind;
    return obj;
}

void sim_obj_get(struct sim_obj *obj)
{
    obj->refs++;
}

void sim_obj_put(struct sim_obj *obj)
{
    if (--obj->refs)
        return;
    sim_epoll_forget(obj);
    if (obj->kind == SIM_RING)
        sim_ring_closed(obj->ring);
    if (obj->kind == SIM_FILE)
        sim_inode_close(obj);
    free(obj->watches);
    free(obj);
}

int sim_fd_new(struct sim_obj *obj, bool of_library)
{
    for (int i = 0; i < SIM_FDS; i++) {
        if (sim.fds[i])
            continue;
        sim.fds[i] = obj;
        obj->refs++;
        sim.library_fd[i] = of_library;
        if (i >= sim.fd_high)
            sim.fd_high = i + 1;
        return SIM_FD_BASE + i;
    }
    sim_fail("%d descriptors are open", SIM_FDS);
}

struct sim_obj *sim_fd_get(int fd)
{
    return fd < SIM_FD_BASE || fd >= SIM_FD_BASE + SIM_FDS ? NULL : sim.fds[fd - SIM_FD_BASE];
}

bool sim_fd_is_open(int fd)
{
    return sim_fd_get(fd) != NULL;
}

void sim_close(int fd)
{
    struct sim_obj *obj = sim_fd_get(fd);

    if (!obj)
        sim_fail("the test closes %d, which is not open", fd);
    sim.fds[fd - SIM_FD_BASE] = NULL;
    sim_obj_put(obj);
}

void sim_close_all_of_library(void)
{
    for (int i = 0; i < sim.fd_high; i++)
        if (sim.fds[i] && sim.library_fd[i])
            sim_close(SIM_FD_BASE + i);
}

int sim_kern_close(int fd)
{
    sim_kernel_call(500);
    if (!sim_fd_get(fd))
        return -EBADF;
    sim_trace("close %d", fd);
    sim.counts.executed[IORING_OP_CLOSE] += sim_fd_get(fd)->kind == SIM_FILE;
    sim_close(fd);
    return 0;
}

int sim_kern_dup(int fd)
{
    struct sim_obj *obj = sim_fd_get(fd);

    sim_kernel_call(500);
    if (!obj)
        return -EBADF;
    return sim_fd_new(obj, true);
}
