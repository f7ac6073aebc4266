/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a report in memory, in every form asked for, and writes it in one go: first terse, then
 * JSON, then the text, the order fio has. */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char fio_version[] = "fio-3.42";

uint64_t rate_of(uint64_t amount, uint64_t runtime_ms)
{
    if (!runtime_ms)
        return 0;
    /* in two parts, which do not overflow */
    return amount / runtime_ms * 1000 + amount % runtime_ms * 1000 / runtime_ms;
}

uint64_t total_ios(const struct job_stat *stat)
{
    return stat->dir[READS].ios + stat->dir[WRITES].ios + stat->dir[TRIMS].ios;
}

void shares(double *percent, const uint64_t *counts, size_t n, uint64_t total, double least)
{
    for (size_t i = 0; i < n; i++) {
        percent[i] = total ? 100.0 * ((double)counts[i] / (double)total) : 0.0;
        if (counts[i] && total && percent[i] < least)
            percent[i] = least;
    }
}

double cpu_percent(const struct job_stat *stat, uint64_t us)
{
    return stat->job_runtime_ms ? (double)us / 10.0 / (double)stat->job_runtime_ms : 0.0;
}

double share_of_group(double mean_kib, uint64_t group_bytes_s)
{
    double percent;

    if (!group_bytes_s)
        return 100.0;
    percent = mean_kib * 100.0 / ((double)group_bytes_s / 1024.0);
    return percent > 100.0 ? 100.0 : percent;
}

uint64_t row_p99_ns(const struct row *row)
{
    uint64_t *all, n = 0, p99;

    if (row->stat->found.p99_ns)
        return row->stat->found.p99_ns;
    all = calloc(PLAT_BUCKETS, sizeof(*all));
    if (!all)
        return 0;
    for (int dir = 0; dir < DIRECTIONS; dir++) {
        const uint64_t *hist = row->stat->dir[dir].hist[LAT_COMPLETE];

        for (unsigned i = 0; hist && i < PLAT_BUCKETS; i++) {
            all[i] += hist[i];
            n += hist[i];
        }
    }
    p99 = plat_percentile(all, n, 99.0);
    free(all);
    return p99;
}

static void sums_add(struct group_sums *sums, const struct job_stat *stat)
{
    sums->any = true;
    for (int d = 0; d < DIRECTIONS; d++) {
        const struct direction_stat *dir = &stat->dir[d];
        uint64_t bw = rate_of(dir->bytes, dir->runtime_ms);

        if (!dir->runtime_ms)
            continue;
        if (!sums->max_run_ms[d] || dir->runtime_ms < sums->min_run_ms[d])
            sums->min_run_ms[d] = dir->runtime_ms;
        if (!sums->max_run_ms[d] || bw < sums->min_bw[d])
            sums->min_bw[d] = bw;
        if (dir->runtime_ms > sums->max_run_ms[d])
            sums->max_run_ms[d] = dir->runtime_ms;
        if (bw > sums->max_bw[d])
            sums->max_bw[d] = bw;
        sums->bytes[d] += dir->bytes;
        sums->all_bw[d] = rate_of(sums->bytes[d], sums->max_run_ms[d]);
    }
}

/* All directions of a group as one: the bounds are those of the directions. */
static void sums_mix(struct group_sums *mixed, const struct group_sums *sums)
{
    memset(mixed, 0, sizeof(*mixed));
    mixed->any = sums->any;
    for (int d = 0; d < DIRECTIONS; d++) {
        if (!sums->max_run_ms[d])
            continue;
        if (!mixed->max_run_ms[0] || sums->min_run_ms[d] < mixed->min_run_ms[0])
            mixed->min_run_ms[0] = sums->min_run_ms[d];
        if (!mixed->max_run_ms[0] || sums->min_bw[d] < mixed->min_bw[0])
            mixed->min_bw[0] = sums->min_bw[d];
        if (sums->max_run_ms[d] > mixed->max_run_ms[0])
            mixed->max_run_ms[0] = sums->max_run_ms[d];
        if (sums->max_bw[d] > mixed->max_bw[0])
            mixed->max_bw[0] = sums->max_bw[d];
        mixed->bytes[0] += sums->bytes[d];
    }
    mixed->all_bw[0] = rate_of(mixed->bytes[0], mixed->max_run_ms[0]);
}

struct draft { /* a report being made */
    const struct report *report;
    struct row *rows;
    struct group_sums *sums, *mixed;
    size_t n_groups;
};

static void draft_free(struct draft *draft)
{
    for (size_t i = 0; draft->rows && i < draft->report->n_results; i++) {
        if (draft->rows[i].folded)
            stat_free(draft->rows[i].folded);
        free(draft->rows[i].folded);
    }
    free(draft->rows);
    free(draft->sums);
    free(draft->mixed);
}

static int row_prepare(struct draft *draft, struct row *row, const struct result *result)
{
    row->result = result;
    row->job = result->job;
    row->stat = result->stat;
    row->both = row->job->unified_both;
    row->mixed = row->job->unified_rw_reporting && !row->both;
    row->sums = &draft->sums[result->group];
    row->mixed_sums = &draft->mixed[result->group];
    if (row->mixed || row->both) {
        row->folded = calloc(1, sizeof(*row->folded));
        if (!row->folded || stat_init(row->folded, row->job))
            return -ENOMEM;
        stat_unify(row->folded, row->stat);
    }
    if (row->mixed)
        row->stat = row->folded;
    sums_add(&draft->sums[result->group], row->stat);
    return 0;
}

static int draft_make(struct draft *draft)
{
    const struct report *report = draft->report;
    int err = 0;

    for (size_t i = 0; i < report->n_results; i++) {
        if (report->results[i].group >= draft->n_groups)
            draft->n_groups = report->results[i].group + 1;
    }
    draft->rows = calloc(report->n_results + 1, sizeof(*draft->rows));
    draft->sums = calloc(draft->n_groups + 1, sizeof(*draft->sums));
    draft->mixed = calloc(draft->n_groups + 1, sizeof(*draft->mixed));
    if (!draft->rows || !draft->sums || !draft->mixed)
        return -ENOMEM;
    for (size_t i = 0; i < report->n_results && !err; i++)
        err = row_prepare(draft, &draft->rows[i], &report->results[i]);
    for (size_t i = 0; i < draft->n_groups; i++)
        sums_mix(&draft->mixed[i], &draft->sums[i]);
    return err;
}

static void write_terse(struct textbuf *out, const struct draft *draft)
{
    for (size_t i = 0; i < draft->report->n_results; i++)
        terse_job(out, draft->report, &draft->rows[i]);
}

static void write_text(struct textbuf *out, const struct draft *draft)
{
    const struct report *report = draft->report;

    textbuf_puts(out, "\n");
    for (size_t i = 0; i < report->n_results; i++)
        text_job(out, &draft->rows[i]);
    for (unsigned group = 0; group < draft->n_groups; group++) {
        const struct row *row = draft->rows;

        if (!draft->sums[group].any)
            continue;
        while (row->result->group != group)
            row++;
        text_group(out, row->job, group, &draft->sums[group], &draft->mixed[group]);
    }
    text_disks(out, report->disks, report->n_disks);
}

int output_report(const struct report *report, bool final)
{
    const unsigned formats = report->settings->formats ? report->settings->formats : FORMAT_NORMAL;
    struct draft draft = {.report = report};
    struct textbuf out = {0};
    int err = draft_make(&draft);

    if (!err) {
        if (formats & FORMAT_TERSE || report->settings->append_terse)
            write_terse(&out, &draft);
        if (formats & (FORMAT_JSON | FORMAT_JSON_PLUS))
            json_report(&out, report, draft.rows);
        if (formats & FORMAT_NORMAL)
            write_text(&out, &draft);
        err = out.failed ? -ENOMEM : 0;
    }
    if (err)
        output_complain("report", err);
    else
        err = sink_write(report->settings, &out, final);
    draft_free(&draft);
    textbuf_free(&out);
    return err;
}
