/* SPDX-License-Identifier: Apache-2.0 */
/* auraio_options_init sets every field to the default that is documented for it. */
#include "outcome.h"

int main(void)
{
    auraio_options_t o;

    memset(&o, 0xa5, sizeof o);
    auraio_options_init(&o);
    is(o.struct_size, sizeof o, "struct_size");
    is(o.queue_depth, 256, "queue_depth");
    is(o.ring_count, 0, "ring_count");
    is(o.initial_in_flight, 0, "initial_in_flight");
    is(o.min_in_flight, 0, "min_in_flight");
    ok(!(o.max_p99_latency_ms < 0 || o.max_p99_latency_ms > 0), "max_p99_latency_ms");
    is(o.buffer_alignment, sysconf(_SC_PAGESIZE), "buffer_alignment");
    is(o.disable_adaptive, false, "disable_adaptive");
    is(o.enable_sqpoll, false, "enable_sqpoll");
    is(o.single_thread, false, "single_thread");
    is(o.report_short, false, "report_short");
    is(o.resolve_registered_files, false, "resolve_registered_files");
    is(o.control, AURAIO_CONTROL_KNEE, "control");
    is(o.overflow, AURAIO_OVERFLOW_QUEUE, "overflow");
    is(o.ring_select, AURAIO_SELECT_ADAPTIVE, "ring_select");
    is(o.sqpoll_idle_ms, 1000, "sqpoll_idle_ms");
    is(o.batch_threshold, -1, "batch_threshold");
    is(o.backend, AURAIO_BACKEND_AUTO, "backend");
    is(o.backend_threads, 0, "backend_threads");
    is(o.publish_stats, -1, "publish_stats");
    ok(all_bytes_are((unsigned char *)o.name, sizeof o.name, 0), "name");
    ok(all_bytes_are((unsigned char *)o.reserved, sizeof o.reserved, 0), "reserved");
    auraio_options_init(NULL);

    auraio_engine_t *engine = auraio_create_with_options(&o);
    ok(engine, "an engine is made with them");
    auraio_destroy(engine);
    engine = auraio_create_with_options(NULL);
    ok(engine, "and without options");
    auraio_destroy(engine);
    engine = auraio_create();
    ok(engine, "and with none at all");
    auraio_destroy(engine);
    return done();
}
