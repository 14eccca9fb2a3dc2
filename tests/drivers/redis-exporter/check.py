"""Debian's prometheus-redis-exporter (Go, redigo) against a cache, as if that were a Redis."""

import os
import urllib.parse

from checks import check, equal, run_all
from exporter import Exporter, complaints, missing, value
from resp import connect

PROGRAM = os.environ["EXPORTER"]
URL = urllib.parse.urlsplit(os.environ["REDIS_URL"])

METRICS = {
    "redis_up",
    "redis_instance_info",
    "redis_connected_clients",
    "redis_blocked_clients",
    "redis_memory_used_bytes",
    "redis_memory_max_bytes",
    "redis_evicted_keys_total",
    "redis_keyspace_hits_total",
    "redis_keyspace_misses_total",
    "redis_rejected_connections_total",
    "redis_commands_processed_total",
    "redis_commands_total",
    "redis_commands_duration_seconds_total",
    "redis_config_maxclients",
    "redis_config_maxmemory",
    "redis_slowlog_length",
    "redis_slowlog_last_id",
    "redis_uptime_in_seconds",
    "redis_db_keys",
    "redis_connected_clients_details",
    "redis_key_size",
}


def command(port):
    return [
        PROGRAM,
        f"-web.listen-address=127.0.0.1:{port}",
        f"-redis.addr=redis://{URL.hostname}:{URL.port}",
        "-redis.user=exporter",
        f"-redis.password={URL.password}",
        "-export-client-list",
        "-check-single-keys=exporter:list",
    ]


@check
def every_metric_appears():
    with connect(URL) as redis, Exporter(command) as exporter:
        redis("RPUSH", "exporter:list", "a", "b", "c")
        samples = exporter.scrape()
        equal(value(samples, "redis_up"), 1.0, "redis_up")
        equal(missing(samples, METRICS), [], "what is missing")
        equal(value(samples, "redis_exporter_last_scrape_error"), 0.0, "errors of the scrape")
        equal(complaints(exporter.log()), [], "what the exporter complains about")


@check
def numbers_are_right():
    with connect(URL) as redis, Exporter(command) as exporter:
        redis("DEL", "exporter:list")
        redis("RPUSH", "exporter:list", "a", "b", "c")
        before = exporter.scrape()
        for _ in range(50):
            redis("GET", "exporter:nothing")
        after = exporter.scrape()
    equal(value(after, "redis_key_size", 'key="exporter:list"'), 3.0, "redis_key_size")
    get = 'cmd="get"'
    calls = value(after, "redis_commands_total", get)
    if any(name == "redis_commands_total" and get in labels for name, labels in before):
        calls -= value(before, "redis_commands_total", get)
    equal(calls, 50.0, "redis_commands_total of get")
    missed = "redis_keyspace_misses_total"
    equal(value(after, missed) - value(before, missed), 50.0, missed)
    assert value(after, "redis_memory_used_bytes") > 0, "redis_memory_used_bytes"


if __name__ == "__main__":
    print(f"# prometheus-redis-exporter {os.environ['EXPORTER_VERSION']}", flush=True)
    run_all()
