/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <math.h>
#include <string.h>

#define WOBBLE_NS 20000000u
#define WOBBLE_LEAST 0.2 /* of the factor, whatever the percentage */

static const double us = 1e3, ms = 1e6;

/* xorshift64*, 0 < result <= 1. */
static double uniform(struct device *device)
{
    uint64_t x = device->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    device->random = x;
    return (double)((x * 0x2545f4914f6cdd1d >> 11) + 1) * 0x1p-53;
}

/* Box and Muller. */
static double normal(struct device *device)
{
    double radius = sqrt(-2 * log(uniform(device)));

    return radius * cos(2 * M_PI * uniform(device));
}

static double wobble(struct device *device, uint64_t now_ns)
{
    double percent = device->settings.wobble_percent;

    if (now_ns >= device->wobble_until_ns) {
        device->wobble_until_ns = now_ns + WOBBLE_NS;
        device->wobble = fmax(WOBBLE_LEAST, 1 + percent / 100 * normal(device));
    }
    return percent > 0 ? device->wobble : 1;
}

static uint64_t service_ns(struct device *device, uint64_t now_ns)
{
    const struct device_settings *s = &device->settings;
    double mean = s->service_us * us * wobble(device, now_ns);

    if (s->channels > 1)
        mean *= 1 + s->interference_percent / 100 * device->counters.in_service / (s->channels - 1);
    switch (s->distribution) {
    case EXPONENTIAL:
        mean *= -log(uniform(device));
        break;
    case LOGNORMAL:
        mean *= exp(s->sigma * normal(device) - s->sigma * s->sigma / 2);
        break;
    case FIXED:
        break;
    }
    device->counters.served_us += mean / us;
    return (uint64_t)mean;
}

static void heap_push(struct device *device, struct device_request request)
{
    struct device_request *heap = device->in_service;
    int at = device->counters.in_service++;

    for (; at > 0 && heap[(at - 1) / 2].at_ns > request.at_ns; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = request;
}

static struct device_request heap_pop(struct device *device)
{
    struct device_request *heap = device->in_service, top = heap[0];
    int n = --device->counters.in_service, at = 0;
    struct device_request last = heap[n];

    for (int child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && heap[child + 1].at_ns < heap[child].at_ns)
            child++;
        if (heap[child].at_ns >= last.at_ns)
            break;
        heap[at] = heap[child];
    }
    heap[at] = last;
    return top;
}

/* Gives free channels, free since free_ns, to those that wait. */
static void begin_waiting(struct device *device, uint64_t free_ns)
{
    const struct device_settings *s = &device->settings;
    struct device_counters *c = &device->counters;

    while (c->waiting > 0 && c->in_service < s->channels - s->load) {
        struct device_request request = device->waiting[device->first_waiting];
        uint64_t begins = request.at_ns > free_ns ? request.at_ns : free_ns;
        if (begins < device->stalled_until_ns)
            begins = device->stalled_until_ns;
        device->first_waiting = (device->first_waiting + 1) % DEVICE_REQUESTS;
        c->waiting--;
        c->begun++;
        c->waited_us += (double)(begins - request.at_ns) / us;
        request.at_ns = begins + service_ns(device, begins);
        heap_push(device, request);
    }
    if (c->in_service > c->most_in_service)
        c->most_in_service = c->in_service;
    if (c->waiting > c->most_waiting)
        c->most_waiting = c->waiting;
}

/* The order of the heap stays, as all of it moves alike. */
static void stall(struct device *device, uint64_t now_ns)
{
    uint64_t length = (uint64_t)(device->settings.stall_ms * ms);

    for (int i = 0; i < device->counters.in_service; i++)
        device->in_service[i].at_ns += length;
    device->stalled_until_ns = now_ns + length;
}

static void stall_when_time(struct device *device, uint64_t now_ns)
{
    if (!device->next_stall_ns || now_ns < device->next_stall_ns)
        return;
    stall(device, now_ns);
    device->next_stall_ns = now_ns + (uint64_t)(device->settings.stall_every_ms * ms);
}

void device_init(struct device *device, uint64_t seed)
{
    memset(device, 0, sizeof *device);
    device->settings = (struct device_settings){.channels = 16, .service_us = 500};
    device->random = seed * 0x9e3779b97f4a7c15 | 1;
}

void device_change(struct device *device, const struct device_settings *settings, uint64_t now_ns)
{
    device->settings = *settings;
    device->wobble_until_ns = 0;
    device->next_stall_ns = 0;
    if (settings->stall_every_ms > 0)
        device->next_stall_ns = now_ns + (uint64_t)(settings->stall_every_ms * ms);
    else if (settings->stall_ms > 0)
        stall(device, now_ns);
    begin_waiting(device, now_ns);
}

void device_forget(struct device *device)
{
    struct device_counters *c = &device->counters;
    int in_service = c->in_service, waiting = c->waiting;

    memset(c, 0, sizeof *c);
    c->in_service = c->most_in_service = in_service;
    c->waiting = c->most_waiting = waiting;
}

int device_arrive(struct device *device, void *owner, uint64_t now_ns)
{
    struct device_counters *c = &device->counters;

    if (c->waiting == DEVICE_REQUESTS)
        return -1;
    stall_when_time(device, now_ns);
    unsigned at = (device->first_waiting + (unsigned)c->waiting) % DEVICE_REQUESTS;
    device->waiting[at] = (struct device_request){now_ns, owner};
    c->requests++;
    c->waiting++;
    begin_waiting(device, now_ns);
    return 0;
}

void *device_take(struct device *device, uint64_t now_ns)
{
    struct device_counters *c = &device->counters;

    stall_when_time(device, now_ns);
    if (!c->in_service || device->in_service[0].at_ns > now_ns)
        return NULL;
    struct device_request done = heap_pop(device);
    uint64_t late_us = (now_ns - done.at_ns) / 1000;
    c->ended++;
    c->late_us += (double)(now_ns - done.at_ns) / us;
    c->late[late_us < DEVICE_LATE_US ? late_us : DEVICE_LATE_US]++;
    begin_waiting(device, done.at_ns);
    return done.owner;
}

uint64_t device_next_ns(const struct device *device)
{
    return device->counters.in_service ? device->in_service[0].at_ns : UINT64_MAX;
}

int device_late_p99_us(const struct device_counters *counters)
{
    uint64_t sum = 0;
    int at = 0;

    while (at < DEVICE_LATE_US && (sum += counters->late[at]) * 100 < counters->ended * 99)
        at++;
    return at;
}
