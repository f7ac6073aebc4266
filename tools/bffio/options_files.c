/* SPDX-License-Identifier: Apache-2.0 */
/* Options of files: which, how large, how they are made, opened and synchronized. */
#include "options.h"

#define AT(field) .offset = offsetof(struct job, field)
#define FILES .category = CATEGORY_FILE

static const struct option_value service_values[] = {
    {"roundrobin", SERVE_ROUNDROBIN}, {"sequential", SERVE_SEQUENTIAL},
    {"random", SERVE_RANDOM},         {"zipf", VALUE_REFUSED},
    {"pareto", VALUE_REFUSED},        {"normal", VALUE_REFUSED},
    {"gauss", VALUE_REFUSED},         {NULL, 0},
};
static const struct option_value fallocate_values[] = {
    {"none", FALLOC_NONE},         {"native", FALLOC_NATIVE},
    {"posix", FALLOC_POSIX},       {"keep", FALLOC_KEEP},
    {"truncate", FALLOC_TRUNCATE}, {"0", FALLOC_NONE},
    {"1", FALLOC_POSIX},           {NULL, 0},
};
static const struct option_value sync_values[] = {{"none", 0}, {"0", 0},     {"sync", 1},
                                                  {"1", 1},    {"dsync", 2}, {NULL, 0}};
static const struct option_value advice_values[] = {
    {"0", 0}, {"1", 0}, {"random", 0}, {"sequential", 0}, {"noreuse", 0}, {NULL, 0}};
static const struct option_value hint_values[] = {
    {"none", 0},
    {"short", VALUE_REFUSED},
    {"medium", VALUE_REFUSED},
    {"long", VALUE_REFUSED},
    {"extreme", VALUE_REFUSED},
    {NULL, 0},
};
static const struct option_value lock_values[] = {
    {"none", 0}, {"exclusive", VALUE_REFUSED}, {"readwrite", VALUE_REFUSED}, {NULL, 0}};
static const struct option_value zone_values[] = {
    {"none", 0}, {"strided", VALUE_REFUSED}, {"zbd", VALUE_REFUSED}, {NULL, 0}};

const struct option_def file_options[] = {
    {"filename", NULL, OPT_STRING, FILES, AT(filename), .help = "Files or devices, by colons"},
    {"directory", NULL, OPT_STRING, FILES, AT(directory),
     .help = "Where the files are, several by colons"},
    {"filename_format", NULL, OPT_STRING, FILES, AT(filename_format),
     .help = "How files are named: $jobname.$jobnum.$filenum"},
    {"nrfiles", "nr_files", OPT_UNSIGNED, FILES, AT(nrfiles), .min = 1, .max = 1000000,
     .preset = "1", .help = "How many files share the size of a job"},
    {"openfiles", NULL, OPT_UNSIGNED, FILES, AT(openfiles), .help = "How many are open at once"},
    {"filesize", NULL, OPT_CUSTOM, FILES, .set = set_filesize, .form = "SIZE or MIN-MAX",
     .help = "Bytes of each file"},
    {"file_service_type", NULL, OPT_CUSTOM, FILES, .set = set_file_service,
     .values = service_values, .preset = "roundrobin",
     .help = "Which file comes next, and after how many operations: random:8"},
    {"fallocate", NULL, OPT_ENUM, FILES, AT(fallocate), .values = fallocate_values,
     .preset = "native", .help = "How room is reserved for new files"},
    {"direct", NULL, OPT_BOOL, FILES, AT(direct), .preset = "0", .help = "O_DIRECT"},
    {"buffered", NULL, OPT_CUSTOM, FILES, .set = set_buffered, .form = "0, 1",
     .help = "The opposite of direct"},
    {"atomic", NULL, OPT_CUSTOM, FILES, .set = set_atomic, .form = "0, 1",
     .help = "Whole writes or none, with O_DIRECT"},
    {"sync", NULL, OPT_CUSTOM, FILES, .set = set_sync, .values = sync_values, .preset = "none",
     .help = "O_SYNC or O_DSYNC"},
    {"overwrite", NULL, OPT_BOOL, FILES, AT(overwrite), .preset = "0",
     .help = "Writes go to files that have their data already"},
    {"unlink", NULL, OPT_BOOL, FILES, AT(unlink), .preset = "0",
     .help = "Removes files at the end"},
    {"unlink_each_loop", NULL, OPT_BOOL, FILES, AT(unlink_each_loop), .preset = "0",
     .help = "Removes files and makes them anew between loops"},
    {"invalidate", NULL, OPT_BOOL, FILES, AT(invalidate), .preset = "1",
     .help = "Drops the page cache of the files before the job"},
    {"pre_read", NULL, OPT_BOOL, FILES, AT(pre_read), .preset = "0",
     .help = "Reads the files into the page cache before the job"},
    {"create_serialize", NULL, OPT_BOOL, FILES, AT(create_serialize), .preset = "1",
     .help = "Files are laid out one after the other"},
    {"create_fsync", NULL, OPT_BOOL, FILES, AT(create_fsync), .preset = "1",
     .help = "fsync after laying out"},
    {"create_on_open", NULL, OPT_BOOL, FILES, AT(create_on_open), .preset = "0",
     .help = "Files are made when they are first used"},
    {"create_only", NULL, OPT_BOOL, FILES, AT(create_only), .preset = "0",
     .help = "Lays out files, and no more"},
    {"file_append", NULL, OPT_BOOL, FILES, AT(file_append), .preset = "0",
     .help = "Begins at the end of the file"},
    {"fill_device", "fill_fs", OPT_BOOL, FILES, AT(fill_device), .preset = "0",
     .help = "Writes until there is no room"},
    {"allow_file_create", NULL, OPT_BOOL, FILES, AT(allow_file_create), .preset = "1",
     .help = "Files that are missing may be made"},
    {"allow_mounted_write", NULL, OPT_BOOL, FILES, AT(allow_mounted_write), .preset = "0",
     .help = "A mounted device may be written to"},
    {"fsync", NULL, OPT_UNSIGNED, FILES, AT(fsync_every), .preset = "0",
     .help = "fsync after so many writes"},
    {"fdatasync", NULL, OPT_UNSIGNED, FILES, AT(fdatasync_every), .preset = "0",
     .help = "fdatasync after so many writes"},
    {"sync_file_range", NULL, OPT_CUSTOM, FILES, .set = set_sync_file_range,
     .form = "wait_before, write, wait_after, in a list with commas, and :N",
     .help = "sync_file_range after N writes"},
    {"end_fsync", NULL, OPT_BOOL, FILES, AT(end_fsync), .preset = "0",
     .help = "fsync at the end of the job"},
    {"fsync_on_close", NULL, OPT_BOOL, FILES, AT(fsync_on_close), .preset = "0",
     .help = "fsync whenever a file is closed"},
    {"fadvise_hint", NULL, OPT_ENUM, FILES, TIER_IGNORED, NOWHERE, .values = advice_values,
     .help = "Advice to the kernel; without effect"},
    {"ioscheduler", NULL, OPT_STRING, FILES, TIER_IGNORED, NOWHERE,
     .help = "The device's scheduler; without effect"},
    {"write_hint", NULL, OPT_ENUM, FILES, .offset = NOWHERE, .values = hint_values,
     .help = "How long data is expected to live"},
    {"lockfile", NULL, OPT_ENUM, FILES, .offset = NOWHERE, .values = lock_values,
     .help = "Locks files while in use"},
    {"zonemode", NULL, OPT_ENUM, FILES, .offset = NOWHERE, .values = zone_values,
     .help = "How zones are treated"},
    {"unique_filename", NULL, OPT_BOOL, FILES, TIER_IGNORED, NOWHERE,
     .help = "For clients of a server; without effect"},
    {NULL, .help = NULL},
};
