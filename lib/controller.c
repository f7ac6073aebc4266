/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all laws share: the configuration in order, the verdict within it.
 */
#include "controller.h"

#include <string.h>

void aur_controller_init(struct controller *controller, auraio_control_t law, uint32_t seed)
{
    memset(controller, 0, sizeof *controller);
    controller->law = law;
    if (law == AURAIO_CONTROL_AIMD)
        aur_aimd_init(&controller->u.aimd);
    else
        aur_knee_init(&controller->u.knee, seed);
}

static int within(int value, int min, int max)
{
    return value > max ? max : value < min ? min : value;
}

void aur_controller_tick(struct controller *controller, const struct control_config *config,
                         double seconds, const struct control_window *window,
                         struct control_verdict *verdict)
{
    bool is_aimd = controller->law == AURAIO_CONTROL_AIMD;
    struct control_config in_order = *config;

    in_order.max = config->max < 1 ? 1 : config->max;
    in_order.min = config->min > 0 ? config->min : is_aimd ? AIMD_MIN : 1;
    in_order.min = within(in_order.min, 1, in_order.max);
    if (config->initial > 0)
        in_order.initial = within(config->initial, in_order.min, in_order.max);
    if (!(config->ceiling_ns > 0))
        in_order.ceiling_ns = 0;
    if (!(seconds > 0))
        seconds = 0;

    memset(verdict, 0, sizeof *verdict);
    if (is_aimd)
        aur_aimd_tick(&controller->u.aimd, &in_order, seconds, window, verdict);
    else
        aur_knee_tick(&controller->u.knee, &in_order, seconds, window, verdict);
    verdict->limit = within(verdict->limit, in_order.min, in_order.max);
}
