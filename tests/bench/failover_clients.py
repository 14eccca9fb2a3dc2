"""Clients that write all the time, each a row of its own, and note when each write was acknowledged, and by whom.

All run in one thread with one event loop, those that ask the servers directly as well, so whatever the machine
does to the clock it does to all of them. They speak PostgreSQL's protocol themselves: a driver would retry, or
look at nothing, in a way of its own.
"""

import asyncio
import collections
import contextlib
import struct
import threading
import time

from host import BenchError

USER, DATABASE = "postgres", "postgres"
WRITE = "update bench_register set value = value + 1 where client = %d returning host(inet_server_addr())"
PATIENCE = 60.0  # seconds; a gateway may hold a write for half of it

# `server`: the address of the one that acknowledged it; None: it failed, and `error` is the SQLSTATE, or "lost".
Write = collections.namedtuple("Write", "begun ended server error")


class ServerError(Exception):
    def __init__(self, body):
        fields = {part[:1]: part[1:].decode() for part in body.split(b"\0") if part}
        super().__init__(fields.get(b"M"))
        self.sqlstate = fields.get(b"C", "?")
        self.ends_connection = fields.get(b"V") == "FATAL"


class Connection:
    """A login without a password, then one simple query after the other."""

    @classmethod
    async def open(cls, host, port):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection(host, port)
        try:
            words = b"\0".join(word.encode() for word in ("user", USER, "database", DATABASE))
            body = struct.pack("!i", 196608) + words + b"\0\0"
            self.writer.write(struct.pack("!i", len(body) + 4) + body)
            await self._until_ready()
        except BaseException:
            self.close()
            raise
        return self

    async def query(self, sql):
        """The first column of the last row."""
        body = sql.encode() + b"\0"
        self.writer.write(b"Q" + struct.pack("!i", len(body) + 4) + body)
        return await self._until_ready()

    async def _until_ready(self):
        value, error = None, None
        while True:
            head = await self.reader.readexactly(5)
            body = await self.reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)
            if head[:1] == b"E":
                error = ServerError(body)
                if error.ends_connection:
                    raise error
            elif head[:1] == b"D":
                value = body[6:6 + struct.unpack("!i", body[2:6])[0]].decode()
            elif head[:1] == b"Z":
                if error:
                    raise error
                return value

    def close(self):
        self.writer.close()


class Client:
    """Writes, rests, and writes again; logs in anew when its connection is gone."""

    def __init__(self, number, host, port, rest):
        self.number, self.host, self.port, self.rest = number, host, port, rest
        self.writes = []

    async def run(self):
        connection = None
        while True:
            begun = time.monotonic()
            try:
                if connection is None:
                    connection = await asyncio.wait_for(Connection.open(self.host, self.port), PATIENCE)
                server = await asyncio.wait_for(connection.query(WRITE % self.number), PATIENCE)
                self.writes.append(Write(begun, time.monotonic(), server, None))
            except ServerError as error:
                self.writes.append(Write(begun, time.monotonic(), None, error.sqlstate))
                if error.ends_connection:
                    connection = self._drop(connection)
            except (OSError, EOFError, asyncio.TimeoutError):
                self.writes.append(Write(begun, time.monotonic(), None, "lost"))
                connection = self._drop(connection)
            await asyncio.sleep(self.rest)

    @staticmethod
    def _drop(connection):
        if connection:
            connection.close()


class Clients:
    """Any number of them, in a thread; `stop()` ends all. A context manager."""

    def __init__(self, clients):
        self.clients = clients
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.main.cancel)
        self.thread.join(10)

    def _run(self):
        async def everybody():
            await asyncio.gather(*(client.run() for client in self.clients))

        asyncio.set_event_loop(self.loop)
        self.main = self.loop.create_task(everybody())
        with contextlib.suppress(asyncio.CancelledError):
            self.loop.run_until_complete(self.main)
        left = asyncio.all_tasks(self.loop)  # what a client was waiting for
        for task in left:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self.loop.close()


def wait_for(condition, what, seconds=PATIENCE):
    """Returns what `condition` gives as soon as that is something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.002)
    raise BenchError(f"waited {seconds:g} s in vain for {what}")


def first_write(clients, since, server=None):
    """When the first write was acknowledged after `since`, by that server if one is named; None: not yet."""
    ends = [write.ended for client in clients for write in client.writes[-2000:]
            if write.server and write.ended > since and server in (None, write.server)]
    return min(ends, default=None)
