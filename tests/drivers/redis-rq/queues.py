"""Jobs for workers that are processes of their own, as RQ's command starts them."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time
from datetime import timedelta

import redis
import work
from rq import Queue, Retry

from checks import check, equal

URL = os.environ["REDIS_URL"]


@contextlib.contextmanager
def queue_with_workers(name, count=1, *options):
    """A queue, and workers that wait for it."""
    command = [
        sys.executable,
        "-m",
        "rq.cli",
        "worker",
        "--url",
        URL,
        "--logging_level",
        "CRITICAL",
        *options,
        name,
    ]
    settings = {"cwd": pathlib.Path(__file__).parent, "stdin": subprocess.DEVNULL}
    workers = [subprocess.Popen(command, **settings) for _ in range(count)]
    with redis.Redis.from_url(URL) as connection:
        try:
            yield Queue(name, connection=connection)
        finally:
            for worker in workers:
                worker.send_signal(signal.SIGTERM)
            for worker in workers:
                worker.wait(30)


def outcome(job, patience=40):
    """What the job returned, or its failure's last line."""
    give_up = time.monotonic() + patience
    while not (job.is_finished or job.is_failed):
        assert time.monotonic() < give_up, f"the job is still {job.get_status()}"
        time.sleep(0.02)
        job.refresh()
    result = job.latest_result()
    return result.return_value if job.is_finished else result.exc_string.strip().splitlines()[-1]


@check
def jobs():
    with queue_with_workers("jobs") as queue:
        waiting = [queue.enqueue(work.add, n, 1) for n in range(20)]
        equal([outcome(job) for job in waiting], list(range(1, 21)))
        equal(queue.finished_job_registry.count, 20)


@check
def jobs_of_many_workers():
    with queue_with_workers("many", 3) as queue:
        waiting = [queue.enqueue(work.add, n, n) for n in range(30)]
        equal([outcome(job) for job in waiting], [2 * n for n in range(30)])


@check
def jobs_that_fail():
    with queue_with_workers("failing") as queue:
        failed = queue.enqueue(work.fail)
        equal(outcome(failed), "ValueError: as it should")
        equal(queue.failed_job_registry.get_job_ids(), [failed.id])
        retried = queue.enqueue(work.fail_at_first, retry=Retry(max=2))
        equal(outcome(retried), "at last")


@check
def jobs_after_others():
    with queue_with_workers("chained") as queue:
        first = queue.enqueue(work.add, 1, 1)
        second = queue.enqueue(work.add, 2, 2, depends_on=first)
        equal((outcome(first), outcome(second)), (2, 4))


@check
def jobs_that_wait():
    with queue_with_workers("waiting", 1, "--with-scheduler") as queue:
        began = time.monotonic()
        later = queue.enqueue_in(timedelta(seconds=2), work.add, 1, 2)  # RQ cuts it to whole seconds
        equal(outcome(later), 3)
        equal(time.monotonic() - began >= 0.9, True, "after its time")


@check
def large_jobs():
    with queue_with_workers("large") as queue:
        text = "x" * 1_000_000
        equal(len(outcome(queue.enqueue(work.add, text, text))), 2_000_000)


@check
def jobs_in_a_pipeline():
    with queue_with_workers("pipelined") as queue:
        prepared = [Queue.prepare_data(work.add, (n, 1)) for n in range(50)]
        with queue.connection.pipeline() as batch:
            waiting = queue.enqueue_many(prepared, pipeline=batch)
            batch.execute()
        equal([outcome(job) for job in waiting], list(range(1, 51)))
