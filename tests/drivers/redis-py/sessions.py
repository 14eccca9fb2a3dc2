"""What belongs to one client and to nobody else: its database, its name, its cache; and coming back."""

from checks import equal
from clients import CLIENTS, PERSISTENT, address, each_way, eventually, fresh


@each_way
def databases(connect):
    first, second = connect(address(database=1)), connect(address(database=2))
    key = fresh("database")
    for c, value in ((first, b"one"), (second, b"two"), (connect(), b"zero")):
        c.set(key, value)
    equal((first.get(key), second.get(key), connect().get(key)), (b"one", b"two", b"zero"))
    walker = connect(single_connection_client=True)
    for database, value in ((1, b"one"), (2, b"two"), (0, b"zero")):
        walker.select(database)
        equal(walker.get(key), value)
    equal(first.move(key, 3), True)
    equal(connect(address(database=3)).get(key), b"one")


@each_way
def names_and_numbers(connect):
    clients = [connect(single_connection_client=True) for _ in range(CLIENTS)]
    for n, c in enumerate(clients):
        equal(c.client_setname(f"name{n}"), True)
    equal(len({c.client_id() for c in clients}), CLIENTS, "different numbers")
    for n, c in enumerate(clients):
        equal(c.client_getname() in (f"name{n}", f"name{n}".encode()), True, "own name")
    listed = {each["name"] for each in clients[0].client_list()}
    equal({f"name{n}" for n in range(CLIENTS)} <= listed, True, "everyone in the list")


@each_way
def reconnect(connect):
    c, key = connect(single_connection_client=True, **PERSISTENT), fresh("kept")
    c.set(key, "v")
    for _ in range(3):
        before = c.client_id()
        equal(c.client_kill_filter(_id=before, skipme=False), 1)
        equal(c.get(key), b"v")
        equal(c.client_id() != before, True, "another connection")


@each_way
def reconnect_of_a_subscriber(connect):
    c, channel = connect(), fresh("news")
    with connect(**PERSISTENT).pubsub() as subscriber:
        subscriber.subscribe(channel)
        equal(subscriber.get_message(timeout=20)["type"], "subscribe")
        subscriber.connection._sock.shutdown(2)
        found = []
        eventually(lambda: c.pubsub_numsub(channel)[0][1] == 0)
        eventually(
            lambda: (
                found.append(subscriber.get_message(timeout=0.1))
                or (found[-1] or {}).get("type") == "subscribe"
            )
        )
        equal(c.publish(channel, "again"), 1)
        eventually(lambda: found.append(subscriber.get_message(timeout=0.1)) or found[-1])
        equal(found[-1]["data"], b"again")


@each_way
def tracking(connect):
    """What a cache in the client lives on: pushes that say which key has changed."""
    c, other, key = connect(single_connection_client=True), connect(), fresh("cached").encode()
    if c.connection.protocol in (2, "2"):
        return
    changed = []
    c.connection._parser.set_invalidation_push_handler(lambda message: changed.append(message[1]))
    c.execute_command("CLIENT TRACKING", "ON")
    for value in (b"first", b"second", b"third"):
        other.set(key, value)
        equal(c.get(key), value)
        other.set(key, b"changed")
        eventually(lambda: c.ping() and changed)
        equal(changed.pop(), [key])
