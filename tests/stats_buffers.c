/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of the buffer pool: what is in the callers' hands, what is kept for reuse. */
#include "outcome.h"

enum { BUFFERS = 20, BUFFER_BYTES = 8192 };

int main(void)
{
    auraio_engine_t *engine = test_engine(NULL);
    void *buffers[BUFFERS];
    auraio_buffer_stats_t s;
    int had = 0;

    memset(&s, 0xa5, sizeof s);
    is(auraio_get_buffer_stats(engine, &s), 0, "a fresh pool");
    is(s.total_buffers, 0, "has given away nothing");
    is(s.total_allocated_bytes, 0, "no bytes");
    ok(s.shard_count >= 2 && s.shard_count <= 256, "it has shards (%d)", s.shard_count);
    ok(!s.reserved0 && all_bytes_are((unsigned char *)s.reserved, sizeof s.reserved, 0),
       "what is reserved is zero");
    for (int i = 0; i < BUFFERS; i++)
        had += (buffers[i] = auraio_buffer_alloc(engine, BUFFER_BYTES)) != NULL;
    is(had, BUFFERS, "buffers");
    is(auraio_get_buffer_stats(engine, &s), 0, "statistics");
    is(s.total_buffers, BUFFERS, "count them");
    ok(s.total_allocated_bytes >= BUFFERS * BUFFER_BYTES &&
           s.total_allocated_bytes <= 2 * BUFFERS * BUFFER_BYTES,
       "and their bytes (%llu)", (unsigned long long)s.total_allocated_bytes);
    for (int i = 0; i < BUFFERS; i++)
        auraio_buffer_free(engine, buffers[i]);
    is(auraio_get_buffer_stats(engine, &s), 0, "given back");
    ok(s.total_allocated_bytes <= s.cached_bytes,
       "all that there are lie idle (%llu of %llu bytes)", (unsigned long long)s.cached_bytes,
       (unsigned long long)s.total_allocated_bytes);
    auraio_destroy(engine);
    return done();
}
