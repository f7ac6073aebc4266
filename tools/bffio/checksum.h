/* SPDX-License-Identifier: Apache-2.0 */
/* The checksums of verify headers. */
#ifndef BFFIO_CHECKSUM_H
#define BFFIO_CHECKSUM_H

#include "job.h"

enum { CHECKSUM_MAX = 128 };

/* How many bytes a header of this kind carries for its checksum. */
size_t checksum_size(enum verify_kind kind);
/* As fio 3.33 stores it. SHA-256 and SHA-512 there hold the last block of the data, not the
 * digest: whoever needs more compares the data. */
void checksum_fio(enum verify_kind kind, const void *data, size_t len,
                  unsigned char sum[CHECKSUM_MAX]);
/* The true SHA-256 or SHA-512, zeros behind it. */
void checksum_true(enum verify_kind kind, const void *data, size_t len,
                   unsigned char sum[CHECKSUM_MAX]);

/* CRC-32C without the final inversion, as fio uses it. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

#endif
