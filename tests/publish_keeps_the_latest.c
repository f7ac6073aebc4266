/* SPDX-License-Identifier: Apache-2.0 */
/* Who publishes takes away what the dead left, but for the 32 that died last; and nothing that is
 * somebody's, or no segment's by its name or kind. */
#include "publish.h"
#include "segment.h"

#include "support.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LEFT = 45, KEPT = 32 };

#define TOO_LONG "0123456789012345678901234567890123456789012345678901234567890123456789"

static int directory;

static int make(const char *name)
{
    int fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        bail("%s: %s", name, strerror(errno));
    return fd;
}

/* What is left of a process that lived until then. */
static void leave(const char *name, time_t seen)
{
    const struct segment_section first = {.kind = SEGMENT_ENGINE, .offset = 512};
    uint64_t heartbeat_ns = (uint64_t)seen * 1000000000;
    int fd = make(name);

    if (pwrite(fd, &first, sizeof first, sizeof(struct segment_header)) != sizeof first ||
        pwrite(fd, &heartbeat_ns, sizeof heartbeat_ns,
               512 + (off_t)offsetof(struct segment_engine, heartbeat_ns)) != sizeof heartbeat_ns)
        bail("%s: %s", name, strerror(errno));
    close(fd);
}

static bool is_there(const char *name)
{
    struct stat st;

    return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static const char *name_of(int i)
{
    static char name[32];

    snprintf(name, sizeof name, "v1.%d.left.stats", i);
    return name;
}

int main(void)
{
    static const char *const others[] = {
        "v1.4.directory.stats", "v1.5.link.stats",   "v2.6.stats",
        "v1.7.locked.stats",    ".v1.8.young.stats", "v1.9." TOO_LONG ".stats",
    };
    time_t now = time(NULL);
    int kept = 0, removed = 0;

    directory = open(scratch_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        bail("%s: %s", scratch_dir(), strerror(errno));
    for (int i = 0; i < LEFT; i++) /* in no order of age */
        leave(name_of(i * 7 % LEFT), now - i * 7 % LEFT - 2);
    leave("v1.100.long_ago.stats", now - 3600);
    close(make("v1.101.empty.stats")); /* as old as the file: the youngest */
    if (mkdirat(directory, others[0], 0700) || symlinkat(name_of(0), directory, others[1]))
        bail("%s: %s", scratch_dir(), strerror(errno));
    leave(others[2], now - 3600);
    int locked = make(others[3]);
    flock(locked, LOCK_EX);
    close(make(others[4]));
    leave(others[5], now - 3600);
    aur_publish_tidy(directory);
    for (int i = 0; i < LEFT; i++)
        if (is_there(name_of(i)) == (i < KEPT - 1))
            *(i < KEPT - 1 ? &kept : &removed) += 1;
    is(kept, KEPT - 1, "the latest are kept");
    is(removed, LEFT - KEPT + 1, "the others not");
    ok(is_there("v1.101.empty.stats"), "one without a sign of life is as old as its file");
    ok(!is_there("v1.100.long_ago.stats"), "one of long ago goes in any case");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ok(is_there(others[i]), "%s stays", others[i]);
    close(locked);
    close(directory);
    return done();
}
