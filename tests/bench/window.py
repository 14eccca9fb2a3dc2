"""The window that a load is measured through: it opens once the clients have connected."""

import contextlib
import os
import subprocess
import time

from host import BenchError

SETTLE = 0.3  # seconds of load before the window opens


@contextlib.contextmanager
def counting(counter):
    if counter:
        counter.open()
    try:
        yield
    finally:
        if counter:
            counter.close()


def await_sockets(child, clients, seconds=60, heed_complaints=True):
    """Returns when the load has as many sockets as clients, so that all are connected or about to be."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        sockets = 0
        with contextlib.suppress(OSError):
            for fd in os.scandir(f"/proc/{child.pid}/fd"):
                with contextlib.suppress(OSError):
                    sockets += os.readlink(fd.path).startswith("socket:")
        if sockets >= clients:
            return
        if heed_complaints and child.complains():
            break
        pause(child, 0.02)
    raise BenchError(f"{child.label} has not connected: {child.last_words()}")


class EndedEarly(BenchError):
    """The load came to its end before the window did."""


def pause(child, seconds):
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(seconds)
        raise EndedEarly(f"{child.label} ended early: {child.last_words()}")
