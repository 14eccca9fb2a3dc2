"""The whole benchmark: one server, the targets in front of it, every case in interleaved rounds.

A suite says what that means for PostgreSQL or Redis. It has CASES, `targets`, lines about what is `missing`,
about() and prepare(case), which runs before the targets of a case start. A case has samples (sample() makes
one) or figures, a dict that figures() fills. summaries_of() makes medians of them; verdicts(), text_table()
and markdown() tell what came of it.
"""

import dataclasses
import os
import platform
import sys

import report
from host import BenchError
from syscalls import counter_class


class Bench:
    """Prints a table and the verdicts as each case ends; `results` keeps what they were made of."""

    def __init__(self, workspace, options, make_suite):
        self.workspace = workspace
        self.options = options
        self.cases = chosen(make_suite.CASES, options.case, options.quick)
        say(f"starting {make_suite.server_name}")
        self.suite = make_suite(workspace, options)
        self.targets = self.suite.targets
        self.counter = counter_class()
        if not self.counter:
            say("system calls are not counted: neither perf's tracepoints nor strace work here")
        for line in self.suite.missing:
            say(line)
        self.outcomes = {}  # case name -> target name -> Outcome
        self.results = {}  # case name -> target name -> summary
        self.verdicts = {}  # case name -> [(what, value, goal, met)]

    def run(self):
        for number, case in enumerate(self.cases, 1):
            say(f"[{number}/{len(self.cases)}] {case.name}")
            outcomes = self.run_case(case)
            summaries = self.suite.summaries_of(outcomes)
            self.outcomes[case.name], self.results[case.name] = outcomes, summaries
            self.verdicts[case.name] = self.suite.verdicts(case, outcomes, summaries)
            print("\n" + self.suite.text_table(case, summaries, failures(outcomes)))
            print("\n".join(self.verdict_lines(case)), flush=True)

    def run_case(self, case):
        """Measures the targets in turn, each in a process of its own for each round. A failure stays its
        target's own."""
        started = [target for target in self.targets if target.name in case.targets]
        outcomes = {target.name: report.Outcome() for target in started}

        def attempt(action, target):
            outcome = outcomes[target.name]
            if outcome.failure:
                return
            try:
                action(case, target, outcome)
            except BenchError as error:
                outcome.failure = str(error)
                say(f"    {target.name} failed: {error}")

        try:
            self.suite.prepare(case)
            for number in range(self.rounds_of(case)):
                turn = number % max(1, len(started))  # nobody is always measured after the same neighbour
                for target in started[turn:] + started[:turn]:
                    attempt(self.renew, target)
                    attempt(self.measure, target)
            if self.counter and case.has_samples and (case.lean or not self.options.quick):
                for target in filter(lambda one: one.is_proxy, started):
                    attempt(self.count, target)
        finally:
            for target in started:
                target.stop()
        return outcomes

    def rounds_of(self, case):
        """Idle clients cost the same each time, and in a quick run other figures are taken once too."""
        once = case.kind == "idle" or (self.options.quick and not case.has_samples)
        return 1 if once else self.options.rounds

    def renew(self, case, target, _outcome):
        """Where its memory comes to lie makes one process up to a tenth faster than the next, so that
        a single one would bring its luck to every round."""
        target.stop()
        target.start(case.flavour)

    def measure(self, case, target, outcome):
        if not case.has_samples:
            outcome.figures.append(self.suite.figures(case, target))
            return
        sample = self.suite.sample(case, target)
        if not sample.units:
            raise BenchError("nothing was done in the whole window")
        outcome.samples.append(sample)
        rate = f"{sample.units / sample.seconds:,.0f} {case.unit}/s"
        cpu = f"{sample.proxy_cpu / sample.units * 1e6:.2f} us" if target.is_proxy else ""
        say(f"    {target.name:10}{rate:>24}{cpu:>14}{'' if sample.calm else '  *'}")

    def count(self, case, target, outcome):
        outcome.counted = self.suite.sample(case, target, self.counter(self.workspace, target.pid))

    def verdict_lines(self, case):
        return report.verdict_lines(case, self.verdicts[case.name], self.results[case.name])

    def done(self):
        return [case for case in self.cases if case.name in self.results]

    def markdown(self):
        return self.suite.markdown(self.done(), self.results, self.about())

    def about(self):
        proxies = [target.about() for target in self.targets if target.title]
        workers = f"{self.options.workers} worker" + ("" if self.options.workers == 1 else "s")
        versions = ", ".join([self.suite.about(), *proxies])
        return (f"{os.cpu_count()} cores, Linux {platform.release()}, {versions}; Forebay has {workers}; "
                f"medians of {self.options.rounds} interleaved rounds of {self.options.seconds:g} s. "
                "us: the proxy's own CPU per unit, all its threads.")

    def to_json(self):
        words = ("what", "value", "goal", "met")
        verdicts = {name: [dict(zip(words, one)) for one in found] for name, found in self.verdicts.items()}
        samples = {name: {target: [dataclasses.asdict(sample) for sample in one.samples] or one.figures
                          for target, one in outcomes.items()} for name, outcomes in self.outcomes.items()}
        return {
            "about": self.about(),
            "options": vars(self.options),
            "results": self.results,
            "verdicts": verdicts,
            "samples": samples,
            "failures": {name: failures(outcomes) for name, outcomes in self.outcomes.items()},
        }


def chosen(cases, names, quick):
    if not names:
        return [case for case in cases if case.quick or not quick]
    unknown = set(names) - {case.name for case in cases}
    if unknown:
        known = ", ".join(case.name for case in cases)
        raise BenchError(f"no such case: {', '.join(sorted(unknown))} (there are {known})")
    return [case for case in cases if case.name in names]


def failures(outcomes):
    return {name: one.failure for name, one in outcomes.items() if one.failure}


def say(text):
    print(text, file=sys.stderr, flush=True)
