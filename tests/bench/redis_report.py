"""What is asked of Forebay in front of Redis, and whether it is met. Pure functions, as report.py.

A ratio is taken within each round, where both ran one after the other, and the median of these counts.
"""

import statistics

from report import IDLE_KIB_GOAL, P99_TOLERANCE, RATE_TOLERANCE, at_most

PEERS = {"nutcracker": "nutcracker's", "haproxy": "HAProxy's"}
REDIS_CPU_GOAL = 0.75


def proxy_cpu(sample):
    return sample.proxy_cpu / sample.units


def server_cpu(sample):
    return sample.server_cpu / sample.units


def rate(sample):
    return sample.units / sample.seconds


def p99(sample):
    return sample.p99


def ratio(outcomes, of, ours, theirs):
    """The median ratio of the rounds in which both were calm, or of all; None when there is none."""
    pairs = list(zip(*(outcomes[name].samples if name in outcomes else [] for name in (ours, theirs))))
    pairs = [pair for pair in pairs if all(sample.units and of(sample) for sample in pair)]
    calm = [pair for pair in pairs if all(sample.calm for sample in pair)]
    return statistics.median(of(our) / of(their) for our, their in calm or pairs) if pairs else None


def verdicts(case, outcomes, summaries):
    """The goals of the case as (what, value, goal, met); none when Forebay was not measured."""
    ours = summaries.get("forebay")
    if not ours:
        return []
    if case.kind == "idle":
        return [at_most("KiB per idle client, fresh", ours["fresh_kib"], IDLE_KIB_GOAL),
                at_most("KiB per idle client, after a GET", ours["used_kib"], IDLE_KIB_GOAL)]
    return _load_verdicts(case, lambda of, theirs: ratio(outcomes, of, "forebay", theirs))


def _load_verdicts(case, compared):
    found = []

    def ask(what, value, goal, at_least=False):
        if value is None or goal is None:
            return
        if at_least:
            found.append((what, f"{value:.2f}", f">= {goal:.2f}", round(value, 2) >= goal))
        else:
            found.append(at_most(what, value, goal))

    ask("CPU, x nutcracker's", compared(proxy_cpu, "nutcracker"), case.cpu_goal)
    for peer, whose in PEERS.items():
        ask(f"throughput, x {whose}", compared(rate, peer), 1 - RATE_TOLERANCE, at_least=True)
        ask(f"p99, x {whose}", compared(p99, peer), 1 + P99_TOLERANCE)
    if case.relieves_redis:
        ask("Redis' CPU, x direct", compared(server_cpu, "direct"), REDIS_CPU_GOAL)
    if case.direct_time_goal:
        slower = compared(lambda sample: 1 / rate(sample), "direct")
        ask("time per command, x direct", slower, case.direct_time_goal)
    return found
