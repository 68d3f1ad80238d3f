/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Worker threads: few, shared by all worlds of the process, started as needed. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tutti/core/error.h"
#include "tutti/io/os_worker_priv.h"

/* A thread that had nothing to do for so long ends. */
enum { IDLE_S = 10 };

static struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work; /* a job was queued; on CLOCK_MONOTONIC */
    pthread_cond_t done; /* a job of a world that waits for it is */
    struct job *first, *last;
    uint32_t queued, threads, idle;
} pool;
static pthread_once_t pool_once = PTHREAD_ONCE_INIT;

/* A child of fork() has the caller's thread only: it begins with no jobs and no workers. */
static void pool_reset(void)
{
    pthread_condattr_t attributes;
    pool = (struct pool){.threads = 0};
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.done, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pool.work, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void pool_make(void)
{
    pool_reset();
    pthread_atfork(NULL, NULL, pool_reset);
}

static struct job *queue_take(void)
{
    struct job *job = pool.first;
    pool.first = job->queue_next;
    if (!pool.first) pool.last = NULL;
    pool.queued--;
    return job;
}

static void queue_put(struct job *job)
{
    job->queue_next = NULL;
    if (pool.last) {
        pool.last->queue_next = job;
    } else {
        pool.first = job;
    }
    pool.last = job;
    pool.queued++;
}

static void queue_remove(struct job *job)
{
    struct job *before = NULL, *at = pool.first;
    while (at != job) {
        before = at;
        at = at->queue_next;
    }
    if (before) {
        before->queue_next = job->queue_next;
    } else {
        pool.first = job->queue_next;
    }
    if (pool.last == job) pool.last = before;
    pool.queued--;
}

static void unlink_from_world(struct job *job)
{
    struct job **to_it = job->prev ? &job->prev->next : &job->real->jobs;
    *to_it = job->next;
    if (job->next) job->next->prev = job->prev;
    job->next = job->prev = NULL;
}

/* In the world's thread, some time after it was done. */
static void job_back(struct posted *posted)
{
    struct job *job = TUTTI_CONTAINER(posted, struct job, posted);
    struct real *real = job->real;
    unlink_from_world(job);
    if (job->op) {
        if (job->answer) job->answer(job, job->op);
        real_done(real, job->op, job->result);
    }
    job->drop(job);
}

/* One job. The lock is held before and after. */
static void work(struct job *job)
{
    job->state = JOB_RUNNING;
    pthread_mutex_unlock(&pool.lock);
    job->run(job);
    pthread_mutex_lock(&pool.lock);
    job->state = JOB_DONE;
    if (job->real) {
        real_post(job->real, &job->posted);
        pthread_cond_broadcast(&pool.done);
        return;
    }
    pthread_mutex_unlock(&pool.lock);
    job->drop(job);
    pthread_mutex_lock(&pool.lock);
}

/* Waits for a job; false: none came. */
static bool wait_for_work(void)
{
    struct timespec until;
    int rc = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_S;
    pool.idle++;
    while (!pool.first && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&pool.work, &pool.lock, &until);
    pool.idle--;
    return pool.first;
}

static void *worker_main(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&pool.lock);
    while (pool.first || wait_for_work())
        work(queue_take());
    pool.threads--;
    pthread_mutex_unlock(&pool.lock);
    return NULL;
}

/* One thread more, in which no signal is handled. Returns 0 or an errno. */
static int thread_start(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int rc = pthread_create(&thread, &attributes, worker_main, NULL);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0) pool.threads++;
    return rc;
}

int job_start(struct real *real, struct job *job, struct tutti_op *op)
{
    int rc = 0;
    pthread_once(&pool_once, pool_make);
    job->op = op;
    job->real = real;
    job->state = JOB_QUEUED;
    job->posted.fn = job_back;
    pthread_mutex_lock(&pool.lock);
    if (pool.idle <= pool.queued && pool.threads < TUTTI_WORKERS_MAX) rc = thread_start();
    if (rc == 0 || pool.threads) {
        queue_put(job);
        job->next = real->jobs;
        if (real->jobs) real->jobs->prev = job;
        real->jobs = job;
        op->world = job;
        pthread_cond_signal(&pool.work);
        rc = 0;
    }
    pthread_mutex_unlock(&pool.lock);
    if (rc == 0) return TUTTI_IO_PENDING;
    op->result = -rc;
    return TUTTI_IO_DONE;
}

/* Lets go of a job that is not done, if that is possible. Under the lock; true: it was queued, and
 * is the caller's to drop. */
static bool job_leave(struct job *job)
{
    bool queued = job->state == JOB_QUEUED;
    if (queued) queue_remove(job);
    unlink_from_world(job);
    job->op = NULL;
    job->real = NULL;
    return queued;
}

void job_stop(struct real *real, struct tutti_op *op)
{
    struct job *job = op->world;
    bool mine = false, stopped = false;
    pthread_mutex_lock(&pool.lock);
    if (job->state == JOB_QUEUED || (job->state == JOB_RUNNING && !job->waits)) {
        stopped = true;
        mine = job_leave(job);
    }
    pthread_mutex_unlock(&pool.lock);
    if (mine) job->drop(job);
    if (stopped) real_done(real, op, TUTTI_ECANCELED);
}

/* The run has ended, and its tasks are gone. What a job that waits still uses may be of a task's
 * stack, so that is waited for; whatever is done by then is in the world's list of what was posted
 * to it, and answers nobody. */
void job_end_all(struct real *real)
{
    struct job *dropped = NULL;
    if (!real->jobs) return;
    pthread_mutex_lock(&pool.lock);
    for (struct job *job = real->jobs, *next; job; job = next) {
        next = job->next;
        job->op = NULL;
        while (job->waits && job->state == JOB_RUNNING)
            pthread_cond_wait(&pool.done, &pool.lock);
        if (job->state == JOB_DONE || !job_leave(job)) continue;
        job->queue_next = dropped;
        dropped = job;
    }
    pthread_mutex_unlock(&pool.lock);
    while (dropped) {
        struct job *next = dropped->queue_next;
        dropped->drop(dropped);
        dropped = next;
    }
}

/* A worker that hands a job over has the lock until it has woken the world, which may be past all
 * that by then: once the lock was ours, nobody is at it any more. */
void job_settle(void)
{
    pthread_once(&pool_once, pool_make);
    pthread_mutex_lock(&pool.lock);
    pthread_mutex_unlock(&pool.lock);
}

/* A function of the program's. */
struct call_job {
    struct job job;
    struct tutti_call call; /* a copy: the task's may be gone */
    bool returned;
};

static void call_run(struct job *job)
{
    struct call_job *mine = TUTTI_CONTAINER(job, struct call_job, job);
    job->result = mine->call.fn(mine->call.arg);
}

/* Told to the task: `arg` is its own again. */
static void call_answer(struct job *job, struct tutti_op *op)
{
    struct tutti_call *call = op->detail;
    TUTTI_CONTAINER(job, struct call_job, job)->returned = call->returned = true;
}

static void call_drop(struct job *job)
{
    struct call_job *mine = TUTTI_CONTAINER(job, struct call_job, job);
    if (mine->call.drop && !mine->returned) mine->call.drop(mine->call.arg);
    free(mine);
}

int worker_call_start(struct real *real, struct tutti_op *op)
{
    const struct tutti_call *call = op->detail;
    struct call_job *mine = calloc(1, sizeof *mine);
    if (!mine) {
        op->result = TUTTI_ENOMEMORY;
        return TUTTI_IO_DONE;
    }
    mine->job = (struct job){
        .run = call_run, .answer = call_answer, .drop = call_drop, .waits = !call->drop};
    mine->call = *call;
    int rc = job_start(real, &mine->job, op);
    if (rc == TUTTI_IO_DONE) free(mine); /* what it was called with stays the caller's */
    return rc;
}
