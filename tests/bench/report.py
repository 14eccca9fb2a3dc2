"""From samples to medians, tables and verdicts. Pure functions: no process, no clock.

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
        self.idle = []       # dicts of load.measure_idle
        self.failure = None


def summarize(outcome):
    """Medians per unit: a flat dict, empty when nothing was measured."""
    if outcome.idle:
        return {key: statistics.median(one[key] for one in outcome.idle) for key in outcome.idle[0]}
    samples = [sample for sample in outcome.samples if sample.units > 0]
    if not samples:
        return {}
    calm = [sample for sample in samples if sample.calm]

    def median(of):
        values = [of(sample) for sample in calm or samples]
        return None if None in values else statistics.median(values)

    summary = {
        "rounds": len(samples), "calm": len(calm),
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
        summary["syscalls"] = {kind: n / outcome.counted.units for kind, n in outcome.counted.syscalls.items()}
    return summary


# --- tables ------------------------------------------------------------------------------------------------------

def _number(value, digits=1):
    if value is None:
        return "-"
    return f"{value:,.{digits}f}" if abs(value) < 1000 else f"{value:,.0f}"


def table(case, summaries, failures):
    """The case's measurements as aligned lines."""
    lines = [f"{case.name}: {case.title}"]
    rows = _idle_rows(summaries) if case.kind == "idle" else _load_rows(case, summaries)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  " + "  ".join(cells).rstrip())
    lines += [f"  {name} failed: {why}" for name, why in failures.items()]
    return "\n".join(lines)


def _load_rows(case, summaries):
    unit = case.unit
    rows = [["", "calm", f"us/{unit}", "user", "server us", "client us", f"{unit}/s", "to direct", "p50 us", "p99 us",
             f"syscalls/{unit}: all", "recv", "send", "wait", "ctl", "other"]]
    direct = summaries.get("direct", {})
    for name, s in summaries.items():
        if not s:
            continue
        calls = s.get("syscalls")
        proxied = name != "direct"
        rows.append([
            name, f"{s['calm']}/{s['rounds']}" + ("" if s["calm"] else "*"),
            _number(s["cpu_us"]) if proxied else "-",
            f"{100 * s['user_share']:.0f}%" if proxied else "-",
            _number(s["server_us"]), _number(s["client_us"]), _number(s["rate"], 0),
            f"{s['rate'] / direct['rate']:.2f}" if direct else "-", _number(s["p50_us"], 0), _number(s["p99_us"], 0),
            _number(sum(calls.values()), 2) if calls else "-"]
            + [_number(calls[kind], 2) if calls else "-" for kind in ("recv", "send", "wait", "ctl", "other")])
    return rows


def _idle_rows(summaries):
    rows = [["", "KiB/client: fresh", "after a query", "at the start, KiB", "CPU while idle, ms/s"]]
    rows += [[name, _number(s["fresh_kib"], 2), _number(s["used_kib"], 2), _number(s["base_kib"], 0),
              _number(s["idle_cpu_ms_per_s"], 2)] for name, s in summaries.items() if s]
    return rows


# --- verdicts ----------------------------------------------------------------------------------------------------

def verdicts(case, summaries):
    """The goals that apply to Forebay in this case: (what, value, goal in words, met). Nothing without Forebay."""
    ours, theirs = summaries.get("forebay"), summaries.get("pgbouncer")
    if not ours:
        return []
    if case.kind == "idle":
        # The goal is for plain connections; what OpenSSL holds per TLS client is compared with PgBouncer's.
        goal = IDLE_KIB_GOAL if not case.flavour.tls else (theirs or {}).get("used_kib")
        return [_at_most(f"KiB per idle client, {when}", ours[key], goal, "{:.2f}")
                for when, key in (("fresh", "fresh_kib"), ("after a query", "used_kib"))] if goal else []
    found = []
    if theirs:
        found.append(_at_most("CPU, x PgBouncer's", ours["cpu_us"] / theirs["cpu_us"], case.cpu_goal, "{:.2f}"))
        if case.rate_counts:
            ratio, goal = ours["rate"] / theirs["rate"], 1 - RATE_TOLERANCE
            found.append(("throughput, x PgBouncer's", f"{ratio:.2f}", f">= {goal:.2f}", ratio >= goal))
        if ours["p99_us"] and theirs["p99_us"]:
            found.append(_at_most("p99, x PgBouncer's", ours["p99_us"] / theirs["p99_us"], 1 + P99_TOLERANCE, "{:.2f}"))
    if case.lean and "syscalls" in ours:
        for kind in ("recv", "send"):
            found.append(_at_most(f"{kind}s per query", ours["syscalls"][kind], LEAN_GOAL, "{:.2f}"))
    return found


def _at_most(what, value, goal, form):
    return (what, form.format(value), "<= " + form.format(goal), value <= goal)


def verdict_lines(case, summaries):
    disturbed = any(s.get("calm") == 0 for s in summaries.values() if s)
    return [f"  {'MET    ' if met else 'NOT MET'}  {case.name}: {what} {value} (goal {goal}){' *' if disturbed else ''}"
            for what, value, goal, met in verdicts(case, summaries)]


# --- README ------------------------------------------------------------------------------------------------------

def markdown(cases, results, about):
    """The README's tables: one line per case, then the idle clients."""
    lines = [about, "",
             "| | unit | relay us | PgBouncer us | Forebay us | CPU ratio | direct /s | PgBouncer /s | Forebay /s "
             "| p99 ms: direct, PgBouncer, Forebay | syscalls: PgBouncer, Forebay |",
             "|---|---|---|---|---|---|---|---|---|---|---|"]
    loads = [case for case in cases if case.kind != "idle" and any(results[case.name].values())]
    idles = [case for case in cases if case.kind == "idle" and any(results[case.name].values())]
    for case in loads:
        by = results[case.name]

        def cell(target, key, digits=1, scale=1.0, by=by):
            value = by.get(target, {}).get(key)
            star = "*" if value is not None and by[target]["calm"] == 0 else ""
            return _number(None if value is None else value * scale, digits) + star

        def calls(target, by=by):
            counted = by.get(target, {}).get("syscalls")
            return _number(sum(counted.values()), 2) if counted else "-"

        ours, theirs = by.get("forebay", {}).get("cpu_us"), by.get("pgbouncer", {}).get("cpu_us")
        lines.append("| " + " | ".join([
            f"{case.name}: {case.title}", case.unit, cell("relay", "cpu_us"), cell("pgbouncer", "cpu_us"),
            cell("forebay", "cpu_us"), f"{ours / theirs:.2f}" if ours and theirs else "-",
            cell("direct", "rate", 0), cell("pgbouncer", "rate", 0), cell("forebay", "rate", 0),
            ", ".join(cell(target, "p99_us", 1, 1e-3) for target in ("direct", "pgbouncer", "forebay")),
            f"{calls('pgbouncer')}, {calls('forebay')}"]) + " |")
    if idles:
        lines += ["", "| | PgBouncer KiB/client: fresh, after a query | Forebay | CPU while idle, ms/s: PgBouncer, Forebay |",
                  "|---|---|---|---|"]
    for case in idles:
        pair = [results[case.name].get(target, {}) for target in ("pgbouncer", "forebay")]
        memory = [f"{_number(s.get('fresh_kib'), 2)}, {_number(s.get('used_kib'), 2)}" for s in pair]
        idle = ", ".join(_number(s.get("idle_cpu_ms_per_s"), 1) for s in pair)
        lines.append(f"| {case.title} | {memory[0]} | {memory[1]} | {idle} |")
    return "\n".join(lines)
