"""The cases of Redis: what the clients send, how many they are, and what is asked of Forebay there."""

import dataclasses

PROXIES = ("nutcracker", "haproxy", "forebay")
ALL = ("direct", *PROXIES)
KEY = "key:__rand_int__"  # redis-benchmark puts a number there

MB = 1 << 20


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the report.

    Forebay's CPU per command is to be at most `cpu_goal` times nutcracker's, where that is set.
    """

    name: str
    title: str
    command: tuple = ()  # of redis-benchmark
    clients: int = 50
    pipeline: int = 1
    keys: int = 10_000
    value_bytes: int = 64
    kind: str = "benchmark"  # benchmark | mget | beside | idle
    targets: tuple = ALL
    unit: str = "command"
    quick: bool = True
    lean: bool = False
    cpu_goal: float | None = 0.9
    direct_time_goal: float | None = None  # time per command, x direct's
    flavour: None = None

    @property
    def has_samples(self):
        return self.kind in ("benchmark", "mget")

    @property
    def relieves_redis(self):
        """Redis is to work less than for so many clients of its own."""
        return self.kind == "benchmark" and self.clients >= 50 and self.pipeline == 1


def get(clients, **more):
    return _one("get", "GET", ("GET", KEY), clients, **more)


def set_(clients, value_bytes=64, **more):
    return _one("set", "SET", ("SET", KEY, "v" * value_bytes), clients, value_bytes=value_bytes, **more)


def _one(name, verb, command, clients, pipeline=1, value_bytes=64, **more):
    title = f"{verb}, {clients:,} client" + ("" if clients == 1 else "s")
    label = f"{name}-{clients}"
    if pipeline > 1:
        title += f", pipeline {pipeline}"
        label = f"{name}-p{pipeline}"
        more["cpu_goal"] = 0.6
    if value_bytes > 1024:
        title += f", values of {value_bytes // 1024} KB"
        label = f"{name}-{value_bytes // 1024}k"
        more["keys"] = 1_000
    return Case(label, title, command, clients, pipeline, value_bytes=value_bytes, **more)


CASES = (
    get(1), set_(1, quick=False),
    get(50, lean=True), set_(50),
    get(500), set_(500, quick=False),
    get(5_000), set_(5_000, quick=False),
    get(50, pipeline=16), set_(50, pipeline=16),
    get(50, pipeline=100), set_(50, pipeline=100, quick=False),
    get(50, value_bytes=10 * 1024), set_(50, value_bytes=10 * 1024, quick=False),
)
