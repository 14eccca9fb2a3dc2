"""Many clients at once."""

from concurrent.futures import ThreadPoolExecutor

from psycopg_pool import ConnectionPool

from checks import check, equal
from clients import connect

PATIENT = 50  # seconds


@check
def pool_under_load():
    """20 pooled connections, 4000 short transactions; every reply must be the one to its own request."""
    with connect() as c:
        c.execute("drop table if exists counters; create table counters (id int primary key, n int)")
        c.execute("insert into counters select i, 0 from generate_series(0, 99) i")

    def work(number):
        with pool.connection() as c:
            text, n = c.execute("select %s || ' for ' || %s, %s::int", ("reply", number, -number)).fetchone()
            equal((text, n), (f"reply for {number}", -number))
            if number % 50 == 49:
                with c.transaction(force_rollback=True):
                    c.execute("update counters set n = n + 1000 where id = %s", (number % 100,))
            found = c.execute(
                "update counters set n = n + 1 where id = %s returning id", (number % 100,)
            ).fetchone()[0]
            equal(found, number % 100)
            return 1

    with (
        ConnectionPool("", min_size=20, max_size=20, timeout=PATIENT) as pool,
        ThreadPoolExecutor(40) as threads,
    ):
        pool.wait(PATIENT)
        equal(sum(threads.map(work, range(4000))), 4000)
    with connect() as c:
        equal(c.execute("select min(n), max(n), sum(n) from counters").fetchone(), (40, 40, 4000))


@check
def many_that_come_and_go():
    """Logins of their own, 200 of them, eight at a time."""

    def visit(number):
        with connect(application_name=f"visitor {number}") as c:
            equal(
                c.execute("select %s::int, current_setting('application_name')", (number,)).fetchone(),
                (number, f"visitor {number}"),
            )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(visit, range(200)))
