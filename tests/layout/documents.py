#!/usr/bin/env python3
"""Checks that what the documents at the top of a tree point to is there.

    documents.py ROOT

Every relative link of README.md, ARCHITECTURE.md and CONTRIBUTING.md must name a file or folder, with the heading behind
`#` if there is one; and so must every path in backticks that begins with a folder of the tree and ends like a file.
"""
import pathlib
import re
import sys

DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")

LINK = re.compile(r"\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([a-z_]+/[A-Za-z0-9_./-]+\.[a-z]+)`")
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)
OUTSIDE = ("http:", "https:", "mailto:")
STANDS_FOR_ANY = re.compile(r"[A-Z]{4}")  # tests/fuzz/NAME_fuzz.cc is a pattern for the reader


def anchors(text):
    """The names under which the headings of a document can be linked to."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def complaint(document, link):
    path, _, anchor = link.partition("#")
    target = document.parent / path if path else document
    if not target.exists():
        return f"'{path}' is not there"
    if anchor and anchor not in anchors(target.read_text()):
        return f"'{target.name}' has no heading #{anchor}"
    return None


def complaints(root):
    """Yields FILE:LINE: what is wrong, for each."""
    root = pathlib.Path(root)
    for name in DOCUMENTS:
        document = root / name
        if not document.is_file():
            yield f"{name}:1: is missing"
            continue
        for number, line in enumerate(document.read_text().splitlines(), start=1):
            links = [link for link in LINK.findall(line) if not link.startswith(OUTSIDE)]
            links += [path for path in QUOTED.findall(line)
                      if not STANDS_FOR_ANY.search(path) and (root / path.split("/", 1)[0]).is_dir()]
            for link in links:
                wrong = complaint(document, link)
                if wrong:
                    yield f"{name}:{number}: {wrong}"


if __name__ == "__main__":
    found = list(complaints(sys.argv[1]))
    print(*found, sep="\n")
    sys.exit(1 if found else 0)
