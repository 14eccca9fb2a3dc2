"""Who may come in, and who one is then."""

import redis

from checks import equal
from clients import address, each_way, fails


@each_way
def login(connect):
    c = connect()
    equal(c.ping(), True)
    equal(c.acl_whoami(), "app")


@each_way
def login_refused(connect):
    wrong = redis.exceptions.AuthenticationError
    fails(wrong, "", lambda: connect(address(password="wrong")).ping())
    fails(wrong, "", lambda: connect(address(user="nobody")).ping())
    fails(wrong, "", lambda: connect(address(user=None)).ping())
