/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the files as the job's thread needs them, keeps the page cache out of the way, closes. */
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LEAST_FDS = 8, /* of a job; with fewer there is no use in going on */
    SPARE_FDS = 64
};

static int flags_of(const struct workload *work, const struct place *place)
{
    const struct job *job = work->job;
    bool changes = (work->writes || work->trims) && !job->read_only;
    int flags = (changes ? O_RDWR : O_RDONLY) | O_CLOEXEC;

    if (job->direct)
        flags |= O_DIRECT;
    if (job->atomic)
        flags |= O_DIRECT;
    if (job->sync)
        flags |= O_SYNC;
    else if (job->dsync)
        flags |= O_DSYNC;
    if (place->kind == PLACE_FILE && job->allow_file_create && !job->read_only &&
        (work->writes || job->create_on_open))
        flags |= O_CREAT;
    /* A file that may be created or written is never reached through a link. */
    if (place->kind == PLACE_FILE && (changes || flags & O_CREAT))
        flags |= O_NOFOLLOW;
    if (place->kind == PLACE_CHAR)
        flags |= O_NOCTTY;
    return flags;
}

int file_invalidate(const struct workload *work, size_t index)
{
    const struct place *place = &work->places[index];
    int fd = work->files[index].fd, error;

    if (fd < 0 || place->kind == PLACE_CHAR)
        return 0;
    if (place->kind == PLACE_BLOCK) {
        /* Only root may; the benchmark goes on without, as fio's does. */
        error = ioctl(fd, BLKFLSBUF) < 0 ? errno : 0;
        return error == EACCES || error == EPERM ? 0 : -error;
    }
    return -posix_fadvise(fd, (off_t)place->begin, (off_t)place->size, POSIX_FADV_DONTNEED);
}

static int open_failed(const struct workload *work, size_t index, int error)
{
    const char *path = work->files[index].path;

    if (error == EINVAL && work->job->direct)
        return work_message(work->job, path, "this %s does not support direct=1",
                            work->places[index].kind == PLACE_FILE ? "file system" : "device");
    if (error == ELOOP)
        return work_message(work->job, path, "a symbolic link is not followed to write a file");
    return work_message(work->job, path, "open: %s", strerror(error));
}

static bool is_short_of_fds(int error)
{
    return error == EMFILE || error == ENFILE;
}

static int file_close(struct workload *work, size_t index)
{
    const struct job *job = work->job;
    struct work_file *file = &work->files[index];
    int error = 0;

    if (file->fd < 0)
        return 0;
    if (job->fsync_on_close && work->writes && !work->is_synced && fsync(file->fd) < 0)
        error = errno;
    if (close(file->fd) < 0)
        error = errno;
    file->fd = -1;
    work->n_fds--;
    if (error)
        work_message(job, file->path, "close: %s", strerror(error));
    return -error;
}

/* What the end of the round would have made safe. */
static void close_early(struct workload *work, size_t index)
{
    const struct job *job = work->job;
    bool syncs =
        work->writes && !job->fsync_on_close && (job->end_fsync || job->verify != VERIFY_NONE);
    int error = 0;

    if (syncs && fsync(work->files[index].fd) < 0) {
        error = -errno;
        work_message(job, work->files[index].path, "fsync: %s", strerror(errno));
    }
    int closed = file_close(work, index);
    if (!work->error)
        work->error = error ? error : closed;
}

/* Closes one that no unit needs. */
static bool close_idle(struct workload *work)
{
    for (size_t n = 0; n < work->n_files; n++) {
        size_t index = work->sweep;

        work->sweep = index + 1 < work->n_files ? index + 1 : 0;
        if (work->files[index].fd >= 0 && !work->places[index].users) {
            close_early(work, index);
            return true;
        }
    }
    return false;
}

static enum place_kind kind_of(mode_t mode)
{
    return S_ISBLK(mode) ? PLACE_BLOCK : S_ISCHR(mode) ? PLACE_CHAR : PLACE_FILE;
}

static int file_open(struct workload *work, size_t index)
{
    struct work_file *file = &work->files[index];
    const struct place *place = &work->places[index];
    struct stat st;
    int error;

    do
        file->fd = open(file->path, flags_of(work, place), 0600);
    while (file->fd < 0 && is_short_of_fds(errno) && work->opens_late && close_idle(work));
    if (file->fd < 0)
        return open_failed(work, index, errno);
    work->n_fds++;
    if (fstat(file->fd, &st) < 0 || kind_of(st.st_mode) != place->kind ||
        (place->kind == PLACE_FILE && !S_ISREG(st.st_mode)))
        return work_message(work->job, file->path, "has been replaced by something else");
    error = work->invalidates ? file_invalidate(work, index) : 0;
    if (error < 0)
        return work_message(work->job, file->path, "invalidate: %s", strerror(-error));
    work->places[index].was_open = true;
    posix_fadvise(file->fd, (off_t)place->begin, (off_t)place->size,
                  work->random ? POSIX_FADV_RANDOM : POSIX_FADV_SEQUENTIAL);
    return 0;
}

/* Too many for the process: fewer from here on, and some room for the engine and others. */
static void open_fewer(struct workload *work)
{
    size_t room = work->n_fds / 8 < SPARE_FDS ? work->n_fds / 8 : SPARE_FDS;

    work->opens_late = true;
    while (room-- && close_idle(work))
        ;
    work->open_files = work->n_fds;
    work_message(work->job, "openfiles", "only %zu of %zu files can be open at once", work->n_fds,
                 work->n_files);
}

static bool has_no_fd(void)
{
    int fd = open("/", O_PATH | O_CLOEXEC);
    bool is_short = fd < 0 && is_short_of_fds(errno);

    if (fd >= 0)
        close(fd);
    return is_short;
}

int files_open(struct workload *work)
{
    work->opens_late = work->open_files < work->n_files;
    for (size_t i = 0; i < work->n_files && !work->opens_late; i++) {
        if (work->n_fds >= LEAST_FDS && has_no_fd())
            open_fewer(work);
        else if (file_open(work, i) < 0)
            return -1;
    }
    return 0;
}

int file_hold(struct workload *work, const struct io_unit *unit)
{
    size_t index = (size_t)(unit->file - work->files);

    work->places[index].users++;
    if (unit->file->fd >= 0)
        return 0;
    /* Where all are in use it is one more than openfiles. */
    if (work->n_fds >= work->open_files)
        close_idle(work);
    return work->error ? -1 : file_open(work, index);
}

void file_let_go(struct workload *work, const struct io_unit *unit)
{
    work->places[unit->file - work->files].users--;
}

static int pre_read(const struct workload *work, size_t index, void *buf, size_t len)
{
    const struct place *place = &work->places[index];
    uint64_t at = place->begin, end = place->begin + place->size;
    int fd = open(work->files[index].path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return open_failed(work, index, errno);
    while (at < end && work_interrupted(work) == 0) {
        size_t want = end - at < len ? end - at : len;
        ssize_t n = pread(fd, buf, want, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            work_message(work->job, work->files[index].path, "pre_read: %s", strerror(errno));
        if (n <= 0)
            break;
        at += (uint64_t)n;
    }
    close(fd);
    return work_interrupted(work);
}

int files_pre_read(struct workload *work)
{
    size_t len = work->max_bs;
    void *buf = malloc(len);
    int result = buf ? 0 : work_message(work->job, "pre_read", "%s", strerror(ENOMEM));

    for (size_t i = 0; !result && i < work->n_files; i++)
        result = pre_read(work, i, buf, len);
    free(buf);
    return result;
}

/* Without a commit of the file system's journal: enough for the cache to let go of it. */
int files_write_out(struct workload *work)
{
    const unsigned flags =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    int result = 0;

    for (size_t i = 0; i < work->n_files; i++)
        if (work->files[i].fd >= 0 && sync_file_range(work->files[i].fd, 0, 0, flags) < 0) {
            result = -errno;
            work_message(work->job, work->files[i].path, "writing out: %s", strerror(errno));
        }
    return result;
}

int files_sync(struct workload *work)
{
    int result = 0;

    for (size_t i = 0; i < work->n_files; i++)
        if (work->files[i].fd >= 0 && fsync(work->files[i].fd) < 0) {
            result = -errno;
            work_message(work->job, work->files[i].path, "fsync: %s", strerror(errno));
        }
    return result;
}

int files_sync_closed(struct workload *work)
{
    for (size_t i = 0; i < work->n_files; i++) {
        bool syncs = work->places[i].is_closed && work->job->fsync_on_close;

        work->places[i].is_closed = false;
        if (syncs && work->files[i].fd >= 0 && fsync(work->files[i].fd) < 0) {
            work->error = -errno;
            work_message(work->job, work->files[i].path, "fsync: %s", strerror(-work->error));
            errno = -work->error;
            return -1;
        }
    }
    return 0;
}

/* What the job never had open, a refused link for example, is not its own to remove. */
static int file_unlink(struct workload *work, size_t index)
{
    const struct place *place = &work->places[index];
    const char *path = work->files[index].path;
    int error;

    if (place->kind != PLACE_FILE || !place->was_open || unlink(path) == 0 || errno == ENOENT)
        return 0;
    error = errno;
    work_message(work->job, path, "unlink: %s", strerror(error));
    return -error;
}

/* Devices are not removed. */
static int close_all(struct workload *work, bool removes)
{
    int result = 0;

    if (removes && work->job->read_only)
        work_message(work->job, "unlink", "nothing is removed with --readonly");
    removes = removes && !work->job->read_only;
    for (size_t i = 0; i < work->n_files; i++) {
        int closed = file_close(work, i);
        int unlinked = removes ? file_unlink(work, i) : 0;

        if (!result)
            result = closed ? closed : unlinked;
    }
    return result;
}

int files_close(struct workload *work)
{
    return close_all(work, work->job->unlink);
}

int files_renew(struct workload *work)
{
    int error = close_all(work, true);

    for (size_t i = 0; i < work->n_files && !error && !work->opens_late; i++)
        if (work->files[i].fd < 0 && file_open(work, i) < 0)
            error = errno ? -errno : -EIO;
    work->error = error;
    return error ? -1 : 0;
}
