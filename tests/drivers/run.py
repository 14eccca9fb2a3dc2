#!/usr/bin/env python3
"""Runs one real driver's checks through Forebay, or against PostgreSQL itself.

    run.py psycopg3 --forebay build/forebay
    run.py psycopg3 --direct               what it expects must be what PostgreSQL does
    run.py psycopg3 --direct --only types,pipeline

A driver's program is told by libpq's environment variables where to connect, prints `ok NAME` or
`not ok NAME: why` for each check and exits with 0 when all held. Exit codes: 0 passed, 1 failed, 2 usage,
77 skipped (the reason is printed).
"""

import argparse
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

from rig import processes, toolchains  # noqa: E402
from rig.gateway import POOL_SIZE, Gateway  # noqa: E402
from rig.postgres import PASSWORDS, Postgres, ServerConnections, make_certificate  # noqa: E402

SKIPPED = 77


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("driver", choices=toolchains.drivers())
    parser.add_argument("--direct", action="store_true", help="PostgreSQL itself instead of Forebay")
    parser.add_argument(
        "--forebay", type=pathlib.Path, default="build/forebay", help="the program (default: %(default)s)"
    )
    parser.add_argument("--only", metavar="NAME,...", help="just these checks")
    parser.add_argument("--timeout", type=float, default=240, help="seconds for the driver's program")
    return parser.parse_args()


def environment(port, certificate, extra, only):
    told = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(port),
        "PGUSER": "app",
        "PGPASSWORD": PASSWORDS["app"],
        "PGDATABASE": "app",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": str(certificate),
        "ADMINPASSWORD": PASSWORDS["admin"],
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**inherited, **told, **extra, **({"CHECKS": only} if only else {})}


def run_program(command, variables, timeout):
    program = processes.start(command, env=variables)
    try:
        return program.wait(timeout)
    except subprocess.TimeoutExpired:
        print(f"not ok finished: still running after {timeout:.0f} s", flush=True)
        return 1
    finally:
        processes.stop(program, signal.SIGKILL)


def report(name, complaint):
    print(f"not ok {name}: {complaint}" if complaint else f"ok {name}", flush=True)
    return not complaint


def servers_are_clean(postgres):
    """Every server connection that is left must be idle and outside of a transaction."""
    left = """select string_agg(state || ': ' || query, '; ') from pg_stat_activity
              where usename = 'app' and state <> 'idle'"""
    give_up = time.monotonic() + 5
    while (found := postgres.ask(left)) and time.monotonic() < give_up:
        time.sleep(0.1)
    return report("servers_left_clean", found)


def through_gateway(gateway, postgres, run):
    with ServerConnections(postgres) as seen:
        passed = run(gateway.port) == 0
    too_many = f"{seen.most()} server connections, the pool is {POOL_SIZE}" if seen.most() > POOL_SIZE else ""
    died = "" if gateway.alive() else "it ended while the driver ran"
    verdicts = [
        passed,
        report("pool_size_held", too_many),
        report("gateway_alive", died),
        servers_are_clean(postgres),
    ]
    code = gateway.close()
    verdicts.append(report("gateway_stopped", f"exit code {code}" if code else ""))
    return all(verdicts)


def test(arguments, folder):
    started = time.monotonic()
    command, extra = toolchains.prepare(arguments.driver)
    print(f"# prepared in {time.monotonic() - started:.1f} s", flush=True)
    certificate, key = make_certificate(folder)
    with contextlib.ExitStack() as cleanup:
        postgres = Postgres(folder / "postgres", certificate, key)
        cleanup.callback(postgres.close)
        print(f"# PostgreSQL {postgres.version()}{'' if arguments.direct else ' behind Forebay'}", flush=True)

        def run(port):
            return run_program(
                command, environment(port, certificate, extra, arguments.only), arguments.timeout
            )

        if arguments.direct:
            return run(postgres.port) == 0
        gateway = Gateway(arguments.forebay, folder, certificate, key, postgres)
        cleanup.callback(gateway.close)
        passed = through_gateway(gateway, postgres, run)
        if not passed:
            print(
                "# Forebay's log, the last 60 lines:", *gateway.log().splitlines()[-60:], sep="\n", flush=True
            )
        return passed


def main():
    arguments = parse_arguments()
    if not arguments.direct and not arguments.forebay.exists():
        print(f"{arguments.forebay} does not exist: build it, or use --direct", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the rig is taken down
    with tempfile.TemporaryDirectory(prefix="forebay-drivers-") as folder:
        os.chmod(folder, 0o755)
        try:
            return 0 if test(arguments, pathlib.Path(folder)) else 1
        except processes.Skip as reason:
            print(f"skipped: {reason}")
            return SKIPPED
        except RuntimeError as failure:
            print(f"not ok rig: {failure}")
            return 1


if __name__ == "__main__":
    sys.exit(main())
