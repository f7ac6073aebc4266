/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See scenario.h. Not said is one device, one ring, one era; a setup without seconds
 * gets a length that suits its device.
 */
#include "scenario.h"

#include "draw.h"

#include <stdlib.h>
#include <string.h>

#define GREEDY .concurrency = 1024, .bytes = 4096
#define ALONE .apps = 1, .app = {{GREEDY}}
#define LOGNORMAL(s) .spread = SPREAD_LOGNORMAL, .sigma = (s)
#define SSD(n, us)                                                                                 \
    {                                                                                              \
        .kind = DEVICE_SHARED, .channels = (n), .service_us = (us), LOGNORMAL(.4)                  \
    }
#define SOFT(n, us, p)                                                                             \
    {                                                                                              \
        .kind = DEVICE_SMOOTH, .channels = (n), .service_us = (us), .power = (p), LOGNORMAL(.4)    \
    }
#define CONSTANT(n, us)                                                                            \
    {                                                                                              \
        .kind = DEVICE_SHARED, .channels = (n), .service_us = (us)                                 \
    }
#define DISK                                                                                       \
    {                                                                                              \
        .kind = DEVICE_DISK, .channels = 32, .service_us = 8333                                    \
    }
#define NFS                                                                                        \
    {                                                                                              \
        .kind = DEVICE_SHARED, .channels = 8, .service_us = 400, LOGNORMAL(.5), .wire_us = 1500,   \
        .wire_sigma = .2                                                                           \
    }
#define MEMORY                                                                                     \
    {                                                                                              \
        .kind = DEVICE_SHARED, .channels = 1, .service_us = .05                                    \
    }
#define MARKOV                                                                                     \
    {                                                                                              \
        .kind = DEVICE_SHARED, .channels = 16, .service_us = 200, .spread = SPREAD_EXPONENTIAL     \
    }
/* Two eras; the second begins at 8 s. */
#define BECOMES(after)                                                                             \
    .eras = 2, .era = {0, 8}, .changes = 1, .change = {{8, 0, after}}, .seconds = 16
#define OPEN(share)                                                                                \
    .device = {MARKOV}, .apps = 1, .seconds = 40, .against_none = true,                            \
    .app = {{.kind = APP_OPEN, .rate = 80000 * (share), .bytes = 4096}}
#define OWN_DEPTH(n)                                                                               \
    .device = {SSD(16, 200)}, .apps = 1, .app = {{.concurrency = (n), .bytes = 4096}}
#define OPEN_SOFT(share)                                                                           \
    .device = {SOFT(32, 160, 6)}, .apps = 1, .seconds = 20, .against_none = true,                  \
    .app = {{.kind = APP_OPEN, .rate = 200000 * (share), .bytes = 4096}}

/* Another process with the same law, from 3 s on. */
#define RIVAL_UNTIL(end)                                                                           \
    .device = {SSD(16, 200)}, .apps = 2, .rival_depth = -1,                                        \
    .app = {{GREEDY}, {GREEDY, .process = 1, .from = 3, .until = (end)}}

static const struct setup scenarios[] = {
    {.name = "hard", .about = "hard knee at 16", ALONE, .device = {SSD(16, 200)}},
    {.name = "soft", .about = "soft knee about 32", ALONE, .device = {SOFT(32, 160, 3)}},
    {.name = "striped",
     .about = "8 channels, each with a queue",
     ALONE,
     .device = {{.kind = DEVICE_STRIPED, .channels = 8, .service_us = 100, LOGNORMAL(.4)}}},
    {.name = "lognormal",
     .about = "service times far apart",
     ALONE,
     .device = {{.kind = DEVICE_SHARED, .channels = 32, .service_us = 400, LOGNORMAL(.9)}}},
    {.name = "fixed",
     .about = "service times all the same",
     ALONE,
     .device = {{.kind = DEVICE_SHARED, .channels = 16, .service_us = 200}}},
    {.name = "nvme",
     .about = "a million operations per second",
     ALONE,
     .device = {SOFT(96, 90, 6)}},
    {.name = "hdd", .about = "a disk that sorts 32", ALONE, .device = {DISK}},
    {.name = "nfs", .about = "server of 8 threads, 1.5 ms away", ALONE, .device = {NFS}},
    {.name = "droop",
     .about = "too much depth costs throughput",
     ALONE,
     .device =
         {{.kind = DEVICE_SHARED, .channels = 12, .service_us = 300, LOGNORMAL(.4), .droop = .08}}},

    {.name = "faster",
     .about = "four times as fast from 8 s on",
     ALONE,
     .device = {SSD(16, 400)},
     BECOMES(SSD(16, 100))},
    {.name = "slower",
     .about = "a quarter as fast from 8 s on",
     ALONE,
     .device = {SSD(16, 100)},
     BECOMES(SSD(16, 400))},
    {.name = "wider",
     .about = "8 channels become 32",
     ALONE,
     .device = {SSD(8, 200)},
     BECOMES(SSD(32, 200))},
    {.name = "wider-constant",
     .about = "12 channels of constant times become 40",
     ALONE,
     .device = {CONSTANT(12, 400)},
     BECOMES(CONSTANT(40, 400))},
    {.name = "narrower",
     .about = "32 channels become 8",
     ALONE,
     .device = {SSD(32, 200)},
     BECOMES(SSD(8, 200))},
    {.name = "credits",
     .about = "16000/s until a burst is used up, then 5500/s",
     ALONE,
     .device = {{.kind = DEVICE_SHARED,
                 .channels = 16,
                 .service_us = 1000,
                 LOGNORMAL(.4),
                 .credit_rate = 5500,
                 .credit_burst = 80000}},
     .eras = 2,
     .era = {0, 7.7},
     .era_by_credit = true,
     .seconds = 18},
    {.name = "neighbour",
     .about = "half of the capacity taken from 8 s to 16 s",
     .device = {SSD(16, 200)},
     .apps = 2,
     .app =
         {{GREEDY},
          {.kind = APP_OPEN, .process = 1, .rate = 40000, .bytes = 4096, .from = 8, .until = 16}},
     .eras = 3,
     .era = {0, 8, 16},
     .seconds = 24},
    {.name = "larger",
     .about = "4 KiB operations become 64 KiB",
     .device =
         {{.kind = DEVICE_SHARED, .channels = 16, .service_us = 150, LOGNORMAL(.4), .byte_ns = 5}},
     .apps = 2,
     .app = {{.concurrency = 1024, .bytes = 4096, .until = 8},
             {.concurrency = 1024, .bytes = 65536, .from = 8}},
     .eras = 2,
     .era = {0, 8},
     .seconds = 16},

    {.name = "wobble",
     .about = "speed wobbles by 5 %",
     ALONE,
     .device = {SSD(16, 320)},
     .weather = {{.wobble = .05}},
     .seconds = 62},
    {.name = "stalls",
     .about = "stands still for 25 ms now and then",
     ALONE,
     .device = {SSD(16, 320)},
     .weather = {{.stall_ms = 25, .stall_every_ms = 700}},
     .seconds = 62},
    {.name = "bursts",
     .about = "others take half of it for 40..60 ms",
     ALONE,
     .device = {SSD(16, 320)},
     .weather = {{.burst_load = .5, .burst_every_ms = 900}},
     .seconds = 62},

    {.name = "ceiling-soft",
     .about = "1.2 ms where the soft knee has more",
     ALONE,
     .device = {SOFT(32, 400, 2)},
     .ceiling_us = 1200,
     .seconds = 40},
    {.name = "ceiling-striped",
     .about = "700 us on 16 queues",
     ALONE,
     .device = {{.kind = DEVICE_STRIPED, .channels = 16, .service_us = 100, LOGNORMAL(.4)}},
     .ceiling_us = 700,
     .seconds = 40},
    {.name = "ceiling-small",
     .about = "700 us, which allows a depth of 7 or so",
     ALONE,
     .device = {{.kind = DEVICE_STRIPED, .channels = 6, .service_us = 120, LOGNORMAL(.4)}},
     .ceiling_us = 700,
     .seconds = 40},
    {.name = "ceiling-high",
     .about = "out of reach at the knee",
     ALONE,
     .device = {SSD(16, 200)},
     .ceiling_us = 2000,
     .seconds = 40},

    {.name = "ceiling-own-64",
     .about = "700 us, and an application that keeps 64",
     OWN_DEPTH(64),
     .ceiling_us = 700,
     .seconds = 20},
    {.name = "ceiling-own-200",
     .about = "700 us, and an application that keeps 200",
     OWN_DEPTH(200),
     .ceiling_us = 700,
     .seconds = 20},
    {.name = "ceiling-own-256",
     .about = "1.5 ms on a soft knee, and an application that keeps all it can, 256",
     .device = {SOFT(32, 300, 2)},
     .apps = 1,
     .app = {{.concurrency = 256, .bytes = 4096}},
     .ceiling_us = 1500,
     .seconds = 40},
    {.name = "ceiling-own-none",
     .about = "150 us, which nothing meets, and an application that keeps 64",
     OWN_DEPTH(64),
     .ceiling_us = 150,
     .seconds = 20},
    {.name = "ceiling-open",
     .about = "Poisson at 95 % of the capacity, most of it over the ceiling",
     .device = {MARKOV},
     .apps = 1,
     .app = {{.kind = APP_OPEN, .rate = 76000, .bytes = 4096}},
     .ceiling_us = 1200,
     .seconds = 20},

    {.name = "rings-4",
     .about = "four rings that want all",
     .rings = 4,
     .apps = 4,
     .device = {SSD(24, 300)},
     .app = {{GREEDY}, {GREEDY, .ring = 1}, {GREEDY, .ring = 2}, {GREEDY, .ring = 3}}},
    {.name = "rings-8",
     .about = "eight rings that want all, knee at 4",
     .rings = 8,
     .apps = 8,
     .device = {SSD(4, 100)},
     .app = {{GREEDY},
             {GREEDY, .ring = 1},
             {GREEDY, .ring = 2},
             {GREEDY, .ring = 3},
             {GREEDY, .ring = 4},
             {GREEDY, .ring = 5},
             {GREEDY, .ring = 6},
             {GREEDY, .ring = 7}}},
    {.name = "rings-unequal",
     .about = "two rings want all, two want 3 and 1",
     .rings = 4,
     .apps = 4,
     .device = {SSD(24, 300)},
     .app = {{GREEDY},
             {GREEDY, .ring = 1},
             {.concurrency = 3, .bytes = 4096, .ring = 2},
             {.concurrency = 1, .bytes = 4096, .ring = 3}}},
    {.name = "two-devices",
     .about = "an SSD and a server, a ring each",
     .devices = 2,
     .rings = 2,
     .apps = 2,
     .device = {SSD(16, 200), NFS},
     .app = {{GREEDY}, {GREEDY, .ring = 1, .device = 1}},
     .seconds = 20},
    {.name = "two-on-a-ring",
     .about = "the same, both on one ring",
     .devices = 2,
     .rings = 1,
     .apps = 2,
     .device = {SSD(16, 200), NFS},
     .app = {{.concurrency = 120, .bytes = 4096}, {.concurrency = 120, .bytes = 4096, .device = 1}},
     .seconds = 20},

    {.name = "open-30", .about = "Poisson at 30 % of the capacity", OPEN(.3)},
    {.name = "open-70", .about = "Poisson at 70 % of the capacity", OPEN(.7)},
    {.name = "open-95", .about = "Poisson at 95 % of the capacity", OPEN(.95)},
    {.name = "open-soft-30", .about = "Poisson at 30 %, soft knee", OPEN_SOFT(.3)},
    {.name = "open-soft-70", .about = "Poisson at 70 %, soft knee", OPEN_SOFT(.7)},
    {.name = "open-soft-95", .about = "Poisson at 95 %, soft knee", OPEN_SOFT(.95)},
    {.name = "page-cache",
     .about = "all in memory, 32 at a time",
     .device = {MEMORY},
     .apps = 1,
     .app = {{.concurrency = 32, .bytes = 4096}},
     .seconds = 10,
     .op_us = 1.5,
     .against_none = true},

    {.name = "mixed-sizes",
     .about = "one operation in 8 is of 256 KiB",
     .apps = 1,
     .device =
         {{.kind = DEVICE_SHARED, .channels = 16, .service_us = 100, LOGNORMAL(.4), .byte_ns = 2}},
     .app = {{.concurrency = 1024, .bytes = 4096, .large_bytes = 262144, .large_every = 8}}},
    {.name = "own-depth", .about = "an application that keeps 64, knee at 16", OWN_DEPTH(64)},
    {.name = "shallow",
     .about = "an application that keeps 6, knee at 16",
     .device = {SSD(16, 200)},
     .apps = 1,
     .app = {{.concurrency = 6, .bytes = 4096}},
     .seconds = 20,
     .against_none = true},
    {.name = "on-and-off",
     .about = "200 wanted for 50 ms, two for 50 ms",
     .device = {SSD(16, 200)},
     .apps = 1,
     .seconds = 20,
     .against_none = true,
     .app = {{.kind = APP_BURSTY, .concurrency = 200, .on_ms = 50, .off_ms = 50, .bytes = 4096}}},
    {.name = "rare-polls",
     .about = "a thread that looks every 2 ms",
     ALONE,
     .device = {SSD(16, 200)},
     .reap_us = 2000},
    {.name = "rival",
     .about = "another process keeps 32 on the device",
     .device = {SSD(16, 200)},
     .apps = 2,
     .rival_depth = 32,
     .app = {{GREEDY}, {GREEDY, .process = 1}},
     .seconds = 20},
    {.name = "rival-law",
     .about = "another process with the same law",
     .device = {SSD(16, 200)},
     .apps = 2,
     .rival_depth = -1,
     .app = {{GREEDY}, {GREEDY, .process = 1}},
     .eras = 2,
     .era = {0, 5},
     .seconds = 20},
    {.name = "rival-laws",
     .about = "two other processes with the same law",
     .device = {SSD(16, 200)},
     .apps = 3,
     .rival_depth = -1,
     .app = {{GREEDY}, {GREEDY, .process = 1}, {GREEDY, .process = 2}},
     .eras = 2,
     .era = {0, 5},
     .seconds = 20},
    {.name = "rival-visit",
     .about = "another process with the same law from 8 s to 24 s",
     .device = {SSD(16, 200)},
     .apps = 2,
     .rival_depth = -1,
     .app = {{GREEDY}, {GREEDY, .process = 1, .from = 8, .until = 24}},
     .eras = 3,
     .era = {0, 13, 24},
     .seconds = 34},
    {.name = "rival-slower",
     .about = "a third as fast from 12 s on, beside another process with the same law",
     RIVAL_UNTIL(0),
     .changes = 1,
     .change = {{12, 0, SSD(16, 600)}},
     .eras = 2,
     .era = {0, 18},
     .seconds = 40},
    {.name = "rival-slow-leaves",
     .about = "a third as fast from 12 s on; another process leaves at 24 s",
     RIVAL_UNTIL(24),
     .changes = 1,
     .change = {{12, 0, SSD(16, 600)}},
     .eras = 3,
     .era = {0, 18, 24},
     .seconds = 34},
    {.name = "rival-slower-leaves",
     .about = "a fifth as fast from 12 s on; another process leaves at 24 s",
     RIVAL_UNTIL(24),
     .changes = 1,
     .change = {{12, 0, SSD(16, 1000)}},
     .eras = 3,
     .era = {0, 18, 24},
     .seconds = 34},
};

int scenario_count(void)
{
    return (int)(sizeof scenarios / sizeof *scenarios);
}

const struct setup *scenario_at(int index)
{
    return &scenarios[index];
}

bool scenario_find(const char *name, uint64_t seed, struct setup *setup)
{
    if (!strncmp(name, "static:", 7) || !strncmp(name, "change:", 7)) {
        uint64_t number = strtoull(name + 7, NULL, 10);
        (*name == 's' ? draw_static : draw_changing)(seed + number, setup);
        setup->name = name;
        return true;
    }
    for (int i = 0; i < scenario_count(); i++) {
        if (!strcmp(scenarios[i].name, name)) {
            *setup = scenarios[i];
            setup->devices += !setup->devices;
            setup->rings += !setup->rings;
            setup->eras += !setup->eras;
            return true;
        }
    }
    return false;
}
