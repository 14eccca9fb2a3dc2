"""Load: one pgbench run, one psql run, or a crowd of idle clients on one started target.

A pgbench run is measured through a window that opens after the clients have logged in and closes before they
leave, so logins count only where they are what is measured.
"""

import glob
import os
import signal
import subprocess
import time

from dialogue import Dialogue
from host import BenchError
from idle import cost_of_idle_clients
from measure import CpuWindow, Sample, process_cpu
from postgres_cluster import DATABASE, tool
from window import SETTLE, await_sockets, counting, pause


class Load:
    """The three kinds of load, on whichever target is given."""

    def __init__(self, workspace, server_pids, idle_program):
        self.workspace = workspace
        self.server_pids = server_pids
        self.idle_program = idle_program
        self.pgbench_program, self.psql_program = tool("pgbench"), tool("psql")

    def pgbench(self, target, options, clients, window_seconds, counter=None):
        """Runs pgbench with `options` for one window; Sample.units counts transactions.

        pgbench is told to run for an hour; SIGALRM, its own signal for that, ends it after the window
        however long the logins took. Transactions that lie partly in the window count by that part.
        """
        prefix = self.workspace.path("pgbench_log")
        for old in glob.glob(prefix + ".*"):
            os.unlink(old)
        reconnects = "-C" in options
        argv = [self.pgbench_program, "-n", "-c", clients, "-T", 3600, "-l", "--log-prefix", prefix]
        child = self.workspace.spawn("pgbench", argv + options + [target.dsn()])
        try:
            if not reconnects:
                await_sockets(child, clients)
            pause(child, SETTLE)
            cpu = CpuWindow(target.pid, self.server_pids, child.pid)
            with counting(counter):
                opened = cpu.open()
                pause(child, window_seconds)
                closed = cpu.close()
            child.send_signal(signal.SIGALRM)
            child.wait(30)
        except subprocess.TimeoutExpired:
            raise BenchError("pgbench does not end: " + child.last_words()) from None
        finally:
            self.workspace.forget(child)
        if child.returncode != 0:
            raise BenchError("pgbench: " + child.last_words())
        units, latencies = read_pgbench_log(glob.glob(prefix + ".*"), opened, closed, reconnects)
        sample = Sample(units=units, p50=percentile(latencies, 0.50), p99=percentile(latencies, 0.99))
        cpu.fill(sample)
        sample.syscalls = counter.counts() if counter else {}
        return sample

    def psql(self, target, commands, megabytes, counter=None):
        """Runs psql with `commands` on one connection, output thrown away; Sample.units is `megabytes`."""
        argv = [self.psql_program, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", target.dsn()]
        for command in commands:
            argv += ["-c", command]
        cpu = CpuWindow(target.pid, self.server_pids)
        with counting(counter):
            cpu.open()
            child = self.workspace.spawn("psql", argv, stdout=subprocess.DEVNULL)
            client_cpu = _await_end(child, 120)
            cpu.close()
        self.workspace.forget(child)
        if child.returncode != 0:
            raise BenchError("psql: " + child.last_words())
        sample = Sample(units=megabytes)
        cpu.fill(sample, client_cpu)
        sample.syscalls = counter.counts() if counter else {}
        return sample

    def idle(self, target, count):
        def connect(number):
            return IdleClients(self.workspace, self.idle_program, target, number)

        return cost_of_idle_clients(target.pid, connect, count)


def _await_end(child, timeout):
    """Waits, and returns the CPU time that the child has used: read after its end, before it is reaped."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            used = process_cpu(child.pid)
            child.wait()
            return used
        time.sleep(0.005)
    child.stop()
    raise BenchError(f"psql does not end after {timeout} s: {child.last_words()}")


def read_pgbench_log(paths, opened, closed, from_previous=False):
    """Transactions between two clock times, and the latencies of those that ended in there, in seconds.

    A line is `client transaction microseconds script epoch_seconds epoch_microseconds`. With from_previous
    a transaction begins where the same client's previous one ended, which adds the time of its login.
    """
    units, latencies, previous = 0.0, [], {}
    for path in paths:
        with open(path) as log:
            for line in log:
                fields = line.split()
                if len(fields) < 6 or not fields[2].isdigit():
                    continue
                end = int(fields[4]) + int(fields[5]) * 1e-6
                took = int(fields[2]) * 1e-6
                if from_previous:
                    last = previous.get(fields[0])
                    previous[fields[0]] = end
                    if last is None:
                        continue
                    took = end - last
                begin = end - took
                if end <= opened or begin >= closed:
                    continue
                if begin >= opened and end <= closed:
                    units += 1
                elif took > 0:
                    units += (min(end, closed) - max(begin, opened)) / took
                if end <= closed:
                    latencies.append(took)
    return units, latencies


def percentile(values, share):
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class IdleClients(Dialogue):
    """So many logged-in clients of a target that do nothing, held by tests/bench/idle_clients.cc."""

    def __init__(self, workspace, program, target, count):
        words = [program, target.port, DATABASE, target.flavour.user, count] + ["tls"] * target.flavour.tls
        super().__init__(workspace, "idle_clients", words)

    def query_each(self):
        self.ask("query")
