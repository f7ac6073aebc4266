/* SPDX-License-Identifier: Apache-2.0 */
/* One scrape: all segments read anew, their metrics and those of the exporter itself as text. */
#include "families.h"
#include "prom.h"

#include <auraio/version.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define TEXT_MAX ((size_t)256 << 20)     /* of one scrape, */
#define TEXT_USER_MAX ((size_t)16 << 20) /* of one user's engines, */
#define TEXT_OWN_MAX ((size_t)1 << 20)   /* and of all that is no engine's */
#define SLACK 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct reader *reader;
static bool with_rings;
static size_t last_size;

static uint64_t weight(const struct reader_engine *engine)
{
    return text_most(engine, with_rings);
}

bool scrape_init(bool rings)
{
    reader = reader_new();
    with_rings = rings;
    if (reader)
        reader_weigh(reader, weight, TEXT_USER_MAX, TEXT_MAX - TEXT_OWN_MAX);
    return reader != NULL;
}

void scrape_end(void)
{
    reader_free(reader);
}

static uint64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void own_metrics(struct text *text, uint64_t began_ns)
{
    text_family(text, "auraio_exporter_build", INFO, NULL, "The exporter.");
    text_put(text, "auraio_exporter_build_info{");
    text_label(text, "version", AURAIO_VERSION_STRING);
    text_put(text, "} 1\n");
    text_family(text, "auraio_exporter_segments", GAUGE, NULL, "Engines in this scrape.");
    text_put(text, "auraio_exporter_segments ");
    text_number(text, reader_count(reader));
    text_put(text, "\n");
    text_family(text, "auraio_exporter_segment_errors", COUNTER, NULL,
                "Files that were not taken for an engine's, by reason.");
    for (int i = READER_OK + 1; i < READER_ERRORS; i++) {
        text_put(text, "auraio_exporter_segment_errors_total{");
        text_label(text, "reason", reader_error_name(i));
        text_put(text, "} ");
        text_number(text, reader_errors(reader, i));
        text_put(text, "\n");
    }
    text_family(text, "auraio_exporter_scrape_duration_seconds", GAUGE, "seconds",
                "Time that it took to read all segments and write this.");
    text_put(text, "auraio_exporter_scrape_duration_seconds ");
    text_seconds(text, now_ns() - began_ns);
    text_put(text, "\n");
    if (text->openmetrics)
        text_put(text, "# EOF\n");
}

/* The second time the size is known, but for the digits of the duration. */
static char *write_text(const struct subject *subjects, size_t count, bool openmetrics,
                        uint64_t began_ns, size_t *size)
{
    struct text text = {.openmetrics = openmetrics, .rings = with_rings};
    size_t cap = last_size + last_size / 8 + SLACK;

    for (int i = 0; i < 2; i++) {
        cap = cap < TEXT_MAX ? cap : TEXT_MAX; /* which is what fits: see weight */
        char *buf = malloc(cap);
        if (!buf)
            return NULL;
        text.buf = buf;
        text.cap = cap;
        text.len = 0;
        text_families(&text, subjects, count);
        own_metrics(&text, began_ns);
        if (text.len <= cap) {
            *size = last_size = text.len;
            return buf;
        }
        free(buf);
        cap = text.len + SLACK;
    }
    return NULL;
}

static char *scrape_locked(bool openmetrics, size_t *size)
{
    uint64_t began_ns = now_ns();
    size_t count = reader_scan(reader, true);
    struct subject *subjects = malloc((count + 1) * sizeof *subjects);
    char *buf = NULL;

    if (subjects && !reader_is_exhausted(reader)) {
        for (size_t i = 0; i < count; i++)
            subject_init(&subjects[i], reader_get(reader, i));
        buf = write_text(subjects, count, openmetrics, began_ns, size);
    }
    free(subjects);
    return buf;
}

char *scrape(bool openmetrics, size_t *size)
{
    pthread_mutex_lock(&lock);
    char *buf = scrape_locked(openmetrics, size);
    pthread_mutex_unlock(&lock);
    return buf;
}
