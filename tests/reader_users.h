/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the reader: users with directories of their own, and segments that they leave. */
#ifndef READER_USERS_H
#define READER_USERS_H

#include "reader.h"
#include "segment.h"

#include "support.h"
#include "tap.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GOOD = 60001, BAD = 60002, OTHER = 60003 };

static char top[64];
static char sample[SEGMENT_BYTES_MAX];
static size_t sample_bytes;

static inline void path_of(char *path, size_t size, unsigned uid, const char *name)
{
    snprintf(path, size, "%s/%u%s%s", top, uid, *name ? "/" : "", name);
}

static inline void make_user(unsigned uid, unsigned owner)
{
    char path[128];

    path_of(path, sizeof path, uid, "");
    if (mkdir(path, 0700) != 0 || chown(path, owner, (gid_t)-1) != 0)
        bail("no directory %s", path);
}

static inline void name_sample(uint64_t pid, const char *name)
{
    struct segment_header *h = (struct segment_header *)(void *)sample;

    h->pid = pid;
    memset(h->name, 0, sizeof h->name);
    snprintf(h->name, sizeof h->name, "%s", name);
}

/* The same file says something else of itself. */
static inline void rewrite(int fd, uint64_t pid, const char *name)
{
    name_sample(pid, name);
    if (pwrite(fd, sample, sizeof(struct segment_header), 0) != sizeof(struct segment_header))
        bail("cannot write a segment");
}

/* A segment of that user with that name, pid 7; locked if alive. Its descriptor, -1 if not. */
static inline int put(unsigned uid, const char *file, const char *name, bool alive)
{
    char path[192], base[64];

    name_sample(7, name);
    snprintf(base, sizeof base, "v1.7.%s.stats", file);
    path_of(path, sizeof path, uid, base);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, sample, sample_bytes) != (ssize_t)sample_bytes ||
        fchown(fd, uid, (gid_t)-1) != 0 || (alive && flock(fd, LOCK_EX) != 0))
        bail("no segment %s", path);
    if (alive)
        return fd;
    close(fd);
    return -1;
}

static inline void make_sample(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    const void *segment = auraio_stats_segment(engine, &sample_bytes);

    memcpy(sample, segment, sample_bytes);
    auraio_destroy(engine);
}

/* The engine with that name, told of that user; NULL: none. */
static inline const struct reader_engine *find(const struct reader *reader, unsigned uid,
                                               const char *name)
{
    for (size_t i = 0; i < reader_count(reader); i++)
        if (reader_get(reader, i)->uid == uid && strcmp(reader_get(reader, i)->name, name) == 0)
            return reader_get(reader, i);
    return NULL;
}

static inline struct reader *reader_of_top(void)
{
    struct reader *reader = reader_new();

    if (!reader || !reader_add_directory(reader, top))
        bail("no reader");
    return reader;
}

static inline uint64_t one(const struct reader_engine *engine)
{
    (void)engine;
    return 1;
}

/* Directories of the three below a new one. */
static inline void make_users(const char *name)
{
    if (geteuid() != 0)
        skip_all("other users' directories are for root to make");
    snprintf(top, sizeof top, "/dev/shm/auraio-%s-%d", name, (int)getpid());
    if (mkdir(top, 0755) != 0)
        bail("no directory %s", top);
    make_sample();
    for (unsigned uid = GOOD; uid <= OTHER; uid++)
        make_user(uid, uid);
}

static inline void remove_users(void)
{
    char path[128];

    for (unsigned uid = GOOD; uid <= OTHER; uid++) {
        path_of(path, sizeof path, uid, "");
        rmdir(path);
    }
    ok(rmdir(top) == 0, "nothing is left");
}

#endif
