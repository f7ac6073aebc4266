/* SPDX-License-Identifier: Apache-2.0 */
/* See controller_knee_points.h. */
#include "controller_knee_points.h"

#include <math.h>
#include <stddef.h>

#define DOUBT_OLD 0.03 /* at most */
#define AGEING 0.008
#define CHANGED 0.15 /* as a logarithm, at the same depth: it is another target */
#define CHANGED_SIGMAS 3.5
#define AGREES_SIGMAS 3.0
#define ROUGHER 4.0 /* variances apart */

static struct knee_point *find(struct knee_points *points, int depth)
{
    for (int i = 0; i < points->count; i++) {
        if (points->point[i].depth == depth)
            return &points->point[i];
    }
    return NULL;
}

/* What would be lost with it: little, if it is rough or another is near. */
static double worth(const struct knee_points *points, int which)
{
    const struct knee_point *point = &points->point[which];
    double nearest = INFINITY;

    for (int i = 0; i < points->count; i++) {
        if (i != which)
            nearest = fmin(nearest, fabs(log((double)points->point[i].depth / point->depth)));
    }
    return nearest / sqrt(point->doubt + 1 / fmax(point->span.completed, 1));
}

/* Room is made where least is lost. */
static struct knee_point *create(struct knee_points *points, int depth)
{
    int chosen = points->count;

    if (points->count < KNEE_POINTS) {
        points->count++;
    } else {
        chosen = 0;
        for (int i = 1; i < points->count; i++)
            chosen = worth(points, i) < worth(points, chosen) ? i : chosen;
    }
    points->point[chosen] = (struct knee_point){.depth = depth};
    return &points->point[chosen];
}

/* How far the span is from what is known, in deviations; the logarithm itself in off. */
static double deviations(const struct knee_point *point, const struct knee_span *span,
                         const struct knee_meter *meter, double *off)
{
    double variance = aur_knee_span_variance(span, meter) + point->doubt +
                      aur_knee_span_variance(&point->span, meter);

    *off = fabs(aur_knee_span_log_rate(span) - aur_knee_span_log_rate(&point->span));
    return *off / sqrt(variance);
}

/* What was rough is forgotten over what is not; else it has its part in what is wrong. */
static void take(struct knee_point *point, const struct knee_span *span, double doubt)
{
    double before = point->span.completed, both;

    if (point->doubt * before > 1 && point->doubt > ROUGHER * doubt * doubt) {
        aur_knee_span_clear(&point->span);
        before = 0;
    }
    double all = before + span->completed; /* 0 where the device was stalled both times */
    both = all > 0 ? (sqrt(point->doubt) * before + doubt * span->completed) / all : doubt;
    aur_knee_span_merge(&point->span, span);
    point->doubt = both * both;
    point->is_old = false;
}

bool aur_knee_points_add(struct knee_points *points, const struct knee_meter *meter, int depth,
                         const struct knee_span *span, double doubt)
{
    struct knee_point *point = find(points, depth);
    double off;
    bool same = !point || deviations(point, span, meter, &off) < CHANGED_SIGMAS || off < CHANGED;

    if (!same)
        points->count = 0;
    if (!same || !point)
        point = create(points, depth);
    take(point, span, doubt);
    return same;
}

void aur_knee_points_put(struct knee_points *points, const struct knee_meter *meter, int depth,
                         const struct knee_span *span, double doubt)
{
    struct knee_point *point = find(points, depth);
    double off;

    if (span->completed < 1 || !(span->seconds > 0))
        return;
    if (!point)
        point = create(points, depth);
    if (point->span.seconds > 0 && deviations(point, span, meter, &off) > AGREES_SIGMAS)
        aur_knee_span_clear(&point->span);
    take(point, span, doubt);
}

void aur_knee_points_are_old(struct knee_points *points)
{
    for (int i = 0; i < points->count; i++)
        points->point[i].is_old = true;
}

void aur_knee_points_age(struct knee_points *points)
{
    aur_knee_points_are_old(points);
    for (int i = 0; i < points->count; i++) {
        struct knee_point *point = &points->point[i];
        double aged = fmin(point->doubt + AGEING * AGEING, DOUBT_OLD * DOUBT_OLD);
        point->doubt = fmax(point->doubt, aged);
    }
}

void aur_knee_points_drop(struct knee_points *points, int which)
{
    points->count--;
    for (int i = which; i < points->count; i++)
        points->point[i] = points->point[i + 1];
}

void aur_knee_points_keep_below(struct knee_points *points, int depth)
{
    int kept = 0;

    for (int i = 0; i < points->count; i++) {
        if (points->point[i].depth < depth)
            points->point[kept++] = points->point[i];
    }
    points->count = kept;
}

void aur_knee_points_forget(struct knee_points *points, int depth)
{
    struct knee_points all = *points;

    points->count = 0;
    for (int i = 0; i < all.count; i++) {
        if (!all.point[i].is_old)
            points->point[points->count++] = all.point[i];
    }
    if (points->count && points->count < all.count)
        return;
    points->count = 0;
    for (int i = 0; i < all.count; i++) {
        if (all.point[i].depth == depth)
            points->point[points->count++] = all.point[i];
    }
}
