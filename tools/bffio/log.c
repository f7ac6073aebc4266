/* SPDX-License-Identifier: Apache-2.0 */
/* What goes into logs while a job runs: samples in memory, in blocks that are never moved. Only the
 * job's own thread comes here. log_file.c writes them. */
#include "logs.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool log_wanted(const struct job *job, enum log_kind kind)
{
    switch (kind) {
    case LOG_BW:
        return job->log_prefix_bw && !job->disable_bw;
    case LOG_SLAT:
        return job->log_prefix_lat && !job->disable_slat && !job->gtod_reduce;
    case LOG_CLAT:
        return job->log_prefix_lat && !job->disable_clat && !job->gtod_reduce;
    case LOG_LAT:
        return job->log_prefix_lat && !job->disable_lat && !job->gtod_reduce;
    case LOG_IOPS:
        return job->log_prefix_iops;
    default:
        return false;
    }
}

struct logs *logs_new(const struct job *job)
{
    const bool hist = job->log_prefix_hist && job->log_hist_ms && !job->disable_clat;
    struct logs *logs;
    bool any = hist;

    for (int kind = 0; kind < LOG_KINDS; kind++)
        any = any || log_wanted(job, (enum log_kind)kind);
    if (!any)
        return NULL;
    logs = calloc(1, sizeof(*logs));
    if (!logs)
        return NULL;
    logs->job = job;
    for (int kind = 0; kind < LOG_KINDS; kind++)
        logs->log[kind].wanted = log_wanted(job, (enum log_kind)kind);
    if (hist) {
        logs->hist = calloc(1, sizeof(*logs->hist));
        if (!logs->hist) {
            free(logs);
            return NULL;
        }
        logs->hist->next = &logs->hist->first;
    }
    return logs;
}

/* Unix time of the job's beginning, for log_unix_epoch. */
static void note_epoch(struct logs *logs, uint64_t now_ms)
{
    struct timespec now;

    if (logs->epoch_ms)
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    logs->epoch_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 - now_ms;
}

static void append(struct logs *logs, struct log *log, const struct log_sample *sample)
{
    if (!log->last || log->last->n == LOG_BLOCK_SAMPLES) {
        struct log_block *block = malloc(sizeof(*block));

        if (!block) {
            logs->failed = true;
            return;
        }
        block->n = 0;
        block->next = NULL;
        if (log->last)
            log->last->next = block;
        else
            log->first = block;
        log->last = block;
    }
    log->last->samples[log->last->n++] = *sample;
}

void log_flush_window(struct logs *logs, struct log *log, int dir, uint64_t now_ms)
{
    struct log_window *window = &log->window[dir];
    struct log_sample sample = {.ms = now_ms, .direction = (uint8_t)dir};

    if (window->n) {
        sample.value = logs->job->log_max_value
                           ? window->max
                           : (uint64_t)((double)window->sum / (double)window->n + 0.5);
        append(logs, log, &sample);
    }
    window->sum = window->n = window->max = 0;
}

/* Without log_avg_msec each value is a line; with it the mean of a window is. Samples that come by
 * the clock may be a millisecond early. */
static void add(struct logs *logs, enum log_kind kind, const struct log_sample *sample)
{
    const uint64_t span_ms = logs->job->log_avg_ms, slack_ms = kind == LOG_BW || kind == LOG_IOPS;
    struct log *log = &logs->log[kind];
    struct log_window *window = &log->window[sample->direction];

    if (!log->wanted)
        return;
    note_epoch(logs, sample->ms);
    logs->last_ms = sample->ms > logs->last_ms ? sample->ms : logs->last_ms;
    if (!span_ms) {
        append(logs, log, sample);
        return;
    }
    window->sum += sample->value;
    window->n++;
    window->max = sample->value > window->max ? sample->value : window->max;
    if (sample->ms + slack_ms < window->begin_ms + span_ms)
        return;
    log_flush_window(logs, log, sample->direction, sample->ms);
    window->begin_ms = (sample->ms + slack_ms) / span_ms * span_ms;
}

/* The counts since the last line, coarsened, become a line. */
void log_flush_histogram(struct logs *logs, int dir, uint64_t now_ms)
{
    struct histogram_log *hist = logs->hist;
    struct histogram_line *line = calloc(1, sizeof(*line));
    const unsigned coarse = logs->job->log_hist_coarseness;

    if (!line) {
        logs->failed = true;
        return;
    }
    for (unsigned i = 0; i < HIST_COLUMNS; i++)
        line->counts[i >> coarse] += hist->counts[dir][i];
    line->ms = now_ms;
    line->bs = hist->bs[dir];
    line->direction = (uint8_t)dir;
    *hist->next = line;
    hist->next = &line->next;
    memset(hist->counts[dir], 0, sizeof(hist->counts[dir]));
    hist->samples[dir] = 0;
}

static void histogram(struct logs *logs, int dir, uint64_t now_ms, uint32_t bs, uint64_t clat_ns)
{
    struct histogram_log *hist = logs->hist;
    const unsigned bucket = plat_bucket(clat_ns);
    uint64_t span_ms;

    note_epoch(logs, now_ms);
    logs->last_ms = now_ms > logs->last_ms ? now_ms : logs->last_ms;
    hist->counts[dir][bucket < HIST_COLUMNS ? bucket : HIST_COLUMNS - 1]++;
    hist->samples[dir]++;
    hist->bs[dir] = bs;
    if (!hist->begin_ms[dir])
        hist->begin_ms[dir] = now_ms;
    span_ms = now_ms - hist->begin_ms[dir];
    if (span_ms < logs->job->log_hist_ms)
        return;
    log_flush_histogram(logs, dir, now_ms);
    hist->begin_ms[dir] = now_ms - (span_ms - logs->job->log_hist_ms);
}

void logs_operation(struct logs *logs, enum direction dir, uint64_t now_ms, uint64_t bytes,
                    uint64_t offset, uint64_t slat_ns, uint64_t clat_ns)
{
    struct log_sample sample = {
        .ms = now_ms, .offset = offset, .bs = (uint32_t)bytes, .direction = (uint8_t)dir};

    if (!logs)
        return;
    if (logs->job->engine != ENGINE_SYNC) {
        sample.value = slat_ns;
        add(logs, LOG_SLAT, &sample);
    }
    sample.value = clat_ns;
    add(logs, LOG_CLAT, &sample);
    sample.value = slat_ns + clat_ns;
    add(logs, LOG_LAT, &sample);
    if (!logs->job->log_avg_ms) {
        sample.value = clat_ns ? bytes * 1000000 / clat_ns : 0; /* thousands of bytes, as in fio */
        add(logs, LOG_BW, &sample);
        sample.value = 1;
        add(logs, LOG_IOPS, &sample);
    }
    if (logs->hist)
        histogram(logs, (int)dir, now_ms, (uint32_t)bytes, clat_ns);
}

static void timed(struct logs *logs, enum log_kind kind, const struct log_sample *sample)
{
    if (logs && logs->job->log_avg_ms)
        add(logs, kind, sample);
}

void logs_bandwidth(struct logs *logs, enum direction dir, uint64_t now_ms, uint64_t kib_s,
                    uint32_t bs)
{
    const struct log_sample sample = {
        .ms = now_ms, .value = kib_s, .bs = bs, .direction = (uint8_t)dir};

    timed(logs, LOG_BW, &sample);
}

void logs_iops(struct logs *logs, enum direction dir, uint64_t now_ms, uint64_t iops, uint32_t bs)
{
    const struct log_sample sample = {
        .ms = now_ms, .value = iops, .bs = bs, .direction = (uint8_t)dir};

    timed(logs, LOG_IOPS, &sample);
}
