/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KNEE's states and what leads from one to another; see controller_knee.h.
 */
#include "controller_knee.h"

#include "controller.h"

#include <math.h>
#include <string.h>

#define START 8
#define STALL_SECONDS 0.12 /* longer than an SSD's garbage collection */
#define CONVERGED_SECONDS 5
#define JUMP 1.03
#define SAME_DEPTH 0.12 /* as a logarithm: the search ended where it began */
#define SAME_RATE 0.06
#define RESUME_OFF 0.08
#define OVER_SAMPLES 200
#define UNDER_SAMPLES 3000
#define CUT_LEAST 0.6
#define CUT_MOST 0.95
#define AIM 0.9 /* of the ceiling */
#define PROPORTIONAL 0.6
#define GUARD 10 /* times the baseline's P99, where no ceiling is set */

void aur_knee_init(struct knee *knee, uint32_t seed)
{
    memset(knee, 0, sizeof *knee);
    knee->chance = seed ? seed : 1;
    aur_knee_meter_init(&knee->meter);
    aur_knee_steady_init(&knee->steady);
}

static void forget_latency(struct knee *knee)
{
    aur_knee_span_clear(&knee->under);
    aur_latency_sum_clear(&knee->latency);
}

static void search(struct knee *knee, int depth, int jump, const struct knee_span *top)
{
    knee->state = KNEE_SEARCH;
    knee->searches++;
    aur_knee_search_begin(&knee->search, &knee->meter, &knee->range, depth, jump, top);
    forget_latency(knee);
}

static void hold(struct knee *knee)
{
    knee->state = KNEE_HOLD;
    aur_knee_hold_begin(&knee->hold);
}

static void begin_steady(struct knee *knee)
{
    knee->state = KNEE_STEADY;
    aur_knee_steady_begin(&knee->steady, &knee->meter, knee->search.is_narrow, &knee->chance);
    forget_latency(knee);
}

static void share_from(struct knee *knee, int depth)
{
    knee->share.cut_short = knee->state == KNEE_SEARCH;
    knee->state = KNEE_SHARE;
    knee->after_alarm = false;
    aur_knee_share_begin(&knee->share, depth);
}

static void settle_down(struct knee *knee)
{
    double rate = knee->meter.rate;
    bool changed = knee->limit == 0 || knee->rate <= 0 ||
                   fabs(log((double)knee->search.limit / knee->limit)) > SAME_DEPTH ||
                   fabs(log(fmax(rate, 1e-3) / knee->rate)) > SAME_RATE;

    if (knee->after_alarm)
        aur_knee_steady_learn(&knee->steady, changed);
    knee->after_alarm = false;
    knee->limit = knee->search.limit;
    knee->knee = knee->search.hi;
    knee->rate = rate;
    knee->log_rate = knee->search.log_rate;
    begin_steady(knee);
    if (!(knee->ceiling_ns > 0) && aur_knee_share_suspects(&knee->share, &knee->meter, knee->limit))
        share_from(knee, knee->limit);
}

static void alarm(struct knee *knee)
{
    knee->after_alarm = true;
    aur_knee_share_forget(&knee->share);
}

static void alarm_up(struct knee *knee)
{
    alarm(knee);
    search(knee, knee->limit, 0, NULL);
}

static void alarm_down(struct knee *knee)
{
    double jump = knee->rate > 0 ? JUMP * knee->knee / knee->rate * knee->meter.rate : 0;

    alarm(knee);
    if (jump > 0)
        jump = fmin(fmax(jump, knee->range.min), knee->range.max);
    search(knee, knee->limit, (int)jump, NULL);
}

static void set_limit(struct knee *knee, int limit)
{
    knee->limit = limit;
    forget_latency(knee);
    aur_knee_steady_begin(&knee->steady, &knee->meter, knee->search.is_narrow, &knee->chance);
}

/* Cuts the limit when too much is over the ceiling, raises it when there is room. */
static bool mind_ceiling(struct knee *knee, const struct control_window *window, double seconds)
{
    struct knee_span *under = &knee->under;

    if (!(knee->ceiling_ns > 0) || knee->steady.skip > 0 || knee->steady.watch == KNEE_DITHER)
        return false;
    aur_knee_span_add(under, window, seconds);
    aur_latency_sum_add(&knee->latency, window->latency);
    if (under->samples >= OVER_SAMPLES && aur_knee_span_is_over(under)) {
        double p99 = aur_latency_sum_percentile(&knee->latency, 99);
        double part = AIM * knee->ceiling_ns / fmax(p99, 1);
        part = fmin(fmax(part, CUT_LEAST), CUT_MOST);
        int limit = (int)floor(part * knee->limit);
        knee->search.over = knee->limit;
        set_limit(knee, limit < knee->range.min ? knee->range.min : limit);
        knee->cut = 0.1;
        return true;
    }
    if (under->samples < UNDER_SAMPLES)
        return false;
    bool raise = knee->search.over > 0 && aur_knee_span_has_headroom(under);
    if (raise && knee->limit < knee->range.max)
        set_limit(knee, (int)fmin(knee->limit + fmax(1, knee->limit / 14), knee->range.max));
    forget_latency(knee);
    return raise;
}

/* Throughput grew nearly as the depth did: far more may be to come. */
static bool is_proportional(const struct knee_trial *trial)
{
    return trial->result > PROPORTIONAL * log((double)trial->b / trial->a);
}

static void tick_steady(struct knee *knee, const struct control_window *window, double seconds)
{
    struct knee_steady *steady = &knee->steady;
    int over = knee->search.over; /* is not tried on purpose */
    int most = over > 0 && over <= knee->range.max ? over - 1 : knee->range.max;
    int step;

    if (mind_ceiling(knee, window, seconds))
        return;
    switch (aur_knee_steady_tick(steady, &knee->meter, window, seconds, knee->limit,
                                 knee->range.min, most, &knee->chance)) {
    case KNEE_CALM:
        break;
    case KNEE_ALARM_UP:
        alarm_up(knee);
        break;
    case KNEE_ALARM_DOWN:
        alarm_down(knee);
        break;
    case KNEE_MORE:
        if (knee->share.recent > 0) {
            share_from(knee, knee->limit);
            break;
        }
        knee->searches++;
        knee->state = KNEE_SEARCH;
        aur_knee_search_go_up(&knee->search, &knee->meter, &knee->range, &steady->trial,
                              steady->raised || is_proportional(&steady->trial));
        steady->raised = true;
        break;
    case KNEE_LESS:
    case KNEE_TOO_SLOW:
        steady->raised = false;
        step = steady->trial.b;
        knee->searches++;
        knee->state = KNEE_SEARCH;
        aur_knee_search_go_down(&knee->search, &knee->meter, &knee->range, step);
        break;
    case KNEE_IDLE:
        hold(knee);
        break;
    }
}

/*
 * The application does not use the depths that are to be tried. What was known before
 * is known still, unless the trial that failed has seen that more depth does more.
 */
static void lose(struct knee *knee)
{
    const struct knee_trial *trial = &knee->search.trial;
    bool gained =
        knee->search.stage == KNEE_UP && trial->slots_b > 0 && trial->result > trial->log_threshold;

    if (knee->limit > 0 && gained && trial->b > knee->limit)
        knee->limit = trial->b;
    hold(knee);
}

static void tick_search(struct knee *knee, const struct control_window *window, double seconds)
{
    if (knee->search.stage == KNEE_REF && knee->search.skip <= 0)
        aur_latency_sum_add(&knee->latency, window->latency);
    enum knee_stage before = knee->search.stage;
    enum knee_answer answer = aur_knee_search_tick(&knee->search, &knee->meter, window, seconds);

    if (before != KNEE_REF && knee->search.stage == KNEE_REF)
        aur_knee_share_forget(&knee->share); /* it begins again: the target changes */
    if (before == KNEE_REF && knee->search.stage != KNEE_REF) {
        knee->baseline_p99_ns = aur_latency_sum_percentile(&knee->latency, 99);
        if (!(knee->ceiling_ns > 0))
            knee->search.guard_ns = GUARD * knee->baseline_p99_ns;
        forget_latency(knee);
    }
    if (answer == KNEE_YES)
        settle_down(knee);
    else if (answer == KNEE_UNBOUND)
        lose(knee);
}

static void tick_share(struct knee *knee, const struct control_window *window, double seconds)
{
    struct knee_share *share = &knee->share;
    enum knee_company company = aur_knee_share_tick(
        share, &knee->meter, window, seconds, knee->range.min, knee->range.max, &knee->chance);

    if (company == KNEE_SHARED)
        return;
    aur_knee_share_forget(share);
    knee->limit = share->limit;
    if (knee->search.over <= knee->limit)
        knee->search.over = 0;
    if (company == KNEE_UNUSED)
        hold(knee);
    else if (company == KNEE_ALONE || share->cut_short)
        search(knee, knee->limit, 0, NULL);
    else
        begin_steady(knee);
}

/* True: there is company, and nothing else is to be done in this tick. */
static bool sees_company(struct knee *knee, const struct control_window *window, double seconds)
{
    if (knee->ceiling_ns > 0 || knee->state == KNEE_SHARE ||
        !aur_knee_share_watch(&knee->share, &knee->meter, window, seconds) ||
        knee->state == KNEE_HOLD)
        return false;
    share_from(knee, 0);
    return true;
}

/* The known limit binds again: if throughput is what it was, all is as it was. */
static void resume(struct knee *knee)
{
    const struct knee_span *seen = &knee->hold.window_bound;
    double variance = aur_knee_span_variance(seen, &knee->meter);
    double off = aur_knee_span_log_rate(seen) - knee->log_rate;

    if (fabs(off) > RESUME_OFF + 3 * sqrt(variance)) {
        search(knee, knee->limit, 0, NULL);
        return;
    }
    begin_steady(knee);
}

static void tick_hold(struct knee *knee, const struct control_config *config,
                      const struct control_window *window, double seconds)
{
    bool gated = knee->limit > 0;
    enum knee_wish wish = aur_knee_hold_tick(&knee->hold, &knee->meter, window, seconds, gated,
                                             gated ? knee->limit : knee->range.max);

    if (wish == KNEE_ENGAGE && gated)
        resume(knee);
    else if (wish != KNEE_STAY)
        search(knee, config->initial > 0 ? config->initial : START, 0, &knee->hold.total);
}

static void tick_state(struct knee *knee, const struct control_config *config,
                       const struct control_window *window, double seconds)
{
    if (sees_company(knee, window, seconds))
        return;
    switch (knee->state) {
    case KNEE_HOLD:
        tick_hold(knee, config, window, seconds);
        break;
    case KNEE_SEARCH:
        tick_search(knee, window, seconds);
        break;
    case KNEE_STEADY:
        tick_steady(knee, window, seconds);
        break;
    case KNEE_SHARE:
        tick_share(knee, window, seconds);
        break;
    }
}

/* A new configuration asks for a new search from where the old one lets it begin. */
static void follow_config(struct knee *knee, const struct control_config *config)
{
    struct knee_range range = {config->min, config->max};
    bool same =
        range.min == knee->range.min && range.max == knee->range.max &&
        (config->ceiling_ns > 0 || knee->ceiling_ns > 0 ? config->ceiling_ns == knee->ceiling_ns
                                                        : true);

    knee->range = range;
    knee->ceiling_ns = config->ceiling_ns;
    if (same)
        return;
    aur_knee_share_forget(&knee->share);
    if (knee->limit > range.max)
        knee->limit = knee->knee = 0;
    if (knee->limit > 0 && knee->limit < range.min)
        knee->limit = range.min;
    if (knee->state == KNEE_HOLD) {
        hold(knee);
        return;
    }
    int depth = knee->state == KNEE_SEARCH ? aur_knee_search_depth(&knee->search) : knee->limit;
    search(knee, depth < range.max ? depth : range.max, 0, NULL);
}

static void tell(const struct knee *knee, struct control_verdict *verdict)
{
    static const auraio_phase_t stage_phase[] = {
        [KNEE_REF] = AURAIO_PHASE_BASELINE,   [KNEE_JUMP] = AURAIO_PHASE_PROBING,
        [KNEE_UP] = AURAIO_PHASE_PROBING,     [KNEE_DOWN] = AURAIO_PHASE_PROBING,
        [KNEE_BISECT] = AURAIO_PHASE_PROBING, [KNEE_SETTLE] = AURAIO_PHASE_SETTLING,
    };

    verdict->gated = true;
    switch (knee->state) {
    case KNEE_HOLD:
        verdict->phase = AURAIO_PHASE_PASSTHROUGH;
        verdict->trial = knee->hold.asks;
        verdict->limit = verdict->trial    ? knee_trial_depth(&knee->hold.trial)
                         : knee->limit > 0 ? knee->limit
                                           : knee->range.max;
        verdict->gated = verdict->limit < knee->range.max;
        break;
    case KNEE_SEARCH:
        verdict->phase = stage_phase[knee->search.stage];
        verdict->trial = true;
        verdict->limit = aur_knee_search_depth(&knee->search);
        break;
    case KNEE_STEADY:
        verdict->phase = knee->cut > 0                            ? AURAIO_PHASE_BACKOFF
                         : knee->steady.total > CONVERGED_SECONDS ? AURAIO_PHASE_CONVERGED
                                                                  : AURAIO_PHASE_STEADY;
        verdict->trial = knee->steady.watch == KNEE_DITHER;
        verdict->limit = knee_steady_depth(&knee->steady, knee->limit);
        break;
    case KNEE_SHARE:
        verdict->phase = AURAIO_PHASE_STEADY;
        verdict->trial = knee->share.slot_of > 0 || knee->share.rest <= 0;
        verdict->limit = knee_share_depth(&knee->share);
        break;
    }
    verdict->knee = knee->knee;
    verdict->baseline_p99_ns = knee->baseline_p99_ns;
    verdict->searches = knee->searches;
}

void aur_knee_tick(struct knee *knee, const struct control_config *config, double seconds,
                   const struct control_window *window, struct control_verdict *verdict)
{
    follow_config(knee, config);
    knee->cut = fmax(0, knee->cut - seconds);
    if (aur_knee_meter_tick(&knee->meter, window, seconds)) {
        tick_state(knee, config, window, seconds);
    } else if (knee->meter.stalled > STALL_SECONDS) {
        knee->meter.rate = knee->meter.cost_rate = knee->meter.stalled = 0;
        if (knee->state == KNEE_STEADY)
            alarm_down(knee);
        else if (knee->state == KNEE_SEARCH) {
            aur_knee_share_forget(&knee->share);
            search(knee, aur_knee_search_depth(&knee->search), 0, NULL);
        }
    }
    tell(knee, verdict);
    aur_knee_meter_limit(&knee->meter, verdict->limit);
}
