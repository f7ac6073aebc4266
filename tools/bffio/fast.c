/* SPDX-License-Identifier: Apache-2.0 */
/* The short way to the next operation for the jobs that are run most: one file, one direction,
 * one block size, evenly random or sequential, nothing to verify, sync or wait for. It does what
 * the long way in sequence.c does, which takes over wherever something is out of the ordinary. */
#include "work.h"

void fast_init(struct workload *work)
{
    const struct job *job = work->job;
    bool one_way = (work->reads + work->writes + work->trims) == 1;
    enum direction dir = work->reads ? READS : work->writes ? WRITES : TRIMS;
    bool syncs = job->fsync_every || job->fdatasync_every || job->sync_range_every;
    bool plain_random = job->dist[READS] == DIST_RANDOM && !job->random64 &&
                        job->percentage_random[dir] >= 100 && job->sequence_ops <= 1;
    bool plain_sequence = !job->sequence_step_bytes && job->sequence_ops <= 1;

    work->fast = one_way && work->n_files == 1 && job->bs_min[dir] == job->bs_max[dir] &&
                 job->bs_align[dir] == job->bs_min[dir] && job->verify == VERIFY_NONE && !syncs &&
                 !job->serialize_overlap && (work->random ? plain_random : plain_sequence);
    work->fast_dir = dir;
    work->fast_bs = job->bs_min[dir];
    work->fast_blocks = 0;
    if (work->fast) {
        const struct place *place = &work->places[0];
        uint64_t bytes = place->size < place->real_size ? place->size : place->real_size;

        work->fast_end = place->begin + bytes;
        work->fast_blocks = (double)(bytes / work->fast_bs);
        work->fast &= bytes >= work->fast_bs && work->fast_end <= place->real_size;
    }
}

/* A random block that the map has not seen, marked; RANDMAP_NONE when none is left. */
static inline uint64_t take_random(struct workload *work, struct randmap *map)
{
    /* Signed: one instruction where unsigned takes a branch. */
    uint64_t block = (uint64_t)(int64_t)(work->fast_blocks *
                                         ((double)(int64_t)taus_narrow(&work->block) * 0x1p-32));
    uint64_t *word;

    if (!map->levels)
        return block;
    if (__builtin_expect(map->level[0][block >> RANDMAP_SHIFT] >> (block & 63) & 1, 0)) {
        block = randmap_next_free(map, block);
        if (block == RANDMAP_NONE)
            return block;
    }
    word = &map->level[0][block >> RANDMAP_SHIFT];
    *word |= 1ULL << (block & 63);
    if (__builtin_expect(*word == UINT64_MAX, 0))
        randmap_fill_word(map, block >> RANDMAP_SHIFT);
    return block;
}

static inline uint64_t random_place(struct workload *work, struct place *place)
{
    uint64_t block = take_random(work, &place->map);

    if (__builtin_expect(block == RANDMAP_NONE, 0)) {
        if (!work->job->time_based) {
            place_exhausted(work, 0);
            return NOWHERE;
        }
        place_reset(work, 0);
        if (work->invalidates)
            file_invalidate(work, 0);
        block = take_random(work, &place->map);
    }
    return place->begin + block * work->fast_bs;
}

_Static_assert((int)IO_READ == READS && (int)IO_WRITE == WRITES && (int)IO_TRIM == TRIMS,
               "the kind follows from the direction");

bool fast_next(struct workload *work, struct io_unit *unit)
{
    struct place *place = &work->places[0];
    enum direction dir = work->fast_dir;
    uint64_t len = work->fast_bs, offset = place->last_end[dir];

    if (work->random) {
        offset = random_place(work, place);
        if (__builtin_expect(offset == NOWHERE, 0))
            return false;
    } else {
        if (__builtin_expect(offset + len > work->fast_end, 0))
            return false;
        place->last_start[dir] = offset;
        place->last_end[dir] = offset + len;
    }
    unit->kind = (enum io_kind)dir;
    unit->dir = dir;
    unit->file = &work->files[0];
    unit->offset = offset;
    unit->len = len;
    work->fast_left--;
    work->round_issued += len;
    work->issued_bytes[dir] += len;
    work->issues[dir]++;
    work->in_flight++;
    if (dir == WRITES) {
        work->last_was_sync = false;
        if (work->filling == FILL_SCRAMBLE)
            contents_scramble(work, unit->buf, offset, len);
        else if (work->filling == FILL_REFILL)
            contents_fill(work, unit->buf, len);
    }
    return true;
}
