"""SQLAlchemy over psycopg, with threads."""

from concurrent.futures import ThreadPoolExecutor

from models import Author, counters, engine, library, recreate, reflect, verify
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.pool import NullPool

import sqlalchemy as sa
from checks import check, equal


@check
def psycopg_objects_round_trip():
    e = engine()
    with e.begin() as connection:
        recreate(connection)
        reflect(connection)
    with Session(e) as session, session.begin():
        session.add(library())
    with Session(e) as session:
        verify(session.scalars(sa.select(Author).options(selectinload(Author.books))).one())
    e.dispose()


@check
def psycopg_savepoints():
    e = engine()
    with e.begin() as connection:
        recreate(connection)
    with Session(e) as session, session.begin():
        session.add(Author(name="kept"))
        session.flush()
        for _ in range(3):
            try:
                with session.begin_nested():
                    session.add(Author(name="also"))
                    session.flush()
                    session.add(Author(name="kept"))
                    session.flush()
                raise AssertionError("no error")
            except IntegrityError as error:
                equal(error.orig.sqlstate, "23505")
    with Session(e) as session:
        equal(session.scalars(sa.select(Author.name)).all(), ["kept"])
    e.dispose()


@check
def psycopg_rows_in_portions():
    e = engine()
    with e.connect() as connection, e.connect() as other:
        rows = connection.execution_options(yield_per=70).execute(sa.text("select generate_series(1, 5000)"))
        for seen, row in enumerate(rows, 1):
            equal(row[0], seen)
            if seen % 1000 == 0:
                equal(other.execute(sa.text("select :n"), {"n": seen}).scalar_one(), seen)
        equal(seen, 5000, "rows")
    e.dispose()


@check
def psycopg_isolation_and_autocommit():
    e = engine(isolation_level="REPEATABLE READ")
    autocommit = e.execution_options(isolation_level="AUTOCOMMIT")
    for _ in range(5):
        with e.connect() as connection:
            equal(connection.execute(sa.text("show transaction_isolation")).scalar_one(), "repeatable read")
        with autocommit.connect() as connection:
            equal(connection.execute(sa.text("show transaction_isolation")).scalar_one(), "read committed")
    e.dispose()


@check
def psycopg_connections_of_no_pool():
    """NullPool: every session logs in and leaves."""
    e = engine(poolclass=NullPool)

    def visit(number):
        with e.connect() as connection:
            equal(connection.execute(sa.text("select :n"), {"n": number}).scalar_one(), number)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(visit, range(100)))


@check
def psycopg_pool_under_load():
    """20 pooled connections, 2000 short transactions; every reply must be the one to its own request."""
    e = engine(pool_size=20, max_overflow=0, pool_pre_ping=True, pool_timeout=50)
    with e.begin() as connection:
        recreate(connection)
    count = sa.update(counters).where(counters.c.id == sa.bindparam("which")).values(n=counters.c.n + 1)
    count = count.returning(counters.c.id)

    def work(number):
        with e.begin() as connection:
            reply = connection.execute(sa.text("select 'reply for ' || :n"), {"n": str(number)}).scalar_one()
            equal(reply, f"reply for {number}")
            equal(connection.execute(count, {"which": number % 100}).scalar_one(), number % 100)
        if number % 50 == 49:
            try:
                with e.begin() as connection:
                    connection.execute(sa.text("select 1 / :n"), {"n": 0})
                raise AssertionError("no error")
            except DBAPIError as error:
                equal(error.orig.sqlstate, "22012")

    with ThreadPoolExecutor(40) as threads:
        list(threads.map(work, range(2000)))
    with e.connect() as connection:
        equal(tuple(connection.execute(sa.text("select min(n), max(n) from counters")).one()), (20, 20))
    e.dispose()
