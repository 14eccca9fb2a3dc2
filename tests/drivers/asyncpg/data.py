"""COPY, rows in portions, large values and types."""

import datetime
import decimal
import io
import os
import uuid

import asyncpg
from checks import check, equal
from clients import clients, fails


@check
async def copy_in_and_out():
    async with clients(2) as [c, other]:
        await c.execute("drop table if exists copied; create table copied (id int, t text, at timestamptz)")
        moment = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
        rows = [(n, f"row {n} \t \\ ü", moment) for n in range(20000)]
        equal(await c.copy_records_to_table("copied", records=rows), "COPY 20000")
        equal([tuple(row) for row in await other.fetch("select * from copied order by id")], rows)
        out = io.BytesIO()
        equal(await other.copy_from_query("select id from copied order by id", output=out), "COPY 20000")
        equal(out.getvalue().split(), [str(n).encode() for n in range(20000)])
        await c.execute("truncate copied")
        equal(
            await c.copy_to_table("copied", source=io.BytesIO(b"1;x;\n"), format="csv", delimiter=";"),
            "COPY 1",
        )
        equal(await other.fetchval("select count(*) from copied"), 1)


@check
async def copy_that_fails():
    async with clients(1) as [c]:
        await c.execute("drop table if exists copied_not; create table copied_not (id int primary key)")
        bad = io.BytesIO(b"1\n" + b"not a number\n" * 100000)
        await fails("22P02", c.copy_to_table("copied_not", source=bad))
        await fails("23505", c.copy_records_to_table("copied_not", records=[(1,), (1,)]))

        async def changes_its_mind():
            yield b"1\n"
            raise KeyError("changed my mind")

        try:
            await c.copy_to_table("copied_not", source=changes_its_mind())
        except KeyError:
            pass
        equal(await c.fetchval("select count(*) from copied_not"), 0)


@check
async def rows_in_portions():
    """A portal that is executed a few rows at a time, while other clients use what is left."""
    async with clients(2) as [c, other]:
        async with c.transaction():
            seen = 0
            async for row in c.cursor("select generate_series(1, $1::int)", 5000, prefetch=70):
                seen += 1
                equal(row[0], seen)
                if seen % 1000 == 0:
                    equal(await other.fetchval("select $1::int", seen), seen)
            equal(seen, 5000, "rows")
            cursor = await c.cursor("select generate_series(1, 1000)")
            await cursor.forward(500)
            equal([row[0] for row in await cursor.fetch(3)], [501, 502, 503])
        equal(await c.fetchval("select 1"), 1)
        equal((await c.fetchrow("select generate_series(1, 1000)"))[0], 1)  # Execute with a limit of one row
        equal(await other.fetchval("select 1"), 1)


@check
async def large_values():
    async with clients(2) as ours:
        text, data = "0123456789abcdef" * (1 << 19), os.urandom(4 << 20)
        for _ in range(2):
            for each in ours:
                assert await each.fetchval("select $1::text || 'x'", text) == text + "x", (
                    "8 MiB came back changed"
                )
                assert await each.fetchval("select $1::bytea", data) == data, "4 MiB came back changed"
        rows = await ours[0].fetch("select i, repeat('x', 100) from generate_series(1, 100000) i")
        equal(len(rows), 100000)


@check
async def types():
    moment = datetime.datetime(2026, 2, 3, 4, 5, 6, 789012, datetime.timezone.utc)
    values = {
        "numeric": decimal.Decimal("-12345678901234567890.123456789"),
        "int8": 2**63 - 1,
        "float8": 1.5e300,
        "bool": True,
        "int4": None,
        "text": "naïve ☃ 𝄞",
        "bytea": b"\x00\xff\\x",
        "timestamptz": moment,
        "timestamp": moment.replace(tzinfo=None),
        "date": datetime.date(1, 1, 1),
        "uuid": uuid.UUID(int=7),
        "time": datetime.time(23, 59, 59, 999999),
        "interval": datetime.timedelta(days=-3, seconds=5),
        "int4[]": [[1, 2], [3, None]],
        "text[]": ["a", 'b"c', "NULL", None],
        "numeric[]": [decimal.Decimal("1.10")],
        "jsonb": '{"a": [1, 2.5, null, {"ü": "\\n"}]}',
        "point": asyncpg.Point(1.5, -2),
        "int4range": asyncpg.Range(1, 5),
        "bit(3)": asyncpg.BitString("101"),
    }
    async with clients(2) as [c, other]:
        for each in (c, other, c):
            for cast, value in values.items():
                equal(await each.fetchval(f"select $1::{cast}", value), value, cast)


@check
async def types_of_ones_own():
    """Unknown types make asyncpg ask the catalogue with statements of its own before it goes on."""
    async with clients(2) as [c, other]:
        await c.execute("drop type if exists mood cascade; drop type if exists pair cascade")
        await c.execute("create type mood as enum ('sad', 'ok'); create type pair as (a int, m mood[])")
        for each in (c, other):
            equal(await each.fetchval("select $1::mood", "ok"), "ok")
            equal(tuple(await each.fetchval("select $1::pair", (1, ["sad", "ok"]))), (1, ["sad", "ok"]))
