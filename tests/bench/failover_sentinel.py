"""A Redis with two replicas and three Sentinels for the failover benchmark, and clients that write to it.

Through a proxy a client writes to whatever answers there. A direct one asks a Sentinel before each write who the
primary is, so its first write to another one comes as soon as the first Sentinel names that.
"""

import asyncio
import signal
import time

from failover_clients import PATIENCE, Write, wait_for
from host import LOOPBACK, BenchError, free_port, wait_for_port
from redis_server import command, tool

MASTER = "bench"
REPLICAS, SENTINELS = 2, 3
DOWN_AFTER = 1500  # ms; Sentinels ping once a second


class ReplyError(Exception):
    pass


class Session:
    """One connection; replies are lines, bulk strings and arrays of them."""

    @classmethod
    async def open(cls, port):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection(LOOPBACK, port)
        return self

    async def ask(self, *requests):
        """The replies to all of them, sent at once; an error raises."""
        self.writer.write(b"".join(command(*request) for request in requests))
        return [await self._reply() for _ in requests]

    async def _reply(self):
        line = (await self.reader.readuntil(b"\r\n"))[:-2]
        if line.startswith(b"-"):
            raise ReplyError(line[1:].decode().split(" ", 1)[0])
        if line.startswith(b"*"):
            return [await self._reply() for _ in range(int(line[1:]))]
        if line.startswith(b"$"):
            return (await self.reader.readexactly(int(line[1:]) + 2))[:-2]
        return line[1:]

    def close(self):
        self.writer.close()


class Writer:
    """Writes, rests, and writes again; connects anew when a connection is gone."""

    def __init__(self, number, rest):
        self.number, self.rest = number, rest
        self.writes = []
        self.sessions = {}  # port -> Session

    async def run(self):
        while True:
            begun = time.monotonic()
            server = error = None
            try:
                server = await asyncio.wait_for(self.write(), PATIENCE)
            except ReplyError as refusal:
                error = str(refusal)
            except (OSError, EOFError, asyncio.TimeoutError):
                error = "lost"
            if error:
                self._drop_all()
            self.writes.append(Write(begun, time.monotonic(), server, error))
            await asyncio.sleep(self.rest)

    async def write(self):
        """Returns which server took it."""
        raise NotImplementedError

    async def ask(self, port, *requests):
        if port not in self.sessions:
            self.sessions[port] = await Session.open(port)
        return await self.sessions[port].ask(*requests)

    def _drop_all(self):
        for session in self.sessions.values():
            session.close()
        self.sessions.clear()


class ProxyWriter(Writer):
    def __init__(self, number, port, rest):
        super().__init__(number, rest)
        self.port = port

    async def write(self):
        _, about = await self.ask(self.port, ("INCR", self.number), ("INFO", "server"))
        return next(line[9:].decode() for line in about.split(b"\r\n") if line.startswith(b"tcp_port:"))


class SentinelWriter(Writer):
    def __init__(self, number, sentinel_port, rest):
        super().__init__(number, rest)
        self.sentinel_port = sentinel_port

    async def write(self):
        [[_, port]] = await self.ask(self.sentinel_port, ("SENTINEL", "get-master-addr-by-name", MASTER))
        await self.ask(int(port), ("INCR", f"direct-{self.number}"))
        return port.decode()


class SentinelSet:
    """Servers are known by their ports, as texts."""

    def __init__(self, workspace):
        self.workspace = workspace
        self.nodes = {}  # port -> Child
        self.hosts = [self._start_node() for _ in range(REPLICAS + 1)]
        for port in self.hosts[1:]:
            self._follow(port, self.hosts[0])
        self.sentinels = [free_port() for _ in range(SENTINELS)]
        for port in self.sentinels:
            self._start_sentinel(port)
        self.restore()

    @property
    def primary(self):
        return self._ask(self.sentinels[0], "SENTINEL", "get-master-addr-by-name", MASTER)[1]

    def client(self, number, port, rest):
        return ProxyWriter(number, port, rest)

    def direct_clients(self, rest):
        return [SentinelWriter(i, port, rest) for i, port in enumerate(self.sentinels)]

    def replace_primary(self):
        """kill -9; the Sentinels do the rest."""
        child = self.nodes.pop(self.primary)
        child.send_signal(signal.SIGKILL)
        child.wait(10)

    def restore(self):
        """Those that were killed follow, and all Sentinels agree that all is well."""
        primary = self.primary
        for port in set(self.hosts) - set(self.nodes):
            self._start_node(port)
            self._follow(port, primary)
        wait_for(lambda: all(self._sees_all(port) for port in self.sentinels), "the Sentinels to see all servers")

    def _start_node(self, port=None):
        port = port or str(free_port())
        self.nodes[port] = self.workspace.spawn("redis-" + port, [
            tool("redis-server"), "--port", port, "--bind", LOOPBACK, "--save", "", "--repl-diskless-sync-delay", 0,
            "--repl-ping-replica-period", 1])
        wait_for_port(int(port), self.nodes[port])
        return port

    def _follow(self, port, primary):
        self._ask(int(port), "REPLICAOF", LOOPBACK, primary)

    def _start_sentinel(self, port):
        settings = {"monitor": f"{LOOPBACK} {self.hosts[0]} {SENTINELS // 2 + 1}", "failover-timeout": 3000,
                    "down-after-milliseconds": DOWN_AFTER, "parallel-syncs": REPLICAS}
        lines = [f"port {port}", f"bind {LOOPBACK}", "protected-mode no"]
        lines += [f"sentinel {name} {MASTER} {value}" for name, value in settings.items()]
        config = self.workspace.write(f"sentinel-{port}.conf", "\n".join(lines) + "\n", 0o644)
        child = self.workspace.spawn(f"sentinel-{port}", [tool("redis-server"), config, "--sentinel"])
        wait_for_port(port, child)

    def _sees_all(self, sentinel):
        """The primary, all replicas, connected and not called down, and the other Sentinels."""
        try:
            said = self._ask(sentinel, "SENTINEL", "master", MASTER)
            replicas = self._ask(sentinel, "SENTINEL", "replicas", MASTER)
        except (OSError, BenchError):
            return False
        about = dict(zip(said[::2], said[1::2]))
        each = [dict(zip(one[::2], one[1::2])) for one in replicas]
        fine = [one for one in each if one["flags"] == "slave" and one.get("master-link-status") == "ok"
                and one["master-port"] == about["port"]]
        return (about["flags"] == "master" and len(fine) == REPLICAS
                and about["num-other-sentinels"] == str(SENTINELS - 1))

    @staticmethod
    def _ask(port, *words):
        async def asked():
            session = await Session.open(port)
            try:
                return (await session.ask(words))[0]
            finally:
                session.close()

        try:
            return decoded(asyncio.run(asyncio.wait_for(asked(), 10)))
        except (ReplyError, EOFError, asyncio.TimeoutError) as error:
            raise BenchError(f"Redis on port {port}: {error!r}") from None


def decoded(reply):
    return [decoded(one) for one in reply] if isinstance(reply, list) else reply.decode()
