"""Prepared statements, whose names the driver makes up or the user gives, and batches."""

import asyncio

from checks import check, equal
from clients import CLIENTS, clients, fails


@check
async def statements_shared_by_clients():
    async with clients(CLIENTS) as ours:
        prepared = [await c.prepare("select $1::int * 2") for c in ours]
        for _ in range(5):
            for number, (c, statement) in enumerate(zip(ours, prepared)):
                async with c.transaction():
                    equal(await statement.fetchval(number), number * 2)
                equal(await c.fetchval("select $1::int + 1", number), number + 1)


@check
async def statements_of_one_name_differ():
    """Statement names are counted per process or given by the user: here all clients use the same one."""
    async with clients(CLIENTS) as ours:
        prepared = [
            await c.prepare(f"select $1::text as column_{n}, {n}", name="ours") for n, c in enumerate(ours)
        ]
        for _ in range(4):
            for number, statement in enumerate(prepared):
                equal(statement.get_attributes()[0].name, f"column_{number}")
                equal(tuple(await statement.fetchrow("x")), ("x", number))


@check
async def statements_more_than_kept():
    async with clients(2, statement_cache_size=20) as ours:
        for _ in range(2):
            for number in range(150):
                for c in ours:
                    equal(await c.fetchval(f"select {number} + $1::int", 1), number + 1)


@check
async def statement_fails_to_parse():
    async with clients(2) as [c, other]:
        for _ in range(3):
            await fails("42P01", c.fetch("select * from missing_table where a = $1", 1))
            equal(await other.fetchval("select $1::int", 7), 7)
            equal(await c.fetchval("select $1::int", 8), 8)


@check
async def unnamed_statement_in_two_round_trips():
    """Without its cache asyncpg parses, waits for the answer, then binds: others come in between."""
    async with clients(CLIENTS, statement_cache_size=0) as ours:

        async def use(number, c):
            for n in range(50):
                row = await c.fetchrow(f"select {number} * $1::int as c{number}, $2::text", n, "t")
                equal(dict(row), {f"c{number}": number * n, "text": "t"})

        await asyncio.gather(*(use(number, c) for number, c in enumerate(ours)))


@check
async def many_rows_in_one_batch():
    """executemany() sends one batch of Bind and Execute, and asks for one Sync."""
    async with clients(2) as [c, other]:
        await c.execute("drop table if exists batched; create table batched (id int primary key, t text)")
        await c.executemany("insert into batched values ($1, $2)", [(n, f"row {n}") for n in range(5000)])
        equal(await other.fetchval("select count(*) from batched"), 5000)
        broken = (
            [(n, "x") for n in range(5000, 6000)] + [(17, "twice")] + [(n, "x") for n in range(6000, 7000)]
        )
        await fails("23505", c.executemany("insert into batched values ($1, $2)", broken))
        equal(await other.fetchval("select count(*) from batched"), 5000)
        rows = await c.fetchmany(
            "insert into batched values ($1, $2) returning id", [(-n, "x") for n in range(1, 100)]
        )
        equal([row["id"] for row in rows], [-n for n in range(1, 100)])
