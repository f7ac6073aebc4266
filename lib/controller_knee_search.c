/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search of controller_knee_search.h: how it begins, and what it learns from each
 * trial. What it does next is told in controller_knee_next.c.
 */
#include "controller_knee_search.h"

#include "controller.h"

#include <math.h>
#include <string.h>

#define REF_SIGMA 0.08
#define REF_SECONDS 0.2
#define NARROW 1.15 /* between the quartiles of latency: less is a device of constant times */
#define NARROW_SAMPLES 100
#define DOWN_FIRST 0.005 /* s of latency: above it a greater depth would hurt */
#define BELOW 0.85       /* of the throughput before the search: surely below the knee */
#define TOP_LEAST 0.97
#define TOP_MOST 1.1 /* more: it is one that great depths slow down */
#define HALF 0.5
#define SMALL_STEP 0.85 /* after a jump */
#define SETTLE_SECONDS 0.045
#define SETTLE_SIGMA 0.03
#define SETTLE_OFF 0.06
#define RETRIES_MAX 2
#define PLAIN_GAIN 1.25 /* of throughput; less does not prove that the smaller depth loses any */
#define GUARD_SAMPLES 50

static void reset(struct knee_search *search, const struct knee_range *range, int depth)
{
    struct knee_range kept = *range; /* may be the search's own */

    memset(search, 0, sizeof *search);
    search->range = kept;
    search->shrink = HALF;
    search->hi = aur_knee_search_clip(search, depth);
}

void aur_knee_search_begin(struct knee_search *search, const struct knee_meter *meter,
                           const struct knee_range *range, int depth, int jump,
                           const struct knee_span *top)
{
    int retries = search->retries;

    reset(search, range, depth);
    search->retries = retries;
    search->jump = jump;
    search->stage = KNEE_REF;
    if (top)
        search->top = *top;
    aur_knee_search_measure(search, meter);
    search->drain = search->skip - search->skip / 4 - 1.5 * search->hi;
}

static void plateau_is(struct knee_search *search, const struct knee_span *span)
{
    if (span->seconds > 0)
        search->plateau = span->completed / span->seconds;
}

void aur_knee_search_go_up(struct knee_search *search, const struct knee_meter *meter,
                           const struct knee_range *range, const struct knee_trial *shown, bool far)
{
    double turnover = search->turnover;

    reset(search, range, shown->b);
    search->lo = shown->a;
    search->turnover = turnover;
    search->known = shown->total_b;
    plateau_is(search, &shown->total_b);
    search->stage = far ? KNEE_UP : KNEE_BISECT;
    aur_knee_search_next(search, meter);
}

void aur_knee_search_go_down(struct knee_search *search, const struct knee_meter *meter,
                             const struct knee_range *range, int depth)
{
    double turnover = search->turnover;
    double plateau = meter->rate;

    reset(search, range, depth);
    search->turnover = turnover;
    search->plateau = plateau;
    search->tried_up = true;
    search->shrink = SMALL_STEP;
    search->stage = KNEE_DOWN;
    aur_knee_search_next(search, meter);
}

int aur_knee_search_depth(const struct knee_search *search)
{
    switch (search->stage) {
    case KNEE_REF:
        return search->hi;
    case KNEE_SETTLE:
        return search->limit;
    default:
        return knee_trial_depth(&search->trial);
    }
}

static void note_turnover(struct knee_search *search, const struct knee_meter *meter, int depth,
                          const struct knee_span *span)
{
    if (span->completed < 1 || !aur_knee_span_is_bound(span))
        return;
    double turnover = depth * span->seconds / span->completed;
    /* The smallest of noisy readings would be too small. */
    turnover *= 1 + sqrt(aur_knee_span_variance(span, meter));
    if (search->turnover <= 0 || turnover < search->turnover)
        search->turnover = turnover;
}

/* hi has as much throughput as there was without a limit, and no more: it is on the plateau. */
static bool reaches_top(const struct knee_search *search)
{
    if (search->top.seconds <= 0 || search->known.seconds <= 0)
        return false;
    double part = aur_knee_span_log_rate(&search->known) - aur_knee_span_log_rate(&search->top);
    return part > log(TOP_LEAST) && part < log(TOP_MOST);
}

static bool is_narrow(const struct latency_sum *latency)
{
    return latency->count >= NARROW_SAMPLES && aur_latency_sum_percentile(latency, 75) <
                                                   NARROW * aur_latency_sum_percentile(latency, 25);
}

/* b has what is wanted: it is the new hi. */
static void move_to_b(struct knee_search *search)
{
    const struct knee_trial *trial = &search->trial;

    search->known = trial->total_b;
    search->is_narrow = is_narrow(&trial->latency);
    search->hi = trial->b;
}

static void after_up(struct knee_search *search, bool grew)
{
    const struct knee_trial *trial = &search->trial;

    if (grew) {
        search->lo = trial->result > log(PLAIN_GAIN) ? search->hi : 0;
        search->lo_is_old = true;
        search->log_rho = 0;
        plateau_is(search, &trial->total_b);
        move_to_b(search);
        return;
    }
    struct knee_span both = trial->total_a;
    aur_knee_span_merge(&both, &trial->total_b);
    plateau_is(search, &both);
    search->log_rho = fmax(-fmax(trial->result - trial->sigma, 0), log(KNEE_THETA));
    search->known = trial->total_a;
    search->stage = search->over ? KNEE_SETTLE : search->lo ? KNEE_BISECT : KNEE_DOWN;
}

static void after_down(struct knee_search *search, bool kept)
{
    const struct knee_trial *trial = &search->trial;

    if (kept) {
        if (search->plateau <= 0)
            plateau_is(search, &trial->total_a);
        search->log_rho = fmax(fmin(search->log_rho + trial->result, 0), log(KNEE_THETA));
        move_to_b(search);
        if (search->stage == KNEE_DOWN)
            search->shrink = HALF; /* the small step was too small */
        if (search->stage == KNEE_JUMP) {
            search->stage = KNEE_DOWN;
            search->shrink = SMALL_STEP;
            search->tried_up = true;
        }
        return;
    }
    search->lo = trial->b;
    search->lo_is_old = false;
    search->known = trial->total_a;
    search->guess_held = false;
    search->stage = search->tried_up || reaches_top(search) ? KNEE_BISECT : KNEE_UP;
}

/* b breaks the ceiling. */
static void after_over(struct knee_search *search)
{
    search->over = search->trial.b;
    search->known = search->trial.total_a;
    if (search->over <= search->hi) {
        search->hi = search->over;
        aur_knee_span_clear(&search->known);
        search->stage = KNEE_DOWN;
        search->shrink = HALF;
    } else {
        search->stage = KNEE_UP;
    }
}

static enum knee_answer after_trial(struct knee_search *search, const struct knee_meter *meter,
                                    enum knee_answer answer)
{
    const struct knee_trial *trial = &search->trial;

    note_turnover(search, meter, trial->a, &trial->total_a);
    note_turnover(search, meter, trial->b, &trial->total_b);
    if (answer == KNEE_UNBOUND && search->stage == KNEE_UP &&
        trial->result <= trial->log_threshold &&
        (search->lo_is_old || aur_knee_span_is_bound(&trial->total_a)))
        answer = KNEE_NO; /* the application has no more than b, and need not */
    if (answer == KNEE_YES && trial->b < trial->a && !aur_knee_span_is_bound(&trial->total_b))
        answer = KNEE_UNBOUND; /* nobody has tried b: what it keeps is the application's pace */
    if (answer == KNEE_UNBOUND)
        return answer;
    if (answer == KNEE_UNSTEADY) {
        aur_knee_search_begin(search, meter, &search->range, search->hi, 0, NULL);
        return KNEE_RUNNING;
    }
    if (answer == KNEE_OVER) {
        after_over(search);
        if (search->hi <= search->range.min)
            search->stage = KNEE_SETTLE;
    } else if (search->over && search->over <= search->hi) {
        move_to_b(search);
        search->stage = KNEE_UP;
    } else if (search->stage == KNEE_UP) {
        after_up(search, answer == KNEE_YES);
    } else {
        after_down(search, answer == KNEE_YES);
    }
    if (search->stage == KNEE_SETTLE)
        aur_knee_search_settle(search, meter);
    else
        aur_knee_search_next(search, meter);
    return KNEE_RUNNING;
}

static void after_ref(struct knee_search *search, const struct knee_meter *meter)
{
    double turnover = search->hi * search->slot.seconds / fmax(search->slot.completed, 1);

    search->known = search->slot;
    note_turnover(search, meter, search->hi, &search->slot);
    if (aur_knee_span_is_over(&search->slot)) {
        search->over = search->hi;
        search->stage = KNEE_DOWN;
    } else if (search->jump > 0 && search->jump < search->hi) {
        search->stage = KNEE_JUMP;
    } else {
        bool is_below =
            search->top.seconds > 0 && search->slot.completed / search->slot.seconds <
                                           BELOW * search->top.completed / search->top.seconds;
        search->stage = turnover > DOWN_FIRST && !is_below ? KNEE_DOWN : KNEE_UP;
    }
    aur_knee_search_next(search, meter);
}

static enum knee_answer after_settle(struct knee_search *search, const struct knee_meter *meter)
{
    double rate = search->slot.completed / fmax(search->slot.seconds, 1e-6);
    double off = search->plateau > 0 ? fabs(log(fmax(rate, 1e-3) / search->plateau)) : 0;
    double sigma = sqrt(aur_knee_span_variance(&search->slot, meter));

    if (off > SETTLE_OFF + 3 * sigma && !search->over && search->retries < RETRIES_MAX) {
        search->retries++;
        aur_knee_search_begin(search, meter, &search->range, search->limit, 0, NULL);
        return KNEE_RUNNING;
    }
    if (!search->is_narrow && is_narrow(&search->latency)) {
        search->is_narrow = true;
        aur_knee_search_settle(search, meter);
        return KNEE_RUNNING;
    }
    search->retries = 0;
    search->log_rate = aur_knee_span_log_rate(&search->slot);
    return KNEE_YES;
}

static bool breaks_guard(const struct knee_search *search)
{
    const struct latency_sum *latency = &search->trial.latency;

    return search->stage == KNEE_UP && search->guard_ns > 0 && latency->count >= GUARD_SAMPLES &&
           aur_latency_sum_percentile(latency, 99) > search->guard_ns;
}

enum knee_answer aur_knee_search_tick(struct knee_search *search, const struct knee_meter *meter,
                                      const struct control_window *window, double seconds)
{
    bool settles = search->stage == KNEE_SETTLE;

    if (!settles && search->stage != KNEE_REF) {
        enum knee_answer answer = aur_knee_trial_tick(&search->trial, meter, window, seconds);
        if (answer == KNEE_YES && breaks_guard(search))
            answer = KNEE_OVER;
        return answer == KNEE_RUNNING ? answer : after_trial(search, meter, answer);
    }
    if (search->skip > 0) {
        search->skip -= (double)window->completed;
        search->drain -= (double)window->completed;
        if (search->top.seconds > 0 && search->drain > 0)
            aur_knee_span_add(&search->top, window, seconds);
        return KNEE_RUNNING;
    }
    aur_knee_span_add(&search->slot, window, seconds);
    aur_latency_sum_add(&search->latency, window->latency);
    double sigma = sqrt(aur_knee_span_variance(&search->slot, meter));
    double enough = settles ? SETTLE_SIGMA : REF_SIGMA;
    double most = fmax(REF_SECONDS, aur_knee_is_slow(meter) ? 2500 / fmax(meter->rate, 1) : 0);
    most = fmin(most, 1);
    if ((sigma > enough || (settles && search->slot.seconds < SETTLE_SECONDS)) &&
        search->slot.seconds < most)
        return KNEE_RUNNING;
    if (settles)
        return after_settle(search, meter);
    after_ref(search, meter);
    return KNEE_RUNNING;
}
