/* SPDX-License-Identifier: Apache-2.0 */
/* Which files a job has, how large they are and which part of each is the job's. */
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* fill_device, or a character device, without a size: more than there will be. */
#define ENDLESS_BYTES (1ULL << 50)

static size_t count_parts(const char *list)
{
    size_t n = 0;
    char *copy = strdup(list), *rest = copy;

    while (rest)
        n += *job_next_path(&rest) != '\0';
    free(copy);
    return n;
}

unsigned job_number(const struct job *job)
{
    return job->subjob && job->subjob < job->numjobs ? job->numjobs - job->subjob : job->subjob;
}

/* The directory of this job: jobs of a section take turns. */
static char *directory_of(const struct job *job)
{
    size_t n = job->directory ? count_parts(job->directory) : 0;
    size_t wanted = n ? job_number(job) % n : 0;
    char *copy, *rest, *found = NULL;

    if (!n)
        return strdup("");
    copy = strdup(job->directory);
    for (rest = copy; rest && !found;) {
        char *part = job_next_path(&rest);

        if (*part && !wanted--)
            if (asprintf(&found, "%s%s", part, part[strlen(part) - 1] == '/' ? "" : "/") < 0)
                found = NULL;
    }
    free(copy);
    return found;
}

static char *formatted_name(const struct job *job, size_t number)
{
    const char *format = job->filename_format;
    char *name = NULL;
    size_t len;
    FILE *out = open_memstream(&name, &len);

    if (!out)
        return NULL;
    if (!format || !*format)
        format = "$jobname.$jobnum.$filenum";
    while (*format) {
        if (!strncmp(format, "$jobname", 8))
            format += fprintf(out, "%s", job->section) * 0 + 8;
        else if (!strncmp(format, "$jobnum", 7))
            format += fprintf(out, "%u", job_number(job)) * 0 + 7;
        else if (!strncmp(format, "$filenum", 8))
            format += fprintf(out, "%zu", number) * 0 + 8;
        else if (!strncmp(format, "$clientuid", 10))
            format += fprintf(out, "localhost") * 0 + 10;
        else
            fputc(*format++, out);
    }
    return fclose(out) == 0 ? name : NULL;
}

/* A job that bears the name of a device means the device. */
static bool is_device_name(const char *name)
{
    struct stat st;

    return stat(name, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static char *name_of(const struct job *job, size_t number)
{
    if (job->nrfiles <= 1 && !job->filename_format && is_device_name(job->section))
        return strdup(job->section);
    return formatted_name(job, number);
}

int files_name(struct workload *work)
{
    const struct job *job = work->job;
    char *list = job->filename ? strdup(job->filename) : NULL, *rest = list;
    char *directory = directory_of(job);

    work->n_files = job->filename ? count_parts(job->filename) : job->nrfiles ? job->nrfiles : 1;
    work->files = calloc(work->n_files ? work->n_files : 1, sizeof(*work->files));
    work->places = calloc(work->n_files ? work->n_files : 1, sizeof(*work->places));
    for (size_t i = 0; work->files && work->places && directory && i < work->n_files; i++) {
        char *own = NULL;
        const char *name = NULL;

        if (list)
            while (rest && !*(name = job_next_path(&rest)))
                ;
        else
            name = own = name_of(job, i);
        work->files[i].fd = -1;
        work->files[i].name_at = strlen(directory);
        if (name && asprintf(&work->files[i].path, "%s%s", directory, name) < 0)
            work->files[i].path = NULL;
        free(own);
        if (!work->files[i].path)
            directory[0] = '\0';
    }
    free(list);
    free(directory);
    if (!work->n_files)
        return work_message(job, "filename", "names no file; valid: a path, or several with ':'");
    if (!work->files || !work->places || !work->files[work->n_files - 1].path)
        return work_message(job, "files", "%s", strerror(ENOMEM));
    return 0;
}

static bool is_mounted(const struct stat *device)
{
    FILE *mounts = setmntent("/proc/self/mounts", "r");
    const struct mntent *entry;
    struct stat st;
    bool found = false;

    if (!mounts)
        return true;
    while (!found && (entry = getmntent(mounts)))
        found = (stat(entry->mnt_dir, &st) == 0 && st.st_dev == device->st_rdev) ||
                (entry->mnt_fsname[0] == '/' && stat(entry->mnt_fsname, &st) == 0 &&
                 S_ISBLK(st.st_mode) && st.st_rdev == device->st_rdev);
    endmntent(mounts);
    return found;
}

static int size_block_device(struct workload *work, size_t index, const struct stat *st)
{
    const char *path = work->files[index].path;
    int fd, error = 0;

    if ((work->writes || work->trims) && !work->job->allow_mounted_write) {
        /* O_EXCL is refused while a partition, RAID or swap holds the device. */
        fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC);
        if (is_mounted(st) || (fd < 0 && errno == EBUSY)) {
            if (fd >= 0)
                close(fd);
            return work_message(work->job, path,
                                "is mounted or in use; writing to it needs allow_mounted_write=1");
        }
        if (fd >= 0)
            close(fd);
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, BLKGETSIZE64, &work->places[index].real_size) < 0)
        error = errno;
    if (fd >= 0)
        close(fd);
    work->places[index].kind = PLACE_BLOCK;
    work->files[index].is_block = true;
    return error ? work_message(work->job, path, "%s", strerror(error)) : 0;
}

/* It has no size of its own; as in fio it counts as large as the file's share of size=. */
static int size_character_device(struct workload *work, size_t index)
{
    const struct job *job = work->job;

    errno = EINVAL;
    if (!job->size && !job->filesize_min && !job->fill_device)
        return work_message(job, work->files[index].path,
                            "a character device needs size=; valid: bytes, as in size=1g");
    work->places[index].kind = PLACE_CHAR;
    work->places[index].real_size = job->size ? job->size / work->n_files : ENDLESS_BYTES;
    return 0;
}

static int size_one(struct workload *work, size_t index)
{
    const char *path = work->files[index].path;
    struct stat st;

    if (stat(path, &st) < 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            return work_message(work->job, path, "%s", strerror(errno));
        if (lstat(path, &st) == 0)
            return work_message(work->job, path,
                                "a symbolic link to nothing is not followed to create a file");
        return 0;
    }
    if (S_ISBLK(st.st_mode))
        return size_block_device(work, index, &st);
    if (S_ISCHR(st.st_mode))
        return size_character_device(work, index);
    errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    if (!S_ISREG(st.st_mode))
        return work_message(work->job, path, "is a %s; valid: a regular file or a device",
                            S_ISDIR(st.st_mode)    ? "directory"
                            : S_ISFIFO(st.st_mode) ? "pipe"
                                                   : "socket");
    work->places[index].real_size = (uint64_t)st.st_size;
    return 0;
}

uint64_t place_begin(const struct workload *work, const struct place *place)
{
    const struct job *job = work->job;
    uint64_t increment = job->offset_increment, begin, align;

    if (job->file_append && place->kind == PLACE_FILE)
        return place->real_size;
    if (job->offset_increment_percent)
        increment = place->real_size * job->offset_increment_percent / 100;
    begin = job->offset_percent ? place->real_size * job->offset_percent / 100 : job->offset;
    begin += job_number(job) * increment;
    if (!job->offset_percent && !job->offset_increment_percent)
        return begin;
    align = job->offset_align ? job->offset_align : work->min_bs;
    return (begin + align - 1) / align * align;
}

static uint64_t random_size(struct workload *work)
{
    const struct job *job = work->job;
    uint64_t range = job->filesize_max - job->filesize_min;
    uint64_t size = job->filesize_min + taus_below(&work->file_size, range);

    if (size % work->max_bs)
        size -= size % work->max_bs;
    return size < job->filesize_min ? job->filesize_min : size;
}

static int behind_end(const struct workload *work, size_t index)
{
    errno = EINVAL;
    return work_message(work->job, work->files[index].path,
                        "offset %llu is behind the end (%llu bytes)",
                        (unsigned long long)work->places[index].begin,
                        (unsigned long long)work->places[index].real_size);
}

/* How much of the file is the job's. `share` is what size= gives each file. */
static int size_part(struct workload *work, size_t index, uint64_t share)
{
    const struct job *job = work->job;
    struct place *place = &work->places[index];
    uint64_t whole;

    place->begin = place_begin(work, place);
    place->size = share;
    if (!job->filesize_min) {
        if (!share && place->begin > place->real_size)
            return behind_end(work, index);
        if (!share)
            place->size = place->real_size - place->begin;
    } else if (place->real_size < job->filesize_min || place->real_size > job->filesize_max) {
        if (place->begin > job->filesize_min)
            return behind_end(work, index);
        whole = job->filesize_max > job->filesize_min ? random_size(work) : job->filesize_min;
        place->size = whole - place->begin;
    } else {
        place->size = place->real_size - place->begin;
    }
    if (job->size_percent && job->size_percent != 100) {
        whole = place->size + place->begin;
        if (whole * job->size_percent / 100 < place->size)
            place->size = whole * job->size_percent / 100;
        place->size -= place->size % work->min_bs;
    }
    return 0;
}

/* A device that is smaller than asked for: the job does what there is, as fio's, and says so. */
static int cut_to_device(struct workload *work, size_t index)
{
    struct place *place = &work->places[index];

    if (place->begin >= place->real_size)
        return behind_end(work, index);
    work_message(work->job, work->files[index].path,
                 "the device %s %llu bytes; size and offset ask for %llu, what is beyond is left",
                 place->kind == PLACE_CHAR ? "counts as" : "has",
                 (unsigned long long)place->real_size,
                 (unsigned long long)(place->size + place->begin));
    place->size = place->real_size - place->begin;
    return 0;
}

static int check_end(struct workload *work, size_t index)
{
    struct place *place = &work->places[index];

    if (place->size + place->begin <= place->real_size)
        return 0;
    if (place->kind != PLACE_FILE)
        return cut_to_device(work, index);
    if (work->job->create_on_open)
        place->real_size = place->size + place->begin;
    else
        place->extend = true;
    return 0;
}

static int no_size(const struct workload *work)
{
    errno = EINVAL;
    return work_message(
        work->job, "size",
        "not given, and the files are empty or missing; valid: bytes, as in size=1g");
}

/* What size= gives a file: all alike, the first ones a block more. */
static uint64_t share_of(const struct workload *work, size_t index)
{
    const struct job *job = work->job;
    uint64_t size = job->size, share;

    if (job->filesize_min)
        return 0;
    if (!size && job->fill_device && work->places[index].kind != PLACE_BLOCK)
        size = ENDLESS_BYTES;
    share = size / work->n_files;
    return share + (index < (size - share * work->n_files) / work->min_bs ? work->min_bs : 0);
}

int files_size(struct workload *work)
{
    const struct job *job = work->job;
    uint64_t total = 0;

    for (size_t i = 0; i < work->n_files; i++) {
        if (size_one(work, i) < 0)
            return -1;
        total += work->places[i].real_size;
    }
    if (!total && !job->size && !job->filesize_min && !job->fill_device)
        return no_size(work);
    total = 0;
    for (size_t i = 0; i < work->n_files; i++) {
        if (size_part(work, i, share_of(work, i)) < 0 || check_end(work, i) < 0)
            return -1;
        total += work->places[i].size;
        work->files[i].begin = work->places[i].begin;
        work->files[i].size = work->places[i].size;
    }
    work->size = !job->size || job->size > total ? total : job->size;
    errno = EINVAL;
    if (work->size < work->min_bs)
        return work_message(job, "bs", "%llu is larger than the %llu bytes of the job",
                            (unsigned long long)work->min_bs, (unsigned long long)work->size);
    work->io_size = job->io_size;
    if (job->io_size_percent)
        work->io_size = work->size * job->io_size_percent / 100;
    return 0;
}
