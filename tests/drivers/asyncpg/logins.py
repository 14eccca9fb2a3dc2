"""Who is let in, and who is not."""

import asyncpg
from checks import check, equal
from clients import clients, fails


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
