"""What became of the cases of Redis, and whether Forebay's goals are met. Pure functions, as report.py."""

from report import IDLE_KIB_GOAL, P99_TOLERANCE, RATE_TOLERANCE, at_least, at_most, summarize
from rounds import figure_ratio, p99, proxy_cpu, rate, ratio, server_cpu

PEERS = {"nutcracker": "nutcracker's", "haproxy": "HAProxy's"}
REDIS_CPU_GOAL = 0.75
BESIDE_MIB_GOAL = 64  # the default of client_output_buffer_limit, and an eighth of the big value


def summaries_of(outcomes):
    """Medians and, for the tables, ratios: to nutcracker for the proxy's CPU, otherwise to direct."""
    summaries = {name: summarize(one) for name, one in outcomes.items()}
    for name, summary in summaries.items():
        summary |= {
            "cpu_ratio": ratio(outcomes, proxy_cpu, name, "nutcracker"),
            "server_ratio": ratio(outcomes, server_cpu, name, "direct"),
            "rate_ratio": ratio(outcomes, rate, name, "direct"),
        } if summary else {}
    return summaries


def verdicts(case, outcomes, summaries):
    """The goals of the case as (what, value, goal, met); none when Forebay was not measured."""
    ours = summaries.get("forebay")
    if not ours:
        return []
    if case.kind == "idle":
        return [at_most("KiB per idle client, fresh", ours["fresh_kib"], IDLE_KIB_GOAL),
                at_most("KiB per idle client, after a GET", ours["used_kib"], IDLE_KIB_GOAL)]
    if case.kind == "beside":
        return _beside_verdicts(outcomes, ours)
    return _load_verdicts(case, lambda of, theirs: ratio(outcomes, of, "forebay", theirs))


def _load_verdicts(case, compared):
    found = []

    def ask(what, value, goal, judge=at_most):
        if value is not None and goal is not None:
            found.append(judge(what, value, goal))

    ask("CPU, x nutcracker's", compared(proxy_cpu, "nutcracker"), case.cpu_goal)
    for peer, whose in PEERS.items():
        ask(f"throughput, x {whose}", compared(rate, peer), 1 - RATE_TOLERANCE, at_least)
        ask(f"p99, x {whose}", compared(p99, peer), 1 + P99_TOLERANCE)
    if case.relieves_redis:
        ask("Redis' CPU, x direct", compared(server_cpu, "direct"), REDIS_CPU_GOAL)
    if case.direct_time_goal:
        slower = compared(lambda sample: 1 / rate(sample), "direct")
        ask("time per command, x direct", slower, case.direct_time_goal)
    return found


def _beside_verdicts(outcomes, ours):
    """A small GET waits no longer than without a proxy or behind another; the big value is not held whole."""
    found = []
    for theirs, whose in {"direct": "direct's", **PEERS}.items():
        value = figure_ratio(outcomes, "p99_ms", "forebay", theirs)
        first = figure_ratio(outcomes, "first_p99_ms", "forebay", theirs)
        if value is not None:
            found.append(at_most(f"p99 of the small GETs, x {whose}", value, 1 + P99_TOLERANCE))
        if first is not None:
            found.append(at_most(f"the same beside the first big one, x {whose}", first, 1 + P99_TOLERANCE))
    return found + [at_most("MiB held at the peak", ours["grown_mib"], BESIDE_MIB_GOAL)]
