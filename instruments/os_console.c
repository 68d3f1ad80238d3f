/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The thread of a console, which is started when somebody connects for the first time: in a process
 * with threads the C library's system calls cost more. Until then the kernel sends the run's thread
 * a signal for each connection (F_SETSIG), and the next event of the run starts it. The thread
 * alone touches the sockets; the run is only asked for answers. A peer is given one answer at a
 * time, and what it does not read is what it is not given more of: so each costs at most one
 * answer's memory, and is dropped when it neither reads nor asks for a minute. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tutti/core/limits.h"
#include "tutti/instruments/backtrace_priv.h"
#include "tutti/instruments/console_priv.h"
#include "tutti/instruments/encode_priv.h"
#include "tutti/instruments/os_door_priv.h"
#include "tutti/instruments/os_sampler_priv.h"

enum { PEERS_MAX = 4, REQUEST_MAX = 1024, LOOK_MS = 1000 };
/* Nobody else's by custom: C libraries and debuggers take theirs from the other end. */
#define SIGNAL_ASKS (SIGRTMAX - 3)
/* How long the run may take for an answer before the peer is told that it is late. */
#define ANSWER_MAX_NS (2 * TUTTI_S)
#define ASK_AGAIN_NS  (50 * TUTTI_MS)
/* The run is held up for at most one part in so many of its time. */
#define PAUSE_PARTS    20
#define SILENCE_MAX_NS (60 * TUTTI_S)

struct peer {
    int fd; /* -1: nobody */
    char in[REQUEST_MAX];
    size_t used;
    struct tutti_text out;
    size_t sent;
    int64_t heard_ns; /* when it last read or asked */
    bool leaves;      /* when it has what is in `out` */
};

struct door {
    struct door_calls calls;
    struct door_path path;
    struct sigaction before;
    pthread_t thread, run;
    bool served;         /* there is the thread; the run's alone */
    atomic_bool knocked; /* somebody has connected, and there is no thread yet */
    struct peer peers[PEERS_MAX];
    atomic_bool watched, wanted, stopping;
    int64_t next_ns; /* no table before */
    /* under the lock */
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool answered;
    struct console_request request;
    struct console_answer answer;
};

static _Thread_local struct door *signalled;

static void on_signal(int number)
{
    int error = errno;
    (void)number;
    if (signalled) {
        atomic_store(&signalled->knocked, true);
        signalled->calls.listen(signalled->calls.context);
        signalled->calls.wake(signalled->calls.context);
    }
    errno = error;
}

static void start_thread(struct door *door);

bool door_is_wanted(struct door *door)
{
    if (!door->served && atomic_load(&door->knocked)) start_thread(door);
    return atomic_load(&door->wanted);
}

bool door_is_watched(struct door *door)
{
    return atomic_load(&door->watched);
}

struct console_request door_begin(struct door *door, struct console_answer **answer)
{
    pthread_mutex_lock(&door->lock);
    atomic_store(&door->wanted, false);
    *answer = &door->answer;
    return door->request;
}

void door_answered(struct door *door)
{
    door->answered = true;
    pthread_cond_signal(&door->done);
    pthread_mutex_unlock(&door->lock);
}

/* Waits, with the lock, until then at most; false: it is then. */
static bool wait_until(struct door *door, int64_t until_ns)
{
    struct timespec until = {.tv_sec = until_ns / TUTTI_S, .tv_nsec = until_ns % TUTTI_S};
    return pthread_cond_timedwait(&door->done, &door->lock, &until) != ETIMEDOUT;
}

/* Asks the run, and waits for its answer; false: it has none in time. With the lock. */
static bool ask(struct door *door, const struct console_request *request)
{
    while (!atomic_load(&door->stopping) && request->what == CONSOLE_TASKS &&
           sampler_now_ns() < door->next_ns) {
        (void)wait_until(door, door->next_ns);
    }
    int64_t give_up_ns = sampler_now_ns() + ANSWER_MAX_NS;
    tutti_text_free(&door->answer.text);
    door->answer.found = false;
    door->answer.count = 0;
    door->answered = false;
    door->request = *request;
    atomic_store(&door->wanted, true);
    while (!door->answered && !atomic_load(&door->stopping) && sampler_now_ns() < give_up_ns) {
        (void)pthread_kill(door->run, SIGNAL_ASKS);
        door->calls.wake(door->calls.context);
        (void)wait_until(door, sampler_now_ns() + ASK_AGAIN_NS);
    }
    if (door->answered && request->what == CONSOLE_TASKS) {
        door->next_ns = sampler_now_ns() + PAUSE_PARTS * door->answer.cost_ns;
    }
    return door->answered;
}

static void add_json(struct tutti_text *text, const char *string)
{
    json_t *value = json_stringn_nocheck(string, strlen(string));
    char *json = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
    tutti_text_print(text, "%s", json ? json : "\"\"");
    free(json);
    json_decref(value);
}

static void add_error(struct peer *peer, const char *error)
{
    tutti_text_print(&peer->out, "{\"error\":");
    add_json(&peer->out, error);
    tutti_text_print(&peer->out, "}\n");
    peer->leaves = true;
}

static void add_late(struct door *door, struct peer *peer)
{
    tutti_text_print(&peer->out, "{\"late\":%" PRId64 ",\"running\":%" PRIu64 "}\n",
                     (int64_t)(ANSWER_MAX_NS / TUTTI_MS), door->calls.running(door->calls.context));
}

static void add_stack(struct door *door, struct peer *peer)
{
    struct tutti_text lines = {0};
    struct symbols *symbols = door->answer.count > 0 ? symbols_open() : NULL;
    backtrace_print(&lines, 0, door->answer.frames, door->answer.count, symbols);
    symbols_close(symbols);
    tutti_text_print(&peer->out,
                     "{\"task\":%" PRIu64 ",\"found\":%s,\"stack\":", door->request.task,
                     door->answer.found ? "true" : "false");
    add_json(&peer->out, lines.bytes ? lines.bytes : "");
    tutti_text_print(&peer->out, "}\n");
    tutti_text_free(&lines);
}

/* What a line asks for; what is CONSOLE_NOTHING when that cannot be read. */
static struct console_request parse(const char *line, size_t size)
{
    struct console_request request = {.what = CONSOLE_NOTHING};
    json_t *json = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
    const char *get = json_string_value(json_object_get(json, "get"));
    json_t *task = json_object_get(json, "task");
    if (get && strcmp(get, "tasks") == 0) {
        request.what = CONSOLE_TASKS;
        request.each = json_is_true(json_object_get(json, "each"));
    } else if (get && strcmp(get, "stack") == 0 && json_is_integer(task)) {
        request.what = CONSOLE_STACK;
        request.task = (uint64_t)json_integer_value(task);
    }
    json_decref(json);
    return request;
}

static void answer_line(struct door *door, struct peer *peer, size_t size)
{
    struct console_request request = parse(peer->in, size);
    if (request.what == CONSOLE_NOTHING) {
        add_error(peer, "no request: a line {\"get\":\"tasks\"} or {\"get\":\"stack\",\"task\":N}");
        return;
    }
    pthread_mutex_lock(&door->lock);
    if (!ask(door, &request)) {
        add_late(door, peer);
    } else if (request.what == CONSOLE_STACK) {
        add_stack(door, peer);
    } else if (door->answer.text.bytes) {
        tutti_text_free(&peer->out);
        peer->out = door->answer.text;
        door->answer.text = (struct tutti_text){0};
    } else {
        add_error(peer, "the program has no memory for an answer");
    }
    pthread_mutex_unlock(&door->lock);
}

static void settle(struct door *door)
{
    bool somebody = false;
    for (int i = 0; i < PEERS_MAX; i++)
        somebody |= door->peers[i].fd >= 0;
    atomic_store(&door->watched, somebody);
}

static void drop(struct door *door, struct peer *peer)
{
    close(peer->fd);
    tutti_text_free(&peer->out);
    *peer = (struct peer){.fd = -1};
    settle(door);
}

/* False: it is gone. */
static bool send_some(struct peer *peer)
{
    while (peer->sent < peer->out.size) {
        ssize_t count =
            send(peer->fd, peer->out.bytes + peer->sent, peer->out.size - peer->sent, MSG_NOSIGNAL);
        if (count < 0) return errno == EAGAIN;
        peer->sent += (size_t)count;
        peer->heard_ns = sampler_now_ns();
    }
    bool failed = peer->out.failed;
    tutti_text_free(&peer->out);
    peer->sent = 0;
    return !peer->leaves && !failed;
}

/* Takes what came; false: the peer is gone, or was told why it has to. */
static bool receive_some(struct door *door, struct peer *peer)
{
    ssize_t count = recv(peer->fd, peer->in + peer->used, sizeof peer->in - peer->used, 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    peer->used += (size_t)count;
    peer->heard_ns = sampler_now_ns();
    char *end;
    while (peer->out.size == 0 && (end = memchr(peer->in, '\n', peer->used))) {
        size_t size = (size_t)(end - peer->in);
        answer_line(door, peer, size);
        peer->used -= size + 1;
        memmove(peer->in, end + 1, peer->used);
        if (!send_some(peer)) return false;
    }
    if (peer->used < sizeof peer->in || peer->out.size > 0) return true;
    add_error(peer, "a line of more than 1024 bytes");
    return send_some(peer);
}

/* The first line: what this is, for whoever connected. */
static void greet(struct peer *peer)
{
    char name[64];
    tutti_text_print(&peer->out,
                     "{\"tutti\":\"console\",\"v\":%d,\"pid\":%ld,\"program\":", CONSOLE_VERSION,
                     (long)getpid());
    snprintf(name, sizeof name, "%s", program_invocation_short_name);
    add_json(&peer->out, name);
    tutti_text_print(&peer->out, "}\n");
}

static void accept_one(struct door *door)
{
    static const char full[] = "{\"error\":\"4 others are looking already\"}\n";
    const struct timespec moment = {.tv_nsec = 100 * TUTTI_MS};
    int fd = accept4(door->path.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), at = 0;
    if (fd < 0) {
        /* No descriptor is left: it would be tried again at once. */
        if (errno == EMFILE || errno == ENFILE) (void)nanosleep(&moment, NULL);
        return;
    }
    while (at < PEERS_MAX && door->peers[at].fd >= 0)
        at++;
    if (at == PEERS_MAX) {
        (void)!send(fd, full, sizeof full - 1, MSG_NOSIGNAL);
        close(fd);
        return;
    }
    struct peer *peer = &door->peers[at];
    *peer = (struct peer){.fd = fd, .heard_ns = sampler_now_ns()};
    atomic_store(&door->watched, true);
    greet(peer);
    if (!send_some(peer)) drop(door, peer);
}

static void serve_peer(struct door *door, struct peer *peer, int events)
{
    bool stays = true;
    if (events & POLLOUT) stays = send_some(peer);
    if (stays && (events & (POLLIN | POLLHUP | POLLERR))) stays = receive_some(door, peer);
    if (!stays || sampler_now_ns() - peer->heard_ns > SILENCE_MAX_NS) drop(door, peer);
}

static void *serve(void *arg)
{
    struct door *door = arg;
    while (!atomic_load(&door->stopping)) {
        struct pollfd fds[PEERS_MAX + 1] = {{.fd = door->path.fd, .events = POLLIN}};
        for (int i = 0; i < PEERS_MAX; i++) {
            /* Who has not read its answer is not listened to. */
            bool full = door->peers[i].out.size > 0;
            fds[i + 1] = (struct pollfd){.fd = door->peers[i].fd,
                                         .events = (short)(full ? POLLOUT : POLLIN)};
        }
        bool watched = atomic_load(&door->watched);
        if (poll(fds, PEERS_MAX + 1, watched ? LOOK_MS : -1) < 0) continue;
        for (int i = 0; i < PEERS_MAX; i++) {
            if (door->peers[i].fd >= 0) serve_peer(door, &door->peers[i], fds[i + 1].revents);
        }
        if (fds[0].revents && !atomic_load(&door->stopping)) accept_one(door);
        settle(door);
    }
    for (int i = 0; i < PEERS_MAX; i++) {
        if (door->peers[i].fd >= 0) drop(door, &door->peers[i]);
    }
    return NULL;
}

static void start_thread(struct door *door)
{
    sigset_t all, old;
    int flags = fcntl(door->path.fd, F_GETFL);
    (void)fcntl(door->path.fd, F_SETFL, flags & ~O_ASYNC); /* from now on the thread looks */
    atomic_store(&door->watched, true);
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the program's, not ours */
    door->served = pthread_create(&door->thread, NULL, serve, door) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (door->served) return;
    atomic_store(&door->knocked, false); /* the next one who connects has it tried again */
    atomic_store(&door->watched, false);
    (void)fcntl(door->path.fd, F_SETFL, flags);
}

/* Has the kernel tell the calling thread of connections. */
static const char *arm(struct door *door)
{
    struct pollfd fd = {.fd = door->path.fd, .events = POLLIN};
    struct f_owner_ex owner = {.type = F_OWNER_TID, .pid = gettid()};
    int flags = fcntl(fd.fd, F_GETFL);
    if (flags < 0 || fcntl(fd.fd, F_SETOWN_EX, &owner) < 0 ||
        fcntl(fd.fd, F_SETSIG, SIGNAL_ASKS) < 0 || fcntl(fd.fd, F_SETFL, flags | O_ASYNC) < 0) {
        return strerror(errno);
    }
    if (poll(&fd, 1, 0) > 0) (void)raise(SIGNAL_ASKS); /* it came before */
    return NULL;
}

/* The signal is taken if nobody has it. */
static const char *start(struct door *door)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
    pthread_condattr_t clock;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGNAL_ASKS, NULL, &door->before) < 0) return strerror(errno);
    if (door->before.sa_handler != SIG_DFL && door->before.sa_handler != on_signal) {
        return "the program uses the console's signal, SIGRTMAX - 3, itself";
    }
    if (signalled) return "this thread has a console";
    pthread_mutex_init(&door->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&door->done, &clock);
    pthread_condattr_destroy(&clock);
    door->run = pthread_self();
    signalled = door;
    (void)sigaction(SIGNAL_ASKS, &action, NULL);
    const char *why = arm(door);
    if (why) signalled = NULL;
    return why;
}

struct door *door_open(const struct door_calls *calls)
{
    const char *path = getenv("TUTTI_CONSOLE");
    if (!path || !*path) return NULL;
    struct door *door = calloc(1, sizeof *door);
    const char *why = door ? door_listen(&door->path, path) : "there is no memory for it";
    if (!why) {
        door->calls = *calls;
        for (int i = 0; i < PEERS_MAX; i++)
            door->peers[i].fd = -1;
        why = start(door);
        if (why) door_unlisten(&door->path);
    }
    if (!why) return door;
    dprintf(STDERR_FILENO,
            "tutti: TUTTI_CONSOLE=%s: no console can be opened there: %s. The program runs without "
            "one.\n",
            path, why);
    free(door);
    return NULL;
}

void door_close(struct door *door)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (!door) return;
    pthread_mutex_lock(&door->lock);
    atomic_store(&door->stopping, true);
    pthread_cond_signal(&door->done);
    pthread_mutex_unlock(&door->lock);
    (void)shutdown(door->path.fd, SHUT_RDWR); /* ends the thread's poll */
    if (door->served) (void)pthread_join(door->thread, NULL);
    signalled = NULL;
    (void)sigaction(SIGNAL_ASKS, &ignore, NULL); /* one that is still on its way is dropped */
    (void)sigaction(SIGNAL_ASKS, &door->before, NULL);
    door_unlisten(&door->path);
    tutti_text_free(&door->answer.text);
    (void)pthread_cond_destroy(&door->done);
    (void)pthread_mutex_destroy(&door->lock);
    free(door);
}
