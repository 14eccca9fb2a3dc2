"""The application: what its workers do, and where they hear of it."""

import os
import time

from celery import Celery

URL = os.environ["REDIS_URL"]
RESULTS = URL.removesuffix("/0") + "/1"  # a database of their own

app = Celery("tasks", broker=URL, backend=RESULTS)
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 3600},
    result_expires=600,
    task_track_started=True,
    worker_hijack_root_logger=False,
)


@app.task
def add(one, other):
    return one + other


@app.task
def add_up(numbers):
    return sum(numbers)


@app.task
def fail():
    raise ValueError("as it should")


@app.task(bind=True, max_retries=3)
def fail_at_first(self):
    if self.request.retries < 2:
        raise self.retry(countdown=0)
    return self.request.retries


@app.task
def nap(seconds):
    time.sleep(seconds)
