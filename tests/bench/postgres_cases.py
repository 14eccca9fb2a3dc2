"""The cases: what the clients do, against which targets, and what is asked of Forebay there."""

import dataclasses

from postgres_cluster import WIDE_ROWS
from postgres_targets import Flavour

ALL = ("direct", "relay", "pgbouncer", "forebay")
NO_RELAY = (
    "direct",
    "pgbouncer",
    "forebay",
)  # where the relay would only repeat case `simple`, or is no floor
POOLERS = ("pgbouncer", "forebay")  # a relay's idle client costs a whole server process


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the report.

    `unit` is what CPU is divided by, and one transaction of pgbench is `units` of them. Forebay's CPU per
    unit is to be at most `cpu_goal` times PgBouncer's; `lean` asks for one recv and one send per direction.
    """

    name: str
    title: str
    unit: str = "query"
    units: float = 1
    targets: tuple = ALL
    flavour: Flavour = Flavour()
    pgbench: tuple = ()
    clients: int = 16
    kind: str = "pgbench"  # pgbench | copy | idle
    quick: bool = True
    cpu_goal: float = 1.0
    rate_counts: bool = True  # false where the rate is given, or the client's own limit
    lean: bool = False

    @property
    def has_samples(self):
        return self.kind != "idle"


SELECT = ("-S",)
LOGIN = ("-S", "-C")
TLS = Flavour(tls=True)

CASES = (
    Case("simple", "pgbench -S, 16 clients on 20 servers", pgbench=SELECT, lean=True),
    Case("waiting", "pgbench -S, 16 clients on 8 servers", pgbench=SELECT, lean=True,
         targets=NO_RELAY, flavour=Flavour(pool_size=8)),
    Case("extended", "pgbench -S, extended protocol, 16 clients", pgbench=("-S", "-M", "extended"), lean=True,
         targets=NO_RELAY),
    Case("prepared", "pgbench -S, prepared statements, 16 clients (PgBouncer: session mode)",
         pgbench=("-S", "-M", "prepared"), lean=True,
         targets=NO_RELAY, flavour=Flavour(pgbouncer_mode="session")),
    Case("fan-in", "pgbench -S, 500 clients on 20 servers", pgbench=("-S", "-j", "2"), lean=True,
         clients=500),
    Case("tpcb", "pgbench, tpcb-like, 16 clients", pgbench=("-b", "tpcb-like"), quick=False,
         unit="statement", units=7),
    Case("low-rate", "pgbench -S at 4,000/s, 16 clients", pgbench=("-S", "-R", "4000"), quick=False,
         rate_counts=False),
    Case("tls", "pgbench -S over TLS, 16 clients", pgbench=SELECT, targets=NO_RELAY, flavour=TLS),
    Case("results", "10 MB results, 4 clients", clients=4, cpu_goal=0.75,
         unit="MB", units=WIDE_ROWS * 1000 / 1e6),
    Case("copy-out", "COPY TO STDOUT, one stream", kind="copy", unit="MB", cpu_goal=0.75),
    Case("copy-in", "COPY FROM STDIN, one stream", kind="copy", unit="MB", cpu_goal=0.75),
    Case("login", "a login per query (pgbench -C), 16 clients", unit="login", pgbench=LOGIN),
    Case("login-tls", "a login per query over TLS", unit="login", pgbench=LOGIN, quick=False,
         targets=NO_RELAY, flavour=TLS),
    Case("login-md5", "a login per query with an md5 password", unit="login", pgbench=LOGIN,
         quick=False, targets=NO_RELAY, flavour=Flavour(auth="md5")),
    Case("login-scram", "a login per query with SCRAM-SHA-256 (the client's PBKDF2 sets the rate)",
         unit="login", pgbench=LOGIN,
         quick=False, rate_counts=False, targets=NO_RELAY, flavour=Flavour(auth="scram-sha-256")),
    Case("idle-2000", "2,000 idle clients", kind="idle", clients=2_000, targets=POOLERS),
    Case("idle-10000", "10,000 idle clients", kind="idle", clients=10_000, targets=POOLERS, quick=False),
    Case("idle-tls", "2,000 idle clients over TLS", kind="idle", clients=2_000, targets=POOLERS, quick=False,
         flavour=TLS),
)
