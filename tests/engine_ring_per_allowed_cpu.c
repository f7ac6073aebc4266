/* SPDX-License-Identifier: Apache-2.0 */
/* Without a number of rings there is one for each CPU that the process may run on. */
#include "outcome.h"

#include <sched.h>

static int rings_of_new_engine(void)
{
    auraio_options_t options;

    test_options(&options);
    options.single_thread = false;
    auraio_engine_t *engine = test_engine(&options);
    int n = auraio_get_ring_count(engine);
    auraio_destroy(engine);
    return n;
}

int main(void)
{
    cpu_set_t all, one;

    if (sched_getaffinity(0, sizeof all, &all) != 0)
        skip_all("no CPU mask: %s", strerror(errno));
    is(rings_of_new_engine(), CPU_COUNT(&all), "one for each of them");
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && !CPU_COUNT(&one); cpu++)
        if (CPU_ISSET(cpu, &all))
            CPU_SET(cpu, &one);
    is(sched_setaffinity(0, sizeof one, &one), 0, "only one CPU is left");
    is(rings_of_new_engine(), 1, "one ring");
    return done();
}
