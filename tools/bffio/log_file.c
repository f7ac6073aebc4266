/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a job's logs when it has ended. With per_job_logs=0 all jobs append to the same files, one
 * after the other. */
#include "logs.h"
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static const char *prefix_of(const struct job *job, enum log_kind kind)
{
    const char *prefix = job->log_prefix_lat;

    if (kind == LOG_BW)
        prefix = job->log_prefix_bw;
    else if (kind == LOG_IOPS)
        prefix = job->log_prefix_iops;
    return prefix && prefix[0] ? prefix : job->name;
}

/* The command priority column: the whole of it with log_prio, else whether it is high. */
static unsigned priority(const struct job *job)
{
    const int best_effort = 2;
    int level = job->prioclass;

    if (!job->log_prio)
        return level == 1;
    if (!level && job->prio)
        level = best_effort;
    return (unsigned)(level << 13 | job->prio);
}

static void write_samples(FILE *file, const struct logs *logs, const struct log *log)
{
    const struct job *job = logs->job;
    const uint64_t epoch_ms = job->log_unix_epoch ? logs->epoch_ms : 0;
    const unsigned prio = job->log_avg_ms ? 0 : priority(job);

    for (const struct log_block *block = log->first; block; block = block->next) {
        for (size_t i = 0; i < block->n; i++) {
            const struct log_sample *sample = &block->samples[i];

            fprintf(file, "%" PRIu64 ", %" PRIu64 ", %u, %u, ", sample->ms + epoch_ms,
                    sample->value, sample->direction, sample->bs);
            if (job->log_offset)
                fprintf(file, "%" PRIu64 ", ", sample->offset);
            fprintf(file, job->log_prio ? "0x%04x\n" : "%u\n", prio);
        }
    }
}

static void write_histograms(FILE *file, const struct logs *logs)
{
    const unsigned coarse = logs->job->log_hist_coarseness;
    const unsigned columns = HIST_COLUMNS >> coarse;
    const uint64_t epoch_ms = logs->job->log_unix_epoch ? logs->epoch_ms : 0;

    for (const struct histogram_line *line = logs->hist->first; line; line = line->next) {
        fprintf(file, "%" PRIu64 ", %u, %u, ", line->ms + epoch_ms, line->direction, line->bs);
        for (unsigned i = 0; i < columns; i++)
            fprintf(file, "%" PRIu64 "%s", line->counts[i], i + 1 < columns ? ", " : "\n");
    }
}

/* One file; log is NULL for the histograms. */
static int write_file(const struct logs *logs, const char *prefix, const char *kind,
                      const struct log *log)
{
    const struct job *job = logs->job;
    char path[4096];
    FILE *file;
    int len, err = 0;

    if (job->per_job_logs)
        len = snprintf(path, sizeof(path), "%s_%s.%u.log", prefix, kind, job->index + 1);
    else
        len = snprintf(path, sizeof(path), "%s_%s.log", prefix, kind);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        output_complain(prefix, -ENAMETOOLONG);
        return -ENAMETOOLONG;
    }
    file = fopen(path, job->per_job_logs ? "we" : "ae");
    if (!file) {
        err = -errno;
        output_complain(path, err);
        return err;
    }
    errno = 0;
    if (log)
        write_samples(file, logs, log);
    else
        write_histograms(file, logs);
    if (ferror(file))
        err = errno ? -errno : -EIO;
    if (fclose(file) && !err)
        err = errno ? -errno : -EIO;
    if (err)
        output_complain(path, err);
    return err;
}

static void free_samples(struct log *log)
{
    while (log->first) {
        struct log_block *block = log->first;

        log->first = block->next;
        free(block);
    }
}

static void free_histograms(struct histogram_log *hist)
{
    while (hist && hist->first) {
        struct histogram_line *line = hist->first;

        hist->first = line->next;
        free(line);
    }
    free(hist);
}

/* What is still gathering when the job ends. */
static void flush_all(struct logs *logs)
{
    for (int dir = 0; dir < DIRECTIONS; dir++) {
        for (int kind = 0; kind < LOG_KINDS; kind++)
            log_flush_window(logs, &logs->log[kind], dir, logs->last_ms);
        if (logs->hist && logs->hist->samples[dir])
            log_flush_histogram(logs, dir, logs->last_ms);
    }
}

int logs_write(struct logs *logs)
{
    static const char *const names[LOG_KINDS] = {"bw", "slat", "clat", "lat", "iops"};
    const struct job *job;
    int err = 0;

    if (!logs)
        return 0;
    job = logs->job;
    flush_all(logs);
    if (logs->failed) {
        err = -ENOMEM;
        output_complain("log", err);
    }
    pthread_mutex_lock(&one_at_a_time);
    for (int kind = 0; kind < LOG_KINDS; kind++) {
        struct log *log = &logs->log[kind];

        if (log->wanted && !err)
            err = write_file(logs, prefix_of(job, (enum log_kind)kind), names[kind], log);
        free_samples(log);
    }
    if (logs->hist && !err)
        err = write_file(logs, job->log_prefix_hist[0] ? job->log_prefix_hist : job->name,
                         "clat_hist", NULL);
    pthread_mutex_unlock(&one_at_a_time);
    free_histograms(logs->hist);
    free(logs);
    return err;
}
