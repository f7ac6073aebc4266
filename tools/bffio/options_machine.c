/* SPDX-License-Identifier: Apache-2.0 */
/* Options of CPUs, memory, buffers and the kernel's interface. */
#include "options.h"

#define AT(field) .offset = offsetof(struct job, field)
#define MACHINE .category = CATEGORY_MACHINE

static const struct option_value policy_values[] = {{"shared", 0}, {"split", 1}, {NULL, 0}};
static const struct option_value memory_values[] = {
    {"malloc", 0},
    {"shm", VALUE_REFUSED},
    {"shmhuge", VALUE_REFUSED},
    {"mmap", VALUE_REFUSED},
    {"mmapshared", VALUE_REFUSED},
    {"mmaphuge", VALUE_REFUSED},
    {"cudamalloc", VALUE_REFUSED},
    {NULL, 0},
};
static const struct option_value dedupe_values[] = {
    {"repeat", 0}, {"working_set", VALUE_REFUSED}, {NULL, 0}};

const struct option_def machine_options[] = {
    {"cpus_allowed", NULL, OPT_CUSTOM, MACHINE, .set = set_cpus_allowed, .form = "a list as 0-3,5",
     .help = "CPUs the job may run on"},
    {"cpumask", NULL, OPT_CUSTOM, MACHINE, .set = set_cpumask, .form = "a mask as 0x3",
     .help = "The same as a mask"},
    {"cpus_allowed_policy", NULL, OPT_ENUM_BOOL, MACHINE, AT(cpus_split), .values = policy_values,
     .preset = "shared", .help = "Whether copies of a job share these CPUs"},
    {"nice", NULL, OPT_INT, MACHINE, AT(nice), .min = -20, .max = 19, .preset = "0",
     .help = "Priority for the CPU"},
    {"prio", NULL, OPT_INT, MACHINE, AT(prio), .max = 7, .help = "Priority of the I/O"},
    {"prioclass", NULL, OPT_INT, MACHINE, AT(prioclass), .max = 3, .help = "Class of the priority"},
    {"hipri", NULL, OPT_BARE, MACHINE, AT(hipri), .help = "Completions are polled for"},
    {"fixedbufs", NULL, OPT_BARE, MACHINE, AT(fixedbufs), .help = "Buffers are registered"},
    {"registerfiles", NULL, OPT_BARE, MACHINE, AT(registerfiles), .help = "Files are registered"},
    {"sqthread_poll", NULL, OPT_BARE, MACHINE, AT(sqthread_poll),
     .help = "A thread of the kernel submits"},
    {"nowait", NULL, OPT_BOOL, MACHINE, AT(nowait), .preset = "0", .help = "RWF_NOWAIT"},
    {"mem", "iomem", OPT_CUSTOM, MACHINE, .set = set_mem, .values = memory_values,
     .preset = "malloc", .help = "Where buffers come from"},
    {"mem_align", "iomem_align", OPT_U64, MACHINE, AT(mem_align),
     .help = "What the address of a buffer is a multiple of"},
    {"zero_buffers", NULL, OPT_BARE, MACHINE, AT(zero_buffers), .help = "Buffers hold zeroes"},
    {"refill_buffers", NULL, OPT_BARE, MACHINE, AT(refill_buffers),
     .help = "Fresh random data for each write"},
    {"scramble_buffers", NULL, OPT_BOOL, MACHINE, AT(scramble_buffers), .preset = "1",
     .help = "Changes a little of the data for each write"},
    {"buffer_pattern", NULL, OPT_CUSTOM, MACHINE, .set = set_buffer_pattern,
     .form = "0xHEX, NUMBER, \"TEXT\" and concatenations", .help = "What buffers hold"},
    {"buffer_compress_percentage", NULL, OPT_CUSTOM, MACHINE, .set = set_data_percentage,
     .form = "0 .. 100", .help = "How much of the data compresses away"},
    {"buffer_compress_chunk", NULL, OPT_UNSIGNED, MACHINE, AT(compress_chunk), .preset = "512",
     .help = "Bytes within which it does"},
    {"dedupe_percentage", NULL, OPT_CUSTOM, MACHINE, .set = set_data_percentage, .form = "0 .. 100",
     .help = "How many blocks are copies of others"},
    {"dedupe_mode", NULL, OPT_ENUM, MACHINE, .offset = NOWHERE, .values = dedupe_values,
     .help = "Which blocks those are"},
    {"clocksource", NULL, OPT_STRING, MACHINE, TIER_IGNORED, NOWHERE,
     .help = "Which clock; always CLOCK_MONOTONIC"},
    {"userspace_reap", NULL, OPT_BARE, MACHINE, TIER_IGNORED, NOWHERE,
     .help = "How libaio takes completions; without effect"},
    {NULL, .help = NULL},
};
