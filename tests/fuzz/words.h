/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes as the words of a command line: a line is a word. */
#ifndef FUZZ_WORDS_H
#define FUZZ_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct words {
    int argc;
    char *argv[WORDS_MAX + 2], *text; /* the text is to be freed */
};

/* argv[0] is the program's name, NULL stands at the end. */
static inline void words_split(struct words *words, char *program, const uint8_t *data, size_t size)
{
    char *rest;

    memset(words, 0, sizeof *words);
    rest = words->text = malloc(size + 1);
    if (!words->text)
        abort();
    if (size)
        memcpy(words->text, data, size);
    words->text[size] = 0;
    words->argv[words->argc++] = program;
    for (char *word; words->argc <= WORDS_MAX && (word = strsep(&rest, "\n"));)
        words->argv[words->argc++] = word;
}

#endif
