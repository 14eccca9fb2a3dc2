"""Who is let in, and who is not."""

import psycopg

from checks import check, equal
from clients import connect, one


def refused(connect_it, *states):
    try:
        connect_it()
    except psycopg.OperationalError as error:
        said = str(error)
        assert any(words in said for words in states), f"refused, but with: {said}"
    else:
        raise AssertionError("it was let in")


@check
def login():
    with connect() as c:
        assert c.pgconn.ssl_in_use, "no TLS"
        assert c.pgconn.used_password, "no password was asked for"
        equal(one(c, "select current_user"), "app")
        equal(
            c.info.server_version // 10000, int(one(c, "show server_version_num")) // 10000, "server_version"
        )


@check
def login_with_channel_binding():
    with connect(channel_binding="require") as c:
        equal(one(c, "select 1"), 1)


@check
def login_asking_for_the_newest_protocol():
    with connect(max_protocol_version="latest") as c:
        equal(one(c, "select 1"), 1)


@check
def login_refused():
    refused(lambda: connect(password="wrong"), "password authentication failed")
    refused(lambda: connect(user="nobody", password="x"), "password authentication failed")
    refused(lambda: connect(dbname="nowhere"), "does not exist", "no such database")
    refused(lambda: connect(sslmode="disable"), "encryption", "SSL", "TLS")
