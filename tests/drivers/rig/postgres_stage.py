"""PostgreSQL, with Forebay before it or not: TLS and SCRAM on both sides, two server connections, two workers."""

import contextlib

from .gateway import Gateway
from .postgres import PASSWORDS, Postgres, ServerConnections, make_certificate
from .verdicts import check_gateway, report, soon_nothing

POOL_SIZE = 2

CONFIG = """\
[listen]
postgres = ["127.0.0.1:0"]
http = ["127.0.0.1:0"]
workers = 2

[postgres]
pool_mode = "transaction"
default_pool_size = {pool_size}
auth_type = "scram-sha-256"
auth_file = "{folder}/userlist.txt"
admin_users = ["admin"]
client_tls_sslmode = "require"
client_tls_cert_file = "{certificate}"
client_tls_key_file = "{key}"
server_tls_sslmode = "require"

[postgres.databases.app]
hosts = ["127.0.0.1:{server_port}"]
"""


class PostgresStage:
    def __init__(self, folder, cleanup: contextlib.ExitStack):
        self._folder = folder
        self._cleanup = cleanup
        self._certificate, self._key = make_certificate(folder)
        self._postgres = Postgres(folder / "postgres", self._certificate, self._key)
        cleanup.callback(self._postgres.close)
        self.port = self._postgres.port

    def title(self):
        return f"PostgreSQL {self._postgres.version()}"

    def environment(self, port):
        """What tells a driver's program where to connect."""
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(port),
            "PGUSER": "app",
            "PGPASSWORD": PASSWORDS["app"],
            "PGDATABASE": "app",
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(self._certificate),
            "ADMINPASSWORD": PASSWORDS["admin"],
        }

    def through_gateway(self, program, run):
        gateway = self._gateway(program)
        self._cleanup.callback(gateway.close)
        with ServerConnections(self._postgres) as seen:
            return check_gateway(gateway, run, lambda: self._held(seen) & self._servers_are_clean())

    def _gateway(self, program):
        # SCRAM secrets, not passwords: it can log in to PostgreSQL only with what the client proves to know.
        users = "".join(f'"{user}" "{self._postgres.secret(user)}"\n' for user in PASSWORDS)
        (self._folder / "userlist.txt").write_text(users)
        config = CONFIG.format(
            pool_size=POOL_SIZE,
            folder=self._folder,
            certificate=self._certificate,
            key=self._key,
            server_port=self._postgres.port,
        )
        return Gateway(program, self._folder, config, "postgres")

    def _held(self, seen):
        most = seen.most()
        return report(
            "pool_size_held",
            f"{most} server connections, the pool is {POOL_SIZE}" if most > POOL_SIZE else "",
        )

    def _servers_are_clean(self):
        """Every server connection that is left must be idle and outside of a transaction."""
        left = """select string_agg(state || ': ' || query, '; ') from pg_stat_activity
                  where usename = 'app' and state <> 'idle'"""
        return report("servers_left_clean", soon_nothing(lambda: self._postgres.ask(left)))
