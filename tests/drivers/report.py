#!/usr/bin/env python3
"""Writes docs/drivers.md: what was run through Forebay, in which version, and with what result.

report.py --run --forebay build/forebay    runs every driver, leaving build/driver-results
report.py                                  writes docs/drivers.md of what is there
"""

import argparse
import json
import pathlib
import subprocess
import sys
import textwrap

sys.dont_write_bytecode = True

from rig import toolchains  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WIDTH = 110

HEAD = """\
# Drivers

<!-- Written by tests/drivers/report.py from what tests/drivers/run.py found. -->

Each driver ran its own program of checks through Forebay, as its applications would use it:
[how](../tests/drivers/README.md). What was not skipped passes against the server itself as well. Checks that
were made in RESP3 and RESP2, or with another parser too, are counted each time and named once.
"""


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", action="store_true", help="run all drivers first")
    parser.add_argument("--forebay", default="build/forebay", help="the program (default: %(default)s)")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "build/driver-results")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/drivers.md")
    return parser.parse_args()


def run_all(arguments):
    for driver in toolchains.drivers():
        print(f"== {driver}", flush=True)
        command = [sys.executable, HERE / "run.py", driver, "--forebay", arguments.forebay]
        subprocess.run([*command, "--results", arguments.results], check=False)


def languages():
    names = {"package.json": "JavaScript", "go.mod": "Go", "Cargo.toml": "Rust", "pom.xml": "Java"}
    names |= {"requirements.txt": "Python", "check.c": "C", "check.rb": "Ruby", "debian.txt": "Go"}
    names |= {"check.csproj": "C#"}
    return {driver: names[toolchains.manifest(driver).name] for driver in toolchains.drivers()}


def checks_of(result):
    """The names of its checks, each once."""
    plain = (name.removesuffix("_resp2").removesuffix("_hiredis") for name in result["held"])
    return ", ".join(dict.fromkeys(name.replace("_", " ") for name in plain))


def outcome(result):
    if result["outcome"] == "skipped":
        return f"skipped: {result['reason']}"
    if result["outcome"] == "passed":
        return f"all {len(result['held'])} checks held"
    if not result["failed"]:
        return f"**failed: {result['reason'] or 'what must hold for every driver did not'}**"
    return f"**{len(result['failed'])} of {len(result['held']) + len(result['failed'])} checks failed**"


def table(results):
    spoken = languages()
    lines = ["| Driver | Language | Result |", "|---|---|---|"]
    for each in results:
        version = each["versions"][0] if each["versions"] else each["driver"]
        lines.append(f"| {version} | {spoken[each['driver']]} | {outcome(each)} |")
    return "\n".join(lines) + "\n"


def details(results):
    text = ""
    for each in results:
        if each["held"]:
            named = f"**`{each['driver']}`**: {checks_of(each)}."
            text += f"\n{textwrap.fill(named, WIDTH, break_long_words=False, break_on_hyphens=False)}\n"
        text += "".join(f"\nFailed: {failure}.\n" for failure in each["failed"])
    return text


def section(title, results):
    servers = sorted({each["server"] for each in results if each["server"]})
    head = f"\n## {title}\n\nBehind Forebay: {', '.join(servers)}.\n\n"
    return head + table(results) + "\n### What was covered\n" + details(results)


def main():
    arguments = parse_arguments()
    if arguments.run:
        run_all(arguments)
    found = [json.loads(path.read_text()) for path in sorted(arguments.results.glob("*.json"))]
    found = [each for each in found if not each["direct"]]
    if not found:
        print(f"no results in {arguments.results}: use --run first", file=sys.stderr)
        return 2
    of_redis = [each for each in found if each["driver"].startswith("redis-")]
    of_postgres = [each for each in found if each not in of_redis]
    arguments.output.parent.mkdir(exist_ok=True)
    sections = (("PostgreSQL", of_postgres), ("Redis", of_redis))
    text = HEAD + "".join(section(title, results) for title, results in sections if results)
    arguments.output.write_text(text)
    print(f"wrote {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
