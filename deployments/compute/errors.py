"""Errors of instances."""

from devopsweb.kernel import errors


class InstanceDoesNotExist(errors.NotFound):
    """No instance has this name."""


class InstanceNameTaken(errors.Conflict):
    """Another host, or a local instance, has the name."""


class InvalidInstance(errors.Invalid):
    """A name or tag breaks the rule that the message states."""


class InvalidToken(errors.Denied):
    """The join token or instance token is unknown, used up, or too old."""


class Superseded(errors.Conflict):
    """A newer agent process speaks for this instance."""


class NoFreePort(errors.Fault):
    """No port is left for another local instance."""
