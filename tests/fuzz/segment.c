/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a segment: taken or not, and if taken all of it can be told. Build with
 * clang -fsanitize=fuzzer,address and clean.c, parse.c, families.c, text.c. */
#include "segment.h"
#include "families.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The sections are where a random change seldom makes sense: half of the inputs get good ones. */
static void *segment_of(const uint8_t *data, size_t size, size_t *whole)
{
    static const struct segment_section sections[] = {
        {SEGMENT_ENGINE, 448, 1, sizeof(struct segment_engine)},
        {SEGMENT_ERRORS, 704, SEGMENT_ERRNOS, 8},
        {SEGMENT_TARGET, 1792, 4, sizeof(struct segment_target)},
        {SEGMENT_RINGS, 2560, 3, sizeof(struct segment_ring)},
        {SEGMENT_REST, 2560 + 3 * sizeof(struct segment_ring), 1, sizeof(struct segment_ring)}};
    bool helped = size > 0 && data[size - 1] & 1;
    size_t least = 2560 + 4 * sizeof(struct segment_ring);

    *whole = helped && size < least ? least : size;
    char *bytes = aligned_alloc(64, (*whole + 63) / 64 * 64);
    if (!bytes)
        abort();
    memset(bytes, 0, *whole);
    if (size)
        memcpy(bytes, data, size);
    if (!helped)
        return bytes;
    struct segment_header *h = (struct segment_header *)bytes;
    h->magic = SEGMENT_MAGIC;
    h->version = SEGMENT_VERSION;
    h->bytes = *whole;
    h->header_bytes = sizeof *h;
    h->sections = sizeof sections / sizeof *sections;
    h->section_stride = sizeof *sections;
    memcpy(h + 1, sections, sizeof sections);
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = {.openmetrics = size & 1, .rings = true};
    struct reader_engine engine;
    struct subject subject;
    size_t whole;
    void *segment = segment_of(data, size, &whole);
    enum reader_error error = reader_parse(segment, whole, &engine);

    if (error == READER_OK || error == READER_TORN) {
        subject_init(&subject, &engine);
        if (strlen(subject.labels) >= sizeof subject.labels - 1)
            abort();
        text_families(&text, &subject, 0);
        size_t nobodys = text.len;
        text.len = 0;
        text_families(&text, &subject, 1);
        if (text.len > nobodys + text_most(&engine, true))
            abort();
        text.cap = text.len;
        text.buf = malloc(text.cap);
        text.len = 0;
        text_families(&text, &subject, 1);
        if (text.len != text.cap || memchr(text.buf, 0, text.len))
            abort();
        free(text.buf);
    }
    free(segment);
    return 0;
}
