/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table on a terminal: a line of totals, the rows, a line of keys or of the
 * question that is being answered. A look at each interval; keys are taken at once.
 */
#include "top.h"

#include <curses.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INTERVAL_MIN .1
#define INTERVAL_MAX 3600.
#define CONTROL_U 0x15
#define STEP_COLUMNS 8

struct screen {
    struct watch *watch;
    struct view *view;
    double interval; /* seconds */
    size_t first;    /* row that stands at the top */
    int left;        /* columns behind the first ones of a row that are not shown */
    bool paused, asks /* for a filter */, helps;
    char answer[sizeof((struct view *)0)->filter];
};

static volatile sig_atomic_t is_over;

static void end(int signal)
{
    (void)signal;
    is_over = 1;
}

static const char keys[] =
    "q quit  s sort  r reverse  d devices  / filter  p pause  + - interval  h help";

static const char *const help[] = {
    "ENGINE  program and, behind a colon, the name of its engine",
    "IOPS READ WRITE BYTES  a second, between two looks; BYTES both ways",
    "FLIGH   operations in flight; LIMIT what the controller allows, - for none",
    "HELD    accepted operations that wait because of the limit",
    "PHASE   of the controller, see auraio_tuning(7); \"gone\": the process ended",
    "P50 P99 of the latencies between two looks, rounded up to a power of two us",
    "LIMIT THEN  the limit of the last looks, relative to the highest of them",
    "A row of a device has its knee, and the P99 of its last window.",
    "",
    "Arrows, PgUp and PgDn move, Left and Right sideways; any key goes back.",
};

/* A line as far as it fits: what is longer would go on below. */
static void put(int y, int attributes, const char *text)
{
    char line[LINE_BYTES];

    text_columns(line, sizeof line, text, 0, COLS);
    attrset(attributes);
    mvaddstr(y, 0, line);
    attrset(A_NORMAL);
}

/* A row of the table without the columns that were moved out of sight. Whose it is stays, where
 * that leaves room for as much again. */
static void put_row(const struct screen *screen, int y, int attributes, const char *row)
{
    int who = COLS >= 2 * WHO_COLUMNS ? WHO_COLUMNS : 0;
    char line[2 * LINE_BYTES], rest[LINE_BYTES];

    text_columns(line, LINE_BYTES, row, 0, who);
    text_columns(rest, sizeof rest, row, who + screen->left, COLS - who);
    strcat(line, rest);
    put(y, attributes, line);
}

static void draw_totals(const struct screen *screen, struct row **rows, size_t count)
{
    const struct view *view = screen->view;
    char totals[LINE_BYTES], line[2 * LINE_BYTES];

    text_totals(totals, rows, count);
    snprintf(line, sizeof line, "%s%s%s%s%s  by %s%s  every %gs", totals,
             screen->paused ? "  PAUSED" : "",
             watch_is_incomplete(screen->watch) ? "  SOME MISSING: no memory or descriptors" : "",
             view->filter[0] ? "  only " : "", view->filter, sort_key_name((int)view->key),
             view->reversed ? " reversed" : "", screen->interval);
    put(0, A_BOLD, line);
}

/* The rows from screen->first on, as many as fit. */
static void draw_rows(const struct screen *screen, struct row **rows, size_t count)
{
    char line[LINE_BYTES];
    int y = 2, bottom = LINES - 1;

    for (size_t i = screen->first; i < count && y < bottom; i++) {
        text_row(line, rows[i], screen->view);
        put_row(screen, y++, rows[i]->alive ? A_NORMAL : A_DIM, line);
        for (int d = 0; screen->view->with_devices && d < rows[i]->device_count && y < bottom;
             d++) {
            text_device(line, &rows[i]->devices[d]);
            put_row(screen, y++, A_DIM, line);
        }
    }
    if (!count)
        put(y, A_NORMAL, "No engine publishes statistics here; see auraio-top(1).");
}

static void draw(struct screen *screen)
{
    size_t count;
    struct row **rows = watch_rows(screen->watch, screen->view, &count);
    char line[LINE_BYTES];

    if (screen->first >= count)
        screen->first = count ? count - 1 : 0;
    erase();
    draw_totals(screen, rows, count);
    text_heading(line);
    put_row(screen, 1, (int)A_REVERSE, line);
    if (screen->helps)
        for (int i = 0; i < (int)(sizeof help / sizeof *help); i++)
            put(3 + i, A_NORMAL, help[i]);
    else
        draw_rows(screen, rows, count);
    if (screen->asks)
        snprintf(line, sizeof line, "only engines, programs and users with: %s", screen->answer);
    put(LINES - 1, screen->asks ? A_BOLD : A_DIM, screen->asks ? line : keys);
    refresh();
}

/* The last character, which may be several bytes of UTF-8. */
static void shorten(char *text, bool utf8)
{
    size_t length = strlen(text);

    while (utf8 && length > 1 && (text[length - 1] & 0xc0) == 0x80)
        length--;
    text[length ? length - 1 : 0] = '\0';
}

static void take_answer(struct screen *screen, int key)
{
    size_t length = strlen(screen->answer);

    if (key == '\n' || key == KEY_ENTER) {
        memcpy(screen->view->filter, screen->answer, sizeof screen->answer);
        screen->asks = false;
    } else if (key == 27) {
        screen->asks = false;
    } else if (key == KEY_BACKSPACE || key == 127 || key == '\b') {
        shorten(screen->answer, screen->view->utf8);
    } else if (key == CONTROL_U) {
        screen->answer[0] = '\0';
    } else if (key >= ' ' && key < 256 && length + 1 < sizeof screen->answer) {
        screen->answer[length] = (char)key;
        screen->answer[length + 1] = '\0';
    }
}

static void move_by(struct screen *screen, long rows)
{
    long first = (long)screen->first + rows;

    screen->first = first > 0 ? (size_t)first : 0; /* draw knows the end */
}

static void move_columns(struct screen *screen, int columns)
{
    char line[LINE_BYTES];

    text_heading(line);
    int most = (int)strlen(line) - WHO_COLUMNS, left = screen->left + columns;
    screen->left = left < 0 ? 0 : left < most ? left : screen->left;
}

static void take_key(struct screen *screen, int key)
{
    struct view *view = screen->view;

    if (screen->helps && key != KEY_RESIZE)
        screen->helps = false;
    else if (key == 'q')
        is_over = 1;
    else if (key == 's')
        view->key = (view->key + 1) % SORT_KEYS;
    else if (key == 'r')
        view->reversed = !view->reversed;
    else if (key == 'd')
        view->with_devices = !view->with_devices;
    else if (key == 'p' || key == ' ')
        screen->paused = !screen->paused;
    else if (key == '+')
        screen->interval = fmin(2 * screen->interval, INTERVAL_MAX);
    else if (key == '-')
        screen->interval = fmax(screen->interval / 2, INTERVAL_MIN);
    else if (key == 'h' || key == '?')
        screen->helps = true;
    else if (key == '/')
        screen->asks = true;
    else if (key == KEY_UP || key == KEY_DOWN)
        move_by(screen, key == KEY_UP ? -1 : 1);
    else if (key == KEY_LEFT || key == KEY_RIGHT)
        move_columns(screen, key == KEY_LEFT ? -STEP_COLUMNS : STEP_COLUMNS);
    else if (key == KEY_PPAGE || key == KEY_NPAGE)
        move_by(screen, key == KEY_PPAGE ? -(LINES - 3) : LINES - 3);
}

static double now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

/* False: the terminal is gone. */
static bool wait_for_next_look(struct screen *screen)
{
    double next = now() + screen->interval;

    while (!is_over) {
        double left = screen->paused ? screen->interval : next - now();
        if (left <= 0)
            break;
        draw(screen);
        timeout((int)fmin(ceil(left * 1000), 1e6));
        double asked = now();
        int key = getch();
        if (key == ERR && now() - asked < fmin(left, .001) / 2 && !is_over)
            return false; /* not a timeout: nobody is there any more */
        if (key != ERR && screen->asks)
            take_answer(screen, key);
        else if (key != ERR)
            take_key(screen, key);
        next = fmin(next, now() + screen->interval);
    }
    return true;
}

/* False: it says why. */
static bool open_terminal(void)
{
    const char *name = getenv("TERM"), *why = NULL;

    if (!newterm(NULL, stdout, stdin)) {
        why = "is not known";
    } else if (!tigetstr("cup")) {
        endwin();
        why = "has no cursor that moves";
    }
    if (why)
        fprintf(stderr, "auraio-top: the terminal \"%s\" %s; --once needs none\n", name ? name : "",
                why);
    return !why;
}

int show_screen(struct watch *watch, struct view *view, double interval)
{
    struct screen screen = {.watch = watch, .view = view, .interval = interval};
    struct sigaction action = {.sa_handler = end};
    bool good = true;

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    if (!open_terminal())
        return 2;
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    curs_set(0);
    bool looked = true;
    while (good && looked && !is_over) {
        looked = watch_look(watch);
        good = looked && wait_for_next_look(&screen);
    }
    endwin();
    if (!looked)
        fputs("auraio-top: no memory\n", stderr);
    return good ? 0 : 2;
}
