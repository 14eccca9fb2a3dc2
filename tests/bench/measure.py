"""Measuring processes: CPU time, the machine's noise, memory, system calls.

CPU time is the kernel's own nanoseconds (/proc/PID/task/*/schedstat), not clock ticks.
"""

import contextlib
import dataclasses
import glob
import os
import re
import shutil
import signal
import subprocess
import time

from host import BenchError

TICK = 1.0 / os.sysconf("SC_CLK_TCK")
CALM_BELOW = 0.35  # cores that others may use in a run that still counts as calm


@dataclasses.dataclass
class Sample:
    """One run against one target. CPU in seconds, latencies in seconds; `units` is what was done (queries, MB ...)."""

    seconds: float = 0.0
    units: float = 0.0
    proxy_cpu: float = 0.0
    proxy_user_share: float = 0.0
    server_cpu: float = 0.0
    client_cpu: float = 0.0
    other_cores: float = 0.0
    p50: float | None = None
    p99: float | None = None
    syscalls: dict = dataclasses.field(default_factory=dict)  # kind -> count, only when counted

    @property
    def calm(self):
        return self.other_cores < CALM_BELOW


# --- CPU ---------------------------------------------------------------------------------------------------------

def _read(path):
    with open(path) as file:
        return file.read()


def process_cpu(pid):
    """Seconds that the threads of `pid` which still run have spent on a CPU."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with contextlib.suppress(OSError):
            total += int(_read(path).split()[0])
    return total / 1e9


def user_and_system(pid):
    fields = _stat_fields(pid)
    return int(fields[11]) * TICK, int(fields[12]) * TICK


def family_cpu(pid):
    """The same for a process and its children, those that it has waited for included."""
    total = process_cpu(pid)
    with contextlib.suppress(OSError):
        fields = _stat_fields(pid)
        total += (int(fields[13]) + int(fields[14])) * TICK
        for child in _read(f"/proc/{pid}/task/{pid}/children").split():
            total += process_cpu(int(child))
    return total


def busy_cpu():
    """Seconds that all CPUs were busy since boot, stolen time included: what others of the host take disturbs too."""
    fields = [int(field) for field in _read("/proc/stat").split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) * TICK


def _stat_fields(pid):
    return _read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()


class CpuWindow:
    """CPU use between open() and close() of proxy, server, client and, as the rest, of everybody else."""

    def __init__(self, proxy_pid, server_pid, client_pid=None):
        self.pids = {"proxy": proxy_pid, "client": client_pid, "self": os.getpid()}
        self.server_pid = server_pid

    def _now(self):
        now = {name: process_cpu(pid) if pid else 0.0 for name, pid in self.pids.items()}
        now["server"] = family_cpu(self.server_pid)
        now["user"], now["system"] = user_and_system(self.pids["proxy"]) if self.pids["proxy"] else (0.0, 0.0)
        now["busy"] = busy_cpu()
        now["clock"] = time.time()
        return now

    def open(self):
        self.before = self._now()
        return self.before["clock"]

    def close(self):
        self.after = self._now()
        return self.after["clock"]

    def fill(self, sample, client_cpu=None):
        spent = {name: self.after[name] - self.before[name] for name in self.after}
        sample.seconds = spent["clock"]
        sample.proxy_cpu, sample.server_cpu = spent["proxy"], spent["server"]
        sample.client_cpu = spent["client"] if client_cpu is None else client_cpu
        ticks = spent["user"] + spent["system"]
        sample.proxy_user_share = spent["user"] / ticks if ticks else 0.0
        ours = sample.proxy_cpu + sample.server_cpu + sample.client_cpu + spent["self"]
        sample.other_cores = max(0.0, spent["busy"] - ours) / sample.seconds


# --- memory ------------------------------------------------------------------------------------------------------

def resident_kib(pid):
    """Exact resident memory: status and statm lag behind by a batch of pages per CPU."""
    match = re.search(r"^Rss:\s+(\d+) kB", _read(f"/proc/{pid}/smaps_rollup"), re.MULTILINE)
    return int(match.group(1))


# --- system calls ------------------------------------------------------------------------------------------------

SYSCALL_KINDS = {
    "recv": ("recvfrom", "recvmsg", "read", "readv"),
    "send": ("sendto", "sendmsg", "write", "writev"),
    "wait": ("epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll"),
    "ctl": ("epoll_ctl",),
}


class SyscallCounter:
    """Counts the system calls of a process by kind between open() and close(), with perf's tracepoints."""

    @staticmethod
    def usable():
        if not shutil.which("perf"):
            return False
        probe = subprocess.run(["perf", "stat", "-x,", "-e", "syscalls:sys_enter_epoll_ctl", "true"],
                               capture_output=True, text=True)
        return probe.returncode == 0 and "<not" not in probe.stderr and "error" not in probe.stderr

    def __init__(self, workspace, pid):
        self.workspace = workspace
        self.pid = pid

    def open(self):
        events = ["raw_syscalls:sys_enter"]
        events += [f"syscalls:sys_enter_{name}" for names in SYSCALL_KINDS.values() for name in names]
        control_read, self.control = os.pipe()
        self.answer, answer_write = os.pipe()
        self.output = self.workspace.path("perf.csv")
        self.perf = self.workspace.spawn(
            "perf", ["perf", "stat", "-x,", "-D", "-1", "-e", ",".join(events), "-p", self.pid, "-o", self.output,
                     "--control", f"fd:{control_read},{answer_write}"], pass_fds=(control_read, answer_write))
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
        for line in _read(self.output).splitlines():
            fields = line.split(",")
            if len(fields) > 2 and fields[0].isdigit():
                counted[fields[2].rsplit("sys_enter", 1)[1].lstrip("_")] = int(fields[0])
        by_kind = {kind: sum(counted.get(name, 0) for name in names) for kind, names in SYSCALL_KINDS.items()}
        by_kind["other"] = counted.get("", 0) - sum(by_kind.values())
        return by_kind

    def _command(self, word):
        os.write(self.control, word)
        if not os.read(self.answer, 16).startswith(b"ack"):
            raise BenchError("perf stat did not start: " + self.perf.last_words())
