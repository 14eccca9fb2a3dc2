"""Connections as libpq's environment variables ask for them, and what every check needs."""

import asyncio
import contextlib

import asyncpg
from checks import equal

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
