"""Load on a started target: redis-benchmark, our own client for requests that it cannot make, or idle clients.

Commands are counted by Redis itself at the edges of a window that opens after the clients have connected. The
percentiles are redis-benchmark's, over its whole run. It has one thread, as each proxy.
"""

import csv
import subprocess

from host import BenchError
from idle import cost_of_idle_clients
from measure import CpuWindow, Sample
from redis_server import Connection, command, key, tool
from window import SETTLE, EndedEarly, await_sockets, counting, pause

FIRST_REQUESTS = 4_000  # for a first idea of the rate
FIRST_CLIENTS = 500  # no more for that: redis-benchmark connects but 64 clients in 50 ms
MARGIN = 1.3  # a run is made so much longer than its window, for it must not end before
ATTEMPTS = 4
IDLE_BATCH = 64  # so many idle clients are in the middle of a request at a time


class Load:
    def __init__(self, workspace, server):
        self.workspace = workspace
        self.server = server
        self.benchmark_program = tool("redis-benchmark")
        self.rates = {}  # (case, target) -> commands per second, as far as known

    def benchmark(self, case, target, seconds, counter=None):
        """Runs redis-benchmark through one window; Sample.units counts commands.

        It runs for a number of requests, not for a time, so the number follows the rate of the run before.
        """
        known = (case.name, target.name)
        if known not in self.rates:
            clients = min(case.clients, FIRST_CLIENTS)
            first = BenchmarkRun(self, case, target, clients, max(FIRST_REQUESTS * case.pipeline, 2 * clients))
            self.rates[known] = first.finish()["rate"]
        for _ in range(ATTEMPTS):
            requests = self.rates[known] * (SETTLE + seconds) * MARGIN + 2 * case.clients * case.pipeline
            run = BenchmarkRun(self, case, target, case.clients, int(requests))
            try:
                sample = self._window(case, target, run.child, seconds, counter)
                sample.p50, sample.p99, self.rates[known] = (run.finish()[name] for name in ("p50", "p99", "rate"))
                return sample
            except EndedEarly:
                self.rates[known] = max(run.finish()["rate"], self.rates[known] * MARGIN)
            finally:
                self.workspace.forget(run.child)
        raise BenchError("redis-benchmark ends before its window each time")

    def _window(self, case, target, child, seconds, counter):
        name = case.command[0].lower()
        await_sockets(child, case.clients, heed_complaints=False)
        pause(child, SETTLE)
        cpu = CpuWindow(target.pid, self.server.pid, child.pid)
        with counting(counter):
            before = self.server.calls(name)
            cpu.open()
            pause(child, seconds)
            after = self.server.calls(name)
            cpu.close()
        sample = Sample(units=after - before)
        cpu.fill(sample)
        sample.syscalls = counter.counts() if counter else {}
        return sample

    def idle(self, target, count):
        return cost_of_idle_clients(target.pid, lambda number: IdleClients(target.port, number), count)


class BenchmarkRun:
    """One redis-benchmark, from its start to what it says at its end."""

    def __init__(self, load, case, target, clients, requests):
        self.path = load.workspace.path("redis-benchmark.csv")
        argv = [load.benchmark_program, "-p", target.port, "-c", clients, "-n", requests, "-P", case.pipeline,
                "-r", case.keys, "--csv", *case.command]
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


class IdleClients:
    """So many clients that have said PING and do nothing more, unless asked to GET once."""

    def __init__(self, port, count):
        self.clients = []
        for first in range(0, count, IDLE_BATCH):
            self.clients += [Connection(port) for _ in range(min(IDLE_BATCH, count - first))]
            self._each(self.clients[first:], command("PING"))

    def query_each(self):
        for first in range(0, len(self.clients), IDLE_BATCH):
            self._each(self.clients[first:first + IDLE_BATCH], command("GET", key(0)))

    def leave(self):
        for client in self.clients:
            client.close()

    @staticmethod
    def _each(clients, request):
        for client in clients:
            client.send(request)
        for client in clients:
            client.receive()
