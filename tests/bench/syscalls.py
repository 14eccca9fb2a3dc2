"""Counting the system calls of a running process by kind.

With perf's tracepoints, which hardly slow the process down; where they are not allowed (most containers) with
strace, which slows it so much that more is ready at each wait: the counts of receives and sends still hold.
"""

import os
import re
import shutil
import signal
import subprocess
import time

from host import BenchError

KINDS = {
    "recv": ("recvfrom", "recvmsg", "read", "readv"),
    "send": ("sendto", "sendmsg", "write", "writev"),
    "wait": ("epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll"),
    "ctl": ("epoll_ctl",),
}


def counter_class():
    """The best way to count on this machine, or None."""
    if shutil.which("perf"):
        probe = subprocess.run(
            ["perf", "stat", "-x,", "-e", "syscalls:sys_enter_epoll_ctl", "true"],
            capture_output=True,
            text=True,
        )
        if probe.returncode == 0 and "<not" not in probe.stderr:
            return PerfCounter
    if shutil.which("strace") and subprocess.run(["strace", "-o", "/dev/null", "true"]).returncode == 0:
        return StraceCounter
    return None


def by_kind(by_name):
    """Counts by name of the call, "" being all of them, to counts by kind."""
    kinds = {kind: sum(by_name.get(name, 0) for name in names) for kind, names in KINDS.items()}
    kinds["other"] = max(0, by_name.get("", 0) - sum(kinds.values()))
    return kinds


class PerfCounter:
    """Counts from open() to close(), then counts() has the result."""

    how = "perf's tracepoints"

    def __init__(self, workspace, pid):
        self.workspace = workspace
        self.pid = pid
        self.output = workspace.path("perf.csv")

    def open(self):
        events = ["raw_syscalls:sys_enter"]
        events += [f"syscalls:sys_enter_{name}" for names in KINDS.values() for name in names]
        control_read, self.control = os.pipe()
        self.answer, answer_write = os.pipe()
        self.perf = self.workspace.spawn(
            "perf",
            [
                "perf",
                "stat",
                "-x,",
                "-D",
                "-1",
                "-e",
                ",".join(events),
                "-p",
                self.pid,
                "-o",
                self.output,
                "--control",
                f"fd:{control_read},{answer_write}",
            ],
            pass_fds=(control_read, answer_write),
        )
        os.close(control_read)
        os.close(answer_write)
        self._command(b"enable\n")

    def close(self):
        self._command(b"disable\n")
        self.perf.send_signal(signal.SIGINT)
        self.perf.wait(10)
        self.workspace.forget(self.perf)
        os.close(self.control)
        os.close(self.answer)

    def counts(self):
        counted = {}
        with open(self.output) as lines:
            for fields in (line.split(",") for line in lines):
                if len(fields) > 2 and fields[0].isdigit():
                    counted[fields[2].rsplit("sys_enter", 1)[1].lstrip("_")] = int(fields[0])
        return by_kind(counted)

    def _command(self, word):
        try:
            os.write(self.control, word)
            answer = os.read(self.answer, 16)
        except OSError:
            answer = b""
        if not answer.startswith(b"ack"):
            raise BenchError("perf stat: " + self.perf.last_words())


class StraceCounter:
    """The same with strace's summary."""

    how = "strace"

    def __init__(self, workspace, pid):
        self.workspace = workspace
        self.pid = pid
        self.output = workspace.path("strace.txt")

    def open(self):
        self.strace = self.workspace.spawn(
            "strace", ["strace", "-c", "-f", "-p", self.pid, "-o", self.output]
        )
        deadline = time.monotonic() + 5
        while "attached" not in self.strace.last_words():
            if self.strace.poll() is not None or time.monotonic() > deadline:
                raise BenchError("strace: " + self.strace.last_words())
            time.sleep(0.01)

    def close(self):
        self.strace.send_signal(signal.SIGINT)
        self.strace.wait(10)
        self.workspace.forget(self.strace)

    def counts(self):
        counted = {}
        with open(self.output) as lines:
            for line in lines:
                # % time, seconds, usecs/call, calls, errors (may be absent), name
                row = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
                if row:
                    counted["" if row.group(2) == "total" else row.group(2)] = int(row.group(1))
        return by_kind(counted)
