/* SPDX-License-Identifier: Apache-2.0 */
/* Where reports go, and what is said before the run. Only the main thread comes here. */
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static FILE *sink;
static bool is_told; /* that it cannot be written */

void output_complain(const char *file, int err)
{
    fprintf(stderr, "bffio: %s: cannot be written: %s\n", file, strerror(-err));
}

int sink_open(const struct settings *settings)
{
    if (sink)
        return 0;
    sink = settings->output ? fopen(settings->output, "we") : stdout;
    if (!sink) {
        int err = -errno;

        output_complain(settings->output, err);
        return err;
    }
    return 0;
}

int sink_write(const struct settings *settings, const struct textbuf *out, bool last)
{
    int err = sink_open(settings);

    if (err)
        return err;
    errno = 0;
    if (out->len && fwrite(out->data, 1, out->len, sink) != out->len)
        err = errno ? -errno : -EIO;
    if (fflush(sink) && !err)
        err = errno ? -errno : -EIO;
    if (last && sink != stdout) {
        if (fclose(sink) && !err)
            err = errno ? -errno : -EIO;
        sink = NULL;
    }
    if (err && !is_told)
        output_complain(settings->output ? settings->output : "standard output", err);
    is_told |= err != 0;
    return err;
}

static void kind_text(struct textbuf *out, unsigned kind)
{
    if (kind & KIND_RANDOM)
        textbuf_puts(out, "rand");
    if (kind & KIND_TRIM_WRITE)
        textbuf_puts(out, "trimwrite");
    else if ((kind & KIND_READ) && (kind & KIND_WRITE))
        textbuf_puts(out, "rw");
    else
        textbuf_puts(out, kind & KIND_WRITE ? "write" : kind & KIND_TRIM ? "trim" : "read");
}

static void section_line(struct textbuf *out, const struct job *job, unsigned group)
{
    const bool binary = job->kb_base != 1000;

    textbuf_printf(out, "%s: (g=%u): rw=", job->name, group);
    kind_text(out, job->kind);
    textbuf_puts(out, ", bs=");
    for (int dir = 0; dir < DIRECTIONS; dir++) {
        textbuf_printf(out, "(%c) %s-%s, ", "RWT"[dir],
                       number_text(job->bs_min[dir], 4, binary, UNIT_BYTES).text,
                       number_text(job->bs_max[dir], 4, binary, UNIT_BYTES).text);
    }
    textbuf_printf(out, "ioengine=%s, iodepth=", job->engine_name);
    if (job->iodepth_auto)
        textbuf_puts(out, "auto\n");
    else
        textbuf_printf(out, "%u\n", job->iodepth);
    if (job->numjobs > 1)
        textbuf_puts(out, "...\n");
}

static void starting_line(struct textbuf *out, unsigned threads, unsigned processes)
{
    textbuf_puts(out, "Starting ");
    if (threads)
        textbuf_printf(out, "%u thread%s", threads, threads > 1 ? "s" : "");
    if (threads && processes)
        textbuf_puts(out, " and ");
    if (processes)
        textbuf_printf(out, "%u process%s", processes, processes > 1 ? "es" : "");
    textbuf_puts(out, "\n");
}

/* Jobs of numjobs may come unfolded or as one: the first of them stands for all. */
int output_begin(const struct settings *settings, const struct job *jobs, const unsigned *groups,
                 size_t n)
{
    struct textbuf out = {0};
    unsigned threads = 0, processes = 0;
    int err = sink_open(settings);

    if (err || (settings->formats && !(settings->formats & FORMAT_NORMAL)))
        return err;
    for (size_t i = 0; i < n; i++) {
        if (jobs[i].subjob)
            continue;
        section_line(&out, &jobs[i], groups[i]);
        *(jobs[i].thread ? &threads : &processes) += jobs[i].numjobs ? jobs[i].numjobs : 1;
    }
    textbuf_printf(&out, "%s\n", fio_version);
    starting_line(&out, threads, processes);
    err = out.failed ? -ENOMEM : sink_write(settings, &out, false);
    textbuf_free(&out);
    return err;
}
