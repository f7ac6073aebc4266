/* SPDX-License-Identifier: Apache-2.0 */
/* deny_call CALL ERRNO COMMAND...: runs a command that gets that errno from a call of io_uring. */
#include "seccomp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int number_of(const char *call)
{
    static const struct {
        const char *name;
        int number;
    } calls[] = {{"io_uring_setup", SYS_io_uring_setup},
                 {"io_uring_enter", SYS_io_uring_enter},
                 {"io_uring_register", SYS_io_uring_register}};

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (!strcmp(call, calls[i].name))
            return calls[i].number;
    return -1;
}

int main(int argc, char **argv)
{
    if (argc < 4 || number_of(argv[1]) < 0) {
        fputs("usage: deny_call io_uring_setup|io_uring_enter|io_uring_register ERRNO COMMAND...\n",
              stderr);
        return 2;
    }
    if (!deny((struct denial){number_of(argv[1]), atoi(argv[2])})) {
        perror("deny_call: seccomp");
        return 77;
    }
    execvp(argv[3], argv + 3);
    perror(argv[3]);
    return 127;
}
