/* SPDX-License-Identifier: Apache-2.0 */
/* A job: what a section of a job file, or the part of a command line up to the next --name,
 * asks for, with fio's defaults where it is silent. Written by the parser, which owns all
 * strings and arrays in it; everybody else only reads. Times are in the unit of their name,
 * sizes in bytes. */
#ifndef BFFIO_JOB_H
#define BFFIO_JOB_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum direction { READS = 0, WRITES = 1, TRIMS = 2, DIRECTIONS = 3 };

/* rw=. The bits say which directions; RANDOM says where. trimwrite trims a block, then writes it.
 */
enum workload_kind {
    KIND_READ = 1,
    KIND_WRITE = 2,
    KIND_TRIM = 4,
    KIND_RANDOM = 8,
    KIND_TRIM_WRITE = 16
};

/* ioengine=. SYNC ones keep depth 1 and the order of operations; the others differ in name only. */
enum engine_kind { ENGINE_AURAIO, ENGINE_ASYNC_NAME, ENGINE_SYNC, ENGINE_VSYNC };

enum verify_kind {
    VERIFY_NONE,
    VERIFY_META, /* the header alone */
    VERIFY_CRC32C,
    VERIFY_MD5,
    VERIFY_SHA1,
    VERIFY_SHA256,
    VERIFY_SHA512,
    VERIFY_XXHASH,
    VERIFY_PATTERN,          /* header and pattern */
    VERIFY_PATTERN_NO_HEADER /* fio's verify=pattern beside verify_pattern= */
};

enum file_service { SERVE_ROUNDROBIN, SERVE_SEQUENTIAL, SERVE_RANDOM };
enum distribution { DIST_RANDOM, DIST_ZIPF, DIST_PARETO, DIST_NORMAL, DIST_ZONED, DIST_ZONED_ABS };
enum fallocate_kind { FALLOC_NONE, FALLOC_NATIVE, FALLOC_POSIX, FALLOC_KEEP, FALLOC_TRUNCATE };
enum sequencer { SEQ_SEQUENTIAL, SEQ_IDENTICAL };                         /* rw_sequencer */
enum error_kind { ERRORS_READ = 1, ERRORS_WRITE = 2, ERRORS_VERIFY = 4 }; /* continue_on_error */
enum exit_what { EXIT_GROUP, EXIT_STONEWALL, EXIT_ALL };

struct bs_share { /* one part of bssplit= */
    uint32_t bytes;
    unsigned percent;
};

struct zone_share { /* one part of random_distribution=zoned: */
    double access_percent;
    double size_percent; /* zoned */
    uint64_t size_bytes; /* zoned_abs */
};

struct given_option { /* as the user wrote it, for "job options" and --showcmd */
    char *name;
    char *value; /* NULL: without a value */
};

struct job {
    /* identity and place */
    char *name;        /* what the report and the logs call it: name=, or the section */
    char *section;     /* names the files when filename= is silent */
    char *description; /* or NULL */
    struct given_option *given;
    size_t n_given;
    struct given_option *global; /* what [global] gave; JSON's "global options" */
    size_t n_global;
    const char *source; /* the job file, or "command line" */
    int line;           /* of its section there */
    unsigned numjobs;
    unsigned subjob; /* 0 .. numjobs - 1 of the same section: set by the runner */
    unsigned index;  /* among all jobs of the run: set by the runner */
    bool group_reporting, new_group, stonewall, exitall, exitall_on_error, thread;
    enum exit_what exit_what;
    char *wait_for; /* or NULL */
    bool stats;
    bool create_serialize;

    /* workload */
    unsigned kind;   /* enum workload_kind bits */
    char *kind_name; /* rw= as given, "read" by default */
    enum engine_kind engine;
    char *engine_name;
    uint64_t sequence_ops;       /* randrw:N; 0 = not given */
    int64_t sequence_step_bytes; /* read:OFFSET */
    enum sequencer sequencer;
    unsigned read_percent; /* rwmixread */
    uint32_t bs_min[DIRECTIONS], bs_max[DIRECTIONS], bs_align[DIRECTIONS];
    struct bs_share *bssplit[DIRECTIONS];
    size_t n_bssplit[DIRECTIONS];
    bool bs_unaligned;
    uint64_t size;         /* 0 = the file's own */
    unsigned size_percent; /* instead of size; 0 = not given */
    uint64_t io_size;
    unsigned io_size_percent;
    uint64_t number_ios;
    uint64_t offset;
    unsigned offset_percent;
    uint64_t offset_increment;
    unsigned offset_increment_percent;
    uint64_t offset_align;
    unsigned loops;
    bool norandommap, randrepeat, allrandrepeat;
    bool random64; /* random_generator=tausworthe64 */
    uint64_t randseed;
    bool randseed_given;
    enum distribution dist[DIRECTIONS];
    double dist_value[DIRECTIONS];  /* zipf theta, pareto h, normal deviation in percent */
    double dist_center[DIRECTIONS]; /* -1: not given */
    struct zone_share *zones[DIRECTIONS];
    size_t n_zones[DIRECTIONS];
    unsigned percentage_random[DIRECTIONS];

    /* files */
    char *filename;        /* a:b, or NULL */
    char *directory;       /* a:b, or NULL */
    char *filename_format; /* or NULL: fio's "$jobname.$jobnum.$filenum" */
    unsigned nrfiles, openfiles;
    uint64_t filesize_min, filesize_max; /* 0 = size / nrfiles */
    enum file_service file_service;
    unsigned file_service_ops; /* roundrobin:N */
    enum fallocate_kind fallocate;
    bool direct, atomic, sync, dsync, overwrite, unlink, invalidate;
    bool fill_device, unlink_each_loop;
    bool create_on_open, create_only, create_fsync, pre_read, file_append;
    bool allow_file_create, allow_mounted_write, fsync_on_close, end_fsync, read_only;
    unsigned fsync_every, fdatasync_every; /* writes; 0 = never */
    unsigned sync_range_every;             /* sync_file_range=FLAGS:N */
    unsigned sync_range_flags;

    /* pace and length */
    unsigned iodepth; /* 0 with iodepth_auto */
    bool iodepth_auto;
    unsigned iodepth_batch, iodepth_batch_complete_min;
    unsigned iodepth_batch_complete_max; /* 0: no bound */
    bool iodepth_batch_given;            /* 1 is also the default, which gathers as fits */
    bool polls_always; /* complete_min and max both 0: looks after each operation */
    unsigned iodepth_low;
    uint64_t runtime_us, ramp_us; /* 0 = not given */
    uint64_t startdelay_us, startdelay_max_us;
    bool time_based;
    uint64_t rate_bytes[DIRECTIONS], rate_min_bytes[DIRECTIONS]; /* per second */
    unsigned rate_iops[DIRECTIONS], rate_iops_min[DIRECTIONS];
    unsigned rate_cycle_ms;
    bool rate_process_poisson, rate_ignore_thinktime;
    uint64_t thinktime_us, thinktime_spin_us, thinktime_iotime_us;
    unsigned thinktime_blocks;
    bool thinktime_counts_issue;
    uint64_t max_latency_us[DIRECTIONS];
    bool serialize_overlap;

    /* verification and buffers */
    enum verify_kind verify;
    char *verify_name;
    bool do_verify, verify_fatal, verify_dump, verify_only, verify_write_sequence;
    uint64_t verify_backlog;
    unsigned verify_backlog_batch, verify_async;
    uint32_t verify_interval, verify_offset;
    unsigned char *verify_pattern; /* or NULL; eight bytes for each %o in it */
    size_t verify_pattern_len;
    size_t *verify_pattern_offsets; /* where in it the %o are, ascending */
    size_t n_verify_pattern_offsets;
    unsigned char *buffer_pattern;
    size_t buffer_pattern_len;
    bool zero_buffers, refill_buffers, scramble_buffers;
    unsigned compress_percent, dedupe_percent;
    uint32_t compress_chunk;
    uint64_t mem_align;

    /* the machine */
    bool cpus_given, cpus_split;
    cpu_set_t cpus;
    int nice, prio, prioclass; /* prioclass 0: not given */
    bool hipri, fixedbufs, registerfiles, sqthread_poll, nowait;

    /* target */
    uint64_t latency_target_ns, latency_window_us; /* 0 = none */
    double latency_percentile;
    bool latency_run;
    uint64_t target_p99_ns; /* --target-p99, or latency_target mapped onto it; 0 = none */

    /* errors */
    unsigned continue_on_error; /* enum error_kind bits; 0 = stop */
    int *ignored_errors[3];     /* positive errno: read, write, verify */
    size_t n_ignored_errors[3];
    bool error_dump;

    /* measuring and reporting */
    char *log_prefix_bw, *log_prefix_lat, *log_prefix_iops, *log_prefix_hist; /* or NULL */
    unsigned log_avg_ms, log_hist_ms, log_hist_coarseness;
    bool log_max_value, log_offset, log_prio, log_unix_epoch, per_job_logs;
    unsigned bw_avg_ms, iops_avg_ms;
    bool clat_percentiles, lat_percentiles, slat_percentiles;
    double *percentiles; /* ascending, 20 at most */
    size_t n_percentiles;
    bool gtod_reduce, disable_lat, disable_clat, disable_slat, disable_bw;
    bool unified_rw_reporting, unified_both;
    unsigned kb_base;   /* 1024 or 1000 */
    unsigned unit_base; /* 0, 1 or 8 */
    char *steadystate;  /* as given, or NULL */
    bool steadystate_iops, steadystate_slope, steadystate_percent;
    double steadystate_limit;
    uint64_t steadystate_duration_us, steadystate_ramp_us;
    unsigned flow_id;
    int flow;
};

/* What concerns the whole run, not a job. */
struct settings {
    const char *called_as;       /* argv[0]'s last part; "fio" asks for fio's version line */
    char *output;                /* file, or NULL: stdout */
    unsigned formats;            /* enum output_format bits */
    int terse_version;           /* 2 .. 5 */
    uint64_t status_interval_ms; /* 0 = none */
    uint64_t eta_interval_ms;
    int eta; /* 0 auto, 1 always, -1 never */
    bool eta_newline;
    bool parse_only, read_only, warnings_fatal, append_terse;
    char *bandwidth_log; /* --bandwidth-log: prefix, or NULL */
    uint64_t max_jobs;
};

enum output_format { FORMAT_NORMAL = 1, FORMAT_TERSE = 2, FORMAT_JSON = 4, FORMAT_JSON_PLUS = 8 };

/* Cuts the next part of a:b, as of filename=, off in place; "\:" is a colon of the name. `rest` is
 * NULL behind the last. */
char *job_next_path(char **rest);

#endif
