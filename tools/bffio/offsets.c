/* SPDX-License-Identifier: Apache-2.0 */
/* Where an operation goes and how long it is. Every draw is in fio's order, so that the same
 * randseed gives the same operations. */
#include "work.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Starts all streams anew, as each round does with randrepeat. */
void streams_start(struct workload *work)
{
    const uint64_t *seeds = work->seeds;
    bool wide = work->job->random64;

    for (unsigned dir = 0; dir < DIRECTIONS; dir++) {
        unsigned stream = STREAM_BS_READ + dir;

        /* Who reads back, or writes what was trimmed, needs the lengths of the other. */
        if (work->trim_write && dir == TRIMS)
            stream = STREAM_BS_WRITE;
        if (work->job->verify != VERIFY_NONE && stream == STREAM_BS_WRITE)
            stream = STREAM_BS_READ;
        taus_seed(&work->bs[dir], seeds[stream], wide);
        taus_seed(&work->sequential[dir], seeds[STREAM_SEQUENTIAL], false);
    }
    taus_seed(&work->verify, seeds[STREAM_VERIFY], wide);
    taus_seed(&work->mix, seeds[STREAM_MIX], false);
    taus_seed(&work->next_file, seeds[STREAM_FILE], wide);
    taus_seed(&work->block, seeds[STREAM_BLOCK], wide);
    taus_seed(&work->file_size, seeds[STREAM_FILE_SIZE], wide);
    taus_seed(&work->contents, seeds[STREAM_CONTENTS], wide);
    taus_seed(&work->dedupe, seeds[STREAM_DEDUPE], false);
    taus_seed(&work->zone, seeds[STREAM_ZONE], false);
    work->contents_before = work->contents;
}

void place_reset(struct workload *work, size_t index)
{
    struct place *place = &work->places[index];

    for (unsigned dir = 0; dir < DIRECTIONS; dir++) {
        place->last_start[dir] = NOWHERE;
        place->last_end[dir] = place->begin;
    }
    randmap_clear(&place->map);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool is_skewed(const struct job *job)
{
    enum distribution kind = job->dist[READS];

    return kind == DIST_ZIPF || kind == DIST_PARETO || kind == DIST_NORMAL;
}

static int init_zones(struct workload *work, enum direction dir)
{
    const struct job *job = work->job;
    bool absolute = job->dist[dir] == DIST_ZONED_ABS;
    struct zone_index *zones;
    uint64_t begin = 0;
    size_t percent = 0;

    if ((job->dist[dir] != DIST_ZONED && !absolute) || !job->n_zones[dir])
        return 0;
    zones = calloc(100, sizeof(*zones));
    if (!zones)
        return -ENOMEM;
    work->zones[dir] = zones;
    for (size_t i = 0; i < job->n_zones[dir]; i++) {
        const struct zone_share *share = &job->zones[dir][i];
        uint64_t size = absolute ? share->size_bytes : (uint64_t)llround(share->size_percent);

        for (long n = lround(share->access_percent); n > 0 && percent < 100; n--)
            zones[percent++] = (struct zone_index){begin, begin + size};
        begin += size;
    }
    return 0;
}

static int sort_bssplit(struct workload *work, enum direction dir)
{
    size_t n = work->job->n_bssplit[dir];
    struct bs_share *sorted;

    if (!n)
        return 0;
    sorted = calloc(n, sizeof(*sorted));
    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0, at; i < n; i++) {
        const struct bs_share *share = &work->job->bssplit[dir][i];

        for (at = i; at && sorted[at - 1].percent > share->percent; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = *share;
    }
    work->bssplit[dir] = sorted;
    return 0;
}

int places_init(struct workload *work)
{
    const struct job *job = work->job;

    for (unsigned dir = 0; dir < DIRECTIONS; dir++)
        if (init_zones(work, dir) < 0 || sort_bssplit(work, dir) < 0)
            return -ENOMEM;
    for (size_t i = 0; i < work->n_files; i++) {
        struct place *place = &work->places[i];
        uint64_t range = smaller(place->real_size, place->size);

        if (work->random && is_skewed(job)) {
            uint64_t unit = smaller(job->bs_min[READS], job->bs_min[WRITES]);
            uint32_t seed = name_hash(work->files[i].path) * (job->index + 1);

            if (!job->randrepeat)
                seed = (uint32_t)work->seeds[STREAM_BLOCK];
            skewed_init(&place->skewed, job->dist[READS], (range + unit - 1) / unit,
                        job->dist_value[READS], job->dist_center[READS], seed);
        } else if (work->with_map && randmap_init(&place->map, range / work->min_bs) < 0) {
            return -ENOMEM;
        }
        place_reset(work, i);
    }
    return 0;
}

void places_free(struct workload *work)
{
    for (size_t i = 0; work->places && i < work->n_files; i++)
        randmap_free(&work->places[i].map);
    for (unsigned dir = 0; dir < DIRECTIONS; dir++)
        free(work->zones[dir]);
    for (unsigned dir = 0; dir < DIRECTIONS; dir++)
        free(work->bssplit[dir]);
}

static uint64_t blocks_of(const struct workload *work, const struct place *place,
                          enum direction dir)
{
    const struct job *job = work->job;
    uint64_t bytes = smaller(place->size, place->real_size);

    if (job->bs_min[dir] > job->bs_align[dir])
        bytes -= smaller(bytes, job->bs_min[dir] - job->bs_align[dir]);
    return bytes / job->bs_align[dir];
}

static bool random_block_below(struct workload *work, struct place *place, uint64_t blocks,
                               uint64_t *block)
{
    *block = taus_below(&work->block, blocks);
    if (!place->map.levels || !randmap_is_taken(&place->map, *block))
        return true;
    *block = randmap_next_free(&place->map, *block);
    return *block != RANDMAP_NONE;
}

static bool zoned_block(struct workload *work, struct place *place, enum direction dir,
                        uint64_t blocks, uint64_t *block)
{
    const struct zone_index *zone = &work->zones[dir][taus_percent(&work->zone) - 1];
    uint64_t first, n;

    if (work->job->dist[dir] == DIST_ZONED_ABS) {
        first = zone->begin / work->job->bs_align[dir];
        n = zone->end / work->job->bs_align[dir] - first;
    } else {
        first = zone->begin * blocks / 100;
        n = blocks * (zone->end - zone->begin) / 100;
    }
    if (!random_block_below(work, place, n, block))
        return false;
    *block += first;
    return true;
}

static bool draw_block(struct workload *work, struct place *place, enum direction dir,
                       uint64_t *block)
{
    uint64_t blocks;

    if (place->skewed.blocks) {
        *block = skewed_next(&place->skewed);
        return true;
    }
    blocks = blocks_of(work, place, dir);
    if (!blocks)
        return false;
    if (work->zones[dir])
        return zoned_block(work, place, dir, blocks, block);
    return random_block_below(work, place, blocks, block);
}

/* A random block; when all have had their turn and time decides the end, they get another. */
static bool random_offset(struct workload *work, size_t index, enum direction dir, uint64_t *offset)
{
    struct place *place = &work->places[index];
    uint64_t block;

    if (!draw_block(work, place, dir, &block)) {
        if (!work->job->time_based)
            return false;
        place_reset(work, index);
        if (work->invalidates)
            file_invalidate(work, index);
        if (!draw_block(work, place, dir, &block))
            return false;
    }
    *offset = block * work->job->bs_align[dir];
    return true;
}

static void start_over(struct workload *work, size_t index, enum direction dir)
{
    work->places[index].last_end[dir] = work->places[index].begin;
    if (work->invalidates)
        file_invalidate(work, index);
}

/* The place behind the last operation, plus the step of rw=read:STEP. */
static bool sequential_offset(struct workload *work, size_t index, enum direction dir,
                              uint64_t *offset)
{
    struct place *place = &work->places[index];
    int64_t step = work->job->sequence_step_bytes;
    uint64_t end = smaller(place->size, place->real_size), at;

    if (place->last_end[dir] >= place->size + place->begin && work->job->time_based &&
        work->n_files == 1)
        start_over(work, index, dir);
    if (place->last_end[dir] >= place->real_size)
        return false;
    if (place->last_end[dir] == place->begin && place->begin && step < 0)
        place->last_end[dir] = end;
    at = place->last_end[dir] - place->begin;
    if (at && step) {
        at += (uint64_t)step;
        if (at >= place->real_size)
            at = step > 0 ? place->begin : end + (uint64_t)step;
    }
    *offset = at;
    return true;
}

/* Between the new places of rw=randrw:N: onward (sequential) or the same place (identical). */
static bool continued_offset(struct workload *work, size_t index, enum direction dir,
                             uint64_t *offset)
{
    struct place *place = &work->places[index];

    if (work->job->sequencer == SEQ_IDENTICAL) {
        *offset = place->last_start[dir] == NOWHERE ? 0 : place->last_start[dir] - place->begin;
        return true;
    }
    return sequential_offset(work, index, dir, offset) || random_offset(work, index, dir, offset);
}

static bool new_offset(struct workload *work, size_t index, enum direction dir, uint64_t *offset,
                       bool *marks)
{
    unsigned percent = work->job->percentage_random[dir];

    *marks = false;
    if (!work->random)
        return sequential_offset(work, index, dir, offset);
    *marks = percent >= 100 || taus_percent(&work->sequential[dir]) <= percent;
    if (*marks)
        return random_offset(work, index, dir, offset);
    return sequential_offset(work, index, dir, offset) || random_offset(work, index, dir, offset);
}

static bool fits(const struct place *place, uint64_t offset, uint64_t len)
{
    return offset + len <= place->size + place->begin;
}

static uint64_t drawn_length(struct workload *work, const struct place *place, enum direction dir,
                             uint64_t offset)
{
    const struct job *job = work->job;
    struct taus *taus = &work->bs[dir];
    uint64_t r = taus_next(taus), len = 0;
    uint64_t most = taus->is_wide ? UINT64_MAX : UINT32_MAX;
    unsigned percent = 0;

    if (!job->n_bssplit[dir])
        return job->bs_min[dir] +
               (uint64_t)((double)job->bs_max[dir] * ((double)r / ((double)most + 1.0)));
    for (size_t i = 0; i < job->n_bssplit[dir]; i++) {
        const struct bs_share *share = &work->bssplit[dir][i];

        if (!share->percent)
            continue;
        len = share->bytes;
        percent += share->percent;
        if (r / percent <= most / 100 && fits(place, offset, len))
            break;
    }
    return len;
}

static uint64_t next_length(struct workload *work, const struct place *place, enum direction dir,
                            uint64_t offset)
{
    const struct job *job = work->job;
    uint64_t least = job->bs_min[dir], len;

    if (least == job->bs_max[dir])
        return least;
    if (!fits(place, offset, least))
        return 0;
    do {
        len = drawn_length(work, place, dir, offset);
        if (!job->bs_unaligned)
            len -= len % least;
        len = smaller(len, job->bs_max[dir]);
    } while (!fits(place, offset, len));
    return len;
}

/* In a mixed sequence the offset may go on where the other direction has ended. */
static bool place_offset(struct workload *work, size_t index, enum direction dir, uint64_t *offset,
                         bool *marks)
{
    struct place *place = &work->places[index];
    uint64_t every = work->job->sequence_ops;

    *marks = false;
    if (work->trim_write && dir == WRITES && work->random) {
        *offset = place->last_start[TRIMS] - place->begin;
        return true;
    }
    if (every > 1) {
        if (--work->sequence_left)
            return continued_offset(work, index, dir, offset);
        work->sequence_left = every;
    }
    return new_offset(work, index, dir, offset, marks);
}

bool place_next(struct workload *work, size_t index, enum direction dir, uint64_t *offset,
                uint64_t *len)
{
    struct place *place = &work->places[index];
    bool marks;

    if (!place_offset(work, index, dir, offset, &marks) || *offset >= place->size)
        return false;
    *offset += place->begin;
    if (*offset >= place->real_size)
        return false;
    *len = next_length(work, place, dir, *offset);
    if (!*len || *offset + *len > place->real_size)
        return false;
    if (marks && place->map.levels) {
        uint64_t unit = work->job->bs_min[dir];
        uint64_t got =
            randmap_take(&place->map, (*offset - place->begin) / unit, (*len + unit - 1) / unit);

        *len = smaller(*len, got * unit);
    }
    return *len != 0;
}
