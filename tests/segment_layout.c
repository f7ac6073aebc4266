/* SPDX-License-Identifier: Apache-2.0 */
/* Where everything lies in a segment, and the numbers in it that have a meaning: what is in
 * tests/segment_layout.golden never changes within a major version, it only grows. */
#include "segment.h"

#include "tap.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct number {
    const char *what;
    unsigned long long a, b;
};

#define FIELD(type, field)                                                                         \
    {                                                                                              \
#type "." #field, offsetof(struct type, field), sizeof(((struct type *)NULL)->field)       \
    }
#define VALUE(name)                                                                                \
    {                                                                                              \
#name, name, 0                                                                             \
    }

static const struct number numbers[] = {
    VALUE(SEGMENT_MAGIC),
    VALUE(SEGMENT_MAJOR),
    VALUE(SEGMENT_ENGINE),
    VALUE(SEGMENT_RINGS),
    VALUE(SEGMENT_TARGET),
    VALUE(SEGMENT_ERRORS),
    VALUE(CLASS_READ),
    VALUE(CLASS_WRITE),
    VALUE(CLASS_SYNC),
    VALUE(CLASS_OTHER),
    FIELD(segment_header, magic),
    FIELD(segment_header, version),
    FIELD(segment_header, bytes),
    FIELD(segment_header, header_bytes),
    FIELD(segment_header, sections),
    FIELD(segment_header, section_stride),
    FIELD(segment_header, pid),
    FIELD(segment_header, started_ns),
    FIELD(segment_header, boot_id),
    FIELD(segment_header, comm),
    FIELD(segment_header, name),
    FIELD(segment_header, library),
    FIELD(segment_header, kernel),
    FIELD(segment_section, kind),
    FIELD(segment_section, offset),
    FIELD(segment_section, count),
    FIELD(segment_section, stride),
    FIELD(segment_latency, sum_ns),
    FIELD(segment_latency, buckets),
    FIELD(segment_ring, completed),
    FIELD(segment_ring, bytes),
    FIELD(segment_ring, failed),
    FIELD(segment_ring, unstarted),
    FIELD(segment_ring, in_flight),
    FIELD(segment_ring, peak_in_flight),
    FIELD(segment_ring, queued),
    FIELD(segment_ring, submit_calls),
    FIELD(segment_ring, spills),
    FIELD(segment_ring, resubmitted),
    FIELD(segment_ring, number),
    FIELD(segment_ring, depth),
    FIELD(segment_ring, limit),
    FIELD(segment_ring, phase),
    FIELD(segment_ring, flags),
    FIELD(segment_ring, reserved),
    FIELD(segment_ring, latency),
    FIELD(segment_target, sequence),
    FIELD(segment_target, made),
    FIELD(segment_target, dev_major),
    FIELD(segment_target, dev_minor),
    FIELD(segment_target, stream),
    FIELD(segment_target, limit),
    FIELD(segment_target, in_flight),
    FIELD(segment_target, queued),
    FIELD(segment_target, phase),
    FIELD(segment_target, knee),
    FIELD(segment_target, limit_raised),
    FIELD(segment_target, limit_lowered),
    FIELD(segment_target, searches),
    FIELD(segment_target, completed),
    FIELD(segment_target, bytes),
    FIELD(segment_target, p99_ns),
    FIELD(segment_target, baseline_ns),
    FIELD(segment_target, milli_iops),
    FIELD(segment_target, bytes_per_second),
    FIELD(segment_target, reserved),
    FIELD(segment_engine, sequence),
    FIELD(segment_engine, heartbeat_ns),
    FIELD(segment_engine, backend),
    FIELD(segment_engine, uring_errno),
    FIELD(segment_engine, features_available),
    FIELD(segment_engine, features_used),
    FIELD(segment_engine, rings_max),
    FIELD(segment_engine, rings_made),
    FIELD(segment_engine, rings_left_out),
    FIELD(segment_engine, queue_depth),
    FIELD(segment_engine, batch),
    FIELD(segment_engine, limit),
    FIELD(segment_engine, ceiling_ns),
    FIELD(segment_engine, phase),
    FIELD(segment_engine, limit_raised),
    FIELD(segment_engine, limit_lowered),
    FIELD(segment_engine, eagain),
    FIELD(segment_engine, wait_calls),
    FIELD(segment_engine, abandoned),
    FIELD(segment_engine, fatal_errno),
    FIELD(segment_engine, pool_bytes),
    FIELD(segment_engine, pool_buffers),
    FIELD(segment_engine, pool_cached_bytes),
    FIELD(segment_engine, pool_shards),
    FIELD(segment_engine, p99_ns),
    FIELD(segment_engine, bytes_per_second),
    FIELD(segment_engine, peak_in_flight),
    FIELD(segment_engine, instance),
    FIELD(segment_engine, pid_namespace),
    FIELD(segment_engine, reserved),
    VALUE(SEGMENT_REST),
};

int main(void)
{
    const char *top = getenv("top_srcdir");
    char path[4096], expected[256], line[256];
    int n = (int)(sizeof numbers / sizeof *numbers), same = 0;

    snprintf(path, sizeof path, "%s/tests/segment_layout.golden", top ? top : ".");
    FILE *golden = fopen(path, "re");
    if (!golden)
        bail("cannot open %s", path);
    for (int i = 0; i < n; i++) {
        snprintf(line, sizeof line, "%s %llu %llu\n", numbers[i].what, numbers[i].a, numbers[i].b);
        if (!fgets(expected, sizeof expected, golden))
            expected[0] = 0;
        same += strcmp(line, expected) == 0;
        if (strcmp(line, expected) != 0)
            printf("# is  %s# was %s\n", line, expected);
    }
    is(same, n, "all lies where the golden file says");
    ok(!fgets(expected, sizeof expected, golden), "and nothing is gone");
    fclose(golden);
    ok(sizeof(struct segment_ring) % 64 == 0, "a ring's block has its cache lines for itself");
    return done();
}
