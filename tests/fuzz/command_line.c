/* SPDX-License-Identifier: Apache-2.0 */
/* Any words as the command line of bffio: it says yes or no, and leaves nothing behind. What would
 * name a file elsewhere than in the directory it runs in is left out. */
#include "parse.h"
#include "words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char program[] = "bffio";
    struct settings settings;
    struct job_list list;
    struct words words;
    int n = 1;

    words_split(&words, program, data, size);
    for (int i = 1; i < words.argc; i++)
        if (!strchr(words.argv[i], '/'))
            words.argv[n++] = words.argv[i];
    words.argv[n] = NULL;
    enum parse_result result = parse_command_line(n, words.argv, &settings, &list);

    if (result != PARSED && list.n != 0)
        abort();
    for (size_t i = 0; i < list.n; i++)
        if (list.jobs[i].name == NULL || list.jobs[i].numjobs == 0)
            abort();
    job_list_free(&list);
    settings_free(&settings);
    free(words.text);
    return 0;
}
