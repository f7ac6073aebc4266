/* SPDX-License-Identifier: Apache-2.0 */
/* See contestant.h. */
#include "contestant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_of_library(const struct contestant *contestant)
{
    return contestant->law == LAW_KNEE || contestant->law == LAW_AIMD;
}

bool contestant_parse(struct contestant *contestant, const char *text)
{
    static const char *const names[] = {"none", "best", "knee", "aimd"};

    *contestant = (struct contestant){LAW_NONE, 0};
    for (int i = 0; i < 4; i++) {
        if (!strcmp(text, names[i])) {
            contestant->law = (enum law)i;
            return true;
        }
    }
    contestant->law = LAW_STATIC;
    contestant->depth = atoi(text);
    return contestant->depth > 0;
}

const char *contestant_name(const struct contestant *contestant)
{
    static char text[32];

    switch (contestant->law) {
    case LAW_NONE:
        return "no limit";
    case LAW_KNEE:
        return "KNEE";
    case LAW_AIMD:
        return "AIMD";
    default:
        if (!contestant->depth)
            return "best static";
        snprintf(text, sizeof text, "static %d", contestant->depth);
        return text;
    }
}

void pilot_init(struct pilot *pilot, const struct contestant *contestant, int max,
                double ceiling_ns, uint32_t seed)
{
    pilot->contestant = *contestant;
    pilot->config = (struct control_config){.max = max, .ceiling_ns = ceiling_ns};
    pilot->verdict = (struct control_verdict){.limit = max, .phase = AURAIO_PHASE_PASSTHROUGH};
    if (contestant->law == LAW_STATIC && contestant->depth) {
        pilot->verdict.limit = contestant->depth < max ? contestant->depth : max;
        pilot->verdict.gated = true;
    }
    if (is_of_library(contestant))
        aur_controller_init(&pilot->controller,
                            contestant->law == LAW_AIMD ? AURAIO_CONTROL_AIMD : AURAIO_CONTROL_KNEE,
                            seed);
}

void pilot_tick(struct pilot *pilot, double seconds, const struct control_window *window)
{
    if (is_of_library(&pilot->contestant))
        aur_controller_tick(&pilot->controller, &pilot->config, seconds, window, &pilot->verdict);
}
