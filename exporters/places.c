/* SPDX-License-Identifier: Apache-2.0 */
#include "places.h"

#include "segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define USERS_MAX 4096          /* whose directories are looked at, besides those known */
#define NAMES_MAX (256u << 10)  /* looked at in a directory of all users */
#define RUNTIME_DIR "/run/user" /* below it a file system for each user */
#define RUNTIME_NAME "auraio"

#define DIRECTORY (O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int place_open_file(int directory, const char *name, int flags)
{
    struct open_how how = {.flags = (unsigned)(flags | O_NOFOLLOW | O_CLOEXEC),
                           .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS};
    long fd = syscall(SYS_openat2, directory, name, &how, sizeof how);

    /* Linux before 5.6, or a filter of system calls that does not know it. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return openat(directory, name, flags | O_NOFOLLOW | O_CLOEXEC);
    return (int)fd;
}

bool places_is_exhausted(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}

/* The kernel's number of the mount that it is on; 0: not to be had. */
static unsigned long long mount_of(int fd)
{
    char path[48], line[256];
    unsigned long long id = 0;

    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    FILE *info = fopen(path, "re");
    while (info && !id && fgets(line, sizeof line, info))
        if (strncmp(line, "mnt_id:", 7) == 0)
            id = strtoull(line + 7, NULL, 10);
    if (info)
        fclose(info);
    return id;
}

/* Asks the kernel alone; statfs(2) would ask a FUSE server. */
static bool is_on_tmpfs(int fd)
{
    unsigned long long mount = mount_of(fd);
    char line[4096];
    bool found = false;
    FILE *mounts = mount ? fopen("/proc/self/mountinfo", "re") : NULL;

    while (mounts && !found && fgets(line, sizeof line, mounts))
        found = strtoull(line, NULL, 10) == mount && strstr(line, " - tmpfs ");
    if (mounts)
        fclose(mounts);
    return found;
}

static int open_below(const struct place *place, int parent)
{
    if (!place->runtime)
        return place_open_file(parent, place->name, O_RDONLY | O_DIRECTORY);
    int own = openat(parent, place->name, O_PATH | DIRECTORY), fd = -1;
    if (own < 0)
        return -1;
    errno = 0;
    if (is_on_tmpfs(own))
        fd = place_open_file(own, RUNTIME_NAME, O_RDONLY | O_DIRECTORY);
    else if (!places_is_exhausted(errno))
        errno = EXDEV;
    int error = errno;
    close(own);
    errno = error;
    return fd;
}

int place_open(const struct place *place, uid_t *owner)
{
    struct stat st;
    bool below = place->name[0] != 0;
    int fd = open(place->parent, (below ? O_PATH : O_RDONLY) | DIRECTORY);

    if (fd >= 0 && below) {
        int parent = fd, error;
        fd = open_below(place, parent);
        error = errno;
        close(parent);
        errno = error;
    }
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) != 0 ||
        (!place->anybodys && st.st_uid != (uid_t)strtoul(place->name, NULL, 10))) {
        close(fd);
        errno = EPERM;
        return -1;
    }
    *owner = st.st_uid;
    return fd;
}

static bool add(struct places *places, const char *parent, const char *name, bool runtime,
                bool anybodys)
{
    if (places->count == places->room) {
        size_t room = places->room ? 2 * places->room : 16;
        struct place *more = realloc(places->list, room * sizeof *more);
        if (!more)
            return false;
        places->list = more;
        places->room = room;
    }
    struct place *place = &places->list[places->count++];
    *place = (struct place){.parent = parent, .runtime = runtime, .anybodys = anybodys};
    snprintf(place->name, sizeof place->name, "%s", name);
    return true;
}

static bool is_id(const char *name, uid_t *uid)
{
    char same[24];

    *uid = (uid_t)strtoul(name, NULL, 10);
    snprintf(same, sizeof same, "%lu", (unsigned long)*uid);
    return strcmp(name, same) == 0;
}

/*
 * It has a user's number and is no directory of his, or has a file system mounted on it, which is
 * not asked. With runtime each is a mount, and only root makes them: place_open will see.
 */
static bool is_misplaced(struct places *places, int parent, const char *name, uid_t uid,
                         bool runtime)
{
    struct stat st;
    int fd = runtime ? -1 : place_open_file(parent, name, O_PATH | O_DIRECTORY);

    if (runtime)
        return false;
    if (fd < 0) {
        places->exhausted |= places_is_exhausted(errno);
        return errno != ENOENT;
    }
    bool others = fstat(fd, &st) != 0 || st.st_uid != uid;
    close(fd);
    return others;
}

int places_by_id(const void *a, const void *b)
{
    uid_t x = *(const uid_t *)a, y = *(const uid_t *)b;

    return x < y ? -1 : x > y;
}

/* Directories of users; those known are in front, and found behind any number of others. */
static bool add_users(struct places *places, const char *parent, bool runtime, const uid_t *known,
                      size_t known_count)
{
    size_t front = places->count, others = 0;
    int fd = open(parent, O_RDONLY | DIRECTORY);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    bool added = true;
    uid_t uid;

    places->exhausted |= !dir && places_is_exhausted(errno);
    if (!dir && fd >= 0)
        close(fd);
    for (unsigned i = 0; dir && added && i < NAMES_MAX && (entry = readdir(dir)); i++) {
        if ((entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) || !is_id(entry->d_name, &uid))
            continue;
        if (is_misplaced(places, dirfd(dir), entry->d_name, uid, runtime)) {
            places->misplaced++;
            continue;
        }
        bool first =
            known_count && bsearch(&uid, known, known_count, sizeof *known, places_by_id) != NULL;
        if (!first && ++others > USERS_MAX) {
            places->left_out++;
            continue;
        }
        added = add(places, parent, entry->d_name, runtime, false);
        if (added && first) {
            struct place swap = places->list[front];
            places->list[front++] = places->list[places->count - 1];
            places->list[places->count - 1] = swap;
        }
    }
    if (dir)
        closedir(dir);
    return added;
}

/* Somebody else may write there: then no engine publishes in it, but users have directories. */
static bool is_shared(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && (st.st_mode & 022);
}

static bool add_named(struct places *places, const char *path, const uid_t *known,
                      size_t known_count)
{
    return (is_shared(path) || add(places, path, "", false, true)) &&
           add_users(places, path, false, known, known_count);
}

bool places_find(struct places *places, char *const *named, size_t named_count, const uid_t *known,
                 size_t known_count)
{
    const char *given = secure_getenv("AURAIO_STATS_DIR");
    const char *runtime = secure_getenv("XDG_RUNTIME_DIR");

    places->count = places->left_out = places->misplaced = 0;
    places->exhausted = false;
    for (size_t i = 0; i < named_count; i++)
        if (!add_named(places, named[i], known, known_count))
            return false;
    if (named_count)
        return true;
    if (given && *given)
        return add_named(places, given, known, known_count);
    if (!add_named(places, SEGMENT_DIR, known, known_count) ||
        !add_users(places, RUNTIME_DIR, true, known, known_count))
        return false;
    bool elsewhere =
        runtime && *runtime == '/' && strncmp(runtime, RUNTIME_DIR "/", sizeof RUNTIME_DIR) != 0;
    return !elsewhere || add(places, runtime, RUNTIME_NAME, false, true);
}
