/* SPDX-License-Identifier: Apache-2.0 */
/* Job files: sections, [global], comments, includes, variables; the command line around them;
 * messages with file, line and option; --showcmd. */
#include "../tap.h"

#include "options.h"
#include "parse.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct settings settings;
static struct job_list list;
static char messages[8192]; /* what the last call said on stderr */
static char shown[8192];    /* and on stdout */

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        bail("cannot write %s", name);
}

static void read_back(const char *name, char *text, size_t size)
{
    FILE *file = fopen(name, "r");
    size_t n = file != NULL ? fread(text, 1, size - 1, file) : 0;

    text[n] = '\0';
    if (file != NULL)
        fclose(file);
}

static int redirect(int fd, const char *name)
{
    int saved = dup(fd), file = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0600);

    if (saved < 0 || file < 0 || dup2(file, fd) < 0)
        bail("cannot redirect to %s", name);
    close(file);
    return saved;
}

/* Runs the parser on the words of a command line. */
static enum parse_result parse(const char *command)
{
    char copy[1024], *argv[32], *rest = NULL;
    int argc = 0, saved_out, saved_err;
    enum parse_result result;

    snprintf(copy, sizeof(copy), "%s", command);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL && argc < 31;
         word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    argv[argc] = NULL;
    job_list_free(&list);
    settings_free(&settings);
    fflush(stdout);
    saved_out = redirect(1, "stdout.txt");
    saved_err = redirect(2, "stderr.txt");
    result = parse_command_line(argc, argv, &settings, &list);
    fflush(stdout);
    dup2(saved_out, 1);
    dup2(saved_err, 2);
    close(saved_out);
    close(saved_err);
    read_back("stdout.txt", shown, sizeof(shown));
    read_back("stderr.txt", messages, sizeof(messages));
    return result;
}

static bool parses(const char *command, size_t jobs)
{
    return parse(command) == PARSED && list.n == jobs;
}

/* The file alone is refused, with a message that begins so. */
static void refuses(const char *text, const char *message, const char *what)
{
    write_file("bad.fio", text);
    if (!ok(parse("bffio bad.fio") == PARSE_FAILED &&
                strncmp(messages, message, strlen(message)) == 0,
            "%s", what))
        note("said: %s", messages);
    ok(list.n == 0, "and leaves no job");
}

static void check_sections(void)
{
    write_file("two.fio", "; first\n[global]\nbs=8k # all\n[a]\nrw=read\n\n[global]\nsize = 2m\n"
                          "[b]\nbs=4k;own\nname=c\n[a]\nstonewall\n");
    ok(parses("bffio two.fio", 3), "three jobs, two of the same name");
    ok(list.jobs[0].bs_min[READS] == 8192 && list.jobs[0].size == 0,
       "[global] counts for later sections only");
    ok(list.jobs[1].bs_min[READS] == 4096 && list.jobs[1].size == 2 << 20, "a section's own wins");
    ok(!strcmp(list.jobs[1].name, "c") && !strcmp(list.jobs[2].name, "a"), "names");
    ok(list.jobs[2].stonewall && list.jobs[2].line == 12, "the line of a section");
    is(list.jobs[2].n_global, 2, "options of [global]");
    ok(!strcmp(list.jobs[1].given[0].name, "bs") && !strcmp(list.jobs[1].given[0].value, "4k"),
       "options as they were given");
    ok(list.jobs[2].given[0].value == NULL, "one without a value");
    ok(parses("bffio --section=c two.fio", 0) == false, "an unknown section is refused");
    ok(parses("bffio --section=a two.fio --section=b", 3), "several sections");
    ok(parses("bffio --section=b two.fio", 1), "one section");
}

static void check_command_line(void)
{
    write_file("one.fio", "[global]\nsize=1m\n[a]\nrw=write\n");
    ok(parses("bffio --bs=16k one.fio --iodepth 8", 1) && list.jobs[0].bs_min[READS] == 16384 &&
           list.jobs[0].iodepth == 8,
       "options before and behind a file count for it");
    ok(parses("bffio --name=x --size=1m --bs=16k one.fio", 2) &&
           list.jobs[1].bs_min[READS] == 4096 && !strcmp(list.jobs[0].name, "x"),
       "those of --name do not");
    ok(parses("bffio one.fio one.fio", 2) && !list.jobs[0].stonewall && list.jobs[1].stonewall,
       "a further file waits for the first");
    write_file("plain.fio", "[b]\nrw=write\n");
    ok(parses("bffio one.fio plain.fio", 2) && list.jobs[1].size == 0,
       "[global] ends with its file");
    ok(parses("bffio -name=x -size 4m -numj=3 --output-f json --bs=4k --bs=8k", 1) &&
           list.jobs[0].numjobs == 3 && settings.formats == FORMAT_JSON,
       "one dash, values as words, unique prefixes");
    is(list.jobs[0].n_given, 4, "an option that comes twice is told once");
    ok(parse("bffio --name=x --io=3") == PARSE_FAILED, "a prefix of several is refused");
    ok(parse("bffio --name=x --bs") == PARSE_FAILED && strstr(messages, "bs: needs a value"),
       "a missing value");
    ok(parse("bffio") == PARSE_FAILED, "no job is an error");
    ok(parse("bffio --readonly=1 --name=x") == PARSE_FAILED, "a switch without values takes none");
    ok(parse("bffio --readonly --name=x --rw=randrw") == PARSE_FAILED, "--readonly");
    ok(parse("bffio --warnings-fatal --name=x --time_based") == PARSE_FAILED &&
           parses("bffio --name=x --time_based", 1) && !list.jobs[0].time_based,
       "time_based without runtime warns");
    ok(parse("/x/fio --version") == PARSED_DONE && !strcmp(shown, "fio-3.42\n"), "called fio");
    ok(parse("bffio --version") == PARSED_DONE && strstr(shown, "(fio-3.42 compatible)"),
       "the version");
    ok(parse("bffio --cmdhelp=bs --enghelp") == PARSED_DONE && strstr(shown, "blocksize"),
       "--cmdhelp=bs");
    ok(parse("bffio --name=a --client=x") == PARSE_FAILED && strstr(messages, "client"),
       "--client is refused by name");
}

static void check_expansion(void)
{
    setenv("BFFIO_TEST", "3", 1);
    unsetenv("BFFIO_NONE");
    write_file("env.fio", "[${BFFIO_TEST}]\nsize=${BFFIO_TEST}2m\nnumjobs=$ncpus\n"
                          "filename=/tmp/${BFFIO_TEST}${BFFIO_NONE}/$jobname\nbs=$pagesize\n");
    ok(parses("bffio env.fio", 1) && list.jobs[0].size == 32 << 20, "a variable");
    ok(!strcmp(list.jobs[0].filename, "/tmp/3/$jobname"), "one that is not set is empty");
    is(list.jobs[0].numjobs, sysconf(_SC_NPROCESSORS_ONLN), "$ncpus");
    is(list.jobs[0].bs_min[READS], sysconf(_SC_PAGESIZE), "$pagesize");
    refuses("[a]\nsize=${BFFIO_NONE}\n", "bffio: bad.fio:2: size: needs a value", "an empty value");
    write_file("inner.fio", "bs=2k\ninclude deeper.fio\n");
    write_file("deeper.fio", "iodepth=5\n");
    write_file("outer.fio", "[global]\ninclude inner.fio\n[a]\nrw=read\n");
    ok(parses("bffio outer.fio", 1) && list.jobs[0].bs_min[READS] == 2048 &&
           list.jobs[0].iodepth == 5,
       "an included file includes another");
    write_file("again.fio", "include again.fio\n");
    refuses("[a]\ninclude again.fio\n", "bffio: again.fio:1: include: too many",
            "a file that includes itself");
    refuses("[a]\ninclude none.fio\n", "bffio: bad.fio:2: include: cannot read 'none.fio'",
            "a missing file");
    refuses("[a]\ninclude /dev/zero\n", "bffio: bad.fio:2: include: cannot read", "a device");
}

static void check_messages(void)
{
    refuses("bs=4k\n[a]\n", "bffio: bad.fio:1: bs=4k: stands before the first section",
            "an option before the first section");
    refuses("[a]\n\nrw=sideways\n",
            "bffio: bad.fio:3: rw: 'sideways' is no valid value; valid "
            "values: read, write,",
            "a bad value, with the valid ones");
    refuses("[a]\nblock_size=4k\n",
            "bffio: bad.fio:2: block_size: no such option; did you mean "
            "bs?",
            "a mistyped name");
    refuses("[a]\nzonesize=4k\n", "bffio: bad.fio:2: zonesize: bffio does not do",
            "an option of fio's alone");
    refuses("[a\nrw=read\n", "bffio: bad.fio:1: '[a' is no section", "an open bracket");
    refuses("[]\nrw=read\n", "bffio: bad.fio:1: the name of the section is empty", "an empty name");
    refuses("[a]\nsize=1m\nbs=2m\n", "bffio: bad.fio:2: size: 1048576 is less than one block",
            "a block larger than the size");
    refuses("[a]\nwait_for=b\n[b]\n", "bffio: bad.fio:2: wait_for: no job 'b'", "a later job");
    refuses("[global]\nbs=x\n[a]\n[b]\n", "bffio: bad.fio:2: bs: 'x'", "an error in [global]");
    ok(strchr(messages, '\n') == messages + strlen(messages) - 1, "is told once");
    write_file("ignored.fio", "[global]\nclocksource=cpu\n[a]\n[b]\n");
    ok(parses("bffio ignored.fio", 2) && strstr(messages, "ignored.fio:2: clocksource: ignored") &&
           strchr(messages, '\n') == messages + strlen(messages) - 1,
       "what has no effect is said in one line");
}

static void check_showcmd(void)
{
    char again[8300];

    write_file("show.fio", "[global]\nsize=16M\nbs=4k\ndirect=1\nruntime=1\ntime_based\n[a]\n"
                           "rw=randread\niodepth=4\n[b]\nstonewall\nrw=write\n");
    ok(parse("fio --showcmd show.fio") == PARSED_DONE &&
           !strcmp(shown, "fio --size=16M --bs=4k --direct=1 --runtime=1 --time_based --name=a "
                          "--rw=randread --iodepth=4 --name=b --stonewall --rw=write \n"),
       "a job file as a command line");
    snprintf(again, sizeof(again), "%.*s", (int)strlen(shown) - 1, shown);
    ok(parses(again, 2) && list.jobs[1].stonewall && list.jobs[0].iodepth == 4,
       "which means the same");
    write_file("quote.fio", "[a]\ndescription=two words\nfilename=it's\n");
    ok(parse("fio --showcmd quote.fio") == PARSED_DONE &&
           !strcmp(shown, "fio --name=a --description=\"two words\" --filename=\"it's\" \n"),
       "values a shell would split are quoted");
}

/* Every word of the table is in the fuzzer's dictionary. */
static void check_dictionary(void)
{
    const char *srcdir = getenv("top_srcdir");
    char path[4096], word[128];
    static char dictionary[65536];
    const struct option_def *def;
    size_t missing = 0;

    snprintf(path, sizeof(path), "%s/tests/fuzz/job_file.dict", srcdir != NULL ? srcdir : ".");
    read_back(path, dictionary, sizeof(dictionary));
    for (size_t i = 0; (def = option_at(i)) != NULL; i++) {
        snprintf(word, sizeof(word), "\"%s=\"", def->name);
        missing += strstr(dictionary, word) == NULL;
        ok(def->help != NULL && option_find(def->name) == def, "%s is there once", def->name);
    }
    if (dictionary[0] == '\0')
        skip("the dictionary has all options", "%s is not readable", path);
    else
        is(missing, 0, "the dictionary has all options");
}

int main(void)
{
    char directory[] = "/tmp/bffio-parse-XXXXXX";
    static const char *const files[] = {"two.fio",    "one.fio",    "plain.fio",   "env.fio",
                                        "inner.fio",  "deeper.fio", "outer.fio",   "again.fio",
                                        "bad.fio",    "show.fio",   "ignored.fio", "quote.fio",
                                        "stdout.txt", "stderr.txt"};

    check_dictionary();
    if (mkdtemp(directory) == NULL || chdir(directory) != 0)
        bail("no directory to work in");
    check_sections();
    check_command_line();
    check_expansion();
    check_messages();
    check_showcmd();
    job_list_free(&list);
    settings_free(&settings);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        unlink(files[i]);
    ok(chdir("/") == 0 && rmdir(directory) == 0, "nothing is left");
    return done();
}
