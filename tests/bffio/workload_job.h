/* SPDX-License-Identifier: Apache-2.0 */
/* A job with the parser's defaults, in a directory of its own, for the tests of the workload. */
#ifndef WORKLOAD_JOB_H
#define WORKLOAD_JOB_H

#include "../tap.h"

#include "workload.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char job_directory[64] = "/tmp/bffio-workload-XXXXXX";
static char job_name[] = "a", job_rw[] = "randread";

/* The files are named from here, as the draws of zipf depend on the name. */
static inline void enter_directory(void)
{
    if (!mkdtemp(job_directory) || chdir(job_directory) < 0)
        bail("no directory to work in");
}

static inline void leave_directory(void)
{
    if (chdir("/") < 0 || rmdir(job_directory) < 0)
        note("%s is left behind", job_directory);
}

static inline struct job default_job(unsigned kind, uint64_t size)
{
    struct job job = {.name = job_name,
                      .section = job_name,
                      .source = "test",
                      .numjobs = 1,
                      .kind = kind,
                      .kind_name = job_rw,
                      .read_percent = 50,
                      .size = size,
                      .loops = 1,
                      .randrepeat = true,
                      .iodepth = 1,
                      .nrfiles = 1,
                      .file_service_ops = 1,
                      .fallocate = FALLOC_NATIVE,
                      .invalidate = true,
                      .allow_file_create = true,
                      .create_fsync = true,
                      .unlink = true,
                      .do_verify = true,
                      .verify_write_sequence = true,
                      .scramble_buffers = true};

    for (unsigned dir = 0; dir < DIRECTIONS; dir++) {
        job.bs_min[dir] = job.bs_max[dir] = job.bs_align[dir] = 4096;
        job.percentage_random[dir] = 100;
        job.dist_center[dir] = -1;
    }
    return job;
}

/* Ready to hand out operations; the unit has its buffer. */
static inline struct workload *begin_job(const struct job *job, struct io_unit *unit)
{
    struct workload *work = workload_new(job);

    if (!work || workload_prepare(work) < 0 || workload_open(work) < 0)
        bail("the workload cannot begin");
    memset(unit, 0, sizeof(*unit));
    unit->buf = calloc(1, workload_max_bs(work));
    if (!unit->buf)
        bail("no memory");
    workload_fill_buffer(work, unit->buf, workload_max_bs(work));
    return work;
}

static inline void end_job(struct workload *work, struct io_unit *unit)
{
    if (workload_close(work) < 0)
        bail("the workload cannot end");
    workload_free(work);
    free(unit->buf);
}

#endif
