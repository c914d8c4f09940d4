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


class BranchNotFound(RefNotFound):
    """The repository has no such branch."""

    code = "BranchDoesNotExistException"


class CommitNotFound(RefNotFound):
    """No commit answers to the specifier."""

    code = "CommitDoesNotExistException"


class CommitIdNotFound(CommitNotFound):
    """The repository has no commit of this full id."""

    code = "CommitIdDoesNotExistException"


class InvalidCommitId(Invalid):
    """The text is no full commit id."""

    code = "InvalidCommitIdException"


class InvalidPath(Invalid):
    """The path of a file or folder breaks a rule."""

    code = "InvalidPathException"


class FileNotFound(PathNotFound):
    """The commit has no file at this path."""

    code = "FileDoesNotExistException"


class FolderNotFound(PathNotFound):
    """The commit has no folder at this path."""

    code = "FolderDoesNotExistException"


class FileTooLarge(Invalid):
    """The file is larger than what the API hands out; git does."""

    code = "FileTooLargeException"


class EditRefused(Conflict):
    """A commit cannot be made as asked; ``code`` is AWS's word for why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ParentCommitIdOutdated(Conflict):
    """The branch has moved on from the given parent."""

    code = "ParentCommitIdOutdatedException"


class ManualMergeRequired(Conflict):
    """The two sides conflict, or their branch cannot be moved as wished."""

    code = "ManualMergeRequiredException"


class ConcurrentReferenceUpdate(Conflict):
    """The branch moved while the merge was made."""

    code = "ConcurrentReferenceUpdateException"
