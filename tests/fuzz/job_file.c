/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a job file: the parser says yes or no, and leaves nothing behind. Build with
 * clang -fsanitize=fuzzer,address and the parser's sources; job_file.dict has its words. */
#include "parse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings;
    struct job_list list;
    enum parse_result result = parse_job_text((const char *)data, size, &settings, &list);

    if (result == PARSE_FAILED && list.n != 0)
        abort();
    for (size_t i = 0; i < list.n; i++)
        if (list.jobs[i].name == NULL || list.jobs[i].engine_name == NULL ||
            list.jobs[i].numjobs == 0 || list.jobs[i].bs_min[READS] == 0 ||
            list.jobs[i].bs_min[READS] > list.jobs[i].bs_max[READS])
            abort();
    job_list_free(&list);
    settings_free(&settings);
    return 0;
}
