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

#define STEPS_LEAST 3
#define STEPS_MOST 12      /* then what is not proved is not so */
#define STRETCH_LEAST 0.25 /* of the logarithm of latency, in sum */
#define PROOF 3            /* sigmas */
#define DISPROOF 2
#define DRIFT 0.12   /* between the slots of the limit: something else went on */
#define PART_ODD 0.3 /* beyond 0 and 1: likewise */
#define AT_KNEE 1.6  /* times the device's own latency: no queue to speak of */
#define BAN_FIRST 10 /* s */
#define BAN_MOST 600
#define BAN_UNDECIDED 2
#define STEP 1.4     /* of the limit: others are disturbed as little as can still be measured */
#define SLOT_OPS 400 /* with these and 3 % of noise a share is known to a tenth */
#define SLOT_SECONDS 0.02
#define SLOT_SECONDS_MOST 1.5
#define SLOT_SIGMA 0.03
#define YIELD 10        /* others to make room for, for each time that latency is too long */
#define PART_LEAST 0.05 /* a smaller share is noise */
#define NEAR 1.15       /* within this factor the limit stays; */
#define FAR 2           /* beyond this one it moves far */
#define RAISE_MOST 2    /* of what is taken for the device's own latency */
#define DRAIN_EVERY 4   /* steps: one goes down, to see that latency */
#define DRAINED 0.05    /* a share of that step: there is no queue */
#define FREE 0.08       /* a share that small: there is no queue */
#define ROOM 0.3        /* a share that small, and no queue before the step: there is room */
#define ALL 0.88        /* a share that great: nobody else is there */
#define MOST 0.66       /* likewise, where there is no queue before the step */
#define NO_QUEUE 1.12
#define WHOLE_FROM 0.15 /* of the queue: a smaller share does not tell what the device serves */
#define WHOLE_OFF 0.4   /* of its logarithm: the device has changed */
#define WHOLE_GAIN 0.2
#define UNSEEN_MOST                                                                                \
    24 /* steps in which no share of others was seen; doubled when they were there */
#define UNSEEN_LIMIT 400
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

static void enter_slot(struct knee_share *share, int slot_of, double in_flight)
{
    share->slot_of = slot_of;
    share->now = slot_of == 1;
    share->skip = KNEE_SHARE_TRANSIENT * in_flight;
    aur_knee_span_clear(&share->slot);
}

static void ask_later(struct knee_share *share, double seconds)
{
    enter_slot(share, 0, share->before);
    aur_knee_sight_clear(&share->sight[0], share->limit);
    share->rest = seconds;
}

void aur_knee_share_begin(struct knee_share *share, int depth, bool in_line)
{
    share->limit = depth ? depth : share->from;
    share->in_line = in_line;
    share->is_proved = in_line || share->recent > 0;
    share->patience = share->recent > 0 ? fmin(2 * share->patience, UNSEEN_LIMIT) : UNSEEN_MOST;
    share->recent = 0;
    share->alone = share->free = share->room = share->idle = share->wide = share->steps = 0;
    share->told = share->odd = share->unseen = 0;
    ask_later(share, 0);
}

static enum knee_company never(struct knee_share *share)
{
    share->ban = share->ban_next = fmin(fmax(2 * share->ban_next, BAN_FIRST), BAN_MOST);
    return KNEE_NEVER;
}

/* Whether longer waiting comes with a wider spread, by all steps so far. */
static enum knee_company prove(struct knee_share *share, const struct knee_step *step)
{
    struct knee_evidence *evidence = &share->evidence;

    share->steps++;
    if (share->in_line)
        return KNEE_SHARED;
    bool is_wide = !share->is_proved && aur_knee_share_is_widened(share, &share->sight[0]);
    share->wide = is_wide ? share->wide + 1 : 0;
    if (share->wide >= SURE)
        return never(share);
    if (aur_knee_evidence_add(evidence, step, share->base.turnover)) {
        double wider = aur_knee_evidence_sigmas(evidence);
        share->is_proved |= wider < -PROOF && !is_wide;
        if (wider > DISPROOF && evidence->latency > STRETCH_LEAST && share->steps >= STEPS_LEAST)
            return never(share);
    }
    if (share->is_proved || share->steps < STEPS_MOST)
        return KNEE_SHARED;
    share->ban = BAN_UNDECIDED;
    return KNEE_NEVER;
}

/* The longer the queue, the smaller the share that is aimed at. */
static void move(struct knee_share *share, double part, int min, int max)
{
    double wanted =
        1 + YIELD * (aur_knee_sight_turnover(&share->sight[0]) / share->base.turnover - 1);
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

/*
 * What the device serves altogether is our throughput over our share, whoever comes and
 * goes. Once it serves less, its own latency is taken to be the longer; where that is
 * wrong, the next drains correct it. True: let the limit be, it may have changed.
 */
static bool follow_device(struct knee_share *share, double part, double latency)
{
    if (part < WHOLE_FROM)
        return false;
    double whole = log(share->limit / latency / part);
    double off = whole - share->log_whole;

    if (share->told < SURE) {
        share->log_whole += off / ++share->told;
        return false;
    }
    bool is_other = fabs(off) > WHOLE_OFF;
    share->odd = is_other ? share->odd + 1 : 0;
    if (!is_other && part < MOST)
        share->unseen = 0;
    if (is_other && share->odd < SURE)
        return true;
    if (is_other && off < 0)
        share->base.turnover =
            fmax(share->base.turnover, latency / (1 + (1 / fmin(part, 1) - 1) / YIELD));
    share->log_whole += is_other ? off : WHOLE_GAIN * off;
    share->odd = 0;
    return false;
}

static enum knee_company conclude(struct knee_share *share, const struct knee_meter *meter, int min,
                                  int max)
{
    bool greater = share->sight[1].depth > share->sight[0].depth;
    struct knee_step step = aur_knee_step(&share->sight[!greater], &share->sight[greater], meter);
    double part = expm1(step.latency) / expm1(step.depth);
    double latency = aur_knee_sight_turnover(&share->sight[0]);

    share->unseen++;
    if (share->drains) {
        double drained = aur_knee_sight_turnover(&share->sight[1]);
        if (part < DRAINED) /* no queue even at the limit */
            share->base.turnover = fmin(drained, RAISE_MOST * share->base.turnover);
        aur_knee_share_learn_base(share, &share->sight[1]);
        return KNEE_SHARED;
    }
    double drift = aur_knee_span_log_rate(&share->slot) - aur_knee_span_log_rate(&share->first);

    if (fabs(drift) > DRIFT || part < -PART_ODD || part > 1 + PART_ODD)
        return KNEE_SHARED;
    bool is_odd = follow_device(share, part, latency);
    double told = part;
    part = share->part = share->steps ? (part + share->part) / 2 : part;
    bool is_alone = part > ALL || (part > MOST && latency < NO_QUEUE * share->base.turnover);
    share->alone = is_alone ? share->alone + 1 : 0;
    share->free = part < FREE ? share->free + 1 : 0;
    share->room = told < ROOM && latency < NO_QUEUE * share->base.turnover ? share->room + 1 : 0;
    aur_knee_share_learn_base(share, &share->sight[0]);
    if (share->free >= SURE)
        share->base.turnover = fmin(latency, RAISE_MOST * share->base.turnover);
    if (prove(share, &step) == KNEE_NEVER)
        return KNEE_NEVER;
    if (!share->is_proved && share->free > 1)
        return KNEE_ALONE;
    if (share->alone && latency < AT_KNEE * share->base.turnover)
        return alone(share);
    if (share->is_proved && (share->room >= SURE || share->unseen > share->patience)) {
        share->recent = RECENT;
        return KNEE_ALONE;
    }
    if (share->is_proved && !is_odd)
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
    aur_knee_sight_add(sight, window, seconds);
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
        aur_knee_sight_clear(&share->sight[1], other);
        enter_slot(share, 1, other);
        return KNEE_SHARED;
    }
    if (share->slot_of == 1) {
        enter_slot(share, 2, share->before);
        return KNEE_SHARED;
    }
    int before = share->limit;
    enum knee_company company = conclude(share, meter, min, max);
    bool is_calm = share->is_proved && share->limit == before && !share->alone && !share->room;
    ask_later(share, knee_chance_between(chance, REST_LEAST, is_calm ? REST_MOST : REST_BUSY));
    return company;
}
