"""What deployments hang into the shell: home cards, palette rows, live topics."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import reverse

from deployments import access, queries
from deployments.compute import access as compute_access
from deployments.compute.models import Instance
from deployments.models import Application, Deployment
from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal
from devopsweb.ui.registry import PaletteRow, Step

COLUMNS = 3
RECENT = 6
FOUND = 4
FIRST_STEP = Step(
    30,
    "Connect an instance",
    "Any Linux host that can reach this server by HTTP.",
    "instances",
    lambda principal: Instance.objects.exists(),
)


def may_list(principal: Principal) -> bool:
    """Whether ``principal`` sees deployments at all."""
    return iam.is_allowed(principal, "codedeploy:ListDeployments", access.group_arn("*", "*"))


def may_list_instances(principal: Principal) -> bool:
    """Whether ``principal`` sees instances at all."""
    return iam.is_allowed(principal, "codedeploy:ListOnPremisesInstances", compute_access.arn_of("*"))


def may_watch(principal: Principal, code: str) -> bool:
    """Whether ``principal`` may watch the deployment ``code``; ``all`` stands for the list."""
    row = Deployment.objects.select_related("group__application").filter(code=code).first()
    return row is not None and iam.is_allowed(principal, "codedeploy:GetDeployment", row.group.arn)


def may_watch_instance(principal: Principal, name: str) -> bool:
    """Whether ``principal`` may watch the instance ``name``."""
    return iam.is_allowed(principal, "codedeploy:GetOnPremisesInstance", compute_access.arn_of(name))


def places(principal: Principal) -> Mapping[str, Any]:
    """ "What runs where": a row per application, a column per group name."""
    if not may_list(principal):
        return {}
    found = queries.places()
    groups = list(dict.fromkeys(p.group.name for p in found))[:COLUMNS]
    applications: dict[str, dict[str, queries.Place]] = {}
    for place in found:
        applications.setdefault(place.group.application.name, {})[place.group.name] = place
    rows = [
        {"name": name, "places": [held.get(group) for group in groups]} for name, held in applications.items()
    ]
    return {"groups": groups, "applications": rows}


def recent(principal: Principal) -> Mapping[str, Any]:
    """The latest deployments."""
    return {"recent": queries.listed().order_by("-pk")[:RECENT]} if may_list(principal) else {}


def palette(principal: Principal, query: str) -> Iterator[PaletteRow]:
    """Applications, deployments and instances whose name begins with or holds ``query``."""
    if not query:
        return
    if may_list(principal):
        for row in Application.objects.filter(name__icontains=query).order_by("name")[:FOUND]:
            href = reverse("application", kwargs={"application": row.name})
            yield PaletteRow("Go to", row.name, href, "rocket", "Application")
        for found in queries.listed(text=query).order_by("-pk")[:FOUND]:
            href = reverse("deployment", kwargs={"deployment_id": found.code})
            label = f"{found.code} {found.group.application.name} → {found.group.name}"
            yield PaletteRow("Go to", label, href, "rocket", "Deployment", found.status)
    if may_list_instances(principal):
        for host in Instance.objects.filter(name__icontains=query).order_by("name")[:FOUND]:
            href = reverse("instance", kwargs={"name": host.name})
            yield PaletteRow("Go to", host.name, href, "server", "Instance", host.status)
