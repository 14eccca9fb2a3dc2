"""PostgreSQLs with replicas: a pair that this program promotes, and three under Patroni.

All servers of one set-up have the same port, on loopback addresses of their own: PgBouncer knows several hosts
of a database, but one port.
"""

import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request

from failover_clients import DATABASE, USER, Client, wait_for
from host import LOOPBACK, BenchError, free_port, wait_for_port
from postgres_cluster import tool

CLIENT_ROWS = 2000
DIRECT_ROWS = 1000  # the direct clients have rows from here on
TABLE = f"""
create table bench_register (client int primary key, value bigint not null) with (fillfactor = 20);
insert into bench_register select i, 0 from generate_series(0, {CLIENT_ROWS - 1}) i;
"""
SETTINGS = ("max_connections=300", "shared_buffers=64MB", "fsync=off", "wal_keep_size=128MB", "hot_standby=on",
            "unix_socket_directories=")
HBA = "host all all 127.0.0.0/8 trust\nhost replication all 127.0.0.0/8 trust\n"


def psql(workspace, host, port, statements):
    argv = [tool("psql"), *"-X -q -A -t -v ON_ERROR_STOP=1".split(), "-h", host, "-p", port, "-U", USER]
    return workspace.run(argv + ["-d", DATABASE, "-c", statements]).strip()


class PostgresServers:
    """What clients of any of these are like; `hosts` are addresses, which share a `port`."""

    def client(self, number, port, rest):
        return Client(number, LOOPBACK, port, rest)

    def direct_clients(self, rest):
        return [Client(DIRECT_ROWS + i, host, self.port, rest) for i, host in enumerate(self.hosts)]


class Replicated(PostgresServers):
    """A primary and streaming replicas, each on a loopback address of its own."""

    def __init__(self, workspace, replicas):
        self.workspace = workspace
        self.port = free_port()
        self.hosts = [f"127.0.0.{i + 1}" for i in range(replicas + 1)]
        self.children = {}
        self.primary = self.hosts[0]
        how = f"-A trust -U {USER} -E UTF8 --no-sync --no-locale".split()
        workspace.run([tool("initdb"), "-D", self._data(self.primary), *how], as_server=True)
        with open(os.path.join(self._data(self.primary), "pg_hba.conf"), "w") as hba:
            hba.write(HBA)
        self._start(self.primary)
        self.sql(TABLE)
        for host in self.replicas:
            self._copy_primary(host)

    @property
    def replicas(self):
        return [host for host in self.hosts if host != self.primary]

    def sql(self, statements, host=None):
        return psql(self.workspace, host or self.primary, self.port, statements)

    def _copy_primary(self, host):
        source = f"host={self.primary} port={self.port} user={USER} application_name={host}"
        self.workspace.run([tool("pg_basebackup"), "-D", self._data(host), "-d", source, "-R", "-X",
                            "stream", "-c", "fast", "--no-sync"], as_server=True)
        self._start(host)
        streams = f"select 1 from pg_stat_replication where state = 'streaming' and application_name = '{host}'"
        wait_for(lambda: self.sql(streams), "the replica on " + host)

    def _data(self, host):
        return self.workspace.path("data-" + host)

    def _start(self, host):
        settings = [word for setting in SETTINGS for word in ("-c", setting)]
        child = self.workspace.spawn("postgres-" + host, [
            tool("postgres"), "-D", self._data(host), "-p", self.port, "-h", host, *settings],
            as_server=True, death_signal="QUIT")
        child.stop_signals = (signal.SIGQUIT, signal.SIGKILL)
        self.children[host] = child
        wait_for(lambda: self._accepts(host), "PostgreSQL on " + host)

    def _accepts(self, host):
        asked = [tool("pg_isready"), "-q", "-h", host, "-p", str(self.port)]
        return subprocess.call(asked, stdout=subprocess.DEVNULL) == 0


class Pair(Replicated):
    """A primary and a replica, which swap their parts whenever the primary is replaced."""

    def __init__(self, workspace):
        super().__init__(workspace, replicas=1)

    def replace_primary(self):
        """kill -9 of the primary and of all its processes, then the promotion of the replica."""
        child = self.children.pop(self.primary)
        processes = [child.pid, *children_of(child.pid)]
        for process in processes:
            os.kill(process, signal.SIGKILL)
        child.wait(10)
        [self.primary] = self.replicas
        self.sql("select pg_promote()")

    def restore(self):
        """The one that was killed follows the new primary."""
        [killed] = self.replicas
        shutil.rmtree(self._data(killed))
        self._copy_primary(killed)


PATRONI = {
    "scope": "bench",
    "watchdog": {"mode": "off"},
    "bootstrap": {
        "dcs": {"ttl": 20, "loop_wait": 1, "retry_timeout": 3,
                "postgresql": {"use_pg_rewind": True, "parameters": {"max_connections": 300, "fsync": "off"}}},
        "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, {"auth": "trust"}, "no-sync"],
    },
}


class PatroniSet(PostgresServers):
    """Three members and an etcd. `primary` is the address of the leader."""

    MEMBERS = 3

    @staticmethod
    def missing():
        return [name for name in ("patroni", "etcd") if not shutil.which(name)]

    def __init__(self, workspace):
        self.workspace = workspace
        self.port = free_port()
        self.hosts = [f"127.0.0.{i + 1}" for i in range(self.MEMBERS)]
        self.rest = {host: free_port() for host in self.hosts}
        etcd = self._start_etcd()
        for host in self.hosts:
            config = workspace.write(f"patroni-{host}.yml", json.dumps(self._config(host, etcd)))  # JSON is YAML
            child = workspace.spawn("patroni-" + host, ["patroni", config], as_server=True, death_signal="TERM")
            child.patience = 20.0  # it stops its PostgreSQL first
        self.await_health()
        psql(workspace, self.primary, self.port, TABLE)

    @property
    def primary(self):
        return next((host for host in self.hosts if self._says(host, "/primary")), None)

    def replace_primary(self):
        host = self.primary
        body = json.dumps({"leader": self._name(host)}).encode()
        request = urllib.request.Request(self._url(host, "/switchover"), body, method="POST")
        try:
            urllib.request.urlopen(request, timeout=60).read()
        except OSError as error:
            raise BenchError(f"Patroni refuses a switchover: {error}") from None

    def restore(self):
        self.await_health()

    def await_health(self):
        def healthy():
            return self.primary and sum(self._says(host, "/replica") for host in self.hosts) == self.MEMBERS - 1

        wait_for(healthy, "a leader and two replicas under Patroni", 120)

    def _start_etcd(self):
        port, peer = free_port(), free_port()
        client_url, peer_url = (f"http://{LOOPBACK}:{each}" for each in (port, peer))
        child = self.workspace.spawn("etcd", [
            "etcd", "--name", "bench", "--data-dir", self.workspace.path("etcd"), "--listen-client-urls", client_url,
            "--advertise-client-urls", client_url, "--listen-peer-urls", peer_url,
            "--initial-advertise-peer-urls", peer_url, "--initial-cluster", "bench=" + peer_url], as_server=True)
        wait_for_port(port, child, 30)
        return port

    def _config(self, host, etcd):
        data = self.workspace.path("patroni-data-" + host)
        rest = f"{LOOPBACK}:{self.rest[host]}"
        address = f"{host}:{self.port}"
        return PATRONI | {
            "name": self._name(host),
            "etcd3": {"host": f"{LOOPBACK}:{etcd}"},
            "restapi": {"listen": rest, "connect_address": rest},
            "postgresql": {
                "listen": address, "connect_address": address, "data_dir": data,
                "bin_dir": os.path.dirname(tool("postgres")), "pgpass": data + ".pgpass",
                "authentication": {"superuser": {"username": USER}, "replication": {"username": USER}},
                "basebackup": [{"checkpoint": "fast"}, "no-sync"],
                "parameters": {"unix_socket_directories": ""},
                "pg_hba": HBA.splitlines(),
            },
        }

    def _name(self, host):
        return "member-" + host

    def _url(self, host, path):
        return f"http://{LOOPBACK}:{self.rest[host]}{path}"

    def _says(self, host, path):
        try:
            with urllib.request.urlopen(self._url(host, path), timeout=5) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return [int(child) for child in children.read().split()]
