"""Many clients at once, and none may get what is another's."""

import threading

from checks import equal
from clients import each_way, fresh

CLIENTS, THREADS, ROUNDS = 100, 10, 40


@each_way
def many_clients(connect):
    clients, prefix = [connect(single_connection_client=True) for _ in range(CLIENTS)], fresh("load")
    wrong = []

    def work(thread):
        for turn in range(ROUNDS):
            for number in range(thread, CLIENTS, THREADS):
                c, mine = clients[number], f"{prefix}:{number}"
                value = f"{number}:{turn}"
                c.set(mine, value)
                batch = c.pipeline(transaction=turn % 8 == 0)
                got = batch.echo(value).get(mine).execute()
                if got != [value.encode()] * 2:
                    wrong.append((value, got))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(wrong, [])
    equal(sum(int(c.ping()) for c in clients), CLIENTS)


@each_way
def one_pool_of_connections(connect):
    """One client object for many threads, as web applications have it."""
    c, key = connect(max_connections=20), fresh("shared")
    threads = [threading.Thread(target=lambda: [c.incr(key) for _ in range(100)]) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(c.get(key), b"1000")
