/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char directory[PATH_MAX / 2]; /* room for names below it */
static pid_t directory_owner;

void see(auraio_request_t *req, ssize_t result, void *user_data)
{
    struct seen *seen = user_data;

    seen->req = req;
    atomic_store(&seen->result, result);
    atomic_store(&seen->error, auraio_request_error(req));
    atomic_fetch_add(&seen->calls, 1);
}

static const char *backend_under_test(void)
{
    const char *name = getenv("AURAIO_TEST_BACKEND");

    return name ? name : "uring";
}

bool on_threads(void)
{
    return strcmp(backend_under_test(), "threads") == 0;
}

bool on_single(void)
{
    return strcmp(backend_under_test(), "single") == 0;
}

void test_options(auraio_options_t *options)
{
    auraio_options_init(options);
    options->backend = on_threads() ? AURAIO_BACKEND_THREADS : AURAIO_BACKEND_URING;
    options->single_thread = on_single();
}

auraio_engine_t *test_engine(const auraio_options_t *options)
{
    auraio_options_t defaults;

    test_options(&defaults);
    auraio_engine_t *engine = auraio_create_with_options(options ? options : &defaults);
    if (!engine && !on_threads() && (errno == EPERM || errno == ENOSYS))
        skip_all("io_uring is not to be had here: %s", strerror(errno));
    if (!engine)
        bail("no engine: %s", strerror(errno));
    return engine;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_scratch(void)
{
    if (directory_owner == getpid())
        nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

const char *scratch_dir(void)
{
    if (directory[0])
        return directory;
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/auraio-test-XXXXXX", base ? base : ".");
    if (!mkdtemp(directory))
        bail("mkdtemp %s: %s", directory, strerror(errno));
    directory_owner = getpid();
    atexit(remove_scratch);
    return directory;
}

const char *scratch_path(char *buf, const char *name)
{
    if (snprintf(buf, PATH_MAX, "%s/%s", scratch_dir(), name) >= PATH_MAX)
        bail("%s: name too long", name);
    return buf;
}

unsigned char pattern(uint64_t offset)
{
    return (unsigned char)((offset * 131 + (offset >> 9) * 17 + 7) & 0xff);
}

bool matches_pattern(const void *buf, size_t len, uint64_t offset)
{
    const unsigned char *bytes = buf;

    for (size_t i = 0; i < len; i++)
        if (bytes[i] != pattern(offset + i))
            return false;
    return true;
}

int scratch_file(const char *name, size_t bytes, int flags)
{
    char path[PATH_MAX];
    unsigned char block[65536];
    int fd = open(scratch_path(path, name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0)
        bail("open %s: %s", path, strerror(errno));
    for (size_t at = 0; at < bytes;) {
        size_t n = bytes - at < sizeof block ? bytes - at : sizeof block;
        for (size_t i = 0; i < n; i++)
            block[i] = pattern(at + i);
        if (write(fd, block, n) != (ssize_t)n)
            bail("write %s: %s", path, strerror(errno));
        at += n;
    }
    if (!flags)
        return fd;
    fsync(fd);
    close(fd);
    fd = open(path, O_RDWR | O_CLOEXEC | flags);
    if (fd < 0)
        bail("open %s again: %s", path, strerror(errno));
    return fd;
}

bool wait_seen(auraio_engine_t *engine, struct seen *seen)
{
    double end = now_ms() + 400000;

    while (!atomic_load(&seen->calls) && now_ms() < end)
        if (auraio_wait(engine, 100) < 0)
            break;
    return atomic_load(&seen->calls) == 1;
}

double now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int count_entries(const char *path, bool (*counts)(const char *))
{
    DIR *dir = opendir(path);
    int n = 0;

    if (!dir)
        return -1;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && (!counts || counts(entry->d_name)))
            n++;
    closedir(dir);
    return n;
}

int count_fds(void)
{
    return count_entries("/proc/self/fd", NULL) - 1;
}

static bool is_own_thread(const char *tid)
{
    char path[64], name[32] = "";

    snprintf(path, sizeof path, "/proc/self/task/%.20s/comm", tid);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    char *line = fgets(name, sizeof name, f);
    fclose(f);
    return line && strncmp(name, "iou-", 4) != 0;
}

int count_threads(void)
{
    return count_entries("/proc/self/task", is_own_thread);
}
