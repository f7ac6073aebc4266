/* SPDX-License-Identifier: Apache-2.0 */
/* The table of options, and what setting one needs. Private to the parser. */
#ifndef BFFIO_OPTIONS_H
#define BFFIO_OPTIONS_H

#include "job.h"
#include "value.h"

enum option_kind {
    OPT_BARE,            /* bool; a value may be there, and is mostly not */
    OPT_BOOL,            /* bool */
    OPT_UNSIGNED,        /* unsigned, with size suffixes as in fio */
    OPT_UNSIGNED_3,      /* unsigned [DIRECTIONS] */
    OPT_INT,             /* int */
    OPT_U64,             /* uint64_t */
    OPT_U64_3,           /* uint64_t [DIRECTIONS] */
    OPT_PERCENT_OR_SIZE, /* uint64_t, or with % the unsigned at offset2 */
    OPT_TIME,            /* uint64_t in microseconds */
    OPT_TIME_3,          /* uint64_t [DIRECTIONS] in microseconds */
    OPT_DECIMAL,         /* double */
    OPT_STRING,          /* char *, the job's own */
    OPT_ENUM,            /* int or an enum, from the values; NOWHERE only checks */
    OPT_ENUM_BOOL,       /* bool, from the values */
    OPT_CUSTOM           /* set() */
};

enum option_tier {
    TIER_DONE,
    TIER_IGNORED, /* accepted with one line on stderr */
    TIER_REFUSED  /* known to fio, an error here */
};

enum option_category {
    CATEGORY_JOB,
    CATEGORY_IO,
    CATEGORY_FILE,
    CATEGORY_PACE,
    CATEGORY_VERIFY,
    CATEGORY_MACHINE,
    CATEGORY_REPORT
};

enum { VALUE_REFUSED = -1 }; /* a value that fio knows */
#define NOWHERE SIZE_MAX     /* the offset of an option whose only value changes nothing */

struct option_value {
    const char *name;
    int value;
};

/* Where an option stands: line 0 means the command line. */
struct place {
    const char *file;
    int line;
};

struct setting { /* one option being set */
    struct place place;
    const char *name; /* as the user wrote it */
    struct job *job;
    bool quiet;      /* said already: the options of [global] are set again for every job */
    bool parse_only; /* nothing of this machine matters */
    unsigned *warnings;
    const struct option_def *def;
    bool no_memory; /* the reason why it failed, for the caller to tell */
};

struct option_def {
    const char *name, *alias;
    enum option_kind kind;
    enum option_category category;
    enum option_tier tier;
    size_t offset, offset2;
    uint64_t unit_us; /* OPT_TIME: of a number without a unit */
    int64_t min, max; /* both 0: what the type holds */
    const char *preset;
    const struct option_value *values;
    bool value_optional;
    int (*set)(struct setting *setting, const char *value); /* value is NULL where it is silent */
    const char *form; /* of OPT_CUSTOM's value, for messages and help */
    const char *help;
};

/* All tables behind one index; NULL past the end. */
const struct option_def *option_at(size_t index);
/* By name or alias. */
const struct option_def *option_find(const char *name);
/* The only one that begins so; *several tells that there are more. */
const struct option_def *option_by_prefix(const char *prefix, bool *several);
/* The likeliest for a mistyped name, or NULL. */
const struct option_def *option_closest(const char *name);
bool option_needs_value(const struct option_def *def);
/* "0, 1", "4k, 1m ...": what may be given. */
void option_describe_values(const struct option_def *def, char *text, size_t size);

/* Sets by kind; 0 or -EINVAL after a message. */
int option_set(struct setting *setting, const char *value);
/* A message about the option, unless quiet; returns -EINVAL. */
__attribute__((format(printf, 2, 3))) int option_wrong(struct setting *setting, const char *format,
                                                       ...);
int option_no_memory(struct setting *setting); /* -EINVAL */
/* The same for what is accepted: counts for --warnings-fatal. */
__attribute__((format(printf, 2, 3))) void option_warn(struct setting *setting, const char *format,
                                                       ...);
/* "not a size", "too large"; names the valid values. r is from value_*(). */
int option_bad_value(struct setting *setting, struct piece piece, int r);
/* A value that fio knows and bffio does not do. */
int option_not_done(struct setting *setting, const char *value);

/* Copies a string into a field of the job; the old one is freed. */
int set_string(struct setting *setting, char **field, const char *value);

/* The one builder of messages: "bffio: FILE:LINE: OPTION: text" in one line without control
 * characters. option may be NULL. */
__attribute__((format(printf, 3, 4))) void say(struct place place, const char *option,
                                               const char *format, ...);

/* OPT_CUSTOM's. */
int set_name(struct setting *setting, const char *value);
int set_rw(struct setting *setting, const char *value);
int set_ioengine(struct setting *setting, const char *value);
int set_iodepth(struct setting *setting, const char *value);
int set_bs(struct setting *setting, const char *value);
int set_bsrange(struct setting *setting, const char *value);
int set_bssplit(struct setting *setting, const char *value);
int set_blockalign(struct setting *setting, const char *value);
int set_random_distribution(struct setting *setting, const char *value);
int set_randseed(struct setting *setting, const char *value);
int set_rwmix(struct setting *setting, const char *value);
int set_file_service(struct setting *setting, const char *value);
int set_filesize(struct setting *setting, const char *value);
int set_sync(struct setting *setting, const char *value);
int set_sync_file_range(struct setting *setting, const char *value);
int set_buffered(struct setting *setting, const char *value);
int set_atomic(struct setting *setting, const char *value);
int set_mem(struct setting *setting, const char *value);
int set_startdelay(struct setting *setting, const char *value);
int set_latency_target(struct setting *setting, const char *value);
int set_target_p99(struct setting *setting, const char *value);
int set_steadystate(struct setting *setting, const char *value);
int set_verify(struct setting *setting, const char *value);
int set_verify_pattern(struct setting *setting, const char *value);
int set_buffer_pattern(struct setting *setting, const char *value);
int set_data_percentage(struct setting *setting, const char *value);
int set_cpus_allowed(struct setting *setting, const char *value);
int set_cpumask(struct setting *setting, const char *value);
int set_continue_on_error(struct setting *setting, const char *value);
int set_ignore_error(struct setting *setting, const char *value);
int set_percentile_list(struct setting *setting, const char *value);
int set_log(struct setting *setting, const char *value);
int set_gtod_reduce(struct setting *setting, const char *value);
int set_unified_reporting(struct setting *setting, const char *value);

extern const struct option_def io_options[], file_options[], pace_options[], machine_options[],
    report_options[], refused_options[];

#endif
