/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a law is fed, and however the configuration changes between ticks, its
 * limit is within the bounds and its figures are numbers; and the same input gives
 * the same output.
 */
#include "controller.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

static uint64_t chance(uint64_t below)
{
    state += 0x9e3779b97f4a7c15ull;
    uint64_t x = (state ^ state >> 30) * 0xbf58476d1ce4e5b9ull;
    return (x ^ x >> 29) % below;
}

static void draw_config(struct control_config *config)
{
    static const int maxima[] = {-1, 0, 1, 2, 7, 64, 256, 4096, 65536};

    config->max = maxima[chance(9)];
    config->min = chance(3) ? 0 : (int)chance(100);
    config->initial = chance(2) ? 0 : (int)chance(1000);
    config->ceiling_ns = chance(2) ? 0 : (double)chance(100000000);
}

/* How the application and the device are for a while. */
struct mood {
    uint64_t rate, latency_ns;
    bool bound, polls;
};

static void draw_mood(struct mood *mood)
{
    static const uint64_t rates[] = {0, 1, 50, 3000, 40000, 2000000};

    mood->rate = rates[chance(6)];
    mood->latency_ns = 1ull << chance(37);
    mood->bound = chance(3);
    mood->polls = chance(8);
}

static void draw_window(const struct mood *mood, double seconds, struct control_window *window)
{
    memset(window, 0, sizeof *window);
    window->polls = mood->polls;
    if (!mood->polls)
        return;
    uint64_t most = (uint64_t)((double)mood->rate * seconds) + 1;
    window->completed = chance(8) ? most * 7 / 8 + chance(most / 4 + 1) : 0;
    window->cost = (double)window->completed * (1 + (double)chance(16));
    window->bound = mood->bound ? window->completed : chance(window->completed + 1);
    window->samples = window->completed / (1 + chance(8));
    window->concurrency = chance(4) ? (double)chance(300) : 0;
    for (int i = 0; i < 3; i++)
        window->over[i] = chance(window->samples + 1);
    window->latency[latency_bucket(mood->latency_ns)] = (uint32_t)window->samples;
}

static bool is_sound(const struct control_verdict *verdict, const struct control_config *config)
{
    int max = config->max < 1 ? 1 : config->max;
    int min = config->min < 1 ? 1 : config->min > max ? max : config->min;

    return verdict->limit >= min && verdict->limit <= max && verdict->knee >= 0 &&
           isfinite(verdict->baseline_p99_ns) && verdict->baseline_p99_ns >= 0;
}

static uint64_t run(auraio_control_t law, uint64_t seed, int ticks, int *unsound)
{
    static struct controller controller;
    struct control_config config = {0, 0, 256, 0};
    struct control_verdict verdict;
    struct control_window window;
    struct mood mood = {0};
    uint64_t digest = 0;

    state = seed;
    aur_controller_init(&controller, law, (uint32_t)seed);
    for (int i = 0; i < ticks; i++) {
        double seconds = chance(50) ? 0.01 : (double)chance(1000) / 1000;
        if (i % 300 == 0)
            draw_mood(&mood);
        if (chance(500) == 0)
            draw_config(&config);
        draw_window(&mood, seconds, &window);
        aur_controller_tick(&controller, &config, seconds, &window, &verdict);
        *unsound += !is_sound(&verdict, &config);
        digest = digest * 31 + (uint64_t)verdict.limit * 2 + verdict.gated;
    }
    return digest;
}

int main(void)
{
    static const auraio_control_t laws[] = {AURAIO_CONTROL_KNEE, AURAIO_CONTROL_AIMD};
    const char *wish = getenv("AURAIO_CONTROLLER_TICKS");
    int ticks = wish ? atoi(wish) : 20000;

    for (int k = 0; k < 2; k++) {
        int unsound = 0, different = 0;
        for (uint64_t seed = 1; seed <= 10; seed++) {
            uint64_t first = run(laws[k], seed, ticks, &unsound);
            different += first != run(laws[k], seed, ticks, &unsound);
        }
        is(unsound, 0, "law %d: all verdicts are sound", (int)laws[k]);
        is(different, 0, "... and repeat");
    }
    return done();
}
