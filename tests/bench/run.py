"""`./run bench [reads | redis]`: the server itself, other proxies and Forebay in turn, on this machine, in one run.

The server is a private PostgreSQL, one with replicas, or a Redis. Each round starts its targets afresh in front of it
and measures them in interleaved rounds; one more pass counts system calls. Prints medians, ratios and whether
Forebay's goals are met, and ends with status 0 whatever they say: this measures, it does not judge. Status 1:
it could not measure.
"""

import argparse
import json
import os
import signal
import sys
import time

import report
from bench import Bench, say
from host import BenchError, Workspace, raise_descriptor_limit
from postgres_suite import PostgresSuite
from reads_suite import ReadsSuite
from redis_suite import RedisSuite

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUITES = {"postgres": PostgresSuite, "reads": ReadsSuite, "redis": RedisSuite}


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__.split("\n", 1)[0])
    add = parser.add_argument
    add("suite", nargs="?", choices=SUITES, default="postgres", help="in front of what (postgres)")
    add("--quick", action="store_true", help="short rounds, fewer cases, a small database: under 3 minutes")
    add("--case", action="append", default=[], metavar="NAME", help="only this case (repeatable)")
    add("--target", action="append", default=[], metavar="NAME", help="only this target (repeatable)")
    add("--rounds", type=int, metavar="N", help="rounds per case (4; quick: 2)")
    add("--seconds", type=float, metavar="S", help="length of a round (4; quick: 1.2, Redis 0.5)")
    add("--scale", type=int, metavar="N", help="PostgreSQL: pgbench's scale factor (20; quick: 5)")
    add("--workers", type=int, default=1, metavar="N", help="Forebay's workers (1)")
    add("--build", default=os.path.join(REPOSITORY, "build"), metavar="DIR", help="build folder (build)")
    add("--json", metavar="FILE", help="write every sample and summary there")
    add("--markdown", action="store_true", help="print the README's tables at the end")
    options = parser.parse_args(argv)
    options.rounds = options.rounds or (2 if options.quick else 4)
    options.seconds = options.seconds or (SUITES[options.suite].quick_seconds if options.quick else 4.0)
    options.build = os.path.abspath(options.build)
    return options


def print_summary(bench, options):
    print(f"\n{bench.about()}")
    print("*: other programs took more than 0.35 core in every round, so read it with care.")
    print("Goals of throughput and p99 allow for the noise between two equal runs.\n")
    print(report.closing([line for case in bench.done() for line in bench.verdict_lines(case)]))
    if options.markdown:
        print("\n" + bench.markdown())
    sys.stdout.flush()
    if options.json:
        with open(options.json, "w") as out:
            json.dump(bench.to_json(), out, indent=1)


def interrupt(_number, _frame):
    raise KeyboardInterrupt


def main(argv):
    options = parse_arguments(argv)
    stops = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in stops:
        signal.signal(number, interrupt)
    raise_descriptor_limit()
    began = time.monotonic()
    workspace = None
    try:
        suite = SUITES[options.suite]
        workspace = Workspace(suite.server_user)
        bench = Bench(workspace, options, suite)
        bench.run()
        print_summary(bench, options)
        say(f"took {time.monotonic() - began:.0f} s")
        return 0
    except BenchError as error:
        say(f"bench: {error}")
        return 1
    except KeyboardInterrupt:
        say("bench: interrupted")
        return 130
    finally:
        for number in stops:
            signal.signal(number, signal.SIG_IGN)  # cleaning up has its own limits of time
        if workspace:
            workspace.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
