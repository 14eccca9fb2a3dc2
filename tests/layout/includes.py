#!/usr/bin/env python3
"""Reads every #include line of a tree and reports each that goes against the order of the folders.

    includes.py ROOT

A folder may include itself and the floors below it, but nothing above it and nothing beside it. Only gateway/ and
tests/ may include <uv.h>. Only tests/ may include tests/. Quoted includes name a file from the top of the tree.
"""
import pathlib
import re
import sys

FLOORS = [
    {"base"},
    {"conf", "pgproto", "redisproto"},
    {"pools"},
    {"failover"},
    {"autoscale"},
    {"gateway"},
    {"tests"},
]
FLOOR_OF = {folder: floor for floor, folders in enumerate(FLOORS) for folder in folders}
LOOP_HEADER = "uv.h"
USES_LOOP = {"gateway", "tests"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def complaint(root, folder, quoted, system):
    """What is wrong with one include in a file of `folder`; None when nothing is."""
    if system == LOOP_HEADER and folder not in USES_LOOP:
        return f"<{LOOP_HEADER}> belongs to gateway/: decisions are free of I/O"
    if quoted is None:
        return None
    if not (root / quoted).is_file():
        return f'"{quoted}" is no file from the top of the tree'
    target = quoted.split("/", 1)[0]
    if target != folder and FLOOR_OF.get(target, len(FLOORS)) >= FLOOR_OF[folder]:
        return f"{folder}/ may use only what is below it, and {target}/ is not"
    return None


def violations(root):
    """Yields one line of text, FILE:LINE: what is wrong, for each violation."""
    root = pathlib.Path(root)
    for folder in FLOOR_OF:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".h", ".cc"):
                continue
            for number, line in enumerate(file.read_text().splitlines(), start=1):
                match = INCLUDE.match(line)
                wrong = match and complaint(root, folder, *match.groups())
                if wrong:
                    yield f"{file.relative_to(root)}:{number}: {wrong}"


if __name__ == "__main__":
    found = list(violations(sys.argv[1]))
    print(*found, sep="\n")
    sys.exit(1 if found else 0)
