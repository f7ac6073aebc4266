/* SPDX-License-Identifier: Apache-2.0 */
#include "throttle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <mntent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOP_BLOCK = 4096, TRIES = 200, PAUSE_US = 10000, CHUNK = 1 << 20 };

struct throttle {
    char parent[PATH_MAX - 64], cgroup[PATH_MAX]; /* where the process was, and is */
    bool is_unified;                              /* version 2 */
    bool is_made, is_joined;
    char path[32];
    int loop;
    int alive; /* when it is closed the guard begins */
    pid_t guard;
};

static int write_text(const char *directory, const char *name, const char *text)
{
    char path[PATH_MAX + 64];
    size_t len = strlen(text);

    snprintf(path, sizeof path, "%s/%s", directory, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t written = write(fd, text, len);
    int error = errno;
    close(fd);
    errno = error;
    return written == (ssize_t)len ? 0 : -1;
}

/* Where the hierarchy is mounted that can throttle; version 1 comes first. */
static bool find_mount(struct throttle *t, char *mount, size_t size)
{
    FILE *mounts = setmntent("/proc/self/mounts", "re");
    bool is_found = false;

    if (!mounts)
        return false;
    for (struct mntent *m; !(is_found && !t->is_unified) && (m = getmntent(mounts));) {
        bool is_blkio = strcmp(m->mnt_type, "cgroup") == 0 && hasmntopt(m, "blkio");
        if (!is_blkio && strcmp(m->mnt_type, "cgroup2") != 0)
            continue;
        is_found = true;
        t->is_unified = !is_blkio;
        snprintf(mount, size, "%s", m->mnt_dir);
    }
    endmntent(mounts);
    return is_found;
}

/* The process's own place in it: a line "7:blkio:/path", or "0::/path". */
static bool find_own(struct throttle *t, const char *mount)
{
    char line[PATH_MAX];
    FILE *own = fopen("/proc/self/cgroup", "re");
    bool is_found = false;

    if (!own)
        return false;
    while (!is_found && fgets(line, sizeof line, own)) {
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        is_found = t->is_unified ? controllers[1] == '\0' : strstr(controllers, "blkio") != NULL;
        if (is_found)
            snprintf(t->parent, sizeof t->parent, "%.1000s%.3000s", mount,
                     strcmp(path, "/") == 0 ? "" : path);
    }
    fclose(own);
    return is_found;
}

/* Waits for the end of the process, be it killed with its group, and takes the cgroup away. */
static _Noreturn void be_guard(const struct throttle *t, int told)
{
    char byte;

    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    setsid();
    dup2(told, 0);
    syscall(SYS_close_range, 1, ~0U, 0); /* somebody may wait for the end of these */
    while (read(0, &byte, 1) > 0)
        ;
    bool is_gone = false;
    for (int i = 0; i < TRIES && !is_gone; i++) {
        is_gone = rmdir(t->cgroup) == 0 || errno == ENOENT;
        if (!is_gone)
            usleep(PAUSE_US);
    }
    _exit(is_gone ? 0 : 1);
}

static bool start_guard(struct throttle *t)
{
    int told[2];

    if (pipe2(told, O_CLOEXEC) != 0)
        return false;
    fflush(NULL);
    t->guard = fork();
    if (t->guard == 0) {
        close(told[1]);
        be_guard(t, told[0]);
    }
    close(told[0]);
    t->alive = told[1];
    return t->guard > 0;
}

static const char *join_cgroup(struct throttle *t)
{
    char mount[PATH_MAX];

    if (!find_mount(t, mount, sizeof mount) || !find_own(t, mount))
        return "no cgroup that could throttle";
    snprintf(t->cgroup, sizeof t->cgroup, "%s/auraio-throttle-%d", t->parent, (int)getpid());
    if (!start_guard(t))
        return "no process to clean up after this one";
    if (mkdir(t->cgroup, 0755) != 0)
        return "no cgroup may be made";
    t->is_made = true;
    char file[PATH_MAX + 64];
    snprintf(file, sizeof file, "%s/%s", t->cgroup,
             t->is_unified ? "io.max" : "blkio.throttle.read_iops_device");
    if (access(file, W_OK) != 0)
        return "cgroups here do not throttle";
    if (write_text(t->cgroup, "cgroup.procs", "0") != 0)
        return "the cgroup may not be joined";
    t->is_joined = true;
    return NULL;
}

/* Its name, which the loop device tells, is that of the cgroup. */
static int make_memory(const char *name, uint64_t bytes)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    char *chunk = malloc(CHUNK);
    bool is_filled = fd >= 0 && chunk;

    if (chunk)
        memset(chunk, 0x5a, CHUNK);
    for (uint64_t at = 0; is_filled && at < bytes; at += CHUNK)
        is_filled = pwrite(fd, chunk, CHUNK, (off_t)at) == CHUNK;
    free(chunk);
    if (fd >= 0 && !is_filled) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Another program may take the free one first. */
static const char *attach(struct throttle *t, int control, int memory)
{
    struct loop_config config = {
        .fd = (uint32_t)memory, .block_size = LOOP_BLOCK, .info = {.lo_flags = LO_FLAGS_AUTOCLEAR}};

    for (int i = 0; i < TRIES; i++) {
        int n = ioctl(control, LOOP_CTL_GET_FREE);
        if (n < 0)
            return "no free loop device";
        snprintf(t->path, sizeof t->path, "/dev/loop%d", n);
        t->loop = open(t->path, O_RDWR | O_CLOEXEC);
        if (t->loop < 0)
            return "the free loop device cannot be opened";
        if (ioctl(t->loop, LOOP_CONFIGURE, &config) == 0)
            return NULL;
        close(t->loop);
        t->loop = -1;
        if (errno != EBUSY)
            break;
    }
    return "the loop device cannot be set up";
}

static const char *make_loop(struct throttle *t, uint64_t bytes)
{
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

    if (control < 0)
        return "no loop devices, or not for this user";
    int memory = make_memory(strrchr(t->cgroup, '/') + 1, bytes);
    const char *why = memory < 0 ? "no memory" : attach(t, control, memory);
    if (memory >= 0)
        close(memory);
    close(control);
    return why;
}

struct throttle *throttle_start(uint64_t bytes, const char **why)
{
    struct throttle *t = calloc(1, sizeof *t);

    *why = "no memory";
    if (!t)
        return NULL;
    t->loop = t->alive = -1;
    *why = join_cgroup(t);
    if (!*why)
        *why = make_loop(t, bytes);
    if (!*why)
        return t;
    throttle_stop(t);
    return NULL;
}

const char *throttle_path(const struct throttle *throttle)
{
    return throttle->path;
}

int throttle_set(struct throttle *t, int reads_per_second)
{
    char text[64];
    struct stat st;

    if (fstat(t->loop, &st) != 0)
        return -1;
    snprintf(text, sizeof text, t->is_unified ? "%u:%u riops=%d" : "%u:%u %d", major(st.st_rdev),
             minor(st.st_rdev), reads_per_second);
    return write_text(t->cgroup, t->is_unified ? "io.max" : "blkio.throttle.read_iops_device",
                      text);
}

static void report(bool is_done, const char *path, const char *what)
{
    if (!is_done)
        fprintf(stderr, "throttle: %s: %s: %s\n", path, what, strerror(errno));
}

/* What was done last is undone first; a cgroup that is still busy is left to the guard. */
void throttle_stop(struct throttle *t)
{
    int status = 0;

    if (!t)
        return;
    if (t->loop >= 0)
        report(close(t->loop) == 0, t->path, "not closed");
    if (t->is_joined)
        report(write_text(t->parent, "cgroup.procs", "0") == 0, t->parent, "not joined again");
    if (t->is_made)
        report(rmdir(t->cgroup) == 0 || errno == EBUSY, t->cgroup, "not removed");
    if (t->alive >= 0)
        close(t->alive);
    if (t->guard > 0) {
        report(waitpid(t->guard, &status, 0) == t->guard, t->cgroup, "its guard is lost");
        if (status != 0)
            fprintf(stderr, "throttle: %s: left behind\n", t->cgroup);
    }
    free(t);
}
