"""Clients that redis-benchmark has not: of one request that it cannot make, and those that do nothing."""

from dialogue import Dialogue
from redis_server import Connection, command, key

IDLE_BATCH = 64  # so many idle clients are in the middle of a request at a time


class RequestClients(Dialogue):
    """Clients of tests/bench/redis_load.cc."""

    def result(self):
        replies, received, *latencies = map(int, self.ask("end").split())
        p50, p99, longest = (microseconds / 1e6 for microseconds in latencies)
        return {"replies": replies, "bytes": received, "p50": p50, "p99": p99, "max": longest}


class IdleClients:
    """So many clients that have said PING and do nothing more, unless asked to GET once."""

    def __init__(self, port, count):
        self.clients = []
        for first in range(0, count, IDLE_BATCH):
            self.clients += [Connection(port) for _ in range(min(IDLE_BATCH, count - first))]
            self._each(self.clients[first:], command("PING"))

    def query_each(self):
        for first in range(0, len(self.clients), IDLE_BATCH):
            self._each(self.clients[first:first + IDLE_BATCH], command("GET", key(0)))

    def leave(self):
        for client in self.clients:
            client.close()

    @staticmethod
    def _each(clients, request):
        for client in clients:
            client.send(request)
        for client in clients:
            client.receive()
