"""The tables of Redis: for a terminal as PostgreSQL's, and Markdown for the README."""

import tables
from tables import markdown_head, number

NAMES = ("nutcracker", "haproxy", "forebay")
WITH_DIRECT = ("direct", *NAMES)

text_table = tables.text_table


def markdown(cases, results, about):
    measured = [case for case in cases if any(results[case.name].values())]
    loads = [case for case in measured if case.has_samples]
    lines = [about + " Columns with several numbers: (direct,) nutcracker, HAProxy, Forebay.", ""]
    lines += markdown_head("|proxy us|CPU ratio to nutcracker|Redis us, with direct|commands/s, with direct"
                           "|p50 us, with direct|p99 us, with direct|syscalls")
    lines += [_load_row(case, results[case.name]) for case in loads]
    idle = [case for case in measured if case.kind == "idle"]
    if idle:
        lines += [""] + markdown_head("KiB per client, fresh and after a GET|nutcracker|HAProxy|Forebay")
        lines += [_idle_row(case, results[case.name]) for case in idle]
    return "\n".join(lines)


def _load_row(case, by_target):
    def cells(names, of, digits):
        return ", ".join(number(of(by_target.get(name) or {}), digits) for name in names)

    def calls(summary):
        counted = summary.get("syscalls")
        return sum(counted.values()) if counted else None

    ours, theirs = (by_target.get(name, {}).get("cpu_us") for name in ("forebay", "nutcracker"))
    mark = "*" if any(s.get("calm") == 0 for s in by_target.values()) else ""
    return "| " + " | ".join([
        f"{case.name}: {case.title}{mark}",
        cells(NAMES, lambda s: s.get("cpu_us"), 2),
        f"{ours / theirs:.2f}" if ours and theirs else "-",
        cells(WITH_DIRECT, lambda s: s.get("server_us"), 2),
        cells(WITH_DIRECT, lambda s: s.get("rate"), 0),
        cells(WITH_DIRECT, lambda s: s.get("p50_us"), 0),
        cells(WITH_DIRECT, lambda s: s.get("p99_us"), 0),
        cells(NAMES, calls, 2),
    ]) + " |"


def _idle_row(case, by_target):
    pairs = [by_target.get(name) or {} for name in NAMES]
    cells = [f"{number(s.get('fresh_kib'), 2)}, {number(s.get('used_kib'), 2)}" for s in pairs]
    return "| " + " | ".join([case.title, *cells]) + " |"
