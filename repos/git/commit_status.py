"""What became of a commit: upper apps answer, commit lists and commit pages show it.

An app registers a provider in ``AppConfig.ready()``:
``commit_status.register(provider)`` with
``provider(principal, repository_name, shas) -> {sha: [Status(label, state, href), …]}``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from devopsweb.kernel.principals import Principal


class Status(NamedTuple):
    """One thing that happened to a commit: its words, its state (API value), its page."""

    label: str
    state: str
    href: str


Provider = Callable[[Principal, str, Sequence[str]], Mapping[str, Sequence[tuple[str, str, str]]]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Ask ``provider`` from now on; it must answer for all ``shas`` in a constant number of queries."""
    if provider not in _providers:
        _providers.append(provider)


def of(principal: Principal, repository: str, shas: Sequence[str]) -> dict[str, list[Status]]:
    """All statuses of ``shas``."""
    found: dict[str, list[Status]] = {}
    for provider in _providers:
        for sha, statuses in provider(principal, repository, shas).items():
            found.setdefault(sha, []).extend(Status(*status) for status in statuses)
    return found
