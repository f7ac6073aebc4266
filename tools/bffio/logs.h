/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by log.c and log_file.c: what a job's logs hold. */
#ifndef BFFIO_LOGS_H
#define BFFIO_LOGS_H

#include "log.h"
#include "stat.h"

enum log_kind { LOG_BW, LOG_SLAT, LOG_CLAT, LOG_LAT, LOG_IOPS, LOG_KINDS };
enum { LOG_BLOCK_SAMPLES = 16384 };
/* Columns of fio's histogram logs; its readers count them. What is longer goes into the last. */
enum { HIST_COLUMNS = 29 * PLAT_PER_GROUP };

struct log_sample {
    uint64_t ms, value, offset;
    uint32_t bs;
    uint8_t direction;
};

struct log_block {
    struct log_block *next;
    size_t n;
    struct log_sample samples[LOG_BLOCK_SAMPLES];
};

struct log_window {
    uint64_t sum, n, max;
    uint64_t begin_ms;
};

struct log {
    bool wanted;
    struct log_block *first, *last;
    struct log_window window[DIRECTIONS];
};

struct histogram_line {
    struct histogram_line *next;
    uint64_t ms;
    uint32_t bs;
    uint8_t direction;
    uint64_t counts[HIST_COLUMNS];
};

struct histogram_log {
    struct histogram_line *first, **next;
    uint64_t counts[DIRECTIONS][HIST_COLUMNS];
    uint64_t samples[DIRECTIONS], begin_ms[DIRECTIONS];
    uint32_t bs[DIRECTIONS];
};

struct logs {
    const struct job *job;
    struct log log[LOG_KINDS];
    struct histogram_log *hist; /* or NULL */
    uint64_t last_ms;           /* of any sample */
    uint64_t epoch_ms;          /* Unix time of the job's beginning */
    bool failed;                /* samples are missing: no memory */
};

/* Makes a line of what a window or a histogram holds so far. */
void log_flush_window(struct logs *logs, struct log *log, int dir, uint64_t now_ms);
void log_flush_histogram(struct logs *logs, int dir, uint64_t now_ms);

#endif
