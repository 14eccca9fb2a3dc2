"""Measuring processes: CPU time, the machine's noise, memory.

CPU time is the kernel's own nanoseconds (/proc/PID/task/*/schedstat), not clock ticks.
"""

import contextlib
import dataclasses
import glob
import os
import re
import time

TICK = 1.0 / os.sysconf("SC_CLK_TCK")
CALM_BELOW = 0.35  # cores that others may use in a run that still counts as calm


@dataclasses.dataclass
class Sample:
    """One run against one target. CPU and latencies in seconds; `units` is how much was done."""

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


# --- CPU


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
    """Seconds that all CPUs were busy since boot, stolen time included: that disturbs as well."""
    fields = [int(field) for field in _read("/proc/stat").split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) * TICK


def _stat_fields(pid):
    return _read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()


class CpuWindow:
    """CPU use between open() and close() of proxy, server, client and, as the rest, of everybody else."""

    def __init__(self, proxy_pid, server_pids, client_pid=None):
        self.pids = {"proxy": proxy_pid, "client": client_pid, "self": os.getpid()}
        self.server_pids = server_pids

    def _now(self):
        now = {name: process_cpu(pid) if pid else 0.0 for name, pid in self.pids.items()}
        now["server"] = sum(family_cpu(pid) for pid in self.server_pids)
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


# --- memory


def resident_kib(pid):
    """Exact resident memory: status and statm lag behind by a batch of pages per CPU."""
    match = re.search(r"^Rss:\s+(\d+) kB", _read(f"/proc/{pid}/smaps_rollup"), re.MULTILINE)
    return int(match.group(1))


def forget_peak(pid):
    """Lets peak_kib() begin anew."""
    with open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")


def peak_kib(pid):
    """The most that was resident since forget_peak()."""
    match = re.search(r"^VmHWM:\s+(\d+) kB", _read(f"/proc/{pid}/status"), re.MULTILINE)
    return int(match.group(1))
