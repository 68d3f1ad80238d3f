#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rows of core_bench as Trio does them (Debian's python3-trio): peer_trio.py ROW SIZE prints ns an
operation. Exit code 3: too slow for the row's size, or nothing like it. It does a hundredth of what
the others do."""

import sys
import time

try:
    import trio
except ImportError:
    sys.exit(3)

TIMES = 20000


def each(start_ns, n):
    print((time.perf_counter_ns() - start_ns) / n)


async def rotate(times):
    for _ in range(times):
        await trio.lowlevel.checkpoint()


async def switch(size):
    times = max(TIMES // size, 2)
    async with trio.open_nursery() as nursery:
        for _ in range(size):
            nursery.start_soon(rotate, times)
        await trio.lowlevel.checkpoint()
        start_ns = time.perf_counter_ns()
    each(start_ns, times * size)


async def nothing():
    pass


async def start(_size):
    async with trio.open_nursery() as nursery:
        start_ns = time.perf_counter_ns()
        for _ in range(TIMES):
            nursery.start_soon(nothing)
            await trio.lowlevel.checkpoint()
        each(start_ns, TIMES)


async def group(_size):
    start_ns = time.perf_counter_ns()
    for _ in range(TIMES):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(nothing)
    each(start_ns, TIMES)


async def scope(_size):
    start_ns = time.perf_counter_ns()
    for _ in range(TIMES):
        with trio.move_on_after(3600):
            pass
    each(start_ns, TIMES)


async def receive_all(receiver):
    async for _ in receiver:
        pass


async def message(_size):
    sender, receiver = trio.open_memory_channel(0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(receive_all, receiver)
        await trio.lowlevel.checkpoint()
        start_ns = time.perf_counter_ns()
        for i in range(TIMES):
            await sender.send(i)
        each(start_ns, TIMES)
        sender.close()


ROWS = {
    "switch, 2 tasks": switch,
    "switch, 100 tasks": switch,
    "switch, 10,000 tasks": switch,
    "start + join, open nursery": start,
    "start + join, own nursery": group,
    "scope with deadline, open + close": scope,
    "rendezvous message": message,
}

if len(sys.argv) != 3 or sys.argv[1] not in ROWS:
    sys.exit(3)
trio.run(ROWS[sys.argv[1]], int(sys.argv[2]))
