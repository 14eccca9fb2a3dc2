"""What clients that do nothing cost a proxy: resident memory and CPU."""

import contextlib
import time

from measure import process_cpu, resident_kib

FIRST_CLIENTS = 128  # enough to open a whole pool


def cost_of_idle_clients(pid, connect, count):
    """Resident KiB of `pid` per idle client, fresh and after a query each, and its CPU ms per idle second.

    `connect(number)` returns so many connected clients, which can query_each() and leave(). Some clients that
    stay through the measurement come first: opening the pool and touching code is no client's cost, and
    memory that clients left behind when they went would hide some of the others'.
    """
    with contextlib.ExitStack() as stack:
        first = connect(FIRST_CLIENTS)
        stack.callback(first.leave)
        first.query_each()
        before = resident_kib(pid)
        clients = connect(count)
        stack.callback(clients.leave)
        fresh = resident_kib(pid)
        cpu_before, clock = process_cpu(pid), time.monotonic()
        time.sleep(1.0)
        idle_cpu = (process_cpu(pid) - cpu_before) / (time.monotonic() - clock)
        clients.query_each()
        used = resident_kib(pid)
    return {
        "fresh_kib": (fresh - before) / count,
        "used_kib": (used - before) / count,
        "base_kib": before,
        "idle_cpu_ms_per_s": idle_cpu * 1e3,
    }
