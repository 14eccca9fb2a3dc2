"""`./run bench`: direct PostgreSQL, a bare relay, Debian's PgBouncer and Forebay."""

import os

import postgres_cases
import postgres_targets
import report
import tables
from postgres_cluster import Cluster
from postgres_load import Load
from target import available, check_names

COPY_MB = {"copy-out": (800, 160), "copy-in": (300, 100)}  # in a full run, in a quick one


class PostgresSuite:
    """The suite (see bench.py) of PostgreSQL."""

    CASES = postgres_cases.CASES
    server_name = "PostgreSQL"
    server_user = "postgres"
    quick_seconds = 1.2  # of a round in a quick run

    def __init__(self, workspace, options):
        check_names(options.target, postgres_targets.TARGETS)
        self.workspace = workspace
        self.seconds = options.seconds
        self.quick = options.quick
        self.scale = options.scale or (5 if options.quick else 20)
        self.cluster = Cluster(workspace, self.scale)
        programs = postgres_targets.programs(options.build)
        self.targets, self.missing = available(
            workspace, self.cluster, postgres_targets.TARGETS, programs, options.target, options.workers)
        self.load = Load(workspace, [self.cluster.pid],
                         os.path.join(options.build, "tests/bench/bench_idle_clients"))
        self.wide_script = workspace.write("wide.sql", "select body from bench_wide;\n")
        self.copy_file = None

    def about(self):
        return f"PostgreSQL {self.cluster.version()} at scale {self.scale}"

    def prepare(self, case):
        pass

    def sample(self, case, target, counter=None):
        if case.kind == "copy":
            return self._copy(case, target, counter)
        options = list(case.pgbench) or ["-f", self.wide_script]
        seconds = min(1.5, self.seconds) if counter else self.seconds
        sample = self.load.pgbench(target, options, case.clients, seconds, counter)
        sample.units *= case.units
        return sample

    def figures(self, case, target):
        return self.load.idle(target, case.clients)

    def _copy(self, case, target, counter):
        """The account rows again and again: about 100 bytes each, so messages are small and many."""
        path, size = self._copied_file()
        times = max(1, round(COPY_MB[case.name][self.quick] * 1e6 / size))
        command = "copy pgbench_accounts to stdout"
        if case.name == "copy-in":
            command = f"\\copy bench_sink from '{path}' where false"  # parsed and dropped: no disk in the way
        return self.load.psql(target, [command] * times, times * size / 1e6, counter)

    def _copied_file(self):
        if not self.copy_file:
            path = self.workspace.path("accounts.txt")
            self.cluster.sql(f"\\copy pgbench_accounts to '{path}'")
            self.copy_file = (path, os.path.getsize(path))
        return self.copy_file

    def summaries_of(self, outcomes):
        return {name: report.summarize(one) for name, one in outcomes.items()}

    def verdicts(self, case, _outcomes, summaries):
        return report.verdicts(case, summaries)

    text_table = staticmethod(tables.text_table)
    markdown = staticmethod(tables.markdown)
