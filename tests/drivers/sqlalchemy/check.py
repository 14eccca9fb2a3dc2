"""SQLAlchemy over psycopg (threads) and over asyncpg (asyncio), each through two server connections.

No URL option turns anything off for the pooler's sake: prepared statements and the drivers' caches stay on.
"""

import asyncio
import datetime
import decimal
import os
import ssl
import uuid
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from checks import check, equal, run_all
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload
from sqlalchemy.pool import NullPool


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    title: Mapped[str]
    price: Mapped[decimal.Decimal] = mapped_column(sa.Numeric(30, 9))
    printed: Mapped[datetime.datetime] = mapped_column(sa.DateTime(timezone=True))
    tags: Mapped[list[str]] = mapped_column(postgresql.ARRAY(sa.Text))
    extra: Mapped[dict] = mapped_column(postgresql.JSONB)
    cover: Mapped[bytes | None]
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


counters = sa.Table("counters", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
moment = datetime.datetime(2026, 2, 3, 4, 5, 6, 789012, datetime.timezone.utc)


def url(driver):
    return sa.URL.create(f"postgresql+{driver}", os.environ["PGUSER"], os.environ["PGPASSWORD"], os.environ["PGHOST"],
                         int(os.environ["PGPORT"]), os.environ["PGDATABASE"])  # fmt: skip


def engine(**options):
    return sa.create_engine(url("psycopg"), connect_args={"prepare_threshold": 0}, **options)


def async_engine(**options):
    tls = ssl.create_default_context(cafile=os.environ["PGSSLROOTCERT"])
    return create_async_engine(url("asyncpg"), connect_args={"ssl": tls}, **options)


def library():
    """An author with many books: more than one batch of inserts."""
    books = [
        Book(title=f"Book {n} ☃", price=decimal.Decimal(f"{n}.000000001"), printed=moment, tags=["a", 'b"c', "NULL"],
             extra={"n": n, "list": [1, None, {"ü": "\n"}]}, cover=b"\x00\xff" if n % 2 else None)
        for n in range(2500)
    ]  # fmt: skip
    return Author(name="Ada", books=books)


def verify(author):
    equal(len(author.books), 2500, "books")
    for book in author.books:
        n = book.extra["n"]
        equal((book.title, book.price), (f"Book {n} ☃", decimal.Decimal(f"{n}.000000001")))
        equal((book.printed, book.tags), (moment, ["a", 'b"c', "NULL"]))
        equal(book.cover, b"\x00\xff" if n % 2 else None)


def recreate(connection):
    Base.metadata.drop_all(connection)
    Base.metadata.create_all(connection)
    counters.drop(connection, checkfirst=True)
    counters.create(connection)
    connection.execute(counters.insert(), [{"id": n, "n": 0} for n in range(100)])


def reflect(connection):
    found = sa.inspect(connection)
    assert {"author", "book", "counters"} <= set(found.get_table_names()), "tables"
    equal([key["referred_table"] for key in found.get_foreign_keys("book")], ["author"], "foreign keys")


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


@check
async def asyncpg_objects_round_trip():
    e = async_engine()
    async with e.begin() as connection:
        await connection.run_sync(recreate)
        await connection.run_sync(reflect)
    async with AsyncSession(e) as session, session.begin():
        session.add(library())
    async with AsyncSession(e) as session:
        verify((await session.scalars(sa.select(Author).options(selectinload(Author.books)))).one())
    await e.dispose()


@check
async def asyncpg_savepoints():
    e = async_engine()
    async with e.begin() as connection:
        await connection.run_sync(recreate)
    async with AsyncSession(e) as session, session.begin():
        session.add(Author(name="kept"))
        await session.flush()
        for _ in range(3):
            try:
                async with session.begin_nested():
                    session.add(Author(name="kept"))
                    await session.flush()
                raise AssertionError("no error")
            except IntegrityError as error:
                equal(error.orig.sqlstate, "23505")
    async with AsyncSession(e) as session:
        equal((await session.scalars(sa.select(Author.name))).all(), ["kept"])
    await e.dispose()


@check
async def asyncpg_rows_in_portions():
    e = async_engine()
    async with e.connect() as connection, e.connect() as other:
        seen = 0
        rows = await connection.stream(sa.text("select generate_series(1, 5000)"), execution_options={"yield_per": 70})
        async for row in rows:
            seen += 1
            equal(row[0], seen)
            if seen % 1000 == 0:
                equal((await other.execute(sa.text("select cast(:n as int)"), {"n": seen})).scalar_one(), seen)
        equal(seen, 5000, "rows")
    await e.dispose()


@check
async def asyncpg_schema_changes_under_a_prepared_statement():
    """The driver's cached plan is void after DDL: the first use fails once, in words that the driver knows."""
    e = async_engine()
    async with e.begin() as connection:
        await connection.execute(sa.text("drop table if exists changing"))
        await connection.execute(sa.text("create table changing (a int)"))
        await connection.execute(sa.text("insert into changing values (1)"))
    for kind in ("bigint", "numeric", "text"):
        for _ in range(3):
            try:
                async with e.connect() as connection:
                    await connection.execute(sa.text("select * from changing"))
            except DBAPIError as error:
                assert "cached statement plan is invalid" in str(error), error
        async with e.begin() as connection:
            await connection.execute(sa.text(f"alter table changing alter a type {kind}"))
    async with e.connect() as connection:
        try:
            await connection.execute(sa.text("select * from changing"))
        except DBAPIError:
            await connection.rollback()
        equal((await connection.execute(sa.text("select * from changing"))).scalar_one(), "1")
    await e.dispose()


@check
async def asyncpg_pool_under_load():
    """20 pooled connections, 2000 short transactions; every reply must be the one to its own request."""
    e = async_engine(pool_size=20, max_overflow=0, pool_pre_ping=True, pool_timeout=50)
    async with e.begin() as connection:
        await connection.run_sync(recreate)
    count = sa.update(counters).where(counters.c.id == sa.bindparam("which")).values(n=counters.c.n + 1)
    count = count.returning(counters.c.id)
    numbers = iter(range(2000))

    async def work():
        for number in numbers:
            async with e.begin() as connection:
                reply = await connection.execute(sa.text("select 'reply for ' || cast(:n as text)"), {"n": str(number)})
                equal(reply.scalar_one(), f"reply for {number}")
                equal((await connection.execute(count, {"which": number % 100})).scalar_one(), number % 100)
            if number % 50 == 49:
                try:
                    async with e.begin() as connection:
                        await connection.execute(sa.text("select 1 / cast(:n as int)"), {"n": 0})
                    raise AssertionError("no error")
                except DBAPIError as error:
                    equal(error.orig.sqlstate, "22012")

    await asyncio.gather(*(work() for _ in range(40)))
    async with e.connect() as connection:
        equal(tuple((await connection.execute(sa.text("select min(n), max(n) from counters"))).one()), (20, 20))
    await e.dispose()


if __name__ == "__main__":
    print(f"# SQLAlchemy {sa.__version__}", flush=True)
    run_all()
