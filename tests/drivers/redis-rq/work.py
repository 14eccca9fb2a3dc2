"""What the workers do."""

import os
import time

from rq import get_current_job


def add(one, other):
    return one + other


def fail():
    raise ValueError("as it should")


def fail_at_first():
    if get_current_job().retries_left == 2:
        raise ValueError("not yet")
    return "at last"


def nap(seconds):
    time.sleep(seconds)
    return os.getpid()
