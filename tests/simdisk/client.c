/* SPDX-License-Identifier: Apache-2.0 */
/* The side that starts the server, talks to it through its files and ends it. */
#include "simdisk.h"

#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_MOST = 4096, END_TURNS = 5000 }; /* of 1 ms */

struct simdisk {
    pid_t owner, server;
    struct simdisk *next;
    char directory[PATH_MAX - 16], path[PATH_MAX], control[PATH_MAX];
};

static struct simdisk *running;

/* The server has no use for the caller's pipes, which somebody may wait on. Its directory goes with
 * it, so that nothing is left of a caller that was killed, be it with its whole group. */
static _Noreturn void serve(const struct server_config *config)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    setsid();
    for (int i = 0; i < 3; i++)
        dup2(null, i);
    int status = simdisk_serve(config);
    rmdir(config->directory);
    _exit(status);
}

static bool fork_server(struct simdisk *disk, uint64_t bytes, const char *settings)
{
    char byte;
    int told[2];

    if (pipe2(told, O_CLOEXEC) != 0)
        return false;
    disk->owner = getpid();
    fflush(NULL);
    disk->server = fork();
    if (disk->server == 0) {
        const struct server_config config = {disk->directory, bytes, settings, disk->owner,
                                             told[1]};
        close(told[0]);
        serve(&config);
    }
    close(told[1]);
    bool is_mounted = disk->server > 0 && read(told[0], &byte, 1) == 1;
    close(told[0]);
    if (disk->server > 0 && !is_mounted)
        waitpid(disk->server, NULL, 0);
    return is_mounted;
}

static void stop_at_exit(void)
{
    while (running && running->owner == getpid())
        simdisk_stop(running);
}

struct simdisk *simdisk_start(uint64_t bytes, const char *settings)
{
    static bool stops_at_exit;
    const char *tmp = getenv("TMPDIR");
    struct simdisk *disk = calloc(1, sizeof *disk);

    if (!disk)
        return NULL;
    snprintf(disk->directory, sizeof disk->directory, "%s/simdisk-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(disk->directory)) {
        free(disk);
        return NULL;
    }
    snprintf(disk->path, sizeof disk->path, "%s/disk", disk->directory);
    snprintf(disk->control, sizeof disk->control, "%s/control", disk->directory);
    if (!fork_server(disk, bytes, settings)) {
        rmdir(disk->directory);
        free(disk);
        errno = ENOTSUP;
        return NULL;
    }
    if (!stops_at_exit)
        stops_at_exit = atexit(stop_at_exit) == 0;
    disk->next = running;
    running = disk;
    return disk;
}

void simdisk_stop(struct simdisk *disk)
{
    pid_t ended = 0;

    if (!disk)
        return;
    for (struct simdisk **at = &running; *at; at = &(*at)->next) {
        if (*at == disk) {
            *at = disk->next;
            break;
        }
    }
    kill(disk->server, SIGTERM);
    for (int i = 0; i < END_TURNS && ended == 0; i++) {
        ended = waitpid(disk->server, NULL, WNOHANG);
        if (ended == 0)
            usleep(1000);
    }
    if (ended == 0) {
        kill(disk->server, SIGKILL);
        waitpid(disk->server, NULL, 0);
    }
    if (rmdir(disk->directory) != 0 && errno != ENOENT) { /* the mount of a killed server */
        umount2(disk->directory, MNT_DETACH);
        rmdir(disk->directory);
    }
    free(disk);
}

const char *simdisk_path(const struct simdisk *disk)
{
    return disk->path;
}

int simdisk_set(struct simdisk *disk, const char *format, ...)
{
    char text[TEXT_MOST];
    va_list ap;

    va_start(ap, format);
    int len = vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (len < 0 || (size_t)len >= sizeof text) {
        errno = EINVAL;
        return -1;
    }
    int fd = open(disk->control, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t written = write(fd, text, (size_t)len);
    int error = errno;
    close(fd);
    errno = error;
    return written == len ? 0 : -1;
}

double simdisk_get(struct simdisk *disk, const char *name)
{
    char line[256];
    double value = -1;
    size_t len = strlen(name);
    FILE *control = fopen(disk->control, "re");

    if (!control)
        return -1;
    while (fgets(line, sizeof line, control)) {
        if (strncmp(line, name, len) == 0 && line[len] == ' ') {
            value = strtod(line + len, NULL);
            break;
        }
    }
    fclose(control);
    return value;
}

double simdisk_delayed_s(const struct simdisk *disk)
{
    unsigned long long on_cpu_ns, delayed_ns = 0;
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)disk->server);
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    if (fscanf(f, "%llu %llu", &on_cpu_ns, &delayed_ns) != 2)
        delayed_ns = 0;
    fclose(f);
    return (double)delayed_ns / 1e9;
}
