/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of published statistics: nobody takes over the name of another, whatever he does. */
#include "reader_users.h"

#include <sys/resource.h>

static void names_are_not_taken(void)
{
    struct reader *reader = reader_of_top();
    char dir[128], from[192], to[256];

    int honest = put(GOOD, "a", "db", true);
    ok(reader_scan(reader, false) == 1 && find(reader, GOOD, "db"), "a name, alone");
    int thief = put(BAD, "a", "db", true), second = put(GOOD, "b", "db", true);
    int posing = put(BAD, "c", "db#2", true);
    is(reader_scan(reader, false), 4, "others with the same name and pid");
    ok(find(reader, GOOD, "db"), "who had it keeps it");
    ok(find(reader, BAD, "db#2") && find(reader, GOOD, "db#3"), "the others have numbers, by age");
    ok(find(reader, BAD, "db#2#1"), "a name that looks numbered is not taken for one");
    close(honest);
    reader_scan(reader, true);
    is(reader_scan(reader, false), 3, "the first one has gone");
    ok(find(reader, BAD, "db#2") && find(reader, GOOD, "db#3"), "and the others keep their names");
    path_of(dir, sizeof dir, BAD, "");
    snprintf(from, sizeof from, "%s/v1.7.a.stats", dir);
    snprintf(to, sizeof to, "%s/v1.7.z.stats", dir);
    ok(rename(from, to) == 0 && reader_scan(reader, false) == 3 && find(reader, BAD, "db#2"),
       "also under another file name");
    close(thief);
    close(second);
    close(posing);
    reader_scan(reader, true);
    reader_scan(reader, true);
    is(reader_count(reader), 0, "all gone");
    reader_free(reader);
}

#define FNV_BASIS 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull
#define FNV_PRIME_INVERSE 0xce965057aff6957bull

/* The pid that has, with the name "x", the FNV-1a hash of pid 7 and "db". */
static uint64_t colliding_pid(void)
{
    uint64_t hash = (FNV_BASIS ^ 7) * FNV_PRIME;

    hash = (hash ^ 'd') * FNV_PRIME;
    hash = (hash ^ 'b') * FNV_PRIME;
    hash = (hash * FNV_PRIME_INVERSE) ^ 'x';
    return (hash * FNV_PRIME_INVERSE) ^ FNV_BASIS;
}

/* Its number is that of another name, however that one was chosen. */
static void older_one_renames_itself(void)
{
    struct reader *reader = reader_of_top();
    const uint64_t pids[] = {colliding_pid(), 8};

    for (int i = 0; i < 2; i++) {
        int thief = put(BAD, "a", "x", true);
        rewrite(thief, pids[i], "x");
        reader_scan(reader, false);
        int honest = put(GOOD, "a", "db", true);
        ok(reader_scan(reader, false) == 2 && find(reader, GOOD, "db"), "a name");
        rewrite(thief, 7, "db");
        reader_scan(reader, false);
        ok(find(reader, GOOD, "db") && find(reader, BAD, "db#2"),
           "is kept when an older segment takes it on");
        close(thief);
        close(honest);
        reader_scan(reader, true);
        reader_scan(reader, true);
    }
    reader_free(reader);
}

/* Its engine says that somebody is writing to it, which then takes no end; or that nobody is. */
static void set_torn(int fd, bool torn)
{
    const uint64_t sequence = torn ? 1 : 2;
    struct segment_section first;

    if (pread(fd, &first, sizeof first, sizeof(struct segment_header)) != sizeof first ||
        first.kind != SEGMENT_ENGINE ||
        pwrite(fd, &sequence, sizeof sequence, (off_t)first.offset) != sizeof sequence)
        bail("cannot write a segment");
}

static void missed_one_keeps_its_name(void)
{
    struct reader *reader = reader_of_top();
    int older = put(BAD, "b", "other", true);
    int honest = put(GOOD, "a", "db", true);

    reader_scan(reader, false);
    set_torn(honest, true);
    int thief = put(BAD, "a", "db", true);
    rewrite(older, 7, "db");
    is(reader_scan(reader, false), 2, "one that is always written to is not told");
    ok(!find(reader, BAD, "db"), "nobody else has its name");
    set_torn(honest, false);
    is(reader_scan(reader, false), 3, "it comes back");
    ok(find(reader, GOOD, "db"), "with the name that it had");
    close(thief);
    close(older);
    reader_scan(reader, true);
    reader_weigh(reader, one, 10, 1);
    thief = put(BAD, "c", "db", true);
    for (int i = 0; i < 5; i++)
        ok(reader_scan(reader, false) == 1 && !find(reader, BAD, "db"), "there is room for one");
    reader_weigh(reader, NULL, 0, 0);
    reader_scan(reader, false);
    ok(find(reader, GOOD, "db"), "who was left out has his name");
    close(thief);
    close(honest);
    reader_scan(reader, true);
    reader_scan(reader, true);
    reader_free(reader);
}

/* As many descriptors as that are left, at most; -1: as many as there were. */
static void leave_descriptors(int left)
{
    static struct rlimit before;
    struct rlimit now;

    if (!before.rlim_cur && getrlimit(RLIMIT_NOFILE, &before) != 0)
        bail("no limit");
    int lowest = open("/", O_PATH | O_CLOEXEC);
    now = before;
    if (left >= 0)
        now.rlim_cur = (rlim_t)(lowest + left);
    close(lowest);
    if (setrlimit(RLIMIT_NOFILE, &now) != 0)
        bail("no limit");
}

/* Some numbers above the lowest that is free may be taken. */
static void want_of_descriptors_is_told(void)
{
    enum { MOST_LEFT = 40 };
    struct reader *reader = reader_of_top();
    int thief = put(BAD, "a", "other", true), honest = put(GOOD, "a", "db", true), whole = 0;

    reader_scan(reader, false);
    rewrite(thief, 7, "db"); /* it is the older one */
    reader_scan(reader, false);
    ok(find(reader, GOOD, "db") && !reader_is_exhausted(reader), "a scan that sees all");
    for (int left = 0; left < MOST_LEFT; left++) {
        leave_descriptors(left);
        size_t n = reader_scan(reader, true);
        leave_descriptors(-1);
        whole += n == 2;
        ok(n == 2 || reader_is_exhausted(reader), "%d descriptors: all is seen, or it is told",
           left);
        ok(n < 2 || !reader_is_exhausted(reader), "and not both");
    }
    ok(whole > 0 && whole < MOST_LEFT, "some scans saw all, others did not");
    leave_descriptors(1);
    reader_scan(reader, true);
    leave_descriptors(-1);
    is(reader_scan(reader, false), 2, "with descriptors all is there");
    ok(find(reader, GOOD, "db") && find(reader, BAD, "db#2"), "by the names they had");
    close(thief);
    close(honest);
    reader_scan(reader, true);
    reader_scan(reader, true);
    reader_free(reader);
}

int main(void)
{
    make_users("names");
    names_are_not_taken();
    older_one_renames_itself();
    missed_one_keeps_its_name();
    want_of_descriptors_is_told();
    remove_users();
    return done();
}
