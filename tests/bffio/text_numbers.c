/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for people have fio's form: the digits that fit, the prefixes of their base. */
#include "../tap.h"

#include "textbuf.h"

#include <string.h>

static void number(uint64_t value, unsigned digits, bool binary, enum unit unit, const char *wanted)
{
    struct number_text got = number_text(value, digits, binary, unit);

    if (!ok(!strcmp(got.text, wanted), "%llu is %s", (unsigned long long)value, wanted))
        note("got %s", got.text);
}

int main(void)
{
    number(0, 4, false, UNIT_NONE, "0");
    number(8800, 4, false, UNIT_NONE, "8800");
    number(37910, 4, false, UNIT_NONE, "37.9k");
    number(312951, 4, false, UNIT_NONE, "313k");
    number(1425731, 6, false, UNIT_NONE, "1425.7k");
    number(34030123, 6, false, UNIT_NONE, "34030k");
    number(4096, 4, true, UNIT_BYTES, "4096B");
    number(16384, 4, true, UNIT_BYTES, "16.0KiB");
    number(131072, 4, true, UNIT_BYTES, "128KiB");
    number(155430912, 4, true, UNIT_BYTES_PER_S, "148MiB/s");
    number(155430912, 4, false, UNIT_BYTES_PER_S, "155MB/s");
    number(1281907000, 4, true, UNIT_BITS_PER_S, "9780Mibit/s");
    number(1281907000, 4, false, UNIT_BITS_PER_S, "10.3Gbit/s");
    number(19980, 4, false, UNIT_NONE, "20.0k");
    number(9999, 3, false, UNIT_NONE, "10k");
    number(1280, 3, true, UNIT_BYTES, "1.2KiB");
    number(UINT64_MAX, 4, true, UNIT_BYTES, "16.0EiB");
    return done();
}
