/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A filter that lets one system call fail with an errno of choice, as container
 * runtimes do. It holds for the calling thread and those it starts, and for good:
 * install it in a child that has one thread.
 */
#ifndef SECCOMP_H
#define SECCOMP_H

#include "child.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

struct denial {
    int call, error;
};

/* It does not look at the architecture: this process makes calls of its own only. */
static inline bool deny(struct denial denial)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)denial.call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)denial.error & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static inline int try_to_deny(void *arg)
{
    return deny(*(struct denial *)arg) ? 0 : CHILD_FAILED;
}

/* Skips the program where the kernel takes no filters. */
static inline void need_seccomp(void)
{
    struct denial harmless = {SYS_mount, EPERM};

    if (in_child(try_to_deny, &harmless) != 0)
        skip_all("no seccomp filters here");
}

#endif
