"""What waits: blocking pops, and subscribers."""

import time

from checks import equal
from clients import CLIENTS, each_way, eventually, fresh, is_blocked, meanwhile


@each_way
def blocking_pop(connect):
    waiter, other, key = connect(client_name=fresh("waiter")), connect(), fresh("queue")
    name = waiter.client_getname()
    wait = meanwhile(lambda: waiter.blpop([fresh("empty"), key], timeout=20))
    eventually(lambda: is_blocked(other, name))
    other.rpush(key, "work")
    equal(tuple(wait()), (key.encode(), b"work"))
    began = time.monotonic()
    equal(waiter.blpop(key, timeout=0.2), None)
    equal(time.monotonic() - began >= 0.2, True, "waited as long as it said")
    other.zadd(key, {"first": 1, "second": 2})
    equal(tuple(waiter.bzpopmin(key, timeout=1)), (key.encode(), b"first", 1.0))


@each_way
def blocking_pops_of_many_clients(connect):
    other, key = connect(), fresh("queue")
    waits = [meanwhile(lambda c=connect(): c.brpop(key, timeout=20)) for _ in range(CLIENTS)]
    for n in range(CLIENTS):
        other.lpush(key, n)
        other.get(key + ":none")  # others are served while clients wait
    equal(sorted(int(wait()[1]) for wait in waits), list(range(CLIENTS)))


@each_way
def blocking_move(connect):
    c, source, target = connect(), fresh("source"), fresh("target")
    wait = meanwhile(lambda: c.blmove(source, target, timeout=20))
    connect().rpush(source, "moved")
    equal(wait(), b"moved")
    equal(c.lrange(target, 0, -1), [b"moved"])


@each_way
def blocking_read_of_a_stream(connect):
    reader, writer, key = connect(client_name=fresh("reader")), connect(), fresh("stream")
    name = reader.client_getname()
    wait = meanwhile(lambda: reader.xread({key: "$"}, block=20_000))
    eventually(lambda: is_blocked(writer, name))
    added = writer.xadd(key, {"field": "value"})
    read = wait()
    entries = read[key.encode()][0] if isinstance(read, dict) else read[0][1]
    equal(list(map(tuple, entries)), [(added, {b"field": b"value"})])


def next_message(subscriber):
    found = []
    eventually(lambda: found.append(subscriber.get_message(timeout=1)) or found[-1] is not None)
    said = found[-1]
    return said["type"], said["pattern"], said["channel"], said["data"]


def heard_by(count, most):
    """Behind a gateway Redis counts the gateway's connections, of which one may serve many subscribers."""
    equal(1 <= count <= most, True, f"{count} for {most} subscribers")


@each_way
def publish_subscribe(connect):
    c, channel = connect(), fresh("news").encode()
    subscribers = [connect().pubsub() for _ in range(CLIENTS)]
    for each in subscribers:
        each.subscribe(channel)
        equal(next_message(each), ("subscribe", None, channel, 1))
    heard_by(c.publish(channel, "hello"), CLIENTS)
    heard_by(c.publish(channel, b"\r\n\0"), CLIENTS)
    for each in subscribers:
        equal(next_message(each), ("message", None, channel, b"hello"))
        equal(next_message(each), ("message", None, channel, b"\r\n\0"))
    [(name, count)] = c.pubsub_numsub(channel)
    equal(name, channel)
    heard_by(count, CLIENTS)
    for each in subscribers[1:]:
        each.unsubscribe(channel)
        equal(next_message(each), ("unsubscribe", None, channel, 0))
    heard_by(c.publish(channel, "last"), CLIENTS)
    equal(next_message(subscribers[0]), ("message", None, channel, b"last"))
    for each in subscribers:
        each.close()


@each_way
def publish_subscribe_patterns(connect):
    c, prefix = connect(), fresh("topic")
    pattern, channel = f"{prefix}:*".encode(), f"{prefix}:a".encode()
    with connect().pubsub() as subscriber:
        subscriber.psubscribe(pattern)
        subscriber.subscribe(channel)
        equal(next_message(subscriber), ("psubscribe", None, pattern, 1))
        equal(next_message(subscriber), ("subscribe", None, channel, 2))
        equal(c.publish(channel, "both"), 2)
        heard = {next_message(subscriber), next_message(subscriber)}
        equal(
            heard, {("message", None, channel, b"both"), ("pmessage", pattern, channel, b"both")}, "messages"
        )
        subscriber.ping()
        equal(next_message(subscriber)[0], "pong")


@each_way
def publish_subscribe_sharded(connect):
    c, channel = connect(), fresh("shard").encode()
    with connect().pubsub() as subscriber:
        subscriber.ssubscribe(channel)
        equal(next_message(subscriber), ("ssubscribe", None, channel, 1))
        equal(c.execute_command("SPUBLISH", channel, "hello"), 1)
        found = []
        eventually(lambda: found.append(subscriber.get_sharded_message(timeout=1)) or found[-1] is not None)
        equal((found[-1]["type"], found[-1]["data"]), ("smessage", b"hello"))
