/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated world is what it claims to be: known queues have their known
 * throughput and latency, a knee lies where it was built, nothing is lost, a seed
 * repeats, the gate is fair.
 */
#include "scenario.h"
#include "score.h"
#include "tap.h"

#include <math.h>
#include <string.h>

static struct world world;

static bool is_near(double got, double wanted, double share)
{
    bool near = fabs(got - wanted) <= share * fabs(wanted);

    if (!near)
        note("got %g, wanted %g within %g %%", got, wanted, 100 * share);
    return near;
}

static struct setup one_device(struct device_model model)
{
    return (struct setup){.devices = 1,
                          .rings = 1,
                          .eras = 1,
                          .apps = 1,
                          .device = {model},
                          .app = {{.concurrency = 1024, .bytes = 4096}}};
}

/* Erlang's probability that an arrival waits, with an offered load of a on c servers. */
static double erlang_c(int c, double a)
{
    double blocked = 1;

    for (int i = 1; i <= c; i++)
        blocked = a * blocked / (i + a * blocked);
    return blocked / (1 - a / c * (1 - blocked));
}

static void markov_queue(int channels, double load)
{
    static struct bout bout;
    double service_s = 1e-3, rate = load * channels / service_s;
    struct setup setup = one_device((struct device_model){.kind = DEVICE_SHARED,
                                                          .channels = channels,
                                                          .service_us = service_s * 1e6,
                                                          .spread = SPREAD_EXPONENTIAL});
    double wait = erlang_c(channels, load * channels) * service_s / (channels * (1 - load));

    setup.app[0] = (struct app_model){.kind = APP_OPEN, .rate = rate, .bytes = 4096};
    setup.against_none = true;
    setup.seconds = 400e3 / rate;
    bout_prepare(&world, &setup, 1, 1, &bout);
    const struct score *score = &bout.score[0][0];
    double in_flight = 0;
    for (int i = 200; i < bout.bins; i++)
        in_flight += (double)bout.bin[0][i].depth / (bout.bins - 200);
    double latency = score->depth / score->throughput;
    ok(is_near(score->throughput, rate, .01), "M/M/%d at %.0f %%: what arrives is served", channels,
       100 * load);
    ok(is_near(latency, wait + service_s, .03), "M/M/%d at %.0f %%: latency is Erlang's", channels,
       100 * load);
    ok(is_near(in_flight, score->throughput * latency, .02), "M/M/%d at %.0f %%: Little's law",
       channels, 100 * load);
    if (channels == 1)
        ok(is_near(score->p99_ns / 1e9, log(100) * (wait + service_s), .05),
           "M/M/1: the P99 is that of an exponential");
}

static void hard_knee(enum spread_kind spread, double sigma)
{
    static struct curve curve;
    struct setup setup = one_device((struct device_model){.kind = DEVICE_SHARED,
                                                          .channels = 20,
                                                          .service_us = 1000,
                                                          .spread = spread,
                                                          .sigma = sigma});

    curve_sweep(&world, &setup, 0, 0, 7, &curve);
    ok(abs(curve.best - 20) <= (spread == SPREAD_FIXED ? 0 : 1), "a hard knee is at 20 (%d)",
       curve.best);
    ok(is_near(curve_throughput(&curve, 10), 10e3, .01), "half the channels, half the throughput");
    ok(is_near(curve_throughput(&curve, 128), 20e3, .01), "beyond the knee there is no more");
}

static void smooth_knee(void)
{
    static struct curve curve;
    struct setup setup = one_device((struct device_model){.kind = DEVICE_SMOOTH,
                                                          .channels = 16,
                                                          .service_us = 1000,
                                                          .power = 4,
                                                          .spread = SPREAD_LOGNORMAL,
                                                          .sigma = .5});

    curve_sweep(&world, &setup, 0, 0, 7, &curve);
    for (int i = 0; i < curve.points; i += 3) {
        double n = curve.depth[i];
        ok(is_near(curve.throughput[i], n * 1e3 / pow(1 + pow(n / 16, 4), .25), .01),
           "a smooth device gives its throughput at depth %.0f", n);
    }
}

/* Closed networks whose answers are known: queues of one kind, and a wire before a queue. */
static void known_networks(void)
{
    static struct curve curve;
    struct setup setup = one_device((struct device_model){
        .kind = DEVICE_STRIPED, .channels = 6, .service_us = 1000, .spread = SPREAD_EXPONENTIAL});

    curve_sweep(&world, &setup, 0, 0, 7, &curve);
    for (int i = 0; i < curve.points; i += 3) {
        double n = curve.depth[i];
        ok(is_near(curve.throughput[i], 6e3 * n / (n + 5), .01),
           "six queues at depth %.0f have their throughput", n);
    }
    setup.device[0].kind = DEVICE_SHARED;
    setup.device[0].wire_us = 9000;
    setup.device[0].wire_sigma = .2;
    curve_sweep(&world, &setup, 0, 0, 7, &curve);
    ok(is_near(curve_throughput(&curve, 45), 4.5e3, .02), "a wire adds its time");
}

static double throughput_of(struct setup *setup, int depth, double seconds)
{
    static struct bout bout;
    struct contestant contestant = {LAW_STATIC, depth};

    memset(&bout, 0, sizeof bout);
    setup->seconds = seconds;
    bout_run(&world, setup, &contestant, 3, 0, &bout);
    return bout.score[0][0].throughput;
}

static void disturbed(void)
{
    struct setup setup =
        one_device((struct device_model){.kind = DEVICE_SHARED, .channels = 8, .service_us = 200});

    double calm = throughput_of(&setup, 8, 10);
    setup.weather[0] = (struct weather_model){.stall_ms = 25, .stall_every_ms = 250};
    ok(is_near(throughput_of(&setup, 8, 10), .9 * calm, .01), "stalls take their time");
    setup.weather[0] = (struct weather_model){.burst_load = .5, .burst_every_ms = 250};
    ok(is_near(throughput_of(&setup, 8, 20), .9 * calm, .01), "bursts take their share");
    setup.weather[0] = (struct weather_model){.wobble = .05};
    ok(is_near(throughput_of(&setup, 8, 20), calm, .01), "wobble evens out");
    setup.weather[0] = (struct weather_model){0};
    setup.device[0].credit_rate = 1000;
    setup.device[0].credit_burst = 10000;
    ok(is_near(throughput_of(&setup, 8, 10), 1000, .02), "credits come at their rate");
}

static void nothing_is_lost(void)
{
    struct setup setup;
    struct contestant contestant = {LAW_STATIC, 5};
    int free = 0;

    scenario_find("rings-unequal", 1, &setup);
    setup.seconds = 3;
    for (int i = 0; i < setup.apps; i++)
        setup.app[i].until = 1;
    world_init(&world, &setup, &contestant, 5);
    world_run(&world);
    for (uint32_t id = world.free; id; id = world.ops[id - 1].next)
        free++;
    is(free, WORLD_OPS, "every operation came back");
    is(world.process[0].target[0].tokens, 0, "so did every token");
    is(world.process[0].target[0].waiting, 0, "nobody waits");
}

/* A thread that is busy seldom knows when something ended; what it knows is told all the same. */
static void samples_of_a_busy_thread(void)
{
    struct setup setup = one_device((struct device_model){
        .kind = DEVICE_SHARED, .channels = 20, .service_us = 66, .spread = SPREAD_EXPONENTIAL});
    struct contestant contestant = {LAW_STATIC, 24};
    const struct control_window *window = &world.process[0].target[0].window;

    setup.seconds = 1.005;
    world_init(&world, &setup, &contestant, 1);
    world_run(&world);
    ok(window->completed > 1000 && window->samples > window->completed / 100,
       "latencies of %d operations are known, of %d", (int)window->samples, (int)window->completed);
}

static void same_seed(void)
{
    static struct bout first, second, other;
    struct contestant contestant = {LAW_KNEE, 0};
    struct setup setup;

    scenario_find("change:3", 1, &setup);
    bout_prepare(&world, &setup, 1, 2, &first);
    second = other = first;
    bout_run(&world, &setup, &contestant, 1, 0, &first);
    bout_run(&world, &setup, &contestant, 1, 0, &second);
    bout_run(&world, &setup, &contestant, 2, 0, &other);
    ok(!memcmp(&first, &second, sizeof first), "the same seed twice, the same to the bit");
    ok(memcmp(&first, &other, sizeof first) != 0, "another seed, another run");
}

static void fair(void)
{
    static struct bout bout;
    struct contestant contestant = {LAW_STATIC, 10};
    struct setup setup;

    scenario_find("rings-4", 1, &setup);
    setup.seconds = 5;
    memset(&bout, 0, sizeof bout);
    bout_run(&world, &setup, &contestant, 1, 0, &bout);
    ok(bout.score[0][0].jain > .999, "greedy rings get the same (%.5f)", bout.score[0][0].jain);
    ok(is_near(bout.score[0][0].depth, 10, .001), "the limit is used and kept");
    scenario_find("rings-unequal", 1, &setup);
    setup.seconds = 5;
    contestant.depth = 20;
    bout_run(&world, &setup, &contestant, 1, 0, &bout);
    const double *x = bout.score[0][0].ring_throughput;
    double each = bout.score[0][0].throughput / 20;
    ok(is_near(x[2], 3 * each, .1) && is_near(x[3], each, .1),
       "rings that want little get it (%.2f of 3, %.2f of 1)", x[2] / each, x[3] / each);
}

/* Processes that keep the same depth get the same, and all of them are counted. */
static void equal_processes(void)
{
    static struct bout bout;
    struct contestant contestant = {LAW_STATIC, 6};
    struct setup setup;

    scenario_find("rival-laws", 1, &setup);
    setup.eras = 1;
    setup.seconds = 5;
    memset(&bout, 0, sizeof bout);
    bout_run(&world, &setup, &contestant, 1, 0, &bout);
    const struct score *score = &bout.score[0][0];
    ok(score->process_jain > .999, "equal processes get the same (%.5f)", score->process_jain);
    ok(is_near(score->all_depth, 18, .001), "the depths of all are counted");
}

int main(void)
{
    markov_queue(1, .7);
    markov_queue(4, .8);
    markov_queue(16, .5);
    hard_knee(SPREAD_FIXED, 0);
    hard_knee(SPREAD_EXPONENTIAL, 0);
    hard_knee(SPREAD_LOGNORMAL, .8);
    smooth_knee();
    known_networks();
    disturbed();
    nothing_is_lost();
    samples_of_a_busy_thread();
    same_seed();
    fair();
    equal_processes();
    return done();
}
