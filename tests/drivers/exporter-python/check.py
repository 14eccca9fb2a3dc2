"""prometheus-pgbouncer-exporter (Python, psycopg2) against the admin console."""

import importlib.metadata
import pathlib
import sys
import tempfile

from checks import check, equal, run_all
from exporter import Exporter, complaints, console_url, missing, run_transactions, value

# All that the exporter knows but two, whose columns PgBouncer itself no longer has: total_requests (gone in
# 1.8) and reserve_pool (called reserve_pool_size since 1.24).
METRICS = {
    "pgbouncer_up",
    "pgbouncer_stats_transactions_total",
    "pgbouncer_stats_queries_total",
    "pgbouncer_stats_transactions_duration_microseconds_total",
    "pgbouncer_stats_waiting_duration_microseconds_total",
    "pgbouncer_stats_queries_duration_microseconds_total",
    "pgbouncer_stats_received_bytes_total",
    "pgbouncer_stats_sent_bytes_total",
    "pgbouncer_pools_client_active_connections",
    "pgbouncer_pools_client_waiting_connections",
    "pgbouncer_pools_server_active_connections",
    "pgbouncer_pools_server_idle_connections",
    "pgbouncer_pools_server_used_connections",
    "pgbouncer_pools_server_testing_connections",
    "pgbouncer_pools_server_login_connections",
    "pgbouncer_pools_client_maxwait_seconds",
    "pgbouncer_databases_database_pool_size",
    "pgbouncer_databases_database_current_connections",
    "pgbouncer_databases_database_max_connections",
    "pgbouncer_config_max_client_conn",
    "pgbouncer_config_max_user_connections",
}


def command(port):
    config = pathlib.Path(tempfile.mkdtemp(dir=settings.name)) / "config.yml"
    config.write_text(
        f"exporter_port: {port}\npgbouncers:\n  - dsn: '{console_url()}'\n    extra_labels: {{pool: one}}\n"
    )
    program = pathlib.Path(sys.prefix) / "bin/pgbouncer-exporter"
    return [sys.executable, "-W", "ignore", str(program), "--config", str(config)]


@check
def every_metric_appears():
    run_transactions(5)
    with Exporter(command) as exporter:
        samples = exporter.scrape()
        equal(missing(samples, METRICS), [], "what is missing")
        equal(value(samples, "pgbouncer_up"), 1.0, "pgbouncer_up")
        equal(complaints(exporter.log()), [], "what the exporter complains about")


@check
def numbers_are_right():
    app = 'database="app"'
    with Exporter(command) as exporter:
        before = exporter.scrape()
        run_transactions(50)
        after = exporter.scrape()
    equal(value(after, "pgbouncer_databases_database_pool_size", app), 2.0, "pool_size")
    for metric in ("pgbouncer_stats_transactions_total", "pgbouncer_stats_queries_total"):
        equal(value(after, metric, app) - value(before, metric, app), 50.0, metric)
    for metric in ("pgbouncer_stats_received_bytes_total", "pgbouncer_stats_sent_bytes_total"):
        assert value(after, metric, app) > value(before, metric, app), metric


if __name__ == "__main__":
    print(
        f"# prometheus-pgbouncer-exporter {importlib.metadata.version('prometheus-pgbouncer-exporter')}",
        flush=True,
    )
    settings = tempfile.TemporaryDirectory()
    run_all()
