"""`./run bench`: direct PostgreSQL, a bare relay, PgBouncer and Forebay in turn, on this machine, in one run.

    run.py [--quick] [--case NAME]... [--target NAME]... [--rounds N] [--seconds S] [--workers N]
           [--build DIR] [--json FILE] [--markdown]

Each case starts its targets afresh in front of one private PostgreSQL and measures them in interleaved rounds;
one more pass counts system calls. Prints medians, ratios and whether Forebay's goals are met, and exits 0 whatever
they say: this measures, it does not judge. Status 1 means that nothing could be measured.
"""

import argparse
import dataclasses
import json
import os
import platform
import signal
import subprocess
import sys
import time

import cases as case_list
import report
import targets as target_list
from cluster import Cluster
from host import BenchError, Workspace, raise_descriptor_limit
from measure import SyscallCounter

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="a small database, short rounds, fewer cases: under 3 minutes")
    parser.add_argument("--case", action="append", default=[], metavar="NAME", help="only this case (repeatable)")
    parser.add_argument("--target", action="append", default=[], metavar="NAME", help="only this target (repeatable)")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds per case (4; quick: 2)")
    parser.add_argument("--seconds", type=float, metavar="S", help="window of a run (4; quick: 1.2)")
    parser.add_argument("--scale", type=int, metavar="N", help="pgbench's scale factor (20; quick: 5)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="Forebay's workers (1)")
    parser.add_argument("--build", default=os.path.join(REPOSITORY, "build"), metavar="DIR", help="build folder (build)")
    parser.add_argument("--json", metavar="FILE", help="write every sample and summary there")
    parser.add_argument("--markdown", action="store_true", help="print the README's table at the end")
    options = parser.parse_args(argv)
    options.rounds = options.rounds or (2 if options.quick else 4)
    options.seconds = options.seconds or (1.2 if options.quick else 4.0)
    options.scale = options.scale or (5 if options.quick else 20)
    return options


class Bench:
    def __init__(self, workspace, options):
        self.options = options
        self.workspace = workspace
        self.cases = case_list.chosen(options.case, options.quick)
        say(f"starting PostgreSQL, filling it at scale {options.scale}")
        self.cluster = Cluster(workspace, options.scale)
        self.targets, missing = target_list.available(workspace, self.cluster, options.build, options.workers,
                                                      options.target)
        self.counts_syscalls = SyscallCounter.usable()
        if not self.counts_syscalls:
            missing.append("system calls are not counted: perf or its tracepoints are not usable here")
        for line in missing:
            say(line)
        self.runner = case_list.Runner(workspace, self.cluster, options.build, options.seconds, options.quick)
        self.outcomes = {}  # case name -> target name -> Outcome
        self.results = {}   # case name -> target name -> summary

    def run(self):
        for number, case in enumerate(self.cases, 1):
            say(f"[{number}/{len(self.cases)}] {case.name}")
            self.outcomes[case.name] = outcomes = self.run_case(case)
            self.results[case.name] = summaries = {name: report.summarize(one) for name, one in outcomes.items()}
            failures = {name: one.failure for name, one in outcomes.items() if one.failure}
            print("\n" + report.table(case, summaries, failures))
            print("\n".join(report.verdict_lines(case, summaries)), flush=True)

    def run_case(self, case):
        """Starts the case's targets, measures them in interleaved rounds, stops them; a failure stays the target's own."""
        outcomes, started = {}, []
        try:
            for target in self.targets:
                if target.name in case.targets:
                    outcomes[target.name] = report.Outcome()
                    started.append(target)
                    attempt(outcomes[target.name], lambda t=target: t.start(case.flavour))
            rounds = 1 if case.kind == "idle" else self.options.rounds
            for number in range(rounds):
                turn = number % len(started) if started else 0
                for target in started[turn:] + started[:turn]:
                    attempt(outcomes[target.name], lambda t=target: self.measure(case, t, outcomes[t.name]))
            if self.counts_syscalls and case.kind != "idle" and (case.lean or not self.options.quick):
                for target in started:
                    if target.is_proxy:
                        attempt(outcomes[target.name], lambda t=target: self.count(case, t, outcomes[t.name]))
        finally:
            for target in started:
                target.stop()
        return outcomes

    def measure(self, case, target, outcome):
        if case.kind == "idle":
            outcome.idle.append(self.runner.idle(case, target))
            return
        sample = self.runner.sample(case, target)
        outcome.samples.append(sample)
        say(f"    {target.name:10} {sample.units / sample.seconds:10,.0f} {case.unit}/s"
            f" {sample.proxy_cpu / sample.units * 1e6:9.1f} us{'' if sample.calm else '  *'}"
            if sample.units else f"    {target.name:10} did nothing")

    def count(self, case, target, outcome):
        outcome.counted = self.runner.sample(case, target, SyscallCounter(self.workspace, target.pid))

    def about(self):
        versions = [f"PostgreSQL {self.cluster.version()}"]
        for target in self.targets:
            if target.name in ("pgbouncer", "forebay"):
                said = subprocess.run([target.program, "--version"], capture_output=True, text=True).stdout
                versions.append(said.strip().split("\n")[0] or f"{target.name} ?")
        return (f"{os.cpu_count()} cores, {platform.release()}, {', '.join(versions)}; scale {self.options.scale}, "
                f"pools of {target_list.POOL_SIZE}, Forebay with {self.options.workers} worker"
                f"{'' if self.options.workers == 1 else 's'}; {self.options.rounds} interleaved rounds of "
                f"{self.options.seconds:g} s. CPU is the proxy's own, per unit, all threads.")

    def to_json(self):
        samples = {case: {name: [dataclasses.asdict(s) | {"calm": s.calm} for s in one.samples]
                          for name, one in outcomes.items()} for case, outcomes in self.outcomes.items()}
        found = {case.name: [dict(zip(("what", "value", "goal", "met"), one))
                             for one in report.verdicts(case, self.results[case.name])]
                 for case in self.cases if case.name in self.results}
        return {"about": self.about(), "options": vars(self.options), "results": self.results, "verdicts": found,
                "samples": samples,
                "failures": {case: {name: one.failure for name, one in outcomes.items() if one.failure}
                             for case, outcomes in self.outcomes.items()}}


def attempt(outcome, action):
    """Does `action` unless this target has failed before in this case; notes why it failed."""
    if outcome.failure:
        return
    try:
        action()
    except BenchError as error:
        outcome.failure = str(error)
        say(f"    failed: {error}")


def say(text):
    print(text, file=sys.stderr, flush=True)


def print_summary(bench, options, seconds):
    print(f"\n{bench.about()}")
    print("us: the proxy's CPU; *: other programs took more than 0.35 core in each round, so read it with care.")
    print("`not worse` allows 3% in throughput and 10% in p99, the noise of two equal runs.\n")
    lines = [line for case in bench.cases if case.name in bench.results
             for line in report.verdict_lines(case, bench.results[case.name])]
    print("\n".join(lines) or "  no verdicts: Forebay was not measured")
    if options.markdown:
        done = [case for case in bench.cases if case.name in bench.results]
        print("\n" + report.markdown(done, bench.results, bench.about()))
    say(f"took {seconds:.0f} s")


def main(argv):
    options = parse_arguments(argv)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    raise_descriptor_limit()
    began = time.monotonic()
    workspace = Workspace()
    try:
        bench = Bench(workspace, options)
        bench.run()
        print_summary(bench, options, time.monotonic() - began)
        if options.json:
            with open(options.json, "w") as out:
                json.dump(bench.to_json(), out, indent=1)
        return 0
    except BenchError as error:
        say(f"bench: {error}")
        return 1
    except KeyboardInterrupt:
        say("bench: interrupted")
        return 130
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # nothing interrupts the cleaning up, which has its own limits
        workspace.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
