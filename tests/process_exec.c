/* SPDX-License-Identifier: Apache-2.0 */
/* A program that is executed while engines are at work inherits no descriptor of theirs, be it
 * after fork(2) or posix_spawn(3). */
#include "child.h"
#include "slow.h"

#include <spawn.h>

extern char **environ;

static char *const list_fds[] = {(char *)"ls", (char *)"/proc/self/fd", NULL};

static int list_to(void *arg)
{
    EXPECT(dup2(*(int *)arg, 1) == 1);
    execvp(list_fds[0], list_fds);
    return CHILD_FAILED;
}

static pid_t spawn_to(int fd)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, 1);
    int error = posix_spawnp(&pid, list_fds[0], &actions, NULL, list_fds, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error)
        bail("posix_spawn: %s", strerror(error));
    return pid;
}

/* How many descriptors a new program has, the one that lists them aside; -1 when it failed. */
static int inherited(bool spawns)
{
    char text[4096];
    int ends[2], lines = 0;
    ssize_t n;

    if (pipe2(ends, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    pid_t pid = spawns ? spawn_to(ends[1]) : start_child(list_to, &ends[1]);
    close(ends[1]);
    while ((n = read(ends[0], text, sizeof text)) > 0)
        for (ssize_t i = 0; i < n; i++)
            lines += text[i] == '\n';
    close(ends[0]);
    return join_child(pid) == 0 ? lines - 1 : -1;
}

int main(void)
{
    int before = inherited(false), file = scratch_file("file", 4096, 0);
    auraio_engine_t *engine, *automatic;
    struct seen seen = {0};
    struct slow slow;

    if (before < 0)
        skip_all("no /proc/self/fd, or nothing to list it");
    is(inherited(true), before, "without an engine");
    engine = test_engine(NULL);
    automatic = auraio_create();
    ok(automatic, "two engines");
    is(auraio_register_files(engine, &file, 1), 0, "a registered file");
    ok(auraio_get_poll_fd(engine) >= 0, "a poll fd");
    slow_start(engine, &slow);
    is(outcome(automatic, auraio_nop(automatic, see, &seen), &seen), 0, "operations");
    ok(count_fds() > before + 4, "this process has descriptors of theirs");
    is(inherited(false), before, "none after fork and exec");
    is(inherited(true), before, "none after posix_spawn");
    is(slow_finish(engine, &slow), 1, "the engine works on");
    auraio_destroy(engine);
    auraio_destroy(automatic);
    return done();
}
