/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a search does next, from what it knows: the next trial of its stage, or the
 * limit when nothing is left to be tried.
 */
#include "controller_knee_search.h"

#include "controller.h"

#include <math.h>

#define GAIN 1.025 /* throughput of twice the depth: less is the plateau */
#define FINE 1.08  /* bracket that ends the search */
#define FINE_SLOW 1.22
#define MARGIN 0.08   /* above the knee: a small standing queue shows when capacity grows */
#define MARGIN_FROM 5 /* one more of fewer would be too much */
#define SHORT 0.012   /* of throughput: what a knee without a margin may lack */
#define GUESS 1.02
#define UNDER_GUESS 0.92

int aur_knee_search_clip(const struct knee_search *search, double depth)
{
    double whole = floor(depth + 0.5);

    return (int)fmin(fmax(whole, search->range.min), search->range.max);
}

void aur_knee_search_measure(struct knee_search *search, const struct knee_meter *meter)
{
    aur_knee_span_clear(&search->slot);
    aur_latency_sum_clear(&search->latency);
    search->skip = aur_knee_transient(meter);
}

void aur_knee_search_settle(struct knee_search *search, const struct knee_meter *meter)
{
    double limit = search->hi;

    if (search->is_narrow) {
        limit += search->log_rho < -SHORT ? 1 : 0;
    } else if (!search->over) {
        limit += search->hi >= MARGIN_FROM ? fmax(1, MARGIN * search->hi) : 0;
        limit = fmax(limit, (1 + MARGIN) * search->plateau * search->turnover);
        limit = fmin(limit, 2.0 * search->hi);
    }
    search->limit = aur_knee_search_clip(search, limit);
    search->stage = KNEE_SETTLE;
    aur_knee_search_measure(search, meter);
}

static double candidate(struct knee_search *search)
{
    double guess = GUESS * search->plateau * search->turnover;

    if (!search->guessed && guess > search->lo && guess < search->hi / FINE) {
        search->guessed = search->guess_held = true;
        return guess;
    }
    if (search->guess_held && UNDER_GUESS * search->hi > search->lo) {
        search->guess_held = false;
        return UNDER_GUESS * search->hi;
    }
    return sqrt(fmax(search->lo, 1) * (double)search->hi);
}

static bool is_fine(const struct knee_search *search, const struct knee_meter *meter)
{
    double fine = aur_knee_is_slow(meter) ? FINE_SLOW : FINE;

    return search->hi <= search->lo + 1 || search->hi <= fine * search->lo ||
           search->hi <= search->range.min;
}

/* The knee seems to be just above lo, where it was not looked for: lo is tried once more. */
static bool is_doubtful(const struct knee_search *search)
{
    return search->lo_is_old && search->lo >= search->range.min && search->lo < search->hi &&
           search->log_rho > -SHORT;
}

static void begin_trial(struct knee_search *search, const struct knee_meter *meter, int b,
                        double threshold)
{
    aur_knee_trial_begin(&search->trial, meter, search->hi, b, threshold, &search->known);
}

static void next_up(struct knee_search *search, const struct knee_meter *meter)
{
    double next = 2.0 * search->hi, threshold = GAIN;

    search->tried_up = true;
    if (search->over) {
        next = fmin(next, floor(sqrt((double)search->hi * search->over)));
        threshold = 1 + (GAIN - 1) * log2(next / search->hi);
    }
    int b = aur_knee_search_clip(search, next);
    bool done = b <= search->hi || (search->over && search->over <= FINE * search->hi);
    if (!done) {
        begin_trial(search, meter, b, threshold);
        return;
    }
    if (search->over) {
        aur_knee_search_settle(search, meter);
        return;
    }
    search->stage = search->lo ? KNEE_BISECT : KNEE_DOWN;
    aur_knee_search_next(search, meter);
}

void aur_knee_search_next(struct knee_search *search, const struct knee_meter *meter)
{
    double keep = KNEE_THETA / exp(search->log_rho);

    switch (search->stage) {
    case KNEE_JUMP:
        begin_trial(search, meter, search->jump, keep);
        return;
    case KNEE_UP:
        next_up(search, meter);
        return;
    case KNEE_DOWN:
        if (search->hi > search->range.min) {
            begin_trial(search, meter,
                        aur_knee_search_clip(search, floor(search->shrink * search->hi)), keep);
            return;
        }
        search->stage = search->tried_up ? KNEE_BISECT : KNEE_UP;
        aur_knee_search_next(search, meter);
        return;
    default:
        break;
    }
    if (is_fine(search, meter) && is_doubtful(search)) {
        int again = search->lo;
        search->lo = 0;
        search->lo_is_old = false;
        search->stage = KNEE_DOWN;
        begin_trial(search, meter, again, keep);
        return;
    }
    if (is_fine(search, meter)) {
        aur_knee_search_settle(search, meter);
        return;
    }
    int b = aur_knee_search_clip(search, candidate(search));
    b = b <= search->lo ? search->lo + 1 : b >= search->hi ? search->hi - 1 : b;
    begin_trial(search, meter, b, keep);
}
