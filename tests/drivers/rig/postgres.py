"""A private PostgreSQL: temporary folder, free port, TLS and SCRAM only, one database `app` of user `app`."""

import os
import shutil
import signal
import subprocess
import threading
import time

from . import processes
from .network import free_port

PASSWORDS = {"app": "pa55 wörd: app", "admin": "console"}


def make_certificate(folder):
    """A certificate for 127.0.0.1 and localhost that is its own CA. Returns (certificate, key)."""
    certificate, key = folder / "server.crt", folder / "server.key"
    processes.checked(
        [
            processes.tool("openssl"),
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:TRUE",
            "-keyout",
            key,
            "-out",
            certificate,
        ]
    )
    return certificate, key


class Postgres:
    """Runs from construction until close()."""

    def __init__(self, folder, certificate, key):
        self.folder = folder
        folder.mkdir(mode=0o755)
        self.bin = processes.checked([processes.tool("pg_config"), "--bindir"]).strip()
        if not os.access(f"{self.bin}/initdb", os.X_OK):
            raise processes.Skip("PostgreSQL's server is not installed")
        self.data = folder / "data"
        self._user = processes.as_server_user()
        self._log = open(self.folder / "postgres.log", "wb")
        self.data.mkdir(mode=0o700)
        self._adopt(self.data)
        processes.checked(
            [
                f"{self.bin}/initdb",
                "-D",
                self.data,
                "-U",
                "postgres",
                "-A",
                "trust",
                "-N",
                "-E",
                "UTF8",
                "--no-locale",
            ],
            cwd=folder,
            **self._user,
        )
        for source, name in ((certificate, "server.crt"), (key, "server.key")):
            self._adopt(shutil.copyfile(source, self.data / name)).chmod(0o600)
        (self.data / "pg_hba.conf").write_text(
            "local all postgres trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
        )
        self.port = free_port()
        self._process = self._start()
        try:
            self._wait_until_it_answers()
            self._create_users()
        except BaseException:
            self.close()
            raise

    def _adopt(self, path):
        if self._user:
            shutil.chown(path, self._user["user"], self._user["group"])
        return path

    def _start(self):
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.data,
            "ssl": "on",
            "max_connections": 120,
            "fsync": "off",
            "client_connection_check_interval": "200ms",
            "log_min_messages": "log",
            "log_line_prefix": "%m %p %u %a ",
        }
        command = [f"{self.bin}/postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return processes.start(
            command, "INT", cwd=self.folder, stdout=self._log, stderr=self._log, **self._user
        )

    def _wait_until_it_answers(self):
        give_up = time.monotonic() + 30
        while True:
            try:
                return self.ask("select 1")
            except RuntimeError as failure:
                if self._process.poll() is not None or time.monotonic() > give_up:
                    raise RuntimeError(f"PostgreSQL did not start: {failure}\n{self.log()}") from None
                time.sleep(0.05)

    def _create_users(self):
        for user, password in PASSWORDS.items():
            self.ask(f"create role {user} login password '{password}'")
        self.ask("create database app owner app")

    def _psql(self, sql):
        return [
            f"{self.bin}/psql",
            "-X",
            "-At",
            "-h",
            str(self.data),
            "-p",
            str(self.port),
            "-U",
            "postgres",
            "-c",
            sql,
        ]

    def ask(self, sql):
        """Runs `sql` as the superuser, beside whatever is being tested."""
        return processes.checked(self._psql(sql)).strip()

    def secret(self, user):
        """The user's SCRAM secret as pg_authid holds it."""
        return self.ask(f"select rolpassword from pg_authid where rolname = '{user}'")

    def version(self):
        return self.ask("show server_version")

    def log(self):
        return (self.folder / "postgres.log").read_text(errors="replace")

    def close(self):
        processes.stop(self._process, signal.SIGINT)
        self._log.close()


class ServerConnections(threading.Thread):
    """Watches how many connections user `app` has at PostgreSQL, for as long as it is entered."""

    SQL = "select count(*) from pg_stat_activity where usename = 'app' and backend_type = 'client backend'"

    def __init__(self, postgres):
        super().__init__(daemon=True)
        self._postgres = postgres
        self.counts = []

    def __enter__(self):
        command = self._postgres._psql(self.SQL)[:-2] + ["-f", "-"]
        self._process = processes.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._process.stdin.write(f"{self.SQL} \\watch 0.1\n")
        self._process.stdin.close()
        self.start()
        return self

    def run(self):
        for line in self._process.stdout:
            if line.strip().isdigit():
                self.counts.append(int(line))

    def __exit__(self, *_):
        processes.stop(self._process, signal.SIGTERM)
        self.join()

    def most(self):
        """The most that two looks in a row saw: what was just closed may still be leaving at the first."""
        return max(map(min, self.counts, self.counts[1:]), default=0)
