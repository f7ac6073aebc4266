/* SPDX-License-Identifier: Apache-2.0 */
/* What each feature is good for, and which kernel brought it. */
#include "info.h"

#define OP(type) (AURAIO_FEATURE_OP_FIRST + AURAIO_OP_##type)

/* Kernel versions: io_uring_setup(2), io_uring_enter(2), io_uring_register(2). */
const struct feature info_features[] = {
    {AURAIO_FEATURE_COOP_TASKRUN, "5.19", "completions do not interrupt the program"},
    {AURAIO_FEATURE_TASKRUN_FLAG, "5.19", "a poll sees that completions are waiting"},
    {AURAIO_FEATURE_SINGLE_ISSUER, "6.0", "less locking with single_thread"},
    {AURAIO_FEATURE_DEFER_TASKRUN, "6.1", "completions in one go with single_thread"},
    {AURAIO_FEATURE_SQPOLL, "5.11", "a kernel thread that submits, when asked for"},
    {AURAIO_FEATURE_SUBMIT_ALL, "5.18", "a bad submission does not hold up the rest"},
    {AURAIO_FEATURE_EXT_ARG, "5.11", "a wait with a timeout is one system call"},
    {AURAIO_FEATURE_NODROP, "5.5", "no completion is lost"},
    {AURAIO_FEATURE_REGISTERED_RING, "5.18", "cheaper system calls"},
    {AURAIO_FEATURE_FIXED_BUFFERS, "5.1", "registered buffers"},
    {AURAIO_FEATURE_FIXED_FILES, "5.5", "registered files"},
    {OP(READ), "5.6", "reads"},
    {OP(WRITE), "5.6", "writes"},
    {OP(READV), "5.1", "vectored reads"},
    {OP(WRITEV), "5.1", "vectored writes"},
    {OP(FSYNC), "5.1", "fsync"},
    {OP(FDATASYNC), "5.1", "fdatasync"},
    {OP(OPENAT), "5.6", "openat"},
    {OP(CLOSE), "5.6", "close"},
    {OP(STATX), "5.6", "statx"},
    {OP(FALLOCATE), "5.6", "fallocate"},
    {OP(FTRUNCATE), "6.9", "ftruncate"},
    {OP(SYNC_FILE_RANGE), "5.2", "sync_file_range"},
    {OP(FADVISE), "5.6", "fadvise"},
    {OP(RENAMEAT), "5.11", "renameat"},
    {OP(UNLINKAT), "5.11", "unlinkat"},
    {OP(MKDIRAT), "5.15", "mkdirat"},
    {OP(NOP), "5.1", "nop"},
};

const int info_feature_count = sizeof info_features / sizeof *info_features;

bool info_has(const struct info *info, int bit)
{
    return info->features.available >> bit & 1;
}
