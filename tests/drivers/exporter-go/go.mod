module check

go 1.25.0

tool github.com/prometheus-community/pgbouncer_exporter

require github.com/prometheus-community/pgbouncer_exporter v0.12.1
