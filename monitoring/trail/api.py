"""The front door of the audit trail: write a record, look records up, say more about some of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from devopsweb.kernel.principals import Principal
from monitoring.trail import recording
from monitoring.trail.engine import identity, records
from monitoring.trail.explanations import Fact, Story, explain
from monitoring.trail.queries import Filter, RecordInfo, RecordNotFound, lookup

__all__ = [
    "Fact",
    "Filter",
    "RecordInfo",
    "RecordNotFound",
    "Story",
    "explain",
    "lookup",
    "record",
]


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
) -> str:
    """Write the record of a call that came through a door of its own (git); its event id.

    It is on disk when this returns. Secrets in ``parameters`` and ``elements`` are removed by name.
    """
    return recording.write(
        records.Said(
            identity=identity.of(principal, account=settings.DEVOPSWEB_ACCOUNT_ID),
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
