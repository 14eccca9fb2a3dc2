"""`./run bench reads`: what it costs to split reads, how many get to replicas, and whether one is ever stale."""

import contextlib
import random
import re
import threading
import time
import urllib.request

import reads_cases
import reads_report
import reads_targets
from failover_clients import DATABASE, USER, wait_for
from failover_servers import CLIENT_ROWS, Replicated
from host import LOOPBACK, BenchError
from postgres_cluster import tool
from postgres_load import Load
from target import available, check_names

REPLICAS = 2
# Whatever reads less than it has just written is kept where no lost answer can hide it.
PAIR = """
update bench_register set value = value + 1 where client = :client_id returning value as written \\gset
select value as seen from bench_register where client = :client_id \\gset
\\if :seen < :written
  insert into bench_stale values (:client_id, :written, :seen);
\\endif
"""


class ReadsSuite:
    """The suite (see bench.py) of split reads."""

    CASES = reads_cases.CASES
    server_name = "PostgreSQL with two replicas"
    server_user = "postgres"
    quick_seconds = 1.2  # of a round in a quick run

    def __init__(self, workspace, options):
        check_names(options.target, reads_targets.TARGETS)
        self.workspace = workspace
        self.seconds = options.seconds
        self.quick = options.quick
        self.server = Replicated(workspace, REPLICAS)
        self._fill(options.scale or (1 if options.quick else 5))
        self.targets, self.missing = available(workspace, self.server, reads_targets.TARGETS,
                                               reads_targets.programs(options.build), options.target, options.workers)
        self.load = Load(workspace, [child.pid for child in self.server.children.values()], None)
        self.pair_script = workspace.write("pair.sql", PAIR)

    def about(self):
        return f"PostgreSQL {self.server.sql('show server_version').split()[0]} with {REPLICAS} replicas"

    def _fill(self, scale):
        self.server.sql("create table bench_stale (client int, written bigint, seen bigint)")
        argv = [tool("pgbench"), "-i", "-q", "-s", scale, "-h", self.server.primary, "-p", self.server.port, "-U", USER]
        self.workspace.run(argv + [DATABASE], timeout=300)

    def prepare(self, case):
        assert case.clients <= CLIENT_ROWS
        self.server.sql("truncate bench_stale")
        self._lag_by(0)
        self._await_replay()

    def sample(self, case, target, counter=None):
        if target.is_proxy and target.splits:
            self._await_split(target)
        return self.load.pgbench(target, list(case.pgbench), case.clients, self.seconds, counter)

    def figures(self, case, target):
        self._await_split(target)
        each = -(-case.pairs[self.quick] // case.clients)
        began, before = time.monotonic(), reads_of(target)
        with Lagging(self._lag_by, case.lag_ms):
            self.workspace.run([tool("pgbench"), "-n", "-c", case.clients, "-t", each, "-f", self.pair_script,
                                target.dsn()], timeout=1800)
        took, after = time.monotonic() - began, reads_of(target)
        self._lag_by(0)
        at = {node: count - before.get(node, 0) for node, count in after.items()}
        return reads_report.figures(pairs=each * case.clients, seconds=took, reads=at, primary=self._primary_name(),
                                    stale=int(self.server.sql("select count(*) from bench_stale")))

    def _primary_name(self):
        return f"{self.server.primary}:{self.server.port}"

    def _lag_by(self, milliseconds):
        for host in self.server.replicas:
            delay = random.randint(0, milliseconds)
            self.server.sql(f"alter system set recovery_min_apply_delay = {delay}", host)
            self.server.sql("select pg_reload_conf()", host)

    def _await_replay(self):
        written = self.server.sql("select pg_current_wal_insert_lsn()")
        for host in self.server.replicas:
            wait_for(lambda: self.server.sql(f"select pg_last_wal_replay_lsn() >= '{written}'", host) == "t",
                       f"the replica on {host} to replay what was written")

    def _await_split(self, target):
        """A read goes to a replica once Forebay has proof of its role, and knows what functions do."""
        read = [tool("psql"), "-X", "-q", "-d", target.dsn(), "-c", "select 1 from bench_register where client = 0"]

        def reaches_replica():
            self.workspace.run(read)
            return any(count for node, count in reads_of(target).items() if node != self._primary_name())

        wait_for(reaches_replica, "Forebay to send a read to a replica", 20)

    summaries_of = staticmethod(reads_report.summaries_of)
    verdicts = staticmethod(reads_report.verdicts)
    text_table = staticmethod(reads_report.text_table)
    markdown = staticmethod(reads_report.markdown)


class Lagging:
    """Replicas lag by another time every second, up to `milliseconds`. A context manager."""

    def __init__(self, lag_by, milliseconds):
        self.lag_by, self.milliseconds = lag_by, milliseconds
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        if self.milliseconds:
            self.thread.start()

    def __exit__(self, *_):
        self.over.set()
        if self.milliseconds:
            self.thread.join()

    def _run(self):
        while not self.over.wait(1):
            with contextlib.suppress(BenchError):  # replay may be in the way of this session, too
                self.lag_by(self.milliseconds)


def reads_of(target):
    """How many reads each server has had, by its address."""
    with urllib.request.urlopen(f"http://{LOOPBACK}:{target.http_port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found = re.findall(r'^forebay_postgres_node_reads_total\{.*node="([^"]+)"\} (\S+)$', text, re.MULTILINE)
    return {node: float(count) for node, count in found}
