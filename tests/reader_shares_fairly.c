/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of published statistics among users who mean no good: what one of them leaves costs
 * only himself, and memory stays what it is.
 */
#include "reader_users.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

enum { SCANS = 10000 };

static void living_come_first(void)
{
    struct reader *reader = reader_of_top();
    int fds[3];
    char name[32];

    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "alive%d", i);
        fds[i] = put(GOOD, name, name, true);
    }
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "dead%d", i);
        put(GOOD, name, name, false);
    }
    is(reader_scan(reader, false), READER_USER_MAX, "as many as a user may have");
    ok(find(reader, GOOD, "alive0") && find(reader, GOOD, "alive1") && find(reader, GOOD, "alive2"),
       "the living among them");
    ok(reader_errors(reader, READER_LIMIT) >= 300 - READER_USER_MAX, "the rest is counted");
    for (int i = 0; i < 10; i++)
        reader_scan(reader, true);
    is(reader_count(reader), 3, "in the end the dead have all been told");
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    for (int i = 0; i < 3; i++)
        reader_scan(reader, true);
    reader_free(reader);
}

/* One with files without number, as large as may be, and names in the directory of all. */
static void crowd_costs_itself(void)
{
    struct reader *reader = reader_of_top();
    int fds[200];
    char name[24], path[192];

    sample_bytes = sizeof sample;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "f%d", i);
        fds[i] = put(BAD, name, name, true);
    }
    for (int i = 100; i < 200; i++) {
        snprintf(name, sizeof name, "o%d", i);
        fds[i] = put(OTHER, name, name, true);
    }
    for (int i = 0; i < 20000; i++) {
        snprintf(path, sizeof path, "%s/junk%d", top, i);
        if (symlink("/", path) != 0)
            bail("no %s", path);
    }
    make_sample();
    int honest = put(GOOD, "a", "db", true);
    reader_scan(reader, false);
    ok(find(reader, GOOD, "db"), "an honest engine is seen beside large ones and junk");
    is(reader_count(reader), 1 + 2 * 32, "who is greedy gets his share of memory");
    ok(reader_errors(reader, READER_LIMIT) == 2 * 68, "what is left out is counted");
    reader_weigh(reader, one, 10, 12);
    is(reader_scan(reader, false), 12, "weights are kept");
    ok(find(reader, GOOD, "db"), "and shared in turns");
    close(honest);
    for (int i = 0; i < 200; i++)
        close(fds[i]);
    reader_weigh(reader, NULL, 0, 0);
    for (int i = 0; i < 20; i++)
        reader_scan(reader, true);
    for (int i = 0; i < 20000; i++) {
        snprintf(path, sizeof path, "%s/junk%d", top, i);
        unlink(path);
    }
    reader_free(reader);
}

/* Somebody else's directory under a user's number: counted, and not read. */
static void squatter_is_counted(void)
{
    struct reader *reader = reader_of_top();
    char path[128];

    make_user(60009, BAD);
    is(reader_scan(reader, false), 0, "a directory that is another user's");
    is(reader_errors(reader, READER_PLACE), 1, "is counted");
    path_of(path, sizeof path, 60009, "");
    rmdir(path);
    reader_free(reader);
}

/* More directories than are looked at, before and after the honest one, all of one user. */
static void other_numbers_do_not_crowd(void)
{
    const unsigned first = 2000000, count = 4200;
    struct reader *reader = reader_of_top();
    char path[128];

    path_of(path, sizeof path, GOOD, "");
    rmdir(path);
    for (unsigned i = 0; i < 2 * count; i++) {
        if (i == count)
            make_user(GOOD, GOOD);
        make_user(first + i, BAD);
    }
    int honest = put(GOOD, "a", "db", true);
    reader_scan(reader, false);
    ok(find(reader, GOOD, "db"), "an honest engine is seen among directories of nobody");
    is(reader_errors(reader, READER_PLACE), 2 * count, "which are counted");
    is(reader_errors(reader, READER_LIMIT), 0, "against no limit");
    close(honest);
    reader_scan(reader, true);
    for (unsigned i = 0; i < 2 * count; i++) {
        path_of(path, sizeof path, first + i, "");
        rmdir(path);
    }
    reader_free(reader);
}

/* A FUSE server that never answers, in a name space of its own. */
static void mount_never_answers(void)
{
    char path[128], options[96];

    path_of(path, sizeof path, BAD, "");
    pid_t pid = fork();
    if (pid == 0) {
        int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
        snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
                 fuse);
        if (fuse < 0 || unshare(CLONE_NEWNS) != 0 ||
            mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("none", path, "fuse", MS_NOSUID | MS_NODEV, options) != 0)
            _exit(77);
        alarm(100);
        struct reader *reader = reader_of_top();
        int honest = put(GOOD, "a", "db", true);
        reader_scan(reader, true);
        bool good = find(reader, GOOD, "db") && reader_errors(reader, READER_PLACE) == 1;
        close(honest);
        reader_scan(reader, true);
        reader_free(reader);
        _exit(good ? 0 : 1);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip("a mount that never answers is left alone", "nothing can be mounted here");
    else
        ok(status == 0, "a mount that never answers is left alone (status %d)", status);
}

/* 0 where the C library does not tell. */
static size_t allocated(void)
{
#ifdef __GLIBC__
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

static void memory_stays(void)
{
    struct reader *reader = reader_of_top();
    int fds[5];
    char name[32];

    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "m%d", i);
        fds[i] = put(GOOD, name, "same", true);
    }
    for (int i = 0; i < 100; i++)
        reader_scan(reader, false);
    size_t before = allocated();
    for (int i = 0; i < SCANS; i++)
        reader_scan(reader, false);
    size_t after = allocated();
    ok(after <= before + 1024, "%d scans later: %zu bytes, were %zu", SCANS, after, before);
    is(reader_count(reader), 5, "and all are there");
    for (int i = 0; i < 5; i++)
        close(fds[i]);
    reader_scan(reader, true);
    reader_free(reader);
}

int main(void)
{
    make_users("fair");
    living_come_first();
    crowd_costs_itself();
    squatter_is_counted();
    other_numbers_do_not_crowd();
    mount_never_answers();
    memory_stays();
    remove_users();
    return done();
}
