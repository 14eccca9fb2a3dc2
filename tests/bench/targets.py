"""What is measured: direct PostgreSQL, the bare relay, Debian's PgBouncer and Forebay.

A Target is started for one Flavour (pool, way to log in, TLS) and stopped again; the pool size, the login
and the logging are the same for each proxy, and each is one process on this host before the same server.
"""

import dataclasses
import os
import shutil

from cluster import DATABASE, PASSWORD, PASSWORD_USERS, TRUSTED_USER
from host import LOOPBACK, BenchError, free_port, wait_for_port

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


class Target:
    """One way to the database; started, it has a port and, when it is a proxy, a child process."""

    name = ""
    is_proxy = True

    def __init__(self, workspace, cluster):
        self.workspace = workspace
        self.cluster = cluster
        self.port = None
        self.child = None
        self.flavour = None

    @property
    def pid(self):
        return self.child.pid if self.child else None

    def start(self, flavour):
        self.flavour = flavour
        self.port = free_port()
        self.child = self.workspace.spawn(self.name, self.argv(flavour), as_server=True)
        wait_for_port(self.port, self.child)

    def stop(self):
        if self.child:
            self.workspace.forget(self.child)
            self.child = None

    def argv(self, flavour):
        raise NotImplementedError

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
        lines = [f'"{user}" "{secret}"\n' for user, secret in self.cluster.secrets.items()]
        return self.workspace.write(f"{self.name}-users.txt", "".join(lines), 0o600)


class Direct(Target):
    name = "direct"
    is_proxy = False

    def start(self, flavour):
        self.flavour = flavour
        self.port = self.cluster.port


class Relay(Target):
    name = "relay"

    def __init__(self, workspace, cluster, program):
        super().__init__(workspace, cluster)
        self.program = program

    def argv(self, flavour):
        return [self.program, self.port, self.cluster.port]


class PgBouncer(Target):
    name = "pgbouncer"

    def __init__(self, workspace, cluster, program):
        super().__init__(workspace, cluster)
        self.program = program

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
                "client_tls_cert_file": self.cluster.cert,
                "client_tls_key_file": self.cluster.key,
            }
        text = f"[databases]\n{DATABASE} = host={LOOPBACK} port={self.cluster.port}\n[pgbouncer]\n"
        text += "".join(f"{key} = {value}\n" for key, value in settings.items())
        return [self.program, self.workspace.write("pgbouncer.ini", text)]


class Forebay(Target):
    name = "forebay"

    def __init__(self, workspace, cluster, program, workers):
        super().__init__(workspace, cluster)
        self.program = program
        self.workers = workers

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
                "client_tls_cert_file": self.cluster.cert,
                "client_tls_key_file": self.cluster.key,
            }
        listen = {"postgres": [f"{LOOPBACK}:{self.port}"], "http": [f"{LOOPBACK}:0"], "workers": self.workers}
        tables = {
            "listen": listen,
            "postgres": settings,
            f"postgres.databases.{DATABASE}": {"hosts": [f"{LOOPBACK}:{self.cluster.port}"]},
        }
        return [self.program, "--config", self.workspace.write("forebay.toml", to_toml(tables))]


def to_toml(tables):
    def value(of):
        if isinstance(of, bool):
            return str(of).lower()
        if isinstance(of, list):
            return "[" + ", ".join(value(one) for one in of) + "]"
        return str(of) if isinstance(of, int) else f'"{of}"'

    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {value(of)}\n" for key, of in table.items())
        for name, table in tables.items()
    )


NAMES = ("direct", "relay", "pgbouncer", "forebay")


def check_names(wanted):
    unknown = set(wanted) - set(NAMES)
    if unknown:
        raise BenchError(f"no such target: {', '.join(sorted(unknown))} (there are {', '.join(NAMES)})")


def available(workspace, cluster, build, workers, wanted):
    """The targets of `wanted` (all when empty) that exist here, and a line for each that does not."""
    programs = {
        "relay": os.path.join(build, "tests/bench/bench_relay"),
        "pgbouncer": shutil.which("pgbouncer"),
        "forebay": os.path.join(build, "forebay"),
    }
    makers = {
        "direct": lambda: Direct(workspace, cluster),
        "relay": lambda: Relay(workspace, cluster, programs["relay"]),
        "pgbouncer": lambda: PgBouncer(workspace, cluster, programs["pgbouncer"]),
        "forebay": lambda: Forebay(workspace, cluster, programs["forebay"], workers),
    }
    targets, missing = [], []
    for name in (name for name in NAMES if not wanted or name in wanted):
        program = programs.get(name)
        if name == "direct" or (program and os.access(program, os.X_OK)):
            if program and program.startswith(build + os.sep):
                programs[name] = workspace.copy_program(program)
            targets.append(makers[name]())
        else:
            missing.append(f"{name} is left out: {program or 'its program'} is not there")
    return targets, missing
