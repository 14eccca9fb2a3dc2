"""The primary itself, and Forebay before it and its replicas, with reads split and without."""

import os

from failover_clients import DATABASE, USER
from host import LOOPBACK, free_port
from target import Target, to_toml

POOL_SIZE = 20


class Way(Target):
    """Its flavour is of how many replicas it knows."""

    def dsn(self):
        return f"host={LOOPBACK} port={self.port} dbname={DATABASE} user={USER} sslmode=disable gssencmode=disable"


class Direct(Way):
    name = "direct"
    is_proxy = False


class Forebay(Way):
    name = "forebay"
    title = "Forebay"
    splits = True

    def argv(self, replicas):
        self.http_port = free_port()
        hosts = [f"{host}:{self.server.port}" for host in self.server.hosts[:1 + replicas * self.splits]]
        database = {"hosts": hosts, "user": USER, "reads": "replicas" if self.splits else "primary"}
        listen = {"postgres": [f"{LOOPBACK}:{self.port}"], "http": [f"{LOOPBACK}:{self.http_port}"],
                  "workers": self.workers}
        return [self.program, "--config", self.workspace.write(self.name + ".toml", to_toml({
            "listen": listen,
            "postgres": {"pool_mode": "transaction", "default_pool_size": POOL_SIZE, "auth_type": "trust",
                         "log_connections": False, "log_disconnections": False, "log_stats": False},
            f"postgres.databases.{DATABASE}": database,
        }))]


class ForebayPrimary(Forebay):
    """It knows no replica, and looks at no text."""

    name = "forebay-primary"
    title = ""  # the same program
    splits = False


TARGETS = (Direct, ForebayPrimary, Forebay)


def programs(build):
    forebay = os.path.join(build, "forebay")
    return {"forebay": forebay, "forebay-primary": forebay}
