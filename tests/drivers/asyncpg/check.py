"""asyncpg (its own protocol implementation, binary formats, statements named by itself) through two server connections."""

import asyncio
import contextlib
import datetime
import decimal
import io
import os
import time
import uuid

import asyncpg
from checks import check, equal, run_all

CLIENTS = 8  # more than there are server connections, so that clients must share


@contextlib.asynccontextmanager
async def clients(count, **options):
    ours = [await asyncpg.connect(**options) for _ in range(count)]
    try:
        yield ours
    finally:
        await asyncio.gather(*(each.close() for each in ours))


async def fails(state, awaitable):
    try:
        await awaitable
    except asyncpg.PostgresError as error:
        equal(error.sqlstate, state, f"SQLSTATE of {error}")
        return error
    raise AssertionError(f"no error, {state} was due")


@check
async def login():
    async with clients(1) as [c]:
        assert c._transport.get_extra_info("ssl_object"), "no TLS"
        equal(await c.fetchval("select current_user"), "app")
        equal(c.get_server_version().major, int(await c.fetchval("show server_version_num")) // 10000)


@check
async def login_refused():
    await fails("28P01", asyncpg.connect(password="wrong"))
    await fails("28P01", asyncpg.connect(user="nobody", password="x"))
    await fails("3D000", asyncpg.connect(database="nowhere"))
    try:
        await asyncpg.connect(ssl=False)
    except (asyncpg.PostgresError, OSError):
        return
    raise AssertionError("let in without TLS")


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
        prepared = [await c.prepare(f"select $1::text as column_{n}, {n}", name="ours") for n, c in enumerate(ours)]
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
    """Without its cache asyncpg parses and describes, waits for the answer, then binds: others come in between."""
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
        broken = [(n, "x") for n in range(5000, 6000)] + [(17, "twice")] + [(n, "x") for n in range(6000, 7000)]
        await fails("23505", c.executemany("insert into batched values ($1, $2)", broken))
        equal(await other.fetchval("select count(*) from batched"), 5000)
        rows = await c.fetchmany("insert into batched values ($1, $2) returning id", [(-n, "x") for n in range(1, 100)])
        equal([row["id"] for row in rows], [-n for n in range(1, 100)])


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
        equal(await c.copy_to_table("copied", source=io.BytesIO(b"1;x;\n"), format="csv", delimiter=";"), "COPY 1")
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
        error = await fails("P0001", c.execute("do $$ begin raise exception 'oh' using hint = 'h', detail = 'd'; end $$"))
        equal((error.message, error.hint, error.detail), ("oh", "h", "d"))
        await fails("22012", c.execute("select 1; select 1 / 0; select 2"))
        equal(await c.fetchval("select 3"), 3)


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
    """The driver's pool sends RESET ALL with each connection that it gets back: what the start asked for must stay."""
    settings = {"application_name": "pooled", "timezone": "Asia/Tokyo"}
    async with asyncpg.create_pool(min_size=4, max_size=4, server_settings=settings) as pool, clients(1) as [other]:
        for n in range(20):
            async with pool.acquire() as c:
                equal(await c.fetchval("show application_name"), "pooled", "application_name")
                equal(await c.fetchval("show timezone"), "Asia/Tokyo", "TimeZone")
                await c.execute(f"set application_name = 'for now {n}'; set timezone = 'UTC'")
            equal(await other.fetchval("show application_name"), "", "the other's application_name")


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
                assert await each.fetchval("select $1::text || 'x'", text) == text + "x", "8 MiB came back changed"
                assert await each.fetchval("select $1::bytea", data) == data, "4 MiB came back changed"
        rows = await ours[0].fetch("select i, repeat('x', 100) from generate_series(1, 100000) i")
        equal(len(rows), 100000)


@check
async def types():
    moment = datetime.datetime(2026, 2, 3, 4, 5, 6, 789012, datetime.timezone.utc)
    values = {
        "numeric": decimal.Decimal("-12345678901234567890.123456789"), "int8": 2**63 - 1, "float8": 1.5e300,
        "bool": True, "int4": None, "text": "naïve ☃ 𝄞", "bytea": b"\x00\xff\\x", "timestamptz": moment,
        "timestamp": moment.replace(tzinfo=None), "date": datetime.date(1, 1, 1), "uuid": uuid.UUID(int=7),
        "time": datetime.time(23, 59, 59, 999999), "interval": datetime.timedelta(days=-3, seconds=5),
        "int4[]": [[1, 2], [3, None]], "text[]": ["a", 'b"c', "NULL", None], "numeric[]": [decimal.Decimal("1.10")],
        "jsonb": '{"a": [1, 2.5, null, {"ü": "\\n"}]}', "point": asyncpg.Point(1.5, -2),
        "int4range": asyncpg.Range(1, 5), "bit(3)": asyncpg.BitString("101"),
    }  # fmt: skip
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
            await next_one.execute("select pg_advisory_xact_lock(42)")  # waits until PostgreSQL has let go of it
            await next_one.execute("create temporary table mine (a int)")


@check
async def leaving_in_mid_transaction():
    async with clients(1) as [watcher]:
        await watcher.execute("drop table if exists left_behind; create table left_behind (id int primary key, n int)")
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
                    row = await c.fetchrow("select $1 || ' for ' || $2, $3::int", "reply", str(number), -number)
                    equal(tuple(row), (f"reply for {number}", -number))
                    async with c.transaction():
                        found = "update counters set n = n + 1 where id = $1 returning id"
                        equal(await c.fetchval(found, number % 100), number % 100)
                    if number % 50 == 49:
                        await fails("22012", c.fetch("select 1 / $1::int", 0))

        await asyncio.gather(*(work() for _ in range(40)))
        row = await pool.fetchrow("select min(n), max(n), sum(n) from counters")
        equal(tuple(row), (40, 40, 4000))


if __name__ == "__main__":
    print(f"# asyncpg {asyncpg.__version__}", flush=True)
    run_all()
