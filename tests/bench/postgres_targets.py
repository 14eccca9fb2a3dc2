"""What is measured: direct PostgreSQL, the bare relay, Debian's PgBouncer and Forebay.

A Target is started for one Flavour (pool, way to log in, TLS) and stopped again; the pool size, the login
and the logging are the same for each proxy, and each is one process on this host before the same server.
"""

import dataclasses
import os
import shutil

from host import LOOPBACK
from postgres_cluster import DATABASE, PASSWORD, PASSWORD_USERS, TRUSTED_USER
from target import Target, to_toml

MAX_CLIENTS = 12_000


@dataclasses.dataclass(frozen=True)
class Flavour:
    """How clients come in. `pgbouncer_mode` is for PgBouncer alone: 1.18 prepares in session mode only."""

    auth: str = "trust"
    tls: bool = False
    pool_size: int = 20
    pgbouncer_mode: str = "transaction"

    @property
    def user(self):
        return PASSWORD_USERS.get(self.auth, TRUSTED_USER)


class Database(Target):
    """One way to the database."""

    def dsn(self):
        """libpq's connection string for a client of this target."""
        words = {
            "host": LOOPBACK,
            "port": self.port,
            "dbname": DATABASE,
            "user": self.flavour.user,
            "sslmode": "require" if self.flavour.tls else "disable",
            "gssencmode": "disable",
        }
        if self.flavour.auth != "trust":
            words["password"] = f"'{PASSWORD}'"
        return " ".join(f"{key}={value}" for key, value in words.items())

    def auth_file(self):
        lines = [f'"{user}" "{secret}"\n' for user, secret in self.server.secrets.items()]
        return self.workspace.write(f"{self.name}-users.txt", "".join(lines), 0o600)


class Direct(Database):
    name = "direct"
    is_proxy = False


class Relay(Database):
    name = "relay"

    def argv(self, flavour):
        return [self.program, self.port, self.server.port]


class PgBouncer(Database):
    name = "pgbouncer"
    title = "PgBouncer"

    def argv(self, flavour):
        settings = {
            "listen_addr": LOOPBACK,
            "listen_port": self.port,
            "unix_socket_dir": "",
            "pool_mode": flavour.pgbouncer_mode,
            "default_pool_size": flavour.pool_size,
            "max_client_conn": MAX_CLIENTS,
            "auth_type": flavour.auth,
            "auth_file": self.auth_file(),
            "server_tls_sslmode": "disable",
            "log_connections": 0,
            "log_disconnections": 0,
            "log_stats": 0,
        }
        if flavour.tls:
            settings |= {
                "client_tls_sslmode": "require",
                "client_tls_cert_file": self.server.cert,
                "client_tls_key_file": self.server.key,
            }
        text = f"[databases]\n{DATABASE} = host={LOOPBACK} port={self.server.port}\n[pgbouncer]\n"
        text += "".join(f"{key} = {value}\n" for key, value in settings.items())
        return [self.program, self.workspace.write("pgbouncer.ini", text)]


class Forebay(Database):
    name = "forebay"
    title = "Forebay"

    def argv(self, flavour):
        settings = {
            "pool_mode": "transaction",
            "default_pool_size": flavour.pool_size,
            "max_client_conn": MAX_CLIENTS,
            "auth_type": flavour.auth,
            "auth_file": self.auth_file(),
            "server_tls_sslmode": "disable",
            "log_connections": False,
            "log_disconnections": False,
            "log_stats": False,
        }
        if flavour.tls:
            settings |= {
                "client_tls_sslmode": "require",
                "client_tls_cert_file": self.server.cert,
                "client_tls_key_file": self.server.key,
            }
        listen = {"postgres": [f"{LOOPBACK}:{self.port}"], "http": [f"{LOOPBACK}:0"], "workers": self.workers}
        tables = {
            "listen": listen,
            "postgres": settings,
            f"postgres.databases.{DATABASE}": {"hosts": [f"{LOOPBACK}:{self.server.port}"]},
        }
        return [self.program, "--config", self.workspace.write("forebay.toml", to_toml(tables))]


TARGETS = (Direct, Relay, PgBouncer, Forebay)


def programs(build):
    return {
        "relay": os.path.join(build, "tests/bench/bench_relay"),
        "pgbouncer": shutil.which("pgbouncer"),
        "forebay": os.path.join(build, "forebay"),
    }
