"""The private PostgreSQL that all targets stand in front of."""

import os
import shutil
import signal
import subprocess
import time

from host import LOOPBACK, BenchError, clean_environment, free_port, wait_for_port

DATABASE = "bench"
TRUSTED_USER = "bench"
PASSWORD = "the same for all"
PASSWORD_USERS = {"scram-sha-256": "bench_scram", "md5": "bench_md5"}

WIDE_ROWS = 10_000  # of bench_wide: 10 MB, each DataRow message 1,000 bytes long

STOP_SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)  # fast, immediate, last resort

SETTINGS = """
listen_addresses = '127.0.0.1'
max_connections = 700            # 500 direct clients and the pools of three proxies
shared_buffers = 512MB
max_wal_size = 4GB
checkpoint_timeout = 30min
autovacuum = off
jit = off
synchronize_seqscans = off
logging_collector = off
log_checkpoints = off
ssl = on
ssl_cert_file = '{cert}'
ssl_key_file = '{key}'
"""

HBA = """
local all all trust
host all bench_scram 127.0.0.1/32 scram-sha-256
host all bench_md5 127.0.0.1/32 md5
host all all 127.0.0.1/32 trust
"""

TABLES = """
create table bench_wide(body text not null);
alter table bench_wide alter body set storage plain;
insert into bench_wide select substr(repeat(md5(i::text), 31), 1, 989) from generate_series(1, {wide_rows}) i;
create unlogged table bench_sink(like pgbench_accounts);
"""


def tool(name):
    """The path of one of PostgreSQL's programs; Debian keeps the servers' out of PATH."""
    folders = ["/usr/lib/postgresql"]
    versions = sorted((v for f in folders if os.path.isdir(f) for v in os.listdir(f) if v.isdigit()), key=int)
    for version in reversed(versions):
        path = f"/usr/lib/postgresql/{version}/bin/{name}"
        if os.access(path, os.X_OK):
            return path
    found = shutil.which(name)
    if not found:
        raise BenchError(f"{name} is not installed (Debian: postgresql, postgresql-contrib)")
    return found


class Cluster:
    """A running PostgreSQL with pgbench's tables, one table of 10 MB, and users for each way to log in."""

    def __init__(self, workspace, scale):
        self.workspace = workspace
        self.scale = scale
        self.port = free_port()
        self.cert, self.key = self._make_certificate()
        self._start()
        self._fill()
        self.secrets = self._read_secrets()

    @property
    def pid(self):
        return self.child.pid

    def version(self):
        return self.sql("show server_version").split()[0]

    def sql(self, statements, user="postgres", database=DATABASE):
        argv = [tool("psql"), *"-X -q -A -t -v ON_ERROR_STOP=1".split(), "-c", statements]
        return self.workspace.run(argv + self._address(user) + ["-d", database], timeout=300).strip()

    def _address(self, user):
        return ["-h", LOOPBACK, "-p", self.port, "-U", user]

    def _make_certificate(self):
        cert, key = self.workspace.path("server.crt"), self.workspace.path("server.key")
        how = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost".split()
        self.workspace.run(["openssl", "req", *how, "-keyout", key, "-out", cert], as_server=True)
        os.chmod(key, 0o600)
        return cert, key

    def _start(self):
        data = self.workspace.path("data")
        how = "-A trust -U postgres -E UTF8 --no-sync --no-locale".split()
        self.workspace.run([tool("initdb"), "-D", data, *how], as_server=True)
        with open(os.path.join(data, "postgresql.conf"), "a") as conf:
            conf.write(SETTINGS.format(cert=self.cert, key=self.key))
        with open(os.path.join(data, "pg_hba.conf"), "w") as hba:
            hba.write(HBA)
        argv = [tool("postgres"), "-D", data, "-p", self.port, "-k", self.workspace.folder]
        self.child = self.workspace.spawn("postgres", argv, as_server=True, death_signal="INT")
        self.child.stop_signals = STOP_SIGNALS
        self.child.patience = 8.0
        wait_for_port(self.port, self.child, 30)
        self._await_recovery()

    def _await_recovery(self):
        """The port accepts a moment before the database does."""
        for _ in range(300):
            asked = self.workspace.command([tool("pg_isready"), "-q", "-h", LOOPBACK, "-p", self.port])
            if subprocess.call(asked, env=clean_environment()) == 0:
                return
            time.sleep(0.05)
        raise BenchError("postgres does not get ready: " + self.child.last_words())

    def _fill(self):
        self.sql(f"create role {TRUSTED_USER} login superuser", database="postgres")
        self.sql(f"create database {DATABASE} owner {TRUSTED_USER}", database="postgres")
        argv = [tool("pgbench"), "-i", "-q", "-s", self.scale, *self._address(TRUSTED_USER), DATABASE]
        self.workspace.run(argv, timeout=600)
        for method, user in PASSWORD_USERS.items():
            role = f"create role {user} login superuser password '{PASSWORD}'"
            self.sql(f"set password_encryption = '{method}'; {role}")
        self.sql(TABLES.format(wide_rows=WIDE_ROWS), user=TRUSTED_USER)
        self.sql("vacuum analyze")
        self.sql("checkpoint")

    def _read_secrets(self):
        """User name -> what pg_authid holds, for the proxies' auth files; the trusted user has none."""
        rows = self.sql("select rolname, rolpassword from pg_authid where rolpassword is not null")
        return {TRUSTED_USER: ""} | dict(row.split("|", 1) for row in rows.splitlines())
