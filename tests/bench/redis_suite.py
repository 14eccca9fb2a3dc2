"""`./run bench redis`: direct Redis, Debian's nutcracker and HAProxy, and Forebay."""

import os

import redis_cases
import redis_report
import redis_tables
import redis_targets
from redis_load import Load
from redis_server import RedisServer
from target import available, check_names

COUNTED_SECONDS = 1.0


class RedisSuite:
    """The suite (see bench.py) of Redis."""

    CASES = redis_cases.CASES
    server_name = "Redis"
    server_user = None
    quick_seconds = 0.5  # of a round in a quick run

    def __init__(self, workspace, options):
        check_names(options.target, redis_targets.TARGETS)
        self.seconds = options.seconds
        self.server = RedisServer(workspace)
        programs = redis_targets.programs(options.build)
        self.targets, self.missing = available(
            workspace, self.server, redis_targets.TARGETS, programs, options.target, options.workers)
        self.load = Load(workspace, self.server, os.path.join(options.build, "tests/bench/bench_redis_load"))

    def about(self):
        return f"Redis {self.server.version()}"

    def prepare(self, case):
        self.server.fill(case.keys, case.value_bytes, case.big_bytes)

    def sample(self, case, target, counter=None):
        seconds = min(COUNTED_SECONDS, self.seconds) if counter else self.seconds
        measure = self.load.benchmark if case.kind == "benchmark" else self.load.requests
        return measure(case, target, seconds, counter)

    def figures(self, case, target):
        if case.kind == "idle":
            return self.load.idle(target, case.clients)
        return self.load.beside(case, target, self.seconds)

    summaries_of = staticmethod(redis_report.summaries_of)
    verdicts = staticmethod(redis_report.verdicts)
    text_table = staticmethod(redis_tables.text_table)
    markdown = staticmethod(redis_tables.markdown)
