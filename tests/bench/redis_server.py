"""The private Redis that all targets stand in front of, and the few words of its protocol that we speak."""

import re
import shutil
import socket

from host import LOOPBACK, BenchError, free_port, wait_for_port

BIG_KEY = "big"
FILL_BATCH = 1 << 20  # bytes of SET commands on the way at a time


def tool(name):
    found = shutil.which(name)
    if not found:
        raise BenchError(f"{name} is not installed (Debian: redis-server, redis-tools)")
    return found


def command(*words):
    """One request as clients send it."""
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def bulk_bytes(size):
    """How long a reply is that brings a value of this size."""
    return len(b"$%d\r\n\r\n" % size) + size


class Connection:
    """A blocking connection for answers of one line or one bulk string."""

    def __init__(self, port):
        self.socket = socket.create_connection((LOOPBACK, port), timeout=60)
        self.input = self.socket.makefile("rb")

    def send(self, request):
        self.socket.sendall(request)

    def receive(self):
        line = self.input.readline().rstrip(b"\r\n")
        if not line or line.startswith(b"-"):
            raise BenchError(f"Redis said: {line.decode(errors='replace') or 'nothing'}")
        if not line.startswith(b"$"):
            return line[1:]
        return self.input.read(int(line[1:]) + 2)[:-2]

    def ask(self, *words):
        self.send(command(*words))
        return self.receive()

    def close(self):
        self.input.close()
        self.socket.close()


class RedisServer:
    """A running Redis that writes no files; its keys are key:000000000000 and so on, as redis-benchmark's."""

    def __init__(self, workspace):
        self.port = free_port()
        options = {"bind": LOOPBACK, "port": self.port, "save": "", "appendonly": "no", "maxclients": 12000,
                   "dir": workspace.folder, "enable-debug-command": "no"}
        argv = [tool("redis-server")]
        for name, value in options.items():
            argv += [f"--{name}", value]
        self.child = workspace.spawn("redis", argv)
        wait_for_port(self.port, self.child)
        self.control = Connection(self.port)
        self.filled = None

    @property
    def pid(self):
        return self.child.pid

    def version(self):
        return re.search(rb"redis_version:(\S+)", self.control.ask("INFO", "server")).group(1).decode()

    def calls(self, name):
        """How many commands of this name it has executed, by its own count."""
        counts = self.control.ask("INFO", "commandstats")
        found = re.search(rb"^cmdstat_%s:calls=(\d+)" % name.encode(), counts, re.MULTILINE)
        return int(found.group(1)) if found else 0

    def fill(self, keys, value_bytes, big_bytes=0):
        """Holds exactly so many keys with values of this size, and a big one if it is to have bytes."""
        wanted = (keys, value_bytes, big_bytes)
        if self.filled == wanted:
            return
        self.control.ask("FLUSHALL")
        value = b"v" * value_bytes
        batch = max(1, FILL_BATCH // value_bytes)
        for first in range(0, keys, batch):
            some = range(first, min(first + batch, keys))
            self.control.send(b"".join(command("SET", key(number), value) for number in some))
            for _ in some:
                self.control.receive()
        if big_bytes:
            self.control.ask("SETRANGE", BIG_KEY, big_bytes - 1, "v")
        self.filled = wanted


def key(number):
    return f"key:{number:012d}"
