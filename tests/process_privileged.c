/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that runs with the rights of another user (set-user-ID) and with all variables set that
 * the library knows: they have no effect there. Without those rights they do, as a counter-check.
 */
#include "child.h"

#include <dirent.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

enum { OWNER = 54321, CALLER = 54322, PUBLISHED = 10, NOTHING = 11, COPY_BYTES = 65536 };

static char helper[PATH_MAX], place[64];

/* Segments in the directory. */
static int segments(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;

    if (!dir)
        return 0;
    for (const struct dirent *e; (e = readdir(dir));)
        n += strncmp(e->d_name, "v1.", 3) == 0;
    closedir(dir);
    return n;
}

/* The program that is looked at: what its engine has left in the directory that variables name. */
static int be_the_helper(const char *directory)
{
    auraio_options_t options;
    char buf[64], below[128];

    EXPECT(geteuid() == OWNER);
    auraio_options_init(&options);
    options.publish_stats = 1;
    auraio_engine_t *engine = auraio_create_with_options(&options);
    EXPECT(engine);
    int fd = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
    EXPECT(auraio_read(engine, fd, auraio_buf(buf), 1, 0, NULL, NULL));
    EXPECT(auraio_drain(engine, 60000) == 1);
    snprintf(below, sizeof below, "%s/auraio", directory);
    int found = segments(directory) + segments(below);
    auraio_destroy(engine);
    return found ? PUBLISHED : NOTHING;
}

struct scene {
    unsigned caller;
    bool names_directory;
};

static int run_helper(void *arg)
{
    const struct scene *scene = arg;
    char stats[128], runtime[128], backend[] = "AURAIO_TEST_BACKEND=threads";
    char spin[] = "AURAIO_SPIN_US=1000", looks[] = "looks-at",
         *argv[] = {helper, looks, place, NULL};
    char *env[] = {backend, spin, runtime, scene->names_directory ? stats : NULL, NULL};

    snprintf(stats, sizeof stats, "AURAIO_STATS_DIR=%s", place);
    snprintf(runtime, sizeof runtime, "XDG_RUNTIME_DIR=%s", place);
    EXPECT(setgroups(0, NULL) == 0 && setresgid(scene->caller, scene->caller, scene->caller) == 0);
    EXPECT(setresuid(scene->caller, scene->caller, scene->caller) == 0);
    EXPECT(execve(helper, argv, env) == 0);
    return CHILD_FAILED;
}

/* A copy of this program that runs with its owner's rights. */
static void make_helper(void)
{
    static char bytes[COPY_BYTES];
    ssize_t n;
    int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int to = open(scratch_path(helper, "helper"), O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

    while ((n = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, (size_t)n) != n)
            bail("write: %s", strerror(errno));
    if (n || fchown(to, OWNER, OWNER) || fchmod(to, 04755) || chmod(scratch_dir(), 0755))
        bail("a copy of the program: %s", strerror(errno));
    close(from);
    close(to);
}

static void make_place(void)
{
    struct statfs fs;

    snprintf(place, sizeof place, "/dev/shm/auraio-test-XXXXXX");
    if (!mkdtemp(place) || statfs(place, &fs) || fs.f_type != TMPFS_MAGIC)
        skip_all("no tmpfs in /dev/shm");
    if (chown(place, OWNER, OWNER) || chmod(place, 0755))
        bail("%s: %s", place, strerror(errno));
}

static int reach(void *unused)
{
    (void)unused;
    return setresuid(CALLER, CALLER, CALLER) || access(helper, X_OK) ? CHILD_FAILED : 0;
}

int main(int argc, char **argv)
{
    struct statvfs fs;

    if (argc == 3)
        _exit(be_the_helper(argv[2])); /* a search for leaks is not let into such a program */
    if (geteuid() != 0)
        skip_all("only root can give a program's rights away");
    make_helper();
    if (statvfs(helper, &fs) == 0 && fs.f_flag & ST_NOSUID)
        skip_all("this file system gives no rights");
    if (in_child(reach, NULL) != 0)
        skip_all("other users do not reach the directory of the tests");
    make_place();
    for (int named = 0; named < 2; named++) {
        struct scene own = {OWNER, named}, other = {CALLER, named};
        const char *what = named ? "AURAIO_STATS_DIR" : "XDG_RUNTIME_DIR";
        is(in_child(run_helper, &own), PUBLISHED, "%s counts in an ordinary program", what);
        is(in_child(run_helper, &other), NOTHING, "... and not in one with another's rights");
    }
    char below[128];
    snprintf(below, sizeof below, "%s/auraio", place);
    rmdir(below);
    rmdir(place);
    return done();
}
