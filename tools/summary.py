#!/usr/bin/env python3
"""Sums up a folder of test results: the JUnit files that ctest wrote, and `steps`, lines of "passed|failed TAB name".

Names what failed, with what it said, and what was skipped; the last line is the sum, in ctest's words. Exit status 1
when anything failed or nothing ran at all.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

# Where a test, a driver's check or a sanitizer says that something is wrong.
COMPLAINT = re.compile(r": Failure$|^not ok |Sanitizer|runtime error:|^Traceback|terminate called")
SHOWN_LINES = 25


def excerpt(output):
    """What a failed test's output says of the failure: from its first complaints on, or its end."""
    lines = output.strip().splitlines()
    found = [number for number, line in enumerate(lines) if COMPLAINT.search(line)]
    start = found[0] if found else max(0, len(lines) - SHOWN_LINES)
    return lines[start : start + SHOWN_LINES]


def failures(folder):
    """Yields (name, excerpt of the output) of every test that ran and failed."""
    for report in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            if case.get("status") == "fail":
                yield f"{report.stem}: {case.get('name')}", excerpt(case.findtext("system-out") or "")


def outcomes(folder):
    """Yields (outcome, name) of every test; an outcome is passed, failed or skipped."""
    for report in sorted(folder.glob("*.xml")):
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            name = f"{report.stem}: {case.get('name')}"
            # A test whose program is missing is "notrun" as well, but only a skipped one says "skipped" as the reason.
            note = case.find("skipped")
            if case.get("status") == "run":
                yield "passed", name
            elif note is not None and (note.get("message") or "").lower().startswith(("skip", "disabled")):
                yield "skipped", name
            else:
                yield "failed", name
    steps = folder / "steps"
    if steps.exists():
        for line in steps.read_text().splitlines():
            yield tuple(line.split("\t", 1))


def main():
    names = {"passed": [], "failed": [], "skipped": []}
    folder = pathlib.Path(sys.argv[1])
    for outcome, name in outcomes(folder):
        names[outcome].append(name)
    for name, said in failures(folder):
        print(f"\n{name} said:", *said, sep="\n  | ")
    for outcome in ("skipped", "failed"):
        if names[outcome]:
            print(f"\n{outcome.capitalize()}:", *names[outcome], sep="\n  ")
    passed, failed, skipped = (len(names[outcome]) for outcome in ("passed", "failed", "skipped"))
    total = passed + failed + skipped
    # Rounded down: 100% is said only when nothing failed.
    percent = 100 * (total - failed) // total if total else 0
    print(f"\n{percent}% tests passed, {failed} tests failed out of {total} ({passed} passed, {skipped} skipped)")
    return 1 if failed or not total else 0


sys.exit(main())
