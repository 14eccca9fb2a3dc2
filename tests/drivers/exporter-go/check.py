"""pgbouncer_exporter of prometheus-community (Go, lib/pq) against the admin console."""

import os

from checks import check, equal, run_all
from exporter import Exporter, complaints, console_url, missing, run_transactions, value

PROGRAM = os.environ["EXPORTER"]

# All that the exporter knows but pgbouncer_stats_totals_queries_total, whose column PgBouncer 1.8 dropped.
METRICS = {
    "pgbouncer_up",
    "pgbouncer_version_info",
    "pgbouncer_client_connections",
    "pgbouncer_config_max_client_connections",
    "pgbouncer_config_max_user_connections",
    *(
        f"pgbouncer_databases_{name}"
        for name in (
            "pool_size",
            "reserve_pool",
            "max_connections",
            "current_connections",
            "paused",
            "disabled",
        )
    ),
    *(
        f"pgbouncer_stats_totals_{name}_total"
        for name in (
            "queries_pooled",
            "queries_duration_seconds",
            "received_bytes",
            "sent_bytes",
            "client_wait_seconds",
            "sql_transactions_pooled",
            "server_in_transaction_seconds",
            "client_parses",
            "server_parses",
            "binds",
            "server_assignments",
        )
    ),
    *(
        f"pgbouncer_pools_{name}"
        for name in (
            "client_active_connections",
            "client_active_cancel_connections",
            "client_waiting_connections",
            "client_waiting_cancel_connections",
            "server_active_connections",
            "server_active_cancel_connections",
            "server_being_canceled_connections",
            "server_idle_connections",
            "server_used_connections",
            "server_testing_connections",
            "server_login_connections",
            "client_maxwait_seconds",
        )
    ),
    *(
        f"pgbouncer_{name}"
        for name in (
            "databases",
            "users",
            "pools",
            "free_clients",
            "used_clients",
            "login_clients",
            "free_servers",
            "used_servers",
            "cached_dns_names",
            "cached_dns_zones",
            "in_flight_dns_queries",
        )
    ),
}


def command(port):
    return [
        PROGRAM,
        f"--web.listen-address=127.0.0.1:{port}",
        f"--pgBouncer.connectionString={console_url()}",
    ]


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
    equal(value(after, "pgbouncer_databases_pool_size", 'name="app"'), 2.0, "pool_size")
    for metric in ("sql_transactions_pooled", "queries_pooled"):
        metric = f"pgbouncer_stats_totals_{metric}_total"
        equal(value(after, metric, app) - value(before, metric, app), 50.0, metric)
    assert value(after, "pgbouncer_databases_current_connections", 'name="app"') <= 2, "current_connections"


if __name__ == "__main__":
    print(f"# pgbouncer_exporter {os.environ['EXPORTER_VERSION']}", flush=True)
    run_all()
