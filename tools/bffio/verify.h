/* SPDX-License-Identifier: Apache-2.0 */
/* fio's header at the head of each verify_interval, then the checksum, then the data it is of.
 * With verify_offset, header and checksum change places with the bytes there. Little endian on
 * the machines this runs on, as fio writes its own structure. */
#ifndef BFFIO_VERIFY_H
#define BFFIO_VERIFY_H

#include "work.h"

enum { VERIFY_MAGIC = 0xacca };

struct verify_header {
    uint16_t magic;
    uint16_t kind;
    uint32_t len;    /* of the interval */
    uint64_t seed;   /* of the random contents; 0 with a pattern */
    uint64_t offset; /* of the interval in the file */
    uint32_t time_s, time_ns;
    uint16_t thread; /* from 1 */
    uint16_t number; /* of the write */
    uint32_t crc;    /* CRC-32C of all before it */
};

_Static_assert(sizeof(struct verify_header) == 40, "the layout is a file format");

/* Bytes of header and checksum; 0 without a header. */
size_t verify_header_size(const struct job *job);
unsigned verify_number_of_kind(enum verify_kind kind);
/* Contents and headers of an operation of this offset and length, from its seed. */
void verify_make(const struct workload *work, const struct io_unit *unit, void *buf,
                 const struct verify_header *like);
/* The data of a write before its headers. */
void verify_data(const struct workload *work, const struct io_unit *unit, void *buf);
/* Header and data of an interval change places with what is at verify_offset, or back. */
void verify_swap(const struct job *job, unsigned char *interval);

#endif
