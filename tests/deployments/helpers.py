"""Revisions, fleets, and a clock for the tests of deployments."""

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from deployments import api
from deployments.actions import advance, commands
from deployments.compute.actions import instances
from deployments.compute.actions.instances import Hello
from deployments.compute.models import Instance
from deployments.models import Deployment, LifecycleEvent
from devopsweb.blobs import api as blobs
from devopsweb.iam.api import service_principal
from devopsweb.kernel.principals import Principal

NOON = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
SERVICE: Principal = service_principal("test")
APPSPEC = "version: 0.0\nos: linux\n"


def later(seconds: float) -> datetime:
    """Noon, and some seconds more."""
    return NOON + timedelta(seconds=seconds)


def archive(files: Mapping[str, str | bytes], *, executable: bool = True) -> bytes:
    """A zip of ``files``; scripts among them can be run."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (2026, 3, 17, 12, 0, 0))
            entry.external_attr = (0o755 if executable and name.endswith(".sh") else 0o644) << 16
            target.writestr(entry, content)
    return buffer.getvalue()


def revision(files: Mapping[str, str | bytes] | None = None, *, commit: str = "") -> api.Revision:
    """A stored revision."""
    blob = blobs.put([archive(files or {"appspec.yml": APPSPEC})])
    return api.Revision(digest=blob.digest, commit=commit, repository="shop", description=f"Change {commit}")


def host(name: str, *, at: datetime = NOON, tags: Mapping[str, str] | None = None) -> Instance:
    """An instance whose agent is online."""
    row = instances.create(name=name, provider="external", tags=tags or {"env": "prod"}, at=at)
    instances.hello(instance=row, said=Hello(version="1.0.0"), at=at)
    return row


def group(hosts: int = 3, **settings: Any) -> list[Instance]:
    """The application ``shop`` with the group ``prod`` of ``hosts`` online instances."""
    api.create_application(name="shop", principal=SERVICE, at=NOON)
    filters = [[{"Key": "env", "Value": "prod", "Type": "KEY_AND_VALUE"}]]
    api.create_group(
        application="shop", name="prod", tag_filters=filters, principal=SERVICE, at=NOON, **settings
    )
    return [host(f"web-{number}") for number in range(hosts)]


def deploy(given: api.Revision | None = None, *, at: datetime = NOON, **options: Any) -> Deployment:
    """A new deployment to ``shop/prod``, its first step done."""
    code = api.create_deployment(
        application="shop",
        group="prod",
        revision=given or revision(),
        principal=SERVICE,
        at=at,
        **options,
    )
    row = Deployment.objects.get(code=code)
    advance.advance(row.pk, at=at)
    row.refresh_from_db()
    return row


def work(
    instance: Instance,
    *,
    at: datetime = NOON,
    outcome: Callable[[str], str] = lambda event: "Succeeded",
    limit: int = 50,
) -> list[str]:
    """Act as the instance's agent until nothing is offered; the events that it ran."""
    instance.refresh_from_db()
    ran: list[str] = []
    for _ in range(limit):
        offers = commands.waiting(instance)
        if not offers:
            return ran
        spec = commands.claim(instance=instance, command=offers[0]["command"], word=f"w{len(ran)}", at=at)
        status = outcome(spec["event"])
        code = "Success" if status == "Succeeded" else "ScriptFailed"
        said = commands.Report(status=status, code=code, message="" if code == "Success" else "it broke")
        commands.report(instance=instance, command=spec["command"], fence=spec["fence"], said=said, at=at)
        ran.append(spec["event"])
    raise AssertionError("the events never end")


def hurry(deployment: Deployment, *, at: datetime = NOON, limit: int = 20) -> None:
    """Let every host do well, without an agent's calls for each event."""
    done = {"status": "Succeeded", "started_at": at, "ended_at": at, "first_line": 0}
    for _ in range(limit):
        deployment.refresh_from_db()
        if deployment.completed_at:
            return
        LifecycleEvent.objects.filter(target__deployment=deployment, target__status="InProgress").update(
            **done
        )
        advance.advance(deployment.pk, at=at)
    raise AssertionError("the deployment never ends")


def failing(event: str) -> Callable[[str], str]:
    """An outcome that fails ``event``."""
    return lambda name: "Failed" if name == event else "Succeeded"
