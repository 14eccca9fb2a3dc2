"""The whole benchmark: one PostgreSQL, the targets in front of it, every case in interleaved rounds."""

import dataclasses
import os
import platform
import subprocess
import sys

import cases as case_list
import report
import tables
import targets as target_list
from cluster import Cluster
from host import BenchError
from syscalls import counter_class


class Bench:
    """Prints a table and the verdicts as each case ends; `results` keeps what they were made of."""

    def __init__(self, workspace, options):
        self.workspace = workspace
        self.options = options
        self.cases = case_list.chosen(options.case, options.quick)
        target_list.check_names(options.target)
        say(f"starting PostgreSQL, filling it at scale {options.scale}")
        self.cluster = Cluster(workspace, options.scale)
        self.targets, missing = target_list.available(
            workspace, self.cluster, options.build, options.workers, options.target)
        self.counter = counter_class()
        if not self.counter:
            missing.append("system calls are not counted: neither perf's tracepoints nor strace work here")
        for line in missing:
            say(line)
        self.runner = case_list.Runner(workspace, self.cluster, options.build, options.seconds, options.quick)
        self.outcomes = {}  # case name -> target name -> Outcome
        self.results = {}  # case name -> target name -> summary

    def run(self):
        for number, case in enumerate(self.cases, 1):
            say(f"[{number}/{len(self.cases)}] {case.name}")
            outcomes = self.run_case(case)
            summaries = {name: report.summarize(one) for name, one in outcomes.items()}
            self.outcomes[case.name], self.results[case.name] = outcomes, summaries
            print("\n" + tables.text_table(case, summaries, failures(outcomes)))
            print("\n".join(report.verdict_lines(case, summaries)), flush=True)

    def run_case(self, case):
        """Starts the case's targets, measures them in turn, stops them. A failure stays its target's own."""
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
            for target in started:
                attempt(lambda case, target, _: target.start(case.flavour), target)
            for number in range(1 if case.kind == "idle" else self.options.rounds):
                turn = number % max(1, len(started))  # nobody is always measured after the same neighbour
                for target in started[turn:] + started[:turn]:
                    attempt(self.measure, target)
            if self.counter and case.kind != "idle" and (case.lean or not self.options.quick):
                for target in filter(lambda one: one.is_proxy, started):
                    attempt(self.count, target)
        finally:
            for target in started:
                target.stop()
        return outcomes

    def measure(self, case, target, outcome):
        if case.kind == "idle":
            outcome.idle.append(self.runner.idle(case, target))
            return
        sample = self.runner.sample(case, target)
        if not sample.units:
            raise BenchError("nothing was done in the whole window")
        outcome.samples.append(sample)
        rate = f"{sample.units / sample.seconds:,.0f} {case.unit}/s"
        cpu = f"{sample.proxy_cpu / sample.units * 1e6:.1f} us" if target.is_proxy else ""
        say(f"    {target.name:10}{rate:>24}{cpu:>14}{'' if sample.calm else '  *'}")

    def count(self, case, target, outcome):
        outcome.counted = self.runner.sample(case, target, self.counter(self.workspace, target.pid))

    def about(self):
        versions = [f"PostgreSQL {self.cluster.version()}"]
        for target in self.targets:
            if target.name in ("pgbouncer", "forebay"):
                said = subprocess.run([target.program, "--version"], capture_output=True, text=True).stdout
                versions.append(said.strip().split("\n")[0] or target.name)
        workers = f"{self.options.workers} worker" + ("" if self.options.workers == 1 else "s")
        return (f"{os.cpu_count()} cores, Linux {platform.release()}, {', '.join(versions)}; Forebay has "
                f"{workers}; scale {self.options.scale}, medians of {self.options.rounds} interleaved "
                f"rounds of {self.options.seconds:g} s. us: the proxy's own CPU per unit, all its threads.")

    def to_json(self):
        words = ("what", "value", "goal", "met")
        done = [case for case in self.cases if case.name in self.results]
        verdicts = {case.name: [dict(zip(words, one))
                                for one in report.verdicts(case, self.results[case.name])] for case in done}
        samples = {name: {target: [dataclasses.asdict(sample) for sample in one.samples]
                          for target, one in outcomes.items()} for name, outcomes in self.outcomes.items()}
        return {
            "about": self.about(),
            "options": vars(self.options),
            "results": self.results,
            "verdicts": verdicts,
            "samples": samples,
            "failures": {name: failures(outcomes) for name, outcomes in self.outcomes.items()},
        }


def failures(outcomes):
    return {name: one.failure for name, one in outcomes.items() if one.failure}


def say(text):
    print(text, file=sys.stderr, flush=True)
