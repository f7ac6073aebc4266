/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever jobs are called and did, the JSON report is one valid document without duplicate keys,
 * in valid UTF-8; with a status interval each document is one line. */
#include "../tap.h"

#include "output.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 60, TEXT_LEN = 40, MOST_KEYS = 4096 };

struct reader {
    const unsigned char *at;
    const char *wrong; /* the first thing that was */
};

static bool expect(struct reader *in, bool good, const char *what)
{
    if (!good && !in->wrong)
        in->wrong = what;
    return good && !in->wrong;
}

static void skip_space(struct reader *in)
{
    while (*in->at && strchr(" \n\r\t", *in->at))
        in->at++;
}

static void read_utf8(struct reader *in)
{
    unsigned more = *in->at >= 0xf0 ? 3 : *in->at >= 0xe0 ? 2 : 1;

    expect(in, *in->at >= 0xc2 && *in->at <= 0xf4, "UTF-8 begins");
    expect(in, *in->at != 0xe0 || in->at[1] >= 0xa0, "not longer than needed");
    expect(in, *in->at != 0xed || in->at[1] < 0xa0, "no surrogate");
    in->at++;
    while (more--) {
        if (!expect(in, (*in->at & 0xc0) == 0x80, "UTF-8 goes on"))
            return;
        in->at++;
    }
}

static void read_string(struct reader *in)
{
    if (!expect(in, *in->at == '"', "a string"))
        return;
    in->at++;
    while (!in->wrong && *in->at != '"') {
        if (*in->at == '\\' && in->at[1] == 'u') {
            for (int i = 2; i < 6; i++)
                expect(in, isxdigit(in->at[i]), "four hexadecimal digits");
            in->at += 6;
        } else if (*in->at == '\\') {
            expect(in, in->at[1] && strchr("\"\\/bfnrt", in->at[1]), "an escape");
            in->at += 2;
        } else if (*in->at >= 0x80) {
            read_utf8(in);
        } else {
            expect(in, *in->at >= 0x20, "no bare control byte");
            in->at++;
        }
    }
    if (!in->wrong)
        in->at++;
}

static void read_number(struct reader *in)
{
    in->at += *in->at == '-';
    expect(in, isdigit(*in->at) && (*in->at != '0' || !isdigit(in->at[1])), "a number");
    while (isdigit(*in->at))
        in->at++;
    if (*in->at == '.') {
        in->at++;
        expect(in, isdigit(*in->at), "digits behind the point");
        while (isdigit(*in->at))
            in->at++;
    }
}

static void read_value(struct reader *in);

static void read_key(struct reader *in, const unsigned char **keys, size_t *n)
{
    const unsigned char *key = in->at;
    size_t len;

    read_string(in);
    len = (size_t)(in->at - key);
    for (size_t i = 0; i < *n; i++)
        expect(in, strncmp((const char *)keys[i], (const char *)key, len) != 0, "a key once");
    if (expect(in, *n < MOST_KEYS, "not so many keys"))
        keys[(*n)++] = key;
    skip_space(in);
    expect(in, *in->at == ':', "a colon");
    in->at += !in->wrong;
}

static void read_items(struct reader *in, unsigned char end)
{
    const unsigned char **keys = calloc(MOST_KEYS, sizeof(*keys));
    size_t n = 0;

    if (!keys)
        bail("no memory");
    in->at++;
    skip_space(in);
    while (!in->wrong && *in->at != end) {
        if (end == '}')
            read_key(in, keys, &n);
        read_value(in);
        skip_space(in);
        if (*in->at == end)
            break;
        expect(in, *in->at == ',', "a comma");
        in->at += !in->wrong;
        skip_space(in);
        expect(in, *in->at != end, "no comma at the end");
    }
    in->at += !in->wrong;
    free(keys);
}

static void read_value(struct reader *in)
{
    skip_space(in);
    if (in->wrong)
        return;
    if (*in->at == '{')
        read_items(in, '}');
    else if (*in->at == '[')
        read_items(in, ']');
    else if (*in->at == '"')
        read_string(in);
    else if (!strncmp((const char *)in->at, "true", 4))
        in->at += 4;
    else if (!strncmp((const char *)in->at, "false", 5))
        in->at += 5;
    else
        read_number(in);
}

/* Good for as many more calls as a round makes. */
static char *hostile(void)
{
    static char texts[64][TEXT_LEN * 4];
    static unsigned next;
    static const char *const pieces[] = {"\"",           "\\", "\n",       "\x01", "\x7f",
                                         "\xc3\x28",     "a",  "\xc3\xa9", "\xff", "</",
                                         "\xed\xa0\x80", "\\u"};
    char *text = texts[next++ % 64];

    memset(text, 0, sizeof(texts[0]));
    for (int i = 0; i < TEXT_LEN; i++) {
        if (rand() % 2)
            text[strlen(text)] = (char)(rand() % 255 + 1);
        else
            strcat(text, pieces[(size_t)rand() % (sizeof(pieces) / sizeof(pieces[0]))]);
    }
    return text;
}

static struct job random_job(void)
{
    static double percents[] = {50, 50, 99.999999};
    static struct given_option given[4];
    struct job job = {.name = hostile(),
                      .description = rand() % 2 ? hostile() : NULL,
                      .given = given,
                      .n_given = (size_t)(rand() % 5),
                      .global = given,
                      .n_global = (size_t)(rand() % 5),
                      .engine_name = hostile(),
                      .kb_base = 1024,
                      .percentiles = percents,
                      .n_percentiles = (size_t)(rand() % 4),
                      .clat_percentiles = rand() % 2,
                      .lat_percentiles = rand() % 2,
                      .slat_percentiles = rand() % 2,
                      .gtod_reduce = rand() % 4 == 0,
                      .unified_rw_reporting = rand() % 2,
                      .unified_both = rand() % 2,
                      .continue_on_error = (unsigned)rand() % 2,
                      .latency_percentile = NAN};

    for (int i = 0; i < 4; i++) {
        given[i].name = i % 2 ? hostile() : given[i ? i - 1 : 0].name;
        given[i].value = i % 2 ? hostile() : NULL;
    }
    given[0].name = hostile();
    return job;
}

static void random_stat(struct job_stat *stat, const struct job *job)
{
    static struct trace_point trace[3] = {{1, 2, 3, 4.5}, {5, 6, 7, INFINITY}, {8, 9, 10, NAN}};
    static const uint64_t series[] = {1, 2};
    int n = rand() % 3 ? rand() % 500 : 0;

    if (stat_init(stat, job))
        bail("no memory");
    for (int i = 0; i < n; i++) {
        stat_completed(stat, job, (enum direction)(rand() % 3), (uint64_t)rand(), (uint64_t)rand(),
                       (uint64_t)rand() << rand() % 30);
        stat_synced(stat, (uint64_t)rand());
        spread_add(&stat->dir[rand() % 3].bw, (uint64_t)rand());
    }
    stat->dir[READS].runtime_ms = (uint64_t)(rand() % 2);
    stat->found = (struct found){.valid = rand() % 2, .converge_ms = -1, .features = UINT64_MAX};
    stat->found.trace = trace;
    stat->found.n_trace = (size_t)(rand() % 4);
    stat->steady = (struct steady){.valid = rand() % 2,
                                   .criterion = NAN,
                                   .slope = INFINITY,
                                   .bw_bytes = series,
                                   .iops = series,
                                   .n = (size_t)(rand() % 3)};
}

static char *report_text(struct settings *settings, const struct result *results, size_t n)
{
    static const struct disk_stat disk = {.name = "a\"b", .util_percent = NAN};
    const struct report report = {.settings = settings,
                                  .results = results,
                                  .n_results = n,
                                  .disks = &disk,
                                  .n_disks = (size_t)(rand() % 2)};
    char *text = calloc(1, 1 << 22);
    FILE *file;
    size_t len;

    if (!text || output_report(&report, true))
        bail("no report");
    file = fopen(settings->output, "r");
    len = file ? fread(text, 1, (1 << 22) - 1, file) : 0;
    if (!len || fclose(file))
        bail("no report to read");
    return text;
}

static void round_of(char *path, const char **wrong)
{
    struct settings settings = {.output = path,
                                .formats = rand() % 2 ? FORMAT_JSON : FORMAT_JSON_PLUS,
                                .status_interval_ms = rand() % 2 ? 1000 : 0};
    struct job jobs[2];
    struct job_stat stats[2];
    struct result results[2];
    struct reader in = {0};
    char *text;

    for (int i = 0; i < 2; i++) {
        jobs[i] = random_job();
        random_stat(&stats[i], &jobs[i]);
        results[i] =
            (struct result){.job = &jobs[i], .last = &jobs[i], .stat = &stats[i], .jobs = 1};
        results[i].group = (unsigned)(rand() % 3);
    }
    text = report_text(&settings, results, (size_t)(rand() % 3));
    in.at = (const unsigned char *)text;
    read_value(&in);
    skip_space(&in);
    expect(&in, !*in.at, "one document only");
    if (settings.status_interval_ms)
        expect(&in, strchr(text, '\n') == text + strlen(text) - 1, "one line");
    if (in.wrong && !*wrong) {
        *wrong = in.wrong;
        note("expected %s at: %.60s", in.wrong, in.at);
    }
    free(text);
    for (int i = 0; i < 2; i++)
        stat_free(&stats[i]);
}

int main(void)
{
    char path[] = "json_is_valid.XXXXXX";
    int fd = mkstemp(path);
    const char *wrong = NULL;

    if (fd < 0)
        bail("no temporary file");
    close(fd);
    for (unsigned seed = 0; seed < ROUNDS; seed++) {
        srand(seed);
        round_of(path, &wrong);
    }
    ok(!wrong, "%d random reports are valid JSON", ROUNDS);
    unlink(path);
    return done();
}
