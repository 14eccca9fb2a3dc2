"""MULTI, EXEC, DISCARD and WATCH."""

import redis

from checks import equal
from clients import each_way, fails, fresh, meanwhile


@each_way
def transaction(connect):
    c, other = connect(), connect()
    for _ in range(3):
        key = fresh("transaction")
        batch = c.pipeline(transaction=True).set(key, 1).incr(key).get(key)
        equal(batch.execute(), [True, 2, b"2"])
        equal(other.get(key), b"2")


@each_way
def transaction_with_an_error(connect):
    c, key = connect(), fresh("transaction")
    done, failed = c.pipeline().set(key, "v").incr(key).execute(raise_on_error=False)
    equal(done, True)
    assert "not an integer" in str(failed), failed
    refused = c.pipeline().set(key, "w")
    refused.execute_command("NOSUCHCOMMAND")
    fails(redis.ResponseError, "", refused.execute)
    equal(c.get(key), b"v")


@each_way
def transaction_discarded(connect):
    c, key = connect(single_connection_client=True), fresh("transaction")
    equal(c.execute_command("MULTI") in (b"OK", True), True)
    c.execute_command("SET", key, "v")
    equal(c.execute_command("DISCARD") in (b"OK", True), True)
    equal(c.get(key), None)
    fails(redis.ResponseError, "EXEC without MULTI", lambda: c.execute_command("EXEC"))


@each_way
def watch(connect):
    c, other = connect(), connect()
    for meddled in (True, False, True):
        key = fresh("watched")
        with c.pipeline() as batch:
            batch.watch(key)
            equal(batch.get(key), None)
            if meddled:
                other.set(key, "theirs")
            batch.multi()
            batch.set(key, "ours")
            if meddled:
                fails(redis.WatchError, "", batch.execute)
            else:
                equal(batch.execute(), [True])
        equal(c.get(key), b"theirs" if meddled else b"ours")


@each_way
def watch_by_many(connect):
    """Each adds one to the same number 25 times, and begins again when somebody was quicker."""
    clients, key = [connect() for _ in range(4)], fresh("counted")
    threads = [meanwhile(lambda c=c: [c.transaction(add_one(key), key) for _ in range(25)]) for c in clients]
    for wait in threads:
        wait()
    equal(clients[0].get(key), b"100")


def add_one(key):
    def body(batch):
        now = int(batch.get(key) or 0)
        batch.multi()
        batch.set(key, now + 1)

    return body
