/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auraio-top: one table, three ways to show it. watch.c turns two scans of the
 * published statistics into rows; text.c makes lines of them for --once and for the
 * screen; json.c and screen.c are the other two ends. Nothing here runs in threads.
 */
#ifndef AURAIO_TOP_H
#define AURAIO_TOP_H

#include "exporters/reader.h"

#include <stdio.h>
#include <sys/types.h>

#define HISTORY 32 /* limits that are kept of an engine, one for each look */

/* What one device of an engine does. Rates are per second, between two looks. */
struct device {
    char name[48]; /* "nvme0n1", or major:minor where the system has no name */
    double iops, bytes;
    uint64_t in_flight, queued, limit, knee; /* 0: none */
    double p99_seconds;                      /* of its last window */
    int phase;
};

/* One engine. The strings are valid UTF-8. */
struct row {
    uint64_t pid;
    uid_t uid;
    bool alive;
    bool is_new; /* seen once only: rates are since its start */
    double started, heartbeat;
    char name[120], comm[48], user[33];
    double iops, reads, writes, read_bytes, written_bytes, errors;
    double p50_seconds, p99_seconds; /* between two looks; 0 without samples */
    uint64_t in_flight, queued, limit;
    int phase, backend;
    uint64_t limits[HISTORY]; /* oldest first; 0: no limit */
    int limit_count;
    struct device *devices; /* the watch's */
    int device_count;
};

enum sort_key { BY_IOPS, BY_BYTES, BY_IN_FLIGHT, BY_LIMIT, BY_P99, BY_PID, BY_NAME, SORT_KEYS };

/* What to show of the rows, and how. */
struct view {
    enum sort_key key;
    bool reversed, with_devices, utf8;
    char filter[64]; /* part of name, program or user; empty: all */
};

struct watch;

struct watch *watch_new(void); /* NULL: no memory */
void watch_free(struct watch *watch);
/* Looks anew; false: no memory. The rows are the watch's until the next look. */
bool watch_look(struct watch *watch);
/* The last look ran out of descriptors or memory: engines may be missing. */
bool watch_is_incomplete(const struct watch *watch);
/* Rows that the view wants, in its order. */
struct row **watch_rows(struct watch *watch, const struct view *view, size_t *count);
double watch_seconds(const struct watch *watch); /* between the last two looks; 0 after the first */

const char *sort_key_name(int key); /* NULL: there is none */
int sort_key_of(const char *name);  /* -1: there is none */
int compare_rows(const struct row *, const struct row *, const struct view *);

#define LINE_BYTES 512
#define WHO_COLUMNS 37 /* of a row, at its beginning: whose it is */
void text_columns(char *out, size_t size, const char *text, int from, int columns);
void text_totals(char line[LINE_BYTES], struct row *const *rows, size_t count);
void text_heading(char line[LINE_BYTES]);
void text_row(char line[LINE_BYTES], const struct row *row, const struct view *view);
void text_device(char line[LINE_BYTES], const struct device *device);

bool print_text(struct watch *watch, const struct view *view); /* false: with errno */
bool print_json(struct watch *watch, const struct view *view);
int show_screen(struct watch *watch, struct view *view, double interval); /* exit status */

#endif
