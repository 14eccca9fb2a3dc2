"""From the writes of one change of primary to figures, and from those of all rounds to medians. Pure functions."""

import statistics

import report

FIRST_WRITE_GOAL = 200  # ms, after a kill
SENTINEL_GOAL = 100  # ms
ADDED_GOAL = 100  # ms, at a switchover

COLUMNS = {  # of a round's figures: what the table calls them
    "first_ms": "first write",
    "last_ms": "last client",
    "added_ms": "added outage",
}
COUNTS = {"late_errors": "errors of later work", "errors": "errors", "read_only": "25006, READONLY"}


def figures(through, direct, fault_begun, fault_over, successor):
    """Of one round: `through` has the writes of each client of the proxy, `direct` those of each direct client.

    The new primary accepts writes when the first direct client has had one acknowledged by it. `fault_over`: from
    when on nothing that begins can have been caught under way.
    """
    accepts = min(write.ended for writes in direct for write in writes
                  if write.server == successor and write.ended > fault_begun)
    firsts = [min(write.ended for write in writes if write.server == successor and write.ended > fault_begun)
              for writes in through]
    failed = [write for writes in through for write in writes if not write.server and write.ended > fault_begun]
    return {
        "first_ms": 1e3 * (min(firsts) - accepts),
        "last_ms": 1e3 * (max(firsts) - accepts),
        "added_ms": 1e3 * (longest_silence(through, fault_begun) - longest_silence(direct, fault_begun)),
        "errors": len(failed),
        "late_errors": sum(write.begun > fault_over for write in failed),
        "read_only": sum(write.error in ("25006", "READONLY") for write in failed),
    }


def first_failure(writes, since):
    return min(write.ended for write in writes if not write.server and write.ended > since)


def longest_silence(clients, since, before=1.0):
    """The longest time in which no client had a write acknowledged, in seconds, from shortly before `since` on."""
    ends = sorted(write.ended for writes in clients for write in writes
                  if write.server and write.ended > since - before)
    return max((later - earlier for earlier, later in zip(ends, ends[1:])), default=0.0)


def summarize(rounds):
    summary = {"rounds": len(rounds)}
    for name in COLUMNS:
        values = [one[name] for one in rounds]
        summary[name] = {"median": statistics.median(values), "p99": percentile(values, 99)}
    for name in COUNTS:
        summary[name] = sum(one[name] for one in rounds)
    return summary


def percentile(values, rank):
    """The smallest value that `rank` percent of all do not exceed: of a few values, the largest."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * rank // 100) - 1)]


def verdicts(case, summary):
    """The goals that Forebay has, as (what, value, goal, met)."""
    if case == "sentinel":
        found = [at_most_ms("first write after the first Sentinel names the new primary, median", summary["first_ms"],
                            SENTINEL_GOAL)]
    elif case == "switchover":
        found = [at_most_ms("outage beyond the servers' own, median", summary["added_ms"], ADDED_GOAL)]
    else:
        found = [at_most_ms("first write after the new primary accepts writes, median", summary["first_ms"],
                            FIRST_WRITE_GOAL)]
    found.append(none("errors for work that was not in flight", summary["late_errors"]))
    found.append(none("answers of a server that takes no writes", summary["read_only"]))
    return found


def at_most_ms(what, figure, goal):
    return (what, f"{figure['median']:.0f} ms", f"<= {goal} ms", figure["median"] <= goal)


def none(what, count):
    return (what, str(count), "0", count == 0)


def verdict_lines(case, summary):
    return [f"  {'MET    ' if met else 'NOT MET'}  {case}: {what}: {value} (goal {goal})"
            for what, value, goal, met in verdicts(case, summary)]


HEADS = ["", "rounds", *(f"{name}, ms (p99)" for name in COLUMNS.values()), *COUNTS.values()]


def rows(summaries):
    for name, one in summaries.items():
        times = [f"{one[key]['median']:.0f} ({one[key]['p99']:.0f})" for key in COLUMNS]
        yield [name, str(one["rounds"]), *times, *(str(one[key]) for key in COUNTS)]


def text_table(title, summaries):
    table = [HEADS, *rows(summaries)]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEADS))]
    lines = ["  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in table]
    return "\n".join([title, *lines])


def markdown(titles, results):
    lines = ["| " + " | ".join(["change", "through", *HEADS[1:]]) + " |", "|---|---" + "|--:" * (len(HEADS) - 1) + "|"]
    for case, summaries in results.items():
        lines += ["| " + " | ".join([titles[case], *row]) + " |" for row in rows(summaries)]
    return "\n".join(lines)


closing = report.closing
