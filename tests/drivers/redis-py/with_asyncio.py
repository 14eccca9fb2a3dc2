"""The same driver in asyncio."""

import asyncio
import contextlib
import os

import redis
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from checks import check, equal
from clients import CLIENTS, URL, address, fresh


def connect(url=URL, **more):
    return redis.asyncio.Redis.from_url(url, **more)


@contextlib.asynccontextmanager
async def clients(count=2, **more):
    async with contextlib.AsyncExitStack() as leaving:
        yield [await leaving.enter_async_context(connect(**more)) for _ in range(count)]


async def fails(kind, words, work):
    try:
        await work
    except kind as error:
        assert str(error).startswith(words), f"{error} does not begin with {words}"
        return
    raise AssertionError(f"no error, {words} was due")


@check
async def asyncio_commands():
    async with clients() as (c, other):
        key = fresh("hash")
        equal(await c.hset(key, mapping={"a": 1, "b": b"\0"}), 2)
        equal(await other.hgetall(key), {b"a": b"1", b"b": b"\0"})
        await fails(redis.ResponseError, "WRONGTYPE", other.get(key))
        await fails(redis.exceptions.AuthenticationError, "", connect(address(password="wrong")).ping())
        value = os.urandom(1_000_000)
        equal(await c.set(key, value), True)
        equal(await other.get(key) == value, True, "as it was")


@check
async def asyncio_pipeline():
    async with clients() as (c, other):
        key = fresh("pipeline")
        for transaction in (False, True):
            async with c.pipeline(transaction=transaction) as batch:
                for n in range(300):
                    batch.set(f"{key}:{n}", n).get(f"{key}:{n}")
                equal(await batch.execute(), [each for n in range(300) for each in (True, b"%d" % n)])
        equal(await other.get(f"{key}:299"), b"299")


@check
async def asyncio_watch():
    async with clients() as (c, other):
        key = fresh("watched")
        async with c.pipeline() as batch:
            await batch.watch(key)
            await other.set(key, "theirs")
            batch.multi()
            batch.set(key, "ours")
            await fails(redis.WatchError, "", batch.execute())
        equal(await c.get(key), b"theirs")


@check
async def asyncio_blocking_pops_of_many_clients():
    async with clients(CLIENTS + 1) as (other, *ours):
        key = fresh("queue")
        waits = [asyncio.create_task(c.blpop(key, timeout=20)) for c in ours]
        for n in range(CLIENTS):
            await asyncio.sleep(0)
            await other.rpush(key, n)
        equal(sorted([int((await wait)[1]) for wait in waits]), list(range(CLIENTS)))


@check
async def asyncio_blocking_pop_given_up():
    """A task is cancelled while it waits: what comes later belongs to others."""
    async with clients() as (c, other):
        key = fresh("queue")
        wait = asyncio.create_task(c.blpop(key, timeout=20))
        await asyncio.sleep(0.1)
        wait.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await wait
        await asyncio.sleep(0.1)
        await other.rpush(key, "later")
        equal(await c.lpop(key), b"later")


@check
async def asyncio_publish_subscribe():
    async with clients() as (c, other):
        channel = fresh("news").encode()
        async with other.pubsub() as subscriber:
            await subscriber.subscribe(channel)
            equal((await subscriber.get_message(timeout=20))["type"], "subscribe")
            for n in range(1000):
                equal(await c.publish(channel, n), 1)
            for n in range(1000):
                equal((await subscriber.get_message(timeout=20))["data"], b"%d" % n)


@check
async def asyncio_scripts():
    async with clients() as (c, other):
        await c.script_flush()
        script = other.register_script("return ARGV[1]")
        equal(await script(args=["x"]), b"x")
        equal(await c.evalsha(script.sha, 0, "y"), b"y")


@check
async def asyncio_reconnect():
    async with clients(1, single_connection_client=True, retry=Retry(ExponentialBackoff(base=0.01), 5)) as (
        c,
    ):
        before = await c.client_id()
        equal(await c.client_kill_filter(_id=before, skipme=False), 1)
        equal(await c.ping(), True)
        equal(await c.client_id() != before, True, "another connection")


@check
async def asyncio_many_clients():
    async def work(c, number):
        for turn in range(20):
            value = f"{number}:{turn}".encode()
            equal(await asyncio.gather(*(c.echo(value) for _ in range(3))), [value] * 3)

    async with clients(40) as ours:
        await asyncio.gather(*(work(c, number) for number, c in enumerate(ours)))
