"""What stands between the clients and the servers: Forebay, and PgBouncer as its users set it up for this."""

import os
import shutil
import signal

from failover_clients import DATABASE
from failover_sentinel import MASTER
from host import LOOPBACK
from target import Target, to_toml

MAX_CLIENTS = 600
POOL_SIZE = 20


class Forebay(Target):
    """It is told the addresses of all servers and nothing else."""

    name = "forebay"
    title = "Forebay"

    def argv(self, _flavour):
        database = {"hosts": [f"{host}:{self.server.port}" for host in self.server.hosts], "user": "postgres"}
        return [self.program, "--config", self.workspace.write("forebay.toml", to_toml({
            "listen": {"postgres": [f"{LOOPBACK}:{self.port}"], "workers": self.workers},
            "postgres": {"pool_mode": "transaction", "default_pool_size": POOL_SIZE,
                         "max_client_conn": MAX_CLIENTS, "auth_type": "trust"},
            f"postgres.databases.{DATABASE}": database,
        }))]

    def promoted(self):
        pass


class PgBouncerList(Target):
    """PgBouncer with all servers in `host=`: it takes them in turn, whatever they are."""

    name = "pgbouncer-list"
    title = "PgBouncer"

    def argv(self, _flavour):
        return [self.program, self._write_settings(self.server.hosts)]

    def _write_settings(self, hosts):
        settings = {
            "listen_addr": LOOPBACK,
            "listen_port": self.port,
            "unix_socket_dir": "",
            "pool_mode": "transaction",
            "default_pool_size": POOL_SIZE,
            "max_client_conn": MAX_CLIENTS,
            "auth_type": "any",
            "server_tls_sslmode": "disable",
            "server_login_retry": 0.1,
        }
        database = f"host={','.join(hosts)} port={self.server.port} user=postgres"
        text = f"[databases]\n{DATABASE} = {database}\n[pgbouncer]\n"
        text += "".join(f"{key} = {value}\n" for key, value in settings.items())
        return self.workspace.write(self.name + ".ini", text)

    def promoted(self):
        pass


class PgBouncerReload(PgBouncerList):
    """PgBouncer with the primary alone; a script of the HA manager's writes the new one there and says RELOAD, the
    moment that it accepts writes."""

    name = "pgbouncer-reload"

    def argv(self, _flavour):
        return [self.program, self._write_settings([self.server.primary])]

    def promoted(self):
        self._write_settings([self.server.primary])
        self.child.send_signal(signal.SIGHUP)


class ForebayRedis(Forebay):
    """It is told the Sentinels and the name that they know the primary by."""

    def argv(self, _flavour):
        cache = {"sentinels": [f"{LOOPBACK}:{port}" for port in self.server.sentinels], "master": MASTER}
        return [self.program, "--config", self.workspace.write("forebay.toml", to_toml({
            "listen": {"redis": [f"{LOOPBACK}:{self.port}"], "workers": self.workers},
            "redis.caches.main": cache,
        }))]


TARGETS = (Forebay, PgBouncerList, PgBouncerReload)
REDIS_TARGETS = (ForebayRedis,)


def programs(build):
    pgbouncer = shutil.which("pgbouncer")
    return {"forebay": os.path.join(build, "forebay"), "pgbouncer-list": pgbouncer, "pgbouncer-reload": pgbouncer}
