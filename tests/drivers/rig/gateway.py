"""Forebay before the private PostgreSQL: TLS and SCRAM on both sides, two server connections, two workers."""

import re
import signal
import subprocess
import threading

from . import processes
from .postgres import PASSWORDS

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


class Gateway:
    """Runs from construction until close()."""

    def __init__(self, program, folder, certificate, key, postgres):
        self._log_path = folder / "forebay.log"
        # SCRAM secrets, not passwords: it can log in to PostgreSQL only with what the client proves to know.
        users = "".join(f'"{user}" "{postgres.secret(user)}"\n' for user in PASSWORDS)
        (folder / "userlist.txt").write_text(users)
        config = folder / "forebay.toml"
        config.write_text(
            CONFIG.format(
                pool_size=POOL_SIZE,
                folder=folder,
                certificate=certificate,
                key=key,
                server_port=postgres.port,
            )
        )
        self._process = processes.start(
            [str(program), "--config", str(config)], stderr=subprocess.PIPE, text=True, errors="replace"
        )
        self.port = None
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        if not self._ready.wait(30) or not self.port:
            self.close()
            raise RuntimeError(f"Forebay did not become ready:\n{self.log()}")

    def _read_log(self):
        with open(self._log_path, "w") as log:
            for line in self._process.stderr:
                log.write(line)
                log.flush()
                if listening := re.search(r"listening: postgres 127\.0\.0\.1:(\d+)", line):
                    self.port = int(listening[1])
                if re.search(r"\bready\b", line):
                    self._ready.set()
        self._ready.set()  # it ended: whoever waits for it looks at what it said

    def alive(self):
        return self._process.poll() is None

    def log(self):
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""

    def close(self):
        """Stops it and returns its exit code."""
        code = processes.stop(self._process, signal.SIGTERM)
        self._reader.join(5)
        return code
