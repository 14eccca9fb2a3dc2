"""Tasks for one worker with two processes, which lives through all checks."""

import functools
import os
import pathlib
import signal
import subprocess
import sys
import time

import tasks
from celery import chain, chord, group
from celery.exceptions import TaskRevokedError

from checks import check, equal

PATIENCE = 40


@functools.cache
def worker():
    command = [sys.executable, "-m", "celery", "-A", "tasks", "worker", "-c", "2", "-l", "ERROR", "-E"]
    started = subprocess.Popen(
        [*command, "--hostname", "worker@check"],
        cwd=pathlib.Path(__file__).parent,
        env={**os.environ, "C_FORCE_ROOT": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    give_up = time.monotonic() + PATIENCE
    while not tasks.app.control.ping(timeout=0.5):
        assert started.poll() is None, "the worker ended"
        assert time.monotonic() < give_up, "the worker does not answer"
    return started


@check
def tasks_and_results():
    worker()
    waiting = [tasks.add.delay(n, n) for n in range(100)]
    equal([each.get(timeout=PATIENCE) for each in waiting], [2 * n for n in range(100)])


@check
def tasks_in_a_group():
    worker()
    all_of_them = group(tasks.add.s(n, 1) for n in range(50)).apply_async()
    equal(all_of_them.get(timeout=PATIENCE), list(range(1, 51)))


@check
def tasks_in_a_chain():
    worker()
    last = chain(tasks.add.s(1, 2), tasks.add.s(3), tasks.add.s(4)).apply_async()
    equal(last.get(timeout=PATIENCE), 10)


@check
def tasks_in_a_chord():
    """The worker counts with INCR, or a sorted set, in the result backend until all are done."""
    worker()
    total = chord((tasks.add.s(n, 0) for n in range(20)), tasks.add_up.s()).apply_async()
    equal(total.get(timeout=PATIENCE), 190)


@check
def tasks_that_fail():
    worker()
    failed = tasks.fail.delay()
    try:
        failed.get(timeout=PATIENCE)
        raise AssertionError("it did not fail")
    except ValueError as error:
        equal(str(error), "as it should")
    equal(tasks.fail_at_first.delay().get(timeout=PATIENCE), 2)


@check
def tasks_that_wait():
    worker()
    began = time.monotonic()
    equal(tasks.add.apply_async((1, 2), countdown=1).get(timeout=PATIENCE), 3)
    equal(time.monotonic() - began >= 1, True, "after its time")


@check
def tasks_that_are_revoked():
    worker()
    later = tasks.add.apply_async((1, 2), countdown=2)
    later.revoke()
    try:
        later.get(timeout=PATIENCE)
        raise AssertionError("it ran")
    except TaskRevokedError:
        pass


@check
def large_tasks():
    worker()
    text = "x" * 1_000_000
    equal(len(tasks.add.delay(text, text).get(timeout=PATIENCE)), 2_000_000)


@check
def control_by_publish_subscribe():
    worker()
    inspect = tasks.app.control.inspect(timeout=5, destination=["worker@check"])
    equal(inspect.ping(), {"worker@check": {"ok": "pong"}})
    equal("tasks.add" in inspect.registered()["worker@check"], True, "registered")


@check
def events():
    """What `celery events` and Flower look at."""
    worker()
    seen = []

    def look(event):
        if not seen:  # they come, so the task's own will
            tasks.add.delay(1, 1)
        seen.append(event["type"])
        receiver.should_stop = "task-succeeded" in seen

    with tasks.app.connection() as connection:
        receiver = tasks.app.events.Receiver(connection, {"*": look})
        receiver.capture(timeout=PATIENCE, wakeup=True)
    equal("task-succeeded" in seen, True, f"the task among {seen}")


@check
def worker_leaves():
    """In the end it is told to go, and puts away what it holds."""
    started = worker()
    started.send_signal(signal.SIGTERM)
    equal(started.wait(30), 0)
