/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AIMD; the phases are told in controller_aimd.h. What is pending is not in a
 * window: operations in flight stand for it while there is no limit, and once there
 * is one, whether anybody waits.
 */
#include "controller_aimd.h"

#include "controller.h"

#include <string.h>

#define WINDOW_SECONDS 0.1
#define WINDOW_MOST 1.0
#define WINDOW_SAMPLES 20 /* a P99 of fewer says nothing */
#define GROWING_TICKS 3
#define PRESSED_SHARE 0.5 /* of the completions bound, or of the depth in flight */
#define PAYS 0.1          /* one more must bring this part of what an operation brings on average */
#define FLAT_WINDOWS 3
#define SPIKE 10      /* times the baseline */
#define GUARD_NS 10e6 /* before there is a baseline */
#define HIGH_WINDOWS 2
#define CUT 0.8
#define STABLE_SECONDS 5
#define PROBE_AGAIN 100 /* windows after a cut */
#define CALM_SECONDS 0.1

void aur_aimd_init(struct aimd *aimd)
{
    memset(aimd, 0, sizeof *aimd);
}

static void enter(struct aimd *aimd, enum aimd_phase phase)
{
    aimd->phase = phase;
    aimd->windows = aimd->flat = aimd->high = 0;
    aimd->stable = aimd->last_rate = 0;
}

static void clear_window(struct aimd *aimd)
{
    aimd->seconds = aimd->cost = 0;
    aur_latency_sum_clear(&aimd->latency);
}

static bool is_bound(const struct control_window *window)
{
    return (double)window->bound > PRESSED_SHARE * (double)window->completed;
}

static bool is_pressed(struct aimd *aimd, const struct control_window *window, int max)
{
    aimd->growing = window->concurrency > aimd->last_in_flight ? aimd->growing + 1 : 0;
    aimd->last_in_flight = window->concurrency;
    return aimd->growing >= GROWING_TICKS || window->concurrency > PRESSED_SHARE * max ||
           is_bound(window);
}

static bool is_too_slow(const struct aimd *aimd, double p99_ns, double ceiling_ns)
{
    double guard = aimd->baseline_ns > 0 ? SPIKE * aimd->baseline_ns : GUARD_NS;

    if (ceiling_ns > 0 && p99_ns > ceiling_ns)
        return true;
    return aimd->latency.count >= WINDOW_SAMPLES && p99_ns > guard;
}

static void probe(struct aimd *aimd, double rate, int max)
{
    int more = aimd->limit - aimd->last_limit;

    if (aimd->last_rate > 0 && more > 0) {
        double gain = (rate - aimd->last_rate) / more;
        aimd->flat = gain > PAYS * aimd->last_rate / aimd->last_limit ? 0 : aimd->flat + 1;
    }
    if (aimd->flat >= FLAT_WINDOWS || aimd->limit >= max) {
        aimd->was_cut = false;
        enter(aimd, AIMD_SETTLING);
        return;
    }
    aimd->last_rate = rate;
    aimd->last_limit = aimd->limit++;
}

static void back_off(struct aimd *aimd, int min)
{
    int limit = (int)(CUT * aimd->limit);

    aimd->limit = limit < min ? min : limit;
    aimd->was_cut = true;
    enter(aimd, AIMD_BACKOFF);
}

static void end_window(struct aimd *aimd, const struct control_config *config)
{
    double p99_ns = aur_latency_sum_percentile(&aimd->latency, 99);
    bool too_slow = is_too_slow(aimd, p99_ns, config->ceiling_ns);

    aimd->windows++;
    aimd->high = too_slow ? aimd->high + 1 : 0;
    if (aimd->phase != AIMD_PASSTHROUGH && aimd->high >= HIGH_WINDOWS) {
        back_off(aimd, config->min);
        return;
    }
    switch (aimd->phase) {
    case AIMD_PASSTHROUGH:
        if (too_slow && config->ceiling_ns > 0)
            enter(aimd, AIMD_BASELINE);
        break;
    case AIMD_BASELINE:
        if (aimd->latency.count < WINDOW_SAMPLES)
            break;
        if (aimd->baseline_ns <= 0 || p99_ns < aimd->baseline_ns)
            aimd->baseline_ns = p99_ns;
        enter(aimd, AIMD_PROBING);
        break;
    case AIMD_PROBING:
        probe(aimd, aimd->cost / aimd->seconds, config->max);
        break;
    case AIMD_BACKOFF:
        enter(aimd, AIMD_SETTLING);
        break;
    case AIMD_SETTLING:
        enter(aimd, AIMD_STEADY);
        break;
    case AIMD_STEADY:
    case AIMD_CONVERGED:
        aimd->stable += aimd->seconds;
        if (aimd->was_cut && aimd->windows >= PROBE_AGAIN)
            enter(aimd, AIMD_PROBING);
        else if (aimd->phase == AIMD_STEADY && aimd->stable >= STABLE_SECONDS)
            aimd->phase = AIMD_CONVERGED;
        break;
    }
}

static void choose_limit(struct aimd *aimd, const struct control_config *config)
{
    if (!aimd->limit)
        aimd->limit = config->initial > 0 ? config->initial : config->max / 4;
    if (aimd->limit < config->min)
        aimd->limit = config->min;
    if (aimd->limit > config->max)
        aimd->limit = config->max;
}

static void tell(const struct aimd *aimd, int max, struct control_verdict *verdict)
{
    static const auraio_phase_t phases[] = {
        [AIMD_PASSTHROUGH] = AURAIO_PHASE_PASSTHROUGH, [AIMD_BASELINE] = AURAIO_PHASE_BASELINE,
        [AIMD_PROBING] = AURAIO_PHASE_PROBING,         [AIMD_BACKOFF] = AURAIO_PHASE_BACKOFF,
        [AIMD_SETTLING] = AURAIO_PHASE_SETTLING,       [AIMD_STEADY] = AURAIO_PHASE_STEADY,
        [AIMD_CONVERGED] = AURAIO_PHASE_CONVERGED,
    };

    verdict->phase = phases[aimd->phase];
    verdict->gated = aimd->phase != AIMD_PASSTHROUGH;
    verdict->limit = verdict->gated ? aimd->limit : max;
    verdict->trial = aimd->phase == AIMD_PROBING;
    verdict->baseline_p99_ns = aimd->baseline_ns;
}

void aur_aimd_tick(struct aimd *aimd, const struct control_config *config, double seconds,
                   const struct control_window *window, struct control_verdict *verdict)
{
    choose_limit(aimd, config);
    if (!window->polls || !(seconds > 0)) {
        tell(aimd, config->max, verdict);
        return;
    }
    aimd->seconds += seconds;
    aimd->cost += window->cost;
    aur_latency_sum_add(&aimd->latency, window->latency);

    bool pressed = is_pressed(aimd, window, config->max);
    aimd->calm = window->bound ? 0 : aimd->calm + seconds;
    if (aimd->phase == AIMD_PASSTHROUGH && pressed) {
        enter(aimd, AIMD_BASELINE);
        clear_window(aimd);
    } else if (aimd->phase == AIMD_CONVERGED && aimd->calm >= CALM_SECONDS) {
        enter(aimd, AIMD_PASSTHROUGH);
        aimd->growing = 0;
    }
    if (aimd->seconds >= WINDOW_MOST ||
        (aimd->seconds >= WINDOW_SECONDS && aimd->latency.count >= WINDOW_SAMPLES)) {
        end_window(aimd, config);
        clear_window(aimd);
    }
    tell(aimd, config->max, verdict);
}
