/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tutti.h - structured concurrency for C: everything a program needs. */
#ifndef TUTTI_H
#define TUTTI_H

#include "tutti/core/base.h"        /* times, places, what a checkpoint is */
#include "tutti/core/error.h"       /* what can go wrong */
#include "tutti/core/world.h"       /* run a program in a world */
#include "tutti/core/nursery.h"     /* start tasks, wait for them */
#include "tutti/core/compose.h"     /* several functions at once: all, or the first */
#include "tutti/core/starting.h"    /* start a task and wait until it is ready */
#include "tutti/core/service.h"     /* tasks that serve the others of a nursery */
#include "tutti/core/system.h"      /* tasks of the run itself */
#include "tutti/core/result.h"      /* what a task returned */
#include "tutti/core/defer.h"       /* what a task does at its end */
#include "tutti/core/local.h"       /* variables of tasks and of the run */
#include "tutti/core/scope.h"       /* time out and cancel */
#include "tutti/core/finish.h"      /* ask for an end before cancelling */
#include "tutti/core/task.h"        /* now, sleep, checkpoint */
#include "tutti/core/checkpoints.h" /* claims about checkpoints */
#include "tutti/core/async.h"       /* functions that promise to be checkpoints */
#include "tutti/core/sync.h"        /* event, lock */
#include "tutti/core/sem.h"         /* so many at a time */
#include "tutti/core/limiter.h"     /* so many borrowers at a time */
#include "tutti/core/cond.h"        /* wait until a lock's owner says so */
#include "tutti/core/rwlock.h"      /* many readers or one writer */
#include "tutti/core/barrier.h"     /* wait for each other */
#include "tutti/core/once.h"        /* do something once */
#include "tutti/core/stats.h"       /* how many wait, and for whom */
#include "tutti/core/chan.h"        /* pass values between tasks */
#include "tutti/core/broadcast.h"   /* tell all who watch */
#include "tutti/core/select.h"      /* wait for whichever comes first */
#include "tutti/core/token.h"       /* from other threads and signal handlers */
#include "tutti/core/interrupt.h"   /* the end of a run, from outside */
#include "tutti/core/external.h"    /* work that goes on outside */
#include "tutti/core/loop.h"        /* inside another event loop */
#include "tutti/core/park.h"        /* write your own primitives */
#include "tutti/core/task_keep.h"   /* tasks that can be looked at after their end */
#include "tutti/core/lot_break.h"   /* queues that can break */
#include "tutti/core/fair.h"        /* queues that are fair between parties */
#include "tutti/core/address.h"     /* where sockets are */
#include "tutti/core/op.h"          /* operations of the world */
#include "tutti/core/access.h"      /* memory that tasks share, for explorers */
#include "tutti/core/mem.h"         /* memory whose leaks are found */
#include "tutti/core/span.h"        /* what a program says in the trace */
#include "tutti/core/test.h"        /* tests, checks and choices */
#include "tutti/core/idle.h"        /* wait until all others wait */
#include "tutti/io/stream.h"        /* bytes in order: what all streams have in common */
#include "tutti/io/reader.h"        /* whole messages out of a stream */
#include "tutti/io/staple.h"        /* one stream of two */
#include "tutti/io/memory_stream.h" /* streams in memory */
#include "tutti/io/lockstep.h"      /* streams in memory without a buffer */
#include "tutti/io/trickle.h"       /* streams in small pieces */
#include "tutti/io/address_text.h"  /* addresses from text and as text */
#include "tutti/io/socket.h"        /* sockets and pipes */
#include "tutti/io/socket_stream.h" /* streams of them */
#include "tutti/io/resolve.h"       /* addresses of hosts by their names */
#include "tutti/io/tcp_connect.h"   /* a connection to whichever address answers first */
#include "tutti/io/worker.h"        /* calls in threads of their own */
#include "tutti/io/signals.h"       /* signals of the system, one after the other */
#include "tutti/io/listener.h"      /* where streams come from */
#include "tutti/io/tcp_listen.h"    /* listeners at all addresses of a host */
#include "tutti/io/server.h"        /* a task for each connection */
#include "tutti/io/tcp_server.h"    /* the same at a port of this machine, in one call */
#include "tutti/io/real.h"          /* the real world */

#endif
