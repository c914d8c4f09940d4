"""A real server and real hosts for every test here."""

from tests.agent.hosts import _quiet, host, server

__all__ = ["_quiet", "host", "server"]
