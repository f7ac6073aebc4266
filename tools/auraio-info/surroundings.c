/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what the system says of itself; what it does not say is left unknown. */
#include "info.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES 8192 /* the kernel's files are shorter, or what is wanted stands in front */

/* What a file of /proc says, without any memory but the caller's; false: nothing. */
static bool read_file(const char *path, char text[FILE_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t n = -1;

    while (fd >= 0 && (n = read(fd, text + length, FILE_BYTES - 1 - length)) > 0)
        length += (size_t)n;
    if (fd >= 0)
        close(fd);
    text[length] = '\0';
    return n >= 0 && length > 0;
}

static long number_in(const char *path, long otherwise)
{
    char text[FILE_BYTES], *end;

    if (!read_file(path, text))
        return otherwise;
    long number = strtol(text, &end, 10);
    return end > text ? number : otherwise;
}

/* A field of /proc/self/status, in the given base; false when it is not there. */
static bool status_field(const char *name, int base, unsigned long long *value)
{
    char text[FILE_BYTES];
    size_t length = strlen(name);

    if (!read_file("/proc/self/status", text))
        return false;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, name, length) && line[length] == ':') {
            *value = strtoull(line + length + 1, NULL, base);
            return true;
        }
    }
    return false;
}

static long allowed_processors(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : -1;
}

void info_look_around(struct surroundings *around)
{
    unsigned long long value;

    around->uring_disabled = (int)number_in("/proc/sys/kernel/io_uring_disabled", -1);
    around->uring_group = number_in("/proc/sys/kernel/io_uring_group", -1);
    around->seccomp = status_field("Seccomp", 10, &value) ? (int)value : -1;
    around->can_lock_everything = status_field("CapEff", 16, &value) && value >> CAP_IPC_LOCK & 1;
    around->processors = allowed_processors();
    if (getrlimit(RLIMIT_MEMLOCK, &around->locked) != 0)
        around->locked.rlim_cur = around->locked.rlim_max = RLIM_INFINITY;
    if (getrlimit(RLIMIT_NOFILE, &around->files) != 0)
        around->files.rlim_cur = around->files.rlim_max = RLIM_INFINITY;
}
