/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MOST = 128, WORDS_MOST = 3 };

#define SERVICE_MOST_US 1e8
#define STALL_MOST_MS 1e5

static const char *const distributions[] = {
    [FIXED] = "fixed", [EXPONENTIAL] = "exponential", [LOGNORMAL] = "lognormal"};

static bool number(const char *word, double least, double most, double *value)
{
    char *end;

    if (!word)
        return false;
    *value = strtod(word, &end);
    return end != word && !*end && isfinite(*value) && *value >= least && *value <= most;
}

static bool whole(const char *word, int least, int most, int *value)
{
    double x;

    if (!number(word, least, most, &x) || x != floor(x))
        return false;
    *value = (int)x;
    return true;
}

static bool read_distribution(char *const *words, struct device_settings *s)
{
    for (int i = FIXED; i <= LOGNORMAL; i++) {
        if (!words[1] || strcmp(words[1], distributions[i]) != 0)
            continue;
        s->distribution = (enum distribution)i;
        return i == LOGNORMAL ? number(words[2], 0, 3, &s->sigma) : !words[2];
    }
    return false;
}

static bool read_stall(char *const *words, struct device_settings *s)
{
    s->stall_every_ms = 0;
    return number(words[1], 0, STALL_MOST_MS, &s->stall_ms) &&
           (!words[2] || number(words[2], s->stall_ms, STALL_MOST_MS, &s->stall_every_ms));
}

static bool read_words(char *const *words, struct orders *orders)
{
    struct device_settings *s = &orders->settings;
    const char *name = words[0];

    if (strcmp(name, "distribution") == 0)
        return read_distribution(words, s);
    if (strcmp(name, "stall_ms") == 0)
        return read_stall(words, s);
    if (words[2])
        return false;
    if (strcmp(name, "channels") == 0)
        return whole(words[1], 1, DEVICE_CHANNELS, &s->channels);
    if (strcmp(name, "load") == 0)
        return whole(words[1], 0, DEVICE_CHANNELS - 1, &s->load);
    if (strcmp(name, "service_us") == 0)
        return number(words[1], 0, SERVICE_MOST_US, &s->service_us);
    if (strcmp(name, "wobble") == 0)
        return number(words[1], 0, 100, &s->wobble_percent);
    if (strcmp(name, "interference") == 0)
        return number(words[1], 0, 10000, &s->interference_percent);
    orders->forget = true;
    return strcmp(name, "forget") == 0 && !words[1];
}

static bool read_line(char *line, struct orders *orders)
{
    char *words[WORDS_MOST + 1] = {NULL}, *rest = NULL;
    int n = 0;

    for (char *word = strtok_r(line, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
        if (n == WORDS_MOST)
            return false;
        words[n++] = word;
    }
    return n == 0 || read_words(words, orders);
}

bool settings_read(struct orders *orders, const char *text, size_t len)
{
    const char *end = text + len;
    char line[LINE_MOST];

    orders->settings.stall_ms = orders->settings.stall_every_ms > 0 ? orders->settings.stall_ms : 0;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line_len = (size_t)((newline ? newline : end) - text);
        if (line_len >= sizeof line || memchr(text, '\0', line_len))
            return false;
        memcpy(line, text, line_len);
        line[line_len] = '\0';
        if (!read_line(line, orders))
            return false;
        text += line_len + (newline != NULL);
    }
    return orders->settings.load < orders->settings.channels;
}

size_t settings_print(const struct device *device, char *text, size_t size)
{
    const struct device_settings *s = &device->settings;
    const struct device_counters *c = &device->counters;
    char sigma[32] = "", every[32] = "";
    uint64_t begun = c->begun ? c->begun : 1, ended = c->ended ? c->ended : 1;

    if (s->distribution == LOGNORMAL)
        snprintf(sigma, sizeof sigma, " %g", s->sigma);
    if (s->stall_every_ms > 0)
        snprintf(every, sizeof every, " %g", s->stall_every_ms);
    int len = snprintf(
        text, size,
        "channels %d\nload %d\nservice_us %g\ndistribution %s%s\nwobble %g\ninterference %g\n"
        "stall_ms %g%s\n"
        "requests %llu\nin_service %d\nwaiting %d\nmost_in_service %d\nmost_waiting %d\n"
        "mean_waiting_us %.1f\nmean_service_us %.1f\nmean_late_us %.1f\np99_late_us %d\n",
        s->channels, s->load, s->service_us, distributions[s->distribution], sigma,
        s->wobble_percent, s->interference_percent, s->stall_every_ms > 0 ? s->stall_ms : 0, every,
        (unsigned long long)c->requests, c->in_service, c->waiting, c->most_in_service,
        c->most_waiting, c->waited_us / (double)begun, c->served_us / (double)begun,
        c->late_us / (double)ended, device_late_p99_us(c));
    return len > 0 ? (size_t)len : 0;
}
