#!/usr/bin/env python3
"""Runs one real driver's checks through Forebay, or against PostgreSQL or Redis itself.

    run.py psycopg3 --forebay build/forebay
    run.py redis-py --direct               what it expects must be what Redis does
    run.py psycopg3 --direct --only types,pipeline
    run.py redis-py --results build/driver-results   and leave what report.py makes docs/drivers.md of

A driver's program is told by libpq's environment variables, or by REDIS_URL, where to connect, prints `ok NAME` or
`not ok NAME: why` for each check and exits with 0 when all held. Exit codes: 0 passed, 1 failed, 2 usage,
77 skipped (the reason is printed).
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

from rig import processes, toolchains  # noqa: E402
from rig.postgres_stage import PostgresStage  # noqa: E402
from rig.redis_stage import RedisStage  # noqa: E402

SKIPPED = 77


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("driver", choices=toolchains.drivers())
    parser.add_argument("--direct", action="store_true", help="the server itself instead of Forebay")
    parser.add_argument(
        "--forebay", type=pathlib.Path, default="build/forebay", help="the program (default: %(default)s)"
    )
    parser.add_argument("--only", metavar="NAME,...", help="just these checks")
    parser.add_argument("--timeout", type=float, default=240, help="seconds for the driver's program")
    parser.add_argument(
        "--results", type=pathlib.Path, metavar="FOLDER", help="where to leave FOLDER/DRIVER.json"
    )
    return parser.parse_args()


class Results:
    """What a run has shown, line by line."""

    def __init__(self, driver, direct):
        self.found = {
            "driver": driver,
            "direct": direct,
            "versions": [],
            "server": "",
            "held": [],
            "failed": [],
        }

    def add(self, line):
        kind, _, rest = line.partition(" ")
        if kind == "#":
            self.found["versions"].append(rest)
        elif kind == "ok":
            self.found["held"].append(rest)
        elif line.startswith("not ok "):
            self.found["failed"].append(line.removeprefix("not ok "))

    def write(self, folder, outcome, reason=""):
        folder.mkdir(parents=True, exist_ok=True)
        self.found |= {"outcome": outcome, "reason": reason}
        (folder / f"{self.found['driver']}.json").write_text(json.dumps(self.found, indent=1) + "\n")


def run_program(command, variables, timeout, results):
    program = processes.start(
        command, env=variables, stdout=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
    )

    def pass_on():
        for line in program.stdout:
            print(line, end="", flush=True)
            results.add(line.rstrip("\n"))

    reader = threading.Thread(target=pass_on, daemon=True)
    reader.start()
    try:
        return program.wait(timeout)
    except subprocess.TimeoutExpired:
        print(f"not ok finished: still running after {timeout:.0f} s", flush=True)
        results.add("not ok finished")
        return 1
    finally:
        processes.stop(program, signal.SIGKILL)
        reader.join(5)  # a grandchild that has lived on may hold the pipe


def test(arguments, folder, results):
    started = time.monotonic()
    command, extra = toolchains.prepare(arguments.driver)
    print(f"# prepared in {time.monotonic() - started:.1f} s", flush=True)
    stage_class = RedisStage if arguments.driver.startswith("redis-") else PostgresStage
    with contextlib.ExitStack() as cleanup:
        stage = stage_class(folder, cleanup)
        results.found["server"] = stage.title()
        print(f"# {stage.title()}{'' if arguments.direct else ' behind Forebay'}", flush=True)
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("PG", "REDIS"))
        }
        only = {"CHECKS": arguments.only} if arguments.only else {}

        def run(port):
            variables = {**inherited, **stage.environment(port), **extra, **only}
            return run_program(command, variables, arguments.timeout, results)

        if arguments.direct:
            return run(stage.port) == 0
        return stage.through_gateway(arguments.forebay, run)


def main():
    arguments = parse_arguments()
    if not arguments.direct and not arguments.forebay.exists():
        print(f"{arguments.forebay} does not exist: build it, or use --direct", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the rig is taken down
    results = Results(arguments.driver, arguments.direct)
    outcome, reason, code = "failed", "", 1
    with tempfile.TemporaryDirectory(prefix="forebay-drivers-") as folder:
        os.chmod(folder, 0o755)
        try:
            if test(arguments, pathlib.Path(folder), results):
                outcome, code = "passed", 0
        except processes.Skip as skip:
            print(f"skipped: {skip}")
            outcome, reason, code = "skipped", str(skip).splitlines()[0], SKIPPED
        except RuntimeError as failure:
            print(f"not ok rig: {failure}")
            reason = str(failure).splitlines()[0]
    if arguments.results:
        results.write(arguments.results, outcome, reason)
    return code


if __name__ == "__main__":
    sys.exit(main())
