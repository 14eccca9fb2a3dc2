"""Redis, with Forebay before it or not: a user with a password on both sides, two workers."""

import contextlib

from .gateway import Gateway
from .redis import BACKEND_PASSWORD, PASSWORD, Connections, Redis
from .verdicts import check_gateway, report, soon_nothing

# Leases are few, so that many_clients of each driver, a hundred at once, must wait for theirs. Beside them there are the
# shared connections of two workers for each protocol and database.
LEASES = 20
MOST_CONNECTIONS = LEASES + 30

CONFIG = """\
[listen]
redis = ["127.0.0.1:0"]
http = ["127.0.0.1:0"]
workers = 2

[redis.caches.main]
url = "redis://default:{backend_password}@127.0.0.1:{server_port}/0"
lease_pool_size = {leases}

[redis.caches.main.users.app]
password = "{password}"

# Who has not been given the right may not read all of Redis' settings, which have passwords among them.
[redis.caches.main.users.exporter]
password = "{password}"
commands = "+@all"
"""


class RedisStage:
    def __init__(self, folder, cleanup: contextlib.ExitStack):
        self._folder = folder
        self._cleanup = cleanup
        self._redis = Redis(folder / "redis")
        cleanup.callback(self._redis.close)
        self.port = self._redis.port

    def title(self):
        return f"Redis {self._redis.version()}"

    def environment(self, port):
        """What tells a driver's program where to connect; it has every right over its own data."""
        return {"REDIS_URL": f"redis://app:{PASSWORD}@127.0.0.1:{port}/0"}

    def through_gateway(self, program, run):
        config = CONFIG.format(
            backend_password=BACKEND_PASSWORD,
            password=PASSWORD,
            server_port=self._redis.port,
            leases=LEASES,
        )
        gateway = Gateway(program, self._folder, config, "redis")
        self._cleanup.callback(gateway.close)
        with Connections(self._redis) as seen:
            return check_gateway(gateway, run, lambda: self._shared(seen) & self._servers_are_clean())

    def _shared(self, seen):
        most = seen.most()
        print(f"# at most {most} connections at Redis", flush=True)
        return report(
            "connections_shared", f"there were {most} connections at Redis" if most > MOST_CONNECTIONS else ""
        )

    def _servers_are_clean(self):
        """No connection that is left may be in a transaction, blocked, a monitor, or subscribed."""

        def unclean():
            return "; ".join(
                f"flags {each['flags']} after {each['cmd']}"
                for each in self._redis.connections()
                if set(each["flags"]) & set("xbOt") or each["sub"] != "0" or each["psub"] != "0"
            )

        return report("servers_left_clean", soon_nothing(unclean))
