"""SQLAlchemy over asyncpg, with asyncio."""

import asyncio

from models import (
    Author,
    async_engine,
    counters,
    library,
    recreate,
    reflect,
    verify,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

import sqlalchemy as sa
from checks import check, equal


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
        rows = await connection.stream(
            sa.text("select generate_series(1, 5000)"), execution_options={"yield_per": 70}
        )
        async for row in rows:
            seen += 1
            equal(row[0], seen)
            if seen % 1000 == 0:
                equal(
                    (await other.execute(sa.text("select cast(:n as int)"), {"n": seen})).scalar_one(), seen
                )
        equal(seen, 5000, "rows")
    await e.dispose()


@check
async def asyncpg_schema_changes_under_a_prepared_statement():
    """After DDL the driver's cached plan is void: its first use fails once, in words that it knows."""
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
                reply = await connection.execute(
                    sa.text("select 'reply for ' || cast(:n as text)"), {"n": str(number)}
                )
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
        equal(
            tuple((await connection.execute(sa.text("select min(n), max(n) from counters"))).one()), (20, 20)
        )
    await e.dispose()
