"""Who is it, and may they? Asked before git starts."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from devopsweb.iam import api as iam
from devopsweb.iam.api import AccessDenied, Principal
from devopsweb.kernel.arn import arn
from repos.git.engine import names
from repos.git.errors import InvalidRepositoryName
from repos.git.models import Repository
from repos.git.smart_http import account
from repos.git.smart_http.replies import CHALLENGE, Refusal
from repos.git.smart_http.requests import GitRequest
from repos.git.types import RefChange


@dataclass(frozen=True)
class Entry:
    """A caller who was let in to a repository."""

    principal: Principal
    repository: Repository

    @property
    def directory(self) -> Path:
        """Where the repository lies."""
        return self.repository.directory


def enter(request: GitRequest) -> Entry:
    """Let the caller in to what they ask for. Raises ``Refusal``."""
    principal = _caller(request)
    try:
        resource = arn("codecommit", names.check_repository(request.repository))
    except InvalidRepositoryName as error:
        raise Refusal(404, str(error)) from None
    # The permission comes first: who may not read learns nothing of what exists.
    try:
        iam.require(principal, request.action, resource)
    except AccessDenied as error:
        account.refused(request, principal, resource, str(error))
        raise Refusal(403, str(error)) from None
    repository = Repository.objects.filter(name=request.repository).first()
    if repository is None:
        raise Refusal(404, f"There is no repository {request.repository!r} here.")
    return Entry(principal, repository)


def require_credentials(request: GitRequest) -> tuple[str, str]:
    """User name and password. Raises ``Refusal``: git always asks without them first."""
    if request.credentials is None:
        raise Refusal(401, "Give your user name and password.", CHALLENGE)
    return request.credentials


def _caller(request: GitRequest) -> Principal:
    try:
        principal = iam.authenticate_git(
            *require_credentials(request),
            paths=(request.address, f"/v1/repos/{request.repository}"),
            hosts=(request.host, urlsplit(settings.DEVOPSWEB_BASE_URL).netloc),
            source_ip=request.source_ip,
        )
    except iam.TooManyAttempts as error:
        raise Refusal(429, str(error), [(b"retry-after", b"60")]) from None
    if principal is None:
        account.turned_away(request, *iam.claimed_name(*require_credentials(request)))
        raise Refusal(401, "The user name or the password is wrong.", CHALLENGE)
    return principal


def objections(entry: Entry, changes: tuple[RefChange, ...]) -> dict[str, str]:
    """Why the push of each reference is refused; empty when all may move."""
    found: dict[str, str] = {}
    for change in changes:
        if reason := _objection(entry, change):
            found[change.name] = reason
    return found


def _objection(entry: Entry, change: RefChange) -> str:
    if not names.is_full_reference(change.name):
        return "not the name of a reference"
    kind = names.kind_of(change.name)
    if change.name.startswith("refs/internal/"):
        return "references under refs/internal/ are ours"
    if kind and change.after and not names.is_reference(kind[1]):
        return f"{kind[1][:100]!r} is not a valid name for a {kind[0]}"
    if kind == ("branch", entry.repository.default_branch) and not change.after:
        return f"{kind[1]} is the default branch and cannot be deleted"
    decision = iam.authorize(
        entry.principal, "codecommit:GitPush", entry.repository.arn, {"codecommit:References": change.name}
    )
    if not decision.allowed:
        by = f" (policy {decision.policy}, {decision.statement})" if decision.policy else ""
        return f"{entry.principal.name} may not do codecommit:GitPush on {entry.repository.arn} for {change.name}{by}"
    return ""
