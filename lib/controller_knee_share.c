/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sharing a device, see controller_knee_share.h.
 *
 * With N of ours and M of others before a device that serves X a second, first come
 * first served, latency is (N + M) / X and our throughput X N / (N + M). A step to q N
 * then gains q / (1 + (q - 1) s), where s = N / (N + M) is our share.
 */
#include "controller_knee_share.h"

#include "controller.h"
#include "controller_knee_chance.h"

#include <math.h>
#include <string.h>

#define SEEN_LEAST 400 /* completions at a depth that tell something */
#define SEEN_MOST 3000 /* then what was seen is old */
#define APART 1.1      /* between depths that are compared */
#define QUEUED 1.2     /* times the least latency: there is a queue before the step */
#define SUSPECT 1.25   /* times the device's own latency: a knee with others */
#define LONGER 0.1     /* of the logarithm of latency: less says nothing */
#define GAIN_LEAST 0.06 /* of the logarithm of the depth */
#define GAIN_SIGMAS 1.5
#define SHIFTED 0.5      /* spread that grows by less than this part of latency is a shift */
#define SPREAD_NOISE 1.2 /* of one operation's latency in the spread of many */
#define SPREAD_ODD 0.001 /* variance that others add */
#define ODD 0.3          /* a spread that moves more does so for another reason */
#define PROOF 2          /* sigmas */
#define STRETCH_LEAST 0.25
#define STEPS_LEAST 3
#define STEPS_MOST 12    /* then what is not proved is not so */
#define AT_KNEE 1.35     /* times the device's own latency: no queue to speak of */
#define DRIFT 0.12 /* between the slots of the limit: something else went on */
#define PART_ODD 0.3 /* beyond 0 and 1: likewise */
#define FADE 0.85        /* of what was told by earlier steps */
#define BAN_FIRST 10     /* s */
#define BAN_MOST 600
#define TRANSIENT 1.1 /* of the operations in flight must be through */
#define TRANSIENT_FROM 0.001
#define STEP 1.4
#define SLOT_OPS 400
#define SLOT_SECONDS 0.02
#define SLOT_SECONDS_MOST 1.5
#define SLOT_SIGMA 0.03
#define YIELD 10 /* others to make room for, for each time that latency is too long */
#define PART_LEAST 0.05
#define NEAR 1.15
#define FAR 2
#define RAISE_MOST 2
#define DRAIN_EVERY 4
#define FREE 0.08 /* a share that small: there is no queue */
#define ALL 0.88  /* a share that great: nobody else is there */
#define MOST 0.66 /* likewise, where there is no queue before the step */
#define NO_QUEUE 1.12
#define RECENT 30 /* s after sharing: who gains by depth shares again */
#define SURE 3    /* times running */
#define IDLE_LEAST 3
#define UP 1.2
#define UP_FREE 1.5
#define DOWN 0.85
#define DOWN_FAR 0.6
#define REST_LEAST 0.02 /* s */
#define REST_BUSY 0.1
#define REST_MOST 0.4

static double quantile(const struct latency_sum *sum, double share)
{
    double rest = share * (double)sum->count;

    for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
        double here = sum->buckets[i];
        if (here > 0 && rest <= here) {
            double low = (double)latency_bucket_begin(i);
            return low + rest / here * ((double)latency_bucket_begin(i + 1) - low);
        }
        rest -= here;
    }
    return 0;
}

static double spread_of(const struct latency_sum *sum)
{
    return fmax(quantile(sum, 0.9) - quantile(sum, 0.1), 1);
}

static double turnover_of(const struct knee_sight *sight)
{
    return sight->depth * sight->span.seconds / fmax(sight->span.completed, 1);
}

static void clear(struct knee_sight *sight, int depth)
{
    sight->depth = depth;
    aur_knee_span_clear(&sight->span);
    aur_latency_sum_clear(&sight->latency);
}

static void see(struct knee_sight *sight, const struct control_window *window, double seconds)
{
    aur_knee_span_add(&sight->span, window, seconds);
    aur_latency_sum_add(&sight->latency, window->latency);
}

void aur_knee_share_forget(struct knee_share *share)
{
    clear(&share->sight[0], share->sight[0].depth);
    clear(&share->sight[1], share->sight[1].depth);
    share->turnover = 0;
}

/* What a step from a to b told. */
struct step {
    double depth, rate, latency, spread; /* growth, as logarithms */
    double rate_variance, spread_variance;
};

static struct step compare(const struct knee_sight *a, const struct knee_sight *b,
                           const struct knee_meter *meter)
{
    struct step step = {.depth = log((double)b->depth / a->depth)};

    step.rate = aur_knee_span_log_rate(&b->span) - aur_knee_span_log_rate(&a->span);
    step.rate_variance =
        aur_knee_span_variance(&a->span, meter) + aur_knee_span_variance(&b->span, meter);
    step.latency = step.depth - step.rate;
    step.spread = log(spread_of(&b->latency) / spread_of(&a->latency));
    step.spread_variance =
        SPREAD_NOISE * SPREAD_NOISE *
        (1 / fmax((double)a->latency.count, 1) + 1 / fmax((double)b->latency.count, 1));
    return step;
}

static bool tells_of_others(const struct knee_share *share, const struct knee_meter *meter)
{
    bool greater = share->sight[1].depth > share->sight[0].depth;
    const struct knee_sight *a = &share->sight[!greater], *b = &share->sight[greater];

    if (!a->depth || b->depth < APART * a->depth || a->span.completed < SEEN_LEAST ||
        b->span.completed < SEEN_LEAST || !aur_knee_span_is_bound(&a->span) ||
        !aur_knee_span_is_bound(&b->span) || turnover_of(a) < QUEUED * share->turnover)
        return false;
    struct step step = compare(a, b, meter);
    return step.latency > LONGER &&
           step.rate - GAIN_SIGMAS * sqrt(step.rate_variance) > GAIN_LEAST * step.depth &&
           step.spread + sqrt(step.spread_variance) < SHIFTED * step.latency;
}

static void take_turn(struct knee_share *share, const struct knee_meter *meter)
{
    int most = meter->limit > share->before ? meter->limit : share->before;

    if (meter->limit == share->before)
        return;
    share->skip = most > TRANSIENT_FROM * meter->rate ? TRANSIENT * most : 0;
    share->before = meter->limit;
    share->now = share->sight[!share->now].depth == meter->limit ? !share->now : share->now;
    if (share->sight[share->now].depth != meter->limit) {
        share->now = !share->now;
        clear(&share->sight[share->now], meter->limit);
    }
}

static void lower(double *least, double turnover)
{
    if (*least <= 0 || turnover < *least)
        *least = turnover;
}

bool aur_knee_share_watch(struct knee_share *share, const struct knee_meter *meter,
                          const struct control_window *window, double seconds)
{
    take_turn(share, meter);
    struct knee_sight *sight = &share->sight[share->now];
    share->ban = fmax(0, share->ban - seconds);
    share->recent = fmax(0, share->recent - seconds);
    if (share->skip > 0) {
        share->skip -= (double)window->completed;
        return false;
    }
    if (sight->span.completed > SEEN_MOST)
        clear(sight, sight->depth);
    see(sight, window, seconds);
    if (sight->span.completed < SEEN_LEAST || !aur_knee_span_is_bound(&sight->span))
        return false;
    lower(&share->turnover, turnover_of(sight));
    lower(&share->base, turnover_of(sight));
    return share->ban <= 0 && tells_of_others(share, meter);
}

bool aur_knee_share_suspects(struct knee_share *share, const struct knee_meter *meter, int limit)
{
    if (share->turnover <= 0)
        return false;
    if (aur_knee_turnover(meter, limit) > SUSPECT * share->turnover)
        return share->ban <= 0;
    share->base = share->turnover;
    return false;
}

static void enter_slot(struct knee_share *share, int slot_of, double in_flight)
{
    share->slot_of = slot_of;
    share->now = slot_of == 1;
    share->skip = TRANSIENT * in_flight;
    aur_knee_span_clear(&share->slot);
}

static void ask_later(struct knee_share *share, double seconds)
{
    enter_slot(share, 0, share->before);
    clear(&share->sight[0], share->limit);
    share->rest = seconds;
}

void aur_knee_share_begin(struct knee_share *share, int depth)
{
    int a = share->sight[0].depth, b = share->sight[1].depth;

    share->limit = depth ? depth : a < b ? a : b;
    share->is_proved = share->recent > 0;
    share->recent = 0;
    share->alone = share->free = share->idle = share->steps = 0;
    share->spread = share->stretch = share->variance = 0;
    ask_later(share, 0);
}

/* Whether longer waiting comes with a wider spread, by all steps so far. */
static enum knee_company prove(struct knee_share *share, const struct step *step)
{
    double sign = step->depth > 0 ? 1 : -1;
    double most = fabs(step->latency) + ODD;

    share->spread = FADE * share->spread + fmin(fmax(sign * step->spread, -ODD), most);
    share->stretch = FADE * share->stretch + sign * step->latency;
    share->variance = FADE * FADE * share->variance + step->spread_variance + SPREAD_ODD;
    double wider = share->spread - SHIFTED * share->stretch;
    double sigma = sqrt(share->variance);
    share->steps++;
    if (wider < -PROOF * sigma)
        share->is_proved = true;
    if (wider > PROOF * sigma && share->stretch > STRETCH_LEAST && share->steps >= STEPS_LEAST) {
        share->ban = share->ban_next = fmin(fmax(2 * share->ban_next, BAN_FIRST), BAN_MOST);
        return KNEE_NEVER;
    }
    return share->is_proved || share->steps < STEPS_MOST ? KNEE_SHARED : KNEE_NEVER;
}

/* The longer the queue, the smaller the share that is aimed at. */
static void move(struct knee_share *share, double part, int min, int max)
{
    double wanted = 1 + YIELD * (turnover_of(&share->sight[0]) / share->base - 1);
    double others = 1 / fmax(part, PART_LEAST);
    double limit = share->limit;

    if (share->free > 1)
        limit = fmax(limit + 1, floor(UP_FREE * limit));
    else if (others > NEAR * wanted)
        limit = fmax(limit + 1, floor(UP * limit));
    else if (NEAR * others < wanted)
        limit = fmin(limit - 1, ceil((FAR * others < wanted ? DOWN_FAR : DOWN) * limit));
    share->limit = (int)fmin(fmax(limit, min), max);
}

static enum knee_company alone(struct knee_share *share)
{
    if (share->alone < SURE)
        return KNEE_SHARED;
    share->recent = share->is_proved ? RECENT : 0;
    return KNEE_ALONE;
}

static enum knee_company conclude(struct knee_share *share, const struct knee_meter *meter,
                                  int min, int max)
{
    struct step step = compare(&share->sight[0], &share->sight[1], meter);
    double part = (exp(step.latency) - 1) / (exp(step.depth) - 1);
    double latency = turnover_of(&share->sight[0]);

    if (share->drains) {
        lower(&share->base, turnover_of(&share->sight[1]));
        return KNEE_SHARED;
    }
    double drift = aur_knee_span_log_rate(&share->slot) - aur_knee_span_log_rate(&share->first);

    if (fabs(drift) > DRIFT || part < -PART_ODD || part > 1 + PART_ODD)
        return KNEE_SHARED;
    bool is_alone = part > ALL || (part > MOST && latency < NO_QUEUE * share->base);
    share->alone = is_alone ? share->alone + 1 : 0;
    share->free = part < FREE ? share->free + 1 : 0;
    lower(&share->base, latency);
    if (share->free >= SURE && latency < RAISE_MOST * share->base)
        share->base = latency;
    if (prove(share, &step) == KNEE_NEVER)
        return KNEE_NEVER;
    if (share->alone && latency < AT_KNEE * share->base)
        return alone(share);
    if (share->is_proved)
        move(share, part, min, max);
    return KNEE_SHARED;
}

/* A step up; down where there is none. */
static int step_from(int limit, int max)
{
    int other = (int)fmin(fmax(limit + 1, floor(STEP * limit + 0.5)), max);

    return other > limit ? other : (int)floor(limit / STEP);
}

static bool slot_is_full(const struct knee_share *share, const struct knee_meter *meter)
{
    const struct knee_span *slot = &share->slot;

    return slot->seconds >= SLOT_SECONDS_MOST ||
           (slot->seconds >= SLOT_SECONDS && slot->completed >= SLOT_OPS &&
            aur_knee_span_variance(slot, meter) < SLOT_SIGMA * SLOT_SIGMA);
}

enum knee_company aur_knee_share_tick(struct knee_share *share, const struct knee_meter *meter,
                                      const struct control_window *window, double seconds, int min,
                                      int max, uint32_t *chance)
{
    struct knee_sight *sight = &share->sight[share->now];

    share->before = meter->limit;
    share->rest -= seconds;
    if (share->skip > 0) {
        share->skip -= (double)window->completed;
        return KNEE_SHARED;
    }
    if (share->rest > 0)
        return KNEE_SHARED;
    see(sight, window, seconds);
    aur_knee_span_add(&share->slot, window, seconds);
    if (!slot_is_full(share, meter))
        return KNEE_SHARED;
    share->idle = aur_knee_span_is_bound(&share->slot) ? 0 : share->idle + 1;
    if (share->idle >= IDLE_LEAST)
        return KNEE_UNUSED;
    if (share->slot_of == 0) {
        share->drains = share->cycles++ % DRAIN_EVERY == 0 && share->limit / 2 >= min;
        int other = share->drains ? share->limit / 2 : step_from(share->limit, max);
        if (other < min || other < 1)
            return KNEE_NEVER;
        share->first = share->slot;
        clear(&share->sight[1], other);
        enter_slot(share, 1, other);
        return KNEE_SHARED;
    }
    if (share->slot_of == 1) {
        enter_slot(share, 2, share->before);
        return KNEE_SHARED;
    }
    int before = share->limit;
    enum knee_company company = conclude(share, meter, min, max);
    bool is_calm = share->is_proved && share->limit == before && !share->alone;
    ask_later(share, knee_chance_between(chance, REST_LEAST, is_calm ? REST_MOST : REST_BUSY));
    return company;
}
