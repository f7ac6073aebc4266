/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include "figures.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum {
    CANNOT_RUN = 77, /* exit status of a contestant that lacks something here */
    PATIENCE_MS = 60000,
    OPTIONS_MOST = 32
};

/* Starts the program; returns its process. Both its outputs go to *output. */
static pid_t start(char **args, int *output)
{
    posix_spawn_file_actions_t actions;
    int ends[2], error;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0)
        give_up("pipe2", errno);
    if ((error = posix_spawn_file_actions_init(&actions)) != 0 ||
        (error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)) != 0 ||
        (error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)) != 0)
        give_up("posix_spawn_file_actions", error);
    if ((error = posix_spawn(&child, args[0], &actions, NULL, args, environ)) != 0)
        give_up(args[0], error);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *output = ends[0];
    return child;
}

/* Reads until the program has closed its end; false when that takes too long. */
static bool read_all(int fd, char *text, size_t size, int timeout_ms)
{
    double deadline = seconds_now() + timeout_ms / 1e3;
    size_t len = 0;

    for (;;) {
        struct pollfd input = {fd, POLLIN, 0};
        double left = deadline - seconds_now();
        char rest[256]; /* what does not fit is read all the same, so that nobody blocks */
        bool fits = len < size - 1;

        text[len] = '\0';
        if (left <= 0)
            return false;
        if (poll(&input, 1, (int)(left * 1e3) + 1) <= 0)
            continue;
        ssize_t got = read(fd, fits ? text + len : rest, fits ? size - 1 - len : sizeof rest);
        if (got < 0 && errno != EINTR)
            give_up("read", errno);
        if (got == 0)
            return true;
        if (got > 0 && fits)
            len += (size_t)got;
    }
}

/* The number behind "key=" in a line; negative when there is none. */
static double number_of(const char *line, const char *key)
{
    const char *at = strstr(line, key);
    char *end;

    if (!at)
        return -1;
    double value = strtod(at + strlen(key), &end);
    return end == at + strlen(key) ? -1 : value;
}

static bool understand(const char *text, struct outcome *outcome)
{
    const char *line = strncmp(text, "ops=", 4) == 0 ? text : strstr(text, "\nops=");
    double ops, calls;

    if (!line)
        return false;
    ops = number_of(line, "ops=");
    calls = number_of(line, " calls=");
    outcome->values[IOPS] = number_of(line, " iops=");
    outcome->values[P50] = number_of(line, " p50_us=");
    outcome->values[P99] = number_of(line, " p99_us=");
    /* 0 is what a contestant says that does not count them. */
    outcome->values[CALLS_PER_OP] = calls > 0 ? calls / ops : -1;
    return ops > 0 && outcome->values[IOPS] > 0;
}

/* Program and options, as execve wants them; what does not outlive the call is kept here. */
struct command {
    char program[PATH_MAX];
    char size[24], depth[12], limit[24], seed[12];
    char *args[OPTIONS_MOST + 1];
};

static void add(struct command *command, const char *option, const char *value)
{
    int n = 0;

    while (command->args[n])
        n++;
    if (n + 2 > OPTIONS_MOST)
        give_up("too many options", 0);
    command->args[n] = (char *)(uintptr_t)option;
    command->args[n + 1] = (char *)(uintptr_t)value;
}

static void make_command(struct command *command, const struct contestant *contestant,
                         const struct table *table, const struct setting *setting)
{
    memset(command, 0, sizeof *command);
    snprintf(command->program, sizeof command->program, "%s/%s", setting->directory,
             contestant->args[0]);
    snprintf(command->size, sizeof command->size, "%ld", setting->size_bytes);
    snprintf(command->depth, sizeof command->depth, "%d", setting->depth);
    snprintf(command->limit, sizeof command->limit, "%ld",
             setting->ops ? setting->ops : setting->ms);
    snprintf(command->seed, sizeof command->seed, "%u", setting->seed);
    add(command, command->program, NULL);
    for (int i = 1; i < ARGS_MOST && contestant->args[i]; i++)
        add(command, contestant->args[i], NULL);
    for (int i = 0; i < ARGS_MOST && table->args[i]; i++)
        add(command, table->args[i], NULL);
    add(command, "--file", setting->file);
    add(command, "--size", command->size);
    add(command, "--depth", command->depth);
    add(command, setting->ops ? "--ops" : "--ms", command->limit);
    add(command, "--seed", command->seed);
}

static _Noreturn void fail(const struct command *command, const char *what, const char *said)
{
    fprintf(stderr, "compare:");
    for (int i = 0; command->args[i]; i++)
        fprintf(stderr, " %s", command->args[i]);
    fprintf(stderr, "\n%s%s\n", said, what);
    exit(1);
}

bool run_contestant(const struct contestant *contestant, const struct table *table,
                    const struct setting *setting, struct outcome *outcome, char *why, size_t size)
{
    struct command command;
    int output, status;

    make_command(&command, contestant, table, setting);
    if (access(command.program, X_OK) != 0) {
        snprintf(why, size, "%s is not built", contestant->args[0]);
        return false;
    }
    pid_t child = start(command.args, &output);
    bool ended = read_all(output, why, size, PATIENCE_MS + setting->ms);
    if (!ended)
        kill(child, SIGKILL);
    close(output);
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            give_up("waitpid", errno);
    }
    if (!ended)
        fail(&command, "did not end in time", why);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_RUN)
        return false;
    if (status != 0)
        fail(&command, "failed", why);
    if (!understand(why, outcome))
        fail(&command, "printed no result", why);
    return true;
}
