#!/usr/bin/env python3
"""./run demo [--once]: a private PostgreSQL primary with a streaming replica, a Redis, and Forebay in front.

Runs a short session through Forebay (pgbench with 200 clients over 10 server connections; redis-benchmark with 50, a
transaction, a queue, Pub/Sub), ends the primary and promotes its replica while 20 clients write, then waits for
Ctrl-C; with --once it ends after the session, with status 0 only if all of it worked. Everything lives in one
temporary folder on free ports of the loopback, and goes away with this program, whatever ends it.
"""
import contextlib
import ctypes
import glob
import os
import pathlib
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
CLIENTS = 200
POOL_SIZE = 10
TRANSACTIONS = 50  # of each client
WRITERS = 20  # while the primary dies
WRITES = 400  # by all of them, before that and afterwards
CACHE_CLIENTS = 50
COMMANDS = 20_000  # of all of them
SESSION_SECONDS = 120  # at most
STARTUP_SECONDS = 30
PASSWORD = "demo"
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class DemoError(Exception):
    """Something did not work; the message says what."""


class Stopped(Exception):
    """Ctrl-C, or another request to stop."""


def say(text):
    print(f"\n== {text}", flush=True)


def show(command):
    print("   $ " + shlex.join(str(word) for word in command), flush=True)


def indent(text):
    print("\n".join("   " + line for line in text.rstrip().splitlines()), flush=True)


def check(condition, message):
    if not condition:
        raise DemoError(message)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ignore_signals():
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def signals_held():
    """A child is either not started or on record: no signal comes in between."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def die_with_parent(death_signal):
    """What a child does before it becomes its program."""
    pr_set_pdeathsig = 1
    libc = ctypes.CDLL(None)

    def prepare():
        libc.prctl(pr_set_pdeathsig, death_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)

    return prepare


class Stage:
    """The temporary folder and the programs that run in it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="forebay-demo-"))
        self.folder.chmod(0o755)  # PostgreSQL may run as another user
        self.programs = []        # (name, process, stop signal), in the order of their start
        # PostgreSQL refuses to run as root.
        self.postgres_user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        # The demo talks to its own servers, whatever the caller's shell is set up for.
        self.environment = {k: v for k, v in os.environ.items()
                            if not k.startswith("PG") and k not in ("DATABASE_URL", "REDIS_URL")}
        self.environment["LC_ALL"] = "C"

    def as_postgres(self):
        user = self.postgres_user
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}

    def make_folder(self, name, mode=0o700):
        path = self.folder / name
        path.mkdir(mode=mode)
        if self.postgres_user:
            os.chown(path, self.postgres_user.pw_uid, self.postgres_user.pw_gid)
        return path

    def start(self, name, command, stop=signal.SIGTERM, death_signal=signal.SIGKILL, shown=True, **options):
        if shown:
            show(command)
        with open(self.log(name), "wb") as log, signals_held():
            options.setdefault("stdin", subprocess.DEVNULL)
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd="/", env=self.environment,
                                       start_new_session=True, preexec_fn=die_with_parent(death_signal), **options)
            self.programs.append((name, process, stop))
        return process

    def finish(self, name, process, timeout=120):
        """Waits for a program that ends by itself and must succeed; gives its output."""
        try:
            process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise DemoError(f"{name} does not come to an end") from None
        self.programs = [entry for entry in self.programs if entry[1] is not process]
        output = self.log(name).read_text(errors="replace")
        check(process.returncode == 0, f"{name} failed:\n{output}")
        return output

    def run(self, command, **options):
        name = pathlib.Path(command[0]).name
        return self.finish(name, self.start(name, command, stop=signal.SIGINT, **options))

    def run_with_input(self, command, file):
        name = pathlib.Path(command[0]).name
        return self.finish(name, self.start(name, command, stop=signal.SIGINT, stdin=file))

    def end(self, process):
        """Ends a program that does not end by itself."""
        process.terminate()
        process.wait()
        self.programs = [entry for entry in self.programs if entry[1] is not process]

    def log(self, name):
        return self.folder / f"{name}.log"

    def wait_for(self, name, text):
        """The log of program `name` once it says `text`."""
        process = next(process for started, process, _ in self.programs if started == name)
        deadline = time.monotonic() + STARTUP_SECONDS
        while True:
            ended = process.poll() is not None
            log = self.log(name).read_text(errors="replace")
            if text in log:
                return log
            check(not ended, f"{name} ended with status {process.returncode}:\n{log}")
            check(time.monotonic() < deadline, f"{name} does not get ready:\n{log}")
            time.sleep(0.02)

    def ended(self):
        return next((name for name, process, _ in self.programs if process.poll() is not None), None)

    def clean_up(self):
        """Ends what was started, the last first, and removes the folder."""
        ignore_signals()
        for name, process, stop in reversed(self.programs):
            print(f"   stopping {name}", flush=True)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, stop)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Demo:
    def __init__(self, stage):
        self.stage = stage
        self.postgres_bin = self.find_postgres()
        self.sockets = stage.make_folder("sockets", 0o755)

    @staticmethod
    def find_postgres():
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(re.sub(r"\D", "", path)))
        check(found, "no PostgreSQL under /usr/lib/postgresql")
        return pathlib.Path(found[-1])

    def start_postgres(self, name, folder, port):
        (folder / "postgresql.conf").write_text(
            f"listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{self.sockets}'\n"
            "fsync = off\nmax_connections = 100\nlc_messages = 'C'\n")
        self.stage.start(name, [self.postgres_bin / "postgres", "-D", folder], stop=signal.SIGINT,
                         death_signal=signal.SIGQUIT, **self.stage.as_postgres())
        self.stage.wait_for(name, "database system is ready to accept")

    def direct(self, port, sql, dbname="postgres"):
        return self.stage.run([self.postgres_bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.sockets, "-p",
                               str(port), "-U", "postgres", "-c", sql, dbname], shown=False).strip()

    def primary(self):
        say("a PostgreSQL primary")
        folder = self.stage.make_folder("primary")
        self.stage.run([self.postgres_bin / "initdb", "-D", folder, "-U", "postgres", "-A", "trust", "--no-sync",
                        "-E", "UTF8", "--locale=C"], **self.stage.as_postgres())
        (folder / "pg_hba.conf").write_text("local all postgres trust\nlocal replication postgres trust\n"
                                            "host all app 127.0.0.1/32 scram-sha-256\n")
        self.primary_port = free_port()
        self.start_postgres("primary", folder, self.primary_port)
        self.direct(self.primary_port, f"create role app login password '{PASSWORD}'")
        self.direct(self.primary_port, "create database app owner app")
        self.stage.run([self.postgres_bin / "pgbench", "-i", "-q", "-s", "5",
                        f"postgres://app:{PASSWORD}@127.0.0.1:{self.primary_port}/app"])

    def replica(self):
        say("its streaming replica")
        folder = self.stage.make_folder("replica")
        self.stage.run([self.postgres_bin / "pg_basebackup", "-h", self.sockets, "-p", str(self.primary_port),
                        "-U", "postgres", "-D", folder, "-R", "-c", "fast", "--no-sync"], **self.stage.as_postgres())
        self.replica_port = free_port()
        self.start_postgres("replica", folder, self.replica_port)
        deadline = time.monotonic() + STARTUP_SECONDS
        while self.direct(self.primary_port, "select count(*) from pg_stat_replication where state = 'streaming'") != "1":
            check(time.monotonic() < deadline, "the replica does not stream")
            time.sleep(0.1)
        indent("the primary streams to it")

    def redis(self):
        say("a Redis")
        self.redis_port = free_port()
        self.stage.start("redis", ["redis-server", "--bind", "127.0.0.1", "--port", str(self.redis_port), "--save", "",
                                   "--appendonly", "no", "--dir", self.stage.folder])
        self.stage.wait_for("redis", "Ready to accept connections")

    def forebay(self):
        say(f"Forebay in front of both, with {POOL_SIZE} server connections, and of Redis")
        (self.stage.folder / "userlist.txt").write_text(f'"app" "{PASSWORD}"\n"admin" "{PASSWORD}"\n')
        config = self.stage.folder / "forebay.toml"
        config.write_text(f"""[listen]
postgres = ["127.0.0.1:0"]
redis    = ["127.0.0.1:0"]
http     = ["127.0.0.1:0"]

[postgres]
pool_mode = "transaction"
default_pool_size = {POOL_SIZE}
auth_type = "scram-sha-256"
auth_file = "userlist.txt"
admin_users = ["admin"]

[postgres.databases.app]
hosts = ["127.0.0.1:{self.primary_port}", "127.0.0.1:{self.replica_port}"]    # who is primary is found out

[failover]
probe_user = "app"

[redis.caches.main]
url = "redis://127.0.0.1:{self.redis_port}/0"
""")
        indent(config.read_text())
        self.stage.start("forebay", [REPOSITORY / "build/forebay", "--config", config])
        log = self.stage.wait_for("forebay", " ready\n")
        self.port = self.listening_port(log, "postgres")
        self.http = f"http://127.0.0.1:{self.listening_port(log, 'http')}"
        self.cache_port = self.listening_port(log, "redis")
        self.cache_url = f"redis://127.0.0.1:{self.cache_port}/0"
        self.url = f"postgres://app:{PASSWORD}@127.0.0.1:{self.port}/app"
        self.console = f"postgres://admin:{PASSWORD}@127.0.0.1:{self.port}/forebay"

    @staticmethod
    def listening_port(log, kind):
        found = re.search(rf"listening: {kind} 127\.0\.0\.1:(\d+)", log)
        check(found, f"Forebay does not say where it listens for {kind}:\n{log}")
        return int(found.group(1))

    def show_pools(self):
        return self.ask_console("show pools")

    def ask_console(self, command, *options):
        return self.stage.run([self.postgres_bin / "psql", "-X", "-P", "pager=off", *options, "-c", command,
                               self.console])

    def session(self):
        say(f"pgbench: {CLIENTS} clients log in and run {TRANSACTIONS} transactions each")
        most, pools = 0, ""
        command = [self.postgres_bin / "pgbench", "-n", "-c", str(CLIENTS), "-j", "2", "-t", str(TRANSACTIONS),
                   "-M", "extended", "-b", "simple-update", self.url]
        pgbench = self.stage.start("pgbench", command)
        began = time.monotonic()
        while pgbench.poll() is None:
            check(time.monotonic() - began < SESSION_SECONDS, "pgbench does not come to an end")
            now = int(self.direct(self.primary_port, "select count(*) from pg_stat_activity where usename = 'app'"
                                  " and application_name <> 'forebay probe'"))
            most = max(most, now)
            if not pools and most == POOL_SIZE:
                pools = self.show_pools()
            time.sleep(0.2)
        report = self.stage.finish("pgbench", pgbench)
        indent(report)
        total = CLIENTS * TRANSACTIONS
        check(f"actually processed: {total}/{total}" in report, "some transactions were not processed")
        check("number of failed transactions: 0 " in report, "some transactions failed")
        indent(f"PostgreSQL saw at most {most} connections of these {CLIENTS} clients.")
        check(0 < most <= POOL_SIZE, f"there should have been 1 to {POOL_SIZE}")

        say("SHOW POOLS, " + ("while it ran and " if pools else "") + "now")
        tables = [pools, self.show_pools()] if pools else [self.show_pools()]
        for table in tables:
            indent(table)
            check(re.search(r"^ *app +\| *app ", table, re.MULTILINE), "SHOW POOLS does not show the pool app/app")

    def count_writes(self, port, at_least):
        deadline = time.monotonic() + STARTUP_SECONDS
        while int(self.direct(port, "select count(*) from ticks", "app")) < at_least:
            check(time.monotonic() < deadline, "the clients do not write")
            time.sleep(0.05)

    def promotion(self):
        say(f"the primary dies, and its replica is promoted, while {WRITERS} clients write")
        indent(self.ask_console("show topology", "-x"))
        self.stage.run([self.postgres_bin / "psql", "-Xq", "-c", "create table ticks (at timestamptz)", self.url])
        script = self.stage.folder / "write.sql"
        script.write_text("insert into ticks values (clock_timestamp()) \\watch 0.05\n")
        writers = [self.stage.start(f"writer-{i}", [self.postgres_bin / "psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f",
                                                   script, self.url], shown=i == 0) for i in range(WRITERS)]
        self.count_writes(self.primary_port, WRITES)
        primary = next(process for name, process, _ in self.stage.programs if name == "primary")
        died = time.monotonic()
        primary.send_signal(signal.SIGQUIT)  # as in a crash: nobody is told, nothing is flushed
        primary.wait()
        self.stage.programs = [entry for entry in self.stage.programs if entry[1] is not primary]
        self.stage.run([self.postgres_bin / "pg_ctl", "promote", "-w", "-D", self.stage.folder / "replica"],
                       **self.stage.as_postgres())
        without = time.monotonic() - died
        before = int(self.direct(self.replica_port, "select count(*) from ticks", "app"))
        self.count_writes(self.replica_port, before + WRITES)
        hit = sum(writer.poll() is not None for writer in writers)
        for writer in writers:
            self.stage.end(writer)
        gap = self.direct(self.replica_port, "select extract(epoch from max(gap)) from "
                          "(select at - lag(at) over (order by at) as gap from ticks) as gaps", "app")
        indent(f"""For about {without:.2f} s there was no primary. The longest pause between two writes was {float(gap):.2f} s.
{hit} of {WRITERS} clients had a statement under way on the primary when it died, and were told; the others have not noticed.""")
        indent(self.ask_console("show topology", "-x"))
        indent(self.ask_console("show events"))

    def benchmark(self, port):
        """Redis' own: the lines SET and GET of its report."""
        report = self.stage.run(["redis-benchmark", "-p", str(port), "-q", "-n", str(COMMANDS), "-c",
                                 str(CACHE_CLIENTS), "-t", "set,get"])
        lines = [line.strip() for line in report.replace("\r", "\n").splitlines() if "per second" in line]
        check(len(lines) == 2, f"redis-benchmark has not come to its end:\n{report}")
        return lines

    def redis_connections(self):
        lines = self.redis_cli(self.redis_port, "client", "list", shown=False).splitlines()
        return sum(" cmd=client" not in line for line in lines)

    def redis_cli(self, port, *words, shown=True, **options):
        return self.stage.run(["redis-cli", "-p", str(port), *words], shown=shown, **options).strip()

    def cache_session(self):
        say(f"redis-benchmark: {CACHE_CLIENTS} clients, {COMMANDS:,} commands each way; direct, then through Forebay")
        indent("\n".join(self.benchmark(self.redis_port)))
        indent("\n".join(self.benchmark(self.cache_port)))
        indent(f"Redis has {self.redis_connections()} connections from Forebay.")

        say("a transaction, on a connection of its own for as long as it lasts")
        script = self.stage.folder / "transaction.txt"
        script.write_text("MULTI\nINCRBY balance 30\nINCR transfers\nEXEC\n")
        with open(script, encoding="utf-8") as commands:
            answers = self.stage.run_with_input(["redis-cli", "-p", str(self.cache_port)], commands).split()
        indent(f"MULTI, INCRBY balance 30, INCR transfers, EXEC: {' '.join(answers)}")
        check(answers == ["OK", "QUEUED", "QUEUED", "30", "1"], "the transaction went wrong")

        say("a queue: BLPOP waits until somebody pushes")
        waiting = self.start_client("blpop", "BLPOP", "jobs", "0")
        self.wait_for_pool("cl_blocked", "1")
        self.redis_cli(self.cache_port, "RPUSH", "jobs", "mail-4711")
        indent(" ".join(self.stage.finish("blpop", waiting, timeout=STARTUP_SECONDS).split()))

        say("Pub/Sub: all subscriptions share one connection")
        listening = self.start_client("subscribe", "SUBSCRIBE", "news")
        self.stage.wait_for("subscribe", "news\n1")
        self.redis_cli(self.cache_port, "PUBLISH", "news", "hello")
        self.stage.wait_for("subscribe", "hello")
        indent(" ".join(self.stage.log("subscribe").read_text().split()))

        say("SHOW REDIS_POOLS, and the Redis behind")
        pools = self.ask_console("show redis_pools", "-x")
        indent(pools)
        check(re.search(r"^cl_subscribed +\| 1$", pools, re.MULTILINE), "SHOW REDIS_POOLS does not show the subscriber")
        indent(self.ask_console("show redis_nodes", "-x"))
        self.stage.end(listening)

    def start_client(self, name, *words):
        return self.stage.start(name, ["redis-cli", "-p", str(self.cache_port), *words])

    def wait_for_pool(self, column, value):
        deadline = time.monotonic() + STARTUP_SECONDS
        while True:
            rows = self.stage.run([self.postgres_bin / "psql", "-X", "-x", "-A", "-t", "-c", "show redis_pools",
                                   self.console], shown=False).splitlines()
            if f"{column}|{value}" in rows:
                return
            check(time.monotonic() < deadline, f"SHOW REDIS_POOLS never says {column} = {value}")
            time.sleep(0.05)

    def over_http(self):
        say("and over HTTP")
        for path in ("/readyz", "/health", "/metrics"):
            with urllib.request.urlopen(self.http + path, timeout=10) as reply:
                body = reply.read().decode()
            if path == "/metrics":
                lines = [line for line in body.splitlines() if line.startswith("forebay_")]
                check(lines, "no metrics")
                body = f"{len(lines)} lines, such as {lines[0]}"
            indent(f"GET {path}: {body.strip()[:400]}")

    def invite(self):
        say("try it")
        indent(f"""application   psql {self.url}
console       psql {self.console}
metrics       curl {self.http}/metrics
health        curl {self.http}/health
primary now   psql postgres://app:{PASSWORD}@127.0.0.1:{self.replica_port}/app      (past Forebay)
cache         REDIS_URL={self.cache_url}      such as redis-cli -u {self.cache_url}
redis         redis-cli -p {self.redis_port}      (past Forebay)
log           {self.stage.log("forebay")}""")


def stop(number, _frame):
    """The first signal starts the clean-up, and nothing interrupts that."""
    ignore_signals()
    raise Stopped(signal.Signals(number).name)


def main(arguments):
    if arguments not in ([], ["--once"]):
        print("usage: ./run demo [--once]", file=sys.stderr)
        return 2
    for number in STOPPING:
        signal.signal(number, stop)
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)  # until the folder is somebody's to remove
    stage = Stage()
    worked = False
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
        demo = Demo(stage)
        demo.primary()
        demo.replica()
        demo.redis()
        demo.forebay()
        demo.session()
        demo.cache_session()
        demo.over_http()
        demo.promotion()
        worked = True
        if not arguments:
            demo.invite()
            print("\nCtrl-C ends it and removes everything.", flush=True)
            while not (ended := stage.ended()):
                time.sleep(0.5)
            worked = False
            print(f"\n{ended} has ended:\n{stage.log(ended).read_text(errors='replace')[-2000:]}", file=sys.stderr)
    except Stopped as why:
        print(f"\n{why}", flush=True)
    except (DemoError, OSError, subprocess.SubprocessError) as error:
        worked = False
        print(f"\nthe demo failed: {error}", file=sys.stderr, flush=True)
        if stage.log("forebay").exists():
            print("\nForebay's log:\n" + stage.log("forebay").read_text(errors="replace")[-4000:], file=sys.stderr)
    finally:
        say("cleaning up")
        stage.clean_up()
    return 0 if worked else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
