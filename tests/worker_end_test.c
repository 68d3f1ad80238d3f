/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Worker threads at their ends: idle ones go, worlds go before they were woken, getaddrinfo fails
 * in every way. What the system says is put in its place when linking (tests/BUILD), so that
 * nothing takes long and nothing depends on the machine's names. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "real_run.h"

#include "tutti/core/nursery.h"
#include "tutti/io/address_text.h"
#include "tutti/io/resolve.h"
#include "tutti/io/tcp_connect.h"
#include "tutti/io/tcp_listen.h"
#include "tutti/io/worker.h"

/* The system's calls, in our place: the linker's --wrap makes the names. */
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);
void __wrap_freeaddrinfo(struct addrinfo *found);
int __wrap_getnameinfo(const struct sockaddr *address, socklen_t length, char *host,
                       socklen_t host_size, char *service, socklen_t service_size, int flags);
int __real_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock,
                                  const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock,
                                  const struct timespec *until);
ssize_t __real_write(int fd, const void *data, size_t length);
ssize_t __wrap_write(int fd, const void *data, size_t length);

/* What getaddrinfo is to say: a code, and if it is EAI_SYSTEM the errno; or so many addresses. */
static atomic_int says, says_errno, answers, freed;
static atomic_bool strange; /* the first answer is of a family that nobody asked for */

int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found)
{
    (void)host, (void)service, (void)hints;
    errno = says_errno;
    if (says) return says;
    struct addrinfo *first = NULL;
    for (int i = answers; i-- > 0;) {
        struct addrinfo *one = calloc(1, sizeof *one + sizeof(struct sockaddr_in));
        struct sockaddr_in *at = (void *)(one + 1);
        at->sin_family = i == 0 && strange ? AF_APPLETALK : AF_INET;
        at->sin_addr.s_addr = htonl(UINT32_C(0x0a000000) + (uint32_t)i);
        *one = (struct addrinfo){
            .ai_addr = (struct sockaddr *)at, .ai_addrlen = sizeof *at, .ai_next = first};
        first = one;
    }
    *found = first;
    return 0;
}

void __wrap_freeaddrinfo(struct addrinfo *found)
{
    while (found) {
        struct addrinfo *next = found->ai_next;
        free(found);
        found = next;
        atomic_fetch_add(&freed, 1);
    }
}

/* It knows the name of 127.0.0.1, and says what getaddrinfo is to say. */
int __wrap_getnameinfo(const struct sockaddr *address, socklen_t length, char *host,
                       socklen_t host_size, char *service, socklen_t service_size, int flags)
{
    struct sockaddr_in at;
    errno = says_errno;
    if (says) return says;
    if (length != sizeof at || flags != NI_NAMEREQD || service || service_size) return EAI_BADFLAGS;
    memcpy(&at, address, sizeof at);
    if (at.sin_family != AF_INET || at.sin_addr.s_addr != htonl(INADDR_LOOPBACK)) return EAI_NONAME;
    snprintf(host, host_size, "self.example");
    return 0;
}

/* Every so many waits for work are over at once, as if nobody had come for long; 0: none. */
static atomic_uint impatient, waits;

int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock,
                                  const struct timespec *until)
{
    unsigned every = impatient;
    if (every && atomic_fetch_add(&waits, 1) % every == 0) return ETIMEDOUT;
    return __real_pthread_cond_timedwait(cond, lock, until);
}

/* A worker that is slow to wake the world it has posted to: this is how the descriptor was when it
 * came to it. */
static atomic_bool slow, world_gone;
static pthread_t slow_worker;
static sem_t woken;

ssize_t __wrap_write(int fd, const void *data, size_t length)
{
    if (slow && pthread_equal(slow_worker, pthread_self())) {
        slow = false;
        (void)poll(NULL, 0, 50);
        world_gone = fcntl(fd, F_GETFL) < 0;
        sem_post(&woken);
    }
    return __real_write(fd, data, length);
}

/* A kernel before 5.11; how often it was asked for what it has not, and for what it has. */
static atomic_bool old_kernel;
static atomic_int asked_fine, asked_coarse;
int __real_epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms);
int __real_epoll_pwait2(int fd, struct epoll_event *events, int max, const struct timespec *timeout,
                        const sigset_t *signals);
int __wrap_epoll_pwait2(int fd, struct epoll_event *events, int max, const struct timespec *timeout,
                        const sigset_t *signals);

int __wrap_epoll_pwait2(int fd, struct epoll_event *events, int max, const struct timespec *timeout,
                        const sigset_t *signals)
{
    if (!old_kernel) return __real_epoll_pwait2(fd, events, max, timeout, signals);
    atomic_fetch_add(&asked_fine, 1);
    errno = ENOSYS;
    return -1;
}

int __wrap_epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
    if (old_kernel) atomic_fetch_add(&asked_coarse, 1);
    return __real_epoll_wait(fd, events, max, timeout_ms);
}

static int threads_count(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static int look_up(int room, struct tutti_address *found)
{
    return tutti_resolve("some.example", 80, found, (uint32_t)room);
}

/* Each of getaddrinfo's codes, and what it is for those who ask. */
static int every_failure(void *arg)
{
    static const struct {
        int says, says_errno, code;
    } rows[] = {
        {EAI_NONAME, 0, TUTTI_ENONAME},       {EAI_NODATA, 0, TUTTI_ENONAME},
        {EAI_ADDRFAMILY, 0, TUTTI_ENONAME},   {EAI_AGAIN, 0, TUTTI_ENAMESERVICE},
        {EAI_FAIL, EIO, TUTTI_ENAMESERVICE},  {EAI_FAMILY, 0, TUTTI_ENAMESERVICE},
        {EAI_SERVICE, 0, TUTTI_ENAMESERVICE}, {EAI_MEMORY, ENOMEM, TUTTI_ENOMEMORY},
        {EAI_SYSTEM, EMFILE, -EMFILE},        {EAI_SYSTEM, ECONNREFUSED, -ECONNREFUSED},
        {EAI_SYSTEM, 0, TUTTI_ENAMESERVICE},
    };
    struct tutti_address found[1];
    (void)arg;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        says = rows[i].says;
        says_errno = rows[i].says_errno;
        int rc = look_up(1, found);
        const struct tutti_error *error = tutti_error_record(rc);
        tutti_check(rc == rows[i].code);
        tutti_check(error && strstr(error->message, "\"some.example\""));
    }
    says = says_errno = 0;
    return 0;
}

/* As many addresses as there is room for, those of other families left out, all given back. */
static int every_answer(void *arg)
{
    static struct tutti_address found[TUTTI_ADDRESSES_MAX + 8];
    (void)arg;
    freed = 0;
    answers = TUTTI_ADDRESSES_MAX + 8;
    tutti_check(look_up(TUTTI_ADDRESSES_MAX + 8, found) == TUTTI_ADDRESSES_MAX);
    tutti_check(freed == answers && found[3].ip[0] == 10 && found[3].ip[3] == 3);
    tutti_check(found[3].family == TUTTI_FAMILY_IPV4 && found[3].port == 80);
    tutti_check(look_up(2, found) == 2);
    strange = true;
    tutti_check(look_up(2, found) == 2 && found[0].ip[3] == 1);
    answers = 1;
    tutti_check(look_up(2, found) == TUTTI_ENONAME);
    strange = false;
    answers = 0;
    tutti_check(look_up(2, found) == TUTTI_ENONAME);
    return 0;
}

/* The other way round. */
static int every_name(void *arg)
{
    struct tutti_address address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    char name[TUTTI_HOST_MAX + 1];
    (void)arg;
    tutti_check(tutti_resolve_back(&address, name, sizeof name) == 12);
    tutti_check(strcmp(name, "self.example") == 0);
    says = EAI_AGAIN;
    tutti_check(tutti_resolve_back(&address, name, sizeof name) == TUTTI_ENAMESERVICE);
    says = EAI_SYSTEM;
    says_errno = EMFILE;
    tutti_check(tutti_resolve_back(&address, name, sizeof name) == -EMFILE);
    says = says_errno = 0;
    address.ip[3] = 9;
    tutti_check(tutti_resolve_back(&address, name, sizeof name) == TUTTI_ENONAME);
    return 0;
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) < 0 && errno == EINTR)
        continue;
}

/* All workers at once: each says that it is there, and waits until all may go on. */
static atomic_int arrived;
static sem_t gate;

static int through_gate(void *arg)
{
    (void)arg;
    atomic_fetch_add(&arrived, 1);
    wait_for(&gate);
    return 0;
}

static int call_gate(void *arg)
{
    return tutti_worker_call(through_gate, arg);
}

static int all_workers_arrive(struct tutti_nursery *nursery, void *arg)
{
    (void)arg;
    for (int i = 0; i < TUTTI_WORKERS_MAX; i++)
        TUTTI_TRY(tutti_nursery_start(nursery, call_gate, NULL));
    while (arrived < TUTTI_WORKERS_MAX)
        TUTTI_TRY(tutti_sleep(TUTTI_MS / 10));
    impatient = 1;
    for (int i = 0; i < TUTTI_WORKERS_MAX; i++)
        sem_post(&gate);
    return 0;
}

static int until_threads(int count)
{
    while (threads_count() != count)
        TUTTI_TRY(tutti_sleep(TUTTI_MS / 10));
    return 0;
}

static int add_one(void *arg)
{
    return ++*(int *)arg;
}

/* Those who have nothing to do go; who comes later starts others. */
static int idle_ones_go(void *arg)
{
    int sum = 0;
    (void)arg;
    sem_init(&gate, 0, 0);
    arrived = 0;
    TUTTI_TRY(tutti_nursery_run(all_workers_arrive, NULL));
    TUTTI_TRY(until_threads(1));
    for (int i = 0; i < 20; i++)
        tutti_check(tutti_worker_call(add_one, &sum) == i + 1);
    TUTTI_TRY(until_threads(1));
    impatient = 0;
    tutti_check(tutti_worker_call(add_one, &sum) == 21 && threads_count() == 2);
    tutti_check(tutti_worker_call(add_one, &sum) == 22 && threads_count() == 2);
    return 0;
}

/* Several worlds, workers that go while others come: every call is made once. */
enum { WORLDS = 4, TASKS = 4, CALLS = 60 };
static atomic_int called, given_up, dropped;

static int count_call(void *arg)
{
    (void)arg;
    return atomic_fetch_add(&called, 1) >= 0;
}

static void count_drop(void *arg)
{
    (void)arg;
    atomic_fetch_add(&dropped, 1);
}

static int call_abandonable(void *arg)
{
    int rc = tutti_worker_call_abandonable(count_call, arg, count_drop);
    if (rc == TUTTI_ECANCELED) atomic_fetch_add(&given_up, 1);
    return rc;
}

static int call_often(void *arg)
{
    for (int i = 0; i < CALLS; i++) {
        int rc = i % 3 ? tutti_worker_call(count_call, arg)
                       : tutti_move_on_after(i % 7 * TUTTI_US * 20, call_abandonable, arg);
        tutti_check(rc == 1 || (rc == 0 && i % 3 == 0));
    }
    return 0;
}

static int call_from_tasks(void *arg)
{
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 0; i < TASKS; i++)
        TUTTI_TRY(tutti_nursery_start(&nursery, call_often, arg));
    return tutti_nursery_close(&nursery, 0);
}

static void *world_main(void *arg)
{
    int *rc = arg;
    *rc = tutti_run(tutti_world_real(), call_from_tasks, NULL);
    return NULL;
}

static void several_worlds(void **state)
{
    pthread_t threads[WORLDS];
    int rcs[WORLDS];
    (void)state;
    called = given_up = dropped = 0;
    impatient = 3;
    for (int i = 0; i < WORLDS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, world_main, &rcs[i]), 0);
    for (int i = 0; i < WORLDS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(rcs[i], 0);
    }
    impatient = 0;
    /* What was given up late is still on its way: wait for it, not for a time. */
    while (dropped != given_up)
        (void)poll(NULL, 0, 1);
    assert_true(called <= WORLDS * TASKS * CALLS);
    assert_true(called >= WORLDS * TASKS * CALLS - given_up);
}

/* A world hears of a call by another's wake, its run and its thread end, and only then does the
 * worker come to wake it: the world is still there. */
static int be_slow(void *arg)
{
    (void)arg;
    slow_worker = pthread_self();
    slow = true;
    return 0;
}

static int call_slow(void *arg)
{
    return tutti_worker_call(be_slow, arg);
}

static int look_often(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, call_slow, arg));
    while (nursery->children)
        TUTTI_TRY(tutti_sleep(TUTTI_MS / 10));
    return 0;
}

static int run_look_often(void *arg)
{
    return tutti_nursery_run(look_often, arg);
}

static void *short_lived(void *arg)
{
    int *rc = arg;
    *rc = tutti_run(tutti_world_real(), run_look_often, NULL);
    return NULL;
}

static void woken_late(void **state)
{
    pthread_t thread;
    int rc = 1;
    (void)state;
    world_gone = false;
    sem_init(&woken, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, short_lived, &rc), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(rc, 0);
    wait_for(&woken);
    assert_false(world_gone);
}

/* On a kernel that waits in milliseconds only nothing is early, what comes in between wakes, and
 * nobody asks again and again. */
static int wait_coarsely(void *arg)
{
    int sum = 0;
    (void)arg;
    for (int64_t ns = 1; ns < 5 * TUTTI_MS; ns = ns * 7 + 1) {
        int64_t begun = tutti_now();
        TUTTI_TRY(tutti_sleep(ns));
        tutti_check(tutti_now() - begun >= ns);
    }
    tutti_check(tutti_worker_call(add_one, &sum) == 1);
    return 0;
}

static void *run_coarsely(void *arg)
{
    *(int *)arg = tutti_run(tutti_world_real(), wait_coarsely, NULL);
    return NULL;
}

static void without_pwait2(void **state)
{
    pthread_t thread; /* whose world is new, and gone afterwards */
    int rc = -1;
    (void)state;
    asked_fine = asked_coarse = 0;
    old_kernel = true;
    assert_int_equal(pthread_create(&thread, NULL, run_coarsely, &rc), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    old_kernel = false;
    assert_int_equal(rc, 0);
    assert_int_equal(asked_fine, 1);
    assert_in_range(asked_coarse, 1, 30); /* eight sleeps, some of them over at once, a worker */
}

/* Listening by name. A resolver of ours says which addresses those are. */
static int three_names(struct tutti_resolver *resolver, const struct tutti_lookup *lookup)
{
    (void)resolver;
    for (uint32_t i = 0; i < 3; i++) {
        lookup->addresses[i] = tutti_address_loopback(TUTTI_FAMILY_IPV4, lookup->port);
        lookup->addresses[i].ip[3] = i == 1 ? 2 : 1; /* the third repeats the first */
    }
    return strcmp(lookup->host, "nobody.example") == 0 ? 0 : 3;
}

static int check_listens(struct tutti_socket_listener *listeners, uint32_t made)
{
    uint16_t port = 0;
    for (uint32_t i = 0; i < made; i++) {
        struct tutti_socket_stream stream;
        struct tutti_address address;
        TUTTI_TRY(tutti_socket_address(&listeners[i].socket, &address));
        tutti_check(address.port != 0 && (i == 0 || address.port == port));
        port = address.port;
        int rc = tutti_listener_connect(&listeners[i], &stream);
        if (rc == -EADDRNOTAVAIL && !real_has_ipv6()) continue; /* it can be listened for */
        TUTTI_TRY(rc);
        tutti_stream_free(&stream.stream);
    }
    while (made > 0)
        tutti_listener_close(&listeners[--made].listener);
    return 0;
}

static int listening_by_name(void *arg)
{
    struct tutti_resolver resolver = {.lookup = three_names};
    struct tutti_socket_listener listeners[4];
    const struct tutti_listen_options both = {.both = true};
    uint32_t made;
    (void)arg;
    TUTTI_TRY(tutti_resolver_set(&resolver, NULL));
    TUTTI_TRY(tutti_tcp_listen(listeners, 4, "some.example", 0, NULL, &made));
    tutti_check(made == 2);
    TUTTI_TRY(check_listens(listeners, made));
    TUTTI_TRY(tutti_tcp_listen(listeners, 1, "some.example", 0, NULL, &made));
    tutti_check(made == 1);
    TUTTI_TRY(check_listens(listeners, made));
    TUTTI_TRY(tutti_tcp_listen(listeners, 4, "127.0.0.3", 0, NULL, &made));
    tutti_check(made == 1);
    TUTTI_TRY(check_listens(listeners, made));
    TUTTI_TRY(tutti_tcp_listen(listeners, 4, NULL, 0, NULL, &made));
    tutti_check(made == 1 || made == 2); /* whether there is IPv6 depends on the machine */
    TUTTI_TRY(check_listens(listeners, made));
    int rc = tutti_tcp_listen(listeners, 4, NULL, 0, &both, &made);
    tutti_check((rc == 0 && made == 1) || rc == -EAFNOSUPPORT);
    return check_listens(listeners, made);
}

static int listening_refused(void *arg)
{
    struct tutti_resolver resolver = {.lookup = three_names};
    struct tutti_socket_listener listeners[4];
    struct tutti_address first;
    uint32_t made;
    (void)arg;
    TUTTI_TRY(tutti_resolver_set(&resolver, NULL));
    tutti_check(tutti_tcp_listen(listeners, 4, "nobody.example", 0, NULL, &made) == TUTTI_ENONAME);
    tutti_check(tutti_tcp_listen(listeners, 4, "", 0, NULL, &made) == TUTTI_EINVALID);
    tutti_check(tutti_tcp_listen(listeners, 4, "a b", 0, NULL, &made) == TUTTI_EINVALID);
    tutti_check(tutti_tcp_listen(listeners, 4, "127.0.0.1", 70000, NULL, &made) == TUTTI_EINVALID);
    tutti_check(tutti_tcp_listen(listeners, 4, NULL, 70000, NULL, &made) == TUTTI_EINVALID);
    tutti_check(tutti_tcp_listen(listeners, 4, NULL, -1, NULL, &made) == TUTTI_EINVALID);
    tutti_check(tutti_tcp_listen(listeners, 0, "some.example", 0, NULL, &made) == TUTTI_EINVALID);
    tutti_check(tutti_tcp_listen_at(listeners, 4, "a\0b", 3, 0, NULL, &made, TUTTI_HERE) ==
                TUTTI_EINVALID);
    /* The second address is taken: the first one's listener is closed again. */
    TUTTI_TRY(tutti_tcp_listen(listeners, 1, "127.0.0.2", 0, NULL, &made));
    TUTTI_TRY(tutti_socket_address(&listeners[0].socket, &first));
    int rc = tutti_tcp_listen(&listeners[1], 3, "some.example", first.port, NULL, &made);
    tutti_check(rc == -EADDRINUSE && made == 0);
    tutti_listener_close(&listeners[0].listener);
    return 0;
}

REAL_MAIN(REAL(every_failure), REAL(every_answer), REAL(every_name), REAL(idle_ones_go),
          cmocka_unit_test(several_worlds), cmocka_unit_test(woken_late),
          cmocka_unit_test(without_pwait2), REAL(listening_by_name), REAL(listening_refused))
