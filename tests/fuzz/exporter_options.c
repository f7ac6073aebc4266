/* SPDX-License-Identifier: Apache-2.0 */
/* Any words as the command line of auraio-prom: it says yes or no. */
#include "prom/prom.h"
#include "words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char program[] = "auraio-prom";
    struct options options;
    struct words words;

    words_split(&words, program, data, size);
    if (options_read(&options, words.argc, words.argv) < 0 &&
        (options.address_count < 1 || options.address_count > ADDRESSES_MAX ||
         options.path[0] != '/' || options.max_requests < 0))
        abort();
    free(words.text);
    return 0;
}
