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
#define CUT_SECONDS 0.1
#define GUARD 15 /* times the baseline's P99, where no ceiling is set */

void aur_knee_init(struct knee *knee, uint32_t seed)
{
    memset(knee, 0, sizeof *knee);
    knee->chance = seed ? seed : 1;
    aur_knee_meter_init(&knee->meter);
    aur_knee_steady_init(&knee->steady);
}

static void search(struct knee *knee, int depth, int jump, const struct knee_span *top)
{
    knee->state = KNEE_SEARCH;
    aur_knee_search_begin(&knee->search, &knee->meter, &knee->range, depth, jump, top);
    aur_latency_sum_clear(&knee->latency);
}

static void hold(struct knee *knee)
{
    knee->state = KNEE_HOLD;
    aur_knee_ceiling_begin(&knee->ceiling, aur_knee_transient(&knee->meter));
    aur_knee_hold_begin(&knee->hold);
}

static void begin_steady(struct knee *knee)
{
    knee->state = KNEE_STEADY;
    aur_knee_ceiling_begin(&knee->ceiling, 0);
    aur_knee_steady_begin(&knee->steady, &knee->meter, knee->limit, knee->search.is_narrow,
                          knee->search.is_soft, &knee->chance);
}

static void share_from(struct knee *knee, int depth, bool is_proved)
{
    knee->share.cut_short = knee->state == KNEE_SEARCH;
    knee->state = KNEE_SHARE;
    knee->after_alarm = false;
    aur_knee_share_begin(&knee->share, depth, is_proved);
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
    if (knee->ceiling_ns > 0)
        return;
    bool in_line = aur_knee_share_stands_in_line(&knee->share, &knee->meter);
    if (aur_knee_share_suspects(&knee->share, &knee->meter, knee->limit) || in_line)
        share_from(knee, knee->limit, in_line);
}

static void alarm(struct knee *knee)
{
    knee->after_alarm = true;
    knee->before = knee->search;
    aur_knee_share_forget(&knee->share);
}

static void alarm_down(struct knee *knee)
{
    double jump = knee->rate > 0 ? JUMP * knee->knee / knee->rate * knee->meter.rate : 0;

    alarm(knee);
    if (jump > 0)
        jump = fmin(fmax(jump, knee->range.min), knee->range.max);
    search(knee, knee->limit, (int)jump, NULL);
}

/* Cuts the limit when too much is over the ceiling, raises it when there is room. */
static bool mind_ceiling(struct knee *knee, const struct control_window *window, double seconds)
{
    if (knee->steady.skip > 0 || knee->steady.watch == KNEE_DITHER)
        return false;
    double part = aur_knee_ceiling_tick(&knee->ceiling, window, seconds, knee->ceiling_ns);
    int limit = knee->limit;

    if (part > 1 && knee->search.over > 0)
        limit = (int)fmin(fmax(limit + 1, floor(part * limit)), knee->range.max);
    if (part < 1) {
        limit = (int)fmax(floor(part * limit), knee->range.min);
        knee->search.over = knee->limit;
        knee->cut = CUT_SECONDS;
        aur_knee_ceiling_begin(&knee->ceiling, 0);
    }
    if (limit == knee->limit)
        return false;
    knee->limit = limit;
    begin_steady(knee);
    return true;
}

/* What a trial beside the limit has shown may ask for another limit. */
static void learn(struct knee *knee, enum knee_news news)
{
    const struct knee_trial *trial = &knee->steady.trial;

    if (news == KNEE_MORE && knee->share.recent > 0) {
        share_from(knee, knee->limit, false);
        return;
    }
    if (news == KNEE_TOO_SLOW)
        knee->search.over = trial->b;
    if (!aur_knee_search_learn(&knee->search, &knee->meter, &knee->range, trial))
        return;
    knee->searches += knee->search.stage == KNEE_PROBE;
    knee->state = KNEE_SEARCH;
}

static void tick_steady(struct knee *knee, const struct control_window *window, double seconds)
{
    int over = knee->search.over; /* is not tried on purpose */
    int most = over > 0 && over <= knee->range.max ? over - 1 : knee->range.max;

    if (mind_ceiling(knee, window, seconds))
        return;
    enum knee_news news =
        aur_knee_steady_tick(&knee->steady, &knee->meter, window, seconds, knee->limit,
                             knee->range.min, most, knee->search.ask, &knee->chance);
    switch (news) {
    case KNEE_CALM:
        break;
    case KNEE_ALARM_UP:
        alarm(knee);
        search(knee, knee->limit, 0, NULL);
        break;
    case KNEE_ALARM_DOWN:
        alarm_down(knee);
        break;
    case KNEE_MORE:
    case KNEE_LESS:
    case KNEE_SHOWN:
    case KNEE_TOO_SLOW:
        learn(knee, news);
        break;
    case KNEE_IDLE:
        hold(knee);
        break;
    }
}

/*
 * The application does not use the depth that is being tried. What was known before
 * is known still, unless that depth has shown more throughput; and a
 * search out of hold leaves a limit if the ceiling called it, or it would call again.
 */
static void lose(struct knee *knee)
{
    int tried = aur_knee_search_depth(&knee->search);
    double gain = aur_knee_span_log_rate(&knee->search.slot) - knee->log_rate;

    if (knee->limit > 0 && tried > knee->limit && gain > SAME_RATE)
        knee->limit = tried;
    if (knee->limit == 0 && knee->over_in_hold)
        knee->limit = tried;
    hold(knee);
}

/* What gave the alarm has gone before anything else was tried. */
static bool is_over_already(const struct knee *knee)
{
    const struct knee_points *points = &knee->search.points;

    return knee->after_alarm && knee->search.start == knee->limit && points->count == 1 &&
           aur_knee_steady_agrees(&knee->steady, &knee->meter, &points->point[0].span);
}

static void tick_search(struct knee *knee, const struct control_window *window, double seconds)
{
    if (knee->search.stage == KNEE_REF && knee->search.skip <= 0)
        aur_latency_sum_add(&knee->latency, window->latency);
    enum knee_stage before = knee->search.stage;
    enum knee_answer answer = aur_knee_search_tick(&knee->search, &knee->meter, window, seconds);

    if (before == KNEE_REF && knee->search.stage != KNEE_REF) {
        knee->baseline_p99_ns = aur_latency_sum_percentile(&knee->latency, 99);
        if (!(knee->ceiling_ns > 0))
            knee->search.guard_ns = GUARD * knee->baseline_p99_ns;
        aur_latency_sum_clear(&knee->latency);
        if (is_over_already(knee)) {
            knee->search = knee->before;
            knee->after_alarm = false;
            aur_knee_steady_learn(&knee->steady, false);
            begin_steady(knee);
            return;
        }
        knee->searches++;
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
    share_from(knee, 0, false);
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

/*
 * Too much is over the ceiling: the application has more in flight than the target can
 * bear, bound or not. The search begins below that, and shows how much it can.
 */
static bool leaves_hold(struct knee *knee, int first, const struct control_window *window,
                        double seconds)
{
    double part = aur_knee_ceiling_tick(&knee->ceiling, window, seconds, knee->ceiling_ns);
    double most = part * aur_knee_ceiling_depth(&knee->ceiling);

    knee->over_in_hold = part < 1;
    if (part >= 1)
        return false;
    knee->cut = CUT_SECONDS;
    most = fmin(most, knee->limit > 0 ? part * knee->limit : first);
    search(knee, (int)fmax(floor(most), knee->range.min), 0, &knee->hold.total);
    return true;
}

static void tick_hold(struct knee *knee, const struct control_config *config,
                      const struct control_window *window, double seconds)
{
    bool gated = knee->limit > 0;
    int first = config->initial > 0 ? config->initial : START;

    if (leaves_hold(knee, first, window, seconds))
        return;
    enum knee_wish wish = aur_knee_hold_tick(&knee->hold, &knee->meter, window, seconds, gated,
                                             gated ? knee->limit : knee->range.max);

    if (wish == KNEE_ENGAGE && gated)
        resume(knee);
    else if (wish != KNEE_STAY)
        search(knee, first, 0, &knee->hold.total);
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
    bool has_ceiling = config->ceiling_ns > 0 || knee->ceiling_ns > 0;
    bool same = range.min == knee->range.min && range.max == knee->range.max &&
                !(has_ceiling && config->ceiling_ns != knee->ceiling_ns);

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
        [KNEE_REF] = AURAIO_PHASE_BASELINE,
        [KNEE_PROBE] = AURAIO_PHASE_PROBING,
        [KNEE_SETTLE] = AURAIO_PHASE_SETTLING,
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
        verdict->phase =
            knee->steady.total > CONVERGED_SECONDS ? AURAIO_PHASE_CONVERGED : AURAIO_PHASE_STEADY;
        verdict->trial = knee->steady.watch == KNEE_DITHER;
        verdict->limit = knee_steady_depth(&knee->steady, knee->limit);
        break;
    case KNEE_SHARE:
        verdict->phase = AURAIO_PHASE_STEADY;
        verdict->trial = knee->share.slot_of > 0 || knee->share.rest <= 0;
        verdict->limit = knee_share_depth(&knee->share);
        break;
    }
    if (knee->cut > 0 && knee->state != KNEE_HOLD)
        verdict->phase = AURAIO_PHASE_BACKOFF;
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
