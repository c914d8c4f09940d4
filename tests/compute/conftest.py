"""The server of the agent's tests serves local instances too."""

from tests.agent.hosts import _quiet, server

__all__ = ["_quiet", "server"]
