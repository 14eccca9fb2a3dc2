"""What reads on replicas cost, and what they give: the cases, and what is asked of Forebay there."""

import dataclasses

CLIENTS = 16
# Nothing but reads, the same through a Forebay that splits them and through one that does not. One server has them
# all, its caches to itself, either way: what two cost the machine is not the gateway's.
TARGETS = ("direct", "forebay-primary", "forebay")


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the report.

    Where clients `pair`, each writes and then reads what it wrote, so often in all, in a full run and in a quick
    one; replicas lag by up to `lag_ms`, another time every second. Otherwise pgbench runs with these options.
    """

    name: str
    title: str
    kind: str = "load"  # load | pairs
    unit: str = "query"
    targets: tuple = TARGETS
    replicas: int = 1
    pgbench: tuple = ()
    clients: int = CLIENTS
    pairs: tuple = ()
    lag_ms: int = 0
    quick: bool = True
    lean: bool = False

    @property
    def has_samples(self):
        return self.kind == "load"

    @property
    def flavour(self):
        return self.replicas


def reads(name, title, *options):
    return Case(name, f"pgbench -S, {title}, {CLIENTS} clients", pgbench=("-S", *options))


def pairs(name, title, **how):
    return Case(name, f"a write, then a read of it: {title}", kind="pairs", unit="pair", targets=("forebay",), replicas=2, **how)


CASES = (
    reads("simple", "simple protocol"),
    reads("extended", "extended protocol", "-M", "extended"),
    reads("prepared", "prepared statements", "-M", "prepared"),
    pairs("near", "replicas that are close behind", pairs=(200_000, 20_000)),
    pairs("late", "replicas that are 0 to 500 ms behind", pairs=(1_000_000, 20_000), lag_ms=500),
)
