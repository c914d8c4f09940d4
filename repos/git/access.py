"""Repositories for a principal, or a refusal that names the missing action and ARN."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

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


def tags_of(names_: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of repositories, for policies that ask for one."""
    return dict(Repository.objects.filter(name__in=names_).values_list("name", "tags"))


def branch(principal: Principal, name: str, branch_name: str, action: str) -> Repository:
    """The repository ``name`` if ``principal`` may do ``action`` to this branch of it.

    Raises ``AccessDenied``, ``RepositoryNotFound``.
    """
    context = {"codecommit:References": names.BRANCHES + branch_name}
    iam.require(principal, f"codecommit:{action}", arn("codecommit", name), context)
    return repository(principal, name)


def may(principal: Principal, target: Repository, *actions: str) -> dict[str, bool]:
    """Which of ``actions`` the principal may do to ``target``."""
    return {
        action: iam.is_allowed(principal, f"codecommit:{action}", target.arn, tags=target.tags)
        for action in actions
    }


def may_list(principal: Principal) -> bool:
    """Whether ``principal`` may list repositories."""
    return iam.is_allowed(principal, "codecommit:ListRepositories", "*")


def require_listing(principal: Principal) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may list repositories."""
    iam.require(principal, "codecommit:ListRepositories", "*")


def visible(
    principal: Principal, *, containing: str = "", after: str = "", ascending: bool = True
) -> Iterator[Repository]:
    """The repositories that ``principal`` may see, by name, after the name ``after``."""
    rows = Repository.objects.order_by("name" if ascending else "-name")
    if after:
        rows = rows.filter(**{f"name__{'gt' if ascending else 'lt'}": after})
    if containing:
        rows = rows.filter(name__icontains=containing)
    return _seen(principal, rows)


def visible_by_change(
    principal: Principal, *, ascending: bool = True, after: Sequence[str] | None = None
) -> Iterator[Repository]:
    """The same by their last change, after ``[time, name]``."""
    order = ("modified_at", "name") if ascending else ("-modified_at", "-name")
    rows = Repository.objects.order_by(*order)
    if after:
        moment, name = datetime.fromisoformat(after[0]), after[1]
        beyond = "gt" if ascending else "lt"
        rows = rows.filter(
            Q(**{f"modified_at__{beyond}": moment}) | Q(**{"modified_at": moment, f"name__{beyond}": name})
        )
    return _seen(principal, rows)


def _seen(principal: Principal, rows: QuerySet[Repository]) -> Iterator[Repository]:
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
