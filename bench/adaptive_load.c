/* SPDX-License-Identifier: Apache-2.0 */
#include "adaptive_load.h"

#include "figures.h"
#include "simdisk/simdisk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_ALIGNMENT = 4096, DRAIN_MS = 60000 };

static void on_read(auraio_request_t *request, ssize_t result, void *user_data);

/* xorshift64*. */
static uint64_t next_random(struct load *load)
{
    uint64_t x = load->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    load->random = x;
    return x * 0x2545f4914f6cdd1d >> 16;
}

static void submit(struct read_slot *slot)
{
    struct load *load = slot->load;
    const struct disk *disk = &load->disks[slot->disk];

    slot->offset = next_random(load) % (disk->bytes / load->block) * load->block;
    if (!auraio_read(load->engine, disk->fd, auraio_buf(slot->buf), load->block,
                     (int64_t)slot->offset, on_read, slot))
        give_up("auraio_read", errno);
}

/* The block's size may have changed since the submission: any that is used is right. */
static void check(const struct read_slot *slot, ssize_t result)
{
    const struct disk *disk = &slot->load->disks[slot->disk];
    const size_t word = sizeof(uint64_t);

    if (result < 0)
        give_up("read", (int)-result);
    if (result == 0 || result % 512 != 0)
        give_up("read: short", 0);
    size_t last = (size_t)result - word;
    if (disk->is_known && !(simdisk_has(slot->buf, word, slot->offset) &&
                            simdisk_has(slot->buf + last, word, slot->offset + last)))
        give_up("read: wrong content", 0);
}

static void on_read(auraio_request_t *request, ssize_t result, void *user_data)
{
    struct read_slot *slot = user_data;
    struct load *load = slot->load;

    (void)request;
    check(slot, result);
    load->done[slot->disk]++;
    load->bytes[slot->disk] += (uint64_t)result;
    if (!load->is_ending)
        submit(slot);
}

static auraio_engine_t *create(const struct contestant *contestant, double ceiling_ms,
                               int queue_depth)
{
    auraio_options_t options;
    auraio_engine_t *engine;

    auraio_options_init(&options);
    options.ring_count = 1;
    options.queue_depth = queue_depth;
    options.control = contestant->law;
    options.disable_adaptive = contestant->depth > 0;
    options.max_p99_latency_ms = ceiling_ms;
    engine = auraio_create_with_options(&options);
    if (!engine)
        give_up("auraio_create_with_options", errno);
    if (contestant->depth > 0 && auraio_set_max_in_flight(engine, contestant->depth) != 0)
        give_up("auraio_set_max_in_flight", errno);
    return engine;
}

void load_begin(struct load *load, const struct disk *disks, int disk_count,
                const struct contestant *contestant, double ceiling_ms, unsigned seed)
{
    int slots = disk_count * READS_PER_DISK;

    *load = (struct load){.disks = disks,
                          .disk_count = disk_count,
                          .block = 4096,
                          .random = seed * 0x9e3779b97f4a7c15 | 1};
    load->slots = calloc((size_t)slots, sizeof *load->slots);
    load->buffers = aligned_alloc(BUFFER_ALIGNMENT, (size_t)slots * BLOCK_MOST);
    if (!load->slots || !load->buffers)
        give_up("slots", ENOMEM);
    load->engine = create(contestant, ceiling_ms, slots);
    for (int i = 0; i < slots; i++) {
        load->slots[i] = (struct read_slot){
            .load = load, .disk = i % disk_count, .buf = load->buffers + (size_t)i * BLOCK_MOST};
        submit(&load->slots[i]);
    }
}

void load_pump(struct load *load, int timeout_ms)
{
    if (auraio_wait(load->engine, timeout_ms) < 0)
        give_up("auraio_wait", errno);
}

void load_end(struct load *load)
{
    load->is_ending = true;
    if (auraio_drain(load->engine, DRAIN_MS) < 0)
        give_up("auraio_drain", errno);
    auraio_destroy(load->engine);
    free(load->buffers);
    free(load->slots);
}
