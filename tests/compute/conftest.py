"""The server of the agent's tests serves local instances too."""

from tests.agent.conftest import _quiet, server

__all__ = ["_quiet", "server"]
