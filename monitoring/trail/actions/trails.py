"""Trails are made, changed, started and stopped."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from devopsweb.iam import api as iam
from devopsweb.kernel import tags as kernel_tags
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal
from monitoring.trail.actions import delivery, sealing
from monitoring.trail.engine import names
from monitoring.trail.errors import (
    InvalidLogGroupArn,
    InvalidLogRoleArn,
    InvalidSelectors,
    TooManyTrails,
    TrailAlreadyExists,
)
from monitoring.trail.models import ChainHead, Trail

MOST_TRAILS = 5
_GROUP = re.compile(r"arn:aws:logs:[a-z0-9-]+:(\d{12}):log-group:([A-Za-z0-9_\-/.#]{1,512})(?::\*)?")


def create(
    *, name: str, settings_: Mapping[str, Any], tags: kernel_tags.Given, by: Principal, at: datetime
) -> Trail:
    """The new trail; it does not log before it is started.

    Raises ``InvalidTrailName``, ``TrailAlreadyExists``, ``TooManyTrails`` and what ``update`` raises.
    """
    names.check_trail(name)
    if Trail.objects.count() >= MOST_TRAILS:
        raise TooManyTrails(f"This account has {MOST_TRAILS} trails already.")
    trail = Trail(name=name, arn=arn("cloudtrail", f"trail/{name}"), created_at=at)
    _apply(trail, settings_, by)
    trail.tags = kernel_tags.checked(tags)
    try:
        with transaction.atomic():
            trail.save()
    except IntegrityError:
        raise TrailAlreadyExists(f"Trail {name} already exists.") from None
    return trail


def update(*, trail: Trail, settings_: Mapping[str, Any], by: Principal) -> Trail:
    """Change what ``settings_`` names.

    Raises ``InvalidBucketName``, ``InvalidPrefix``, ``InvalidLogGroupArn``, ``InvalidLogRoleArn``,
    ``AccessDenied`` when ``by`` may not write to the log group or not pass the role.
    """
    fields = _apply(trail, settings_, by)
    if fields:
        trail.save(update_fields=fields)
    return trail


def _apply(trail: Trail, given: Mapping[str, Any], by: Principal) -> list[str]:
    checked = dict(given)
    if "bucket" in checked:
        names.check_bucket(checked["bucket"])
    if "prefix" in checked:
        checked["prefix"] = names.check_prefix(checked["prefix"])
    if {"log_group_arn", "log_role_arn"} & checked.keys():
        _check_logs({"log_group_arn": trail.log_group_arn, "log_role_arn": trail.log_role_arn} | checked, by)
    if checked.get("log_group_arn", trail.log_group_arn) != trail.log_group_arn:
        # Another group begins with what comes from now on, at the begin of its own stream.
        checked |= {"log_cursor": _end_of_chain(), "log_lines": 0}
    for key, value in checked.items():
        setattr(trail, key, value)
    return list(checked)


def _check_logs(wanted: Mapping[str, Any], by: Principal) -> None:
    group, role = wanted["log_group_arn"], wanted["log_role_arn"]
    if not group and not role:
        return
    matched = _GROUP.fullmatch(group)
    if matched is None or matched[1] != settings.DEVOPSWEB_ACCOUNT_ID:
        raise InvalidLogGroupArn(f"{group[:200]!r} is not the ARN of a log group of this account.")
    if not role:
        raise InvalidLogRoleArn("A log group needs CloudWatchLogsRoleArn, the role that may write to it.")
    try:
        iam.pass_role(by, role, "cloudtrail.amazonaws.com")
    except iam.RoleNotAssumable as error:
        raise InvalidLogRoleArn(str(error)) from None


def start(*, trail: Trail, at: datetime) -> None:
    """Log from now on; starting twice does nothing."""
    end = _end_of_chain()
    values: dict[str, Any] = {"is_logging": True, "started_at": at, "digest_until": at}
    Trail.objects.filter(pk=trail.pk, is_logging=False).update(**values, cursor=end, log_cursor=end)


def stop(*, trail: Trail, at: datetime) -> None:
    """Log no more; what was told until now is delivered first."""
    if trail.is_logging:
        sealing.drain_all()
        delivery.deliver_files(trail, at=at)
    Trail.objects.filter(pk=trail.pk, is_logging=True).update(is_logging=False, stopped_at=at)


def delete(*, trail: Trail) -> None:
    """Delete the trail; its files stay."""
    trail.delete()


def select(*, trail: Trail, selectors: Iterable[Mapping[str, Any]]) -> Trail:
    """Deliver only what the (one) selector lets through. Raises ``InvalidSelectors``."""
    found = list(selectors)
    if len(found) != 1:
        raise InvalidSelectors("Exactly one event selector is needed: there are no data events to select.")
    (one,) = found
    if one.get("DataResources"):
        raise InvalidSelectors("DataResources is not offered: only management events are recorded.")
    read_write = one.get("ReadWriteType", Trail.ALL)
    if read_write not in (Trail.ALL, Trail.READS, Trail.WRITES):
        raise InvalidSelectors(f"ReadWriteType {read_write[:40]!r} must be All, ReadOnly or WriteOnly.")
    trail.read_write = read_write
    trail.management_events = one.get("IncludeManagementEvents", True)
    trail.excluded_sources = sorted(set(one.get("ExcludeManagementEventSources", [])))
    trail.has_custom_selectors = True
    trail.save(update_fields=["read_write", "management_events", "excluded_sources", "has_custom_selectors"])
    return trail


def _end_of_chain() -> int:
    return ChainHead.objects.filter(pk=1).values_list("sequence", flat=True).first() or 0
