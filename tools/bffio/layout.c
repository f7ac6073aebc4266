/* SPDX-License-Identifier: Apache-2.0 */
/* Makes files as large as the job needs them: with real data where reads will follow, so that no
 * read meets a hole. */
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LAYOUT_ALIGN = 4096 };

static int failed(const struct workload *work, const char *path, const char *what)
{
    return work_message(work->job, path, "%s: %s", what, strerror(errno));
}

static uint64_t bytes_of(const struct place *place)
{
    return place->begin + place->size;
}

static int allocate(const struct workload *work, int fd, const char *path, uint64_t bytes)
{
    int mode, error = 0;

    if (work->job->fill_device)
        return 0;
    switch (work->job->fallocate) {
    case FALLOC_NATIVE:
    case FALLOC_KEEP:
        mode = work->job->fallocate == FALLOC_KEEP ? FALLOC_FL_KEEP_SIZE : 0;
        if (fallocate(fd, mode, 0, (off_t)bytes) < 0)
            error = errno;
        break;
    case FALLOC_POSIX:
        error = posix_fallocate(fd, 0, (off_t)bytes);
        break;
    case FALLOC_TRUNCATE:
        if (ftruncate(fd, (off_t)bytes) < 0)
            error = errno;
        break;
    case FALLOC_NONE:
        break;
    }
    /* Not every file system can, or has the room: then the writes do it, or tell. */
    if (error == EOPNOTSUPP || error == ENOSPC)
        error = 0;
    errno = error;
    return error ? failed(work, path, "fallocate") : 0;
}

static int write_all(int fd, const char *buf, size_t len)
{
    while (len) {
        ssize_t n = write(fd, buf, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        buf += n;
        len -= (size_t)n;
    }
    return 0;
}

static int write_data(struct workload *work, int fd, const char *path, uint64_t left)
{
    size_t chunk = work->job->bs_max[WRITES];
    void *buf;
    int result = 0;

    if (chunk > left)
        chunk = left;
    if (posix_memalign(&buf, LAYOUT_ALIGN, chunk ? chunk : 1)) {
        errno = ENOMEM;
        return failed(work, path, "layout");
    }
    while (left && !result) {
        size_t len = left < chunk ? left : chunk;

        contents_fill(work, buf, len);
        if ((result = work_interrupted(work)) < 0)
            break;
        if (write_all(fd, buf, len) < 0)
            result = failed(work, path, "layout");
        left -= len;
    }
    free(buf);
    if (!result && work->job->create_fsync && fsync(fd) < 0)
        result = failed(work, path, "fsync");
    return result;
}

/* Reads, and writes over existing data, need real data; a plain write needs only the name. */
static bool needs_data(const struct workload *work)
{
    const struct job *job = work->job;

    return work->reads || work->trims || (work->writes && job->overwrite && !job->file_append);
}

/* A descriptor of the new file, or -1 after a message. */
static int make_file(const struct workload *work, size_t index)
{
    const struct job *job = work->job;
    const char *path = work->files[index].path;
    bool removes = needs_data(work) || (work->writes && !job->overwrite && !job->file_append);
    int flags = O_WRONLY | O_NOFOLLOW | O_CLOEXEC, fd;

    if (job->read_only)
        return work_message(job, path,
                            "is to be written first (%llu bytes), which --readonly forbids",
                            (unsigned long long)bytes_of(&work->places[index]));
    if (removes && unlink(path) < 0 && errno != ENOENT)
        return failed(work, path, "unlink");
    if (needs_data(work))
        flags |= O_TRUNC;
    fd = open(path, flags | (job->allow_file_create ? O_CREAT : 0), 0644);
    return fd < 0 ? failed(work, path, "open") : fd;
}

/* As fio: the directories of a name are made, directory= has to be there. */
static int make_parents(const struct workload *work, size_t index)
{
    const struct work_file *file = &work->files[index];
    char *path = strdup(file->path), *slash = path ? path + file->name_at : NULL;
    int result = 0;

    if (!path)
        return failed(work, file->path, "mkdir");
    while (!result && (slash = strchr(slash + 1, '/'))) {
        *slash = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            result = failed(work, path, "mkdir");
        *slash = '/';
    }
    free(path);
    return result;
}

static bool may_be_made(const struct workload *work, size_t index)
{
    const struct job *job = work->job;

    return (work->places[index].extend || job->create_on_open) && job->allow_file_create &&
           !job->read_only && work->places[index].kind == PLACE_FILE;
}

/* Gives the file its size and closes it. */
static int fill_file(struct workload *work, size_t index, int fd)
{
    const char *path = work->files[index].path;
    struct place *place = &work->places[index];
    uint64_t bytes = bytes_of(place);
    int result = work_interrupted(work) < 0 ? -1 : allocate(work, fd, path, bytes);

    work->files[index].created = true;
    if (!result && needs_data(work)) {
        if (ftruncate(fd, (off_t)bytes) < 0)
            result = failed(work, path, "ftruncate");
        else
            result = write_data(work, fd, path, bytes);
        /* A part of it would look like the whole. */
        if (result < 0)
            unlink(path);
    }
    /* What has just been written is not to be read from the cache. */
    posix_fadvise(fd, 0, (off_t)bytes, POSIX_FADV_DONTNEED);
    if (close(fd) < 0 && !result)
        result = failed(work, path, "close");
    result = work_interrupted(work) < 0 ? -1 : result;
    place->real_size = bytes;
    place->extend = false;
    return result;
}

static void announce(const struct workload *work)
{
    uint64_t bytes = 0;
    size_t n = 0;

    for (size_t i = 0; i < work->n_files; i++)
        if (work->places[i].extend) {
            bytes += bytes_of(&work->places[i]);
            n++;
        }
    fprintf(stderr, "%s: Laying out IO file%s (%zu file%s / %s%lluMiB)\n", work->job->name,
            n > 1 ? "s" : "", n, n > 1 ? "s" : "", n > 1 ? "total " : "",
            (unsigned long long)(bytes >> 20));
}

/* Told once the first file could be made. */
int files_lay_out(struct workload *work)
{
    bool is_told = false;

    for (size_t i = 0; i < work->n_files; i++) {
        int fd;

        if (may_be_made(work, i) && make_parents(work, i) < 0)
            return -1;
        if (!work->places[i].extend)
            continue;
        fd = make_file(work, i);
        if (fd < 0)
            return -1;
        if (!is_told && !work->job->fill_device)
            announce(work);
        is_told = true;
        if (fill_file(work, i, fd) < 0)
            return -1;
    }
    return 0;
}
