/* SPDX-License-Identifier: Apache-2.0 */
/* The table of families, and how the samples of each are written. */
#include "families.h"

#include "config.h"

#include <auraio.h>
#include <auraio_prometheus.h>
#include <stdio.h>
#include <string.h>

struct family {
    const char *name; /* without auraio_, and without the suffix of its type */
    enum family_type type;
    const char *unit;
    const char *help;
    void (*write)(struct text *, const struct family *, const struct subject *);
    size_t field; /* of a family that is one number of the engine */
    bool rings;   /* only where rings are asked for */
};

static const char *const op_names[READER_LATENCIES] = {"read", "write", "sync"};
static const char *const phases[] = {"baseline", "probing",   "steady",     "backoff",
                                     "settling", "converged", "passthrough"};
#define PHASES ((int)(sizeof phases / sizeof *phases))

/* The way OpenMetrics wants numbers: 2^k us in seconds. */
static const char *const bounds[READER_BUCKETS] = {
    "1e-06",    "2e-06",    "4e-06",    "8e-06",     "1.6e-05",  "3.2e-05",  "6.4e-05",
    "0.000128", "0.000256", "0.000512", "0.001024",  "0.002048", "0.004096", "0.008192",
    "0.016384", "0.032768", "0.065536", "0.131072",  "0.262144", "0.524288", "1.048576",
    "2.097152", "4.194304", "8.388608", "16.777216", "+Inf"};

/* Up to the brace of the labels that come on top of the engine's. */
static void begin(struct text *text, const struct family *family, const char *suffix,
                  const struct subject *subject)
{
    text_put(text, "auraio_");
    text_put(text, family->name);
    text_put(text, suffix);
    text_put(text, "{");
    text_put(text, subject->labels);
}

static void label(struct text *text, const char *name, const char *value)
{
    text_put(text, ",");
    text_label(text, name, value);
}

static void end(struct text *text, uint64_t value)
{
    text_put(text, "} ");
    text_number(text, value);
    text_put(text, "\n");
}

static void write_field(struct text *text, const struct family *family,
                        const struct subject *subject)
{
    uint64_t value;

    memcpy(&value, (const char *)subject->engine + family->field, sizeof value);
    begin(text, family, family->type == COUNTER ? "_total" : "", subject);
    end(text, value);
}

static uint64_t ns_of(double seconds)
{
    return seconds > 0 && seconds < 1e10 ? (uint64_t)(seconds * 1e9 + 0.5) : 0;
}

static void write_seconds(struct text *text, const struct family *family,
                          const struct subject *subject)
{
    double seconds;

    memcpy(&seconds, (const char *)subject->engine + family->field, sizeof seconds);
    begin(text, family, "", subject);
    text_put(text, "} ");
    text_seconds(text, ns_of(seconds));
    text_put(text, "\n");
}

static void write_errors(struct text *text, const struct family *family,
                         const struct subject *subject)
{
    for (int i = 0; i < READER_ERRNOS; i++) {
        char number[16];
        const char *name = NULL;
        if (!subject->engine->errors[i])
            continue;
#ifdef HAVE_STRERRORNAME_NP
        name = i ? strerrorname_np(i) : NULL;
#endif
        snprintf(number, sizeof number, "%d", i);
        begin(text, family, "_total", subject);
        label(text, "errno", name ? name : i ? number : "other");
        end(text, subject->engine->errors[i]);
    }
}

/* The bucket of +Inf and the count are one sum, so they are the same. */
static void write_histogram(struct text *text, const struct family *family,
                            const struct subject *subject, const char *extra,
                            const struct reader_latency *latency)
{
    uint64_t sum = 0;

    for (int k = 0; k < READER_BUCKETS; k++) {
        sum += latency->buckets[k];
        begin(text, family, "_bucket", subject);
        text_put(text, extra);
        label(text, "le", bounds[k]);
        end(text, sum);
    }
    begin(text, family, "_sum", subject);
    text_put(text, extra);
    text_put(text, "} ");
    text_seconds(text, latency->sum_ns);
    text_put(text, "\n");
    begin(text, family, "_count", subject);
    text_put(text, extra);
    end(text, sum);
}

static void write_latency(struct text *text, const struct family *family,
                          const struct subject *subject)
{
    char extra[32];

    for (int op = 0; op < READER_LATENCIES; op++) {
        snprintf(extra, sizeof extra, ",op=\"%s\"", op_names[op]);
        write_histogram(text, family, subject, extra, &subject->engine->latency[op]);
    }
}

static void write_directions(struct text *text, const struct family *family,
                             const struct subject *subject)
{
    begin(text, family, "_total", subject);
    label(text, "direction", "up");
    end(text, subject->engine->limit_raised);
    begin(text, family, "_total", subject);
    label(text, "direction", "down");
    end(text, subject->engine->limit_lowered);
}

static void write_phases(struct text *text, const struct family *family,
                         const struct subject *subject, const char *extra, int phase)
{
    for (int i = 0; i < PHASES; i++) {
        begin(text, family, "", subject);
        text_put(text, extra);
        label(text, "phase", phases[i]);
        end(text, i == phase);
    }
}

static void write_phase(struct text *text, const struct family *family,
                        const struct subject *subject)
{
    write_phases(text, family, subject, "", subject->engine->phase);
}

static void write_targets(struct text *text, const struct family *family,
                          const struct subject *subject)
{
    struct reader_target target;
    char device[32];

    for (int i = 0; reader_target(subject->engine, i, &target); i++) {
        if (target.stream)
            continue;
        snprintf(device, sizeof device, "%u:%u", target.dev_major, target.dev_minor);
        begin(text, family, "", subject);
        label(text, "device", device);
        end(text, target.limit);
    }
}

/* Names of what is used, a comma after each but the last. */
static void list_features(char *list, size_t size, uint64_t features)
{
    size_t used = 0;

    *list = 0;
    for (int bit = 0; bit < AURAIO_FEATURE_OP_FIRST && used < size; bit++)
        if (features >> bit & 1 && strcmp(auraio_feature_name(bit), "UNKNOWN") != 0)
            used += (size_t)snprintf(list + used, size - used, "%s%s", used ? "," : "",
                                     auraio_feature_name(bit));
}

static void write_backend(struct text *text, const struct family *family,
                          const struct subject *subject)
{
    const struct reader_engine *e = subject->engine;
    char features[256];

    list_features(features, sizeof features, e->features_used);
    begin(text, family, "_info", subject);
    label(text, "backend", e->backend == AURAIO_BACKEND_THREADS ? "threads" : "io_uring");
    label(text, "kernel", e->kernel);
    label(text, "features", features);
    end(text, 1);
}

static void write_process(struct text *text, const struct family *family,
                          const struct subject *subject)
{
    char uid[24];

    snprintf(uid, sizeof uid, "%lu", (unsigned long)subject->engine->uid);
    begin(text, family, "_info", subject);
    label(text, "uid", uid);
    label(text, "comm", subject->engine->comm);
    label(text, "version", subject->engine->library);
    end(text, 1);
}

/* What a ring has to tell: a number of it, by the family's field, or more. */
static void write_ring(struct text *text, const struct family *family,
                       const struct subject *subject, const struct reader_ring *ring)
{
    char extra[32];
    uint64_t value;

    snprintf(extra, sizeof extra, ",ring=\"%d\"", ring->number);
    if (family->type == HISTOGRAM) {
        struct reader_latency all = ring->latency[READER_READ];
        for (int op = READER_WRITE; op < READER_LATENCIES; op++) {
            for (int k = 0; k < READER_BUCKETS; k++)
                all.buckets[k] += ring->latency[op].buckets[k];
            all.sum_ns += ring->latency[op].sum_ns;
        }
        write_histogram(text, family, subject, extra, &all);
        return;
    }
    if (family->field == offsetof(struct reader_ring, phase)) {
        write_phases(text, family, subject, extra, ring->phase);
        return;
    }
    memcpy(&value, (const char *)ring + family->field, sizeof value);
    if (family->field == offsetof(struct reader_ring, ops))
        value = ring->ops[0] + ring->ops[1] + ring->ops[2] + ring->ops[3];
    if (family->field == offsetof(struct reader_ring, bytes))
        value = ring->bytes[0] + ring->bytes[1];
    begin(text, family, family->type == COUNTER ? "_total" : "", subject);
    text_put(text, extra);
    end(text, value);
}

static void write_rings(struct text *text, const struct family *family,
                        const struct subject *subject)
{
    struct reader_ring ring;

    for (int i = 0; reader_ring(subject->engine, i, &ring); i++)
        write_ring(text, family, subject, &ring);
}

/* The threshold is the engine's, and the same for all rings. */
static void write_ring_batch(struct text *text, const struct family *family,
                             const struct subject *subject)
{
    struct reader_ring ring;
    char number[16];

    for (int i = 0; reader_ring(subject->engine, i, &ring); i++) {
        snprintf(number, sizeof number, "%d", ring.number);
        begin(text, family, "", subject);
        label(text, "ring", number);
        end(text, subject->engine->batch);
    }
}

#define ENGINE(field) write_field, offsetof(struct reader_engine, field), false
#define SECONDS(field) write_seconds, offsetof(struct reader_engine, field), false
#define RING(field) write_rings, offsetof(struct reader_ring, field), true

static const struct family families[] = {
    {"read_ops", COUNTER, NULL, "Reads completed, failed ones included.", ENGINE(ops[READER_READ])},
    {"write_ops", COUNTER, NULL, "Writes completed, failed ones included.",
     ENGINE(ops[READER_WRITE])},
    {"sync_ops", COUNTER, NULL, "Operations that sync a file completed.", ENGINE(ops[READER_SYNC])},
    {"other_ops", COUNTER, NULL, "All other operations completed.", ENGINE(ops[READER_OTHER])},
    {"read_bytes", COUNTER, "bytes", "Bytes read.", ENGINE(bytes[0])},
    {"written_bytes", COUNTER, "bytes", "Bytes written.", ENGINE(bytes[1])},
    {"errors", COUNTER, NULL, "Operations that ended with an error, by errno.", write_errors, 0,
     false},
    {"latency_seconds", HISTOGRAM, "seconds",
     "Device latency, from the hand-over to the kernel until collected; of large batches one in "
     "eight.",
     write_latency, 0, false},
    {"in_flight", GAUGE, NULL, "Operations in the kernel.", ENGINE(in_flight)},
    {"queued", GAUGE, NULL, "Operations held back in the library.", ENGINE(queued)},
    {"in_flight_limit", GAUGE, NULL, "Limits in force, all targets; without any what rings hold.",
     ENGINE(limit)},
    {"limit_changes", COUNTER, NULL, "Changes of targets' limits.", write_directions, 0, false},
    {"phase", GAUGE, NULL, "1 for the controller's phase at the busiest target, 0 for others.",
     write_phase, 0, false},
    {"target_latency_seconds", GAUGE, "seconds",
     "Ceiling for the 99th percentile of device latency; 0 without one.", SECONDS(ceiling_seconds)},
    {"target_in_flight_limit", GAUGE, NULL, "Limit of a device; what rings hold without one.",
     write_targets, 0, false},
    {"batch_size", GAUGE, NULL, "Submissions that make a system call; 0 where none do.",
     ENGINE(batch)},
    {"submit_calls", COUNTER, NULL, "System calls that handed over submissions.",
     ENGINE(submit_calls)},
    {"eagain", COUNTER, NULL, "Calls refused, or cut short, with EAGAIN.", ENGINE(eagain)},
    {"spills", COUNTER, NULL, "Submissions sent to another CPU's ring.", ENGINE(spills)},
    {"buffer_pool_bytes", GAUGE, "bytes", "Memory that the buffer pool has from the system.",
     ENGINE(pool.bytes)},
    {"buffer_pool_buffers", GAUGE, NULL, "Buffers in it.", ENGINE(pool.buffers)},
    {"buffer_pool_shards", GAUGE, NULL, "Lists that it is divided into.", ENGINE(pool.shards)},
    {"rings", GAUGE, NULL, "Rings in use.", ENGINE(rings_made)},
    {"rings_left_out", GAUGE, NULL,
     "Of these, rings without metrics of their own; totals have them as of the heartbeat.",
     ENGINE(rings_left_out)},
    {"backend", INFO, NULL, "What serves the engine.", write_backend, 0, false},
    {"process", INFO, NULL, "The process that the engine belongs to.", write_process, 0, false},
    {"heartbeat_timestamp_seconds", GAUGE, "seconds", "When completions were last processed.",
     SECONDS(heartbeat)},
    {"ring_ops", COUNTER, NULL, "Operations completed on a ring.", RING(ops)},
    {"ring_bytes", COUNTER, "bytes", "Bytes read and written on a ring.", RING(bytes)},
    {"ring_in_flight", GAUGE, NULL, "Operations of a ring in the kernel.", RING(in_flight)},
    {"ring_in_flight_limit", GAUGE, NULL, "Limit of the target that it works for most.",
     RING(limit)},
    {"ring_batch_threshold", GAUGE, NULL, "Submissions that make a system call.", write_ring_batch,
     0, true},
    {"ring_queue_depth", GAUGE, NULL, "Operations that it may have in the kernel.",
     RING(queue_depth)},
    {"ring_phase", GAUGE, NULL, "1 for the phase of the target that it works for most.",
     RING(phase)},
    {"ring_latency_seconds", HISTOGRAM, "seconds", "Device latency on a ring, all operations.",
     RING(latency)},
};

void subject_init(struct subject *subject, const struct reader_engine *engine)
{
    struct text text = {.cap = sizeof subject->labels - 1};
    char pid[24];

    *subject = (struct subject){.engine = engine};
    text.buf = subject->labels;
    snprintf(pid, sizeof pid, "%llu", (unsigned long long)engine->pid);
    text_label(&text, "pid", pid);
    text_put(&text, ",");
    text_label(&text, "name", engine->name);
}

_Static_assert(sizeof((struct subject *)NULL)->labels >
                   sizeof "pid=\"18446744073709551615\",name=\"\"" +
                       2 * sizeof((struct reader_engine *)NULL)->name,
               "the longest labels fit");

#define LINE_MOST 128   /* of a sample, without the labels of its engine */
#define LINES_INFO 32   /* as many as the info families may take */
#define LINES_FIXED 160 /* families of one sample, histograms, phases */
#define LINES_RING (READER_BUCKETS + 2 + PHASES + 6)

size_t text_most(const struct reader_engine *engine, bool rings)
{
    size_t labels = 64 + 2 * strlen(engine->name), lines = LINES_FIXED + LINES_INFO;

    for (int i = 0; i < READER_ERRNOS; i++)
        lines += engine->errors[i] != 0;
    lines += (size_t)engine->target_count;
    if (rings)
        lines += (size_t)engine->ring_count * LINES_RING;
    return lines * (LINE_MOST + labels);
}

void text_families(struct text *text, const struct subject *subjects, size_t count)
{
    char name[64];

    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        const struct family *family = &families[f];
        if (family->rings && !text->rings)
            continue;
        snprintf(name, sizeof name, "auraio_%s", family->name);
        text_family(text, name, family->type, family->unit, family->help);
        for (size_t i = 0; i < count; i++)
            family->write(text, family, &subjects[i]);
    }
    text_family(text, "auraio_metrics_schema", INFO, NULL, "The schema that these metrics follow.");
    text_put(text, "auraio_metrics_schema_info{");
    text_label(text, "version", AURAIO_PROM_SCHEMA_VERSION);
    text_put(text, ",");
    text_label(text, "stability", AURAIO_PROM_SCHEMA_STABILITY);
    text_put(text, "} 1\n");
}
