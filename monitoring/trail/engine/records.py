"""Builds CloudTrail records ("CloudTrail record contents" in its user guide), and reads them back."""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from monitoring.trail.engine import identity as identities
from monitoring.trail.engine import masking, resources
from monitoring.trail.engine.resources import Resource

VERSION = "1.11"
API_CALL, SIGN_IN, SERVICE_EVENT = "AwsApiCall", "AwsConsoleSignIn", "AwsServiceEvent"
_PARAMETERS, _MORE, _TEXT = 100 << 10, 28 << 10, 1 << 10
# Services whose endpoint is not called after their IAM prefix.
_SOURCES = {"cloudwatch": "monitoring"}


@dataclass(frozen=True, kw_only=True)
class Said:
    """A call in our words; ``parameters`` and ``elements`` may still hold secrets."""

    identity: Mapping[str, Any]
    service: str
    name: str
    at: datetime
    region: str
    account: str
    read_only: bool
    source_ip: str = ""
    user_agent: str = ""
    parameters: Mapping[str, Any] | None = None
    elements: Mapping[str, Any] | None = None
    more: Mapping[str, Any] | None = None
    error_code: str = ""
    error_message: str = ""
    request_id: str = ""
    type: str = API_CALL
    api_version: str = ""
    arns: Iterable[str] = ()
    console: bool = False
    host: str = ""
    tls: bool = False
    hidden: frozenset[str] = frozenset()


def source_of(service: str) -> str:
    """``cloudwatch`` → ``monitoring.amazonaws.com``."""
    return f"{_SOURCES.get(service, service)}.amazonaws.com"


def build(said: Said) -> dict[str, Any]:
    """The record of a call, without secrets and within CloudTrail's sizes."""
    found = [one for arn in dict.fromkeys(said.arns) if (one := resources.of(arn))]
    record: dict[str, Any] = {
        "eventVersion": VERSION,
        "userIdentity": dict(said.identity),
        "eventTime": said.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source_of(said.service),
        "eventName": said.name,
        "awsRegion": said.region,
        "sourceIPAddress": said.source_ip or said.identity.get("invokedBy") or "AWS Internal",
        "userAgent": _short(said.user_agent or str(said.identity.get("invokedBy") or "AWS Internal")),
    }
    if said.error_code:
        record["errorCode"] = said.error_code
    if said.error_message:
        record["errorMessage"] = _short(said.error_message)
    record["requestParameters"] = _cleaned(said.parameters, said.hidden, _PARAMETERS)
    record["responseElements"] = _cleaned(said.elements, said.hidden, _PARAMETERS, aws=said.type == API_CALL)
    if said.more:
        record["additionalEventData"] = masking.limited(masking.clean(said.more, aws=False), _MORE)
    record |= {"requestID": said.request_id, "eventID": str(uuid.uuid4()), "readOnly": said.read_only}
    if found:
        record["resources"] = [{"accountId": said.account, "type": r.type, "ARN": r.arn} for r in found]
    return record | _tail(said)


def _tail(said: Said) -> dict[str, Any]:
    tail: dict[str, Any] = {"eventType": said.type}
    if said.api_version:
        tail["apiVersion"] = said.api_version
    tail |= {"managementEvent": True, "recipientAccountId": said.account, "eventCategory": "Management"}
    if said.tls:
        tail["tlsDetails"] = {"clientProvidedHostHeader": said.host}
    if said.console:
        tail["sessionCredentialFromConsole"] = "true"
    return tail


def _cleaned(value: Mapping[str, Any] | None, hidden: frozenset[str], most: int, *, aws: bool = True) -> Any:
    return masking.limited(masking.clean(value, hidden=hidden, aws=aws), most) if value else None


def _short(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"


def body(record: Mapping[str, Any]) -> str:
    """The record's text as it is kept: one line of ASCII."""
    return json.dumps(record, separators=(",", ":"))


@dataclass(frozen=True)
class Columns:
    """What is searched for in a record."""

    event_id: str
    event_time: datetime
    event_source: str
    event_name: str
    username: str
    principal_arn: str
    access_key_id: str
    source_ip: str
    error_code: str
    read_only: bool
    resources: tuple[Resource, ...] = field(default=())

    def index(self) -> str:
        """All of them as one text, for the chain: ASCII without a line's end, resources in order."""
        values = vars(self) | {
            "event_time": self.event_time.astimezone(UTC).isoformat(),
            "resources": sorted((one.arn, one.name, one.type) for one in self.resources),
        }
        return json.dumps(values, separators=(",", ":"), sort_keys=True)


def columns(record: Mapping[str, Any]) -> Columns:
    """The columns of a record, as they are told today: the chain keeps what was told when it was written."""
    who = record.get("userIdentity") or {}
    found = [Resource(r["ARN"], named.name, r["type"]) for r in record.get("resources", ()) if (named := resources.of(r["ARN"]))]  # fmt: skip
    return Columns(
        event_id=_column(record["eventID"], 64),
        event_time=datetime.fromisoformat(record["eventTime"]),
        event_source=_column(record["eventSource"], 128),
        event_name=_column(record["eventName"], 128),
        username=_column(identities.username(who), 256),
        principal_arn=_column(who.get("arn", ""), 2048),
        access_key_id=_column(who.get("accessKeyId", ""), 128),
        source_ip=_column(record.get("sourceIPAddress", ""), 256),
        error_code=_column(record.get("errorCode", "") or ("Failure" if failed_sign_in(record) else ""), 128),
        read_only=bool(record.get("readOnly")),
        resources=tuple(
            Resource(_column(one.arn, 2048), _column(one.name, 1024), _column(one.type, 128))
            for one in resources.with_parents(found)
        ),
    )


def failed_sign_in(record: Mapping[str, Any]) -> bool:
    """Whether the record tells of a sign-in that failed: those carry no error code."""
    return (record.get("responseElements") or {}).get("ConsoleLogin") == "Failure"


def _column(value: Any, most: int) -> str:
    """Text that every database takes: no NUL, no half of a surrogate pair, and ``most`` bytes.

    Bytes, for an index takes no longer ones: callers name things that nobody has ever made.
    """
    text = str(value)[:most].replace("\0", "").encode(errors="replace")
    return text[:most].decode(errors="ignore")
