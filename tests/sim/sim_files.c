/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated files: bytes in memory, names in one flat list. An unlinked file
 * lives as long as it is open.
 */
#include "sim_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define RENAME_NOREPLACE_FLAG 1U

struct sim_inode *sim_inode_find(const char *path)
{
    for (struct sim_inode *inode = sim.inodes; inode; inode = inode->next) {
        if (inode->path && !strcmp(inode->path, path))
            return inode;
    }
    return NULL;
}

static struct sim_inode *inode_new(const char *path)
{
    struct sim_inode *inode = sim_xalloc(1, sizeof *inode);

    inode->path = sim_xstrdup(path);
    inode->capacity = INT64_MAX;
    inode->number = ++sim.serial;
    inode->next = sim.inodes;
    sim.inodes = inode;
    return inode;
}

static void inode_free_if_unused(struct sim_inode *inode)
{
    struct sim_inode **p = &sim.inodes;

    if (inode->path || inode->opens)
        return;
    while (*p != inode)
        p = &(*p)->next;
    *p = inode->next;
    free(inode->data);
    free(inode);
}

static void drop_name(struct sim_inode *inode)
{
    free(inode->path);
    inode->path = NULL;
    inode_free_if_unused(inode);
}

int sim_inode_resize(struct sim_inode *inode, int64_t size)
{
    if (size > inode->room) {
        inode->data = sim_xrealloc(inode->data, (size_t)size, 1);
        inode->room = size;
    }
    if (size > inode->size)
        memset(inode->data + inode->size, 0, (size_t)(size - inode->size));
    inode->size = size;
    return 0;
}

int sim_inode_open(const char *path, int flags, bool by_library)
{
    struct sim_inode *inode = sim_inode_find(path);

    if (inode && flags & O_CREAT && flags & O_EXCL)
        return -EEXIST;
    if (!inode && !(flags & O_CREAT))
        return -ENOENT;
    if (inode && inode->directory && flags & O_ACCMODE)
        return -EISDIR;
    if (!inode)
        inode = inode_new(path);
    if (flags & O_TRUNC)
        sim_inode_resize(inode, 0);
    struct sim_obj *obj = sim_obj_new(SIM_FILE);
    obj->inode = inode;
    obj->flags = flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC);
    inode->opens++;
    return sim_fd_new(obj, by_library);
}

void sim_inode_close(struct sim_obj *obj)
{
    obj->inode->opens--;
    inode_free_if_unused(obj->inode);
}

int sim_inode_unlink(const char *path, int flags)
{
    struct sim_inode *inode = sim_inode_find(path);

    if (!inode)
        return -ENOENT;
    if (inode->directory != !!(flags & AT_REMOVEDIR))
        return inode->directory ? -EISDIR : -ENOTDIR;
    drop_name(inode);
    return 0;
}

int sim_inode_rename(const char *from, const char *to, unsigned flags)
{
    struct sim_inode *inode = sim_inode_find(from), *target = sim_inode_find(to);

    if (flags & ~RENAME_NOREPLACE_FLAG)
        return -EINVAL;
    if (!inode)
        return -ENOENT;
    if (target && flags & RENAME_NOREPLACE_FLAG)
        return -EEXIST;
    if (target == inode)
        return 0;
    if (target)
        drop_name(target);
    free(inode->path);
    inode->path = sim_xstrdup(to);
    return 0;
}

int sim_inode_mkdir(const char *path)
{
    if (sim_inode_find(path))
        return -EEXIST;
    inode_new(path)->directory = true;
    return 0;
}

void sim_files_free(void)
{
    while (sim.inodes) {
        struct sim_inode *inode = sim.inodes;
        sim.inodes = inode->next;
        free(inode->path);
        free(inode->data);
        free(inode);
    }
}

int sim_open(const char *path, int flags)
{
    int fd = sim_inode_open(path, flags, false);

    if (fd < 0)
        sim_fail("the test cannot open %s: %d", path, fd);
    return fd;
}

static struct sim_inode *inode_of(int fd)
{
    struct sim_obj *obj = sim_fd_get(fd);

    if (!obj || obj->kind != SIM_FILE)
        sim_fail("the test takes %d for an open file", fd);
    return obj->inode;
}

int sim_file(size_t bytes)
{
    char path[32];

    snprintf(path, sizeof path, "/sim/%u", sim.next_file++);
    int fd = sim_open(path, O_RDWR | O_CREAT | O_EXCL);
    sim_inode_resize(inode_of(fd), (int64_t)bytes);
    return fd;
}

bool sim_exists(const char *path)
{
    return sim_inode_find(path) != NULL;
}

unsigned char *sim_file_data(int fd, int64_t *size)
{
    struct sim_inode *inode = inode_of(fd);

    if (size)
        *size = inode->size;
    return inode->data;
}

void sim_file_grow(int fd, int64_t bytes)
{
    sim_inode_resize(inode_of(fd), bytes);
}

void sim_file_device(int fd, unsigned minor)
{
    inode_of(fd)->minor = minor % SIM_DEVICES;
}

void sim_file_flags(int fd, int flags)
{
    inode_of(fd);
    sim_fd_get(fd)->flags |= flags;
}

void sim_file_bad(int fd, int64_t from, int64_t to)
{
    inode_of(fd)->bad_from = from;
    inode_of(fd)->bad_to = to;
}

void sim_file_capacity(int fd, int64_t bytes)
{
    inode_of(fd)->capacity = bytes;
}

void sim_file_hang(int fd, bool hung)
{
    inode_of(fd)->hung = hung;
    if (!hung)
        sim_release_hung(inode_of(fd));
}

void sim_file_silent(int fd)
{
    inode_of(fd)->silent = true;
}
