"""Cancel, savepoints, failures, and clients that leave in the middle."""

import asyncio
import time

import asyncpg
from checks import check, equal
from clients import clients, fails


@check
async def cancel_a_running_query():
    async with clients(2) as [c, other]:
        for _ in range(3):
            started = time.monotonic()
            try:
                await c.fetch("select pg_sleep(30)", timeout=0.3)
                raise AssertionError("it was not cancelled")
            except asyncio.TimeoutError:
                pass
            equal(await other.fetchval("select 1"), 1)
            equal(await c.fetchval("select 2"), 2)
            assert time.monotonic() - started < 10, "it was not cancelled, it ended"


@check
async def cancel_a_waiting_client():
    async with clients(3) as [first, second, third]:
        async with first.transaction(), second.transaction():
            await asyncio.gather(first.execute("select 1"), second.execute("select 1"))
            try:
                await third.execute("select pg_sleep(30)", timeout=0.5)
                raise AssertionError("it was not cancelled")
            except asyncio.TimeoutError:
                pass
            equal((await first.fetchval("select 3"), await second.fetchval("select 4")), (3, 4))
        equal(await third.fetchval("select 5"), 5)


@check
async def savepoints():
    async with clients(2) as [c, other]:
        await c.execute("drop table if exists saved; create table saved (id int primary key)")
        async with c.transaction():
            await c.execute("insert into saved values (1)")
            for _ in range(3):
                try:
                    async with c.transaction():
                        await c.execute("insert into saved values ($1)", 2)
                        await c.execute("insert into saved values ($1)", 1)
                except asyncpg.UniqueViolationError as error:
                    equal(error.constraint_name, "saved_pkey")
            equal(await other.fetchval("select count(*) from saved"), 0)
            async with c.transaction():
                await c.execute("insert into saved values (3)")
        equal(await other.fetchval("select array_agg(id order by id) from saved"), [1, 3])


@check
async def failed_transaction():
    async with clients(2) as [c, other]:
        transaction = c.transaction(isolation="serializable")
        await transaction.start()
        await fails("22012", c.fetch("select 1 / $1::int", 0))
        await fails("25P02", c.fetch("select 1"))
        equal(await other.fetchval("select 1"), 1)
        await transaction.rollback()
        said = []
        c.add_log_listener(lambda _, message: said.append(message.message))
        await c.execute("do $$ begin raise notice 'hear me'; end $$")
        await asyncio.sleep(0)
        equal(said, ["hear me"], "notices")
        error = await fails(
            "P0001", c.execute("do $$ begin raise exception 'oh' using hint = 'h', detail = 'd'; end $$")
        )
        equal((error.message, error.hint, error.detail), ("oh", "h", "d"))
        await fails("22012", c.execute("select 1; select 1 / 0; select 2"))
        equal(await c.fetchval("select 3"), 3)


@check
async def leaving_in_mid_transaction():
    async with clients(1) as [watcher]:
        await watcher.execute(
            "drop table if exists left_behind; create table left_behind (id int primary key, n int)"
        )
        await watcher.execute("insert into left_behind values (1, 0)")

        async def in_transaction(c):
            await c.execute("begin")
            await c.execute("update left_behind set n = n + $1", 1)

        async def in_query(c):
            await in_transaction(c)
            query = asyncio.ensure_future(c.execute("select pg_sleep(60)"))
            await asyncio.sleep(0.2)
            c.terminate()
            await asyncio.gather(query, return_exceptions=True)

        async def in_copy(c):
            await in_transaction(c)

            async def rows():
                yield b"2\t0\n3\t"
                await asyncio.sleep(0.2)
                c.terminate()

            await asyncio.gather(c.copy_to_table("left_behind", source=rows()), return_exceptions=True)

        for leave in (in_transaction, in_query, in_copy):
            c = await asyncpg.connect()
            await leave(c)
            c.terminate()
            async with clients(1) as [one_more]:
                for each in (watcher, one_more):
                    async with each.transaction():
                        await each.execute("set local lock_timeout = '20s'")
                        n = await each.fetchval("select n from left_behind where id = 1 for update")
                        equal(n, 0, f"what was left behind {leave.__name__}")
                        equal(await each.fetchval("select count(*) from left_behind"), 1)
