#!/usr/bin/env python3
"""Sums up a folder of test results: the JUnit files that ctest wrote, and `steps`, lines of "passed|failed TAB name".

Names what failed and what was skipped; the last line is the sum, in ctest's words. Exit status 1 when anything failed
or nothing ran at all.
"""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


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
    for outcome, name in outcomes(pathlib.Path(sys.argv[1])):
        names[outcome].append(name)
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
