/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watch for others on the device, see controller_knee_share.h.
 *
 * A queue that stands before a device which is first come, first served, moves all
 * latencies by the same time: they grow, their spread does not. Where each channel has
 * its queue, or where all slow each other down, the spread grows with them; there more
 * throughput is the device's own.
 */
#include "controller_knee_share.h"

#include "controller.h"

#include <math.h>
#include <string.h>

#define SEEN_LEAST 200  /* completions at a depth that tell something */
#define SEEN_MOST 3000  /* then what was seen is old */
#define APART 1.1       /* between depths that are compared */
#define TOO_FAR 4       /* a device's own queues grow in another way so far on */
#define QUEUED 1.35     /* times the least latency: there is a queue before the step */
#define SUSPECT 1.4     /* likewise, at a knee */
#define LONGER 0.05     /* of the logarithm of latency: less says nothing */
#define GAIN_LEAST 0.03 /* of the logarithm of the depth */
#define GAIN_SIGMAS 1
#define STRETCH_LEAST 0.2
#define STRETCH_DOUBT 0.1
#define SHIFTED 0.5           /* spread that grows by less than this part of latency is a shift */
#define TOLD 2                /* sigmas */
#define SPREAD_NOISE 1.4      /* of one operation's latency in the spread of many */
#define SPREAD_ODD 0.001      /* variance that others add */
#define ODD 0.3               /* a spread that moves more does so for another reason */
#define WIDE 0.25             /* of the device's own latency: a narrower spread tells nothing */
#define WIDE_LATELY 0.1       /* likewise of the least lately, in which others' queue may be */
#define FADE 0.85             /* of what was told by earlier steps */
#define TRANSIENT_FROM 0.0005 /* s of latency */
#define LINE 2.0              /* times the device's own latency, and ... */
#define LINE_SHIFTED 0.4 /* ... spread that grew by less than this part of it: a queue for all */
#define NARROWER 0.5     /* of the logarithm of a spread: so much less is no shift */
#define SAMPLES_LEAST 50 /* of latency: fewer have no spread to speak of */

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

double aur_knee_sight_turnover(const struct knee_sight *sight)
{
    return sight->depth * sight->span.seconds / fmax(sight->span.completed, 1);
}

void aur_knee_sight_clear(struct knee_sight *sight, int depth)
{
    sight->depth = depth;
    aur_knee_span_clear(&sight->span);
    aur_latency_sum_clear(&sight->latency);
}

void aur_knee_sight_add(struct knee_sight *sight, const struct control_window *window,
                        double seconds)
{
    aur_knee_span_add(&sight->span, window, seconds);
    aur_latency_sum_add(&sight->latency, window->latency);
}

struct knee_step aur_knee_step(const struct knee_sight *a, const struct knee_sight *b,
                               const struct knee_meter *meter)
{
    struct knee_step step = {.depth = log((double)b->depth / a->depth)};
    double before = spread_of(&a->latency);
    double many = 1 / fmax((double)a->latency.count, 1) + 1 / fmax((double)b->latency.count, 1);

    step.rate = aur_knee_span_log_rate(&b->span) - aur_knee_span_log_rate(&a->span);
    step.rate_variance =
        aur_knee_span_variance(&a->span, meter) + aur_knee_span_variance(&b->span, meter);
    step.latency = step.depth - step.rate;
    step.spread = log(spread_of(&b->latency) / before);
    step.spread_variance = SPREAD_NOISE * SPREAD_NOISE * many + SPREAD_ODD;
    step.before_ns = before;
    return step;
}

bool aur_knee_evidence_add(struct knee_evidence *evidence, const struct knee_step *step,
                           double base)
{
    double fade = FADE, squared = FADE * FADE;

    if (step->before_ns < WIDE * base * 1e9)
        return false;
    evidence->spread =
        fade * evidence->spread + fmin(fmax(step->spread, -ODD), step->latency + ODD);
    evidence->spread_variance = squared * evidence->spread_variance + step->spread_variance;
    evidence->latency = fade * evidence->latency + step->latency;
    evidence->rate = fade * evidence->rate + step->rate;
    evidence->rate_variance = squared * evidence->rate_variance + step->rate_variance;
    evidence->depth = fade * evidence->depth + step->depth;
    return true;
}

double aur_knee_evidence_sigmas(const struct knee_evidence *evidence)
{
    double wider = evidence->spread - SHIFTED * evidence->latency;

    return evidence->spread_variance > 0 ? wider / sqrt(evidence->spread_variance) : 0;
}

void aur_knee_share_forget(struct knee_share *share)
{
    aur_knee_sight_clear(&share->sight[0], share->sight[0].depth);
    aur_knee_sight_clear(&share->sight[1], share->sight[1].depth);
    memset(&share->evidence, 0, sizeof share->evidence);
    share->lately = (struct knee_least){0};
}

static bool has_seen(const struct knee_sight *sight)
{
    return sight->span.completed >= SEEN_LEAST && aur_knee_span_is_bound(&sight->span);
}

bool aur_knee_share_is_widened(const struct knee_share *share, const struct knee_sight *sight)
{
    const struct knee_least *least = &share->lately;
    double longer = aur_knee_sight_turnover(sight) / fmax(least->turnover, 1e-9);

    return least->turnover > 0 && sight->latency.count >= SAMPLES_LEAST && longer > QUEUED &&
           log(spread_of(&sight->latency) / least->spread_ns) > SHIFTED * log(longer);
}

/* Others who were there a short while ago may have been so since the last alarm, too. */
static bool is_queued(const struct knee_share *share, const struct knee_sight *sight)
{
    double least = share->lately.turnover;

    if (share->recent > 0)
        least = fmin(least, share->base.turnover);
    return aur_knee_sight_turnover(sight) >= QUEUED * least;
}

/* The depth in force is about to change: what was seen at it is compared with the one before. */
static void weigh(struct knee_share *share, const struct knee_meter *meter)
{
    bool greater = share->sight[1].depth > share->sight[0].depth;
    const struct knee_sight *a = &share->sight[!greater], *b = &share->sight[greater];

    if (!has_seen(a) || !has_seen(b) || b->depth < APART * a->depth ||
        b->depth > TOO_FAR * a->depth || !is_queued(share, a))
        return;
    struct knee_step step = aur_knee_step(a, b, meter);
    if (step.latency > LONGER && !aur_knee_share_is_widened(share, b) &&
        aur_knee_evidence_add(&share->evidence, &step, share->base.turnover))
        share->from = a->depth;
    aur_knee_sight_clear(&share->sight[!share->now], share->sight[!share->now].depth);
}

static bool take_turn(struct knee_share *share, const struct knee_meter *meter)
{
    int most = meter->limit > share->before ? meter->limit : share->before;

    if (meter->limit == share->before)
        return false;
    weigh(share, meter);
    /* Those of a depth far greater would be many of the few that come at this one. */
    double rate = meter->rate * meter->limit / most;
    share->skip = most > TRANSIENT_FROM * rate ? KNEE_SHARE_TRANSIENT * most : 0;
    share->before = meter->limit;
    share->now = !share->now;
    if (share->sight[share->now].depth != meter->limit)
        aur_knee_sight_clear(&share->sight[share->now], meter->limit);
    return true;
}

static bool tells(const struct knee_evidence *evidence, double stretch, double sigmas)
{
    double gain = evidence->rate - GAIN_SIGMAS * sqrt(evidence->rate_variance);

    return evidence->latency > stretch && gain > GAIN_LEAST * evidence->depth &&
           aur_knee_evidence_sigmas(evidence) < -sigmas;
}

static void learn_least(struct knee_least *least, const struct knee_sight *sight)
{
    double turnover = aur_knee_sight_turnover(sight);

    if (least->turnover > 0 && turnover >= least->turnover)
        return;
    least->turnover = turnover;
    least->spread_ns = spread_of(&sight->latency);
}

void aur_knee_share_learn_base(struct knee_share *share, const struct knee_sight *sight)
{
    learn_least(&share->base, sight);
}

/*
 * A device's own queues would have made the spread grow with latency; one that has shrunk
 * was taken amid something else.
 */
static bool is_shifted(const struct knee_sight *sight, const struct knee_least *least,
                       double longest, double wide)
{
    double longer = aur_knee_sight_turnover(sight) / fmax(least->turnover, 1e-9);

    if (longer <= longest || least->spread_ns <= wide * least->turnover * 1e9)
        return false;
    double wider = log(spread_of(&sight->latency) / least->spread_ns);
    return wider < LINE_SHIFTED * log(longer) && wider > -NARROWER;
}

/* The device's own latency may be that of another time: lately it must have been so, too. */
bool aur_knee_share_stands_in_line(const struct knee_share *share, const struct knee_meter *meter)
{
    const struct knee_sight *sight = &share->sight[share->now];

    return has_seen(sight) && sight->latency.count >= SAMPLES_LEAST && !aur_knee_is_slow(meter) &&
           is_shifted(sight, &share->base, LINE, WIDE) &&
           is_shifted(sight, &share->lately, SUSPECT, WIDE_LATELY);
}

bool aur_knee_share_watch(struct knee_share *share, const struct knee_meter *meter,
                          const struct control_window *window, double seconds)
{
    bool turned = take_turn(share, meter);
    struct knee_sight *sight = &share->sight[share->now];

    share->ban = fmax(0, share->ban - seconds);
    share->recent = fmax(0, share->recent - seconds);
    if (share->skip > 0) {
        share->skip -= (double)window->completed;
    } else {
        if (sight->span.completed > SEEN_MOST)
            aur_knee_sight_clear(sight, sight->depth);
        aur_knee_sight_add(sight, window, seconds);
        if (has_seen(sight)) {
            learn_least(&share->lately, sight);
            learn_least(&share->base, sight);
        }
    }
    return turned && share->ban <= 0 && !aur_knee_is_slow(meter) &&
           tells(&share->evidence, STRETCH_LEAST, TOLD);
}

bool aur_knee_share_suspects(struct knee_share *share, const struct knee_meter *meter, int limit)
{
    if (share->lately.turnover <= 0)
        return false;
    if (aur_knee_turnover(meter, limit) > SUSPECT * share->lately.turnover)
        return share->ban <= 0 && !aur_knee_is_slow(meter) &&
               tells(&share->evidence, STRETCH_DOUBT, 0.5);
    share->base = share->lately;
    return false;
}
