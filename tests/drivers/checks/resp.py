"""A Redis client of a few lines, for checks whose subject is no client."""

import contextlib
import socket


@contextlib.contextmanager
def connect(url):
    """Gives a function that sends one command and returns its reply: text, a number or None."""
    with socket.create_connection((url.hostname, url.port), timeout=30) as connection:
        replies = connection.makefile("rb")

        def ask(*words):
            parts = [word.encode() for word in words]
            body = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
            connection.sendall(b"*%d\r\n" % len(parts) + body)
            line = replies.readline().decode()
            assert line.endswith("\r\n"), "the connection was closed"
            kind, rest = line[0], line[1:-2]
            assert kind != "-", rest
            if kind != "$":
                return int(rest) if kind == ":" else rest
            return None if rest == "-1" else replies.read(int(rest) + 2)[:-2].decode()

        ask("AUTH", url.username, url.password)
        yield ask
