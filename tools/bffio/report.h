/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the forms of the report; nobody else includes it. */
#ifndef BFFIO_REPORT_H
#define BFFIO_REPORT_H

#include "json.h"
#include "output.h"
#include "textbuf.h"

/* What a run status group did, from its rows. */
struct group_sums {
    bool any;
    uint64_t min_run_ms[DIRECTIONS], max_run_ms[DIRECTIONS];
    uint64_t min_bw[DIRECTIONS], max_bw[DIRECTIONS], bytes[DIRECTIONS];
    uint64_t all_bw[DIRECTIONS]; /* bytes/s of all together */
};

/* A result made ready: directions folded where they are reported as one. */
struct row {
    const struct result *result;
    const struct job *job;
    const struct job_stat *stat;
    const struct group_sums *sums;
    const struct group_sums *mixed_sums; /* of the rows' mixed, for unified_rw_reporting=both */
    struct job_stat *folded;             /* owned; `stat` with unified_rw_reporting=mixed */
    bool mixed, both;
};

/* Shares in percent, never shown as none where there was one. */
void shares(double *percent, const uint64_t *counts, size_t n, uint64_t total, double least);
uint64_t total_ios(const struct job_stat *stat);
double cpu_percent(const struct job_stat *stat, uint64_t us);
uint64_t rate_of(uint64_t amount, uint64_t runtime_ms); /* per second */
/* A job's bandwidth as a part of its group's, in percent. */
double share_of_group(double mean_kib, uint64_t group_bytes_s);
/* P99 of a whole row in ns: what the engine measured, else from the histograms. */
uint64_t row_p99_ns(const struct row *row);
/* The version that stands in every report. */
extern const char fio_version[];

void text_job(struct textbuf *out, const struct row *row);
void text_direction(struct textbuf *out, const struct row *row, const char *name,
                    const struct direction_stat *dir, uint64_t group_bytes_s);
void text_latency(struct textbuf *out, const char *name, const struct spread *lat);
void text_percentiles(struct textbuf *out, const struct job *job, const char *name,
                      const uint64_t *hist, uint64_t n);
void text_group(struct textbuf *out, const struct job *job, unsigned group,
                const struct group_sums *sums, const struct group_sums *mixed);
void text_disks(struct textbuf *out, const struct disk_stat *disks, size_t n);
void terse_job(struct textbuf *out, const struct report *report, const struct row *row);
void json_report(struct textbuf *out, const struct report *report, const struct row *rows);
void json_job(struct json *json, const struct row *row, bool bins);
/* A repeated option counts where it is given last, and stands once. */
void json_options(struct json *json, const char *key, const struct given_option *given, size_t n);
void json_direction(struct json *json, const struct row *row, const char *key,
                    const struct direction_stat *dir, uint64_t group_bytes_s, bool bins);
void json_latency(struct json *json, const char *key, const struct job *job,
                  const struct spread *lat, const uint64_t *hist, bool bins);

/* Where reports go: stdout, or the file of --output from the first call on. `last` closes it. 0 or
 * a negative errno after a message. */
int sink_open(const struct settings *settings);
int sink_write(const struct settings *settings, const struct textbuf *out, bool last);
/* One line on stderr, for a negative errno. */
void output_complain(const char *file, int err);

#endif
