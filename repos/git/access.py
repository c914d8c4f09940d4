"""Repositories for a principal, or a refusal that names the missing action and ARN."""

from collections.abc import Iterator

from devopsweb.iam import api as iam
from devopsweb.iam.api import Principal
from devopsweb.kernel.arn import arn
from repos.git.engine import names
from repos.git.errors import RepositoryNotFound
from repos.git.models import Repository

PAGE = 50


def repository(principal: Principal, name: str, *actions: str) -> Repository:
    """The repository ``name`` if ``principal`` may do all ``actions`` to it.

    Raises ``AccessDenied`` (also when there is no such repository: who may not look learns
    nothing), ``RepositoryNotFound``.
    """
    for action in actions:
        iam.require(principal, f"codecommit:{action}", arn("codecommit", name))
    found = Repository.objects.filter(name=name).first()
    if found is None:
        raise RepositoryNotFound(name)
    return found


def may(principal: Principal, target: Repository, *actions: str) -> dict[str, bool]:
    """Which of ``actions`` the principal may do to ``target``."""
    return {action: iam.is_allowed(principal, f"codecommit:{action}", target.arn) for action in actions}


def may_list(principal: Principal) -> bool:
    """Whether ``principal`` may list repositories."""
    return iam.is_allowed(principal, "codecommit:ListRepositories", "*")


def require_listing(principal: Principal) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may list repositories."""
    iam.require(principal, "codecommit:ListRepositories", "*")


def visible(principal: Principal, *, containing: str = "", after: str = "") -> Iterator[Repository]:
    """The repositories that ``principal`` may see, by name, after the name ``after``."""
    rows = Repository.objects.filter(name__gt=after).order_by("name")
    if containing:
        rows = rows.filter(name__icontains=containing)
    return (row for row in rows.iterator() if may(principal, row, "GetRepository")["GetRepository"])


def require_reference(
    principal: Principal, target: Repository, full_name: str, *, deletes: bool = False
) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may make or delete this branch or tag.

    CodeCommit has operations for branches; a tag is a push of its reference.
    """
    action = "GitPush"
    if full_name.startswith(names.BRANCHES):
        action = "DeleteBranch" if deletes else "CreateBranch"
    iam.require(principal, f"codecommit:{action}", target.arn, {"codecommit:References": full_name})
