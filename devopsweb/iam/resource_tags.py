"""Tags of resources as condition keys (IAM User Guide, "Controlling access using tags").

An app says how its resources' tags are found; they are looked for only when a policy asks for one, and those of
several resources together.
"""

from collections.abc import Callable, Mapping, Sequence

from devopsweb.iam.engine.evaluate import Policies
from devopsweb.iam.engine.variables import Context

Tags = Mapping[str, str]
Find = Callable[[Sequence[str]], Mapping[str, Tags]]
_finders: dict[str, list[Find]] = {}


def offer(service: str, find: Find) -> None:
    """Have ``find`` asked for the tags of resources of ``service`` (``codecommit``) by the last parts of their ARNs."""
    _finders.setdefault(service, []).append(find)


class LookUp:
    """The tags of these resources, found together when a policy asks for those of the first."""

    def __init__(self, resources: Sequence[str]) -> None:
        self._resources = resources
        self._found: dict[str, Mapping[str, Tags]] = {}

    def of(self, resource: str) -> Tags:
        """The tags of one of them."""
        service, last = _parts(resource)
        if service not in _finders:
            return {}
        if service not in self._found:
            mine = [part for name, part in map(_parts, self._resources) if name == service]
            self._found[service] = {
                part: tags for find in _finders[service] for part, tags in find(mine).items()
            }
        return self._found[service].get(last, {})


def of_resource(policies: Policies, action: str, resource: str, look_up: LookUp | Tags | None) -> Context:
    """``aws:ResourceTag/…`` of the resource, if any policy about the action asks for tags.

    ``look_up`` is where to find them, or the tags themselves where they are at hand.
    """
    service = _parts(resource)[0]
    if service not in _finders or not _wanted(policies, action):
        return {}
    known = LookUp([resource]) if look_up is None else look_up
    tags = known.of(resource) if isinstance(known, LookUp) else known
    facts: dict[str, tuple[str, ...]] = {}
    for key, value in tags.items():
        facts[f"aws:resourcetag/{key.lower()}"] = (value,)
        facts[f"{service}:resourcetag/{key.lower()}"] = (value,)
    return facts


def _parts(resource: str) -> tuple[str, str]:
    """Service and last part of an ARN."""
    parts = resource.split(":", 5)
    return (parts[2], parts[5]) if len(parts) == 6 else ("", "")


def _wanted(policies: Policies, action: str) -> bool:
    return any(
        source.policy.candidates(action).asks_for_tags
        for _, sources in policies.by_kind()
        for source in sources
    )
