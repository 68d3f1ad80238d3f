/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* real_run.h - cases that run in the real world, because what they are about is the system's.
 *
 * A case is `static int name(void *arg)`: it claims things with tutti_check and returns 0. None
 * depends on how fast anything is; the deadline is there for what would hang. After each one the
 * process must have as many descriptors as before.                                               */
#ifndef TUTTI_TESTS_REAL_RUN_H
#define TUTTI_TESTS_REAL_RUN_H

#include <dirent.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tutti/core/error.h"
#include "tutti/core/scope.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"
#include "tutti/core/world.h"
#include "tutti/io/real.h"

#define REAL_DEADLINE_NS (120 * TUTTI_S)

static inline int real_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* Is there IPv6? Many containers have none; a case that does without it says so. */
static inline bool real_has_ipv6(void)
{
    static const struct sockaddr_in6 loopback = {.sin6_family = AF_INET6,
                                                 .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    bool there = fd >= 0 && bind(fd, (const struct sockaddr *)&loopback, sizeof loopback) == 0;
    if (fd >= 0) close(fd);
    if (!there) print_message("not run with IPv6: this machine has none\n");
    return there;
}

struct real_case {
    int (*fn)(void *arg);
};

static inline int real_main(void *arg)
{
    const struct real_case *one = arg;
    return tutti_fail_after(REAL_DEADLINE_NS, one->fn, NULL);
}

static inline void real_run(void **state)
{
    (void)tutti_world_real(); /* its own descriptors are there from here on */
    int before = real_descriptors();
    int rc = tutti_run(tutti_world_real(), real_main, *state);
    struct tutti_run_stats stats;
    tutti_run_last(&stats);
    if (rc < 0) print_error("%s\n", stats.message);
    assert_int_equal(rc, 0);
    assert_int_equal(real_descriptors(), before);
}

#define REAL(fn_)                                                                                  \
    {                                                                                              \
        .name = #fn_, .test_func = real_run, .initial_state = &(struct real_case)                  \
        {                                                                                          \
            .fn = (fn_)                                                                            \
        }                                                                                          \
    }

#define REAL_MAIN(...)                                                                             \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                           \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }

#endif
