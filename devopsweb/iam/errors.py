"""Refusals of identity, in IAM's own words."""

from devopsweb.kernel.errors import Conflict, Invalid, NotFound


class MalformedPolicyDocument(Invalid):
    """A policy document breaks IAM's grammar; ``path`` says where (``Statement[0].Effect``)."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


class NoSuchEntity(NotFound):
    """The named user, group, role or policy does not exist."""


class EntityAlreadyExists(Conflict):
    """The name is taken (names are compared without case)."""


class DeleteConflict(Conflict):
    """The thing is still in use; what uses it must be detached first."""


class LimitExceeded(Conflict):
    """A quota of IAM is reached."""


class LastAdministrator(Conflict):
    """The installation would be left without anyone who can administer it."""


class UnmodifiableEntity(Conflict):
    """A built-in policy cannot be changed or deleted."""


class RoleNotAssumable(Invalid):
    """The role is missing, or its trust policy does not name the service that shall act under it."""


class TooManyAttempts(Invalid):
    """Signing in is locked for a while after failed attempts."""

    def __init__(self, seconds: int) -> None:
        wait = f"{seconds} s" if seconds < 120 else f"{-(-seconds // 60)} min"
        super().__init__(f"Too many failed attempts. Try again in {wait}.")
        self.seconds = seconds


class WeakPassword(Invalid):
    """The password breaks the rules; the message says which."""


class InvalidInput(Invalid):
    """A value that IAM's model lets through, but IAM's rules don't."""


class PolicyNotAttachable(Invalid):
    """There is no such policy that could be attached."""


class UnsupportedService(Invalid):
    """The service has no credentials of its own."""


class NotAUser(Invalid):
    """Only a user can do this, not a role's session."""


class ReportNotPresent(NotFound):
    """Nobody has asked for a credential report yet."""
