"""Connections as libpq's environment variables ask for them, and what every check needs."""

import os
import socket

import psycopg

from checks import equal

CLIENTS = 8  # more than there are server connections, so that clients must share


def connect(**options):
    return psycopg.connect("", autocommit=True, **options)


def clients(count=CLIENTS, **options):
    return [connect(**options) for _ in range(count)]


def close(*connections):
    for each in connections:
        each.close()


def one(connection, sql, parameters=None):
    return connection.execute(sql, parameters).fetchone()[0]


def hang_up(connection):
    """Cuts the line without a goodbye, as a crashed client does."""
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def fails(state, work):
    try:
        work()
    except psycopg.Error as error:
        equal(error.sqlstate, state, f"SQLSTATE of {error}")
        return error
    raise AssertionError(f"no error, {state} was due")
