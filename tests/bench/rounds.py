"""Two targets compared round by round. Pure functions, as report.py.

A ratio is taken within each round, where both ran one after the other, and the median of these counts.
"""

import statistics


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
    pairs = _rounds(outcomes, "samples", ours, theirs)
    pairs = [pair for pair in pairs if all(sample.units and of(sample) for sample in pair)]
    calm = [pair for pair in pairs if all(sample.calm for sample in pair)]
    return statistics.median(of(our) / of(their) for our, their in calm or pairs) if pairs else None


def figure_ratio(outcomes, name, ours, theirs):
    """The same of a figure."""
    pairs = [pair for pair in _rounds(outcomes, "figures", ours, theirs) if pair[1][name]]
    return statistics.median(our[name] / their[name] for our, their in pairs) if pairs else None


def _rounds(outcomes, what, ours, theirs):
    return list(zip(*(getattr(outcomes[name], what) if name in outcomes else [] for name in (ours, theirs))))
