/* SPDX-License-Identifier: Apache-2.0 */
#include "total_log.h"

#include "clock.h"

enum { EVERY_MS = 500 };

void total_log_watch(struct run *run)
{
    uint64_t now = now_ns(), since_ns = run->logged_ns ? run->logged_ns : run->began_ns;
    uint64_t bytes_s[DIRECTIONS] = {0};

    if (!run->log || now - since_ns < EVERY_MS * NS_PER_MS)
        return;
    for (int d = 0; d < DIRECTIONS; d++) {
        uint64_t bytes = 0, then = run->logged_bytes[d];
        for (size_t i = 0; i < run->n_tasks; i++)
            bytes += atomic_load(&run->tasks[i].shown_bytes[d]);
        if (bytes > then) /* a ramp's end begins anew */
            bytes_s[d] = (uint64_t)((double)(bytes - then) / ((double)(now - since_ns) / 1e9));
        run->logged_bytes[d] = bytes;
    }
    bandwidth_log_add(run->log, (now - run->began_ns) / NS_PER_MS, bytes_s);
    run->logged_ns = now;
}
