/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator can do about what is missing. */
#include "info.h"

#include <errno.h>

#define LOCKED_ENOUGH_BYTES (64ul << 20)
#define FILES_ENOUGH 1024

static void advise(struct info *info, const char *remedy)
{
    if (info->remedy_count < REMEDIES_MAX)
        info->remedies[info->remedy_count++] = remedy;
}

/* EPERM has three authors; each leaves its own traces. */
static void explain_refusal(struct info *info)
{
    const struct surroundings *around = &info->around;

    if (around->uring_disabled == 2)
        advise(info, "io_uring is switched off on this host: sysctl kernel.io_uring_disabled=0");
    else if (around->uring_disabled == 1)
        advise(info, "io_uring is for CAP_SYS_ADMIN and one group here: add the user to the group "
                     "in sysctl kernel.io_uring_group, or sysctl kernel.io_uring_disabled=0");
    if (around->seccomp == 2)
        advise(info, "a seccomp filter is active: let its profile allow io_uring_setup, "
                     "io_uring_enter and io_uring_register (docker and podman: --security-opt "
                     "seccomp=PROFILE; systemd: SystemCallFilter=@aio)");
    if (around->uring_disabled <= 0 && around->seccomp != 2)
        advise(info, "a security module refuses it: look for io_uring in the audit log");
}

static void explain_threads(struct info *info)
{
    switch (info->features.uring_errno) {
    case EPERM:
    case EACCES:
        explain_refusal(info);
        break;
    case ENOSYS:
        if (info->around.seccomp == 2)
            explain_refusal(info);
        else
            advise(info, "this kernel has no io_uring: one from 5.10 on, built with "
                         "CONFIG_IO_URING=y, has it");
        break;
    case ENOMEM:
        advise(info, "rings cannot be locked in memory: raise RLIMIT_MEMLOCK (ulimit -l; systemd: "
                     "LimitMEMLOCK=; docker: --ulimit memlock=)");
        break;
    case EMFILE:
    case ENFILE:
        advise(info, "no descriptor is left for a ring: raise RLIMIT_NOFILE (ulimit -n; systemd: "
                     "LimitNOFILE=)");
        break;
    default:
        break;
    }
}

void info_find_remedies(struct info *info)
{
    const struct surroundings *around = &info->around;
    bool uring = info->features.backend == AURAIO_BACKEND_URING;

    if (!uring)
        explain_threads(info);
    else if (!info_has(info, AURAIO_FEATURE_COOP_TASKRUN))
        advise(info, "a kernel from 6.1 on serves the same program with fewer interruptions");
    if (uring && !around->can_lock_everything && around->locked.rlim_cur < LOCKED_ENOUGH_BYTES)
        advise(info, "registered buffers count against RLIMIT_MEMLOCK, and what is above it works "
                     "unregistered: raise it to use them (ulimit -l; systemd: LimitMEMLOCK=)");
    if (around->files.rlim_cur < FILES_ENOUGH)
        advise(info, "few descriptors: each ring takes one or two (ulimit -n; systemd: "
                     "LimitNOFILE=)");
}
