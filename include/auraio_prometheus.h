/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libauraio-prom: an engine's metrics as text for Prometheus, for a program that has an HTTP
 * server of its own. The metrics are those of auraio-prom(8); docs/metrics.md tells what is
 * promised of each.
 */
#ifndef AURAIO_PROMETHEUS_H
#define AURAIO_PROMETHEUS_H

#include <auraio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The schema of the metrics, also told by auraio_metrics_schema_info. While the stability is
 * "beta", a release may rename metrics; from "stable" on they only become more. Since 0.1. */
#define AURAIO_PROM_SCHEMA_VERSION "1"
#define AURAIO_PROM_SCHEMA_STABILITY "beta"

/* What to send as Content-Type. Since 0.1. */
#define AURAIO_PROM_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define AURAIO_PROM_CONTENT_TYPE_OPENMETRICS                                                       \
    "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* Flags of auraio_prom_format. Since 0.1. */
enum {
    AURAIO_PROM_OPENMETRICS = 1, /* OpenMetrics 1.0 instead of the text format 0.0.4 */
    AURAIO_PROM_RINGS = 2,       /* metrics of each ring as well */
    AURAIO_PROM_FRAGMENT = 4     /* OpenMetrics without the final "# EOF": more follows */
};

/*
 * Writes the metrics of an engine into buf, cap bytes with the final NUL included, as snprintf(3):
 * returns the bytes needed without the NUL; when that is cap or more, the text was cut. buf may be
 * NULL when cap is 0. Between two calls the text may grow by some digits and lines. Allocates
 * nothing and takes no lock of the I/O path.
 *
 * Errors, -1: EINVAL NULL engine, unknown flag, or buf NULL and cap not 0; EOWNERDEAD. MT-safe,
 * since 0.1.
 */
ssize_t auraio_prom_format(const auraio_engine_t *engine, char *buf, size_t cap, unsigned flags);

#ifdef __cplusplus
}
#endif

#endif
