"""The tables of Redis: for a terminal as PostgreSQL's, and Markdown for the README."""

from redis_cases import ALL, PROXIES
from tables import CALLS, IDLE_FIGURES, aligned, figure_rows, markdown_head, number

BESIDE_FIGURES = {
    "first_p99_ms": ("small beside the first: p99 ms", 1),
    "p50_ms": ("the others: p50 ms", 1),
    "p99_ms": ("p99 ms", 1),
    "max_ms": ("max ms", 1),
    "small_rate": ("GETs/s", 0),
    "mb_rate": ("big: MB/s", 0),
    "cpu_us": ("proxy us/MB", 0),
    "server_us": ("server us/MB", 0),
    "grown_mib": ("proxy MiB more at the peak", 1),
}


def text_table(case, summaries, failures):
    if case.has_samples:
        rows = [["", *(head.format(unit=case.unit) for head, _ in LOAD_COLUMNS), *CALLS]]
        rows += [_load_cells(name, s) for name, s in summaries.items() if s]
    else:
        rows = figure_rows(IDLE_FIGURES if case.kind == "idle" else BESIDE_FIGURES, summaries)
    return aligned(case, rows, failures)


def _load_cells(name, summary):
    calls = summary.get("syscalls", {})
    by_kind = (number(calls.get(kind), 2) for kind in CALLS)
    return [name, *(cell(summary) for _, cell in LOAD_COLUMNS), *by_kind]


def calls_in_all(summary):
    counted = summary.get("syscalls")
    return sum(counted.values()) if counted else None


def _proxied(name, digits):
    return lambda s: number(s[name] or None, digits)  # direct has none


def _plain(name, digits):
    return lambda s: number(s[name], digits)


LOAD_COLUMNS = (
    ("calm", lambda s: f"{s['calm']}/{s['rounds']}" + ("" if s["calm"] else "*")),
    ("us/{unit}", _proxied("cpu_us", 2)),
    ("x nutcracker's", _proxied("cpu_ratio", 2)),
    ("user", lambda s: f"{100 * s['user_share']:.0f}%" if s["cpu_us"] else "-"),
    ("Redis us", _plain("server_us", 2)),
    ("x direct", _plain("server_ratio", 2)),
    ("client us", _plain("client_us", 2)),
    ("{unit}s/s", _plain("rate", 0)),
    ("x direct", _plain("rate_ratio", 2)),
    ("p50 us", _plain("p50_us", 0)),
    ("p99 us", _plain("p99_us", 0)),
    ("syscalls/{unit}", lambda s: number(calls_in_all(s), 2)),
)


LEGEND = "D: direct, N: nutcracker, H: HAProxy, F: Forebay. *: other programs disturbed every round."


def markdown(cases, results, about):
    """The README's tables; where a cell has several numbers, its head names their targets."""
    measured = [case for case in cases if any(results[case.name].values())]
    loads = [case for case in measured if case.has_samples]
    lines = [about, "", LEGEND, ""]
    lines += markdown_head("|us: N, H, F|F's, x N's|Redis us: D, N, H, F|F's, x D's|commands/s: D, N, H, F"
                           "|p50 us: D, N, H, F|p99 us: D, N, H, F|syscalls: N, H, F")
    lines += [_load_row(case, results[case.name]) for case in loads]
    for kind, columns in (("beside", BESIDE_FIGURES), ("idle", IDLE_FIGURES)):
        for case in (case for case in measured if case.kind == kind):
            lines += [""] + markdown_head("|".join([case.title, *(head for head, _ in columns.values())]))
            lines += ["| " + " | ".join(row) + " |" for row in figure_rows(columns, results[case.name])[1:]]
    return "\n".join(lines)


def _load_row(case, by_target):
    def cells(names, value, digits):
        return ", ".join(number(value(by_target.get(name) or {}), digits) for name in names)

    def column(names, key, digits):
        return cells(names, lambda summary: summary.get(key), digits)

    mark = "*" if any(s.get("calm") == 0 for s in by_target.values()) else ""
    return "| " + " | ".join([
        f"{case.name}: {case.title}{mark}",
        column(PROXIES, "cpu_us", 2),
        column(["forebay"], "cpu_ratio", 2),
        column(ALL, "server_us", 2),
        column(["forebay"], "server_ratio", 2),
        column(ALL, "rate", 0),
        column(ALL, "p50_us", 0),
        column(ALL, "p99_us", 0),
        cells(PROXIES, calls_in_all, 2),
    ]) + " |"
