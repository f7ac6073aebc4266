/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See weather.h. Time is divided into periods; each has at most one stall and one
 * burst, at a place that is drawn from the seed and the period's number.
 */
#include "weather.h"

#include <math.h>

#define MS 1e6

struct spell {
    double begin, end;
};

void weather_init(struct weather *weather, const struct weather_model *model, uint64_t seed)
{
    *weather = (struct weather){.model = *model, .seed = seed, .piece = UINT64_MAX};
    if (model->wobble_ms == 0)
        weather->model.wobble_ms = 20;
}

static double uniform_at(uint64_t seed, uint64_t index)
{
    return (double)(chance_mix(seed + chance_mix(index)) >> 11) * 0x1p-53;
}

/* Lies within its period, whatever its length. */
static struct spell spell_of(uint64_t seed, uint64_t period, double every_ns, double length_ns)
{
    double begin = ((double)period + uniform_at(seed, period)) * every_ns;
    double last = ((double)period + 1) * every_ns - length_ns;

    if (begin > last)
        begin = last;
    return (struct spell){begin, begin + length_ns};
}

static double wobble(struct weather *weather, uint64_t now)
{
    uint64_t piece = (uint64_t)((double)now / (weather->model.wobble_ms * MS));

    if (piece != weather->piece) {
        double z = chance_normal_at(weather->seed, piece);
        weather->piece = piece;
        weather->factor = exp(weather->model.wobble * fmax(-2.5, fmin(2.5, z)));
    }
    return weather->factor;
}

static double burst(const struct weather *weather, uint64_t now)
{
    double every = weather->model.burst_every_ms * MS;
    uint64_t period = (uint64_t)((double)now / every);
    uint64_t seed = weather->seed + 17;
    double length = (40 + 20 * uniform_at(seed + 1, period)) * MS;
    struct spell spell = spell_of(seed, period, every, length);

    return (double)now >= spell.begin && (double)now < spell.end ? 1 - weather->model.burst_load
                                                                 : 1;
}

/* The stalls that lie between begin and the end are added to the end. */
static double stalled(const struct weather *weather, double begin, double end)
{
    double every = weather->model.stall_every_ms * MS;
    double length = weather->model.stall_ms * MS;

    for (uint64_t period = (uint64_t)(begin / every);; period++) {
        struct spell spell = spell_of(weather->seed + 29, period, every, length);
        if (spell.begin >= end)
            return end;
        if (spell.end > begin)
            end += spell.end - fmax(begin, spell.begin);
    }
}

uint64_t weather_finish(struct weather *weather, uint64_t now, double service_ns)
{
    double end;

    if (weather->model.wobble > 0)
        service_ns /= wobble(weather, now);
    if (weather->model.burst_load > 0)
        service_ns /= burst(weather, now);
    end = (double)now + service_ns;
    if (weather->model.stall_ms > 0)
        end = stalled(weather, (double)now, end);
    return (uint64_t)end;
}
