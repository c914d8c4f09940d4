"""Refusals that more than one module of this app raises."""

from devopsweb.kernel.errors import Conflict, Fault, Invalid, NotFound


class RepositoryNotFound(NotFound):
    """No repository has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no repository {name!r}.")


class RepositoryNameExists(Conflict):
    """Another repository has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"A repository named {name!r} exists already. Choose another name.")


class InvalidRepositoryName(Invalid):
    """The name breaks AWS's rule for repository names."""


class InvalidReferenceName(Invalid):
    """The name of a branch or tag breaks git's or AWS's rule."""


class RefNotFound(NotFound):
    """No branch, tag or commit answers to this name."""


class PathNotFound(NotFound):
    """The commit holds nothing at this path."""


class ReferenceExists(Conflict):
    """The branch or tag exists already."""


class ReferenceChanged(Conflict):
    """The reference moved since it was read; nothing was changed."""


class DefaultBranchCannotBeDeleted(Conflict):
    """The default branch stays until another branch is the default."""


class GitFailed(Fault):
    """A git process ended badly; the message holds what it said."""
