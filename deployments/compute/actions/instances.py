"""Registers instances, hears their heartbeats, and notices those that fell silent."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from deployments.compute import errors
from deployments.compute.event_types import AgentStateChanged, OperationCalled
from deployments.compute.models import Instance, JoinToken, SweepMark
from deployments.compute.states import INSTANCE, InstanceStatus
from devopsweb.events import api as events
from devopsweb.kernel.arn import arn
from devopsweb.live import api as live

log = structlog.get_logger(__name__)

# Five heartbeats missed. With the sweep's two seconds a dead host is known within 30 s.
OFFLINE_AFTER = timedelta(seconds=25)
# A longer gap between two looks means that the server itself was away.
SWEEP_GAP = timedelta(seconds=10)


@dataclass(frozen=True)
class Hello:
    """What an agent says of itself when it starts."""

    version: str
    address: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def digest(token: str) -> str:
    """The stored form of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def announce(instance: Instance, *, at: datetime, reason: str = "") -> None:
    """Publish the instance's present state as an event and to the browsers."""
    events.publish(AgentStateChanged(instance=instance.name, state=instance.status, reason=reason), at=at)
    live.changed(f"instance:{instance.name}", "instances:all", "home:all")


def _tell(operation: str, by: str, at: datetime, *arns: str, **request: Any) -> None:
    """Record who did what."""
    called = OperationCalled(operation=operation, request=request, arns=list(arns))
    events.publish(called, at=at, principal_arn=by)


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise ``InvalidInstance`` unless ``tags`` keep AWS's limits."""
    if len(tags) > 10:
        raise errors.InvalidInstance("An instance takes at most 10 tags.")
    for key, value in tags.items():
        if not 0 < len(key) <= 128 or len(value) > 256:
            raise errors.InvalidInstance("A tag's key has 1 to 128 characters, its value at most 256.")


def create(
    *, name: str, provider: str, tags: Mapping[str, str], at: datetime, port: int | None = None
) -> Instance:
    """Record an instance whose agent has not called yet. Raises ``InstanceNameTaken``, ``InvalidInstance``."""
    check_tags(tags)
    instance = Instance(name=name, provider=provider, tags=dict(tags), created_at=at, port=port)
    try:
        instance.clean_fields(exclude=["token_hash", "status", "created_at"])
    except ValidationError as error:
        raise errors.InvalidInstance(f"{name!r} is not a valid instance name. {error.messages[0]}.") from None
    try:
        with transaction.atomic():
            instance.save()
    except IntegrityError:
        raise errors.InstanceNameTaken(f"An instance named {name!r} exists.") from None
    live.changed("instances:all", "home:all")
    return instance


def issue_token(instance: Instance) -> str:
    """A new bearer token for the instance; the old one is void at once."""
    token = "dwi_" + secrets.token_urlsafe(32)
    Instance.objects.filter(pk=instance.pk).update(token_hash=digest(token))
    return token


def register(*, join_token: str, name: str, tags: Mapping[str, str], at: datetime) -> tuple[Instance, str]:
    """Let a host join by a join token; its instance and bearer token.

    A deregistered instance of the same name comes back to life.
    Raises ``InvalidToken``, ``InstanceNameTaken``, ``InvalidInstance``.
    """
    with transaction.atomic():
        used = JoinToken.objects.filter(
            token_hash=digest(join_token), uses_left__gt=0, expires_at__gt=at
        ).update(uses_left=F("uses_left") - 1)
        if not used:
            raise errors.InvalidToken("The join token is unknown, used up or expired. Ask for a new one.")
        granted = JoinToken.objects.get(token_hash=digest(join_token))
        instance = _adopt(name=name, tags={**tags, **granted.tags}, at=at)
        token = issue_token(instance)
        _tell("RegisterOnPremisesInstance", granted.creator_arn, at, instance.arn, instanceName=instance.name)
        announce(instance, at=at, reason="registered")
    return instance, token


def _adopt(*, name: str, tags: Mapping[str, str], at: datetime) -> Instance:
    former = Instance.objects.filter(name=name, status=InstanceStatus.DEREGISTERED).first()
    if former is None:
        return create(name=name, provider="external", tags=tags, at=at)
    check_tags(tags)
    INSTANCE.move(former, InstanceStatus.PENDING, tags=dict(tags), created_at=at)
    return former


def deregister(*, instance: Instance, at: datetime, by: str = "") -> None:
    """Take an instance out of service: its token is void, groups no longer find it, its name is free."""
    with transaction.atomic():
        if INSTANCE.move(instance, InstanceStatus.DEREGISTERED, token_hash="", tags={}):
            announce(instance, at=at, reason="deregistered")
            _tell("DeregisterOnPremisesInstance", by, at, instance.arn, instanceName=instance.name)


def set_tags(*, instance: Instance, tags: Mapping[str, str], at: datetime, by: str = "") -> None:
    """Replace the instance's tags; groups see it from their next deployment on."""
    check_tags(tags)
    with transaction.atomic():
        Instance.objects.filter(pk=instance.pk).update(tags=dict(tags))
        _tell("AddTagsToOnPremisesInstances", by, at, instance.arn, instanceNames=[instance.name])
    live.changed(f"instance:{instance.name}", "instances:all")


def create_join_token(
    *,
    creator_arn: str,
    at: datetime,
    lifetime: timedelta,
    uses: int = 1,
    tags: Mapping[str, str] | None = None,
) -> str:
    """A new join token; this is the only time that it can be read."""
    check_tags(tags or {})
    token = "dwj_" + secrets.token_urlsafe(24)
    JoinToken.objects.create(
        token_hash=digest(token),
        creator_arn=creator_arn,
        tags=dict(tags or {}),
        uses_left=uses,
        created_at=at,
        expires_at=at + lifetime,
    )
    return token


def revoke_join_token(*, token: JoinToken, at: datetime, by: str = "") -> None:
    """Let no further host join by the token; those that joined stay."""
    with transaction.atomic():
        deleted, _ = JoinToken.objects.filter(pk=token.pk).delete()
        if deleted:
            everyone = arn("codedeploy", "instance:*")
            _tell("RevokeJoinToken", by, at, everyone, joinToken=token.pk)


def hello(*, instance: Instance, said: Hello, at: datetime) -> int:
    """An agent process starts: it gets the next generation, and every older one is refused from now on."""
    with transaction.atomic():
        Instance.objects.filter(pk=instance.pk).update(
            generation=F("generation") + 1,
            agent_version=said.version[:40],
            facts=dict(said.facts),
            address=said.address[:64],
            started_at=at,
            last_seen_at=at,
        )
        instance.refresh_from_db()
        if INSTANCE.move(instance, InstanceStatus.ONLINE):
            announce(instance, at=at)
        else:
            live.changed(f"instance:{instance.name}", "instances:all")
    return instance.generation


def beat(*, instance: Instance, at: datetime) -> None:
    """Hear a heartbeat."""
    Instance.objects.filter(pk=instance.pk).update(last_seen_at=at)
    if instance.status == InstanceStatus.ONLINE:
        return
    with transaction.atomic():
        if INSTANCE.move(instance, InstanceStatus.ONLINE):
            announce(instance, at=at)


def awake_since(*, at: datetime) -> datetime:
    """Since when the server has watched without a gap; remembers that it looks now."""
    mark = SweepMark.objects.first() or SweepMark(looked_at=at, awake_since=at)
    if at - mark.looked_at > SWEEP_GAP:
        mark.awake_since = at
    mark.looked_at = at
    mark.save()
    return mark.awake_since


def notice_silent(*, at: datetime) -> list[Instance]:
    """Move instances that have been silent for ``OFFLINE_AFTER`` to Offline; those moved."""
    if at - awake_since(at=at) < OFFLINE_AFTER:
        return []
    gone = []
    silent = Instance.objects.filter(status=InstanceStatus.ONLINE, last_seen_at__lt=at - OFFLINE_AFTER)
    for instance in silent:
        with transaction.atomic():
            if INSTANCE.move(instance, InstanceStatus.OFFLINE):
                announce(instance, at=at, reason=f"silent for {OFFLINE_AFTER.seconds} s")
                gone.append(instance)
                log.warning("instance went offline", instance=instance.name)
    return gone
