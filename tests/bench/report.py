"""From samples to medians and verdicts. Pure functions: no process, no clock.

A median is taken over a target's calm rounds; when it has none, over all, and a `*` says so.
"""

import statistics

# Two runs of the same program differ by so much here: `not worse` means not worse by more than this.
RATE_TOLERANCE = 0.03
P99_TOLERANCE = 0.10
IDLE_KIB_GOAL = 1.0
LEAN_GOAL = 2.05  # receives, and sends, per query: one per direction, and what a reconnect or a timer adds


class Outcome:
    """What one target did in one case."""

    def __init__(self):
        self.samples = []
        self.counted = None  # the Sample of the pass that counted system calls
        self.figures = []  # dicts of numbers, where there are no samples
        self.failure = None


def summarize(outcome):
    """Medians per unit: a flat dict, empty when nothing was measured."""
    if outcome.figures:
        return {key: statistics.median(one[key] for one in outcome.figures) for key in outcome.figures[0]}
    samples = [sample for sample in outcome.samples if sample.units > 0]
    if not samples:
        return {}
    calm = [sample for sample in samples if sample.calm]

    def median(of):
        values = [of(sample) for sample in calm or samples]
        return None if None in values else statistics.median(values)

    summary = {
        "rounds": len(samples),
        "calm": len(calm),
        "cpu_us": median(lambda s: s.proxy_cpu / s.units * 1e6),
        "user_share": median(lambda s: s.proxy_user_share),
        "server_us": median(lambda s: s.server_cpu / s.units * 1e6),
        "client_us": median(lambda s: s.client_cpu / s.units * 1e6),
        "rate": median(lambda s: s.units / s.seconds),
        "p50_us": median(lambda s: s.p50 and s.p50 * 1e6),
        "p99_us": median(lambda s: s.p99 and s.p99 * 1e6),
        "cores": median(lambda s: s.proxy_cpu / s.seconds),
    }
    if outcome.counted and outcome.counted.units > 0:
        counted = outcome.counted
        summary["syscalls"] = {kind: n / counted.units for kind, n in counted.syscalls.items()}
    return summary


def verdicts(case, summaries):
    """The goals that Forebay has in this case, as (what, value, goal, met); none when it was not measured."""
    ours, theirs = summaries.get("forebay"), summaries.get("pgbouncer")
    if not ours:
        return []
    if case.kind == "idle":
        # The goal is for plain connections; what OpenSSL holds per TLS client is compared with PgBouncer's.
        goal = IDLE_KIB_GOAL if not case.flavour.tls else (theirs or {}).get("used_kib")
        if not goal:
            return []
        return [at_most("KiB per idle client, fresh", ours["fresh_kib"], goal),
                at_most("KiB per idle client, after a query", ours["used_kib"], goal)]
    found = []
    if theirs:
        found.append(at_most("CPU, x PgBouncer's", ours["cpu_us"] / theirs["cpu_us"], case.cpu_goal))
        if case.rate_counts:
            ratio, goal = ours["rate"] / theirs["rate"], 1 - RATE_TOLERANCE
            found.append(at_least("throughput, x PgBouncer's", ratio, goal))
        if ours["p99_us"] and theirs["p99_us"]:
            ratio = ours["p99_us"] / theirs["p99_us"]
            found.append(at_most("p99, x PgBouncer's", ratio, 1 + P99_TOLERANCE))
    if case.lean and "syscalls" in ours:
        for kind in ("recv", "send"):
            found.append(at_most(f"{kind}s per query", ours["syscalls"][kind], LEAN_GOAL))
    return found


def at_most(what, value, goal):
    return (what, f"{value:.2f}", f"<= {goal:.2f}", round(value, 2) <= goal)  # as it reads


def at_least(what, value, goal):
    return (what, f"{value:.2f}", f">= {goal:.2f}", round(value, 2) >= goal)


def verdict_lines(case, found, summaries):
    star = " *" if any(s.get("calm") == 0 for s in summaries.values()) else ""
    return [f"  {'MET    ' if met else 'NOT MET'}  {case.name}: {what} {value} (goal {goal}){star}"
            for what, value, goal, met in found]


def closing(lines):
    """How many goals are met, and those that are not."""
    if not lines:
        return "No verdicts: Forebay, or what it is compared with, was not measured."
    missed = [line for line in lines if "NOT MET" in line]
    count = f"{len(lines) - len(missed)} of {len(lines)} goals met"
    return "\n".join([count + (", not these:" if missed else "")] + missed)
