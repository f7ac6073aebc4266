/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a size, a time, a decimal number, an errno, a pattern: what is taken keeps within
 * its bounds, what is refused gives an errno of the two that there are. */
#include "value.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
    if (!good)
        abort();
}

static bool is_answer(int result)
{
    return result == 0 || result == -EINVAL || result == -ERANGE;
}

static void numbers(struct piece piece, unsigned kb_base)
{
    int64_t signed_bytes;
    uint64_t bytes, ns;
    double decimal;
    int number;

    must(is_answer(value_size(piece, kb_base, &bytes)));
    int result = value_signed_size(piece, kb_base, &signed_bytes);
    must(is_answer(result));
    if (result == 0 && piece.at[0] != '-')
        must(signed_bytes >= 0);
    must(is_answer(value_time(piece, 0, &ns)));
    must(is_answer(value_time(piece, 1000000000, &ns)));
    result = value_decimal(piece, &decimal);
    must(is_answer(result) && (result != 0 || isfinite(decimal)));
    result = value_errno(piece, &number);
    must(is_answer(result) && (result != 0 || number > 0));
}

static void pattern(struct piece piece)
{
    struct pattern made = {NULL, 0, NULL, 0};

    if (value_pattern(piece, &made) == 0) {
        must(made.len > 0 && made.bytes);
        for (size_t i = 0; i < made.n_offsets; i++)
            must(made.offsets[i] < made.len && (!i || made.offsets[i] > made.offsets[i - 1]));
        free(made.bytes);
        free(made.offsets);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct piece piece = {(const char *)data, size}, rest = piece, part;

    numbers(piece, 1000);
    numbers(piece, 1024);
    pattern(piece);
    while (piece_next(&rest, ':', &part))
        must(part.len <= size);
    return 0;
}
