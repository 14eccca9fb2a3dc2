"""Ports on the loopback."""

import socket


def free_port():
    """One that was free a moment ago, for programs that cannot pick their own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
