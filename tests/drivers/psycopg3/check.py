"""psycopg 3 over libpq: what an application may do with it, through a pool of two server connections."""

import psycopg

from checks import run_all

if __name__ == "__main__":
    print(f"# psycopg {psycopg.__version__}, libpq {psycopg.pq.version()}", flush=True)
    run_all("logins", "statements", "data", "transactions", "sessions", "load")
