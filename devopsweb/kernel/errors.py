"""The four bases of every error that the product raises on purpose.

A named error stands beside the function that raises it and derives from one of
these, so that each edge (page, AWS operation, git, socket) knows how to answer.
"""


class DevOpsWebError(Exception):
    """Base of all; ``str(error)`` is a sentence that a user may read."""


class Invalid(DevOpsWebError):
    """The caller's mistake: the input breaks a rule that the message names."""


class NotFound(Invalid):
    """The caller named a thing that does not exist."""


class Denied(DevOpsWebError):
    """The caller may not do this."""


class Conflict(DevOpsWebError):
    """The request is sound, but not in the present state of the thing."""


class Fault(DevOpsWebError):
    """Our own failure: a component is down or broke its promise."""
