"""The front door of the audit trail: write a record, look records up, say more about some of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from devopsweb.kernel.principals import Principal
from monitoring.trail import recording, strangers
from monitoring.trail.engine import identity, records
from monitoring.trail.explanations import Fact, Story, explain
from monitoring.trail.queries import Filter, RecordInfo, RecordNotFound, lookup

__all__ = [
    "Fact",
    "Filter",
    "RecordInfo",
    "RecordNotFound",
    "Story",
    "before_change",
    "explain",
    "lookup",
    "record",
    "turned_away",
]


def before_change(service: str, name: str) -> None:
    """For a door of its own (git): a change may be made, since its record can be kept.

    Raises ``awsapi.outcomes.Unaccountable``, a fault that says what is wrong.
    """
    recording.before_change(service, name)


def record(
    *,
    principal: Principal,
    service: str,
    name: str,
    at: datetime,
    read_only: bool,
    arns: Iterable[str] = (),
    parameters: Mapping[str, Any] | None = None,
    elements: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
    error_code: str = "",
    error_message: str = "",
    source_ip: str = "",
    user_agent: str = "",
    request_id: str = "",
    host: str = "",
    tls: bool = False,
    access_key_id: str = "",
) -> str:
    """Write the record of a call that came through a door of its own (git); its event id.

    It is on disk when this returns. Secrets in ``parameters`` and ``elements`` are removed by name.
    """
    return recording.write(
        records.Said(
            identity=identity.of(
                principal, account=settings.DEVOPSWEB_ACCOUNT_ID, access_key_id=access_key_id
            ),
            service=service,
            name=name,
            at=at,
            region=settings.DEVOPSWEB_REGION,
            account=settings.DEVOPSWEB_ACCOUNT_ID,
            read_only=read_only,
            source_ip=source_ip,
            user_agent=user_agent,
            parameters=parameters,
            elements=elements,
            more=more,
            error_code=error_code,
            error_message=error_message,
            request_id=request_id,
            arns=arns,
            host=host,
            tls=tls,
        )
    )


def turned_away(
    *, door: str, name: str, source_ip: str, at: datetime, username: str = "", **call: Any
) -> str:
    """Write that somebody could not prove to be ``username``; its event id, empty when it was only counted.

    ``call`` is what ``record`` takes besides. A flood from one place, or from many, is counted and not written.
    """
    counted = strangers.tally.count(door, source_ip, username, at=at)
    if counted is None:
        return ""
    return record(
        principal=Principal(arn="", name=username, kind="Anonymous"),
        name=name,
        at=at,
        source_ip=source_ip,
        **{**call, "more": {**(call.get("more") or {}), **counted}},
    )
