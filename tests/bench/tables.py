"""The report's two shapes: aligned text for a terminal, one table per case, and Markdown for the README."""

CALLS = ("recv", "send", "wait", "ctl", "other")

IDLE_FIGURES = {
    "fresh_kib": ("KiB/client: fresh", 2),
    "used_kib": ("after a query", 2),
    "base_kib": ("before, KiB in all", 0),
    "idle_cpu_ms_per_s": ("CPU while idle, ms/s", 2),
}


def number(value, digits=1):
    if value is None:
        return "-"
    return f"{value:,.{digits}f}" if abs(value) < 1000 else f"{value:,.0f}"


def text_table(case, summaries, failures):
    """The case's measurements as aligned lines."""
    rows = figure_rows(IDLE_FIGURES, summaries) if case.kind == "idle" else _load_rows(case.unit, summaries)
    return aligned(case, rows, failures)


def aligned(case, rows, failures):
    """The rows, the first of them heads, and what failed instead."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [f"{case.name}: {case.title}"]
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  " + "  ".join(cells).rstrip())
    lines += [f"  {name} failed: {why}" for name, why in failures.items()]
    return "\n".join(lines)


def _load_rows(unit, summaries):
    heads = f"|calm|us/{unit}|user|server us|client us|{unit}/s|to direct|p50 us|p99 us|syscalls/{unit}"
    rows = [heads.split("|") + list(CALLS)]
    direct = summaries.get("direct")
    for name, s in summaries.items():
        if not s:
            continue
        proxied = name != "direct"
        calls = s.get("syscalls", {})
        rows.append([
            name,
            f"{s['calm']}/{s['rounds']}" + ("" if s["calm"] else "*"),
            number(s["cpu_us"], 2) if proxied else "-",
            f"{100 * s['user_share']:.0f}%" if proxied else "-",
            number(s["server_us"], 2),
            number(s["client_us"], 2),
            number(s["rate"], 0),
            f"{s['rate'] / direct['rate']:.2f}" if direct else "-",
            number(s["p50_us"], 0),
            number(s["p99_us"], 0),
            number(sum(calls.values()) if calls else None, 2),
            *(number(calls.get(kind), 2) for kind in CALLS),
        ])
    return rows


def figure_rows(columns, summaries):
    """`columns` has a head and how many digits for each figure."""
    rows = [["", *(head for head, _ in columns.values())]]
    rows += [[name] + [number(s[key], digits) for key, (_, digits) in columns.items()]
             for name, s in summaries.items() if s]
    return rows


def markdown(cases, results, about):
    """The README's tables: one line per case that was measured, then the idle clients."""
    measured = [case for case in cases if any(results[case.name].values())]
    lines = [about, ""]
    lines += markdown_head("|unit|relay us|PgBouncer us|Forebay us|CPU ratio|direct /s|PgBouncer /s"
                            "|Forebay /s|p99 ms: direct, PgBouncer, Forebay|syscalls: PgBouncer, Forebay")
    lines += [_markdown_load(case, results[case.name]) for case in measured if case.kind != "idle"]
    idle = [_markdown_idle(case, results[case.name]) for case in measured if case.kind == "idle"]
    if idle:
        lines += [""] + markdown_head("KiB per client, fresh and after a query|PgBouncer|Forebay"
                                       "|CPU while idle, ms/s: PgBouncer, Forebay") + idle
    return "\n".join(lines)


def markdown_head(heads):
    return ["| " + heads.replace("|", " | ") + " |", "|" + "---|" * (heads.count("|") + 1)]


def _markdown_load(case, by_target):
    def cell(target, key, digits=1, scale=1.0):
        s = by_target.get(target) or {}
        if s.get(key) is None:
            return "-"
        return number(s[key] * scale, digits) + ("" if s["calm"] else "*")

    def calls(target):
        counted = by_target.get(target, {}).get("syscalls")
        return number(sum(counted.values()) if counted else None, 2)

    ours, theirs = (by_target.get(target, {}).get("cpu_us") for target in ("forebay", "pgbouncer"))
    cells = [f"{case.name}: {case.title}", case.unit]
    cells += [cell(target, "cpu_us") for target in ("relay", "pgbouncer", "forebay")]
    cells.append(f"{ours / theirs:.2f}" if ours and theirs else "-")
    cells += [cell(target, "rate", 0) for target in ("direct", "pgbouncer", "forebay")]
    cells.append(", ".join(cell(target, "p99_us", 1, 1e-3) for target in ("direct", "pgbouncer", "forebay")))
    cells.append(f"{calls('pgbouncer')}, {calls('forebay')}")
    return "| " + " | ".join(cells) + " |"


def _markdown_idle(case, by_target):
    pair = [by_target.get(target, {}) for target in ("pgbouncer", "forebay")]
    cells = [case.title]
    cells += [f"{number(s.get('fresh_kib'), 2)}, {number(s.get('used_kib'), 2)}" for s in pair]
    cells.append(", ".join(number(s.get("idle_cpu_ms_per_s"), 1) for s in pair))
    return "| " + " | ".join(cells) + " |"
