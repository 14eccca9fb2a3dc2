"""Runs a Prometheus exporter, of PgBouncer against the admin console or of Redis, and reads what it says."""

import os
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request


def console_url():
    """The admin console's address with user, password and TLS, as a URL that libpq and Go understand."""
    tls = urllib.parse.urlencode(
        {"sslmode": os.environ["PGSSLMODE"], "sslrootcert": os.environ["PGSSLROOTCERT"]}
    )
    login = f"admin:{urllib.parse.quote(os.environ['ADMINPASSWORD'])}"
    return f"postgresql://{login}@{os.environ['PGHOST']}:{os.environ['PGPORT']}/pgbouncer?{tls}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_transactions(count):
    """Traffic for the counters, as the ordinary user."""
    subprocess.run(["psql", "-X", "-q", "-o", os.devnull], input="select 1;\n" * count, text=True, check=True)


class Exporter:
    """The exporter as a process, running while it is entered; `command` gets the port to listen on."""

    def __init__(self, command):
        self._command = command

    def __enter__(self):
        self.port = free_port()
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(self._command(self.port), stdout=self._log, stderr=self._log)
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def log(self):
        self._log.seek(0)
        return self._log.read()

    def scrape(self):
        """{(metric, labels as Prometheus writes them): value}"""
        give_up = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=20) as page:
                    return parse(page.read().decode())
            except (urllib.error.URLError, ConnectionError):
                if self._process.poll() is not None or time.monotonic() > give_up:
                    raise AssertionError(f"no answer from the exporter: {self.log()}") from None
                time.sleep(0.1)


def parse(page):
    samples = re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", page, re.MULTILINE)
    return {(name, labels): float(value) for name, labels, value in samples}


def value(samples, metric, *labels):
    """The sum of the metric's samples that have all of these labels, each written as name="value"."""
    found = [
        number
        for (name, text), number in samples.items()
        if name == metric and all(each in text for each in labels)
    ]
    assert found, f"{metric} has no sample with {labels}"
    return sum(found)


def missing(samples, metrics):
    return sorted(set(metrics) - {name for name, _ in samples})


def complaints(log):
    return [
        line
        for line in log.splitlines()
        if re.search(r"error|warn|unable|fail|traceback", line, re.IGNORECASE)
    ]
