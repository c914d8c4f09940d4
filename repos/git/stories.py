"""What a push's record of the audit trail says, with the commits to look at."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import reverse

from devopsweb.kernel.principals import Principal
from monitoring.trail.api import Fact, Story
from repos.git.engine.names import ZERO, kind_of

MOST = 100


def of_push(_: Principal, record: Mapping[str, Any]) -> Story | None:
    """The references that a push asked to move, and where to."""
    references = (record.get("requestParameters") or {}).get("references") or []
    if not references:
        return None
    repository = str((record.get("additionalEventData") or {}).get("repositoryName", ""))
    href = reverse("repository", args=[repository]) if repository else ""
    facts = tuple(_facts(repository, references[:MOST]))
    more = len(references) - MOST
    if more > 0:
        facts = (*facts, Fact("More", f"{more} more in the record below"))
    title = "Asked to move" if record.get("errorCode") else "Moved"
    return Story(title, facts, href=href, link="Repository" if href else "")


def _facts(repository: str, references: list[Mapping[str, str]]) -> Iterator[Fact]:
    for one in references:
        name, commit = str(one.get("ref", "")), str(one.get("commit", ""))
        kind = kind_of(name)
        label = f"{kind[0].capitalize()} {kind[1]}" if kind else name
        if commit in ("", ZERO):
            yield Fact(label, "deleted")
            continue
        address = reverse("commit", kwargs={"repository": repository, "sha": commit}) if repository else ""
        yield Fact(label, commit[:7], address if kind and kind[0] == "branch" else "")
