"""Clients of this driver, in each of its ways to speak to Redis."""

import contextlib
import functools
import itertools
import os
import threading
import time
import urllib.parse

import redis
from redis._parsers import _HiredisParser, _RESP2Parser, _RESP3Parser
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from checks import check

URL = os.environ["REDIS_URL"]
CLIENTS = 8

# By what the names of their checks end in. RESP3 is what this driver speaks unless told otherwise.
WAYS = {
    "": {"parser_class": _RESP3Parser},
    "_resp2": {"parser_class": _RESP2Parser, "protocol": 2},
    "_hiredis": {"parser_class": _HiredisParser},
}

# What an application sets that wants to survive a lost connection.
PERSISTENT = {"retry": Retry(ExponentialBackoff(base=0.01), 5)}

_numbers = itertools.count(1)


def each_way(function):
    """Registers a check once for each of WAYS. It is given `connect`, which makes clients of that way."""
    for suffix, settings in WAYS.items():
        run = functools.partial(_with_clients, function, settings)
        run.__name__ = function.__name__ + suffix
        check(run)
    return function


def _with_clients(function, settings):
    with contextlib.ExitStack() as leaving:

        def connect(url=URL, **more):
            return leaving.enter_context(redis.Redis.from_url(url, **{**settings, **more}))

        function(connect)


def address(**other):
    """REDIS_URL with another user, password or database."""
    parts = urllib.parse.urlsplit(URL)
    user, password = other.get("user", parts.username), other.get("password", parts.password)
    login = f"{user}:{password}@" if user else ""
    return f"redis://{login}{parts.hostname}:{parts.port}/{other.get('database', 0)}"


def fresh(name):
    """A key that no other check uses."""
    return f"{name}:{next(_numbers)}"


def fails(kind, words, work):
    try:
        work()
    except kind as error:
        assert str(error).startswith(words), f"{error} does not begin with {words}"
        return error
    raise AssertionError(f"no error, {words} was due")


def eventually(condition, patience=20):
    give_up = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < give_up, "it did not come true"
        time.sleep(0.005)


def meanwhile(work):
    """Runs `work` on a thread of its own; the result is a function that waits for what it returned."""
    outcome = []

    def body():
        try:
            outcome.append((work(), None))
        except BaseException as error:  # noqa: BLE001 - handed over to whoever waits
            outcome.append((None, error))

    thread = threading.Thread(target=body, daemon=True)
    thread.start()

    def wait():
        thread.join()
        value, error = outcome[0]
        if error:
            raise error
        return value

    return wait


def is_blocked(client, name):
    """Whether a client of that name waits in a blocking command."""
    return any(each["name"] == name and "b" in each["flags"] for each in client.client_list())
