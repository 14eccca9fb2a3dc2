"""What became of the cases of split reads, and whether Forebay's goals are met. Pure functions, as report.py."""

from report import at_least, at_most, summarize
from rounds import proxy_cpu, ratio
from tables import aligned, figure_rows, markdown_head, number
from tables import text_table as load_table

CPU_GOAL = 1.03  # x what a Forebay costs that sends everything to the primary
SHARE_GOAL = 80  # percent of the reads, where replicas lag little

PAIR_FIGURES = {
    "pairs": ("pairs", 0),
    "rate": ("pairs/s", 0),
    "share": ("% of reads on replicas", 1),
    "stale": ("stale", 0),
}


def figures(pairs, seconds, reads, primary, stale):
    """`reads`: how many each server had, by its address."""
    on_replicas = sum(count for node, count in reads.items() if node != primary)
    return {"pairs": pairs, "rate": pairs / seconds, "share": 100 * on_replicas / max(1, sum(reads.values())),
            "stale": stale}


def summaries_of(outcomes):
    """Of many pairs one stale read is one too many, so these are counted together."""
    summaries = {name: summarize(one) for name, one in outcomes.items()}
    for name, one in outcomes.items():
        if one.figures:
            summaries[name] |= {key: sum(round_[key] for round_ in one.figures) for key in ("pairs", "stale")}
    return summaries


def verdicts(case, outcomes, summaries):
    ours = summaries.get("forebay")
    if not ours:
        return []
    if case.kind == "pairs":
        found = [at_most("stale reads", ours["stale"], 0)]
        if not case.lag_ms:
            found.append(at_least("% of reads on replicas", ours["share"], SHARE_GOAL))
        return found
    cost = ratio(outcomes, proxy_cpu, "forebay", "forebay-primary")
    return [at_most("CPU, x without splitting", cost, CPU_GOAL)] if cost else []


def text_table(case, summaries, failures):
    if case.kind == "load":
        return load_table(case, summaries, failures)
    return aligned(case, figure_rows(PAIR_FIGURES, summaries), failures)


def markdown(cases, results, about):
    measured = [case for case in cases if results[case.name].get("forebay")]
    lines = [about, ""]
    loads = [_markdown_load(case, results[case.name]) for case in measured if case.kind == "load"]
    if loads:
        lines += markdown_head("|us per query: all to the primary, split|ratio|queries/s: direct, all to the primary"
                               ", split") + loads
    pairs = [_markdown_pairs(case, results[case.name]["forebay"]) for case in measured if case.kind == "pairs"]
    if pairs:
        lines += [""] + markdown_head("|" + "|".join(head for head, _ in PAIR_FIGURES.values())) + pairs
    return "\n".join(lines)


def _markdown_load(case, by_target):
    def of(target, key, digits):
        return number(by_target.get(target, {}).get(key), digits)

    ours, theirs = (by_target.get(target, {}).get("cpu_us") for target in ("forebay", "forebay-primary"))
    cells = [case.title, f"{of('forebay-primary', 'cpu_us', 1)}, {of('forebay', 'cpu_us', 1)}",
             f"{ours / theirs:.2f}" if ours and theirs else "-",
             ", ".join(of(target, "rate", 0) for target in ("direct", "forebay-primary", "forebay"))]
    return "| " + " | ".join(cells) + " |"


def _markdown_pairs(case, summary):
    return "| " + " | ".join([case.title, *(number(summary[key], digits)
                                            for key, (_, digits) in PAIR_FIGURES.items())]) + " |"
