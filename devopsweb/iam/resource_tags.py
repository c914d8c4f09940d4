"""Tags of resources and of requests as condition keys (IAM User Guide, "Controlling access using tags").

An app says how its resources' tags are found; they are looked for only when a policy asks for one.
"""

from collections.abc import Callable, Iterable, Mapping

from devopsweb.iam.engine.evaluate import Policies
from devopsweb.iam.engine.variables import Context

Find = Callable[[str], Mapping[str, str]]
_finders: dict[str, Find] = {}


def offer(service: str, find: Find) -> None:
    """Have ``find`` asked for the tags of a resource of ``service`` (``codecommit``) by the ARN's last part."""
    _finders[service] = find


def of_resource(policies: Policies, action: str, resource: str) -> Context:
    """``aws:ResourceTag/…`` of the resource, if any policy about the action asks for tags."""
    parts = resource.split(":", 5)
    find = _finders.get(parts[2]) if len(parts) == 6 else None
    if find is None or not _wanted(policies, action):
        return {}
    facts: dict[str, tuple[str, ...]] = {}
    for key, value in find(parts[5]).items():
        facts[f"aws:resourcetag/{key.lower()}"] = (value,)
        facts[f"{parts[2]}:resourcetag/{key.lower()}"] = (value,)
    return facts


def of_request(tags: Mapping[str, str] | Iterable[str]) -> dict[str, str | list[str]]:
    """``aws:TagKeys``, and ``aws:RequestTag/…`` of a request that sets ``tags``; keys alone take tags away."""
    if not tags:
        return {}
    keys: dict[str, str | list[str]] = {"aws:TagKeys": list(tags)}
    if isinstance(tags, Mapping):
        keys |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return keys


def _wanted(policies: Policies, action: str) -> bool:
    return any(
        source.policy.candidates(action).asks_for_tags
        for _, sources in policies.by_kind()
        for source in sources
    )
