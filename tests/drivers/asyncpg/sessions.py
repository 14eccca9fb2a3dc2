"""What a session remembers, and the driver's pool under load."""

import asyncio

import asyncpg
from checks import check, equal
from clients import clients, fails


@check
async def notifications():
    async with clients(2) as [listener, sender]:
        heard = asyncio.Queue()

        def hear(_connection, _pid, channel, payload):
            heard.put_nowait((channel, payload))

        await listener.add_listener("news", hear)
        for number in range(3):
            await sender.execute("select pg_notify('news', $1)", f"number {number}")
        for number in range(3):
            equal(await asyncio.wait_for(heard.get(), 20), ("news", f"number {number}"))
        await listener.remove_listener("news", hear)
        await sender.execute("notify news, 'to nobody'")
        equal(await listener.fetchval("select 1"), 1)
        assert heard.empty(), "heard after unlisten"


@check
async def parameters_follow_the_client():
    zones = ["Asia/Tokyo", "America/Lima", "Africa/Cairo", "UTC"]
    started = [asyncpg.connect(server_settings={"application_name": f"client {n}"}) for n in range(4)]
    ours = [await each for each in started]
    for number, c in enumerate(ours):
        await c.execute(f"set timezone = '{zones[number]}'")
        await c.execute(f"set datestyle = {['ISO', 'German', 'SQL', 'Postgres'][number]}")
    dates = ["2026-03-01", "01.03.2026", "03/01/2026", "03-01-2026"]
    for _ in range(3):
        for number, c in enumerate(ours):
            async with c.transaction():
                equal(await c.fetchval("show application_name"), f"client {number}")
                equal(await c.fetchval("show timezone"), zones[number])
                equal(await c.fetchval("select date '2026-03-01' || ''"), dates[number])
            equal(c.get_settings().TimeZone, zones[number], "the reported TimeZone")
    async with clients(1) as [fresh]:
        assert not (await fresh.fetchval("show application_name")).startswith("client "), "inherited"
    await asyncio.gather(*(c.close() for c in ours))


@check
async def parameters_after_reset():
    """The driver's pool resets all with each connection that it gets back: what the start asked for stays."""
    settings = {"application_name": "pooled", "timezone": "Asia/Tokyo"}
    async with (
        asyncpg.create_pool(min_size=4, max_size=4, server_settings=settings) as pool,
        clients(1) as [other],
    ):
        for n in range(20):
            async with pool.acquire() as c:
                equal(await c.fetchval("show application_name"), "pooled", "application_name")
                equal(await c.fetchval("show timezone"), "Asia/Tokyo", "TimeZone")
                await c.execute(f"set application_name = 'for now {n}'; set timezone = 'UTC'")
            equal(await other.fetchval("show application_name"), "", "the other's application_name")


@check
async def pins():
    async with clients(2) as [c, other]:
        await c.execute("create temporary table mine (a int)")
        await c.executemany("insert into mine values ($1)", [(1,), (2,)])
        for _ in range(5):
            equal(await other.fetchval("select to_regclass('mine') is null"), True, "invisible to others")
            equal(await c.fetchval("select count(*) from mine"), 2)
        await c.execute("select pg_advisory_lock(42)")
        equal(await other.fetchval("select pg_try_advisory_lock(42)"), False, "somebody else could lock")
    for _ in range(2):
        async with clients(1) as [next_one]:
            await next_one.execute(
                "select pg_advisory_xact_lock(42)"
            )  # waits until PostgreSQL has let go of it
            await next_one.execute("create temporary table mine (a int)")


@check
async def pool_under_load():
    """20 pooled connections, 4000 short transactions; every reply must be the one to its own request."""
    async with asyncpg.create_pool(min_size=20, max_size=20) as pool:
        await pool.execute("drop table if exists counters; create table counters (id int primary key, n int)")
        await pool.execute("insert into counters select i, 0 from generate_series(0, 99) i")
        numbers = iter(range(4000))

        async def work():
            for number in numbers:
                async with pool.acquire() as c:  # giving it back sends RESET ALL and more
                    row = await c.fetchrow(
                        "select $1 || ' for ' || $2, $3::int", "reply", str(number), -number
                    )
                    equal(tuple(row), (f"reply for {number}", -number))
                    async with c.transaction():
                        found = "update counters set n = n + 1 where id = $1 returning id"
                        equal(await c.fetchval(found, number % 100), number % 100)
                    if number % 50 == 49:
                        await fails("22012", c.fetch("select 1 / $1::int", 0))

        await asyncio.gather(*(work() for _ in range(40)))
        row = await pool.fetchrow("select min(n), max(n), sum(n) from counters")
        equal(tuple(row), (40, 40, 4000))
