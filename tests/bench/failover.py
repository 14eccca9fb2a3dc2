"""`./run bench failover`: how long clients notice that another server has become primary.

Fifty clients, or five hundred, write through Forebay, or through PgBouncer, and one per server writes directly, while the primary is
killed and its replica promoted, or Patroni switches over. Prints medians, p99s and whether Forebay's goals are met;
ends with status 0 whatever they say, and with 1 when it could not measure.
"""

import argparse
import collections
import os
import platform
import random
import signal
import sys
import time

import failover_report
import failover_targets
from bench import say
from failover_clients import Clients, first_write, wait_for
from failover_sentinel import SentinelSet
from failover_servers import Pair, PatroniSet
from host import BenchError, Workspace, raise_descriptor_limit
from run import REPOSITORY, interrupt
from target import available, check_names

DIRECT_REST = 0.002  # seconds between two writes of a direct client
GRACE = 0.1  # s after the old primary has failed a direct client: what begins later cannot have been under way

# `rest`: seconds between two writes of a client; without any, all but those that have a server wait for one.
Case = collections.namedtuple("Case", "title make_servers clients rest targets", defaults=[failover_targets.TARGETS])
CASES = {
    "kill": Case("kill -9 and pg_promote", Pair, 50, 0.02),
    "switchover": Case("Patroni switchover", PatroniSet, 50, 0.02),
    "crowd": Case("kill -9 and pg_promote, 500 clients that never rest", Pair, 500, 0),
    "sentinel": Case("kill -9 of a Redis behind Sentinels", SentinelSet, 50, 0.02, failover_targets.REDIS_TARGETS),
}


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="./run bench failover", description=__doc__.split("\n", 1)[0])
    add = parser.add_argument
    add("--quick", action="store_true", help="3 rounds per case")
    add("--case", action="append", default=[], choices=CASES, help="only this case (repeatable)")
    add("--target", action="append", default=[], metavar="NAME", help="only this target (repeatable)")
    add("--rounds", type=int, metavar="N", help="rounds per case and target (20; quick: 3)")
    add("--workers", type=int, default=1, metavar="N", help="Forebay's workers (1)")
    add("--build", default=os.path.join(REPOSITORY, "build"), metavar="DIR", help="build folder (build)")
    add("--markdown", action="store_true", help="print the README's table at the end")
    options = parser.parse_args(argv)
    options.rounds = options.rounds or (3 if options.quick else 20)
    check_names(options.target, failover_targets.TARGETS)
    return options


def run_case(workspace, case, options):
    """Gives the figures of all rounds, by target."""
    what = CASES[case]
    say(f"[{case}] {what.title}: starting the servers")
    servers = what.make_servers(workspace)
    targets, missing = available(workspace, servers, what.targets,
                                 failover_targets.programs(options.build), options.target, options.workers)
    for line in missing:
        say(line)
    results = {target.name: [] for target in targets}
    for number in range(options.rounds):
        for target in targets:
            figures = run_round(servers, target, what)
            results[target.name].append(figures)
            say(f"    {number + 1:2} {target.name:17}" + "  ".join(f"{k} {v:.0f}" for k, v in figures.items()))
            servers.restore()
    return results


def run_round(servers, target, case):
    target.start()
    through = [servers.client(i, target.port, case.rest) for i in range(case.clients)]
    direct = servers.direct_clients(DIRECT_REST)
    try:
        with Clients(through + direct):
            start = time.monotonic()
            everybody_writes(through, start)
            time.sleep(random.uniform(0.2, 0.5))
            former, begun = servers.primary, time.monotonic()
            servers.replace_primary()
            successor = wait_for(lambda: new_writer(direct, begun, former), "a new primary")
            target.promoted()
            everybody_writes(through, begun, successor)
            time.sleep(0.2)
        asked_former = [one.writes for one in direct if first_write([one], start, former)]
        failed = min(failover_report.first_failure(writes, begun) for writes in asked_former)
        return failover_report.figures([one.writes for one in through], [one.writes for one in direct],
                                       begun, failed + GRACE, successor)
    finally:
        target.stop()


def everybody_writes(clients, since, server=None):
    for client in clients:
        wait_for(lambda: first_write([client], since, server), f"a write of client {client.number}")


def new_writer(direct, since, former):
    """The server that a direct client has written to, other than the former primary."""
    return next((write.server for client in direct for write in client.writes[-2000:]
                 if write.server not in (None, former) and write.ended > since), None)


def print_summary(results, options):
    titles = {case: CASES[case].title for case in results}
    lines = []
    for case, rounds in results.items():
        summaries = {name: failover_report.summarize(figures) for name, figures in rounds.items()}
        results[case] = summaries
        print("\n" + failover_report.text_table(f"{case}: {titles[case]}, {CASES[case].clients} clients", summaries))
        if "forebay" in summaries:
            lines += failover_report.verdict_lines(case, summaries["forebay"])
    print("\n" + "\n".join(lines))
    print(f"\n{os.cpu_count()} cores, Linux {platform.release()}; Forebay has {options.workers} worker(s). Times count "
          "from when the new primary\naccepts writes; outages are the longest times without any acknowledged write.")
    print(failover_report.closing(lines))
    if options.markdown:
        print("\n" + failover_report.markdown(titles, results))
    sys.stdout.flush()


def measure(options):
    results = {}
    for case in options.case or CASES:
        missing = PatroniSet.missing() if CASES[case].make_servers is PatroniSet else []
        if missing:
            say(f"[{case}] is left out: {', '.join(missing)} is not installed")
            continue
        workspace = Workspace("postgres")
        try:
            results[case] = run_case(workspace, case, options)
        finally:
            workspace.close()
    return results


def main(argv):
    options = parse_arguments(argv)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    raise_descriptor_limit()
    try:
        print_summary(measure(options), options)
        return 0
    except BenchError as error:
        say(f"bench: {error}")
        return 1
    except KeyboardInterrupt:
        say("bench: interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
