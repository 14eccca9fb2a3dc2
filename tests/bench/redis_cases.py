"""The cases of Redis: what the clients send, how many they are, and what is asked of Forebay there."""

import dataclasses

from redis_server import bulk_bytes, command, key

PROXIES = ("nutcracker", "haproxy", "forebay")
ALL = ("direct", *PROXIES)
KEY = "key:__rand_int__"  # redis-benchmark puts a number there


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the report.

    What clients send is `command` where redis-benchmark makes it, `request` where our own client sends it and
    waits for a reply of `reply_bytes`. Where they are set, Forebay's CPU per command is to be at most
    `cpu_goal` times nutcracker's, and its time per command `direct_time_goal` times that without a proxy.
    """

    name: str
    title: str
    command: tuple = ()
    request: bytes = b""
    reply_bytes: int = 0
    clients: int = 50
    pipeline: int = 1
    reconnects: bool = False
    keys: int = 10_000
    value_bytes: int = 64
    big_bytes: int = 0
    kind: str = "benchmark"  # benchmark | requests | beside | idle
    targets: tuple = ALL
    unit: str = "command"
    quick: bool = True
    lean: bool = False
    cpu_goal: float | None = 0.9
    direct_time_goal: float | None = None
    flavour: None = None  # all clients come in the same way

    @property
    def has_samples(self):
        return self.kind in ("benchmark", "requests")

    @property
    def relieves_redis(self):
        """Redis is to work less than for so many clients of its own."""
        return self.kind == "benchmark" and self.clients >= 50 and self.pipeline == 1 and not self.reconnects


def mget(keys):
    """One client that asks for so many keys at a time; they are there all."""
    reply_bytes = len(b"*%d\r\n" % keys) + keys * bulk_bytes(Case.value_bytes)
    return Case(f"mget-{keys}", f"MGET of {keys:,} keys, 1 client", clients=1, kind="requests",
                request=command("MGET", *map(key, range(keys))), reply_bytes=reply_bytes,
                direct_time_goal=1.3)


def get(clients=50, **more):
    return benchmark("GET", (), clients, **more)


def put(clients=50, value_bytes=Case.value_bytes, **more):
    return benchmark("SET", ("v" * value_bytes,), clients, value_bytes=value_bytes, **more)


def benchmark(verb, arguments, clients, pipeline=1, value_bytes=Case.value_bytes, **more):
    """redis-benchmark with `verb` on random keys; the case is named after what is unusual about it."""
    name, title = f"{clients}", f"{verb}, {clients:,} client" + ("" if clients == 1 else "s")
    if pipeline > 1:
        name, title = f"p{pipeline}", f"{title}, pipeline {pipeline}"
        more["cpu_goal"] = 0.6
    if value_bytes > Case.value_bytes:
        name, title = f"{value_bytes >> 10}k", f"{title}, values of {value_bytes >> 10} KB"
        more["keys"] = 1_000
    return Case(f"{verb.lower()}-{name}", title, (verb, KEY, *arguments), clients=clients, pipeline=pipeline,
                value_bytes=value_bytes, **more)


CASES = (
    get(1), put(1, quick=False),
    get(50, lean=True), put(50),
    get(500), put(500, quick=False),
    get(5_000, quick=False), put(5_000, quick=False),
    get(pipeline=16), put(pipeline=16, quick=False),
    get(pipeline=100), put(pipeline=100, quick=False),
    get(value_bytes=10 << 10), put(value_bytes=10 << 10, quick=False),
    Case("mget-10", "MGET of 10 keys, 50 clients", ("MGET", *[KEY] * 10)),
    mget(10_000),
    Case("beside", "20 clients' small GETs, 400/s, beside one of 512 MB after the other", clients=20,
         kind="beside", big_bytes=512 << 20, request=command("GET", key(0)),
         reply_bytes=bulk_bytes(Case.value_bytes)),
    Case("connect", "a connection per GET, 50 clients", ("GET", KEY), reconnects=True, unit="connection",
         cpu_goal=None, quick=False),
    Case("idle-5000", "5,000 idle clients", kind="idle", clients=5_000, targets=PROXIES),
)
