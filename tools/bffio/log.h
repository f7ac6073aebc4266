/* SPDX-License-Identifier: Apache-2.0 */
/* The log files of write_bw_log, write_lat_log, write_iops_log and write_hist_log: samples are
 * gathered in memory by the job's own thread and written when it ends. fio's names
 * (PREFIX_bw.JOB.log, PREFIX_clat.JOB.log ...) and columns. */
#ifndef BFFIO_LOG_H
#define BFFIO_LOG_H

#include "job.h"

struct logs; /* one job's; NULL where none is asked for, and all calls take NULL */

struct logs *logs_new(const struct job *job); /* NULL also without memory: *error is -ENOMEM */
/* One operation; now_ms counts from the job's start. */
void logs_operation(struct logs *logs, enum direction dir, uint64_t now_ms, uint64_t bytes,
                    uint64_t offset, uint64_t slat_ns, uint64_t clat_ns);
/* One sample of bandwidth (KiB/s) or operations per second. With log_avg_msec they are due every
 * bw_avg_ms (iops_avg_ms) or every log_avg_msec, whichever is shorter; without it each operation
 * makes its own line in logs_operation and these do nothing. */
void logs_bandwidth(struct logs *logs, enum direction dir, uint64_t now_ms, uint64_t kib_s,
                    uint32_t bs);
void logs_iops(struct logs *logs, enum direction dir, uint64_t now_ms, uint64_t iops, uint32_t bs);
/* Writes the files; 0 or a negative errno, after a message. Frees. */
int logs_write(struct logs *logs);

/* --bandwidth-log: the bandwidth of all jobs together, PREFIX-read_bw.log, -write_bw.log and
 * -trim_bw.log. The runner adds a sample each half second and writes at the end. NULL is taken by
 * all calls; _new gives NULL for a NULL prefix, or without memory. */
struct bandwidth_log;
struct bandwidth_log *bandwidth_log_new(const char *prefix);
void bandwidth_log_add(struct bandwidth_log *log, uint64_t now_ms,
                       const uint64_t bytes_per_s[DIRECTIONS]);
int bandwidth_log_write(struct bandwidth_log *log); /* as logs_write */

#endif
