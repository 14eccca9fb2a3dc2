"""One way from a client to the server, and how it is started: the server itself or a proxy in front of it."""

import os
import re
import subprocess

from host import BenchError, free_port, wait_for_port


class Target:
    """Started, it has a port and, when it is a proxy, a child process. `server` is what all targets lead to.

    `workers` is how many Forebay has; the others have one thread.
    """

    name = ""
    is_proxy = True
    title = ""  # of what has a version to report
    version_flag = "--version"

    def __init__(self, workspace, server, program=None, workers=1):
        self.workspace = workspace
        self.server = server
        self.program = program
        self.workers = workers
        self.port = None
        self.child = None
        self.flavour = None

    @property
    def pid(self):
        return self.child.pid if self.child else None

    def start(self, flavour=None):
        self.flavour = flavour
        if not self.is_proxy:
            self.port = self.server.port
            return
        self.port = free_port()
        self.child = self.workspace.spawn(self.name, self.argv(flavour), as_server=True)
        wait_for_port(self.port, self.child)

    def stop(self):
        if self.child:
            self.workspace.forget(self.child)
            self.child = None

    def about(self):
        said = subprocess.run([self.program, self.version_flag], capture_output=True, text=True)
        version = re.search(r"\d+\.\d+\S*", said.stdout + said.stderr)
        return f"{self.title} {version.group() if version else '?'}"

    def argv(self, flavour):
        raise NotImplementedError


def check_names(wanted, classes):
    names = [one.name for one in classes]
    unknown = set(wanted) - set(names)
    if unknown:
        raise BenchError(f"no such target: {', '.join(sorted(unknown))} (there are {', '.join(names)})")


def available(workspace, server, classes, programs, wanted, workers):
    """The targets of `wanted` (all when empty) whose programs exist, and a line for each that is left out.

    `programs` has the path of each proxy's program by its name. One that was built here is copied first: the
    servers' user may not reach the build folder, and no build may replace it while it is measured.
    """
    targets, missing = [], []
    for one in classes:
        if wanted and one.name not in wanted:
            continue
        program = programs.get(one.name)
        if one.is_proxy and not (program and os.access(program, os.X_OK)):
            missing.append(f"{one.name} is left out: {program or 'its program'} is not there")
            continue
        if program and not program.startswith("/usr/"):
            program = workspace.copy_program(program)
        targets.append(one(workspace, server, program, workers))
    return targets, missing


def to_toml(tables):
    def value(of):
        if isinstance(of, bool):
            return str(of).lower()
        if isinstance(of, list):
            return "[" + ", ".join(value(one) for one in of) + "]"
        return str(of) if isinstance(of, int) else f'"{of}"'

    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {value(of)}\n" for key, of in table.items())
        for name, table in tables.items()
    )
