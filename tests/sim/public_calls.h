/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One program for the sweeps: every public call on an engine in a fresh simulated
 * kernel while a fault lasts, and work after it. Each operation that was accepted is
 * answered once, each call that fails says an errno that fits, the engine works again
 * or is dead and says so, nothing is left behind.
 */
#ifndef PUBLIC_CALLS_H
#define PUBLIC_CALLS_H

#include "simkern.h"

#include <auraio.h>

struct fault_of_calls {
    void (*begin)(void *arg); /* the simulator stands, the library was not called yet */
    void (*end)(void *arg);
    void *arg;
    int error; /* the errno that calls may pass on, besides ENOMEM */
    /* It takes the engine's descriptors away: what the kernel had may never be answered. */
    bool loses_descriptors;
    bool lasts_to_the_end; /* end comes after the engine is destroyed */
};

enum end_of_calls { NO_ENGINE, ENGINE_IS_DEAD, ENGINE_WORKS };

struct outcome_of_calls {
    enum end_of_calls end;
    const char *wrong; /* NULL: all was as it should be */
    int wrong_errno;   /* at that moment */
};

struct outcome_of_calls every_public_call(const struct sim_config *config,
                                          const auraio_options_t *options,
                                          const struct fault_of_calls *fault);

/* The engines and kernels in which it is worth while. */
struct calls_scenario {
    const char *name;
    struct sim_config config;
    auraio_options_t options;
};

/* Fills in scenario i; false behind the last one. */
bool calls_scenario(int i, struct calls_scenario *scenario);

#endif
