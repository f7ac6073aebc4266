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

static struct knee_point *find(struct knee_points *points, int depth)
{
    for (int i = 0; i < points->count; i++) {
        if (points->point[i].depth == depth)
            return &points->point[i];
    }
    return NULL;
}

/* Room is made where least was measured. */
static struct knee_point *create(struct knee_points *points, int depth)
{
    struct knee_point *point = &points->point[0];

    if (points->count < KNEE_POINTS)
        point = &points->point[points->count++];
    for (int i = 1; i < points->count && points->count == KNEE_POINTS; i++) {
        if (points->point[i].span.completed < point->span.completed)
            point = &points->point[i];
    }
    *point = (struct knee_point){.depth = depth};
    return point;
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
    aur_knee_span_merge(&point->span, span);
    point->doubt = doubt * doubt;
    point->is_old = false;
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
    aur_knee_span_merge(&point->span, span);
    point->doubt = doubt * doubt;
    point->is_old = false;
}

void aur_knee_points_age(struct knee_points *points)
{
    for (int i = 0; i < points->count; i++) {
        struct knee_point *point = &points->point[i];
        double aged = fmin(point->doubt + AGEING * AGEING, DOUBT_OLD * DOUBT_OLD);
        point->doubt = fmax(point->doubt, aged);
        point->is_old = true;
    }
}

void aur_knee_points_drop(struct knee_points *points, int which)
{
    points->count--;
    for (int i = which; i < points->count; i++)
        points->point[i] = points->point[i + 1];
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
