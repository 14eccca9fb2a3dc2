"""Child processes that end with us, however we end."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


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


def start(command, death_signal=signal.SIGKILL, **options):
    """Starts `command`; the kernel sends it `death_signal` should this process be killed."""
    return subprocess.Popen(command, preexec_fn=lambda: _libc.prctl(_PR_SET_PDEATHSIG, death_signal), **options)


def stop(process, with_signal, patience=10):
    """Asks the process to end; makes it end when it has not after `patience` seconds. Returns its exit code."""
    if process.poll() is None:
        process.send_signal(with_signal)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            print(f"# {process.args[0]} did not stop within {patience} s", file=sys.stderr)
            process.kill()
    return process.wait()


def checked(command, **options):
    """Runs `command` to its end, quietly; what it printed is in the exception when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.stdout
