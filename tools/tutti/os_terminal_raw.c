/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A terminal, key by key, with the sequences that all of them know (ECMA-48 and xterm's). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "top.h"

/* The other screen without a cursor; and back, in plain letters. */
#define ENTER "\033[?1049h\033[?25l\033[2J"
#define LEAVE "\033[0m\033[?25h\033[?1049l"

static struct termios before;
static volatile sig_atomic_t is_raw, ends, stops;
static int pipe_fds[2] = {-1, -1}; /* a signal ends the wait */
static bool gone;
static char keys[64];
static size_t keys_count;

static void on_signal(int number)
{
    int error = errno;
    if (number == SIGTSTP) stops = 1;
    if (number != SIGTSTP && number != SIGWINCH) ends = number;
    (void)!write(pipe_fds[1], "", 1);
    errno = error;
}

static void set_raw(void)
{
    struct termios raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
    fputs(ENTER, stdout);
    fflush(stdout);
    is_raw = 1;
}

void raw_end(void)
{
    if (!is_raw) return;
    is_raw = 0;
    fputs(LEAVE, stdout);
    fflush(stdout);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

bool raw_begin(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH};
    const char *terminal = getenv("TERM");
    struct sigaction action = {.sa_handler = on_signal};
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return false;
    if (terminal && strcmp(terminal, "dumb") == 0) return false;
    if (tcgetattr(STDIN_FILENO, &before) < 0 || pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0) {
        return false;
    }
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        (void)sigaction(numbers[i], &action, NULL);
    (void)atexit(raw_end);
    set_raw();
    return true;
}

/* As the terminal's driver would have done it: the terminal is the shell's meanwhile. */
static void stop(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL}, mine;
    sigset_t set, old;
    stops = 0;
    raw_end();
    sigemptyset(&plain.sa_mask);
    (void)sigaction(SIGTSTP, &plain, &mine);
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    (void)sigprocmask(SIG_UNBLOCK, &set, &old);
    (void)raise(SIGTSTP);
    (void)sigprocmask(SIG_SETMASK, &old, NULL);
    (void)sigaction(SIGTSTP, &mine, NULL);
    set_raw();
}

static void read_keys(void)
{
    ssize_t count = read(STDIN_FILENO, keys + keys_count, sizeof keys - keys_count);
    gone |= count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
    if (count > 0) keys_count += (size_t)count;
}

void raw_wait(int fd, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = fd, .events = POLLIN},
                           {.fd = pipe_fds[0], .events = POLLIN}};
    char rest[64];
    if (keys_count == 0 && poll(fds, 3, timeout_ms) > 0) {
        if (fds[0].revents) read_keys();
        if (fds[2].revents) (void)!read(pipe_fds[0], rest, sizeof rest);
    }
    if (stops) stop();
}

/* The sequences of keys that are no characters. */
static const struct {
    const char *bytes;
    int key;
} sequences[] = {
    {"\033[A", TOP_KEY_UP},   {"\033[B", TOP_KEY_DOWN},     {"\033OA", TOP_KEY_UP},
    {"\033OB", TOP_KEY_DOWN}, {"\033[5~", TOP_KEY_PAGE_UP}, {"\033[6~", TOP_KEY_PAGE_DOWN},
    {"\033[H", TOP_KEY_HOME}, {"\033[F", TOP_KEY_END},      {"\033OH", TOP_KEY_HOME},
    {"\033OF", TOP_KEY_END},  {"\033[1~", TOP_KEY_HOME},    {"\033[4~", TOP_KEY_END}};

int raw_key(void)
{
    size_t length = 1;
    if (keys_count == 0) return TOP_KEY_NONE;
    int key = (unsigned char)keys[0];
    if (key == '\033') {
        key = TOP_KEY_ESCAPE;
        /* One that is not known is passed over whole: CSI ends with a letter or '~'. */
        if (keys_count > 2 && (keys[1] == '[' || keys[1] == 'O')) {
            for (length = 3; length < keys_count && (keys[length - 1] < '@'); length++) {
            }
            key = '\033';
        }
        for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
            bool same = strlen(sequences[i].bytes) == length;
            if (same && memcmp(keys, sequences[i].bytes, length) == 0) key = sequences[i].key;
        }
    }
    keys_count -= length;
    memmove(keys, keys + length, keys_count);
    return key;
}

void raw_size(uint32_t *columns, uint32_t *rows)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    *columns = known ? size.ws_col : 80;
    *rows = known ? size.ws_row : 24;
}

int raw_signal(void)
{
    return ends;
}

bool raw_ended(void)
{
    return gone;
}

bool raw_wants_colour(void)
{
    const char *no = getenv("NO_COLOR");
    return !no || !*no;
}
