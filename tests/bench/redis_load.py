"""Load on a started target: redis-benchmark, our own client where that is not enough, or idle clients.

redis-benchmark has one thread, as each proxy. Its commands are counted by Redis itself at the edges of a
window that opens after the clients have connected; its percentiles are those of its whole run.
"""

import contextlib
import csv
import subprocess
import time

from host import BenchError
from idle import cost_of_idle_clients
from measure import CpuWindow, Sample, forget_peak, peak_kib, resident_kib
from redis_clients import IdleClients, RequestClients
from redis_server import BIG_KEY, bulk_bytes, command, tool
from window import SETTLE, EndedEarly, await_sockets, counting, pause

FIRST_REQUESTS = 4_000  # to have a new proxy connect to Redis, and for a first idea of the rate
FIRST_CLIENTS = 500  # no more for that: redis-benchmark connects but 64 clients in 50 ms
MARGIN = 1.15  # a run is made so much longer than its window, for it should not end before
TICK = 0.1  # seconds: when it does, the window closed at the last tick
ENOUGH = 0.6  # of the window, to count
ATTEMPTS = 4
PACE_MS = 50  # between two small requests of one client
BIG_VALUES = 2  # so many at least come while small requests are measured
PATIENCE = 20.0  # seconds for that


class Load:
    def __init__(self, workspace, server, requests_program):
        self.workspace = workspace
        self.server = server
        self.benchmark_program = tool("redis-benchmark")
        self.requests_program = requests_program
        self.warm = set()  # pids of those that have connected to Redis
        self.rates = {}  # (case, target) -> commands per second, as far as known
        self.resident = {}  # pid of a proxy -> KiB before its first big value

    def benchmark(self, case, target, seconds, counter=None):
        """Runs redis-benchmark through one window; Sample.units counts commands.

        It runs for a number of requests, not for a time, so the number follows the rate of the run before.
        """
        known = (case.name, target.name)
        if target.pid not in self.warm or known not in self.rates:
            clients = min(case.clients, FIRST_CLIENTS)
            first = BenchmarkRun(self, case, target, clients, FIRST_REQUESTS * case.pipeline)
            self.rates.setdefault(known, first.finish()["rate"])
            self.warm.add(target.pid)
        for _ in range(ATTEMPTS):
            requests = self.rates[known] * (SETTLE + seconds) * MARGIN + 2 * case.clients * case.pipeline
            run = BenchmarkRun(self, case, target, case.clients, int(requests))
            try:
                sample = self._window(case, target, run.child, seconds, counter)
                said = run.finish()
                sample.p50, sample.p99, self.rates[known] = said["p50"], said["p99"], said["rate"]
                return sample
            except EndedEarly:
                self.rates[known] = max(run.finish()["rate"], self.rates[known] * MARGIN)
            finally:
                self.workspace.forget(run.child)
        raise BenchError("redis-benchmark ends before its window each time")

    def _window(self, case, target, child, seconds, counter):
        name = case.command[0].lower()
        if not case.reconnects:
            await_sockets(child, case.clients, heed_complaints=False)
        pause(child, SETTLE)
        cpu = CpuWindow(target.pid, [self.server.pid], child.pid)
        with counting(counter):
            before = self.server.calls(name)
            opened = now = cpu.open()
            try:
                while now < opened + seconds:
                    pause(child, min(TICK, opened + seconds - now))
                    after, now = self.server.calls(name), cpu.close()
            except EndedEarly:
                if counter or now - opened < ENOUGH * seconds:
                    raise
        sample = Sample(units=after - before)
        cpu.fill(sample)
        sample.syscalls = counter.counts() if counter else {}
        return sample

    def requests(self, case, target, seconds, counter=None):
        """The case's one request from our own client through one window; Sample.units counts replies."""
        with self._clients(target, case.clients, case.request, case.reply_bytes) as clients:
            pause(clients.child, SETTLE)
            cpu = CpuWindow(target.pid, [self.server.pid], clients.child.pid)
            with counting(counter):
                clients.ask("begin")
                cpu.open()
                pause(clients.child, seconds)
                said = clients.result()
                cpu.close()
        sample = Sample(units=said["replies"], p50=said["p50"], p99=said["p99"])
        cpu.fill(sample)
        sample.syscalls = counter.counts() if counter else {}
        return sample

    def beside(self, case, target, seconds):
        """Small GETs at an even pace while one client fetches a value of `big_bytes` again and again.

        Latencies are those of the small ones, counted from when each was due: until the first big value has
        come, which may find a proxy unprepared, and afterwards. CPU is per MB of the big value; `grown_mib` is
        what the proxy held at its peak beyond what it held before.
        """
        big_request, big_reply = command("GET", BIG_KEY), bulk_bytes(case.big_bytes)
        with self._clients(target, case.clients, case.request, case.reply_bytes, PACE_MS) as small:
            pause(small.child, SETTLE)
            if target.is_proxy:
                before = self.resident.setdefault(target.pid, resident_kib(target.pid))
                forget_peak(target.pid)
            small.ask("begin")
            with self._clients(target, 1, big_request, big_reply) as big:
                first = small.result()
                cpu = CpuWindow(target.pid, [self.server.pid], big.child.pid)
                small.ask("begin"), big.ask("begin")
                cpu.open()
                pause(big.child, seconds)
                self._await_replies(big, BIG_VALUES)
                felt, moved = small.result(), big.result()
                cpu.close()
            grown_kib = peak_kib(target.pid) - before if target.is_proxy else 0
        return beside_figures(first, felt, moved, cpu, grown_kib)

    @staticmethod
    def _await_replies(clients, count):
        deadline = time.monotonic() + PATIENCE
        while clients.result()["replies"] < count and time.monotonic() < deadline:
            pause(clients.child, TICK)

    @contextlib.contextmanager
    def _clients(self, target, count, request, reply_bytes, *pace):
        path = self.workspace.path(f"request-{reply_bytes}")
        with open(path, "wb") as out:
            out.write(request)
        words = [self.requests_program, target.port, count, path, reply_bytes, *pace]
        clients = RequestClients(self.workspace, "redis_load", words)
        try:
            yield clients
        finally:
            clients.leave()

    def idle(self, target, count):
        return cost_of_idle_clients(target.pid, lambda number: IdleClients(target.port, number), count)


def beside_figures(first, felt, moved, cpu, grown_kib):
    """What the small requests felt, what came of the big value meanwhile, and what that cost."""
    spent = Sample(units=moved["bytes"] / 1e6)
    cpu.fill(spent)
    if not spent.units:
        raise BenchError("nothing came of the big value in the whole window")
    return {
        "first_p99_ms": first["p99"] * 1e3,
        "p50_ms": felt["p50"] * 1e3,
        "p99_ms": felt["p99"] * 1e3,
        "max_ms": felt["max"] * 1e3,
        "small_rate": felt["replies"] / spent.seconds,
        "mb_rate": spent.units / spent.seconds,
        "cpu_us": spent.proxy_cpu / spent.units * 1e6,
        "server_us": spent.server_cpu / spent.units * 1e6,
        "grown_mib": max(0, grown_kib) / 1024,
    }


class BenchmarkRun:
    """One redis-benchmark, from its start to what it says at its end."""

    def __init__(self, load, case, target, clients, requests):
        self.path = load.workspace.path("redis-benchmark.csv")
        argv = [load.benchmark_program, "-p", target.port, "-c", clients, "-n", requests, "-P", case.pipeline,
                "-r", case.keys, "-k", int(not case.reconnects), "--csv", *case.command]
        with open(self.path, "wb") as output:
            self.child = load.workspace.spawn("redis-benchmark", argv, stdout=output)
        self.workspace = load.workspace

    def finish(self, seconds=120):
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise BenchError(f"redis-benchmark does not end after {seconds} s") from None
        finally:
            self.workspace.forget(self.child)
        with open(self.path, newline="") as output:
            text = output.read()
        if self.child.returncode != 0:
            raise BenchError(f"redis-benchmark: {text.strip()[-300:] or self.child.last_words()}")
        return read_benchmark(text)


def read_benchmark(text):
    """What redis-benchmark --csv says: commands per second, and latencies in seconds."""
    rows = list(csv.DictReader(text.splitlines()))
    if not rows or not rows[-1].get("p99_latency_ms"):
        raise BenchError(f"redis-benchmark said no more than {text[-300:]!r}")
    return {
        "rate": float(rows[-1]["rps"]),
        "p50": float(rows[-1]["p50_latency_ms"]) / 1e3,
        "p99": float(rows[-1]["p99_latency_ms"]) / 1e3,
    }
