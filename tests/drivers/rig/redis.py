"""A private Redis: temporary folder, free port, nothing on disk, a user `app` with a password."""

import signal
import socket
import threading
import time

from . import processes
from .network import free_port

PASSWORD = "app-secret"  # of the user app, at Redis and at Forebay
BACKEND_PASSWORD = "backend-secret"  # of the user default, which Forebay logs in as
ADMIN_NAME = "the-rig"


class Error(RuntimeError):
    """What Redis refused, in its words."""


class Client:
    """As much of a client as the rig needs: RESP2, one command at a time."""

    def __init__(self, port, *login):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._replies = self._socket.makefile("rb")
        if login:
            self.ask("AUTH", *login)

    def ask(self, *words):
        parts = [str(word).encode() for word in words]
        self._socket.sendall(
            b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)
        )
        return self._reply()

    def _reply(self):
        line = self._replies.readline()
        if not line.endswith(b"\r\n"):
            raise Error("Redis closed the connection")
        kind, rest = line[:1], line[1:-2].decode(errors="replace")
        if kind == b"-":
            raise Error(rest)
        if kind == b"$":
            return None if rest == "-1" else self._replies.read(int(rest) + 2)[:-2].decode(errors="replace")
        if kind == b"*":
            return None if rest == "-1" else [self._reply() for _ in range(int(rest))]
        return int(rest) if kind == b":" else rest

    def close(self):
        self._replies.close()
        self._socket.close()


class Redis:
    """Runs from construction until close()."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(mode=0o755)
        self.port = free_port()
        self._log = open(folder / "redis.log", "wb")
        settings = [
            f"port {self.port}",
            "bind 127.0.0.1",
            f"dir {folder}",
            'save ""',
            "appendonly no",
            f"requirepass {BACKEND_PASSWORD}",
            f"user app on >{PASSWORD} ~* &* +@all",
            f"user exporter on >{PASSWORD} ~* &* +@all",
        ]
        (folder / "redis.conf").write_text("\n".join(settings) + "\n")
        command = [processes.tool("redis-server"), folder / "redis.conf"]
        self._process = processes.start(command, cwd=folder, stdout=self._log, stderr=self._log)
        try:
            self._admin = self._wait_until_it_answers()
            self._admin.ask("CLIENT", "SETNAME", ADMIN_NAME)
        except BaseException:
            self.close()
            raise

    def _wait_until_it_answers(self):
        give_up = time.monotonic() + 30
        while True:
            try:
                return self.admin()
            except OSError as failure:
                if self._process.poll() is not None or time.monotonic() > give_up:
                    raise RuntimeError(f"Redis did not start: {failure}\n{self.log()}") from None
                time.sleep(0.02)

    def admin(self):
        return Client(self.port, BACKEND_PASSWORD)

    def version(self):
        info = self._admin.ask("INFO", "server")
        return next(line.split(":")[1] for line in info.splitlines() if line.startswith("redis_version:"))

    def connections(self):
        """What CLIENT LIST says of every connection but the rig's own, each as a dictionary."""
        lines = self._admin.ask("CLIENT", "LIST").splitlines()
        found = [dict(field.split("=", 1) for field in line.split(" ")) for line in lines]
        return [each for each in found if each["name"] != ADMIN_NAME]

    def log(self):
        return (self.folder / "redis.log").read_text(errors="replace")

    def close(self):
        processes.stop(self._process, signal.SIGTERM)
        self._log.close()


class Connections(threading.Thread):
    """Watches how many connections others have at Redis, for as long as it is entered."""

    def __init__(self, redis):
        super().__init__(daemon=True)
        self._client = redis.admin()
        self._leaving = threading.Event()
        self.counts = []

    def __enter__(self):
        self._client.ask("CLIENT", "SETNAME", ADMIN_NAME)
        self.start()
        return self

    def run(self):
        while not self._leaving.wait(0.05):
            lines = self._client.ask("CLIENT", "LIST").splitlines()
            self.counts.append(sum(f" name={ADMIN_NAME} " not in line for line in lines))

    def __exit__(self, *_):
        self._leaving.set()
        self.join()
        self._client.close()

    def most(self):
        """The most that two looks in a row saw: what was just closed may still be leaving at the first."""
        return max(map(min, self.counts, self.counts[1:]), default=0)
