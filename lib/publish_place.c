/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory for published statistics and a file in it. Only tmpfs will do: a page
 * of a file on disk may stall who writes to it. Any failure means that nothing is published.
 * These calls do not go through kern.h: they are made once, and an engine lives without.
 */
#include "publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define KEPT_S 300         /* that an exporter has to tell of the dead */
#define KEPT_MAX 32        /* of them, the last ones */
#define ENTRIES_MAX 1024   /* looked at for that */
#define NAME_BYTES 64      /* no segment has a longer one */
#define PACKAGED_MODE 0750 /* the exporter's group reads */
#define PRIVATE_MODE 0700

/* Ours, where others cannot put files, and on tmpfs. */
static bool is_fit(int directory)
{
    struct stat st;
    struct statfs fs;

    return fstat(directory, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & 022) &&
           fstatfs(directory, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

/*
 * Makes it if told to, which needs its parent; the group comes from there with set-group-ID,
 * which a later chmod(2) by somebody outside of the group would clear. An open descriptor or -1.
 */
static int try_directory(const char *path, bool make, mode_t mode)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    bool made = make && mkdir(path, mode) == 0;
    int fd = open(path, flags);

    if (fd < 0)
        return -1;
    if (is_fit(fd))
        return fd;
    close(fd);
    if (made)
        rmdir(path);
    return -1;
}

static int try_below(const char *parent, const char *name, bool make, mode_t mode, char **path)
{
    if (asprintf(path, "%s/%s", parent, name) < 0) {
        *path = NULL;
        return -1;
    }
    int fd = try_directory(*path, make, mode);
    if (fd < 0) {
        free(*path);
        *path = NULL;
    }
    return fd;
}

int aur_publish_directory(int wanted, char **path, mode_t *mode)
{
    const char *named = secure_getenv("AURAIO_STATS_DIR");
    const char *runtime = secure_getenv("XDG_RUNTIME_DIR");
    char user[24];
    int fd;

    *path = NULL;
    *mode = 0600;
    if (wanted == 0)
        return -1;
    if (named && *named) {
        fd = *named != '/' ? -1 : try_directory(named, wanted > 0, PRIVATE_MODE);
        if (fd >= 0 && !(*path = strdup(named))) {
            close(fd);
            return -1;
        }
        return fd;
    }
    snprintf(user, sizeof user, "%lu", (unsigned long)geteuid());
    fd = try_below(SEGMENT_DIR, user, wanted > 0, PACKAGED_MODE, path);
    if (fd >= 0) {
        *mode = 0640;
        return fd;
    }
    if (!runtime || *runtime != '/' || getauxval(AT_SECURE))
        return -1;
    return try_below(runtime, "auraio", wanted > 0, PRIVATE_MODE, path);
}

/*
 * The lock belongs to the open file, which the mapping keeps open. A child does not get the
 * mapping, so the lock ends with this process.
 */
static void *lock_and_map(int fd, mode_t mode, size_t size)
{
    struct rlimit limit;

    /* Beyond it comes a signal that ends the program. */
    if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur < size)
        return NULL;
    if (fchmod(fd, mode) || posix_fallocate(fd, 0, (off_t)size) || flock(fd, LOCK_EX | LOCK_NB))
        return NULL;
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return NULL;
    madvise(map, size, MADV_DONTFORK);
    return map;
}

void *aur_publish_make(int directory, const char *temporary, mode_t mode, size_t size)
{
    int fd = openat(directory, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

    if (fd < 0)
        return NULL;
    void *map = lock_and_map(fd, mode, size);
    close(fd);
    if (!map)
        unlinkat(directory, temporary, 0);
    return map;
}

/* The last sign of life in a segment, or of the file itself where there is none; seconds. */
static time_t last_seen(int fd, const struct stat *st)
{
    struct segment_section first;
    uint64_t heartbeat_ns;
    const off_t word = offsetof(struct segment_engine, heartbeat_ns);

    if (pread(fd, &first, sizeof first, sizeof(struct segment_header)) != sizeof first ||
        first.kind != SEGMENT_ENGINE || first.offset > SEGMENT_BYTES_MAX ||
        pread(fd, &heartbeat_ns, sizeof heartbeat_ns, (off_t)first.offset + word) !=
            sizeof heartbeat_ns ||
        !heartbeat_ns)
        return st->st_ctime;
    return (time_t)(heartbeat_ns / 1000000000);
}

/* What dead processes left. */
struct left {
    struct {
        char name[NAME_BYTES];
        time_t seen;
    } file[KEPT_MAX];
    size_t count;
};

/* Nobody has it locked. */
static bool is_left(int directory, const char *name, time_t *seen)
{
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return false;
    bool left = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && flock(fd, LOCK_SH | LOCK_NB) == 0;
    if (left)
        *seen = last_seen(fd, &st);
    close(fd);
    return left;
}

/* Keeps the last ones, and takes away the others. */
static void keep_left(struct left *left, int directory, const char *name, time_t seen)
{
    size_t oldest = 0;

    if (left->count < KEPT_MAX) {
        oldest = left->count++;
    } else {
        for (size_t i = 1; i < KEPT_MAX; i++)
            if (left->file[i].seen < left->file[oldest].seen)
                oldest = i;
        bool older = seen < left->file[oldest].seen;
        unlinkat(directory, older ? name : left->file[oldest].name, 0);
        if (older)
            return;
    }
    memcpy(left->file[oldest].name, name, strlen(name) + 1);
    left->file[oldest].seen = seen;
}

/*
 * Who makes a file opens it first and then locks it, without waiting: a lock of ours in between
 * would keep him from publishing. So the age is looked at without opening it.
 */
static bool is_young_or_gone(int directory, const char *name)
{
    struct stat st;

    return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
           time(NULL) - st.st_ctime <= KEPT_S;
}

static void tidy_file(struct left *left, int directory, const char *name)
{
    bool unfinished = name[0] == '.';
    time_t seen;

    if (strncmp(name + unfinished, "v1.", 3) != 0 || strlen(name) >= NAME_BYTES ||
        (unfinished && is_young_or_gone(directory, name)) || !is_left(directory, name, &seen))
        return;
    if (time(NULL) - seen > KEPT_S)
        unlinkat(directory, name, 0);
    else if (!unfinished)
        keep_left(left, directory, name, seen);
}

void aur_publish_tidy(int directory)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct left left = {.count = 0};

    for (int i = 0; dir && i < ENTRIES_MAX; i++) {
        const struct dirent *entry = readdir(dir);
        if (!entry)
            break;
        tidy_file(&left, directory, entry->d_name);
    }
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
}
