"""What is measured: direct Redis, Debian's nutcracker (twemproxy) and HAProxy, and Forebay.

Each proxy is one process that works with one thread on this host, on loopback, before the same server.
nutcracker holds one connection to it, HAProxy one per client.
"""

import os
import shutil

from host import LOOPBACK, free_port
from target import Target, to_toml

MAX_CLIENTS = 9_000  # HAProxy needs two descriptors for each


class Direct(Target):
    name = "direct"
    is_proxy = False


class Nutcracker(Target):
    name = "nutcracker"
    title = "nutcracker"
    version_flag = "-V"

    CONFIG = """
main:
  listen: {host}:{port}
  redis: true
  preconnect: true
  server_connections: 1
  backlog: 1024
  servers:
   - {host}:{server_port}:1
"""

    def argv(self, flavour):
        text = self.CONFIG.format(host=LOOPBACK, port=self.port, server_port=self.server.port)
        config = self.workspace.write("nutcracker.yml", text)
        pid, log = self.workspace.path("nutcracker.pid"), self.workspace.path("nutcracker.log")
        return [self.program, "-c", config, "-p", pid, "-o", log, "-a", LOOPBACK, "-s", free_port()]


class HaProxy(Target):
    name = "haproxy"
    title = "HAProxy"
    version_flag = "-v"

    CONFIG = """
global
  nbthread 1
  maxconn {max_clients}
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen redis
  bind {host}:{port}
  server redis {host}:{server_port}
"""

    def argv(self, flavour):
        text = self.CONFIG.format(host=LOOPBACK, port=self.port, server_port=self.server.port,
                                  max_clients=MAX_CLIENTS)
        return [self.program, "-db", "-f", self.workspace.write("haproxy.cfg", text)]


class Forebay(Target):
    name = "forebay"
    title = "Forebay"

    def argv(self, flavour):
        tables = {
            "listen": {"redis": [f"{LOOPBACK}:{self.port}"], "http": [], "workers": self.workers},
            "log": {"log_connections": False, "log_disconnections": False, "log_stats": False},
            "redis": {"maxclients": MAX_CLIENTS},
            "redis.caches.main": {"url": f"redis://{LOOPBACK}:{self.server.port}/0"},
        }
        return [self.program, "--config", self.workspace.write("forebay.toml", to_toml(tables))]


TARGETS = (Direct, Nutcracker, HaProxy, Forebay)


def programs(build):
    folders = os.environ.get("PATH", "") + ":/usr/sbin"
    return {
        "nutcracker": shutil.which("nutcracker", path=folders),
        "haproxy": shutil.which("haproxy", path=folders),
        "forebay": os.path.join(build, "forebay"),
    }
