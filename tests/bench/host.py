"""What the benchmark needs of the machine: child processes that never outlive it, ports, descriptors.

Every child is started through setpriv(1), so that the kernel ends it when this program dies, and in a session
of its own, so that a Ctrl-C reaches only this program, which then stops its children in order and in time.
"""

import contextlib
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

LOOPBACK = "127.0.0.1"
COMPLAINT = re.compile(r"error|fatal|panic|cannot|could not", re.IGNORECASE)


class BenchError(Exception):
    """Something the benchmark cannot do here, in words for its user."""


def raise_descriptor_limit():
    """Allows as many descriptors as the kernel lets us; returns how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(hard, 65536)
    for limit in (wanted, hard):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
            return limit
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def free_port():
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def wait_for_port(port, child, seconds=10.0):
    """Returns when `port` accepts; raises when the child ends or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise BenchError(f"{child.label} ended with status {child.returncode}: {child.last_words()}")
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return
        time.sleep(0.02)
    raise BenchError(
        f"{child.label} does not accept on port {port} after {seconds:g} s: {child.last_words()}"
    )


class Child(subprocess.Popen):
    """A process that this program started; its output goes to a file of the workspace unless piped."""

    label = ""
    log_path = None
    log_start = 0  # a log is shared by the children of one label: where this one's words begin
    stop_signals = (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL)  # a second SIGTERM means "now" to a proxy
    patience = 3.0  # seconds after each

    def last_words(self):
        """What it complained about, in one line, or else the last that it said."""
        with open(self.log_path, errors="replace") as log:
            log.seek(self.log_start)
            lines = [line.strip() for line in log if line.strip()]
        complaints = [line for line in lines if COMPLAINT.search(line)]
        return "; ".join(complaints[:2] or lines[-2:])[:600] or "it said nothing"

    def complains(self):
        return bool(COMPLAINT.search(self.last_words()))

    def stop(self):
        """Sends one signal after the other until the process has ended."""
        for number in self.stop_signals:
            if self.poll() is None:
                self.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.wait(self.patience)
        return self.returncode


class Workspace:
    """A temporary folder and the children that use it; both are gone after `close()`.

    When we are root, servers run as `server_user` if one is named: PostgreSQL and PgBouncer refuse root.
    """

    def __init__(self, server_user=None):
        if not shutil.which("setpriv"):
            raise BenchError("setpriv is not installed (Debian: util-linux)")
        self.folder = tempfile.mkdtemp(prefix="forebay-bench-")
        self.children = []
        self.server_user = server_user if os.geteuid() == 0 else None
        if self.server_user:
            shutil.chown(self.folder, self.server_user, self.server_user)
            os.chmod(self.folder, 0o755)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        """Writes a file that the servers can read."""
        path = self.path(name)
        with open(path, "w") as out:
            out.write(text)
        os.chmod(path, mode)
        if self.server_user:
            shutil.chown(path, self.server_user, self.server_user)
        return path

    def copy_program(self, program):
        """A copy that the servers' user may run, wherever it was built, and that no build replaces."""
        return shutil.copy(program, self.path("program-" + os.path.basename(program)))

    def command(self, argv, as_server=False, death_signal="KILL"):
        launcher = ["setpriv", "--pdeathsig", death_signal]
        if as_server and self.server_user:
            launcher += ["--reuid", self.server_user, "--regid", self.server_user, "--init-groups"]
        return launcher + [str(word) for word in argv]

    def spawn(self, label, argv, as_server=False, death_signal="KILL", **popen):
        """Starts a child; without stdout or stderr of their own both go to LABEL.log."""
        log_path = self.path(label + ".log")
        with open(log_path, "ab") as log:
            log_start = log.tell()
            popen.setdefault("stdin", subprocess.DEVNULL)
            popen.setdefault("stdout", log)
            popen.setdefault("stderr", log)
            child = Child(
                self.command(argv, as_server, death_signal),
                start_new_session=True,
                cwd=self.folder,
                env=clean_environment(),
                **popen,
            )
        child.label = label
        child.log_path, child.log_start = log_path, log_start
        self.children.append(child)
        return child

    def run(self, argv, as_server=False, timeout=120):
        """Runs a command to its end and returns its stdout; a failure raises BenchError with its stderr."""
        name = os.path.basename(str(argv[0]))
        try:
            done = subprocess.run(
                self.command(argv, as_server),
                cwd=self.folder,
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise BenchError(f"{name} does not end after {timeout} s") from None
        if done.returncode != 0:
            raise BenchError(f"{name}: {done.stderr.strip()[-600:]}")
        return done.stdout

    def forget(self, child):
        child.stop()
        if child in self.children:
            self.children.remove(child)

    def close(self):
        for child in reversed(self.children):
            child.stop()
        self.children.clear()
        shutil.rmtree(self.folder, ignore_errors=True)


def clean_environment():
    """Ours without what libpq would read from it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
