/* SPDX-License-Identifier: Apache-2.0 */
/* Options of measuring, logs and the report. */
#include "options.h"

#define AT(field) .offset = offsetof(struct job, field)
#define REPORT .category = CATEGORY_REPORT
#define LOG(field)                                                                                 \
    OPT_CUSTOM, REPORT, AT(field), .set = set_log, .value_optional = true,                         \
                                   .form = "the beginning of the file's name"

static const struct option_value unified_values[] = {{"none", 0}, {"0", 0}, {"mixed", 1}, {"1", 1},
                                                     {"both", 2}, {"2", 2}, {NULL, 0}};
static const struct option_value kb_values[] = {{"1024", 1024}, {"1000", 1000}, {NULL, 0}};
static const struct option_value unit_values[] = {{"0", 0}, {"8", 8}, {"1", 1}, {NULL, 0}};
static const struct option_value figures_values[] = {{"4", 0}, {NULL, 0}};

const struct option_def report_options[] = {
    {"clat_percentiles", NULL, OPT_BOOL, REPORT, AT(clat_percentiles), .preset = "1",
     .help = "Percentiles from submission to completion"},
    {"lat_percentiles", NULL, OPT_BOOL, REPORT, AT(lat_percentiles), .preset = "0",
     .help = "Percentiles of the whole latency"},
    {"slat_percentiles", NULL, OPT_BOOL, REPORT, AT(slat_percentiles), .preset = "0",
     .help = "Percentiles of submission"},
    {"percentile_list", NULL, OPT_CUSTOM, REPORT, .set = set_percentile_list,
     .form = "up to 20 numbers from 0 to 100, by colons",
     .preset = "1:5:10:20:30:40:50:60:70:80:90:95:99:99.5:99.9:99.95:99.99",
     .help = "Which percentiles"},
    {"gtod_reduce", NULL, OPT_CUSTOM, REPORT, .set = set_gtod_reduce, .form = "0, 1",
     .help = "Reads the clock less often: no latencies, no bandwidth samples"},
    {"disable_lat", NULL, OPT_BOOL, REPORT, AT(disable_lat), .preset = "0",
     .help = "Without the whole latency"},
    {"disable_clat", NULL, OPT_BOOL, REPORT, AT(disable_clat), .preset = "0",
     .help = "Without completion latency"},
    {"disable_slat", NULL, OPT_BOOL, REPORT, AT(disable_slat), .preset = "0",
     .help = "Without submission latency"},
    {"disable_bw_measurement", "disable_bw", OPT_BOOL, REPORT, AT(disable_bw), .preset = "0",
     .help = "Without bandwidth samples"},
    {"unified_rw_reporting", NULL, OPT_CUSTOM, REPORT, .set = set_unified_reporting,
     .values = unified_values, .preset = "none", .help = "All directions in one"},
    {"kb_base", NULL, OPT_ENUM, REPORT, AT(kb_base), .values = kb_values, .preset = "1024",
     .help = "How many bytes k stands for"},
    {"unit_base", NULL, OPT_ENUM, REPORT, AT(unit_base), .values = unit_values, .preset = "0",
     .help = "Bandwidth in bytes (8) or bits (1)"},
    {"significant_figures", NULL, OPT_ENUM, REPORT, .offset = NOWHERE, .values = figures_values,
     .help = "Digits of the text report"},
    {"write_bw_log", NULL, LOG(log_prefix_bw), .help = "Logs bandwidth"},
    {"write_lat_log", NULL, LOG(log_prefix_lat), .help = "Logs latencies"},
    {"write_iops_log", NULL, LOG(log_prefix_iops), .help = "Logs operations per second"},
    {"write_hist_log", NULL, LOG(log_prefix_hist), .help = "Logs histograms of latency"},
    {"log_avg_msec", NULL, OPT_UNSIGNED, REPORT, AT(log_avg_ms), .preset = "0",
     .help = "Milliseconds each line of a log is the mean of"},
    {"log_hist_msec", NULL, OPT_UNSIGNED, REPORT, AT(log_hist_ms), .preset = "0",
     .help = "Milliseconds from one histogram to the next"},
    {"log_hist_coarseness", NULL, OPT_UNSIGNED, REPORT, AT(log_hist_coarseness), .max = 6,
     .preset = "0", .help = "Each step halves the columns"},
    {"log_max_value", "log_window_value", OPT_BOOL, REPORT, AT(log_max_value), .preset = "0",
     .help = "Largest values in place of means"},
    {"log_offset", NULL, OPT_BOOL, REPORT, AT(log_offset), .preset = "0",
     .help = "Offsets in the logs"},
    {"log_prio", NULL, OPT_BOOL, REPORT, AT(log_prio), .preset = "0",
     .help = "Priorities in the logs"},
    {"log_unix_epoch", NULL, OPT_BOOL, REPORT, AT(log_unix_epoch), .preset = "0",
     .help = "Unix time in the logs"},
    {"log_entries", NULL, OPT_U64, REPORT, TIER_IGNORED, NOWHERE,
     .help = "First size of a log in memory; without effect"},
    {"per_job_logs", NULL, OPT_BOOL, REPORT, AT(per_job_logs), .preset = "1",
     .help = "The number of the job in the names of logs"},
    {"bwavgtime", NULL, OPT_UNSIGNED, REPORT, AT(bw_avg_ms), .preset = "500",
     .help = "Milliseconds of a bandwidth sample"},
    {"iopsavgtime", NULL, OPT_UNSIGNED, REPORT, AT(iops_avg_ms), .preset = "500",
     .help = "Milliseconds of a sample of operations"},
    {"disk_util", NULL, OPT_BOOL, REPORT, TIER_IGNORED, NOWHERE,
     .help = "Figures of disks; they are always there"},
    {"verify_state_save", NULL, OPT_BOOL, CATEGORY_VERIFY, TIER_IGNORED, NOWHERE,
     .help = "Keeps what was written for a later check; without effect"},
    {NULL, .help = NULL},
};
