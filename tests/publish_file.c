/* SPDX-License-Identifier: Apache-2.0 */
/* When statistics are published: where, under which name, with what in it, and until when. */
#include "reader.h"
#include "segment.h"

#include "support.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READS 100

static char directory[64];

static int entries(char *last, size_t size)
{
    DIR *dir = opendir(directory);
    int n = 0;

    if (!dir)
        return -1;
    for (struct dirent *e; (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            n++;
            snprintf(last, size, "%s/%s", directory, e->d_name);
        }
    closedir(dir);
    return n;
}

static auraio_engine_t *engine_with(int publish, const char *name)
{
    auraio_options_t options;

    test_options(&options);
    options.publish_stats = publish;
    snprintf(options.name, sizeof options.name, "%s", name);
    return test_engine(&options);
}

static void read_some(auraio_engine_t *engine)
{
    int fd = scratch_file("some", 4096, 0);
    static char buf[512];

    for (int i = 0; i < READS; i++) {
        struct seen seen = {0};
        seen.req = auraio_read(engine, fd, auraio_buf(buf), sizeof buf, i, see, &seen);
        wait_seen(engine, &seen);
    }
    struct seen seen = {0};
    seen.req = auraio_read(engine, -7 - fd, auraio_buf(buf), sizeof buf, 0, see, &seen);
    struct seen bad = {0};
    bad.req = auraio_read(engine, 1000, auraio_buf(buf), sizeof buf, 0, see, &bad);
    wait_seen(engine, &bad);
    close(fd);
}

static void check_contents(auraio_engine_t *engine)
{
    struct reader *reader = reader_new();
    struct reader_ring ring;

    reader_add_directory(reader, directory);
    read_some(engine);
    is(reader_scan(reader, true), 1, "the reader finds one engine");
    const struct reader_engine *e = reader_get(reader, 0);
    if (!e)
        bail("no engine");
    ok(e->alive && e->pid == (uint64_t)getpid() && e->uid == geteuid(), "alive, pid and uid");
    ok(strcmp(e->name, "published") == 0 && strcmp(e->library, auraio_version()) == 0,
       "name and version");
    is(e->ops[READER_READ], READS + 1, "reads");
    is(e->ops[READER_WRITE] + e->ops[READER_SYNC] + e->ops[READER_OTHER], 0, "nothing else");
    is(e->bytes[0], READS * 512, "bytes");
    is(e->failed, 1, "one failed");
    is(e->errors[9], 1, "with EBADF");
    ok(e->latency[READER_READ].count >= READS && e->latency[READER_READ].sum_ns > 0, "latencies");
    ok(e->ring_count >= 1 && reader_ring(e, 0, &ring) && ring.ops[READER_READ] > 0, "a ring");
    ok(!reader_ring(e, e->ring_count, &ring), "and no more than that");
    is(e->in_flight + e->queued, 0, "nothing in flight");
    for (int i = READER_OK + 1; i < READER_ERRORS; i++)
        is(reader_errors(reader, i), 0, "no error: %s", reader_error_name(i));
    reader_free(reader);
}

/* Who asks for the segment gets the numbers, and is no sign of life of the engine. */
static void asked_by_the_program(auraio_engine_t *engine)
{
    struct reader_engine before, after;
    size_t size = 0;
    const void *segment = auraio_stats_segment(engine, &size);

    is(reader_parse(segment, size, &before), READER_OK, "the program may read it as well");
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    ok(auraio_stats_segment(engine, &size) == segment, "it stays in its place");
    is(reader_parse(segment, size, &after), READER_OK, "and can be read again");
    ok(after.heartbeat == before.heartbeat, "to ask is no heartbeat");
}

/* What a process left that has been dead for long goes with the next engine. */
static void old_ones_go(void)
{
    char path[512];
    struct segment_section first;
    uint64_t long_ago = 1;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        engine_with(1, "old");
        _exit(0);
    }
    waitpid(pid, &status, 0);
    auraio_engine_t *engine = engine_with(1, "new");
    is(entries(path, sizeof path), 2, "one that has just died stays");
    auraio_destroy(engine);
    is(entries(path, sizeof path), 1, "a destroy takes only its own");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ok(fd >= 0 && pread(fd, &first, sizeof first, sizeof(struct segment_header)) == sizeof first &&
           pwrite(fd, &long_ago, sizeof long_ago,
                  (off_t)(first.offset + offsetof(struct segment_engine, heartbeat_ns))) ==
               sizeof long_ago,
       "long ago");
    close(fd);
    engine = engine_with(1, "new");
    is(entries(path, sizeof path), 1, "then it goes");
    auraio_destroy(engine);
}

/* However many were killed just now, few are kept. */
static void few_stay(void)
{
    char path[512];
    int status, n;

    for (int i = 0; i < 40; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            for (int e = 0; e < 3; e++)
                engine_with(1, "killed");
            _exit(0);
        }
        waitpid(pid, &status, 0);
    }
    auraio_engine_t *engine = engine_with(1, "new");
    n = entries(path, sizeof path);
    ok(n > 16 && n < 64, "of 120 that died just now %d are kept", n - 1);
    auraio_destroy(engine);
    struct reader *reader = reader_new();
    reader_add_directory(reader, directory);
    for (int i = 0; i < 3; i++)
        reader_scan(reader, true);
    reader_free(reader);
    is(entries(path, sizeof path), 0, "an exporter takes them away");
}

/* A child that was forked while its parent made the file has the lock for as long as it lives. */
static void lock_is_not_enough(void)
{
    struct reader *reader = reader_new();
    struct segment_section first;
    uint64_t long_ago = 1;
    char path[512];
    int status;
    pid_t pid = fork();

    reader_add_directory(reader, directory);
    if (pid == 0) {
        engine_with(1, "parent");
        _exit(0);
    }
    waitpid(pid, &status, 0);
    is(entries(path, sizeof path), 1, "a process ended");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ok(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0, "somebody has its lock");
    ok(reader_scan(reader, false) == 1 && reader_get(reader, 0)->alive, "so it lives");
    ok(pread(fd, &first, sizeof first, sizeof(struct segment_header)) == sizeof first &&
           pwrite(fd, &long_ago, sizeof long_ago,
                  (off_t)(first.offset + offsetof(struct segment_engine, heartbeat_ns))) ==
               sizeof long_ago,
       "for long there was no heartbeat");
    ok(reader_scan(reader, false) == 1 && !reader_get(reader, 0)->alive, "then it is dead");
    is(reader_scan(reader, false), 0, "which is told once");
    close(fd);
    reader_scan(reader, true);
    is(entries(path, sizeof path), 0, "and it goes");
    reader_free(reader);
}

static void child_leaves_it_alone(auraio_engine_t *engine)
{
    char path[512];
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        auraio_stats_t stats;
        auraio_get_stats(engine, &stats);
        auraio_destroy(engine);
        _exit(entries(path, sizeof path) == 1 ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child's destroy leaves it there");
}

/* A process that dies: told once more, then taken away. */
static void dies(void)
{
    struct reader *reader = reader_new();
    int ready[2], status;
    char byte, path[512];

    reader_add_directory(reader, directory);
    if (pipe(ready))
        bail("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        read_some(engine_with(1, "dies"));
        byte = 1;
        if (write(ready[1], &byte, 1) == 1)
            pause();
        _exit(0);
    }
    if (read(ready[0], &byte, 1) != 1)
        bail("no child");
    is(reader_scan(reader, false), 1, "another process's engine");
    ok(reader_get(reader, 0)->alive, "lives");
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    is(reader_scan(reader, false), 1, "killed, it is told once more");
    ok(!reader_get(reader, 0)->alive && reader_get(reader, 0)->ops[READER_READ] == READS + 1,
       "as dead, with all it did");
    is(reader_scan(reader, false), 0, "and only once");
    is(entries(path, sizeof path), 1, "the file is there");
    is(reader_scan(reader, true), 0, "and is not told when it is");
    is(entries(path, sizeof path), 0, "taken away");
    reader_free(reader);
    close(ready[0]);
    close(ready[1]);
}

/* It may be another's who is about to lock it, which fails when somebody else has a lock. */
static void unfinished_is_not_opened(void)
{
    char path[128], events[4096];
    auraio_engine_t *first = engine_with(1, "first");

    snprintf(path, sizeof path, "%s/.v1.7.unfinished.stats", directory);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0 || watch < 0 || inotify_add_watch(watch, path, IN_OPEN) < 0)
        bail("no file to watch");
    auraio_destroy(engine_with(1, "second"));
    ok(read(watch, events, sizeof events) < 0, "a young file that is unfinished is not opened");
    is(access(path, F_OK), 0, "and stays");
    auraio_destroy(first);
    close(watch);
    close(fd);
    unlink(path);
}

int main(void)
{
    char path[512] = "";
    struct stat st;

    snprintf(directory, sizeof directory, "/dev/shm/auraio-test-XXXXXX");
    if (!mkdtemp(directory) || rmdir(directory) != 0) /* a name that nobody has left there */
        bail("%s: %s", directory, strerror(errno));
    setenv("AURAIO_STATS_DIR", directory, 1);
    auraio_engine_t *engine = engine_with(-1, "");
    is(entries(path, sizeof path), -1, "-1 makes no directory");
    auraio_destroy(engine);
    engine = engine_with(1, "published");
    is(entries(path, sizeof path), 1, "1 makes it, and one file in it");
    ok(stat(directory, &st) == 0 && (st.st_mode & 07777) == 0700, "nobody else's directory");
    ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "nobody else's file");
    ok(st.st_size > 700 && st.st_size < 256 * 1024, "its size: %d", (int)st.st_size);
    ok(strncmp(strrchr(path, '/'), "/v1.", 4) == 0 && atoi(strrchr(path, '/') + 4) == getpid(),
       "its name: %s", strrchr(path, '/'));
    check_contents(engine);
    asked_by_the_program(engine);
    child_leaves_it_alone(engine);
    auraio_destroy(engine);
    is(entries(path, sizeof path), 0, "destroy takes it away");
    engine = engine_with(0, "");
    is(entries(path, sizeof path), 0, "0 publishes nothing");
    auraio_destroy(engine);
    engine = engine_with(-1, "");
    is(entries(path, sizeof path), 1, "-1 does where the directory exists");
    auraio_destroy(engine);
    old_ones_go();
    dies();
    few_stay();
    lock_is_not_enough();
    unfinished_is_not_opened();
    rmdir(directory);
    snprintf(directory, sizeof directory, "%s", scratch_dir());
    setenv("AURAIO_STATS_DIR", directory, 1);
    int before = entries(path, sizeof path);
    engine = engine_with(1, "");
    is(entries(path, sizeof path), before, "nothing on a file system that is no tmpfs");
    auraio_destroy(engine);
    return done();
}
