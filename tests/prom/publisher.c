/* SPDX-License-Identifier: Apache-2.0 */
/* publisher NAME OPERATIONS: an engine that publishes, reads so often and once in vain, says
 * "ready" and lives until its standard input ends; "go" as a third word makes it read on meanwhile,
 * "fork" makes it have children, one from before the engine was made, until that input ends. */
#include <auraio.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void read_once(auraio_engine_t *engine, int fd)
{
    static char buf[512];

    if (!auraio_read(engine, fd, auraio_buf(buf), sizeof buf, 0, NULL, NULL) ||
        auraio_drain(engine, -1) < 0)
        exit(1);
}

/* A child that does nothing but hold what it was given. */
static void have_child(void)
{
    struct pollfd input = {.fd = 0, .events = POLLIN};
    pid_t pid = fork();

    if (pid < 0)
        exit(1);
    if (pid > 0)
        return;
    close(1);
    poll(&input, 1, -1);
    _exit(0);
}

int main(int argc, char **argv)
{
    auraio_options_t options;
    struct pollfd input = {.fd = 0, .events = POLLIN};

    const bool forks = argc > 3 && strcmp(argv[3], "fork") == 0;
    if (forks)
        have_child();
    auraio_options_init(&options);
    options.publish_stats = 1;
    snprintf(options.name, sizeof options.name, "%s", argc > 1 ? argv[1] : "");
    auraio_engine_t *engine = auraio_create_with_options(&options);
    int fd = open(argv[0], O_RDONLY | O_CLOEXEC);
    if (!engine || fd < 0)
        return 1;
    for (int i = 0; i < (argc > 2 ? atoi(argv[2]) : 0); i++)
        read_once(engine, fd);
    read_once(engine, 1000000); /* one that fails */
    if (forks)
        have_child();
    puts("ready");
    fflush(stdout);
    while (poll(&input, 1, argc > 3 && !forks ? 1 : -1) == 0)
        read_once(engine, fd);
    auraio_destroy(engine);
    return 0;
}
