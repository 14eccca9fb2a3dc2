"""Child processes that end with us, however we end."""

import os
import shutil
import subprocess
import sys


class Skip(Exception):
    """The machine lacks what this test needs; says what."""


def tool(name):
    path = shutil.which(name)
    if not path:
        raise Skip(f"{name} is not installed")
    return path


def as_server_user():
    """Popen arguments for programs that refuse to run as root, such as PostgreSQL."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


def start(command, death_signal="KILL", **options):
    """Starts `command`; the kernel sends it `death_signal` should we be killed. For the main thread only."""
    return subprocess.Popen([tool("setpriv"), "--pdeathsig", death_signal, *command], **options)


def stop(process, with_signal, patience=10):
    """Asks the process to end, and makes it end after `patience` seconds. Returns its exit code."""
    if process.poll() is None:
        process.send_signal(with_signal)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            print(f"# {process.args[3]} did not stop within {patience} s", file=sys.stderr)
            process.kill()
    return process.wait()


def checked(command, **options):
    """Runs `command` to its end, quietly; what it printed is in the exception when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.stdout
